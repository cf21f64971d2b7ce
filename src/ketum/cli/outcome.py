"""What the commands that run something share: how many processes may be asked for, and what an interruption leaves."""

from __future__ import annotations

from pathlib import Path

from ketum.errors import InterruptedRunError, ScenarioError

_MOST_WORKERS = 256
NOTHING = "–"
"""Stands where there is no number."""
STYLES = {"danger": "bold red", "warning": "bold yellow"}
"""Findings that get a line of their own, and how they look."""


def check_workers(workers: int | None) -> None:
    """Refuse a number of processes that makes no sense."""
    if workers is not None and not 1 <= workers <= _MOST_WORKERS:
        raise ScenarioError(f"--workers: {workers} is not allowed; a whole number from 1 to {_MOST_WORKERS}")


def interrupted(file: Path, out: Path | None) -> InterruptedRunError:
    """Return what is told of an interruption: whether something finished waits to be resumed."""
    from ketum.results.folder import partial_folder
    from ketum.running import run_folder

    kept = partial_folder(run_folder(file, out)).exists()
    hint = "; the same command with --resume goes on with what was finished" if kept else ""
    return InterruptedRunError(f"interrupted{hint}")

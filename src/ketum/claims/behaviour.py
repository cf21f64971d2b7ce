"""What the tool does when it is tried, through its own door: the command in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

Answer = tuple[int, str]
_DOOR = "from ketum.cli.main import main; main()"
_BAD_INPUT = 2
_SCENARIO = """\
[people]
count = 32
population = "healthy_adults"
[[arm]]
name = "asked"
use = [{{ product = "leaf_powder", times = 1{dose} }}]
[record]
for = "1 d"
"""
NO_RECOMMENDATION = "never a recommendation of a dose"


def ask(arguments: Sequence[str], folder: Path) -> Answer:
    """Run the command with arguments in a folder; return its exit code and all that it printed."""
    done = subprocess.run(
        [sys.executable, "-c", _DOOR, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def no_dose_is_recommended() -> dict[str, bool]:
    """Try to have the tool name a dose for somebody; return each attempt in words and whether it was refused.

    The attempts are those that a user has: a scenario that asks for a recommended, best or optimal dose instead of an
    amount, one that leaves the dose out, commands and options that would name one, and a search of the ledger. A run of
    a given dose must say that it is never a recommendation.
    """
    attempts: dict[str, Callable[[Path], bool]] = {
        f'a scenario with dose = "{word}"': _refuses_dose(f', dose = "{word}"')
        for word in ("recommended", "optimal", "best for me", "starting dose")
    }
    attempts["a scenario without a dose"] = _refuses_dose("")
    for command in ("recommend", "dose", "optimise"):
        attempts[f"ketum {command}"] = _refuses([command, "leaf_powder"])
    attempts["ketum run --recommend-dose"] = _refuses(["run", "asked.toml", "--recommend-dose"])
    attempts["a run of a given dose says that it is no recommendation"] = _says_so
    with tempfile.TemporaryDirectory() as place:
        return {words: attempt(Path(place)) for words, attempt in attempts.items()}


def _write(folder: Path, dose: str) -> None:
    (folder / "asked.toml").write_text(_SCENARIO.format(dose=dose), encoding="utf-8")


def _refuses_dose(dose: str) -> Callable[[Path], bool]:
    def attempt(folder: Path) -> bool:
        _write(folder, dose)
        return ask(["run", "asked.toml", "--dry-run"], folder)[0] == _BAD_INPUT

    return attempt


def _refuses(arguments: Sequence[str]) -> Callable[[Path], bool]:
    def attempt(folder: Path) -> bool:
        _write(folder, ', dose = "2 g"')
        return ask(arguments, folder)[0] == _BAD_INPUT

    return attempt


def _says_so(folder: Path) -> bool:
    _write(folder, ', dose = "2 g"')
    code, text = ask(["run", "asked.toml", "--out", "asked"], folder)
    return code == 0 and NO_RECOMMENDATION in " ".join(text.split())

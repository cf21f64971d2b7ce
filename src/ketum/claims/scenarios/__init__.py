"""The scenarios of the ledger: readable files that `ketum run` runs."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from ketum.claims.shelf import Shelf

SCENARIOS = Shelf(__name__, "scenario")


def scenario_names() -> tuple[str, ...]:
    """Return the names of the scenarios.

    >>> "first-serving" in scenario_names()
    True
    """
    return SCENARIOS.names()


def scenario_text(name: str) -> str:
    """Return the text of a scenario; an `EvidenceError` if there is none of that name."""
    return SCENARIOS.text(name)


def scenario_file(name: str) -> AbstractContextManager[Path]:
    """Give a scenario as a file."""
    return SCENARIOS.file(name)

"""The studies of the ledger: readable files that `ketum study` emulates."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from ketum.claims.shelf import Shelf

STUDIES = Shelf(__name__, "study")


def study_names() -> tuple[str, ...]:
    """Return the names of the studies.

    >>> "survey" in study_names()
    True
    """
    return STUDIES.names()


def study_text(name: str) -> str:
    """Return the text of a study; an `EvidenceError` if there is none of that name."""
    return STUDIES.text(name)


def study_file(name: str) -> AbstractContextManager[Path]:
    """Give a study as a file."""
    return STUDIES.file(name)

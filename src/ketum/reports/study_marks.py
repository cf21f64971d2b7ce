"""What stands for an estimator or a group in the figures of a study: colour, symbol, words."""

from __future__ import annotations

from dataclasses import dataclass

from ketum.reports.plots import COLOURS
from ketum.reports.study_reader import StudyFolder

SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x", "star", "triangle-down", "cross")
"""Marks that are told apart without colour."""
_LONGEST = 22


@dataclass(frozen=True, slots=True)
class Mark:
    """One entry of a legend: a symbol (or ``line``, ``bar``), its colour, its words, and which traces it hides."""

    symbol: str
    colour: str
    words: str
    role: str = ""


def colour(k: int) -> str:
    """Return the colour of an estimator."""
    return COLOURS[k % len(COLOURS)]


def symbol(k: int) -> str:
    """Return the symbol of an estimator: colours come round after six, symbols after eight.

    Examples
    --------
    >>> symbol(0), symbol(8)
    ('circle', 'circle')
    """
    return SYMBOLS[k % len(SYMBOLS)]


def role(k: int) -> str:
    """Return the name by which the legend shows and hides an estimator."""
    return f"estimator-{k}"


def marks(study: StudyFolder) -> list[Mark]:
    """Return the legend of the estimators."""
    used = {estimator for _, _, estimator in study.scored}
    told = [(k, e) for k, e in enumerate(study.facts.estimators) if e.name in used]
    return [Mark(symbol(k), colour(k), e.label, role(k) if len(told) > 1 else "") for k, e in told]


def shortened(name: str) -> str:
    """Return a name that is short enough for an axis.

    Examples
    --------
    >>> shortened("pharmacology"), shortened("a setting with a very long name")
    ('pharmacology', 'a setting with a very…')
    """
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1].rstrip()}…"


def escaped(text: str) -> str:
    """Return words that plotly.js does not read as marks."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

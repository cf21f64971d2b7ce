"""Which end points there are."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class EndPoint:
    """One end point.

    Its column, words, unit, digits to print, whether it is a share, which direction is better, and the short words of
    the terminal's table (empty: not shown there), whether differences between arms mean something, whether it is a
    time that is infinite where the record ends before it is reached, and whether it is a difference itself, of which
    the sign is a conclusion.
    """

    name: str
    label: str
    unit: str
    digits: int
    share: bool
    better: str
    terminal: str
    paired: bool
    reached: bool
    contrast: bool


@cache
def endpoint_catalogue() -> dict[str, EndPoint]:
    """Return all end points by name.

    Examples
    --------
    >>> endpoint_catalogue()["withdrawal_peak"].unit
    'SOWS points'
    """
    text = resources.files("ketum.engine").joinpath("endpoints.csv").read_text(encoding="utf-8")
    return {
        row["name"]: EndPoint(
            row["name"],
            row["label"],
            row["unit"],
            int(row["digits"]),
            row["share"] == "1",
            row["better"],
            row["terminal"],
            row["paired"] == "1",
            row["reached"] == "1",
            row["contrast"] == "1",
        )
        for row in csv.DictReader(text.splitlines())
    }

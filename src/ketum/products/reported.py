"""What was reported of products on sale: vein colour, labels, added 7-OH, hidden opioids, metals, microbes."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Report:
    """A sentence on products on sale, and the observations behind it."""

    about: str
    words: str
    rows: tuple[str, ...]


@cache
def reported() -> dict[str, Report]:
    """Return what was reported, by what it is about.

    Examples
    --------
    >>> reported()["hidden_opioid"].rows
    ('products-016', 'products-090')
    """
    text = resources.files("ketum.products").joinpath("reported.csv").read_text(encoding="utf-8")
    return {
        row["about"]: Report(row["about"], row["words"], tuple(row["rows"].split(";")))
        for row in csv.DictReader(text.splitlines())
    }

"""The catalogue of outputs: what can be recorded, in which unit, and how a day is folded into one number."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from ketum.evidence import victims

Fold = Literal["mean", "max", "total", "last", "any"]


@dataclass(frozen=True, slots=True)
class Output:
    """One recordable output.

    Attributes
    ----------
    name, unit, label : str
        Name in files, unit, and the words used in figures.
    daily : Fold
        How a record of a day or longer is made: 24-hour mean, highest hourly value, total, the last
        reading, or the probability that it happens at all.
    resolution, top : float
        Values below `resolution` are told apart on a linear scale, above it on a logarithmic one, up to `top`;
        the sketch of quantiles uses them.
    signed : bool
        Whether values below zero occur.
    paired : bool
        Whether differences between arms are kept person by person.
    missing : bool
        Whether a reading may be missing; it then counts for nothing.
    room : str
        The room that computes it.
    """

    name: str
    unit: str
    label: str
    daily: Fold
    resolution: float
    top: float
    signed: bool
    paired: bool
    missing: bool
    room: str


_EACH = "*"
"""Stands in a row for every medicine whose exposure can be given."""


@cache
def output_catalogue() -> dict[str, Output]:
    """Return all outputs by name, in the order of the catalogue.

    Examples
    --------
    >>> output_catalogue()["withdrawal"].daily
    'max'
    """
    text = resources.files("ketum.engine").joinpath("outputs.csv").read_text(encoding="utf-8")
    rows = [
        {**row, "name": row["name"].replace(_EACH, name), "label": row["label"].replace(_EACH, name.replace("_", " "))}
        for row in csv.DictReader(text.splitlines())
        for name in (victims() if _EACH in row["name"] else ("",))
    ]
    return {
        row["name"]: Output(
            row["name"],
            row["unit"],
            row["label"],
            row["daily"],  # type: ignore[arg-type]
            float(row["resolution"]),
            float(row["top"]),
            row["signed"] == "1",
            row["paired"] == "1",
            row["missing"] == "1",
            row["room"],
        )
        for row in rows
    }

"""Metals that come with leaf: content of a person's lots times grams a day. No part of the pharmacology."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.evidence import load_parameters
from ketum.people import lot_contents
from ketum.regimens.composition import LEAF
from ketum.regimens.schedule import Schedule

Array = NDArray[np.float64]
METALS = ("lead", "nickel")
_HOURS_PER_DAY = 24


def takes_leaf(schedule: Schedule) -> bool:
    """Return whether an arm takes leaf by weight, so that the grams are known."""
    return any(column.serving and column.basis == LEAF for column in schedule.columns)


def metals_a_day(
    grams: Array, times: Array, first_day: int, lot_of_day: NDArray[np.int64], numbers: NDArray[np.int64], seed: int
) -> dict[str, Array]:
    """Return mean daily intake of each metal, ug/day, and whether it is above the limit, each (P,).

    Parameters
    ----------
    grams : (record, P) array
        Leaf, g/day, of records of a day or longer that follow one another.
    times : (record,) array
        Ends of the records, h from the start of the record.
    first_day : int
        Days of the run-in.
    lot_of_day : (day,) int64
        Number of the lot of each day since the start of the run-in.
    numbers : (P,) int64
        Keys of the persons.
    seed : int

    Notes
    -----
    A lot's content is drawn from the spread between analysed products (`contaminants.csv`). Use is spread evenly over
    the days of a record in which a lot changes.
    """
    table = load_parameters("contaminants")
    every = times[1] - times[0] if len(times) > 1 else times[0]
    ends = np.rint(times / _HOURS_PER_DAY).astype(np.int64) + first_day
    days = int(np.rint(every / _HOURS_PER_DAY))
    lots = np.stack([lot_of_day[end - days : end] for end in ends])
    found = {}
    for metal in METALS:
        content = lot_contents(numbers, seed, int(lots.max()) + 1, table[f"c_{metal}"])
        intake = np.mean(grams * content[lots].mean(axis=1), axis=0)
        found[f"{metal}_ug_per_day"] = intake
        found[f"{metal}_above_limit"] = (intake > table.value(f"{metal}_limit")).astype(float)
    return found

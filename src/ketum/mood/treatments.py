"""Treatments by name, and when they are on (mood.md section 5, joined.md section 6)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from ketum.mood.fields import TREATMENTS

OFF, ON, SHARED = 0.0, 1.0, 2.0
"""Entries of a plan: off, on for everybody, on for those persons of usual care who expect help (share s_UC)."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """A treatment by name.

    Attributes
    ----------
    name, label : str
    kind : str
        One of `TREATMENTS`, or "none".
    expectancy : str
        "1", "0", or "share" (of usual care, a share of persons expects help).
    medicine : bool
        Whether it has a dose.
    course : str
        Symbol of the length of its course in the table of rules; empty if it has none.
    """

    name: str
    kind: str
    label: str
    expectancy: str
    medicine: bool
    course: str


@cache
def treatments() -> dict[str, Treatment]:
    """Return all treatments by name.

    Examples
    --------
    >>> treatments()["sertraline"].kind
    'SSRI'
    """
    text = resources.files("ketum.mood").joinpath("treatments.csv").read_text(encoding="utf-8")
    return {
        row["name"]: Treatment(
            row["name"], row["kind"], row["label"], row["expectancy"], row["medicine"] == "1", row["course_days"]
        )
        for row in csv.DictReader(text.splitlines())
    }


NEVER_ENDS = 10**9
"""Day on which a treatment ends that goes on as long as the record."""


@dataclass(frozen=True, slots=True)
class Course:
    """One treatment of an arm: its name, its days (`end_day` is not included), and on which share it is taken."""

    name: str
    first_day: int
    end_day: int
    adherence: float = 1.0


def treatment_plan(courses: Sequence[Course], days: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return which kinds of treatment are on, day by day, and the adherence to each.

    Expectancy is on from the first day of the first treatment that carries it to the end of the record.

    Parameters
    ----------
    courses : sequence of Course
    days : int
        Days of the arm.

    Returns
    -------
    (days, 6) array of OFF, ON, SHARED; (days, 6) array of adherence
    """
    plan = np.full((days, len(TREATMENTS)), OFF)
    adherence = np.ones_like(plan)
    for course in courses:
        treatment = treatments()[course.name]
        if treatment.expectancy != "0":
            kind = SHARED if treatment.expectancy == "share" else ON
            later = plan[course.first_day :, 0]
            later[later != ON] = kind
        if treatment.kind in TREATMENTS[1:]:
            k = TREATMENTS.index(treatment.kind)
            plan[course.first_day : course.end_day, k] = ON
            adherence[course.first_day : course.end_day, k] = course.adherence
    return plan, adherence

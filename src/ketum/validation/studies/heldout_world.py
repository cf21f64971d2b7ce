"""Use of kratom in the population, beyond the calibration rows: who still uses, for how long, and how they feel.

The world of `ketum.validation.studies.selection`: years from no use, in the `null` setting, so that severity is that
of the never-use life.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.engine.measure import Answers, phq9
from ketum.people.covariates import DAYS_PER_YEAR, draw_traits
from ketum.validation.protocols import protocols
from ketum.validation.studies.living import Minds, adults, take
from ketum.validation.studies.spells import days_of_use, likely_starters

Array = NDArray[np.float64]
_BATCH = 4096


def survey(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """US adults asked after eight years of availability.

    "current|ever used" (0 or 1); "years|current users" since the first day of use; "phq9 10+|users" and
    "phq9 10+|others" (0 or 1) of past-year users and of those who never used.
    """
    p = protocols()["world"]
    days, year, enrichment = round(p["days"]), round(p["year_days"]), p["enrichment"]
    people = adults(tables, 0, persons, seed)
    places = likely_starters(people, tables, seed, days, enrichment)
    some = take(people, places)
    trier = draw_traits(some, seed, tables.covariates, tables.mood).trier
    current, ever, recent = (np.zeros(persons, dtype=bool) for _ in range(3))
    years = np.full(persons, np.nan)
    severity_now = np.full(persons, np.nan)
    for first in range(0, len(places), _BATCH):
        here = np.arange(first, min(first + _BATCH, len(places)))
        group = take(some, here)
        lived = Minds(group, tables, seed).days(days)
        paths = np.ascontiguousarray(lived["severity"].T, dtype=np.float32)
        using = days_of_use(group, trier[here], paths, tables, seed, enrichment)
        at = places[here]
        current[at], ever[at], recent[at] = using[:, -1], using.any(axis=1), using[:, -year:].any(axis=1)
        years[at] = np.where(using[:, -1], (days - using.argmax(axis=1)) / DAYS_PER_YEAR, np.nan)
        severity_now[at] = lived["severity_14d"][-1]
    others = ~ever & np.isnan(severity_now)  # the population is stationary: theirs is read at the start
    severity = np.where(others, people.severity, severity_now)
    answers = Answers(seed, people.keys, np.array([days], dtype=np.int64))
    high = phq9(answers, severity[None], tables)[0] >= tables.scales.value("phq9_band_2")
    ill = high.astype(float)
    return {
        "current|ever used": np.where(ever, current, np.nan),
        "years|current users": years,
        "phq9 10+|users": np.where(recent, ill, np.nan),
        "phq9 10+|others": np.where(ever, np.nan, ill),
    }

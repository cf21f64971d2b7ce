"""Depression without kratom and without treatment: scores in the population, screening, how long episodes last."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.engine.measure import Answers, phq9
from ketum.people.covariates import DAYS_PER_YEAR, MONTHS_PER_YEAR
from ketum.studies.lives.people import adults, adults_who
from ketum.validation.protocols import one, protocol
from ketum.validation.studies.living import Minds, zero_or_one

Array = NDArray[np.float64]
_BANDS = ("0-4", "5-9", "10-14", "15+")


def bands(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Let US adults fill in the PHQ-9 once: their score, its band, and whether it is 10 or more, by sex."""
    people = adults(tables, 0, persons, seed)
    answers = Answers(seed, people.keys, np.zeros(1, dtype=np.int64))
    score = phq9(answers, people.severity[None], tables)[0]
    limits = [0.0, *(tables.scales.value(f"phq9_band_{k}") for k in (1, 2, 3)), np.inf]
    ill = zero_or_one(score >= limits[2])
    found = {
        f"band {name}": zero_or_one((score >= low) & (score < high))
        for name, (low, high) in zip(_BANDS, pairwise(limits), strict=True)
    }
    return {
        "phq9": score,
        **found,
        "phq9 10+|women": np.where(people.female, ill, np.nan),
        "phq9 10+|men": np.where(people.female, np.nan, ill),
    }


def remission(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Follow adults in an episode without treatment: recovered by each visit ("remitted|<days> d")."""
    visits = [round(day) for day in protocol("remission")["visit_days"]]
    people = adults_who(lambda some: some.now, tables, persons, seed, group="adults in an episode")
    in_episode = Minds(people, tables, seed).days(max(visits))["in_episode"]
    left = np.minimum.accumulate(in_episode, axis=0) < 1.0
    return {f"remitted|{day} d": zero_or_one(left[day - 1]) for day in visits}


def population(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """US adults who fill in the PHQ-9 twice: scores, and whether 10 or more finds those in an episode.

    "phq9|first", "phq9|later" (the retest, same severity); "found|in an episode" and "passed|not in an episode" (0 or
    1: sensitivity and specificity); "phq9 10+" (0 or 1).
    """
    people = adults(tables, 0, persons, seed)
    visits = np.array([0, round(one("population", "retest_days"))], dtype=np.int64)
    twice = np.broadcast_to(people.severity, (2, persons))
    scores = phq9(Answers(seed, people.keys, visits), twice.copy(), tables)
    high = scores[0] >= tables.scales.value("phq9_band_2")
    return {
        "phq9|first": scores[0],
        "phq9|later": scores[1],
        "found|in an episode": np.where(people.now, zero_or_one(high), np.nan),
        "passed|not in an episode": np.where(people.now, np.nan, zero_or_one(~high)),
        "phq9 10+": zero_or_one(high),
    }


def new_episodes(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Follow adults in whom a depressive episode begins on the first day, without treatment, for three years.

    "months" until the episode is over (the end of the record where it is not), "not over" (0 or 1).
    """
    days = round(one("new episodes", "days"))
    minds = Minds(adults(tables, 0, persons, seed), tables, seed)
    well = {"in_episode": 0.0, "activation": 0.0, "hazard_threshold": 0.0}  # whose next episode is due
    in_episode = minds.days(days + 1, begin=well)["in_episode"][1:]
    lasted = np.minimum.accumulate(in_episode, axis=0).sum(axis=0)
    return {
        "months": lasted * MONTHS_PER_YEAR / DAYS_PER_YEAR,
        "not over": zero_or_one(lasted >= days),
    }

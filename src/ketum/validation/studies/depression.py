"""Depression without kratom and without treatment: scores in the population, recovery of episodes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.engine.measure import Answers, phq9
from ketum.validation.protocols import protocols
from ketum.validation.studies.living import Minds, adults, adults_who

Array = NDArray[np.float64]
_BANDS = ("0-4", "5-9", "10-14", "15+")


def bands(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Let US adults fill in the PHQ-9 once: their score, its band, and whether it is 10 or more, by sex."""
    people = adults(tables, 0, persons, seed)
    answers = Answers(seed, people.keys, np.zeros(1, dtype=np.int64))
    score = phq9(answers, people.severity[None], tables)[0]
    limits = [0.0, *(tables.scales.value(f"phq9_band_{k}") for k in (1, 2, 3)), np.inf]
    ill = (score >= limits[2]).astype(float)
    found = {
        f"band {name}": ((score >= low) & (score < high)).astype(float)
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
    p = protocols()["remission"]
    visits = [round(p[f"visit_{k}"]) for k in (1, 2, 3)]
    people = adults_who(lambda some: some.now, tables, persons, seed, group="adults in an episode")
    in_episode = Minds(people, tables, seed).days(max(visits))["in_episode"]
    left = np.minimum.accumulate(in_episode, axis=0) < 1.0
    return {f"remitted|{day} d": left[day - 1].astype(float) for day in visits}

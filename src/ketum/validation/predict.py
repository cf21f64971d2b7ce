"""Predicted beside observed: the study's own statistic for its own number of participants, with predictive intervals.

Two intervals are kept apart. Chance of who takes part: virtual replicates of n participants out of a pool that was
simulated with the table values. With parameter uncertainty as well: the same in every parameter set, all together.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.errors import KetumError
from ketum.uncertainty.draws import drawn_tables
from ketum.uncertainty.intervals import quantiles
from ketum.validation.catalogue import STUDIES, WIDE
from ketum.validation.comparisons import Comparison

Array = NDArray[np.float64]
Progress = Callable[[int, int, str], None]
_REPLICATES = 400
_REPLICATES_A_SET = 20
_LARGE_POOL = 10
"""A pool of at least so many times n is sampled without replacement, so that nobody takes part twice."""
_PEOPLE_IN_A_SET = 0.5
_WIDE_IN_A_SET = 0.5
"""Participants in each parameter set, as a share of those at table values; of population studies once more."""
_FEWEST = 64


@dataclass(frozen=True, slots=True)
class Predicted:
    """A row of the evidence and what the model says.

    Attributes
    ----------
    comparison : Comparison
    whole : float
        The statistic of the whole pool at table values.
    middle, low, high : float
        Median and interval over replicates at table values: chance of who takes part.
    low_all, high_all : float
        Interval over replicates in all parameter sets; nan without sets.
    agreeing : float
        Share of replicates in all sets with the published sign; nan unless the row is a direction.
    participants : int
        Participants of a replicate: n, or the pool where it is smaller or n is not known.
    alike : bool
        Whether the model gives every participant the same, so that chance has no width.
    """

    comparison: Comparison
    whole: float
    middle: float
    low: float
    high: float
    low_all: float
    high_all: float
    agreeing: float
    participants: int
    alike: bool = False


@dataclass(frozen=True, slots=True)
class Predictions:
    """All rows, the number of parameter sets, and which studies could not be run in how many of them, and why."""

    predicted: tuple[Predicted, ...]
    sets: int
    failed: Mapping[str, int]
    reason: str = ""


def predict(
    comparisons: Sequence[Comparison],
    tables: Tables,
    *,
    people: int,
    draws: int,
    seed: int = 1,
    interval: float = 0.90,
    progress: Progress | None = None,
) -> Predictions:
    """Predict rows of the evidence.

    Parameters
    ----------
    comparisons : sequence of Comparison
    tables : Tables
        Table values.
    people : int
        Participants in the pool of a study; studies of the whole population take more.
    draws : int
        Parameter sets.
    seed : int
        Seed of participants, replicates and parameter sets.
    interval : float
        Level of the predictive intervals.
    progress : callable, optional
        Called with (studies done, studies in all, what is being done).

    Returns
    -------
    Predictions
    """
    by_study: dict[str, list[Comparison]] = {}
    for one in comparisons:
        by_study.setdefault(one.study, []).append(one)
    work = len(by_study) * (draws + 1)
    at_table: dict[str, Array] = {}
    whole: dict[str, float] = {}
    taken: dict[str, int] = {}
    alike: dict[str, bool] = {}
    done = 0
    for study, some in by_study.items():
        _tell(progress, done, work, f"{study}, table values")
        pool = STUDIES[study](tables, _participants(study, people), seed)
        for one in some:
            whole[one.row] = one.number(pool)
            taken[one.row] = participants(one, pool)
            alike[one.row] = all(len(np.unique(pool[name])) == 1 for name in one.arrays())
            at_table[one.row] = replicates(one, pool, _REPLICATES, seed)
        done += 1
    over_sets: dict[str, list[Array]] = {one.row: [] for one in comparisons}
    failed: dict[str, int] = {}
    reason = ""
    for number in range(1, draws + 1):
        drawn = drawn_tables(tables, number, seed=seed)
        for study, some in by_study.items():
            _tell(progress, done, work, f"{study}, set {number} of {draws}")
            try:
                pool = STUDIES[study](drawn, _in_a_set(study, people), seed + number)
            except KetumError as error:
                failed[study] = failed.get(study, 0) + 1
                reason = reason or str(error)
            else:
                for one in some:
                    over_sets[one.row].append(replicates(one, pool, _REPLICATES_A_SET, seed + number))
            done += 1
    _tell(progress, work, work, "done")
    outside = (1.0 - interval) / 2.0
    made = []
    for one in comparisons:
        values, every = at_table[one.row], over_sets[one.row]
        joined = np.concatenate(every) if every else np.empty(0)
        low, middle, high = (float(q) for q in quantiles(values, (outside, 0.5, 1.0 - outside), attained=True))
        low_all, high_all = (float(q) for q in quantiles(joined, (outside, 1.0 - outside), attained=True))
        agreeing = float("nan")
        if one.scale == "direction":
            signs = joined if joined.size else values
            agreeing = float((np.sign(signs) == np.sign(one.observed.value)).mean())
        made.append(
            Predicted(
                one,
                whole[one.row],
                middle,
                low,
                high,
                low_all,
                high_all,
                agreeing,
                taken[one.row],
                alike[one.row],
            )
        )
    return Predictions(tuple(made), draws, failed, reason)


def _participants(study: str, people: int) -> int:
    return people * WIDE.get(study, 1)


def _in_a_set(study: str, people: int) -> int:
    share = _PEOPLE_IN_A_SET * (_WIDE_IN_A_SET if study in WIDE else 1.0)
    return max(round(_participants(study, people) * share), _FEWEST)


def _tell(progress: Progress | None, done: int, count: int, words: str) -> None:
    if progress is not None:
        progress(done, count, words)


def participants(one: Comparison, pool: Mapping[str, Array]) -> int:
    """Return how many participants a replicate has."""
    smallest = min(len(places) for places in _places(one, pool))
    wanted = _wanted(one)
    size = smallest if wanted is None else min(wanted, smallest)
    return size * (1 if one.same_persons or len(one.arrays()) == 1 else 2)


def _wanted(one: Comparison) -> int | None:
    """Return participants of a group: half of the study's where two groups are different people."""
    if one.n is None:
        return None
    return one.n if one.same_persons or len(one.arrays()) == 1 else max(one.n // 2, 2)


def _places(one: Comparison, pool: Mapping[str, Array]) -> list[NDArray[np.int64]]:
    """Return who has a value, group by group; one group where the statistic is within persons."""
    arrays = [pool[name] for name in one.arrays()]
    if one.same_persons:
        return [np.flatnonzero(~np.any([np.isnan(values) for values in arrays], axis=0))]
    return [np.flatnonzero(~np.isnan(values)) for values in arrays]


def replicates(one: Comparison, pool: Mapping[str, Array], count: int, seed: int) -> Array:
    """Return the statistic of virtual replicates of the study, (count,).

    Each replicate takes n participants out of the pool: without replacement where the pool holds ten times as many,
    else with replacement, since otherwise the end of the pool would look like precision. Where n is not known, or
    larger than the pool, it takes as many as the pool holds: chance of the simulation and of the sample together are
    then at most as wide. A replicate without a number (a risk ratio over nobody) is not a number.

    Examples
    --------
    >>> from ketum.validation.comparisons import load_comparisons
    >>> one = load_comparisons()["pk-005"]
    >>> pool = {"Vz/F:mitragynine": np.exp(np.random.default_rng(1).normal(size=1000))}
    >>> values = replicates(one, pool, 200, 1)
    >>> values.shape, bool(values.std() > 0.2)
    ((200,), True)
    """
    rng = np.random.default_rng((seed, crc32(one.row.encode())))
    places, wanted = _places(one, pool), _wanted(one)
    if any(not len(some) for some in places):
        return np.full(count, np.nan)
    names = one.arrays()
    out = np.empty(count)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        for k, chosen in enumerate(_samples(rng, places, wanted, count)):
            per_array = chosen * len(names) if len(chosen) == 1 else chosen
            some = {name: pool[name][who] for name, who in zip(names, per_array, strict=True)}
            try:
                out[k] = one.number(some)
            except (ZeroDivisionError, ValueError):
                out[k] = np.nan
    return out


def _samples(
    rng: np.random.Generator, places: Sequence[NDArray[np.int64]], wanted: int | None, count: int
) -> Iterator[list[NDArray[np.int64]]]:
    for _ in range(count):
        chosen = []
        for some in places:
            size = len(some) if wanted is None else min(wanted, len(some))
            alone = size * _LARGE_POOL <= len(some)
            chosen.append(
                some[rng.choice(len(some), size, replace=False, shuffle=False)]
                if alone
                else some[rng.integers(0, len(some), size)]
            )
        yield chosen

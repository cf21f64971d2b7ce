"""Statistics beyond those of the calibration rows, and which arrays of a study each of them reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ketum.validation.statistics import (
    ONE_GROUP,
    RATIO_OF_SLOPES,
    STATISTICS,
    known,
    summarise,
)

Array = NDArray[np.float64]
_PERCENT = 100.0
_TRIALS = 20_001


def expected_range(n: int) -> float:
    """Return the expected range of n standard normal values, from the quantiles of their extremes.

    Examples
    --------
    >>> round(expected_range(5), 3)
    2.326
    """
    from scipy.special import ndtri

    u = (np.arange(_TRIALS) + 0.5) / _TRIALS
    highest = ndtri(u ** (1.0 / n))
    return 2.0 * float(highest.mean())


def _cv_of_range(values: Array) -> float:
    """Return the lognormal CV that the range of a small sample suggests, %: what was done with published ranges.

    Examples
    --------
    >>> round(_cv_of_range(np.array([71.7, 150.0, 233.0, 280.0, 302.0])), 0)
    68.0
    """
    some = known(values)
    sigma = np.log(some.max() / some.min()) / expected_range(len(some))
    return float(_PERCENT * np.sqrt(np.expm1(sigma**2)))


def _middle_of_range(values: Array) -> float:
    some = known(values)
    return float(np.sqrt(some.min() * some.max()))


def _median_time(values: Array) -> float:
    """Return the median of times, of which some are never (infinite)."""
    return float(np.quantile(values[~np.isnan(values)], 0.5, method="higher"))


def _highest_group_mean(values: Array, groups: Array) -> float:
    whole = np.isfinite(values)
    return max(float(values[whole & (groups == k)].mean()) for k in np.unique(groups[whole]))


def _correlation(first: Array, second: Array) -> float:
    whole = np.isfinite(first) & np.isfinite(second)
    return float(np.corrcoef(first[whole], second[whole])[0, 1])


_ONE: Mapping[str, Callable[[Array], float]] = MappingProxyType(
    {"cv of range": _cv_of_range, "middle of range": _middle_of_range, "median time": _median_time}
)
_TWO: Mapping[str, Callable[[Array, Array], float]] = MappingProxyType(
    {
        "correlation": _correlation,
        "sign of difference": lambda a, b: float(known(a).mean() - known(b).mean()),
    }
)
_OWN = (*_ONE, *_TWO, "highest group mean", "sign of correlation")
MORE_STATISTICS = (*STATISTICS, *_OWN)
SAME_PERSONS = frozenset(
    {
        "percent of mean",
        "ratio of means",
        RATIO_OF_SLOPES,
        "correlation",
        "highest group mean",
        "sign of correlation",
    }
)
"""Statistics of several arrays of the same participants; other pairs of groups are different people."""


def arrays_of(statistic: str, quantity: str, group: str, against: str) -> tuple[str, ...]:
    """Return the names of the arrays that a statistic reads.

    Examples
    --------
    >>> arrays_of("risk ratio", "response", "drug", "placebo")
    ('response|drug', 'response|placebo')
    """
    if statistic == RATIO_OF_SLOPES:
        return (quantity, group, against)
    if statistic == "highest group mean":
        return (quantity, group)
    if statistic == "sign of correlation":
        return (quantity, against)
    first = f"{quantity}|{group}" if group else quantity
    return (first,) if statistic in ONE_GROUP or statistic in _ONE else (first, f"{quantity}|{against}")


def number_of(statistic: str, quantity: str, group: str, against: str, found: Mapping[str, Array]) -> float:
    """Return one number from what a study found; of a direction, the number whose sign is meant."""
    if statistic not in _OWN:
        return summarise(statistic, quantity, group, against, found)
    arrays = [found[name] for name in arrays_of(statistic, quantity, group, against)]
    if statistic == "highest group mean":
        return _highest_group_mean(*arrays)
    if statistic == "sign of correlation":
        return _correlation(*arrays)
    return _ONE[statistic](*arrays) if statistic in _ONE else _TWO[statistic](*arrays)

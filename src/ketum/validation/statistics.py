"""How what was measured of participants becomes the one number that is printed: a closed list of statistics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_PERCENT = 100.0
_TRIALS = 20_001


def known(values: Array) -> Array:
    """Return the values that are numbers."""
    found: Array = values[np.isfinite(values)]
    return found


def _of_log(values: Array) -> float:
    return float(np.exp(np.log(known(values)).mean()))


def _difference(first: Array, second: Array) -> float:
    return float(known(first).mean() - known(second).mean())


def _ratio_of_means(first: Array, second: Array) -> float:
    return float(known(first).mean() / known(second).mean())


def _hedges_g(first: Array, second: Array) -> float:
    a, b = known(first), known(second)
    degrees = len(a) + len(b) - 2
    pooled = np.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / degrees)
    return float((1.0 - 3.0 / (4.0 * degrees - 1.0)) * (a.mean() - b.mean()) / pooled)


def _odds(values: Array) -> float:
    share = float(known(values).mean())
    return share / (1.0 - share)


def _correlation(first: Array, second: Array) -> float:
    whole = np.isfinite(first) & np.isfinite(second)
    return float(np.corrcoef(first[whole], second[whole])[0, 1])


def _highest_group_mean(values: Array, groups: Array) -> float:
    whole = np.isfinite(values)
    return max(float(values[whole & (groups == k)].mean()) for k in np.unique(groups[whole]))


def standardised_slopes(outcome: Array, first: Array, second: Array) -> tuple[float, float]:
    """Return the slopes of a linear regression of an outcome on two predictors, all standardised.

    Examples
    --------
    >>> x, y = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> [round(slope, 3) for slope in standardised_slopes(2 * x + y, x, y)]
    [0.894, 0.447]
    """
    whole = np.isfinite(outcome) & np.isfinite(first) & np.isfinite(second)
    some = [values[whole] for values in (outcome, first, second)]
    if any(values.std() == 0.0 for values in some):  # all alike: there is no slope
        return float("nan"), float("nan")
    y, a, b = ((values - values.mean()) / values.std() for values in some)
    slopes = np.linalg.lstsq(np.column_stack([a, b]), y, rcond=None)[0]
    return float(slopes[0]), float(slopes[1])


def _ratio_of_slopes(outcome: Array, first: Array, second: Array) -> float:
    one, other = standardised_slopes(outcome, first, second)
    return one / other


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


ONE_GROUP: Mapping[str, Callable[[Array], float]] = MappingProxyType(
    {
        "mean": lambda values: float(known(values).mean()),
        "median": lambda values: float(np.median(known(values))),
        "median time": _median_time,
        "sd": lambda values: float(known(values).std(ddof=1)),
        "cv percent": lambda values: float(_PERCENT * known(values).std(ddof=1) / known(values).mean()),
        "percent": lambda values: float(_PERCENT * known(values).mean()),
        "geometric mean": _of_log,
        "cv of range": _cv_of_range,
        "middle of range": _middle_of_range,
    }
)
"""Statistics of one group of participants."""

TWO_GROUPS: Mapping[str, Callable[[Array, Array], float]] = MappingProxyType(
    {
        "difference": _difference,
        "ratio of means": _ratio_of_means,
        "ratio of medians": lambda a, b: float(np.median(known(a)) / np.median(known(b))),
        "percent of mean": lambda a, b: _PERCENT * _ratio_of_means(a, b),
        "geometric mean ratio": lambda a, b: _of_log(a) / _of_log(b),
        "risk ratio": _ratio_of_means,
        "odds ratio": lambda a, b: _odds(a) / _odds(b),
        "hedges g": _hedges_g,
        "correlation": _correlation,
        "sign of difference": _difference,
        "sign of paired difference": _difference,
    }
)
"""Statistics of a group against another: first minus (or over) second."""

RATIO_OF_SLOPES = "ratio of slopes"
"""Standardised slope of the quantity on `group` over that on `against`, in one regression."""
HIGHEST_GROUP_MEAN = "highest group mean"
"""The highest mean of the quantity among groups that the array `group` numbers."""
SIGN_OF_CORRELATION = "sign of correlation"
"""The quantity with the array `against`."""
_NAMED: Mapping[str, Callable[..., float]] = MappingProxyType(
    {
        RATIO_OF_SLOPES: _ratio_of_slopes,
        HIGHEST_GROUP_MEAN: _highest_group_mean,
        SIGN_OF_CORRELATION: _correlation,
    }
)
"""Statistics for which `group` and `against` are names of arrays."""
_WORK: Mapping[str, Callable[..., float]] = MappingProxyType({**ONE_GROUP, **TWO_GROUPS, **_NAMED})
STATISTICS = tuple(_WORK)
DIFFERENCES = frozenset({"difference", "hedges g", "correlation"})
"""Numbers of which zero is meaningful."""
SIGNS = frozenset({"sign of difference", "sign of paired difference", SIGN_OF_CORRELATION})
"""Numbers of which only the sign is meant."""
SAME_PERSONS = frozenset({"percent of mean", "ratio of means", "correlation", "sign of paired difference", *_NAMED})
"""Statistics of several arrays of the same participants; other pairs of groups are different people."""


def arrays_of(statistic: str, quantity: str, group: str, against: str) -> tuple[str, ...]:
    """Return the names of the arrays that a statistic reads.

    Parameters
    ----------
    statistic : str
        One of `STATISTICS`.
    quantity : str
        Name of an array of the study; with a group, the array is named "<quantity>|<group>".
    group, against : str
        Names of groups, empty where there is none; of the last three statistics, names of arrays.

    Examples
    --------
    >>> arrays_of("risk ratio", "response", "drug", "placebo")
    ('response|drug', 'response|placebo')
    """
    if statistic in _NAMED:
        return tuple(name for name in (quantity, group, against) if name)
    first = f"{quantity}|{group}" if group else quantity
    return (first,) if statistic in ONE_GROUP else (first, f"{quantity}|{against}")


def summarise(statistic: str, quantity: str, group: str, against: str, found: Mapping[str, Array]) -> float:
    """Return one number from what a study found; of a direction, the number whose sign is meant.

    Parameters
    ----------
    statistic, quantity, group, against : str
        As in `arrays_of`.
    found : mapping of name to (participant,) array

    Examples
    --------
    >>> summarise("percent", "better", "", "", {"better": np.array([1.0, 0.0, np.nan, 1.0, 1.0])})
    75.0
    >>> score = {"score|care": np.array([9.0, 11.0]), "score|therapy": np.array([4.0, 6.0])}
    >>> summarise("difference", "score", "care", "therapy", score)
    5.0
    """
    return _WORK[statistic](*(found[name] for name in arrays_of(statistic, quantity, group, against)))

"""How what was measured of participants becomes the one number that is printed: a closed list of statistics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_PERCENT = 100.0


def known(values: Array) -> Array:
    """Return the values that are numbers."""
    found: Array = values[np.isfinite(values)]
    return found


def _of_log(values: Array) -> float:
    return float(np.exp(np.log(known(values)).mean()))


def _hedges_g(first: Array, second: Array) -> float:
    a, b = known(first), known(second)
    degrees = len(a) + len(b) - 2
    pooled = np.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / degrees)
    return float((1.0 - 3.0 / (4.0 * degrees - 1.0)) * (a.mean() - b.mean()) / pooled)


def _odds(values: Array) -> float:
    share = float(known(values).mean())
    return share / (1.0 - share)


def standardised_slopes(outcome: Array, first: Array, second: Array) -> tuple[float, float]:
    """Return the slopes of a linear regression of an outcome on two predictors, all standardised.

    Examples
    --------
    >>> x, y = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> [round(slope, 3) for slope in standardised_slopes(2 * x + y, x, y)]
    [0.894, 0.447]
    """
    whole = np.isfinite(outcome) & np.isfinite(first) & np.isfinite(second)
    y, a, b = ((values[whole] - values[whole].mean()) / values[whole].std() for values in (outcome, first, second))
    slopes = np.linalg.lstsq(np.column_stack([a, b]), y, rcond=None)[0]
    return float(slopes[0]), float(slopes[1])


ONE_GROUP: Mapping[str, Callable[[Array], float]] = MappingProxyType(
    {
        "mean": lambda values: float(known(values).mean()),
        "median": lambda values: float(np.median(known(values))),
        "sd": lambda values: float(known(values).std(ddof=1)),
        "cv percent": lambda values: float(_PERCENT * known(values).std(ddof=1) / known(values).mean()),
        "percent": lambda values: float(_PERCENT * known(values).mean()),
        "geometric mean": _of_log,
    }
)
"""Statistics of one group of participants."""

TWO_GROUPS: Mapping[str, Callable[[Array, Array], float]] = MappingProxyType(
    {
        "difference": lambda a, b: float(known(a).mean() - known(b).mean()),
        "ratio of means": lambda a, b: float(known(a).mean() / known(b).mean()),
        "ratio of medians": lambda a, b: float(np.median(known(a)) / np.median(known(b))),
        "percent of mean": lambda a, b: float(_PERCENT * known(a).mean() / known(b).mean()),
        "geometric mean ratio": lambda a, b: _of_log(a) / _of_log(b),
        "risk ratio": lambda a, b: float(known(a).mean() / known(b).mean()),
        "odds ratio": lambda a, b: _odds(a) / _odds(b),
        "hedges g": _hedges_g,
    }
)
"""Statistics of a group against another: first minus (or over) second."""

RATIO_OF_SLOPES = "ratio of slopes"
"""Standardised slope of the quantity on `group` over that on `against`, in one regression."""
STATISTICS = (*ONE_GROUP, *TWO_GROUPS, RATIO_OF_SLOPES)


def summarise(statistic: str, quantity: str, group: str, against: str, found: Mapping[str, Array]) -> float:
    """Return one number from what a study found.

    Parameters
    ----------
    statistic : str
        One of `STATISTICS`.
    quantity : str
        Name of an array of the study; with a group, the array is named "<quantity>|<group>".
    group, against : str
        Names of groups, empty where there is none. For the ratio of slopes: names of the predictors' arrays.
    found : mapping of name to (participant,) array

    Examples
    --------
    >>> summarise("percent", "better", "", "", {"better": np.array([1.0, 0.0, np.nan, 1.0, 1.0])})
    75.0
    >>> score = {"score|care": np.array([9.0, 11.0]), "score|therapy": np.array([4.0, 6.0])}
    >>> summarise("difference", "score", "care", "therapy", score)
    5.0
    """
    if statistic == RATIO_OF_SLOPES:
        first, second = standardised_slopes(found[quantity], found[group], found[against])
        return first / second
    values = found[f"{quantity}|{group}" if group else quantity]
    if statistic in ONE_GROUP:
        return ONE_GROUP[statistic](values)
    return TWO_GROUPS[statistic](values, found[f"{quantity}|{against}"])

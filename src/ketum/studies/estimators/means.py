"""Means and shares of one sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.studies.estimate import Estimate, by_normal, by_t, failed

Array = NDArray[np.float64]


def mean(values: Array) -> Estimate:
    """Return a mean with Student's t error.

    Examples
    --------
    >>> found = mean(np.array([1.0, 2.0, 3.0]))
    >>> found.value, round(found.se, 4)
    (2.0, 0.5774)
    """
    n = len(values)
    if n < 2:
        return failed("fewer than two values")
    return by_t(float(values.mean()), float(values.std(ddof=1) / np.sqrt(n)), n - 1)


def proportion(flags: Array) -> Estimate:
    """Return a share of 0/1 values, its Wald error and the limits of Wilson's score interval.

    Wilson, Journal of the American Statistical Association 22:209 (1927). There is no p: a share is compared with what
    is true, and no hypothesis is tested.

    Examples
    --------
    >>> found = proportion(np.array([1.0, 0.0, 0.0, 0.0]))
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (0.25, 0.046, 0.699)
    """
    n = len(flags)
    if n < 2:
        return failed("fewer than two answers")
    share = float(flags.mean())
    z = 1.959963984540054
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    wald = by_normal(share, float(np.sqrt(max(share * (1 - share), 0.25 / n) / n)))
    return Estimate(share, wald.se, float(centre - half), float(centre + half), float("nan"))

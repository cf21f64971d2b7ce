"""What an estimator gives: a value, how uncertain it takes itself to be, or that it failed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtr, ndtri, stdtr, stdtrit

_TAIL = 0.975


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimate.

    Attributes
    ----------
    value : float
        On the scale of the estimand: log odds ratio, log hazard ratio, PHQ-9 points, points of mood.
    se : float
        The standard error that the estimator states.
    low, high : float
        95% confidence limits.
    p : float
        Two-sided p-value of no effect.
    converged : bool
        False if the fit failed; all numbers are then not a number.
    note : str
        Why it failed.
    """

    value: float
    se: float
    low: float
    high: float
    p: float
    converged: bool = True
    note: str = ""


def failed(note: str) -> Estimate:
    """Return what stands in place of an estimate that could not be made.

    Examples
    --------
    >>> failed("nobody was exposed").converged
    False
    """
    nothing = math.nan
    return Estimate(nothing, nothing, nothing, nothing, nothing, converged=False, note=note)


def by_normal(value: float, se: float) -> Estimate:
    """Return an estimate whose error is taken as normal.

    Examples
    --------
    >>> found = by_normal(1.96, 1.0)
    >>> round(found.p, 2), round(found.low, 2)
    (0.05, 0.0)
    """
    if not (math.isfinite(value) and math.isfinite(se) and se > 0.0):
        return failed("no finite estimate")
    half = float(ndtri(_TAIL)) * se
    return Estimate(value, se, value - half, value + half, 2.0 * float(ndtr(-abs(value / se))))


def by_t(value: float, se: float, df: float) -> Estimate:
    """Return an estimate whose error follows Student's t.

    Examples
    --------
    >>> found = by_t(2.0, 1.0, 10)
    >>> round(found.p, 4), round(found.high, 3)
    (0.0734, 4.228)
    """
    if not (math.isfinite(value) and math.isfinite(se) and se > 0.0 and df > 0.0):
        return failed("no finite estimate")
    half = float(stdtrit(df, _TAIL)) * se
    return Estimate(value, se, value - half, value + half, 2.0 * float(stdtr(df, -abs(value / se))))

"""Persons who differ in level, and days that resemble the day before: random intercepts, autoregressive errors.

Both are normal models with one correlation to find, fitted by restricted maximum likelihood (`reml.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ketum.studies.estimate import Estimate, by_t, failed
from ketum.studies.estimators.least_squares import (
    COLLINEAR,
    MISSING,
    NO_ROWS,
    NO_VARIATION,
    Array,
    Columns,
    stack,
    varying,
)
from ketum.studies.estimators.reml import highest, solve

_MOST_ALIKE: Final = 0.9999
"""Highest intraclass correlation that is looked at."""
_MOST_AUTOCORRELATED: Final = 0.999
"""Highest correlation of a day with the next, of either sign, that is looked at."""
_COLLINEAR: Final = 1e-12
"""Share of a column's sum of squares, once others are taken out, that is rounding."""
_CONSTANT: Final = 1e-12


def random_intercept(
    outcome: Columns, exposure: Columns, person: NDArray[Any], covariates: Columns | None = None
) -> Estimate:
    """Return the coefficient of an exposure in a linear model with a random intercept of each person.

    y_it = a + b x_it + c_it g + u_i + e_it with u_i ~ N(0, s_u^2) and e_it ~ N(0, s^2), by restricted maximum
    likelihood (Laird and Ware 1982, Biometrics 38:963-974). Degrees of freedom are those of `nlme`: n - m - (columns
    that vary within persons) if the exposure varies within persons, m - (intercept and columns that do not) if not
    (Pinheiro and Bates 2000, "Mixed-Effects Models in S and S-PLUS", section 2.4.2).

    Parameters
    ----------
    outcome, exposure : (row,) arrays
    person : (row,) array
        Whose row it is; persons may have different numbers of rows.
    covariates : (row,) or (row, k) array, optional

    Returns
    -------
    Estimate
        A variance s_u^2 of zero is a fit like any other.

    Examples
    --------
    >>> person, day = np.repeat([0, 1, 2], 3), np.tile([0.0, 1.0, 2.0], 3)
    >>> level = np.array([0.0, 5.0, 10.0])[person]
    >>> found = random_intercept(level + 2.0 * day + np.tile([0.1, -0.2, 0.1], 3) * (person - 1), day, person)
    >>> round(found.value, 6)
    2.0
    """
    columns = stack(np.ones(len(exposure)), varying(covariates), exposure, outcome)
    if not np.isfinite(columns).all():
        return failed(MISSING)
    labels, index = np.unique(person, return_inverse=True)
    n, m, k = len(columns), len(labels), columns.shape[1] - 1
    sizes = np.bincount(index).astype(np.float64)
    if n <= k:
        return failed(NO_ROWS)
    if m < 2 or n == m:
        return failed("one person, or one row of everybody")
    columns[:, 1:] -= columns[:, 1:].mean(axis=0)
    sums = np.stack([np.bincount(index, column, minlength=m) for column in columns.T])
    within = columns - (sums / sizes)[:, index].T
    each_size, count = np.unique(sizes, return_counts=True)
    between = np.stack([sums[:, sizes == size] @ sums[:, sizes == size].T / size for size in each_size], axis=-1)

    inside = (within.T @ within)[:, :, None, None]

    def cross(alike: Array) -> Array:
        ratio = alike / (1.0 - alike)
        shrunk = 1.0 / (1.0 + each_size * ratio[..., None])
        found: Array = inside + np.einsum("ijs,...s->ij...", between, shrunk)
        return found

    def deviance(alike: Array) -> Array:
        solved = solve(cross(alike))
        ratio = alike / (1.0 - alike)
        spread = (count * np.log1p(each_size * ratio[..., None])).sum(axis=-1)
        return np.asarray((n - k) * np.log(solved.rss) + spread + solved.log_determinant)

    plain = solve(cross(np.zeros((1, 1))))
    if not plain.left.min() > _COLLINEAR:
        return failed(COLLINEAR)
    if plain.rss.min() <= _CONSTANT * (columns[:, -1] @ columns[:, -1]):
        return failed(NO_VARIATION)
    best = highest(deviance, 0.0, _MOST_ALIKE)[None]
    nought = np.zeros_like(best)
    best = np.where(deviance(nought) <= deviance(best), nought, best)
    solved = solve(cross(best))
    inner = (within**2).sum(axis=0) > _CONSTANT * (columns**2).sum(axis=0)
    df = n - m - int(inner[1:-1].sum()) if inner[-2] else m - int((~inner[:-1]).sum())
    return by_t(solved.value.item(), np.sqrt(solved.rss / (n - k) / solved.information).item(), df)


@dataclass(frozen=True, slots=True)
class Series:
    """What a series of each person says; each an array over persons, not a number where it cannot be said.

    Attributes
    ----------
    value, se : (person,) arrays
    df : (person,) array
        Days observed minus coefficients.
    correlation : (person,) array
        Of a day with the next.
    """

    value: Array
    se: Array
    df: Array
    correlation: Array


def autoregressive(outcome: Columns, exposure: Columns, covariates: Columns | None = None) -> Estimate:
    """Return the coefficient of an exposure in one person's daily series with first-order autoregressive errors.

    y_t = a + b x_t + c_t g + e_t with correlation r^|t - s| of e_t and e_s, by restricted maximum likelihood, as `gls`
    with `corAR1` in `nlme` does (Pinheiro and Bates 2000, section 5.3): the likelihood is exact, the first day counts.

    Parameters
    ----------
    outcome, exposure : (day,) arrays
        Of days in a row; a day with a value that is not a number is missing and keeps its place in time.
    covariates : (day,) or (day, k) array, optional

    Returns
    -------
    Estimate
        With Student's t of n - k degrees of freedom, which takes the correlation as known: in short series the errors
        are too small.

    Examples
    --------
    >>> found = autoregressive(np.array([1.0, 2.0, 1.5, 4.0, 3.0, 3.5, 1.0, 1.5]), np.array([0, 0, 0, 1, 1, 1, 0, 0]))
    >>> round(found.value, 2), found.p < 0.01
    (2.0, True)
    """
    columns = stack(np.ones(len(exposure)), varying(covariates), exposure, outcome)
    found = series(columns.T[:, :, None])
    value, se, df = found.value.item(), found.se.item(), found.df.item()
    return by_t(value, se, df) if np.isfinite(se) else failed("too few days, or no variation")


def series(columns: Array) -> Series:
    """Fit regressions with autoregressive errors of many persons at once.

    Between two days observed d days apart the errors follow e_t = r^d e_(t - d) + normal, variance s^2 (1 - r^(2 d)),
    so that missing days cost no approximation.

    Parameters
    ----------
    columns : (k + 1, day, person) array
        A column of ones, covariates, exposure, outcome. A day on which one of them is not a number is missing.
    """
    observed: NDArray[np.bool_] = np.asarray(np.isfinite(columns).all(axis=0))
    n = observed.sum(axis=0)
    k = len(columns) - 1
    centred = np.where(observed, columns, 0.0)
    with np.errstate(invalid="ignore"):
        centred[1:] -= np.where(observed, centred[1:].sum(axis=1, keepdims=True) / n, 0.0)
    total = np.einsum("itp,itp->ip", centred, centred)
    first, steps = _steps(centred, observed)

    def cross(r: Array) -> Array:
        found = first
        for step in steps:
            power = r**step.days
            found = found + (step.now - power * step.both + power**2 * step.before) / (1.0 - power**2)
        return found

    def deviance(r: Array) -> Array:
        solved = solve(cross(r))
        spread = sum(step.count * np.log1p(-(r ** (2 * step.days))) for step in steps)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((n - k) * np.log(solved.rss) + spread + solved.log_determinant)

    best = highest(deviance, -_MOST_AUTOCORRELATED, _MOST_AUTOCORRELATED)
    solved = solve(cross(best[None]))
    plain = solve(cross(np.zeros((1, columns.shape[2]))))
    fine = (n > k) & (plain.left[0] > _COLLINEAR) & (plain.rss[0] > _CONSTANT * total[-1])
    df = np.where(fine, n - k, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.sqrt(solved.rss[0] / df / solved.information[0])
    return Series(*(np.where(fine, column, np.nan) for column in (solved.value[0], se, df, best)))


@dataclass(frozen=True, slots=True)
class _Step:
    """Cross products of days that follow one another at a distance.

    Attributes
    ----------
    days : int
        The distance.
    count : (person,) array
        How many pairs there are.
    now, before, both : (k + 1, k + 1, 1, person) arrays
        Of the later days, of the earlier ones, and of the two with each other, both ways.
    """

    days: int
    count: Array
    now: Array
    before: Array
    both: Array


def _steps(columns: Array, observed: NDArray[np.bool_]) -> tuple[Array, list[_Step]]:
    """Return the cross products of the first day observed, and of all pairs of days that follow one another."""
    days = np.arange(len(observed))[:, None]
    latest = np.maximum.accumulate(np.where(observed, days, -1), axis=0)
    previous = np.vstack([np.full((1, observed.shape[1]), -1), latest[:-1]])
    distance = np.where(observed & (previous >= 0), days - previous, 0)
    is_first = observed & (previous < 0)
    found = []
    for d in np.unique(distance[distance > 0]).tolist():
        pairs = (distance == d)[d:].astype(np.float64)
        now, before = columns[:, d:] * pairs, columns[:, :-d] * pairs
        both = _products(now, before)
        both = both + both.swapaxes(0, 1)
        found.append(_Step(d, pairs.sum(axis=0), _products(now, now), _products(before, before), both))
    start = columns * is_first
    return _products(start, start), found


def _products(some: Array, others: Array) -> Array:
    """Return the cross products of columns over days, (column, column, 1, person)."""
    found: Array = np.einsum("itp,jtp->ijp", some, others)[:, :, None]
    return found

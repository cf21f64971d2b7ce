"""One person's randomised crossover of periods in pairs (N-of-1 trial), analysed by pairs or by days.

The pairs of periods are what was randomised: the t-test over pairs asks nothing of the days but that the effect has
come and gone within those discarded (Senn 2002, "Cross-over Trials in Clinical Research"). Days resemble the day
before, so that analyses by days are too sure of themselves unless they say how much. Every analysis has a form for many
persons at once, `..._each`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from ketum.studies.estimate import Estimate, by_t, failed
from ketum.studies.estimators.least_squares import Array, Columns
from ketum.studies.estimators.mixed import series

Labels = NDArray[Any]
_TAIL = 0.975
_CONSTANT = 1e-12
_NO_FIT = "too few days or pairs, or no variation"


@dataclass(frozen=True, slots=True)
class Estimates:
    """Estimates of many persons; each an array over persons, not a number where there is none.

    Attributes
    ----------
    value, se : (person,) arrays
    df : (person,) array
        Degrees of freedom.
    low, high : (person,) arrays
        95% confidence limits.
    p : (person,) array
        Two-sided, of no effect.
    """

    value: Array
    se: Array
    df: Array
    low: Array
    high: Array
    p: Array

    def of(self, person: int) -> Estimate:
        """Return the estimate of one person."""
        if not np.isfinite(self.p[person]):
            return failed(_NO_FIT)
        return by_t(float(self.value[person]), float(self.se[person]), float(self.df[person]))


def paired_t_each(outcome: Columns, on: Columns, period: Labels, pair: Labels, discard: int) -> Estimates:
    """Return the mean difference, on minus off, over the pairs of periods of many persons.

    In every pair the mean of the days on minus that of the days off, without the first `discard` days of every period;
    then a one-sample t-test over pairs.

    Parameters
    ----------
    outcome : (day, person) array
        A day that is not a number is missing.
    on : (day, person) or (day,) array
        1 on days on, 0 on days off.
    period, pair : (day,) arrays
        To which period, and to which pair of periods, a day belongs: any labels, the same of all persons.
    discard : int
        Days at the start of every period.

    Returns
    -------
    Estimates
        With one degree of freedom less than pairs that have days on and days off.
    """
    y, taken = _table(outcome), _table(on)
    taken = np.broadcast_to(taken, y.shape)
    kept = np.isfinite(y) & (_day_of(period) >= discard)[:, None]
    is_on, is_off = kept & (taken == 1.0), kept & (taken == 0.0)
    y = np.where(kept, y, 0.0)
    labels, index = np.unique(pair, return_inverse=True)
    member = (index == np.arange(len(labels))[:, None]).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = (member @ (y * is_on)) / (member @ is_on) - (member @ (y * is_off)) / (member @ is_off)
        whole = np.isfinite(difference)
        difference = np.where(whole, difference, 0.0)
        count = whole.sum(axis=0).astype(np.float64)
        value = difference.sum(axis=0) / count
        squares = np.where(whole, (difference - value) ** 2, 0.0).sum(axis=0)
        varies = squares > _CONSTANT * (difference**2).sum(axis=0)
        se = np.where(varies, np.sqrt(squares / (count - 1.0) / count), np.nan)
    return _by_t(value, se, count - 1.0)


def daily_least_squares_each(outcome: Columns, on: Columns) -> Estimates:
    """Return the difference of the means of days on and days off of many persons, as if days were independent.

    They are not, and effects linger: kept as a warning. It is least squares on 1 and x with n - 2 degrees of freedom.

    Parameters
    ----------
    outcome, on
        As in `paired_t_each`; all days count.
    """
    y = _table(outcome)
    taken = np.broadcast_to(_table(on), y.shape)
    observed = np.isfinite(y) & np.isfinite(taken)
    n = observed.sum(axis=0).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = (np.where(observed, column - _mean(column, observed, n), 0.0) for column in (taken, y))
        spread = (x * x).sum(axis=0)
        value = (x * y).sum(axis=0) / spread
        squares = ((y - value * x) ** 2).sum(axis=0)
        varies = (spread > _CONSTANT * n) & (squares > _CONSTANT * (y * y).sum(axis=0))
        se = np.where(varies, np.sqrt(squares / (n - 2.0) / spread), np.nan)
    return _by_t(value, se, n - 2.0)


def daily_autoregressive_each(outcome: Columns, on: Columns) -> Estimates:
    """Return the coefficient of days on in a regression of the days of many persons with autoregressive errors.

    Parameters
    ----------
    outcome, on
        As in `paired_t_each`; all days count, missing ones keep their place in time. `mixed.autoregressive` says how.
    """
    y = _table(outcome)
    found = series(np.stack([np.ones(y.shape), np.broadcast_to(_table(on), y.shape), y]))
    return _by_t(found.value, found.se, found.df)


def paired_t(outcome: Columns, on: Columns, period: Labels, pair: Labels, discard: int) -> Estimate:
    """Return the mean difference over pairs of periods of one person, (day,) arrays; see `paired_t_each`.

    Examples
    --------
    >>> period, pair = np.repeat(np.arange(6), 2), np.repeat(np.arange(3), 4)
    >>> on = np.repeat([1, 0, 0, 1, 1, 0], 2)
    >>> mood = np.array([9.0, 5.0, 9.0, 2.0, 9.0, 1.0, 9.0, 3.0, 9.0, 6.0, 9.0, 2.0])
    >>> found = paired_t(mood, on, period, pair, discard=1)
    >>> round(found.value, 6), round(found.se, 6)  # differences 3, 2, 4
    (3.0, 0.57735)
    """
    return paired_t_each(outcome, on, period, pair, discard).of(0)


def daily_least_squares(outcome: Columns, on: Columns) -> Estimate:
    """Return the difference of means of one person's days, (day,) arrays; see `daily_least_squares_each`.

    Examples
    --------
    >>> found = daily_least_squares(np.array([1.0, 3.0, 4.0, 6.0]), np.array([0, 0, 1, 1]))
    >>> round(found.value, 6), round(found.se, 6)
    (3.0, 1.414214)
    """
    return daily_least_squares_each(outcome, on).of(0)


def daily_autoregressive(outcome: Columns, on: Columns) -> Estimate:
    """Return the coefficient of days on of one person, (day,) arrays; see `daily_autoregressive_each`."""
    return daily_autoregressive_each(outcome, on).of(0)


def _table(column: Columns) -> Array:
    """Return days of one person as days of many."""
    table = np.asarray(column, dtype=np.float64)
    return table[:, None] if table.ndim == 1 else table


def _mean(column: Array, observed: NDArray[np.bool_], n: Array) -> Array:
    return np.asarray(np.where(observed, column, 0.0).sum(axis=0) / n)


def _day_of(period: Labels) -> NDArray[np.intp]:
    """Return which day of its period each day is, from 0."""
    _, first, index = np.unique(period, return_index=True, return_inverse=True)
    return np.asarray(np.arange(len(index)) - first[index])


def _by_t(value: Array, se: Array, df: Array) -> Estimates:
    """Return limits and p-values by Student's t, and no number where there is no error."""
    fine = np.isfinite(value) & np.isfinite(se) & (se > 0.0) & (df > 0.0)
    value, se, df = (np.where(fine, column, np.nan) for column in (value, se, df))
    half = stdtrit(df, _TAIL) * se
    return Estimates(value, se, df, value - half, value + half, 2.0 * stdtr(df, -np.abs(value / se)))

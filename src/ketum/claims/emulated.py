"""Figures of emulated studies: what is true, what an estimator comes to over the replicates, and how sure that is.

All parameters stand at table values; the range of a figure is over resamples of the replicates. Replicates of one round
through the pool of persons have nobody in common. Where persons take part more than once, further replicates tell no
more of people outside the pool than one round does, so a resample is as large as a round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from ketum.claims.plan import Quantity
from ketum.studies.model import Study
from ketum.studies.performance import BEYOND, LEVEL
from ketum.studies.resolve import participants

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
RESAMPLES = 100
_LEAST = 2
"""Replicates in the smallest resample."""


class Emulated(Protocol):
    """A finished study, as `ketum.studying.study` returns it."""

    @property
    def folder(self) -> Path:
        """The study folder."""

    @property
    def study(self) -> Study:
        """The resolved study."""

    @property
    def performance(self) -> pd.DataFrame:
        """One row a setting, estimand and estimator."""

    @property
    def replicates(self) -> pd.DataFrame:
        """One row an estimate."""


@dataclass(frozen=True)
class Fits:
    """What one estimator gave in one setting.

    Attributes
    ----------
    table : DataFrame
        Its rows of ``replicates.csv``.
    performance : mapping
        Its row of ``performance.csv``.
    persons : int
        How many take part in a replicate.
    seed : int
    """

    table: pd.DataFrame
    performance: Mapping[str, Any]
    persons: int
    seed: int

    @cached_property
    def _fitted(self) -> NDArray[np.bool_]:
        numbers = self.table[["value", "se", "low", "high"]].to_numpy(dtype=float)
        return np.asarray(self.table["converged"].to_numpy(dtype=bool) & np.isfinite(numbers).all(axis=1))

    def column(self, name: str) -> Array:
        """Return a column, (replicate,); what is no truth is not a number where the fit failed."""
        values: Array = self.table[name].to_numpy(dtype=float)
        return values if name == "truth" else np.where(self._fitted, values, np.nan)

    @property
    def all(self) -> Rows:
        """All replicates once, as the only row."""
        return np.arange(len(self.table), dtype=np.int64)[None]

    @property
    def resamples(self) -> Rows:
        """Replicates drawn with replacement, (resample, replicate): as many as one round through the pool gives."""
        count = len(self.table)
        round_of = max(_LEAST, int(count / max(float(self.performance["used"]), 1.0)))
        draws = np.random.default_rng(self.seed).random((RESAMPLES, count))
        return np.asarray(draws[:, :round_of] * count, dtype=np.int64)


def study_series(quantity: Quantity, studies: Mapping[str, Emulated]) -> dict[str, Array]:
    """Return a figure of a study by setting: over all replicates, then in each resample of them.

    Parameters
    ----------
    quantity : Quantity
        Names the study, the estimand, the estimator and the measure.
    studies : mapping of name to study

    Raises
    ------
    KeyError
        If a study does not hold what is asked for.
    """
    done = studies[quantity.study]
    found = {}
    for setting in quantity.settings or tuple(one.name for one in done.study.settings):
        fits = _fits(quantity, done, setting)
        if quantity.measure == "identified":
            found[setting] = np.array([float(fits.performance["identified"] == "yes")])
            continue
        than = quantity.than
        others = fits if than is None else _fits(quantity, studies[than.study], than.setting)
        values = _values(quantity, fits, others)
        found[setting] = np.exp(values) if quantity.exponentiate else values
    return found


def _values(quantity: Quantity, fits: Fits, others: Fits) -> Array:
    """Return a measure over all replicates, then over each resample; `others` are what it is compared with."""
    both = ((fits.all, others.all), (fits.resamples, others.resamples))
    if quantity.measure == "larger":
        return np.concatenate([larger(fits, own, others, their) for own, their in both])
    measure = _MEASURES[quantity.measure]
    return np.concatenate([measure(fits, own, quantity) for own, _ in both])


def _fits(quantity: Quantity, done: Emulated, setting: str) -> Fits:
    wanted = {"setting": setting, "estimand": quantity.estimand, "estimator": quantity.estimator}
    rows, performance = (_chosen(table, wanted) for table in (done.replicates, done.performance))
    row = {str(name): value for name, value in performance.iloc[0].items()}
    return Fits(rows, row, participants(done.study.table), done.study.seed)


def _chosen(table: pd.DataFrame, wanted: Mapping[str, str]) -> pd.DataFrame:
    chosen = table
    for column, value in wanted.items():
        chosen = chosen[chosen[column] == value]
    if chosen.empty:
        raise KeyError(" ".join(wanted.values()))
    return chosen


def larger(one: Fits, rows: Rows, other: Fits, others: Rows) -> Array:
    """Return the share of pairs of replicates in which `one` gives the larger value; of two that are equal, half.

    One half means that single studies cannot be told apart by their value, 0 or 1 that they always can
    (Mann and Whitney, Annals of Mathematical Statistics 18:50, 1947).

    Returns
    -------
    (resample,) array
    """
    a, b = one.column("value")[rows][:, :, None], other.column("value")[others][:, None, :]
    wins = np.where(np.isfinite(a) & np.isfinite(b), (a > b) + (a == b) / 2, np.nan)
    return _mean(wins.reshape(len(rows), -1))


def _truth(fits: Fits, rows: Rows, _: Quantity) -> Array:
    return _mean(fits.column("truth")[rows])


def _average(fits: Fits, rows: Rows, _: Quantity) -> Array:
    return _mean(fits.column("value")[rows])


def _bias(fits: Fits, rows: Rows, _: Quantity) -> Array:
    return _mean((fits.column("value") - fits.column("truth"))[rows])


def _coverage(fits: Fits, rows: Rows, quantity: Quantity) -> Array:
    """Return the share of 95% intervals that hold the truth of the study."""
    low, high = fits.column("low")[rows], fits.column("high")[rows]
    truth = _truth(fits, rows, quantity)[:, None]
    return _mean(np.where(np.isfinite(low), (low <= truth) & (truth <= high), np.nan))


def _rejection(fits: Fits, rows: Rows, _: Quantity) -> Array:
    p = fits.column("p")[rows]
    return _mean(np.where(np.isfinite(p), p < LEVEL, np.nan))


def _above(fits: Fits, rows: Rows, _: Quantity) -> Array:
    """Return the share of studies whose 95% interval lies above no effect."""
    low = fits.column("low")[rows]
    return _mean(np.where(np.isfinite(low), low > 0.0, np.nan))


def _below(fits: Fits, rows: Rows, _: Quantity) -> Array:
    """Return the share of studies whose 95% interval lies below no effect."""
    high = fits.column("high")[rows]
    return _mean(np.where(np.isfinite(high), high < 0.0, np.nan))


def _size(fits: Fits, rows: Rows, quantity: Quantity) -> Array:
    """Return how many persons give a power; infinite where the truth is zero.

    With N persons an estimator states a standard error SE, which falls with the square root of their number; so
    N ((z_(1 - level/2) + z_power) SE / truth)^2 persons are needed (Julious, Statistics in Medicine 23:1921, 2004).
    Dropout is in SE.
    """
    spread = np.sqrt(_mean(fits.column("se")[rows] ** 2))
    truth = np.abs(_truth(fits, rows, quantity))
    ratio = np.divide(spread, truth, out=np.full_like(spread, np.inf), where=truth > 0.0)
    found: Array = fits.persons * ((BEYOND + float(ndtri(quantity.power))) * ratio) ** 2
    return found


def _mean(values: Array) -> Array:
    """Return means over the last axis of what is a number."""
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    means: Array = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
    return means


_MEASURES: dict[str, Callable[[Fits, Rows, Quantity], Array]] = {
    "truth": _truth,
    "mean": _average,
    "bias": _bias,
    "coverage": _coverage,
    "rejection": _rejection,
    "above": _above,
    "below": _below,
    "size": _size,
}

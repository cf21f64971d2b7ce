"""Randomised crossover in single persons, and series of them (mood.md section 9.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import pandas as pd

from ketum.studies.designs.design import Array, Design, Places, Row, known
from ketum.studies.draw import Urn
from ketum.studies.estimate import failed
from ketum.studies.estimators.meta import pool
from ketum.studies.estimators.mixed import random_intercept
from ketum.studies.estimators.paired import (
    Estimates,
    daily_autoregressive_each,
    daily_least_squares_each,
    paired_t_each,
)
from ketum.studies.lives.crossover import Crossover
from ketum.studies.lives.living import as_needed
from ketum.studies.shapes import DAY_H, NOf1

ONE, SERIES = "long_run", "long_run_mean"
_METHODS = {"meta_dl": "dersimonian-laird", "meta_pm": "paule-mandel"}


class SinglePersons(Design):
    """N-of-1 trials: each person is a study; together they are a series."""

    @property
    def table(self) -> NOf1:
        """The file."""
        return cast(NOf1, self.study.table)

    def _days(self, key: str) -> int:
        hours: float = getattr(self.table.crossover, key)
        return round(hours / DAY_H)

    def recipe(self) -> Crossover:
        """Return periods of use and none in every person's own order."""
        experience = self._days("experience")
        return Crossover(
            **self.of_pool,
            entry=self.entry,
            lead=(as_needed(experience),) if experience else (),
            lead_days=experience,
            use=self.study.use[0],
            pairs=self.table.crossover.pairs,
            period_days=self._days("period"),
            washout_days=self._days("washout"),
        )

    def urns(self) -> Sequence[tuple[Urn, int]]:
        """Return everybody."""
        return ((self._urn, self.table.sampling.persons),)

    def _days_of(self, places: Places) -> tuple[Array, Array]:
        """Return daily mood and whether the day is one of use; washouts are not analysed."""
        on = self.people.at("on", places)
        mood = np.where(np.isfinite(on), self.people.at("mood", places), np.nan)
        return mood, on

    def _labels(self) -> tuple[Places, Places]:
        """Return the number of the period and of the pair of each day."""
        c = self.table.crossover
        whole = self._days("period") + self._days("washout")
        period = np.repeat(np.arange(2 * c.pairs), whole)
        return period, period // 2

    def _each(self, name: str, mood: Array, on: Array) -> Estimates:
        period, pair = self._labels()
        analysed = np.isfinite(on).any(axis=1)
        rows, used = mood[analysed], on[analysed]
        if name == "paired_t":
            return paired_t_each(rows, used, period[analysed], pair[analysed], self._days("discard"))
        if name == "daily_least_squares":
            return daily_least_squares_each(rows, used)
        return daily_autoregressive_each(rows, used)

    def rows(self, replicate: int) -> list[Row]:
        """Return the estimates of each person of a series, and of the series."""
        size = self.table.sampling.persons
        places, _ = self._urn.draw(replicate, size)
        mood, on = self._days_of(places)
        truth = (self.people.at("always", places) - self.people.at("never", places)).mean(axis=0)
        names = self.table.analysis.estimators
        found: list[Row] = []
        for name in ("paired_t", "daily_least_squares", "daily_autoregressive"):
            if name in names:
                each = self._each(name, mood, on)
                found += [Row(ONE, name, float(truth[k]), each.of(k), 1, k) for k in range(size)]
        mean = float(truth.mean())
        paired = self._each("paired_t", mood, on)
        for name, method in _METHODS.items():
            if name in names:
                pooled = pool(paired.value, paired.se, method)  # type: ignore[arg-type]
                found.append(Row(SERIES, name, mean, pooled.estimate, pooled.persons))
        if "mixed" in names:
            found.append(self._mixed(mood, on, mean))
        return found

    def _mixed(self, mood: Array, on: Array, truth: float) -> Row:
        """Return the mean effect by a random intercept of each person over the means of periods."""
        period, _ = self._labels()
        kept = self._within_period() >= self._days("washout") + self._days("discard")
        periods = 2 * self.table.crossover.pairs
        of_period = [kept & (period == k) for k in range(periods)]
        with np.errstate(invalid="ignore", divide="ignore"):
            means = np.array([_mean(mood[days]) for days in of_period])
        used = np.array([on[days][0] for days in of_period])
        person = np.tile(np.arange(mood.shape[1]), periods)
        there = known(means.ravel())
        if not there.any():
            return Row(SERIES, "mixed", truth, failed("no day was answered"), 0)
        estimate = random_intercept(means.ravel()[there], used.ravel()[there], person[there])
        return Row(SERIES, "mixed", truth, estimate, mood.shape[1])

    def _within_period(self) -> Places:
        whole = self._days("period") + self._days("washout")
        return np.tile(np.arange(whole), 2 * self.table.crossover.pairs)

    def example(self) -> pd.DataFrame:
        """Return the days of the first person."""
        places, _ = self._urn.draw(0, self.table.sampling.persons)
        mood, on = self._days_of(places[:1])
        period, pair = self._labels()
        state = np.select([on[:, 0] == 1.0, on[:, 0] == 0.0], ["use", "no use"], "washout")
        return pd.DataFrame(
            {
                "day": np.arange(len(period)),
                "period": period + 1,
                "pair": pair + 1,
                "state": state,
                "mood": mood[:, 0].round(1),
            }
        )


def _mean(rows: Array) -> Array:
    """Return the mean over days, missing ones left out; not a number without any."""
    there = np.isfinite(rows)
    total: Array = np.where(there, rows, 0.0).sum(axis=0) / there.sum(axis=0)
    return total

"""Momentary mood within persons, prompt by prompt (mood.md section 9.8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import pandas as pd

from ketum.people.streams import PROMPTS
from ketum.studies.designs.design import Array, Design, Places, Row, known
from ketum.studies.draw import Urn
from ketum.studies.estimate import Estimate
from ketum.studies.estimators.mixed import random_intercept
from ketum.studies.estimators.within import fixed_effects
from ketum.studies.lives.moments import Moments
from ketum.studies.shapes import DAY_H, Ema

_LOT_HOURS = (8, 13, 19)
"""Servings at morning, midday and evening (mood.md section 8)."""
_OCCASIONS = (13, 19)
"""Midday and evening, at which a prompt asks before and two hours after."""
_RECENT_H = 3
"""A serving within so many hours before a prompt counts as recent."""
_AHEAD_H = 2
_LOT_PROMPTS = 1_000_000
"""Counter from which on answers to the prompts after servings by lot are drawn."""
ESTIMAND, BY_LOT = "relief", "relief_by_lot"


class WithinPersons(Design):
    """Ecological momentary assessment, with servings as they come and by lot."""

    @property
    def table(self) -> Ema:
        """The file."""
        return cast(Ema, self.study.table)

    @property
    def _first_day(self) -> int:
        return round(self.table.moments.experience / DAY_H)

    def recipe(self) -> Moments:
        """Return users hour by hour."""
        assert self.study.lot_dose is not None
        return Moments(
            **self.of_pool,
            entry=self.entry,
            lead_days=self._first_day,
            days=round(self.table.moments.for_h / DAY_H),
            lot_hours=_LOT_HOURS,
            lot_dose=self.study.lot_dose,
        )

    def urns(self) -> Sequence[tuple[Urn, int]]:
        """Return everybody."""
        return ((self._urn, self.table.sampling.persons),)

    def rows(self, replicate: int) -> list[Row]:
        """Return estimates of relief beside the mean of the participants' paired contrasts."""
        size = self.table.sampling.persons
        places, emptied = self._urn.draw(replicate, size)
        natural, by_lot = (float(_mean_of(self.people.at(name, places))) for name in ("relief", "lot_relief"))
        found = []
        for name in self.table.analysis.estimators:
            if name == "micro_randomised":
                found.append(Row(BY_LOT, name, by_lot, self._micro(places, emptied), size))
            elif name == "event_contingent":
                found.append(Row(ESTIMAND, name, natural, self._event(places, emptied), size))
            else:
                outcome, recent, person = self._prompted(places, emptied)
                fit = fixed_effects if name == "fixed_effects" else random_intercept
                found.append(Row(ESTIMAND, name, natural, fit(outcome, recent, person), size))
        return found

    def _prompts(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        s = self.tables.scales
        first, every, count = (round(s.value(f"prompt_{name}")) for name in ("first", "every", "count"))
        return first + every * np.arange(count)

    def _answers(self, places: Places, emptied: int) -> Array:
        """Return momentary mood at the prompts that were answered, (day, prompt, person); else not a number."""
        hours = self._prompts()
        days = round(self.table.moments.for_h / DAY_H)
        at = (24 * np.arange(days)[:, None] + hours).ravel()
        counters = (self._first_day + np.arange(days))[:, None] * len(hours) + np.arange(len(hours))
        u = self.instruments(places, emptied).uniform(PROMPTS, counters.ravel())
        mood = self.people.at("mood", places)[at]
        answered: Array = np.where(u < self.tables.mood.value("p_resp"), mood, np.nan)
        return answered.reshape(days, len(hours), len(places))

    def _prompted(self, places: Places, emptied: int) -> tuple[Array, Array, Places]:
        """Return answered prompts: mood, whether a serving was taken in the last hours, the person."""
        answers = self._answers(places, emptied)
        servings = self.people.at("servings", places) > 0.0
        hours, days = self._prompts(), answers.shape[0]
        at = 24 * np.arange(days)[:, None] + hours
        recent = np.zeros(answers.shape, dtype=bool)
        for back in range(1, _RECENT_H + 1):
            recent |= servings[at - back]
        person = np.broadcast_to(np.arange(len(places)), answers.shape)
        there = np.isfinite(answers)
        return answers[there], recent[there].astype(float), person[there]

    def _event(self, places: Places, emptied: int) -> Estimate:
        """Return the effect of a serving at an occasion on mood two hours later, given mood just before."""
        answers, hours = self._answers(places, emptied), self._prompts().tolist()
        servings = self.people.at("servings", places) > 0.0
        days = answers.shape[0]
        after, before, taken, person = [], [], [], []
        for hour in _OCCASIONS:
            after.append(answers[:, hours.index(hour + _AHEAD_H)])
            before.append(answers[:, hours.index(hour)])
            taken.append(servings[24 * np.arange(days) + hour].astype(float))
            person.append(np.broadcast_to(np.arange(len(places)), after[-1].shape))
        y, x, z, who = (np.concatenate([part.ravel() for part in parts]) for parts in (after, before, taken, person))
        there = known(y, x)
        return fixed_effects(y[there], z[there], who[there], x[there])

    def _micro(self, places: Places, emptied: int) -> Estimate:
        """Return the effect of a serving by lot on mood two hours later, given mood just before.

        Each occasion is followed by a prompt of its own.
        """
        taken = self.people.at("lot_taken", places)
        occasions = len(taken)
        day, slot = np.divmod(np.arange(occasions), len(_LOT_HOURS))
        at = 24 * day + np.array(_LOT_HOURS)[slot]
        mood = self.people.at("lot_mood", places)
        u = self.instruments(places, emptied).uniform(PROMPTS, _LOT_PROMPTS + np.arange(occasions))
        there = u < self.tables.mood.value("p_resp")
        person = np.broadcast_to(np.arange(len(places)), taken.shape)
        return fixed_effects(mood[at + _AHEAD_H][there], taken[there], person[there], mood[at][there])

    def example(self) -> pd.DataFrame:
        """Return the answered prompts of the person of the first study who serves most often."""
        places, emptied = self._urn.draw(0, self.table.sampling.persons)
        one = places[[int(np.argmax(self.people.at("servings", places).sum(axis=0)))]]
        mood, recent, _ = self._prompted(one, emptied)
        answers = self._answers(one, emptied)
        at = (24 * np.arange(len(answers))[:, None] + self._prompts())[np.isfinite(answers[:, :, 0])]
        return pd.DataFrame({"hour": at, "mood": mood.round(1), "recent": np.where(recent > 0.0, "yes", "no")})


def _mean_of(values: Array) -> float:
    there = np.isfinite(values)
    return float(values[there].mean()) if there.any() else float("nan")

"""Randomised crossover in single persons: periods of use and of none in random order, day by day (mood.md 9.7).

The outcome of a day is the mean of the prompts that were answered, of momentary mood without what a serving does
within the hours: m_0 - lam_m S of the day plus the person's own noise at those hours. In `null` use does nothing to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ketum.compiled import kernel
from ketum.engine.layout import LANES
from ketum.engine.mood_plan import Fast, fast_numbers
from ketum.mood.momentary import autoregressive
from ketum.numerics import normal_quantile
from ketum.people.streams import DAY_MOOD, FAST_MOOD, PERIOD_ORDER, PROMPTS, draw, uniforms
from ketum.regimens import Phase
from ketum.regimens.phases import HOURS_PER_DAY
from ketum.studies.lives.living import Lived, Living, covariates, laid_out, never
from ketum.studies.lives.people import filled, take
from ketum.studies.lives.recipe import Array, Keys, Lives, OfEntry


@dataclass(frozen=True, kw_only=True)
class Crossover(OfEntry):
    """Persons through pairs of periods, and through the same days with use all along and never.

    Attributes
    ----------
    lead : tuple of Phase
        Use before the trial; none for persons who never used.
    lead_days : int
    use : Phase
        How kratom is taken in a period of use.
    pairs : int
    period_days, washout_days : int
        Length of a period, and of the days without use before each of them.
    """

    lead: tuple[Phase, ...]
    lead_days: int
    use: Phase
    pairs: int
    period_days: int
    washout_days: int

    chunk: ClassVar[int] = 512

    @property
    def days(self) -> int:
        """Length of the trial."""
        return 2 * self.pairs * (self.period_days + self.washout_days)

    def orders(self, keys: Keys) -> NDArray[np.bool_]:
        """Return whether the period of use comes first, (pair, person): by chance for each pair."""
        drawn: NDArray[np.bool_] = uniforms(self.seed, keys, PERIOD_ORDER, np.arange(self.pairs)) < 1 / 2
        return drawn

    def live(self, keys: Keys) -> Lives:
        """Return daily mood with ("mood") and noise of its own ("noise"), "on", and mood with use all along and never.

        All are (day, person): "mood" is what was measured in the trial; "always" and "never" are without noise.
        """
        orders = self.orders(keys)
        code = (orders * (1 << np.arange(self.pairs))[:, None]).sum(axis=0)
        places = np.argsort(code, kind="stable")
        groups = [places[code[places] == value] for value in np.unique(code)]
        wide = np.concatenate([np.resize(group, filled(len(group))) for group in groups])
        living = Living(take(self.people(keys), wide), self.tables, self.setting, self.seed)
        used = self._lead(living, self.lead)
        rested = self._lead(living, ())
        end = self.lead_days + self.days
        found = np.empty((3, self.days, len(wide)))
        on = np.empty((self.days, len(wide)))
        block = 0
        for group in groups:
            blocks = filled(len(group)) // LANES
            here = slice(LANES * block, LANES * (block + blocks))
            on_days = self.on_days(orders[:, group[0]])
            schedule = laid_out(self.tables, self._phases(on_days), end)
            states = None if used is None else used.end.states[block : block + blocks]
            lived = living.live(
                schedule,
                self.lead_days,
                end,
                after=used,
                group=living.group.take(np.arange(here.start, here.stop)),
                states=states,
                rests=used is None,
            )
            found[0, :, here] = lived.days["severity"]
            on[:, here] = on_days[:, None]
            block += blocks
        all_along = laid_out(self.tables, (*self.lead, self.use), end)
        found[1] = living.live(all_along, self.lead_days, end, after=used).days["severity"]
        found[2] = living.live(never(), self.lead_days, end, after=rested, rests=True).days["severity"]
        back = np.empty(len(keys), dtype=np.int64)
        back[wide] = np.arange(len(wide))
        m = self.tables.mood
        mood = m.value("m_0") - m.value("lam_m") * found[:, :, back]
        assert living.persons.traits is not None
        memory = living.persons.traits.day_memory[back]
        noise = prompted_noise(keys, memory, self._fast(), self.seed, self.lead_days, end)
        return {
            **covariates(self.people(keys)),
            "mood": mood[0] + noise,
            "on": on[:, back],
            "always": mood[1],
            "never": mood[2],
        }

    def _lead(self, living: Living, phases: tuple[Phase, ...]) -> Lived | None:
        if not self.lead_days:
            return None
        schedule = laid_out(self.tables, phases, self.lead_days) if phases else never()
        return living.live(schedule, 0, self.lead_days)

    def _fast(self) -> Fast:
        return fast_numbers(self.setting, self.tables.mood.plain(), self.tables.scales.plain())

    def on_days(self, order: Sequence[bool] | NDArray[np.bool_]) -> Array:
        """Return for each day of the trial 1 in a period of use, 0 in one of none, not a number in a washout."""
        washout, off, on = (
            np.full(self.washout_days, np.nan),
            np.zeros(self.period_days),
            np.ones(self.period_days),
        )
        parts: list[Array] = []
        for first in order:
            for using in (first, not first):
                parts += [washout, on if using else off]
        return np.concatenate(parts)

    def _phases(self, on_days: Array) -> tuple[Phase, ...]:
        """Return the lead, and the stretches of use and of none after it."""
        edges = np.flatnonzero(np.diff(np.nan_to_num(on_days, nan=0.0))) + 1
        phases = list(self.lead)
        for first, last in zip([0, *edges], [*edges, self.days], strict=True):
            length = float(HOURS_PER_DAY * int(last - first))
            phases.append(
                replace(self.use, for_h=length) if on_days[first] == 1.0 else Phase(mode="pause", for_h=length)
            )
        return tuple(phases)


@kernel
def _prompted(keys: Keys, memory: Array, seed: int, first: int, last: int, fast: Fast, out: Array) -> None:
    for i in range(len(keys)):
        day_mood = 0.0
        for day in range(last):
            kept = memory[i] if day > 0 else 0.0
            day_mood = autoregressive(day_mood, kept, normal_quantile(draw(seed, keys[i], DAY_MOOD, day)))
            if day < first:
                continue
            total, number, quick = 0.0, 0, 0.0
            final = fast.prompt_first + fast.prompt_every * (fast.prompt_count - 1)
            for of_day in range(fast.wake_hour, final + 1):
                kept = 0.0 if of_day == fast.wake_hour else fast.fast_memory
                quick = autoregressive(
                    quick, kept, normal_quantile(draw(seed, keys[i], FAST_MOOD, HOURS_PER_DAY * day + of_day))
                )
                since = of_day - fast.prompt_first
                if since < 0 or since % fast.prompt_every:
                    continue
                counter = day * fast.prompt_count + since // fast.prompt_every
                if draw(seed, keys[i], PROMPTS, counter) < fast.p_resp:
                    total += fast.sd_d * day_mood + fast.sd_f * quick
                    number += 1
            out[day - first, i] = total / number if number else np.nan


def prompted_noise(keys: Keys, memory: Array, fast: Fast, seed: int, first: int, last: int) -> Array:
    """Return the mean deviation of momentary mood over the answered prompts of each day, (day, person).

    Not a number on a day without an answer.

    Parameters
    ----------
    keys : (P,) int64
    memory : (P,) array
        phi_d of each person.
    fast : Fast
        Numbers of the hour.
    seed : int
    first, last : int
        Days of life, the last not included; day-level mood runs on from day 0.
    """
    out = np.empty((last - first, len(keys)))
    _prompted(keys, memory, seed, first, last, fast, out)
    return out

"""What is kept of every day of mood, and when the noise of an hour is wanted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.compiled import inlined, kernel
from ketum.engine import mood_places as M
from ketum.engine.layout import LANES
from ketum.engine.mood_day import clear_mood_day, end_mood_day, next_day_mood
from ketum.engine.mood_hour import draw_noise, feel_distress, feel_mood, prompt
from ketum.engine.mood_plan import Fast, MoodPlan, Slow
from ketum.engine.mood_spells import enter_mode
from ketum.engine.steps import Workspace

Keys = NDArray[np.int64]
Floats = NDArray[np.float64]
_HOURS = 24.0


@kernel
def open_mood(B: Workspace, plan: MoodPlan, seed: int, persons: Keys, hour: int) -> None:
    """Begin a window: the mode of its first day, and on the very first day the day-level mood."""
    if hour == 0:
        next_day_mood(B, seed, persons, 0)
    if plan.mode[0] != plan.mode_before:
        enter_mode(B, seed, persons, plan.mode_before, abs(plan.mode[0]))
    clear_mood_day(B)


@inlined
def begin_hour(
    B: Workspace, slow: Slow, fast: Fast, noisy: bool, seed: int, persons: Keys, hour: int, deciding: bool
) -> None:
    """Set noise, distress and momentary mood for the start of `hour`.

    `noisy`: momentary mood is recorded; `deciding`: servings may be taken in this hour. Inlined, as handing over so
    many numbers every hour would cost more than what is done with them.
    """
    if deciding or noisy:
        draw_noise(B, fast, seed, persons, hour)
        feel_distress(B, fast, slow)
        if noisy:
            feel_mood(B, fast, slow)
            prompt(B, fast, seed, persons, hour)


@kernel
def close_day(
    B: Workspace, plan: MoodPlan, seed: int, persons: Keys, day: int, row: int, days: Floats, first_person: int
) -> None:
    """End a day: the slow course, what is kept of it (rows of `ketum.mood.fields.KEPT_BY_DAY`), empty sums."""
    end_mood_day(B, plan, seed, persons, day, row)
    if row < days.shape[1]:
        for i in range(LANES):
            days[0, row, first_person + i] = B[M.SEVERITY + i]
            days[1, row, first_person + i] = B[M.SEVERITY_14D + i]
            days[2, row, first_person + i] = B[M.DOSE_EQ + i]
            days[3, row, first_person + i] = 1.0 - B[M.DAY_REWARD + i] / _HOURS
            days[4, row, first_person + i] = B[M.IN_EPISODE + i]
            days[5, row, first_person + i] = B[M.IN_SPELL_TODAY + i]
            days[6, row, first_person + i] = B[M.DAY_WITHDRAWAL + i] / _HOURS
    clear_mood_day(B)

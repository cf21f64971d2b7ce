"""Mood within the day for a block: noise, distress of the hour, momentary mood, prompts, sums of the day."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.brain.acute import arousal, reward
from ketum.compiled import inlined, kernel
from ketum.engine import layout as L
from ketum.engine import mood_places as M
from ketum.engine.layout import LANES
from ketum.engine.mood_plan import Fast, Slow
from ketum.engine.steps import Workspace
from ketum.mood.depression import lasting_term
from ketum.mood.momentary import autoregressive, distress_of_hour, lift, momentary_mood
from ketum.numerics import normal_quantile
from ketum.people.streams import FAST_MOOD, PROMPTS, draw, uniform_pair

Keys = NDArray[np.int64]
_FAST_MOOD = np.uint64(FAST_MOOD)
_PROMPTS = np.uint64(PROMPTS)


@inlined
def draw_noise(B: Workspace, fast: Fast, seed: int, persons: Keys, hour: int) -> None:
    """Set the momentary deviation at the start of `hour`: day-level mood plus, from waking on, fast mood.

    Fast mood starts every day from its stationary law, so that a day needs no other day's hours.
    """
    of_day = hour % 24
    sd_d, sd_f = fast.sd_d, fast.sd_f
    if of_day < fast.wake_hour or of_day > fast.rest_hour:
        for i in range(LANES):
            B[M.MOOD_FAST + i] = 0.0
            B[M.MOOD_NOISE + i] = sd_d * B[M.MOOD_DAY + i]
        return
    key, pair, odd = np.uint64(seed), np.uint64(hour >> 1), hour & 1 == 1
    for i in range(LANES):
        first, second = uniform_pair(key, np.uint64(persons[i]), _FAST_MOOD, pair)
        B[L.UNIFORM_FAST + i] = second if odd else first
    memory = 0.0 if of_day == fast.wake_hour else fast.fast_memory
    for i in range(LANES):
        now = autoregressive(B[M.MOOD_FAST + i], memory, normal_quantile(B[L.UNIFORM_FAST + i]))
        B[M.MOOD_FAST + i] = now
        B[M.MOOD_NOISE + i] = sd_d * B[M.MOOD_DAY + i] + sd_f * now


@inlined
def feel_distress(B: Workspace, fast: Fast, slow: Slow) -> None:
    """Set the distress of the hour."""
    per_point, half = 1.0 / fast.lam_m, slow.S_half
    for i in range(LANES):
        B[L.DISTRESS_HOUR + i] = distress_of_hour(B[M.SEVERITY_SLOW + i], B[M.MOOD_NOISE + i], per_point, half)


@kernel
def feel_mood(B: Workspace, fast: Fast, slow: Slow) -> None:
    """Set momentary mood and its lift by the drug, from the states of this instant and the noise of this hour."""
    m_0, lam_m, m_W, most = fast.m_0, fast.lam_m, fast.m_W, fast.mood_max
    m_E, m_A = fast.m_E, fast.m_A
    per_P, per_R = slow.per_P, slow.per_R
    per_noise = 1.0 / np.sqrt(fast.sd_d * fast.sd_d + fast.sd_f * fast.sd_f)
    for i in range(LANES):
        effect = B[L.EFFECT + i]
        roused = arousal(B[L.AROUSAL_DRIVE + i], B[L.AROUSAL_HABIT + i], effect, B[L.A_A + i], B[L.S_E + i])
        lifted = lift(effect, roused, m_E, m_A)
        B[M.MOOD_LIFT + i] = min(max(lifted * per_noise, 0.0), 1.0)
        lasting = lasting_term(
            B[L.PROTRACTED + i], B[L.REWARD_SLOW + i], 0.0, per_P * B[M.PROTRACTED_GAIN + i], per_R, 0.0
        )
        felt = momentary_mood(
            B[M.MOOD_LEVEL + i],
            B[M.MOOD_NOISE + i],
            lifted,
            B[L.WITHDRAWAL_LEVEL + i],
            lasting,
            m_0,
            lam_m,
            m_W,
        )
        B[M.MOMENTARY_MOOD + i] = min(max(felt, 0.0), most)


@kernel
def prompt(B: Workspace, fast: Fast, seed: int, persons: Keys, hour: int) -> None:
    """Ask for momentary mood if `hour` is one of prompts; a prompt that is not answered is missing.

    `prompted` holds the answer at this hour or nothing, `prompted_day` the mean of the answers of the day so far.
    """
    of_day = hour % 24
    number = (of_day - fast.prompt_first) // fast.prompt_every
    asked = of_day >= fast.prompt_first and (of_day - fast.prompt_first) % fast.prompt_every == 0
    asked = asked and number < fast.prompt_count
    if of_day == fast.prompt_first:
        for i in range(LANES):
            B[M.PROMPT_SUM + i] = 0.0
            B[M.PROMPT_COUNT + i] = 0.0
    counter = hour // 24 * fast.prompt_count + number
    for i in range(LANES):
        B[M.PROMPTED + i] = np.nan
        if asked and draw(seed, persons[i], _PROMPTS, counter) < fast.p_resp:
            B[M.PROMPTED + i] = B[M.MOMENTARY_MOOD + i]
            B[M.PROMPT_SUM + i] += B[M.MOMENTARY_MOOD + i]
            B[M.PROMPT_COUNT + i] += 1.0
        B[M.PROMPTED_DAY + i] = B[M.PROMPT_SUM + i] / B[M.PROMPT_COUNT + i] if B[M.PROMPT_COUNT + i] > 0.0 else np.nan


@inlined
def add_mood_hour(B: Workspace) -> None:
    """Add an hour to the sums of the day."""
    for i in range(LANES):
        effect = B[L.EFFECT + i]
        level = B[L.WITHDRAWAL_LEVEL + i]
        protracted = B[L.PROTRACTED + i]
        slow = B[L.REWARD_SLOW + i]
        roused = arousal(B[L.AROUSAL_DRIVE + i], B[L.AROUSAL_HABIT + i], effect, B[L.A_A + i], B[L.S_E + i])
        B[M.DAY_EFFECT + i] += B[L.MEAN_EFFECT + i]
        B[M.DAY_AROUSAL + i] += roused
        B[M.DAY_WITHDRAWAL + i] += level
        B[M.DAY_PROTRACTED + i] += protracted
        B[M.DAY_REWARD_SLOW + i] += slow
        B[M.DAY_REWARD + i] += reward(slow, level, protracted, B[L.C_RW + i], B[L.C_RP + i])

"""The end of a day for a block: the slow course of mood, once, in the order of mood.md section 3."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.compiled import inlined, kernel
from ketum.engine import layout as L
from ketum.engine import mood_places as M
from ketum.engine.layout import LANES
from ketum.engine.mood_plan import MoodPlan, Slow
from ketum.engine.mood_spells import end_spell_day
from ketum.engine.steps import Workspace
from ketum.mood.depression import (
    approach,
    bounded,
    fluctuation_factor,
    lasting_term,
    onset_hazard,
    passing_term,
    treated_excess,
)
from ketum.mood.fields import RECALL_DAYS
from ketum.mood.momentary import autoregressive, distress
from ketum.numerics import exp, log, normal_quantile
from ketum.people.streams import (
    ADHERENCE,
    DAY_MOOD,
    EPISODE_SEVERITY,
    FLUCTUATION,
    FRAILTY,
    TRANSITIONS,
    draw,
    uniform_pair,
)

Keys = NDArray[np.int64]
_FLUCTUATION = np.uint64(FLUCTUATION)
_DAY_MOOD = np.uint64(DAY_MOOD)
_ADHERENCE = np.uint64(ADHERENCE)
_HOURS = 24.0
_KINDS = 6


@kernel
def _draw_normals(B: Workspace, seed: int, persons: Keys, stream: np.uint64, counter: int) -> None:
    """Put the normals of one counter into `uniform`."""
    key, pair, odd = np.uint64(seed), np.uint64(counter >> 1), counter & 1 == 1
    for i in range(LANES):
        first, second = uniform_pair(key, np.uint64(persons[i]), stream, pair)
        B[L.UNIFORM + i] = second if odd else first
    for i in range(LANES):
        B[L.UNIFORM + i] = normal_quantile(B[L.UNIFORM + i])


@kernel
def fluctuate(B: Workspace, slow: Slow, seed: int, persons: Keys, day: int) -> None:
    """Step 1: the slow fluctuation of every `u_days` days."""
    memory, spread = slow.fluct_memory, slow.sig_u
    _draw_normals(B, seed, persons, _FLUCTUATION, day // slow.u_days)
    for i in range(LANES):
        fluct = autoregressive(B[M.FLUCT + i], memory, B[L.UNIFORM + i])
        B[M.FLUCT + i] = fluct
        B[M.FLUCT_FACTOR + i] = fluctuation_factor(fluct, spread)


@kernel
def next_day_mood(B: Workspace, seed: int, persons: Keys, day: int) -> None:
    """Set the day-level deviation of momentary mood of `day`: an AR(1) over days, drawn afresh on day 0."""
    _draw_normals(B, seed, persons, _DAY_MOOD, day)
    again = 1.0 if day > 0 else 0.0
    for i in range(LANES):
        B[M.MOOD_DAY + i] = autoregressive(B[M.MOOD_DAY + i], again * B[M.DAY_MEMORY + i], B[L.UNIFORM + i])


@kernel
def _treat(B: Workspace, plan: MoodPlan, seed: int, persons: Keys, day: int, row: int) -> None:
    """Step 2: treatment states; `row` is the day of the plan."""
    slow = plan.slow
    expect = plan.on[row, 0]
    for i in range(LANES):
        on = expect == 1.0 or (expect == 2.0 and B[M.EXPECTS_USUAL_CARE + i] > 0.0)
        share = slow.expect_on if on else slow.expect_off
        B[M.TREAT_EXPECTANCY + i] = approach(B[M.TREAT_EXPECTANCY + i], 1.0 if on else 0.0, share)
    for k in range(1, _KINDS):
        on_today, adherence = plan.on[row, k] > 0.0, plan.adherence[row, k]
        target = M.TREAT_EXPECTANCY + k * LANES
        for i in range(LANES):
            on = on_today
            if on and adherence < 1.0:
                on = draw(seed, persons[i], _ADHERENCE, _KINDS * day + k) < adherence
            g = B[target + i]
            if k == 1 or k == 2:
                g = approach(g, 1.0, slow.drug_on) if on else approach(g, 0.0, slow.drug_off)
            elif k == 3:
                g = approach(g, 1.0, slow.cbt_on) if on else g * slow.cbt_keep
            elif k == 4:
                g = approach(g, 1.0 if on else 0.0, slow.exercise)
            else:
                g = approach(g, 1.0 if on else 0.0, slow.subst)
            B[target + i] = g
    for i in range(LANES):
        B[M.WITHDRAWAL_KEPT + i] = 1.0 - slow.bup_W * B[M.TREAT_SUBSTITUTION + i]


@kernel
def _severity(B: Workspace, slow: Slow, expect: float) -> None:
    """Set activation, core severity, the term of kratom, severity and distress (steps 3 to 6)."""
    activation, exposure, cap, half = slow.activation, slow.exposure, slow.S_cap, slow.S_half
    per_E, per_A, per_W = slow.per_E / _HOURS, slow.per_A / _HOURS, slow.per_W / _HOURS
    per_P, per_R, per_dose, x_cap = slow.per_P, slow.per_R, 1.0 / slow.D_ref, slow.x_cap
    d_BUP = slow.d_BUP
    everybody = 1.0 if expect == 1.0 else 0.0
    some = 1.0 if expect == 2.0 else 0.0
    for i in range(LANES):
        a = approach(B[M.ACTIVATION + i], B[M.IN_EPISODE + i], activation)
        B[M.ACTIVATION + i] = a
        g_PL = B[M.TREAT_EXPECTANCY + i]
        expecting = everybody + some * B[M.EXPECTS_USUAL_CARE + i]
        e_PL = g_PL + expecting * (1.0 - g_PL)
        excess = treated_excess(
            B[M.EPISODE_EXCESS + i],
            a,
            B[M.SHARE_EXPECTANCY + i],
            g_PL,
            e_PL,
            1.0 - B[M.SHARE_SSRI + i] * B[M.TREAT_SSRI + i],
            1.0 - B[M.SHARE_SNRI + i] * B[M.TREAT_SNRI + i],
            1.0 - B[M.SHARE_CBT + i] * B[M.TREAT_CBT + i],
            1.0 - B[M.SHARE_EXERCISE + i] * B[M.TREAT_EXERCISE + i],
        )
        B[M.CORE + i] = (B[M.TRAIT + i] + excess) * B[M.FLUCT_FACTOR + i]
    for i in range(LANES):
        x = approach(B[M.SLOW_EXPOSURE + i], min(B[M.DOSE_EQ + i] * per_dose, x_cap), exposure)
        B[M.SLOW_EXPOSURE + i] = x
        direct = B[M.DIRECT_EFFECT + i]
        lasting = lasting_term(
            B[M.DAY_PROTRACTED + i] / _HOURS,
            B[M.DAY_REWARD_SLOW + i] / _HOURS,
            x,
            per_P * B[M.PROTRACTED_GAIN + i],
            per_R,
            direct,
        )
        passing = passing_term(B[M.DAY_EFFECT + i], B[M.DAY_AROUSAL + i], B[M.DAY_WITHDRAWAL + i], per_E, per_A, per_W)
        core = B[M.CORE + i] + d_BUP * B[M.TREAT_SUBSTITUTION + i]
        slow_severity = bounded(core + lasting, cap)
        B[M.SEVERITY + i] = bounded(core + lasting + passing, cap)
        B[M.SEVERITY_SLOW + i] = slow_severity
        B[M.MOOD_LEVEL + i] = core + direct * x
        B[M.DISTRESS_TODAY + i] = B[L.DISTRESS_DAY + i]
        felt = distress(slow_severity, half)
        B[L.DISTRESS_DAY + i] = felt
        B[L.DISTRESS_HOUR + i] = felt


@inlined
def _ring_sum(B: Workspace, first: int, i: int) -> float:
    total = 0.0
    for k in range(RECALL_DAYS):
        total += B[first + k * LANES + i]
    return total


@kernel
def _remember(B: Workspace, day: int, recall: int) -> None:
    """Put the day into the rings of the last days and take their means (over the days so far at the start)."""
    slot = day % recall
    severity, withdrawal = M.RING_SEVERITY + slot * LANES, M.RING_WITHDRAWAL + slot * LANES
    for i in range(LANES):
        B[severity + i] = B[M.SEVERITY + i]
        B[withdrawal + i] = B[M.DAY_WITHDRAWAL + i] / _HOURS
    days = float(min(day + 1, recall))
    for i in range(LANES):
        B[M.SEVERITY_14D + i] = _ring_sum(B, M.RING_SEVERITY, i) / days
    for i in range(LANES):
        B[M.WITHDRAWAL_14D + i] = _ring_sum(B, M.RING_WITHDRAWAL, i) / days


@kernel
def _transit(B: Workspace, slow: Slow, seed: int, persons: Keys) -> None:
    """Step 7: episodes begin and end where the accumulated hazard reaches its threshold."""
    kap, HR_AD, HR_CBT = slow.kap, slow.HR_AD, slow.HR_CBT
    crossing = 0
    for i in range(LANES):
        inside = B[M.IN_EPISODE + i]
        onset = onset_hazard(
            B[M.ONSET_BASE + i],
            B[M.EVER_EPISODE + i],
            kap,
            max(B[M.TREAT_SSRI + i], B[M.TREAT_SNRI + i]),
            B[M.TREAT_CBT + i],
            HR_AD,
            HR_CBT,
            B[M.DIRECT_LOG_HR + i] * B[M.SLOW_EXPOSURE + i],
        )
        total = B[M.HAZARD_SUM + i] + (inside * B[M.RECOVERY_HAZARD + i] + (1.0 - inside) * onset)
        B[M.HAZARD_SUM + i] = total
    for i in range(LANES):
        crossing += 1 if B[M.HAZARD_SUM + i] >= B[M.HAZARD_THRESHOLD + i] else 0
    if crossing == 0:
        return
    for i in range(LANES):
        if B[M.HAZARD_SUM + i] >= B[M.HAZARD_THRESHOLD + i]:
            j = int(B[M.TRANSITIONS + i]) + 1
            person = persons[i]
            B[M.TRANSITIONS + i] = float(j)
            B[M.HAZARD_SUM + i] = 0.0
            B[M.HAZARD_THRESHOLD + i] = -log(draw(seed, person, TRANSITIONS, j))
            if B[M.IN_EPISODE + i] > 0.0:
                B[M.IN_EPISODE + i] = 0.0
            else:
                normal = normal_quantile(draw(seed, person, EPISODE_SEVERITY, j))
                frailty = log(draw(seed, person, FRAILTY, 2 * j)) + log(draw(seed, person, FRAILTY, 2 * j + 1))
                B[M.IN_EPISODE + i] = 1.0
                B[M.EVER_EPISODE + i] = 1.0
                B[M.EPISODE_EXCESS + i] = exp(slow.excess_mu + slow.excess_sigma * normal)
                B[M.RECOVERY_HAZARD + i] = -slow.recovery * frailty


@kernel
def end_mood_day(B: Workspace, plan: MoodPlan, seed: int, persons: Keys, day: int, row: int) -> None:
    """Update mood at the end of a day.

    Parameters
    ----------
    B : workspace
        With the sums of the day.
    plan : MoodPlan
    seed : int
    persons : (LANES,) int64
        Keys.
    day : int
        Day since the start of the run-in.
    row : int
        Day since the start of the window: a row of the plan.
    """
    slow = plan.slow
    if day > 0 and day % slow.u_days == 0:
        fluctuate(B, slow, seed, persons, day)
    expect = 0.0
    if plan.treated:
        _treat(B, plan, seed, persons, day, row)
        expect = plan.on[row, 0]
    _severity(B, slow, expect)
    _remember(B, day, slow.recall_days)
    _transit(B, slow, seed, persons)
    end_spell_day(B, plan, seed, persons, row)
    next_day_mood(B, seed, persons, day + 1)


@kernel
def clear_mood_day(B: Workspace) -> None:
    """Empty what gathers over a day."""
    for i in range(LANES):
        B[M.DOSE_EQ + i] = 0.0
        B[M.DAY_EFFECT + i] = 0.0
        B[M.DAY_AROUSAL + i] = 0.0
        B[M.DAY_WITHDRAWAL + i] = 0.0
        B[M.DAY_PROTRACTED + i] = 0.0
        B[M.DAY_REWARD_SLOW + i] = 0.0
        B[M.DAY_REWARD + i] = 0.0

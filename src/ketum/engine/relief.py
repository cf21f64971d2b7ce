"""What a serving does to momentary mood: the same hours lived once more without it (mood.md section 4.4)."""

from __future__ import annotations

from ketum.brain.acute import arousal
from ketum.compiled import inlined, kernel
from ketum.engine import layout as L
from ketum.engine import mood_places as M
from ketum.engine.layout import LANES
from ketum.engine.mood_plan import MoodPlan
from ketum.engine.plan import Drugs, Floats
from ketum.engine.steps import Workspace, feel_withdrawal, step_all
from ketum.mood.depression import lasting_term
from ketum.mood.momentary import lift, momentary_mood


@inlined
def _mood(B: Workspace, plan: MoodPlan, i: int) -> float:
    """Return momentary mood of one lane without noise, level and bounds: what servings change."""
    slow, fast = plan.slow, plan.fast
    effect = B[L.EFFECT + i]
    roused = arousal(B[L.AROUSAL_DRIVE + i], B[L.AROUSAL_HABIT + i], effect, B[L.A_A + i], B[L.S_E + i])
    lasting = lasting_term(
        B[L.PROTRACTED + i], B[L.REWARD_SLOW + i], 0.0, slow.per_P * B[M.PROTRACTED_GAIN + i], slow.per_R, 0.0
    )
    lifted = lift(effect, roused, fast.m_E, fast.m_A)
    return momentary_mood(0.0, 0.0, lifted, B[L.WITHDRAWAL_LEVEL + i], lasting, 0.0, fast.lam_m, fast.m_W)


@kernel
def skip_servings(
    B: Workspace,
    shadow: Workspace,
    plan: MoodPlan,
    drugs: Drugs,
    per_hour: int,
    steepness: float,
    lanes: int,
    skipped: Floats,
    hour: int,
    ahead: int,
) -> None:
    """Live the next `ahead` hours in a copy of the block without servings; mood then stands in ``skipped[slot, 0]``."""
    for k in range(len(B)):
        shadow[k] = B[k]
    for _ in range(ahead * per_hour):
        step_all(shadow, drugs, 1.0 / per_hour, lanes)
    feel_withdrawal(shadow, steepness)
    slot = hour % ahead
    for i in range(LANES):
        skipped[slot, 0, i] = _mood(shadow, plan, i)


@kernel
def gather_relief(B: Workspace, plan: MoodPlan, skipped: Floats, hour: int, first: int, end: int, ahead: int) -> None:
    """At the end of `hour`: read relief by servings of the hour that began `ahead` hours ago; note who served now."""
    before = hour + 1 - ahead
    if first <= before < end:
        slot = before % ahead
        for i in range(LANES):
            served = skipped[slot, 1, i] if before < hour else min(B[L.SERVED + i], 1.0)
            B[M.RELIEF_SUM + i] += served * (_mood(B, plan, i) - skipped[slot, 0, i])
            B[M.RELIEF_COUNT + i] += served
    if hour < end:
        for i in range(LANES):
            skipped[hour % ahead, 1, i] = min(B[L.SERVED + i], 1.0)

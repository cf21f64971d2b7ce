"""Tolerance, adapted level, recruitment, protracted and reward states (body.md section 5).

Each state is first order in its drive and is updated exactly for a drive held at its mean over the step.
"""

from __future__ import annotations

from ketum.compiled import inlined
from ketum.numerics import relax4, relax8


@inlined
def tolerance_step(tolerance: float, effect_mean: float, tol_on: float, tol_off: float) -> float:
    """Return T one step later; `tol_on`, `tol_off` are rates times dt (line 3 of section 5)."""
    gain = tol_on * effect_mean
    return relax8(tolerance, gain, gain + tol_off)


@inlined
def adapted_step(adapted: float, effect_mean: float, keep_rise: float, keep_fall: float) -> float:
    """Return D one step later; rises towards E with h_Don, falls with h_Doff (line 5)."""
    keep = keep_rise if effect_mean > adapted else keep_fall
    return effect_mean + (adapted - effect_mean) * keep


@inlined
def recruited_step(recruited: float, deficit_mean: float, keep: float) -> float:
    """Return X one step later (line 6)."""
    return deficit_mean + (recruited - deficit_mean) * keep


@inlined
def protracted_step(
    delay: float, protracted: float, effect_mean: float, prot_on: float, prot_off: float, keep: float
) -> tuple[float, float]:
    """Return P0 and P one step later (line 7)."""
    gain = prot_on * effect_mean
    after = relax4(delay, gain, gain + prot_off)
    mean = 0.5 * (delay + after)
    return after, mean + (protracted - mean) * keep


@inlined
def reward_step(reward_slow: float, effect_mean: float, rate: float, rho_R: float) -> float:
    """Return Rs one step later (line 8): Rs' = k (1 - (1 + rho E) Rs)."""
    return relax4(reward_slow, rate, rate * (1.0 + rho_R * effect_mean))


@inlined
def habit_step(habit: float, drive_mean: float, keep: float) -> float:
    """Return U one step later (line 9)."""
    return drive_mean + (habit - drive_mean) * keep

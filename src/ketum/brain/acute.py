"""Acute effects: arousal, sedation, reward responsiveness (body.md section 7)."""

from __future__ import annotations

from ketum.compiled import inlined


@inlined
def arousal_drive(mitragynine: float, half: float) -> float:
    """Return u = c/(EC_A + c) from amounts in plasma (nmol)."""
    return mitragynine / (half + mitragynine)


@inlined
def stimulation(drive: float, habit: float) -> float:
    """Return u - U clipped to 0..1."""
    return min(max(drive - habit, 0.0), 1.0)


@inlined
def arousal(drive: float, habit: float, effect: float, a_A: float, s_E: float) -> float:
    """Return A = a_A (u - U) - s_E E^2, SD."""
    return a_A * (drive - habit) - s_E * effect * effect


@inlined
def reward(reward_slow: float, withdrawal: float, protracted: float, c_RW: float, c_RP: float) -> float:
    """Return R = Rs (1 - c_RW W)(1 - c_RP P)."""
    return reward_slow * (1.0 - c_RW * withdrawal) * (1.0 - c_RP * protracted)


@inlined
def symptom(withdrawal: float, protracted: float, distress: float, on_W: float, on_P: float, on_D: float) -> float:
    """Return a W + p P + d Dist clipped to 0..1 (symptom profile of body.md section 6)."""
    return min(max(on_W * withdrawal + on_P * protracted + on_D * distress, 0.0), 1.0)


@inlined
def side_effect(peak_effect: float, weight: float) -> float:
    """Return min(1, n_x Epk^3), the probability of a momentary side effect after one serving."""
    return min(weight * peak_effect * peak_effect * peak_effect, 1.0)

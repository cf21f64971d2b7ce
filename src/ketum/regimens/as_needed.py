"""Symptom-driven use: when a serving is taken and how large the next one is (body.md section 9)."""

from __future__ import annotations

from ketum.compiled import inlined
from ketum.numerics import exp


@inlined
def serving_probability(
    hazard: float, withdrawal: float, k_W: float, k_D: float, distress: float, satiety: float
) -> float:
    """Return 1 - exp(-lambda) of one hour.

    Parameters
    ----------
    hazard : float
        lam_0 x H, 1/h.
    withdrawal, distress : float
        W and Dist, 0..1.
    k_W, k_D : float
        Hazard increase per unit of each.
    satiety : float
        (E/E_star)^n_sat.
    """
    rate = hazard * (1.0 + k_W * withdrawal) * (1.0 + k_D * distress) / (1.0 + satiety)
    return 1.0 - exp(-rate)


@inlined
def reviewed_serving(
    serving: float,
    effect: float,
    withdrawal: float,
    arousal: float,
    too_weak: float,
    too_strong: float,
    W_unrel: float,
    A_sed: float,
    factor_up: float,
    factor_down: float,
    g_min: float,
    g_max: float,
) -> float:
    """Return the serving size after its review two hours after a serving."""
    weak = (effect < too_weak) | (withdrawal > W_unrel)
    strong = (arousal < A_sed) | (effect > too_strong)
    up = min(serving * factor_up, g_max)
    down = max(serving * factor_down, g_min)
    return up if weak else (down if strong else serving)

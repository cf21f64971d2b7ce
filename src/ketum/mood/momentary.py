"""Momentary mood and the distress that drives use (mood.md section 4.3, joined.md section 3)."""

from __future__ import annotations

import numpy as np

from ketum.compiled import inlined


@inlined
def autoregressive(before: float, memory: float, normal: float) -> float:
    """Return the next value of an AR(1) of unit variance: r x + sqrt(1 - r^2) N."""
    fresh: float = np.sqrt(1.0 - memory * memory)
    return memory * before + fresh * normal


@inlined
def distress(severity_slow: float, half: float) -> float:
    """Return S*/(S* + S_half), 0..1."""
    return severity_slow / (severity_slow + half)


@inlined
def distress_of_hour(severity_slow: float, noise: float, per_point: float, half: float) -> float:
    """Return the distress of an hour: that of max(0, S* - noise/lam_m); `per_point` is 1/lam_m."""
    felt = max(severity_slow - noise * per_point, 0.0)
    return felt / (felt + half)


@inlined
def lift(effect: float, arousal: float, m_E: float, m_A: float) -> float:
    """Return c1m (m_E E + m_A A), mood points; both weights already times c1m."""
    return m_E * effect + m_A * arousal


@inlined
def momentary_mood(
    level: float, noise: float, lifted: float, withdrawal: float, lasting: float, m_0: float, lam_m: float, m_W: float
) -> float:
    """Return momentary mood before its bounds, mood points.

    m_0 - lam_m S_slow + noise + c1m (m_E E + m_A A) - c2 m_W W - c3 lam_m (w_P pi_P P + w_R (1 - Rs)).

    Parameters
    ----------
    level : float
        S_slow of the last daily update, PHQ-9 points.
    noise, lifted : float
        Momentary deviation and lift, mood points.
    withdrawal : float
        W, 0..1; `m_W` is already times c2.
    lasting : float
        c3 (w_P pi_P P + w_R (1 - Rs)) of this moment, PHQ-9 points.
    """
    return m_0 - lam_m * (level + lasting) + noise + lifted - m_W * withdrawal

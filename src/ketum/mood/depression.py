"""Depression as trait and episodes: the scalar steps of a day (mood.md section 3, joined.md section 3)."""

from __future__ import annotations

from ketum.compiled import inlined
from ketum.numerics import exp


@inlined
def fluctuation_factor(fluct: float, spread: float) -> float:
    """Return the mean-one factor m = exp(sig_u u - sig_u^2/2)."""
    return exp(spread * fluct - 0.5 * spread * spread)


@inlined
def approach(state: float, target: float, share: float) -> float:
    """Return a first-order state after a day: state + f (target - state), f = 1 - exp(-1/tau)."""
    return state + share * (target - state)


@inlined
def treated_excess(
    excess: float,
    activation: float,
    q_PL: float,
    g_PL: float,
    e_PL: float,
    left_SSRI: float,
    left_SNRI: float,
    left_CBT: float,
    left_EX: float,
) -> float:
    """Return X = M a [(1 - q_PL g_PL) - (1 - q_PL e)(1 - prod(1 - q_k g_k))].

    Parameters
    ----------
    excess, activation : float
        M (PHQ-9 points) and a (0..1) of the episode.
    q_PL, g_PL, e_PL : float
        Share of expectancy, its state, and e: 1 while expectancy is on, else g_PL.
    left_SSRI, left_SNRI, left_CBT, left_EX : float
        1 - q_k g_k of each specific treatment.
    """
    specific = 1.0 - left_SSRI * left_SNRI * left_CBT * left_EX
    return excess * activation * ((1.0 - q_PL * g_PL) - (1.0 - q_PL * e_PL) * specific)


@inlined
def lasting_term(
    protracted: float, reward_slow: float, exposure: float, per_P: float, per_R: float, direct: float
) -> float:
    """Return c3 (w_P pi_P P + w_R (1 - Rs)) + beta_S x, PHQ-9 points; `per_P` is c3 w_P pi_P, `per_R` c3 w_R."""
    return per_P * protracted + per_R * (1.0 - reward_slow) + direct * exposure


@inlined
def passing_term(effect: float, arousal: float, withdrawal: float, per_E: float, per_A: float, per_W: float) -> float:
    """Return -c1s (m_E E + m_A A)/lam_m + c2 m_W W/lam_m, PHQ-9 points, from the day's means."""
    return per_W * withdrawal - (per_E * effect + per_A * arousal)


@inlined
def bounded(severity: float, cap: float) -> float:
    """Return severity within 0 and its cap."""
    return min(max(severity, 0.0), cap)


@inlined
def onset_hazard(
    base: float, ever: float, kap: float, g_drug: float, g_CBT: float, HR_AD: float, HR_CBT: float, log_hr: float
) -> float:
    """Return the hazard of a new episode, 1/d.

    base (kap if ever) [1 - (1 - HR_AD) g_drug] [1 - (1 - HR_CBT) g_CBT] exp(beta_L x); `log_hr` is beta_L x.
    """
    again = kap if ever > 0.0 else 1.0
    return base * again * (1.0 - (1.0 - HR_AD) * g_drug) * (1.0 - (1.0 - HR_CBT) * g_CBT) * exp(log_hr)

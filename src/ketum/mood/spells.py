"""Spells of use: starting, stopping and resuming as hazards of a day (mood.md section 6)."""

from __future__ import annotations

from ketum.compiled import inlined
from ketum.numerics import exp


@inlined
def selection_score(severity: float, reference: float, per: float) -> float:
    """Return c_sel (S - 5)/5; `per` is c_sel/5."""
    return (severity - reference) * per


@inlined
def start_hazard(base: float, a_S: float, score: float) -> float:
    """Return the hazard of starting to use, 1/d; `base` holds h_0 and all covariates."""
    return base * exp(a_S * score)


@inlined
def stop_hazard(base: float, d_S: float, score: float) -> float:
    """Return the hazard of stopping, 1/d; `base` is that of a trier in the first spell, or of a regular user."""
    return base * exp(-d_S * score)

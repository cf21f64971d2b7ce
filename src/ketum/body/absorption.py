"""What a serving puts into the gut: first-pass formation and CYP3A in the gut wall (body.md section 3.2)."""

from __future__ import annotations

from ketum.compiled import inlined
from ketum.numerics import exp


@inlined
def first_pass(
    absorbed: float, q_gut: float, first_pass_yield: float, w_gut: float, liver_3a: float, gut_3a: float
) -> tuple[float, float]:
    """Return what one nmol of relative mitragynine dose adds to G1 and to H1.

    Parameters
    ----------
    absorbed : float
        Person factor F_ind.
    q_gut, first_pass_yield, w_gut : float
        Gut extraction odds, yield y = min(y_fp, y_cap), gut share of the first pass.
    liver_3a, gut_3a : float
        Liver and gut CYP3A activity a_L and a_G x g.
    """
    to_mitragynine = absorbed * (1.0 + q_gut) / (1.0 + q_gut * gut_3a)
    form_3a = (1.0 - w_gut) * liver_3a + w_gut * gut_3a
    formed = first_pass_yield * form_3a
    return to_mitragynine, formed / (1.0 - first_pass_yield + formed)


@inlined
def inactivate(gut_3a: float, kappa_gut: float, relative_mg: float) -> float:
    """Return the gut CYP3A activity right after a dose of `relative_mg` (mg x F_rel) mitragynine."""
    return gut_3a * exp(-kappa_gut * relative_mg)

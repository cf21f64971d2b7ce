"""Withdrawal: how strongly a deficit is felt (body.md section 6)."""

from __future__ import annotations

from collections.abc import Mapping

from ketum.compiled import inlined
from ketum.numerics import exp


def chronicity_half(table: Mapping[str, float]) -> float:
    """Return P_W, the protracted state at half gain, from table values.

    Parameters
    ----------
    table : mapping of symbol to float
        Table values, never person values: another speed of P does not move the gain of a year of use.
    """
    plateau = 1.0 + table["h_Pon"] / (table["E_WP"] * table["h_Poff"])
    return table["p_WP"] / plateau


@inlined
def chronicity(protracted: float, half: float, steepness: float) -> float:
    """Return F = r^n/(1 + r^n) with r = P/P_W, for any n."""
    power: float = (protracted / half) ** steepness
    return power / (1.0 + power)


@inlined
def chronicity_sixth(protracted: float, half: float) -> float:
    """Return `chronicity` for n = 6 without a power function: r^6 = (r r)^3 vectorises."""
    squared = (protracted / half) * (protracted / half)
    power = squared * squared * squared
    return power / (1.0 + power)


@inlined
def withdrawal_level(recruited: float, deficit: float, gain: float, chronicity: float) -> float:
    """Return W = 1 - exp(-g_W F min(X, d)), 0..1."""
    return 1.0 - exp(-gain * chronicity * min(recruited, deficit))

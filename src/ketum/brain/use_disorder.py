"""Kratom use disorder from the withdrawal that stopping now would bring (body.md section 6)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def withdrawal_potential(
    adapted: Array, protracted: Array, g_W: Array, half: float, table: Mapping[str, float]
) -> Array:
    """Return Wpot = 1 - exp(-psi g_W F D), the peak W expected if use stopped now, 0..1.

    Parameters
    ----------
    adapted, protracted : array
        D and P, 0..1.
    g_W : (P,) array
        Withdrawal gain of each person.
    half : float
        P_W of `ketum.brain.withdrawal.chronicity_half`.
    table : mapping of symbol to float
        Table values (``psi_pk``, ``n_WP``).
    """
    power = (protracted / half) ** table["n_WP"]
    felt = power / (1.0 + power)
    potential: Array = 1.0 - np.exp(-table["psi_pk"] * g_W * felt * adapted)
    return potential


def use_disorder_class(potential: Array, uniform: Array, table: Mapping[str, float]) -> NDArray[np.int64]:
    """Return the class 0 none, 1 mild, 2 moderate, 3 severe; one uniform per person meets all three thresholds.

    logit P(at least this class) = kud_k + kud_s ln(Wpot/kud_ref + kud_eps).
    """
    drive = table["kud_s"] * np.log(potential / table["kud_ref"] + table["kud_eps"])
    found = np.zeros(np.shape(potential), dtype=np.int64)
    for intercept in ("kud_1", "kud_2", "kud_3"):
        found += uniform < 1.0 / (1.0 + np.exp(-(table[intercept] + drive)))
    return found

"""The brain's constants of a person: parameters turned into what one step needs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ketum.brain.receptors import potencies
from ketum.errors import ScenarioError
from ketum.numerics import SERIES_BOUND_FAST, SERIES_BOUND_SLOW

Array = NDArray[np.float64]
_LN2 = float(np.log(2.0))


def brain_constants(
    p: Mapping[str, Array], volume_factor: Array, chronicity_half: float, dt: float
) -> dict[str, Array]:
    """Return the brain's constants by field name, each broadcastable to (P,).

    Parameters
    ----------
    p : mapping of symbol to (P,) array
        Person parameters.
    volume_factor : (P,) array
        Allometric factor of volumes.
    chronicity_half : float
        P_W of `ketum.brain.withdrawal.chronicity_half`.
    dt : float
        Step, h.

    Raises
    ------
    ScenarioError
        If a half-time is so short that the series of the exact update would not be exact at this step.
    """
    rate = {symbol: _LN2 / p[symbol] * dt for symbol in ("h_Ton", "h_Toff", "h_Pon", "h_Poff", "h_R")}
    _check("h_Ton and h_Toff", rate["h_Ton"] + rate["h_Toff"], SERIES_BOUND_FAST, dt)
    _check("h_Pon and h_Poff", rate["h_Pon"] + rate["h_Poff"], SERIES_BOUND_SLOW, dt)
    _check("h_R", rate["h_R"] * (1.0 + p["rho_R"]), SERIES_BOUND_SLOW, dt)
    keep = {symbol: np.exp(-_LN2 / p[symbol] * dt) for symbol in ("h_Don", "h_Doff", "h_X", "h_Pdel", "h_U")}
    return {
        **potencies(p, volume_factor),
        "phi_less_one": p["phi_T"] - 1.0,
        "tol_on": rate["h_Ton"],
        "tol_off": rate["h_Toff"],
        "keep_rise": keep["h_Don"],
        "keep_fall": keep["h_Doff"],
        "keep_recruited": keep["h_X"],
        "antagonist_rate": p["k_ant"] * dt,
        "prot_on": rate["h_Pon"],
        "prot_off": rate["h_Poff"],
        "keep_protracted": keep["h_Pdel"],
        "reward_rate": rate["h_R"],
        "rho_R": p["rho_R"],
        "keep_habit": keep["h_U"],
        "g_W": p["g_W"],
        "chronicity_half": np.full(1, chronicity_half),
        "c_RW": p["c_RW"],
        "c_RP": p["c_RP"],
    }


def _check(symbols: str, loss: Array, bound: float, dt: float) -> None:
    worst = float(np.max(loss))
    if not worst <= bound:
        message = (
            f"{symbols}: too short for a step of {dt:g} h (rate x step is {worst:.3g}, allowed up to {bound:g}); "
            "take longer half-times or a smaller record.step"
        )
        raise ScenarioError(message)

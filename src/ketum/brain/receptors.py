"""Competitive operational model of partial agonism at the mu-opioid receptor (body.md section 4).

Black and Leff 1983 (doi 10.1098/rspb.1983.0093) for the operational model; ligands compete for one site.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ketum.compiled import inlined

Array = NDArray[np.float64]
_KRATOM = (("mg", "MG", "V1_MG"), ("7", "7", "V_7"), ("sp", "SP", "V_SP"))


def potencies(p: Mapping[str, Array], volume_factor: Array) -> dict[str, Array]:
    """Return v and A tau v per nmol in plasma for every ligand, and the amount of half arousal.

    Parameters
    ----------
    p : mapping of symbol to (P,) array
        Person parameters.
    volume_factor : (P,) array
        Allometric factor of volumes.

    Returns
    -------
    dict of (P,) arrays
        ``bound_<ligand>`` 1/nmol, ``driven_<ligand>`` 1/nmol, ``arousal_half`` nmol.
    """
    out: dict[str, Array] = {}
    for name, suffix, volume in _KRATOM:
        per_nm = p["theta"] * p[f"fu_{suffix}"] * p["Kpuu"] / p[f"K_{suffix}"]
        out[f"bound_{name}"] = per_nm / (p[volume] * volume_factor)
        out[f"driven_{name}"] = p["A"] * p[f"tau_{suffix}"] * out[f"bound_{name}"]
    for drug in ("mor", "met", "bup"):
        per_nm = p[f"theta_{drug}"] * p[f"fu_{drug}"] * p[f"Kpuu_{drug}"] / p[f"K_{drug}"]
        out[f"bound_{drug}"] = per_nm / (p[f"V1_{drug}"] * volume_factor)
        out[f"driven_{drug}"] = p["A"] * p[f"tau_{drug}"] * out[f"bound_{drug}"]
    for drug in ("nal", "ntx"):
        out[f"bound_{drug}"] = 1.0 / (p[f"K_{drug}"] * p[f"V1_{drug}"] * volume_factor)
    out["arousal_half"] = p["EC_A"] * p["V1_MG"] * volume_factor
    return out


@inlined
def competition(
    mg: float,
    oh7: float,
    sp: float,
    bound_mg: float,
    bound_7: float,
    bound_sp: float,
    driven_mg: float,
    driven_7: float,
    driven_sp: float,
) -> tuple[float, float]:
    """Return A sum(tau v) and 1 + sum(v) of the kratom ligands from their amounts in plasma (nmol)."""
    driven = driven_mg * mg + driven_7 * oh7 + driven_sp * sp
    bound = 1.0 + bound_mg * mg + bound_7 * oh7 + bound_sp * sp
    return driven, bound


@inlined
def effect(driven: float, bound: float, tolerance: float, phi_less_one: float) -> float:
    """Return E = S/(1 + S), S = A sum(tau v)/den/(1 + (phi_T - 1) T), with a single division."""
    return driven / (driven + bound * (1.0 + phi_less_one * tolerance))

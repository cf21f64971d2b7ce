"""What kratom does to medicines at each moment: activity of their enzymes, and their exposure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ketum.body.perpetrator import active_moiety_ratio, activity, clearance_ratio, gut_auc_ratio, unbound_inhibitor
from ketum.evidence.metabolism import (
    CYP3A,
    Route,
    active_metabolites,
    medicine_routes,
    mitragynine_inhibition,
)

Array = NDArray[np.float64]
EXPOSURE = "exposure:"
"""How outputs of medicines begin; the name of the medicine follows."""


def enzyme_activity(route: str, concentration: Array, table: Mapping[str, float]) -> Array:
    """Return the activity of an enzyme of the liver, 0..1, at plasma mitragynine in nM."""
    affinity = mitragynine_inhibition()[route].affinity(table)
    return np.asarray(activity(unbound_inhibitor(concentration, table), affinity))


def exposure(substance: str, concentration: Array, gut_3a: Array, table: Mapping[str, float]) -> Array:
    """Return the AUC ratio of a medicine for a dose that meets these enzymes; 1 without kratom.

    Of a medicine with an active metabolite both count together.

    Parameters
    ----------
    substance : str
        One of `ketum.evidence.victims`.
    concentration : array
        Plasma mitragynine, nM.
    gut_3a : array
        Gut CYP3A activity.
    table : mapping of symbol to float
        Values of the body's table.
    """
    acts = {r.route: enzyme_activity(r.route, concentration, table) for r in _hepatic(substance)}
    shares = {r.route: r.share.value for r in _hepatic(substance) if r.share is not None}
    ratio: float | Array = 1.0 / np.asarray(clearance_ratio((share, acts[route]) for route, share in shares.items()))
    for route in medicine_routes()[substance]:
        if route.route == CYP3A:
            availability = table[route.gut_symbol] if route.gut is None else route.gut.value
            ratio = ratio * gut_auc_ratio(availability, gut_3a)
    metabolite = active_metabolites().get(substance)
    if metabolite is not None:
        act = acts[metabolite.route]
        ratio = active_moiety_ratio(ratio, metabolite.formed.value, act, metabolite.ratio.value)
    return np.asarray(np.broadcast_to(ratio, np.shape(concentration)), dtype=float)


def _hepatic(substance: str) -> list[Route]:
    return [route for route in medicine_routes()[substance] if route.route != CYP3A]

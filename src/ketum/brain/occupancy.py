"""How much of other receptors the kratom alkaloids would occupy in the brain.

Unbound concentration in the brain against the affinity measured at human receptors; nothing downstream of these
targets is modelled (body.md section 13).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from statistics import geometric_mean

import numpy as np
from numpy.typing import NDArray

from ketum.evidence import load_observations

Array = NDArray[np.float64]
LIGANDS = {"mitragynine": "fu_MG", "7-hydroxymitragynine": "fu_7", "speciociliatine": "fu_SP"}
"""Alkaloids and the symbols of their unbound fractions."""
TARGETS = ("KOR", "DOR", "5-HT1A", "5-HT2B", "alpha-2A")


@cache
def affinities(target: str) -> dict[str, float]:
    """Return Ki by alkaloid, nM: the geometric mean over the binding observations at the human receptor.

    Examples
    --------
    >>> round(affinities("5-HT2B")["mitragynine"])
    1260
    """
    found: dict[str, list[float]] = {}
    for row in load_observations("binding"):
        human = row.details["species"] == "human" and row.quantity == "Ki" and row.unit == "nM"
        ligand = row.details["ligand"]
        named = row.details["target"].removesuffix(" adrenergic") == target
        if human and named and ligand in LIGANDS and row.number is not None:
            found.setdefault(ligand, []).append(row.number)
    return {ligand: geometric_mean(values) for ligand, values in found.items()}


def occupancy(target: str, plasma: Mapping[str, Array], p: Mapping[str, Array]) -> Array:
    """Return the share of a receptor that the alkaloids occupy together, 0..1.

    Parameters
    ----------
    target : str
        One of `TARGETS`.
    plasma : mapping of alkaloid to (..., P) array
        Total plasma concentrations, nM; means over a day give the mean occupancy while it is small.
    p : mapping of symbol to (P,) array
        Person parameters (unbound fractions and ``Kpuu``).
    """
    bound = np.zeros_like(next(iter(plasma.values())))
    for ligand, affinity in affinities(target).items():
        bound = bound + plasma[ligand] * p[LIGANDS[ligand]] * p["Kpuu"] / affinity
    return bound / (1.0 + bound)

"""What kratom does to other medicines: gut CYP3A, and CYP2D6 and its like in the liver (body.md section 3.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from ketum.body.absorption import first_pass
from ketum.body.pharmacokinetics import exponentials, rate_matrix

Array = NDArray[np.float64]
_NMOL_PER_MG_MOLAR = 1e6
_NOTHING = float(np.sqrt(np.finfo(float).tiny))  # a peak that rounds to zero still divides
_GUT, _CENTRAL = 0, 4
"""Where G1 and C stand in the state of `rate_matrix`."""


def gut_auc_ratio(availability: float | Array, gut_3a: float | Array) -> float | Array:
    """Return the AUC ratio of an oral CYP3A substrate while gut CYP3A has activity `gut_3a`.

    Parameters
    ----------
    availability : float or array
        Gut availability Fg of the substrate, 0..1 (``Fg_MDZ`` for midazolam).
    gut_3a : float or array
        Gut CYP3A activity, 1 is normal. Liver CYP3A is not affected.

    Examples
    --------
    >>> round(gut_auc_ratio(0.57, 0.349), 2)
    1.39
    """
    return (1.0 / availability) / (1.0 + (1.0 / availability - 1.0) * gut_3a)


def cyp2d6_auc_ratio(relative_mg: float, share: float, table: Mapping[str, float]) -> float:
    """Return the AUC ratio of a CYP2D6 substrate under reversible inhibition by mitragynine.

    Parameters
    ----------
    relative_mg : float
        Mitragynine dose x F_rel, mg. Above the reference tea this is extrapolation.
    share : float
        Share fm of the substrate's clearance by CYP2D6, 0..1.
    table : mapping of symbol to float
        ``Ihep_ref``, ``dose_ref``, ``F_rel_tea``, ``Ki_2D6``.
    """
    inhibitor = table["Ihep_ref"] * relative_mg / (table["dose_ref"] * table["F_rel_tea"])
    return 1.0 / (share / (1.0 + inhibitor / table["Ki_2D6"]) + 1.0 - share)


def activity(inhibitor: float | Array, affinity: float) -> float | Array:
    """Return the activity of an enzyme, 0..1, under reversible inhibition: 1/(1 + I/Ki).

    Parameters
    ----------
    inhibitor : float or array
        Unbound mitragynine at the enzyme, uM.
    affinity : float
        1/Ki, 1/uM.

    Examples
    --------
    >>> activity(2.0, 0.5)
    0.5
    """
    return 1.0 / (1.0 + inhibitor * affinity)


def clearance_ratio(routes: Iterable[tuple[float, float | Array]]) -> float | Array:
    """Return the clearance by all routes to that without kratom.

    Parameters
    ----------
    routes : iterable of (float, float or array)
        Share of a route and activity of its enzyme, each 0..1; the rest of the clearance stays.

    Examples
    --------
    >>> clearance_ratio([(0.5, 0.5), (0.25, 1.0)])
    0.75
    """
    return 1.0 + sum((share * (act - 1.0) for share, act in routes), 0.0)


def active_moiety_ratio(parent: float | Array, formed: float, act: float | Array, metabolite: float) -> float | Array:
    """Return the ratio of the AUC of a parent and its active metabolite together (amounts of substance).

    The metabolite's AUC follows how much of the dose becomes it: parent x (1 - formed + formed x act).

    Parameters
    ----------
    parent : float or array
        AUC ratio of the parent.
    formed : float
        Share of the metabolite's formation by the route, 0..1.
    act : float or array
        Activity of the route's enzyme.
    metabolite : float
        AUC of the metabolite to that of the parent without kratom.
    """
    return parent * (1.0 + metabolite * (1.0 + formed * (act - 1.0))) / (1.0 + metabolite)


def typical_person(table: Mapping[str, float]) -> dict[str, Array]:
    """Return the parameters of the typical person, each (1,): reference weight, all else as in the table."""
    return {symbol: np.array([value]) for symbol, value in {**table, "WT": table["WT_ref"]}.items()}


_PEAK_SYMBOLS = (
    *("WT_ref", "b_CL", "b_V", "ka", "F_ind", "a_3A", "q_gut", "CL_MG", "fm_3A", "CL_7", "fm_7", "f_sys"),
    *("Q_MG", "V1_MG", "V2_MG", "V_7", "MW_MG", "dose_ref", "F_rel_tea"),
)


def reference_peak(table: Mapping[str, float]) -> float:
    """Return the highest plasma mitragynine of the typical person after the reference tea, nM.

    Where the unbound mitragynine at the enzymes of the liver is scaled from plasma, this is what ``Ihep_ref`` belongs
    to.

    Examples
    --------
    >>> from ketum.evidence import load_parameters
    >>> round(reference_peak(load_parameters("body").plain()), 1)
    83.5
    """
    return _peak(*(table[symbol] for symbol in _PEAK_SYMBOLS))


@lru_cache(maxsize=256)
def _peak(*values: float) -> float:
    table = dict(zip(_PEAK_SYMBOLS, values, strict=True))
    p = typical_person(table)
    matrix = rate_matrix(p)

    def column(hours: float) -> Array:
        found: Array = exponentials(matrix * hours)[0, :, _GUT]
        return found

    def slope(hours: float) -> float:
        return float(matrix[0, _CENTRAL] @ column(hours))

    before = after = 1.0
    while slope(before) <= 0.0:
        before /= 2.0
    while slope(after) > 0.0:
        after *= 2.0
    peak = brentq(slope, before, after) if before < after else before
    to_mitragynine, _ = first_pass(table["F_ind"], table["q_gut"], 0.0, 0.0, table["a_3A"], table["a_3A"])
    nmol = table["dose_ref"] * table["F_rel_tea"] / table["MW_MG"] * _NMOL_PER_MG_MOLAR * to_mitragynine
    volume = table["V1_MG"]  # of the reference weight
    return max(float(column(peak)[_CENTRAL] * nmol / volume), _NOTHING)


def unbound_inhibitor(concentration: float | Array, table: Mapping[str, float]) -> float | Array:
    """Return unbound mitragynine at the enzymes of the liver, uM, from its plasma concentration, nM.

    The highest value after the reference tea is ``Ihep_ref`` in the typical person. More or other servings are
    extrapolation.
    """
    return table["Ihep_ref"] * concentration / reference_peak(table)

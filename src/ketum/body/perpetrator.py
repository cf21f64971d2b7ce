"""What kratom does to other medicines: gut CYP3A and CYP2D6 (body.md section 3.6)."""

from __future__ import annotations

from collections.abc import Mapping


def gut_auc_ratio(availability: float, gut_3a: float) -> float:
    """Return the AUC ratio of an oral CYP3A substrate while gut CYP3A has activity `gut_3a`.

    Parameters
    ----------
    availability : float
        Gut availability Fg of the substrate, 0..1 (``Fg_MDZ`` for midazolam).
    gut_3a : float
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

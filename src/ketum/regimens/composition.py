"""What is in a product beyond its name: a measured content, a label, what was added or hidden (body.md section 8)."""

from __future__ import annotations

from dataclasses import dataclass

LEAF = "g leaf"
GRAMS: dict[str, float] = {LEAF: 1.0, "mg extract": 1 / 1000}
"""Grams of product in one unit of an amount that is weighed."""
ADDED_PRODUCT = "7oh_tablet"
"""The product whose alkaloid and absorption 7-OH that was added to leaf or extract has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """A reference opioid hidden in a product.

    Attributes
    ----------
    name : str
        One of the reference opioids.
    dose_mg : float
        Amount in a serving of the phase's dose, mg; a serving of half that size holds half of it.
    in_share : float
        Share of lots that hold it, above 0 to 1; each person's lots are drawn apart.
    """

    name: str
    dose_mg: float
    in_share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """What a phase says of its product; nothing said leaves content to the draw of the person's product and lot.

    Attributes
    ----------
    content : float or None
        Measured content, mg/g (mg in a tablet): exact, without product and lot draws.
    label_mg : float or None
        7-OH that the label of a tablet promises, mg; each lot deviates from it.
    added_7oh : float
        7-OH added to each gram of leaf or extract, mg/g.
    hidden : Hidden or None
    """

    content: float | None = None
    label_mg: float | None = None
    added_7oh: float = 0.0
    hidden: Hidden | None = None


AS_DRAWN = Composition()


@dataclass(frozen=True, slots=True)
class Admixture:
    """What a unit of a product holds besides: `mg` of an alkaloid or medicine, in a share of lots."""

    product: str
    mg: float
    in_share: float = 1.0


def admixtures(composition: Composition, basis: str, amount: float | None) -> tuple[Admixture, ...]:
    """Return what one unit of an amount holds besides its product.

    Parameters
    ----------
    composition : Composition
    basis : str
        Unit of the amount.
    amount : float or None
        The serving of the phase in that unit, to which the dose of a hidden opioid belongs.

    Examples
    --------
    >>> admixtures(Composition(hidden=Hidden(name="morphine", dose_mg=5.0, in_share=0.1)), "g leaf", 4.0)
    (Admixture(product='morphine', mg=1.25, in_share=0.1),)
    """
    found = []
    if composition.added_7oh:
        found.append(Admixture(ADDED_PRODUCT, composition.added_7oh * GRAMS[basis]))
    if composition.hidden is not None:
        assert amount is not None
        hidden = composition.hidden
        found.append(Admixture(hidden.name, hidden.dose_mg / amount, hidden.in_share))
    return tuple(found)

"""What is taken: names of products and medicines, and amounts such as "4 g" or "39 mg mitragynine"."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

from ketum.errors import EvidenceError
from ketum.evidence import find_substance, load_medicines, load_parameters, parse_quantity
from ketum.products import Product, products
from ketum.regimens.phases import Amount, Basis
from ketum.scenario.wording import refusal, unknown

_CYP3A = "i3A_"
_MEDICINES = "substances and brand names of the table medicines.csv, such as ketoconazole"
_AMOUNT = re.compile(r"(?P<number>\S*?[\d.])\s*(?P<unit>[^\W\d]+)(?:\s+(?:of\s+)?(?P<substance>\S.*))?")
_SUBSTANCES: dict[str, Basis] = {
    "leaf": "g leaf",
    "extract": "mg extract",
    "mitragynine": "mg mitragynine",
    "7-hydroxymitragynine": "mg 7-hydroxymitragynine",
    "7-oh": "mg 7-hydroxymitragynine",
    "7oh": "mg 7-hydroxymitragynine",
}
_UNNAMED: tuple[Basis, ...] = ("g leaf", "mg extract", "mg")
"""Bases for which the product says what is weighed."""
_EXAMPLES: dict[str, str] = {
    "g leaf": '"4 g"',
    "mg extract": '"250 mg"',
    "tablet": '"1 tablet"',
    "mg mitragynine": '"39 mg mitragynine"',
    "mg 7-hydroxymitragynine": '"15 mg 7-hydroxymitragynine"',
    "mg": '"50 mg"',
}
_MOST: dict[Basis, float] = {"g leaf": 1e3, "tablet": 1e3}
_MOST_MG = 1e6


@cache
def interacting_medicines() -> tuple[str, ...]:
    """Return the medicines of which a CYP3A factor is known.

    Examples
    --------
    >>> "ketoconazole" in interacting_medicines()
    True
    """
    return tuple(symbol.removeprefix(_CYP3A) for symbol in load_parameters("body") if symbol.startswith(_CYP3A))


def find_product(name: str) -> Product:
    """Return a product.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if name not in products():
        raise ValueError(unknown(name, "a product", products()))
    return products()[name]


def find_medicine(name: str) -> tuple[str, Product | None]:
    """Return the substance of a medicine, by substance or brand name, and the product if it has pharmacokinetics here.

    The others change CYP3A, or are carried along: what kratom does to them, and what to mind, can be told.

    Raises
    ------
    ValueError
        If there is no medicine of that name.

    Examples
    --------
    >>> find_medicine("Zoloft")
    ('sertraline', None)
    """
    try:
        substance = find_substance(name).name
    except EvidenceError:
        known = [*load_medicines(), *(brand for medicine in load_medicines().values() for brand in medicine.brands)]
        raise ValueError(unknown(name, "a medicine", known, _MEDICINES)) from None
    own = {p.name: p for p in products().values() if p.kind in ("opioid", "antagonist")}
    return substance, own.get(substance)


def parse_amount(text: str, name: str, bases: Collection[str]) -> Amount:
    """Return an amount of a product.

    Parameters
    ----------
    text : str
        Number, unit and, where the product alone does not say it, the substance.
    name : str
        The product, for messages.
    bases : collection of str
        How an amount of it may be given.

    Returns
    -------
    Amount
        In the unit of its basis.

    Raises
    ------
    ValueError
        If the text is no amount of that product.

    Examples
    --------
    >>> parse_amount("39 mg mitragynine", "leaf_tea", ("g leaf", "mg mitragynine"))
    Amount(value=39.0, basis='mg mitragynine')
    """
    allowed = " or ".join(_EXAMPLES[basis] for basis in bases)
    match = _AMOUNT.fullmatch(text.strip())
    basis = _basis(match["unit"], match["substance"], name, bases) if match else None
    if match is None or basis is None:
        raise ValueError(refusal(text, f"an amount of {name}", allowed))
    # A tablet is counted, not weighed: read as grams, its number is what it is.
    unit = "g" if basis == "tablet" else match["unit"]
    try:
        value = parse_quantity(f"{match['number']} {unit}", "mass" if basis.startswith("mg") else "grams")
    except ValueError:
        raise ValueError(refusal(text, f"an amount of {name}", allowed)) from None
    most = _MOST.get(basis, _MOST_MG)
    if not 0 < value <= most:
        raise ValueError(refusal(text, "an amount in range", f"above 0, at most {most:.0f} {basis}"))
    return Amount(value, basis)


def _basis(unit: str, substance: str | None, name: str, bases: Collection[str]) -> Basis | None:
    """Return which of `bases` unit and substance mean; None if neither fits."""
    if unit.lower() in ("tablet", "tablets"):
        found: Basis | None = "tablet" if substance is None else None
    elif substance is not None:
        named = " ".join(substance.lower().split())
        found = "mg" if named == name and "mg" in bases else _SUBSTANCES.get(named)
    else:
        found = next((basis for basis in _UNNAMED if basis in bases), None)
        # "500 mg" of leaf may mean its alkaloid as well: leaf is weighed in grams.
        if found == "g leaf" and unit != "g":
            return None
    return found if found in bases else None

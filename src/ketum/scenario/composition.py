"""The product in the hand: what a phase says of its vein, content, label, lots, and of what was added or hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ketum.evidence import parse_quantity
from ketum.products import Product, products
from ketum.regimens.composition import AS_DRAWN, Composition, Hidden
from ketum.regimens.phases import Amount
from ketum.scenario.doses import parse_amount
from ketum.scenario.grid import whole_days
from ketum.scenario.schema import HiddenTable, UseTable
from ketum.scenario.wording import KeyPath, MistakeError, refusal, unknown

KEYS = ("vein", "content", "label", "added_7oh", "hidden_opioid", "new_lot", "lot_every")
"""Keys of a phase that are about the product in the hand."""
_WEIGHED = ("g leaf", "mg extract")
_MOST_MG_PER_G = 1000.0
_MOST_MG = 1e4
_LABEL: tuple[str, ...] = ("mg 7-hydroxymitragynine",)


@dataclass(frozen=True, slots=True)
class InHand:
    """What a phase says of its product: see `ketum.regimens.phases.Phase`."""

    vein: str | None = None
    composition: Composition = AS_DRAWN
    new_lot: bool = False
    lot_every_h: float | None = None


def resolve_in_hand(table: UseTable, product: Product, dose: Amount | None, path: KeyPath) -> InHand:
    """Return what a phase says of its product.

    Parameters
    ----------
    table : UseTable
        What was written.
    product : Product
    dose : Amount or None
        The serving; None for the person's own, which is then counted in the product's unit.
    path : tuple of str or int
        The phase.

    Returns
    -------
    InHand

    Raises
    ------
    MistakeError
        If a key means nothing for this product or dose, or contradicts another.
    """
    written = [key for key in KEYS if getattr(table, key) is not None]
    if product.kind not in ("kratom", "7oh"):
        if written:
            raise MistakeError((*path, written[0]), f"{product.name} is a medicine; allowed: with a kratom product")
        return InHand()
    basis = dose.basis if dose else product.content_basis
    drawn = basis == product.content_basis
    if not drawn and (key := next((k for k in ("content", "label", "added_7oh") if k in written), None)):
        said = f"means nothing with a dose in {basis}, which is exact"
        raise MistakeError((*path, key), f"{said}; allowed: with a dose in {product.content_basis}")
    if table.vein is not None and product.kind != "kratom":
        raise MistakeError((*path, "vein"), f"{product.name} has no vein; allowed: with leaf or extract")
    composition = Composition(
        content=_content(table, product, (*path, "content")),
        label_mg=_label(table, product, (*path, "label")),
        added_7oh=_added(table, basis, (*path, "added_7oh")),
        hidden=_hidden(table.hidden_opioid, dose, (*path, "hidden_opioid")),
    )
    _check_lots(table, composition, basis if drawn else None, path)
    return InHand(table.vein, composition, bool(table.new_lot), table.lot_every)


def _check_lots(table: UseTable, composition: Composition, basis: str | None, path: KeyPath) -> None:
    """Refuse changes of lot where lots do not differ; `basis` is None with an exact dose."""
    if table.new_lot is None and table.lot_every is None:
        return
    key = "new_lot" if table.new_lot is not None else "lot_every"
    if table.new_lot is not None and table.lot_every is not None:
        raise MistakeError((*path, key), "and lot_every exclude each other: lot_every begins with a new lot itself")
    whole_days(table.lot_every, (*path, "lot_every"))
    hidden = composition.hidden is not None and composition.hidden.in_share < 1
    # leaf of known content still differs in metals
    if not hidden and (basis is None or (composition.content is not None and basis != "g leaf")):
        raise MistakeError(
            (*path, key),
            "means nothing where all lots are alike; allowed: with a dose whose content or hidden opioid goes by lot",
        )


def _content(table: UseTable, product: Product, path: KeyPath) -> float | None:
    if table.content is None:
        return None
    if table.label is not None:
        raise MistakeError(path, "and label exclude each other; allowed: one of them")
    weighed = product.content_basis in _WEIGHED
    try:
        return _per_gram(table.content) if weighed else _milligrams(table.content)
    except ValueError:
        example = '"20 mg/g", above 0, at most 1000 mg/g' if weighed else '"18 mg", above 0, at most 10000 mg'
        raise MistakeError(path, refusal(table.content, f"a content of {product.name}", example)) from None


def _per_gram(text: str) -> float:
    """Return mg/g; the unit of the product is its gram."""
    match = re.fullmatch(r"(.*\S)\s*/\s*g", text.strip())
    value = parse_quantity(match[1], "mass") if match else 0.0
    if not 0 < value <= _MOST_MG_PER_G:
        raise ValueError(text)
    return value


def _milligrams(text: str) -> float:
    value = parse_quantity(text, "mass")
    if not 0 < value <= _MOST_MG:
        raise ValueError(text)
    return value


def _label(table: UseTable, product: Product, path: KeyPath) -> float | None:
    if table.label is None:
        return None
    if product.kind != "7oh":
        raise MistakeError(path, f"of {product.name} is not known to tell its content; allowed: with 7oh_tablet")
    try:
        amount = parse_amount(table.label, "a tablet", _LABEL)
        return _milligrams(f"{amount.value!r} mg")
    except ValueError:
        example = '"15 mg 7-hydroxymitragynine", at most 10000 mg'
        raise MistakeError(path, refusal(table.label, "a label of a tablet", example)) from None


def _added(table: UseTable, basis: str, path: KeyPath) -> float:
    if table.added_7oh is None:
        return 0.0
    if basis not in _WEIGHED:
        raise MistakeError(path, "is 7-OH added to leaf or extract; allowed: with a dose in g leaf or mg extract")
    try:
        return _per_gram(table.added_7oh)
    except ValueError:
        example = '"2 mg/g", above 0, at most 1000 mg/g'
        raise MistakeError(path, refusal(table.added_7oh, "a content", example)) from None


def _hidden(table: HiddenTable | None, dose: Amount | None, path: KeyPath) -> Hidden | None:
    if table is None:
        return None
    opioids = [name for name, product in products().items() if product.kind == "opioid"]
    if table.name not in opioids:
        raise MistakeError((*path, "name"), unknown(table.name, "a reference opioid", opioids))
    if dose is None:
        raise MistakeError(path, "belongs to a serving of a known size; allowed: with a dose of the product")
    try:
        amount = parse_amount(table.dose, table.name, ("mg",))
    except ValueError as error:
        raise MistakeError((*path, "dose"), str(error)) from None
    return Hidden(name=table.name, dose_mg=amount.value, in_share=table.in_share)

"""What is in the hand: products, and what one unit of each brings into the body (body.md section 8)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
NMOL_PER_MG_MOLAR = 1e6
"""nmol = mg / (g/mol) x 1e6."""
MG_PER_G = 1000.0
Kind = Literal["kratom", "7oh", "opioid", "antagonist"]


@dataclass(frozen=True, slots=True)
class Product:
    """A product.

    Attributes
    ----------
    name, label : str
        Name in scenarios, words in figures.
    kind : Kind
        ``kratom`` (mitragynine products), ``7oh`` (tablets), ``opioid`` or ``antagonist`` (reference medicines).
    bases : tuple of str
        Units in which an amount may be given.
    suffix : str
        Suffix of a reference medicine's parameter symbols.
    f_rel, content : str
        Symbols of relative bioavailability and of alkaloid content per unit; empty if none.
    content_basis : str
        The basis that `content` multiplies.
    mitragynine, hydroxymitragynine : bool
        Which alkaloid an exact amount counts.
    """

    name: str
    kind: Kind
    bases: tuple[str, ...]
    label: str
    suffix: str
    f_rel: str
    content: str
    content_basis: str
    mitragynine: bool
    hydroxymitragynine: bool

    @property
    def content_factor(self) -> float:
        """What turns one unit of `content_basis` into the unit that `content` counts: contents of extracts are mg/g."""
        return 1.0 / MG_PER_G if self.content_basis == "mg extract" else 1.0

    @property
    def alkaloid_basis(self) -> str:
        """The basis in which an amount is exact."""
        if self.mitragynine:
            return "mg mitragynine"
        return "mg 7-hydroxymitragynine" if self.hydroxymitragynine else "mg"


@cache
def products() -> dict[str, Product]:
    """Return all products by name.

    Examples
    --------
    >>> products()["leaf_tea"].f_rel
    'F_rel_tea'
    """
    text = resources.files("ketum.products").joinpath("products.csv").read_text(encoding="utf-8")
    return {
        row["name"]: Product(
            row["name"],
            row["kind"],  # type: ignore[arg-type]
            tuple(row["bases"].split(";")),
            row["label"],
            row["suffix"],
            row["f_rel"],
            row["content"],
            row["content_basis"],
            row["mitragynine"] == "1",
            row["hydroxymitragynine"] == "1",
        )
        for row in csv.DictReader(text.splitlines())
    }


@dataclass(frozen=True, slots=True)
class Content:
    """What one unit of a product brings, each (P,): nmol on the scale that enters the gut, and milligrams taken.

    `to_mitragynine` is nmol x F_rel, `to_7oh` nmol x F_rel x F_7, `to_reference` nmol x F of a reference medicine,
    `relative_mg` mg mitragynine x F_rel, `alkaloid_mg` mg of the product's alkaloid, `leaf_g` g of leaf,
    `equivalent_mg` mg of mitragynine that count the same when swallowed as leaf powder (`joined.md` section 5).
    """

    to_mitragynine: Array
    to_7oh: Array
    to_reference: Array
    relative_mg: Array
    alkaloid_mg: Array
    leaf_g: Array
    equivalent_mg: Array


def content(
    product: Product, basis: str, p: Mapping[str, Array], table: Mapping[str, float], known: float | None = None
) -> Content:
    """Return what one unit (`basis`) of a product brings to each person; lots not included.

    Parameters
    ----------
    product : Product
    basis : str
        One of ``product.bases``.
    p : mapping of symbol to (P,) array
        Person parameters.
    table : mapping of symbol to float
        Table values, on which leaf-equivalents rest.
    known : float, optional
        Content as a measurement or a label gives it, mg/g (mg in a tablet), instead of the drawn one.
    """
    one = np.ones_like(p["MW_MG"])
    nothing = np.zeros_like(one)
    if product.kind in ("opioid", "antagonist"):
        s = product.suffix
        nmol = p[f"F_{s}"] / p[f"MW_{s}"] * NMOL_PER_MG_MOLAR
        return Content(nothing, nothing, nmol, nothing, nothing, nothing, nothing)
    mg = one
    if basis == product.content_basis:
        mg = (p[product.content] if known is None else known * one) * product.content_factor
    if product.hydroxymitragynine:
        to_7oh = mg / p["MW_7"] * NMOL_PER_MG_MOLAR * p["F_7"]
        return Content(nothing, to_7oh, nothing, nothing, mg, nothing, mg * equivalent_7oh(table))
    relative = mg * p[product.f_rel]
    leaf = one if basis == "g leaf" else nothing
    equivalent = mg * (table[product.f_rel] / table["F_rel_leaf"])
    return Content(relative / p["MW_MG"] * NMOL_PER_MG_MOLAR, nothing, nothing, relative, mg, leaf, equivalent)


def equivalent_7oh(table: Mapping[str, float]) -> float:
    """Return e7: mg of leaf-powder mitragynine that one mg of 7-OH counts for (`joined.md` section 5).

    Parameters
    ----------
    table : mapping of symbol to float
        Table values, never person values.

    Examples
    --------
    >>> from ketum.evidence import load_parameters
    >>> body = load_parameters("body")
    >>> round(equivalent_7oh({s: body.value(s) for s in body}), 3)
    1.405
    """
    h = {i: table[f"fu_{i}"] * table[f"tau_{i}"] / table[f"K_{i}"] for i in ("MG", "7", "SP")}
    tablet = table["F_7"] * h["7"] / table["CL_7"] / table["MW_7"]
    stimulus = (
        h["MG"] / table["CL_MG"]
        + h["7"] * (table["y_fp"] + table["f_sys"]) / table["CL_7"]
        + h["SP"] * table["r_SP"] / table["CL_SP"]
    )
    return tablet / (table["F_rel_leaf"] * stimulus / table["MW_MG"])


def units_per_gram(product: Product, basis: str, table: Mapping[str, float], known: float | None = None) -> float:
    """Return how many units of a product count as one gram of leaf powder of content ``c_leaf``.

    Parameters
    ----------
    product : Product
        A kratom or 7-OH product.
    basis : str
        Unit of the amount.
    table : mapping of symbol to float
        Table values.
    known : float, optional
        Content as a measurement or a label gives it. It does not change how much leaf counts as a gram: a serving of
        leaf is weighed, whatever it holds.
    """
    mg = table["c_leaf"]
    if product.hydroxymitragynine:
        mg /= equivalent_7oh(table)
    else:
        mg *= table["F_rel_leaf"] / table[product.f_rel]
    if basis != product.content_basis:
        return mg
    held = table[product.content] if known is None or basis == "g leaf" else known
    return mg / (held * product.content_factor)

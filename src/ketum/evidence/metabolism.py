"""How medicines are cleared: routes, gut availability, active metabolites; and what mitragynine inhibits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from ketum.errors import EvidenceError
from ketum.evidence.medicines import check_observations, load_medicines, several
from ketum.evidence.names import nearest
from ketum.evidence.observations import VERIFIED, Verified
from ketum.evidence.parameters import load_parameters
from ketum.evidence.provenance import PROVENANCES, Provenance
from ketum.evidence.sources import cited
from ketum.evidence.tables import Row, read_table, shipped, unique

CYP3A = "CYP3A"
"""The route that kratom changes in the gut, by inactivation; it changes the others in the liver, by inhibition."""

_BACKING = ("provenance", "source", "verified", "observations", "note")
_ROUTES = (
    *("substance", "route", "share", "share_low", "share_high", "gut_symbol", "gut", "gut_low", "gut_high"),
    *_BACKING,
)
_INHIBITION = ("route", "symbol", "ki_uM", "ki_low", "ki_high", *_BACKING)
_METABOLITES = (
    *("substance", "metabolite", "label", "route"),
    *("formed", "formed_low", "formed_high", "ratio", "ratio_low", "ratio_high"),
    *_BACKING,
)


@dataclass(frozen=True, slots=True)
class Range:
    """A value and the range in which it may lie; every number of the range counts alike."""

    value: float
    low: float
    high: float

    def at(self, u: float) -> float:
        """Return the value at a share of the way from low to high.

        >>> Range(0.5, 0.25, 0.75).at(0.25)
        0.375
        """
        return self.low + u * (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Backing:
    """What a row rests on: provenance class, sources, whether the text was seen, observations of ``ddi``, a note."""

    provenance: Provenance
    source: str
    verified: Verified
    observations: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Route:
    """One route by which a medicine is cleared.

    Attributes
    ----------
    substance, route : str
        The medicine, and the enzyme, such as ``CYP2D6``.
    share : Range or None
        Share of its clearance, 0..1; None where it is not known (``CYP3A`` only, whose liver part kratom leaves alone).
    gut : Range or None
        Share of the dose that gets through the gut wall, 0..1; ``CYP3A`` only, None where it is not known.
    gut_symbol : str
        Symbol of the body's table that holds it instead.
    backing : Backing
    """

    substance: str
    route: str
    share: Range | None
    gut: Range | None
    gut_symbol: str
    backing: Backing

    @property
    def known(self) -> bool:
        """Whether every number is there that the ratio needs."""
        return self.route != CYP3A or self.gut is not None or bool(self.gut_symbol)


@dataclass(frozen=True, slots=True)
class Metabolite:
    """An active metabolite: the share of its formation by a route, and its AUC to that of the parent."""

    substance: str
    metabolite: str
    label: str
    route: str
    formed: Range
    ratio: Range
    backing: Backing


@dataclass(frozen=True, slots=True)
class Inhibition:
    """How strongly mitragynine inhibits an enzyme of the liver.

    `constants` is the inhibition constant, uM unbound, its high end infinite where only a bound is known; None where
    the body's table holds it as `symbol`.
    """

    route: str
    symbol: str
    constant: Range | None
    backing: Backing

    def affinity(self, values: Mapping[str, float], u: float | None = None) -> float:
        """Return 1/Ki, 1/uM: at the value of the table, or at a share `u` of the way from its weakest to its strongest.

        Parameters
        ----------
        values : mapping of symbol to float
            Values of the body's table.
        u : float, optional
        """
        if self.constant is None:
            return 1.0 / values[self.symbol]
        if u is None:
            return 1.0 / self.constant.value
        weakest, strongest = 1.0 / self.constant.high, 1.0 / self.constant.low
        return weakest + u * (strongest - weakest)


@cache
def medicine_routes() -> Mapping[str, tuple[Route, ...]]:
    """Return the routes of each medicine of which any is known.

    Examples
    --------
    >>> [(r.route, r.share.value) for r in medicine_routes()["venlafaxine"]]
    [('CYP2D6', 0.8)]
    """
    found: dict[str, tuple[Route, ...]] = {}
    for row in read_table(shipped("medicine_metabolism.csv"), _ROUTES):
        route = _route(row)
        others = found.get(route.substance, ())
        if any(route.route == other.route for other in others):
            raise row.error("route", f"it stands twice for {route.substance}")
        found[route.substance] = (*others, route)
        if math.fsum(r.share.value for r in found[route.substance] if r.share is not None) > 1.0 + 1e-9:
            raise row.error("share", f"the shares of {route.substance} make more than 1")
    return MappingProxyType(found)


@cache
def active_metabolites() -> Mapping[str, Metabolite]:
    """Return the active metabolites by the medicine that they come from.

    Examples
    --------
    >>> active_metabolites()["venlafaxine"].metabolite
    'O-desmethylvenlafaxine'
    """
    rows = unique(read_table(shipped("active_metabolites.csv"), _METABOLITES), "substance")
    return MappingProxyType({row.text("substance"): _metabolite(row) for row in rows})


@cache
def mitragynine_inhibition() -> Mapping[str, Inhibition]:
    """Return what is known of the inhibition of each enzyme by mitragynine.

    Examples
    --------
    >>> mitragynine_inhibition()["CYP2D6"].symbol
    'Ki_2D6'
    """
    rows = unique(read_table(shipped("mitragynine_inhibition.csv"), _INHIBITION), "route")
    return MappingProxyType({row.text("route"): _inhibition(row) for row in rows})


@cache
def victims() -> tuple[str, ...]:
    """Return the medicines whose exposure with kratom can be given as a number.

    Examples
    --------
    >>> "midazolam" in victims(), "quetiapine" in victims()
    (True, False)
    """
    return tuple(name for name, routes in medicine_routes().items() if all(route.known for route in routes))


def _route(row: Row) -> Route:
    substance = row.text("substance")
    if substance not in load_medicines():
        raise row.error("substance", f"give a name of medicines.csv, {nearest(substance, load_medicines())}")
    known = (CYP3A, *mitragynine_inhibition())
    route = row.choice("route", known)
    symbol = row.cells["gut_symbol"]
    _check_symbol(row, "gut_symbol")
    share = _range(row, "share", "share_low", "share_high", most=1.0)
    gut = _range(row, "gut", "gut_low", "gut_high", most=1.0)
    if route != CYP3A and (share is None or gut is not None or symbol):
        raise row.error("share", f"{route} needs a share of clearance and no gut availability")
    if gut is not None and symbol:
        raise row.error("gut", "give numbers or gut_symbol, not both")
    return Route(substance, route, share, gut, symbol, _backing(row))


def _metabolite(row: Row) -> Metabolite:
    formed, ratio = _range(row, "formed", "formed_low", "formed_high", most=1.0), None
    ratio = _range(row, "ratio", "ratio_low", "ratio_high")
    substance, route = row.text("substance"), row.text("route")
    if formed is None or ratio is None:
        raise row.error("formed", "numbers are required")
    if route not in {r.route for r in medicine_routes().get(substance, ())}:
        raise row.error("route", f"give a route of {substance} in medicine_metabolism.csv")
    return Metabolite(substance, row.text("metabolite"), row.text("label"), route, formed, ratio, _backing(row))


def _inhibition(row: Row) -> Inhibition:
    symbol = row.cells["symbol"]
    _check_symbol(row, "symbol")
    constant = _range(row, "ki_uM", "ki_low", "ki_high", open_above=True)
    if (constant is None) == (not symbol):
        raise row.error("symbol", "give a symbol of the body's table or numbers, one of them")
    return Inhibition(row.text("route"), symbol, constant, _backing(row))


def _check_symbol(row: Row, column: str) -> None:
    body = load_parameters("body")
    if row.cells[column] and row.cells[column] not in body:
        raise row.error(column, f"give a symbol of parameters_body.csv, {nearest(row.cells[column], body)}")


def _range(
    row: Row, value: str, low: str, high: str, *, most: float = math.inf, open_above: bool = False
) -> Range | None:
    """Return a value with its range, None where the cells are empty; `open_above` takes an empty high for infinity."""
    middle, least, greatest = (row.optional_number(column) for column in (value, low, high))
    if greatest is None and open_above and middle is not None:
        greatest = math.inf
    if middle is None and least is None and greatest is None:
        return None
    if middle is None or least is None or greatest is None:
        raise row.error(value, f"give {value}, {low} and {high}, or none of them")
    if not 0.0 < least <= middle <= greatest <= most:
        raise row.error(value, f"0 < {low} <= {value} <= {high}" + (f" <= {most:g}" if math.isfinite(most) else ""))
    return Range(middle, least, greatest)


def _backing(row: Row) -> Backing:
    observations = several(row, "observations")
    check_observations(row, observations)
    return Backing(
        row.choice("provenance", PROVENANCES),
        cited(row),
        row.choice("verified", VERIFIED),
        observations,
        row.cells["note"],
    )


def routes_of(substance: str) -> tuple[Route, ...]:
    """Return the routes of a medicine, none if none is known.

    Raises
    ------
    EvidenceError
        There is no such medicine.
    """
    if substance not in load_medicines():
        raise EvidenceError(f"medicine {substance!r} is not known; {nearest(substance, load_medicines())}")
    return medicine_routes().get(substance, ())

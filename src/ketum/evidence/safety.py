"""When a safety rule applies, in terms that a machine can check, and the law of a place with what holds around it.

`safety_rules.csv` says what a reader is told; `safety_conditions.csv` says for each rule what must stand in a scenario,
or come out of it. A rule may have several conditions: one of them is enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, get_args

from ketum.errors import EvidenceError
from ketum.evidence.medicines import Medicine, medicine_flags, several
from ketum.evidence.metabolism import Route, routes_of
from ketum.evidence.names import nearest
from ketum.evidence.observations import load_observations
from ketum.evidence.parameters import load_parameters
from ketum.evidence.records import LegalStatus, SafetyRule, load_rows
from ketum.evidence.sources import load_sources
from ketum.evidence.tables import Row, read_table, shipped

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

ConditionKind = Literal[
    "medicine",
    "medicine_in_regular_use",
    "product",
    "daily_use",
    "sudden_stop",
    "context",
    "trait",
    "survey",
    "exposure",
    "jurisdiction",
]
CONDITION_KINDS: Final[tuple[ConditionKind, ...]] = get_args(ConditionKind)
_COLUMNS = ("rule", "kind", "of", "within_d", "least", "unit", "rests_on", "words", "note")
_TERMS: Final = ("flag", "class", "name", "treatment", "route", "first_pass")
_RULES = "rules."


@dataclass(frozen=True, slots=True)
class SafetyCondition:
    """One way in which a safety rule comes to apply.

    Attributes
    ----------
    rule : str
        Id of the rule.
    kind : ConditionKind
        What is looked at: a medicine beside kratom or in regular use, a product, daily use, a sudden stop, a key of
        the context, a trait of people, a survey or an exposure that came out, a jurisdiction.
    of : str
        Which one; of a medicine terms such as ``flag:breathing``, joined by "and".
    within_d : float or None
        Days around a medicine within which kratom counts as taken beside it.
    least : float or None
        Days of use, the figure that must be exceeded, or the share of a medicine's clearance that counts, in `unit`;
        None where `rests_on` names the row that holds it.
    unit, rests_on : str
        Its unit, and the observations, parameters (``rules.<symbol>``) or sources that the numbers rest on, separated
        by ";".
    words : str
        What of the scenario met it, with {placeholders}.
    note : str
    """

    rule: str
    kind: ConditionKind
    of: str
    within_d: float | None
    least: float | None
    unit: str
    rests_on: str
    words: str
    note: str

    @property
    def terms(self) -> tuple[tuple[str, str], ...]:
        """What a medicine must be, as (term, value)."""
        parts = (part.strip().partition(":") for part in self.of.split(" and "))
        return tuple((term, value) for term, _, value in parts)


def safety_conditions(path: Path | None = None) -> tuple[SafetyCondition, ...]:
    """Return the conditions of the safety rules, in the order of the table.

    Parameters
    ----------
    path : Path, optional
        A file with the same columns; without it, the shipped one.

    Raises
    ------
    EvidenceError
        A row cannot be used, or a rule has no condition.

    Examples
    --------
    >>> safety_conditions()[0].terms
    (('flag', 'breathing'),)
    """
    return _shipped() if path is None else _read(path)


@cache
def safety_rules() -> Mapping[str, SafetyRule]:
    """Return the safety rules by id.

    Examples
    --------
    >>> safety_rules()["R08"].severity
    'danger'
    """
    return MappingProxyType({rule.id: rule for rule in load_rows("safety_rules")})


def table_checked() -> date:
    """Return the day on which a source of the safety rules was looked at last."""
    return max(rule.checked for rule in safety_rules().values())


def concerns(condition: SafetyCondition, medicine: Medicine) -> bool:
    """Return whether a condition is about a medicine.

    Examples
    --------
    >>> from ketum.evidence import find_substance
    >>> concerns(safety_conditions()[0], find_substance("Valium"))
    True
    """
    return all(_is(medicine, term, value, condition.least) for term, value in condition.terms)


def rules_of_medicine(medicine: Medicine) -> tuple[SafetyRule, ...]:
    """Return the safety rules that apply to a medicine beside kratom, whatever else is known.

    Examples
    --------
    >>> from ketum.evidence import find_substance
    >>> [rule.id for rule in rules_of_medicine(find_substance("quetiapine"))]
    ['R02', 'R05', 'R13', 'R17']
    """
    kinds = ("medicine", "medicine_in_regular_use")
    found = {c.rule for c in safety_conditions() if c.kind in kinds and concerns(c, medicine)}
    return tuple(rule for rule in safety_rules().values() if rule.id in found)


def _is(medicine: Medicine, term: str, value: str, least: float | None) -> bool:
    """Return whether a term holds; `least` is the share of clearance by a route, or of the loss in the gut wall."""
    routes = [route for route in routes_of(medicine.name) if route.route == value]
    match term:
        case "route":
            return any(route.share is not None and route.share.value >= (least or 0.0) for route in routes)
        case "first_pass":
            return any(_gut_loss(route) >= (least or 0.0) for route in routes)
        case "flag":
            return value in medicine.flags
        case "class":
            return value == medicine.cls
        case "name":
            return value == medicine.name
    return False


def _gut_loss(route: Route) -> float:
    """Return the share of a dose that is lost in the gut wall; one where it is not known, so that it counts."""
    if route.gut_symbol:
        return 1.0 - load_parameters("body").value(route.gut_symbol)
    return 1.0 if route.gut is None else 1.0 - route.gut.value


def figure(condition: SafetyCondition) -> tuple[float, str]:
    """Return the figure of a condition and its unit: its own, or that of the row on which it rests."""
    if condition.least is not None:
        return condition.least, condition.unit
    if condition.rests_on.startswith(_RULES):
        parameter = load_parameters("rules")[condition.rests_on.removeprefix(_RULES)]
        return parameter.value, parameter.unit
    row = next(o for o in load_observations() if o.id == condition.rests_on)
    assert row.number is not None
    return row.number, row.unit


@cache
def legal_places() -> Mapping[str, tuple[LegalStatus, ...]]:
    """Return the rows of the dated legal table by place, those of the wider places that it lies within after its own.

    Examples
    --------
    >>> [row.jurisdiction for row in legal_places()["Alabama"]][:2]
    ['Alabama', 'United States (federal)']
    """
    own: dict[str, list[LegalStatus]] = {}
    around: dict[str, str] = {}
    for row in load_rows("legal"):
        for name in row.names:
            own.setdefault(name, []).append(row)
            around[name] = row.within or around.get(name, "")
    for name, wider in around.items():
        if wider and wider not in own:
            raise EvidenceError(f"legal.csv: {name} lies within {wider!r}, which has no row; {nearest(wider, own)}")
    return MappingProxyType({name: _with_wider(name, own, around) for name in own})


def _with_wider(
    name: str, own: Mapping[str, Sequence[LegalStatus]], around: Mapping[str, str]
) -> tuple[LegalStatus, ...]:
    found = list(own[name])
    seen = {name}
    while (name := around[name]) and name not in seen:
        seen.add(name)
        found += [row for row in own[name] if row not in found]
    return tuple(found)


@cache
def _shipped() -> tuple[SafetyCondition, ...]:
    return _read(shipped("safety_conditions.csv"))


def _read(file: Traversable) -> tuple[SafetyCondition, ...]:
    found = tuple(_condition(row) for row in read_table(file, _COLUMNS))
    without = [rule for rule in safety_rules() if rule not in {condition.rule for condition in found}]
    if without:
        raise EvidenceError(f"{file.name}: rule {without[0]} has no condition; allowed: at least one for each rule")
    return found


def _condition(row: Row) -> SafetyCondition:
    if row.text("rule") not in safety_rules():
        raise row.error("rule", f"give a rule of safety_rules.csv, {nearest(row.cells['rule'], safety_rules())}")
    condition = SafetyCondition(
        rule=row.text("rule"),
        kind=row.choice("kind", CONDITION_KINDS),
        of=row.cells["of"],
        within_d=row.optional_number("within_d"),
        least=row.optional_number("least"),
        unit=row.cells["unit"],
        rests_on=row.cells["rests_on"],
        words=row.text("words"),
        note=row.cells["note"],
    )
    if condition.kind.startswith("medicine"):
        for term, value in condition.terms:
            if term not in _TERMS or (term == "flag" and value not in medicine_flags()):
                allowed = f"give {', '.join(f'{name}:...' for name in _TERMS)}, joined by 'and'; flags of "
                raise row.error("of", f"{allowed}medicine_flags.csv, {nearest(value, medicine_flags())}")
    if (condition.least is not None or condition.within_d is not None) and not condition.rests_on:
        raise row.error("rests_on", "a number rests on an observation, a parameter or a source")
    for name in several(row, "rests_on"):
        _check_rests_on(row, name)
    return condition


def _check_rests_on(row: Row, name: str) -> None:
    parameters = [f"{_RULES}{symbol}" for symbol in load_parameters("rules")]
    known = {*load_sources(), *parameters, *(o.id for o in load_observations())}
    if name not in known:
        raise row.error("rests_on", f"give an observation, a parameter or a source, {nearest(name, known)}")

"""Every medicine of the tables with a serving of kratom: ratios both ways with intervals, flags, severity, sources."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ketum.evidence import (
    Flag,
    Medicine,
    Observation,
    SafetyRule,
    find_substance,
    load_medicines,
    load_observations,
    load_parameters,
    medicine_flags,
)
from ketum.evidence import victims as known_victims
from ketum.evidence.metabolism import CYP3A, active_metabolites, mitragynine_inhibition, routes_of
from ketum.evidence.safety import rules_of_medicine
from ketum.evidence.sources import cited_keys
from ketum.interactions import perpetrators, victims
from ketum.interactions.serving import Course, Serving, course
from ketum.interactions.sets import SETS, ParameterSet, at_table_values, drawn_sets
from ketum.interactions.severity import judge
from ketum.products import products
from ketum.uncertainty.intervals import bounds

CLINICAL, IN_VITRO, EXTRAPOLATED = "clinical", "in vitro", "extrapolated"
_REFERENCE = "F_rel_tea"
"""Relative bioavailability of the product of which effects on other medicines were measured."""
_RATIO = "AUCR"
_KRATOM_SYMBOLS = ("fm_3A", "fm_7", "q_gut", "w_gut")
_KRATOM = ("kratom", "mitragynine", "7-hydroxymitragynine")


@dataclass(frozen=True, slots=True)
class Estimate:
    """An AUC ratio.

    Attributes
    ----------
    value : float
        At the values of the tables.
    low, high : float
        5th and 95th percentile over parameter sets, the value included.
    basis : str
        ``clinical``: this medicine was measured with this serving. ``in vitro``: constants from liver microsomes, a
        serving that was studied. ``extrapolated``: beyond what was studied.
    mechanism : str
    """

    value: float
    low: float
    high: float
    basis: str
    mechanism: str


@dataclass(frozen=True, slots=True)
class Interaction:
    """What is known of a medicine with a serving of kratom.

    Attributes
    ----------
    medicine : Medicine
    exposure : Estimate or None
        What kratom does to the medicine (with an active metabolite: to both together); None is no data.
    parent : Estimate or None
        What it does to the medicine alone, where it has an active metabolite.
    day : Estimate or None
        `exposure` with the means of the day, with servings every day.
    mitragynine, hydroxymitragynine : Estimate or None
        What the medicine does to kratom; None is no data, or not in the product.
    why_not : str
        Why there is no ratio of the medicine; empty where there is one.
    why_not_kratom : str
        Why there is none of kratom.
    flags : tuple of Flag
    rules : tuple of SafetyRule
        Safety rules that apply to it beside kratom.
    severity : str
        ``danger``, ``warning``, ``caution``, ``none found`` or ``no data``.
    because : tuple of str
        What makes it so.
    measured : tuple of Observation
        Observations of this medicine with kratom.
    sources : tuple of str
        Keys of the bibliography.
    """

    medicine: Medicine
    exposure: Estimate | None
    parent: Estimate | None
    day: Estimate | None
    mitragynine: Estimate | None
    hydroxymitragynine: Estimate | None
    why_not: str
    why_not_kratom: str
    flags: tuple[Flag, ...]
    rules: tuple[SafetyRule, ...]
    severity: str
    because: tuple[str, ...]
    measured: tuple[Observation, ...]
    sources: tuple[str, ...]

    @property
    def kinetic(self) -> bool:
        """Whether any ratio is known."""
        return self.exposure is not None or self.mitragynine is not None or self.hydroxymitragynine is not None


def interactions(
    serving: Serving, names: Sequence[str] = (), *, sets: int = SETS, fixed: ParameterSet | None = None
) -> tuple[Interaction, ...]:
    """Return the interactions of a serving of kratom with medicines, in the order of the table of medicines.

    Parameters
    ----------
    serving : Serving
    names : sequence of str
        Substances or brand names; none for all.
    sets : int
        Number of parameter sets behind the intervals.
    fixed : ParameterSet, optional
        Values instead of those of the tables.

    Raises
    ------
    EvidenceError
        If a medicine is not known.

    Examples
    --------
    >>> found = interactions(Serving("leaf_tea", 39.0, "mg mitragynine"), ["midazolam"])[0]
    >>> round(found.exposure.value, 2), found.exposure.basis
    (1.39, 'clinical')
    """
    medicines = [find_substance(name) for name in names] if names else list(load_medicines().values())
    medicines = list(dict.fromkeys(medicines))
    every = [fixed or at_table_values(), *drawn_sets(sets)]
    courses = [course(serving, values.body) for values in every]
    return tuple(_interaction(medicine, serving, every, courses) for medicine in medicines)


def _interaction(
    medicine: Medicine, serving: Serving, every: Sequence[ParameterSet], courses: Sequence[Course]
) -> Interaction:
    name = medicine.name
    measured = tuple(o for o in _observations(medicine) if _with_kratom(o))
    exposure = parent = day = None
    why_not = _why_no_exposure(name, courses[0])
    if not why_not:
        basis = _basis(name, serving, courses[0], every[0], measured)
        mechanism = _mechanism(name)
        pairs = list(zip(courses, every, strict=True))
        found = [victims.highest(name, lived, values) for lived, values in pairs]
        exposure = _estimate([x.active for x in found], basis, mechanism)
        if name in active_metabolites():
            parent = _estimate([x.parent for x in found], basis, mechanism)
        if serving.per_day is not None:
            found = [victims.over_the_day(name, lived, values) for lived, values in pairs]
            day = _estimate([x.active for x in found], basis, mechanism)
    mitragynine, hydroxymitragynine = _kratom(name, every, courses)
    flags = tuple(medicine_flags()[flag] for flag in medicine.flags)
    rules = rules_of_medicine(medicine)
    known = [e.value for e in (mitragynine, hydroxymitragynine) if e is not None]
    severity, because = judge(None if exposure is None else exposure.value, known, flags, rules)
    return Interaction(
        medicine=medicine,
        exposure=exposure,
        parent=parent,
        day=day,
        mitragynine=mitragynine,
        hydroxymitragynine=hydroxymitragynine,
        why_not=why_not,
        why_not_kratom="" if known else _why_no_kratom(medicine),
        flags=flags,
        rules=rules,
        severity=severity,
        because=because,
        measured=measured,
        sources=_sources(medicine, measured, rules, exposure is not None, bool(known)),
    )


def _estimate(values: Sequence[float], basis: str, mechanism: str) -> Estimate:
    """Return the first value with the interval of the others."""
    drawn = np.array(values[1:] or values)
    low, high = (float(x) for x in bounds(drawn))
    return Estimate(values[0], min(low, values[0]), max(high, values[0]), basis, mechanism)


def _kratom(
    name: str, every: Sequence[ParameterSet], courses: Sequence[Course]
) -> tuple[Estimate | None, Estimate | None]:
    found = []
    for lived, values in zip(courses, every, strict=True):
        factor = perpetrators.known_factor(name, values.body)
        if factor is None:
            return None, None
        found.append(perpetrators.kratom_ratio(factor, lived, values.body))
    mechanism = "CYP3A of gut and liver"
    parts = ([x.mitragynine for x in found], [x.hydroxymitragynine for x in found])
    numbers = [[x for x in part if x is not None] for part in parts]
    first, second = (_estimate(part, EXTRAPOLATED, mechanism) if part else None for part in numbers)
    return first, second


def _basis(name: str, serving: Serving, course: Course, values: ParameterSet, measured: Sequence[Observation]) -> str:
    reference = values.body["dose_ref"] * values.body[_REFERENCE]
    once = serving.per_day is None
    studied = once and products()[serving.product].f_rel == _REFERENCE
    clinical = any(o.quantity == _RATIO and o.number is not None and o.details["population"] for o in measured)
    if clinical and studied and math.isclose(course.relative_mg, reference):
        return CLINICAL
    within = once and (course.relative_mg < reference or math.isclose(course.relative_mg, reference))
    return IN_VITRO if within and all(route.route != CYP3A for route in routes_of(name)) else EXTRAPOLATED


def _mechanism(name: str) -> str:
    gut = any(route.route == CYP3A for route in routes_of(name))
    liver = [route.route for route in routes_of(name) if route.route != CYP3A]
    parts = ["CYP3A of the gut inactivated"] if gut else []
    return "; ".join([*parts, f"{' and '.join(liver)} inhibited"] if liver else parts)


def _why_no_exposure(name: str, course: Course) -> str:
    if not routes_of(name):
        return "no data: how it is cleared is not in the tables"
    if name not in known_victims():
        return "no data: it may rise, but how much of it CYP3A of the gut holds back is not in the tables"
    if course.relative_mg <= 0.0:
        return "no data: what 7-hydroxymitragynine does to enzymes of the liver and gut is not in the tables"
    return ""


def _why_no_kratom(medicine: Medicine) -> str:
    up, down = ("cyp3a_inhibitor" in medicine.flags), ("cyp3a_inducer" in medicine.flags)
    if up or down:
        return f"no data: kratom exposure may {'rise' if up else 'fall'}, its CYP3A factor is not in the tables"
    return "no data: no effect on CYP3A is in the tables"


def _observations(medicine: Medicine) -> tuple[Observation, ...]:
    by_id = {o.id: o for o in load_observations("ddi")}
    backed = [route.backing.observations for route in routes_of(medicine.name)]
    return tuple(by_id[i] for i in dict.fromkeys((*medicine.observations, *(i for ids in backed for i in ids))))


def _with_kratom(observation: Observation) -> bool:
    """Whether kratom was given or taken, in people or animals."""
    taken = f"{observation.details['product']} {observation.details['analyte']}"
    whom = observation.details["population"]
    return any(word in taken for word in _KRATOM) and not any(word in whom for word in ("microsomes", "endothelium"))


def _sources(
    medicine: Medicine,
    measured: Sequence[Observation],
    rules: Sequence[SafetyRule],
    exposure: bool,
    kratom: bool,
) -> tuple[str, ...]:
    """Return the keys behind a row: routes, inhibition, parameters of the body, flags and rules, what was measured."""
    body = load_parameters("body")
    cells = [o.source for o in measured]
    if exposure:
        routes = routes_of(medicine.name)
        liver = [r for r in routes if r.route != CYP3A]
        cells += [r.backing.source for r in routes]
        cells += [mitragynine_inhibition()[r.route].backing.source for r in liver]
        cells += [body["Ihep_ref"].source] if liver else []
        cells += [body["kappa_gut"].source] if len(liver) < len(routes) else []
    if kratom:
        cells += [body[symbol].source for symbol in (f"{perpetrators.FACTOR}{medicine.name}", *_KRATOM_SYMBOLS)]
    cells += [rule.source for rule in rules]
    if medicine.flags:
        cells.append(medicine.source)
    return tuple(dict.fromkeys(key for cell in cells for key in cited_keys(cell)))

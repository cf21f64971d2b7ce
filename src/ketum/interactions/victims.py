"""What kratom does to the exposure of a medicine: gut CYP3A by inactivation, enzymes of the liver by inhibition."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ketum.body.perpetrator import active_moiety_ratio, activity, clearance_ratio, gut_auc_ratio
from ketum.evidence.metabolism import CYP3A, Route, active_metabolites, routes_of
from ketum.interactions.serving import Course
from ketum.interactions.sets import ParameterSet


@dataclass(frozen=True, slots=True)
class Exposure:
    """AUC of a medicine with kratom to that without.

    Attributes
    ----------
    parent : float
        Of the medicine itself.
    active : float
        Of the medicine and its active metabolite together; the same where there is none.
    by_route : dict of str to float
        What each route would do alone.
    """

    parent: float
    active: float
    by_route: dict[str, float]


def exposure(substance: str, peak: float, gut_3a: float, values: ParameterSet) -> Exposure:
    """Return the AUC ratio of a medicine.

    Parameters
    ----------
    substance : str
        One of `ketum.evidence.victims`.
    peak : float
        Unbound mitragynine at the liver, uM.
    gut_3a : float
        Gut CYP3A activity.
    values : ParameterSet
    """
    routes = routes_of(substance)
    hepatic = [r for r in routes if r.route != CYP3A]
    shares = _shares(hepatic, values)
    acts = {route: float(activity(peak, values.affinity(route))) for route in shares}
    by_route = {
        f"{route} in the liver": 1.0 / float(clearance_ratio([(s, acts[route])])) for route, s in shares.items()
    }
    gut = 1.0
    for route in routes:
        if route.route == CYP3A:
            gut = _gut(route, gut_3a, values)
            by_route[f"{CYP3A} in the gut"] = gut
    parent = gut / float(clearance_ratio([(share, acts[route]) for route, share in shares.items()]))
    active = parent
    metabolite = active_metabolites().get(substance)
    if metabolite is not None:
        formed = values.number(f"{substance} formed", metabolite.formed)
        ratio = values.number(f"{substance} ratio", metabolite.ratio)
        active = float(active_moiety_ratio(parent, formed, acts[metabolite.route], ratio))
    return Exposure(parent, active, by_route)


def highest(substance: str, course: Course, values: ParameterSet) -> Exposure:
    """Return the highest AUC ratio: the medicine taken with a serving, and meeting the highest level at the liver."""
    return exposure(substance, course.peak, course.gut_after, values)


def over_the_day(substance: str, course: Course, values: ParameterSet) -> Exposure:
    """Return the AUC ratio with the means of a day of gut CYP3A and of mitragynine.

    Raises
    ------
    ValueError
        After one serving, of which there is no such day.
    """
    if course.mean is None or course.gut_mean is None:
        raise ValueError("a single serving has no day that repeats itself")
    return exposure(substance, course.mean, course.gut_mean, values)


def _shares(routes: list[Route], values: ParameterSet) -> dict[str, float]:
    """Return the shares of clearance by enzymes of the liver; drawn ones that make more than all are scaled down."""
    shares = {r.route: values.number(f"{r.substance} {r.route} share", r.share) for r in routes if r.share is not None}
    total = max(1.0, math.fsum(shares.values()))
    return {route: share / total for route, share in shares.items()}


def _gut(route: Route, gut_3a: float, values: ParameterSet) -> float:
    if route.gut is None:
        return float(gut_auc_ratio(values.body[route.gut_symbol], gut_3a))
    return float(gut_auc_ratio(values.number(f"{route.substance} {CYP3A} gut", route.gut), gut_3a))

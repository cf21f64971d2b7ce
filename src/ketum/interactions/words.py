"""Interactions in words: ratios as they are printed, what a basis means, plain data for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ketum.evidence import Observation, load_sources, medicine_flags
from ketum.interactions.serving import Serving
from ketum.interactions.severity import RANKS, STATED
from ketum.interactions.table import CLINICAL, EXTRAPOLATED, IN_VITRO, Estimate, Interaction
from ketum.products import products

NO_DATA: Final = "no data"
BASES: Final = {
    CLINICAL: "this medicine was measured in people with this serving",
    IN_VITRO: "inhibition measured in liver microsomes, share of clearance from people, a serving that was studied",
    EXTRAPOLATED: "beyond what was studied: another medicine, a larger serving, several a day, or shares from animals",
}
RECALLED: Final = "general pharmacology, source not checked"
PURPOSE: Final = "For research, teaching and study planning; never a recommendation of a dose or of kratom."
READING: Final = (
    "AUC of the one with the other to its AUC without, in the typical person. Ranges are the 5th and 95th percentile "
    "over parameter sets; a value stands where the medicine was measured with this serving. One cup of tea left the "
    "CYP2D6 probe drug dextromethorphan unchanged in people, so ratios from microsomes may be too high."
)
_FINE = 10.0


def number(ratio: float) -> str:
    """Return a ratio as it is printed.

    >>> number(1.388), number(12.34)
    ('1.39', '12')
    """
    return f"{ratio:.2f}" if ratio < _FINE else f"{ratio:.0f}"


def ratio_words(estimate: Estimate | None) -> str:
    """Return an estimate: with its value where it was measured, else as a range; "no data" where there is none.

    >>> ratio_words(Estimate(1.39, 1.2, 1.6, "clinical", "")), ratio_words(Estimate(1.1, 1.0, 1.6, "in vitro", ""))
    ('1.39 (1.20 to 1.60)', '1.00 to 1.60')
    """
    if estimate is None:
        return NO_DATA
    low, high = number(estimate.low), number(estimate.high)
    if estimate.basis == CLINICAL:
        return f"{number(estimate.value)} ({low} to {high})"
    return low if low == high else f"{low} to {high}"


def serving_words(serving: Serving) -> str:
    """Return a serving in words.

    >>> serving_words(Serving("leaf_powder", 4.0, "g leaf", 3))
    '4 g leaf as leaf powder, three times a day until days are alike'
    """
    label = products()[serving.product].label
    label = label[:1].lower() + label[1:]
    often = {None: "one serving", 1: "once a day", 2: "twice a day", 3: "three times a day"}
    times = often.get(serving.per_day, f"{serving.per_day} times a day")
    until = "" if serving.per_day is None else " until days are alike"
    return f"{serving.amount:g} {serving.basis} as {label}, {times}{until}"


def observed(observation: Observation) -> str:
    """Return what an observation found, in whom.

    >>> from ketum.evidence import load_observations
    >>> observed(next(o for o in load_observations("ddi") if o.id == "ddi-003"))
    'AUCR of midazolam 2.5 mg (CYP3A probe): 1.39 (1.23 to 1.57, 90%CI), healthy adults, 6 men and 6 women'
    """
    o = observation
    low, high = o.low, o.high
    spread = f" ({low:g} to {high:g}, {o.spread})" if low is not None and high is not None else ""
    of = f" of {o.details['analyte']}" if o.details["analyte"] else ""
    unit = f" {o.unit}" if o.unit else ""
    return f"{o.quantity}{of}: {o.value}{unit}{spread}, {o.details['population']}"


@dataclass(frozen=True, slots=True)
class Group:
    """Medicines of a class of which no ratio is known, alike in severity and rules."""

    cls: str
    names: tuple[str, ...]
    flags: tuple[str, ...]
    severity: str
    because: tuple[str, ...]


def without_kinetics(found: Sequence[Interaction]) -> tuple[Group, ...]:
    """Return those without any ratio, gathered by class and what is said of them, classes in the order of the table."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[Interaction]] = {}
    for one in found:
        if not one.kinetic:
            key = one.medicine.cls, one.severity, tuple(rule.id for rule in one.rules)
            groups.setdefault(key, []).append(one)
    return tuple(
        Group(
            cls,
            tuple(one.medicine.name for one in members),
            tuple(dict.fromkeys(medicine_flags()[f].label for one in members for f in one.medicine.flags)),
            severity,
            members[0].because,
        )
        for (cls, severity, _), members in groups.items()
    )


def plain(found: Sequence[Interaction], serving: Serving) -> dict[str, Any]:
    """Return interactions in plain types, for JSON."""
    return {
        "serving": {
            "product": serving.product,
            "amount": serving.amount,
            "basis": serving.basis,
            "per_day": serving.per_day,
            "words": serving_words(serving),
        },
        "reading": READING,
        "severity_rule": STATED,
        "severities": list(RANKS),
        "bases": dict(BASES),
        "interactions": [_plain(one) for one in found],
    }


def _plain(one: Interaction) -> dict[str, Any]:
    medicine, sources = one.medicine, load_sources()
    return {
        "medicine": medicine.name,
        "brands": list(medicine.brands),
        "class": medicine.cls,
        "exposure": _estimate(one.exposure),
        "exposure_parent": _estimate(one.parent),
        "exposure_over_the_day": _estimate(one.day),
        "no_exposure": one.why_not or None,
        "mitragynine": _estimate(one.mitragynine),
        "7-hydroxymitragynine": _estimate(one.hydroxymitragynine),
        "no_kratom": one.why_not_kratom or None,
        "severity": one.severity,
        "because": list(one.because),
        "flags": [
            {
                "flag": flag.name,
                "meaning": flag.meaning,
                "basis": medicine.basis,
                "source": medicine.source,
                "verified": medicine.verified,
            }
            for flag in one.flags
        ],
        "rules": [
            {
                "id": rule.id,
                "finding": rule.finding,
                "severity": rule.severity,
                "basis": rule.basis,
                "source": rule.source,
            }
            for rule in one.rules
        ],
        "measured": [
            {"id": o.id, "finding": observed(o), "source": o.source, "verified": o.verified} for o in one.measured
        ],
        "sources": {key: sources[key].reference() for key in one.sources},
        "note": medicine.note or None,
    }


def _estimate(estimate: Estimate | None) -> dict[str, Any] | None:
    if estimate is None:
        return None
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "basis": estimate.basis,
        "mechanism": estimate.mechanism,
    }

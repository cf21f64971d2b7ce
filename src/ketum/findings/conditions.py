"""Whether a condition of a safety rule is met by an arm: one small function a kind, what met it in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from ketum.evidence.safety import ConditionKind, SafetyCondition, concerns, figure
from ketum.findings.course import Beside, Course, Stretch
from ketum.findings.words import HOURS_PER_DAY, plain_name, span
from ketum.products import products
from ketum.scenario.model import Context

Words = dict[str, str]
"""What the placeholders of a condition stand for."""
Meets = Callable[[SafetyCondition, Course, Context], Iterator[Words]]


def met(condition: SafetyCondition, course: Course, context: Context) -> list[Words]:
    """Return what of an arm meets a condition; an empty list if nothing does, or if it is about results or the law."""
    meets = _KINDS.get(condition.kind)
    found = meets(condition, course, context) if meets is not None else ()
    return [dict(words) for words in dict.fromkeys(tuple(words.items()) for words in found)]


def _medicine(condition: SafetyCondition, course: Course, context: Context) -> Iterator[Words]:
    """Yield the medicines that are taken within some days of kratom."""
    del context
    around = HOURS_PER_DAY * (condition.within_d or 0.0)
    for beside in course.beside:
        near = any(
            beside.first_h < kratom.end_h + around and kratom.first_h < beside.end_h + around
            for kratom in course.kratom
        )
        if near and _about(condition, beside):
            yield {"what": plain_name(beside.name)}


def _in_regular_use(condition: SafetyCondition, course: Course, context: Context) -> Iterator[Words]:
    """Yield the medicines that are taken after so many days of daily use, or within some days of its end."""
    del context
    around, least = HOURS_PER_DAY * (condition.within_d or 0.0), _least_h(condition)
    for beside in course.beside:
        near = any(
            beside.first_h < use.end_h + around and use.first_h + least < min(beside.end_h, use.end_h + around)
            for use in course.regular
            if use.end_h - use.first_h >= least
        )
        if near and _about(condition, beside):
            yield {"what": plain_name(beside.name)}


def _product(condition: SafetyCondition, course: Course, context: Context) -> Iterator[Words]:
    """Yield products of a kind, those to which 7-OH was added, or the opioids that are hidden in them."""
    del context
    for stretch in course.kratom:
        composition = stretch.composition
        match condition.of:
            case "added_7oh" if composition.added_7oh > 0.0:
                yield {"what": _label(stretch)}
            case "hidden_opioid" if composition.hidden is not None:
                yield {"what": plain_name(composition.hidden.name)}
            case kind if kind == products()[stretch.product].kind:
                yield {"what": _label(stretch)}


def _daily_use(condition: SafetyCondition, course: Course, context: Context) -> Iterator[Words]:
    """Yield a product that is in daily use for so many days."""
    del context
    for stretch in course.kratom:
        long = stretch.end_h - stretch.first_h >= _least_h(condition)
        if stretch.daily and stretch.product == condition.of and long:
            yield {"what": _label(stretch)}


def _sudden_stop(condition: SafetyCondition, course: Course, context: Context) -> Iterator[Words]:
    """Yield the longest daily use of so many days that ends within the record without a taper."""
    del context
    stops = [use for use in course.regular if use.stopped and use.end_h - use.first_h >= _least_h(condition)]
    if stops:
        yield {"time": span(max(use.end_h - use.first_h for use in stops))}


def _context(condition: SafetyCondition, course: Course, context: Context) -> Iterator[Words]:
    """Yield once if a key of the context is given and kratom is taken in the arm."""
    if condition.of in context.given and course.kratom:
        yield {}


def _about(condition: SafetyCondition, beside: Beside) -> bool:
    """Return whether a condition is about a medicine, or about a treatment by its name."""
    if condition.terms == (("treatment", beside.name),):
        return True
    return beside.medicine is not None and concerns(condition, beside.medicine)


def _least_h(condition: SafetyCondition) -> float:
    return HOURS_PER_DAY * figure(condition)[0]


def _label(stretch: Stretch) -> str:
    label = products()[stretch.product].label
    return label if label[:1].isdigit() else label[:1].lower() + label[1:]


_KINDS: Final[Mapping[ConditionKind, Meets]] = MappingProxyType(
    {
        "medicine": _medicine,
        "medicine_in_regular_use": _in_regular_use,
        "product": _product,
        "daily_use": _daily_use,
        "sudden_stop": _sudden_stop,
        "context": _context,
    }
)

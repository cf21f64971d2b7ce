"""Treatments of depression and dependence: known ones, at times that do not contradict one another."""

from __future__ import annotations

from collections.abc import Sequence

from ketum.errors import EvidenceError
from ketum.evidence import find_substance, load_parameters
from ketum.mood import treatments
from ketum.regimens.phases import HOURS_PER_DAY, Medicine
from ketum.scenario.doses import interacting_medicines, parse_amount
from ketum.scenario.grid import in_words, whole_days
from ketum.scenario.model import Treatment
from ketum.scenario.schema import TreatmentTable
from ketum.scenario.wording import KeyPath, MistakeError, shown, unknown

_OPIOIDS = ("buprenorphine", "methadone", "naltrexone", "naloxone", "morphine")
_DRUGS = ("SSRI", "SNRI")
_ALONE = {
    "watchful_waiting": "means that nothing is done",
    "placebo": "stands in place of an active treatment",
    "usual_care": "stands in place of an active treatment",
}


def resolve_treatments(tables: Sequence[TreatmentTable], path: KeyPath, for_h: float) -> tuple[Treatment, ...]:
    """Return the treatments of an arm.

    Parameters
    ----------
    tables : sequence of TreatmentTable
        What was written.
    path : tuple of str or int
        The key ``treatments`` of the arm.
    for_h : float
        Length of the record, h.

    Returns
    -------
    tuple of Treatment

    Raises
    ------
    MistakeError
        If a treatment is not known, its times cannot be, or two contradict each other.
    """
    found: list[Treatment] = []
    for number, table in enumerate(tables):
        here = (*path, number)
        treatment = _resolve(table, here, for_h)
        for other in found:
            if treatment.from_h < other.end_h and other.from_h < treatment.end_h:
                _check_pair(treatment, other, here)
        found.append(treatment)
    return tuple(found)


def _resolve(table: TreatmentTable, path: KeyPath, for_h: float) -> Treatment:
    name = _substance(table.name)
    if name in _OPIOIDS:
        allowed = '"substitution" here (it lowers withdrawal), or the opioid itself under medicines'
        raise MistakeError((*path, "name"), f"{shown(table.name)} is no treatment of depression; allowed: {allowed}")
    if name not in treatments():
        raise MistakeError((*path, "name"), unknown(table.name, "a treatment", treatments()))
    known = treatments()[name]
    dose = None
    if table.dose is not None:
        if not known.medicine:
            raise MistakeError((*path, "dose"), f"means nothing with {name}; allowed: only with a medicine")
        try:
            dose = parse_amount(table.dose, name, ("mg",)).value
        except ValueError as error:
            raise MistakeError((*path, "dose"), str(error)) from None
    if table.per_day is not None and dose is None:
        raise MistakeError((*path, "per_day"), 'means nothing without a dose; allowed: with dose = "50 mg"')
    whole_days(table.from_h, (*path, "from"))
    whole_days(table.for_h, (*path, "for"))
    if table.from_h >= for_h:
        raise MistakeError(
            (*path, "from"), f"{in_words(table.from_h)} is not before the end; allowed: less than {in_words(for_h)}"
        )
    length = table.for_h
    rules = load_parameters("rules")
    if length is None and known.course:
        length = rules.value(known.course) * HOURS_PER_DAY
    adherence = rules.value("adherence") if table.adherence is None else table.adherence
    return Treatment(
        name=name,
        dose_mg=dose,
        per_day=table.per_day,
        from_h=table.from_h,
        for_h=length,
        adherence=adherence,
    )


def _substance(name: str) -> str:
    """Return the substance of a brand name; any other name as it is."""
    try:
        return name if name in treatments() else find_substance(name).name
    except EvidenceError:
        return name


def _check_pair(one: Treatment, other: Treatment, path: KeyPath) -> None:
    """Refuse two treatments that cannot be at the same time."""
    after = "allowed: one after the other"
    if one.name == other.name:
        raise MistakeError(path, f"{shown(one.name)} is given twice at the same time; {after}")
    for alone in (one.name, other.name):
        if alone in _ALONE:
            rest = other.name if alone == one.name else one.name
            raise MistakeError(
                path, f"{shown(alone)} and {shown(rest)} contradict each other: {alone} {_ALONE[alone]}; {after}"
            )
    kinds = [treatments()[t.name].kind for t in (one, other)]
    if all(kind in _DRUGS for kind in kinds):
        why = "two antidepressants that raise serotonin at the same time are not in the model"
        raise MistakeError(path, f"{shown(other.name)} and {shown(one.name)}: {why}; {after}")
    if kinds[0] == kinds[1]:
        raise MistakeError(path, f"{shown(other.name)} and {shown(one.name)} are the same kind; {after}")


def as_medicines(given: Sequence[Treatment]) -> tuple[Medicine, ...]:
    """Return those treatments that change CYP3A as medicines beside kratom."""
    return tuple(
        Medicine(name=t.name, dose_mg=t.dose_mg, per_day=t.per_day, from_h=t.from_h, for_h=t.for_h)
        for t in given
        if t.name in interacting_medicines()
    )


def check_both(given: Sequence[Treatment], medicines: Sequence[Medicine], path: KeyPath) -> None:
    """Refuse a medicine that stands under treatments as well."""
    named = {t.name for t in given}
    for number, medicine in enumerate(medicines):
        if medicine.name in named:
            raise MistakeError(
                (*path, "medicines", number),
                f"{shown(medicine.name)} stands under treatments as well; allowed: once, under treatments",
            )

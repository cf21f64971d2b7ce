"""Medicines beside kratom: with pharmacokinetics of their own, changing CYP3A, or carried along by name."""

from __future__ import annotations

from collections.abc import Sequence

from ketum.regimens.phases import Medicine
from ketum.scenario.doses import find_medicine, interacting_medicines, parse_amount
from ketum.scenario.grid import check_on_grid, whole_days, whole_hours
from ketum.scenario.schema import MedicineTable
from ketum.scenario.wording import KeyPath, MistakeError, shown


def resolve_medicines(tables: Sequence[MedicineTable], path: KeyPath, step_h: float) -> tuple[Medicine, ...]:
    """Return the medicines of an arm.

    Parameters
    ----------
    tables : sequence of MedicineTable
        What was written.
    path : tuple of str or int
        The key ``medicines`` of the arm.
    step_h : float
        Step of the model, h; doses fall on it.

    Returns
    -------
    tuple of Medicine

    Raises
    ------
    MistakeError
        If a medicine is not known, its dose or its times cannot be, or one is given twice at a time.
    """
    medicines: list[Medicine] = []
    for number, table in enumerate(tables):
        here = (*path, number)
        medicine = _resolve(table, here, step_h)
        if any(_overlap(medicine, other) for other in medicines if other.name == medicine.name):
            raise MistakeError(
                here, f"{shown(medicine.name)} is given twice at the same time; allowed: one after the other"
            )
        medicines.append(medicine)
    return tuple(medicines)


def _resolve(table: MedicineTable, path: KeyPath, step_h: float) -> Medicine:
    try:
        substance, own = find_medicine(table.name)
    except ValueError as error:
        raise MistakeError((*path, "name"), str(error)) from None
    try:
        dose = parse_amount(table.dose, substance, ("mg",)) if table.dose is not None else None
    except ValueError as error:
        raise MistakeError((*path, "dose"), str(error)) from None
    if table.per_day is not None and table.at is not None:
        raise MistakeError(path, "per_day and at exclude each other; allowed: one of them")
    if own is not None and dose is None:
        raise MistakeError((*path, "dose"), 'is missing; allowed: an amount with its unit, such as "50 mg"')
    if own is not None and table.per_day is None and table.at is None:
        raise MistakeError(path, f"{own.name} has no times; allowed: per_day = ... or at = ...")
    check_on_grid(table.at or (), step_h, (*path, "at"))
    # Clock times count from the midnight at which a medicine begins; CYP3A changes on the hour.
    (whole_hours if own is None else whole_days)(table.from_h, (*path, "from"))
    whole_hours(table.for_h, (*path, "for"))
    return Medicine(
        name=substance,
        dose_mg=dose.value if dose is not None else None,
        per_day=table.per_day,
        at_h=table.at or (),
        from_h=table.from_h,
        for_h=table.for_h,
    )


def acting(medicines: Sequence[Medicine]) -> tuple[Medicine, ...]:
    """Return the medicines that act in a simulation: with pharmacokinetics of their own, or a CYP3A factor."""
    return tuple(m for m in medicines if find_medicine(m.name)[1] is not None or m.name in interacting_medicines())


def _overlap(one: Medicine, other: Medicine) -> bool:
    return one.from_h < _end(other) and other.from_h < _end(one)


def _end(medicine: Medicine) -> float:
    return float("inf") if medicine.for_h is None else medicine.from_h + medicine.for_h

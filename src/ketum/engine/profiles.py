"""Non-compartmental quantities of each person after an arm's last dose."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.body.noncompartmental import QUANTITIES, noncompartmental
from ketum.engine.experiment import HOURS_PER_DAY, ArmPlan, Experiment
from ketum.engine.lots import lot_rows
from ketum.engine.plan import CONTENT_FACTOR, LABEL_FACTOR
from ketum.engine.prepare import Group
from ketum.engine.simulate import Simulated
from ketum.products import NMOL_PER_MG_MOLAR, content, products
from ketum.regimens.lots import lot_numbers
from ketum.regimens.schedule import DOSE, EVERYBODY, STEADY_STATE, Happening, Schedule

Array = NDArray[np.float64]
ANALYTES = ("mitragynine", "7-hydroxymitragynine", "speciociliatine")
_FEWEST_READINGS = 4


def pk_endpoints(
    experiment: Experiment, group: Group, arm: ArmPlan, simulated: Simulated, times: Array
) -> dict[str, Array]:
    """Return non-compartmental quantities after the last dose, by "pk:analyte:quantity".

    Only fixed doses that everybody of an ID takes at the same time have such quantities. AUCinf, CL/F and Vz/F belong
    to a single dose in a person who has taken nothing before.
    """
    schedule = arm.schedule
    analytes = [name for name in ANALYTES if name in simulated.outputs]
    people = len(group.persons.numbers)
    found = {f"pk:{a}:{q}": np.full(people, np.nan) for a in analytes for q in QUANTITIES}
    if schedule.as_needed:
        return found
    rested = arm.never_used or experiment.run_in is None
    for number in range(schedule.groups):
        doses = _servings(schedule, number)
        if not doses or doses[-1].wake >= 0:
            continue
        at = doses[-1].step / experiment.steps_per_hour - experiment.run_in_hours
        after = times >= at
        if at < times[0] or np.count_nonzero(after) < _FEWEST_READINGS:
            continue
        chosen = group.persons.index % schedule.groups == number
        given = _given(experiment, group, schedule, doses[-1])
        steady = any(event.kind == STEADY_STATE and event.group in (EVERYBODY, number) for event in schedule.events)
        single = rested and len(doses) == 1 and not steady
        time = np.concatenate([[0.0], times[after] - at]) if times[after][0] > at else times[after] - at
        for analyte in analytes:
            dose = given[analyte] if single else np.full(people, np.nan)
            values = simulated.outputs[analyte][after][:, chosen]
            if len(time) > len(values):  # the dose came between readings: nothing before it, or the reading before
                earlier = simulated.outputs[analyte][~after][-1:, chosen]
                values = np.concatenate([np.zeros_like(values[:1]) if single else earlier, values])
            quantities = noncompartmental(time, values, dose[chosen])
            for name, row in zip(QUANTITIES, quantities, strict=True):
                if single or name != "AUCinf":
                    found[f"pk:{analyte}:{name}"][chosen] = row
    return found


def _servings(schedule: Schedule, group: int) -> list[Happening]:
    """Return the servings of an ID of an event table (or of everybody) in order of time."""
    return [
        event
        for event in schedule.events
        if event.kind == DOSE and schedule.columns[event.column].serving and event.group in (EVERYBODY, group)
    ]


def _given(experiment: Experiment, group: Group, schedule: Schedule, dose: Happening) -> dict[str, Array]:
    """Return how much of each analyte a dose holds, nmol; not a number where it holds none as such."""
    column = schedule.columns[dose.column]
    product, p = products()[column.product], group.persons.parameters
    milligrams = dose.amount * content(product, column.basis, p, group.table, column.known_mg).alkaloid_mg
    if column.basis == product.content_basis and column.content is None:
        day = dose.step // experiment.steps_per_hour // HOURS_PER_DAY
        lot = lot_numbers(schedule.lots, day + 1, group.table["lot_days"])[day]
        numbers, seed = group.persons.numbers, experiment.cohort.seed
        factors = lot_rows(numbers, seed, schedule, lot + 1, group.table["lot_cv"])
        milligrams = milligrams * factors[CONTENT_FACTOR if column.label_mg is None else LABEL_FACTOR, lot]
    nothing = np.full_like(milligrams, np.nan)
    return {
        "mitragynine": milligrams / p["MW_MG"] * NMOL_PER_MG_MOLAR if product.mitragynine else nothing,
        "7-hydroxymitragynine": milligrams / p["MW_7"] * NMOL_PER_MG_MOLAR if product.hydroxymitragynine else nothing,
        "speciociliatine": nothing,
    }


def has_profile(schedule: Schedule) -> bool:
    """Return whether an arm's last dose falls at one moment for everybody (of an ID), so that it has a profile."""
    if schedule.as_needed:
        return False
    return any(doses and doses[-1].wake < 0 for doses in (_servings(schedule, k) for k in range(schedule.groups)))

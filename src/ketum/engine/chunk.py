"""A chunk of persons through all arms, reduced on the spot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketum.body.noncompartmental import QUANTITIES, noncompartmental
from ketum.engine.endpoints import arm_endpoints
from ketum.engine.experiment import ArmPlan, Experiment
from ketum.engine.layout import LANES
from ketum.engine.observe import Scene
from ketum.engine.prepare import Group, prepare_group
from ketum.engine.simulate import Simulated, Window, resting_states, simulate
from ketum.engine.sketch import Sketches
from ketum.people import Persons, draw_persons
from ketum.products import NMOL_PER_MG_MOLAR, content, products
from ketum.regimens.schedule import DOSE, EVERYBODY, Happening, Schedule

Array = NDArray[np.float64]
ANALYTES = ("mitragynine", "7-hydroxymitragynine", "speciociliatine")
_FEWEST_READINGS = 4
_COVARIATES = ("age", "female", "weight")


@dataclass(slots=True)
class Part:
    """What a range of persons contributed.

    Attributes
    ----------
    first, count : int
        The range.
    arms : list of Sketches
        One per arm.
    pairs : list of Sketches
        Differences, one per pair of arms.
    columns : list of str
        Names of the columns of `persons`; an arm's columns are named "arm|end point".
    persons : (count, column) array
    trajectories : (arm, output, record, person) float32
        Records of the persons whose trajectories are kept; no persons in most parts.
    """

    first: int
    count: int
    arms: list[Sketches]
    pairs: list[Sketches]
    columns: list[str]
    persons: Array
    trajectories: NDArray[np.float32]


def run_chunk(experiment: Experiment, first: int, count: int) -> Part:
    """Run persons `first` to `first + count` through the run-in and all arms.

    Persons sit in blocks by their number, so a chunk starts at a multiple of LANES and is filled up to whole blocks
    with persons that are computed and dropped.
    """
    cohort = experiment.cohort
    blocks = -(-count // LANES)
    numbers = np.arange(first, first + blocks * LANES, dtype=np.int64)
    by_sex = (cohort.covariates, cohort.mood) if cohort.by_sex else (None, None)
    persons = draw_persons(numbers, cohort.seed, cohort.body, *by_sex)
    group = prepare_group(persons, cohort.body, experiment.dt)
    scene = Scene(persons, group.table, cohort.seed)
    rested = resting_states(group)
    started = rested
    if experiment.run_in is not None:
        window = Window(0, experiment.run_in_hours, leads_to=experiment.outputs)
        started = simulate(group, experiment.run_in, window, seed=cohort.seed, start=rested).states
    times = np.asarray(experiment.times)
    kept = max(min(experiment.trajectories - first, count), 0)
    lived: list[dict[str, Array]] = []
    arms, columns, values = [], list(_COVARIATES), _covariates(persons)
    trajectories = np.empty((len(experiment.arms), len(experiment.outputs), len(times), kept), dtype=np.float32)
    for k, arm in enumerate(experiment.arms):
        window = experiment.window(arm)
        simulated = simulate(group, arm.schedule, window, seed=cohort.seed, start=rested if arm.never_used else started)
        over_days = window.over_days(experiment.steps_per_hour)
        found = arm_endpoints(scene, arm.schedule, simulated, times, experiment.run_in_hours, over_days)
        if experiment.pk:
            found.update(_pk(experiment, group, arm, simulated, times))
        columns += [f"{arm.name}|{name}" for name in found]
        values += list(found.values())
        outputs = {name: np.ascontiguousarray(v[:, :count]) for name, v in simulated.outputs.items()}
        sketches = Sketches.empty(experiment.axes, len(times))
        sketches.add(outputs, arm.name, first, times)
        arms.append(sketches)
        lived.append(outputs)
        for j, name in enumerate(experiment.outputs):
            trajectories[k, j] = outputs[name][:, :kept]
    pairs = []
    for b, a in experiment.pairs:
        sketches = Sketches.empty(experiment.paired_axes, len(times))
        names = list(sketches.by_name)
        label = f"{experiment.arms[b].name} minus {experiment.arms[a].name}"
        sketches.add({name: lived[b][name] - lived[a][name] for name in names}, label, first, times)
        pairs.append(sketches)
    table = np.stack(values, axis=1)[:count]
    return Part(first, count, arms, pairs, columns, table, trajectories)


def _covariates(persons: Persons) -> list[Array]:
    return [persons.age, persons.female.astype(float), persons.weight]


def _pk(experiment: Experiment, group: Group, arm: ArmPlan, simulated: Simulated, times: Array) -> dict[str, Array]:
    """Return non-compartmental quantities after the last dose, by "pk:analyte:quantity".

    Only fixed doses that everybody of an ID takes at the same time have such quantities. AUCinf, CL/F and Vz/F belong
    to a single dose in a person who has taken nothing before.
    """
    schedule, p = arm.schedule, group.persons.parameters
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
        chosen = group.persons.numbers % schedule.groups == number
        given = _given(schedule, doses[-1], p)
        single = rested and len(doses) == 1
        for analyte in analytes:
            dose = given[analyte] if single else np.full(people, np.nan)
            values = simulated.outputs[analyte][after][:, chosen]
            quantities = noncompartmental(times[after] - at, values, dose[chosen])
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


def _given(schedule: Schedule, dose: Happening, p: Mapping[str, Array]) -> dict[str, Array]:
    """Return how much of each analyte a dose holds, nmol; not a number where it holds none as such."""
    column = schedule.columns[dose.column]
    product = products()[column.product]
    milligrams = dose.amount * content(product, column.basis, p).alkaloid_mg
    nothing = np.full_like(milligrams, np.nan)
    return {
        "mitragynine": milligrams / p["MW_MG"] * NMOL_PER_MG_MOLAR if product.mitragynine else nothing,
        "7-hydroxymitragynine": milligrams / p["MW_7"] * NMOL_PER_MG_MOLAR if product.hydroxymitragynine else nothing,
        "speciociliatine": nothing,
    }

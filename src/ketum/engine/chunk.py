"""A chunk of persons through all arms, reduced on the spot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketum.body.noncompartmental import QUANTITIES, noncompartmental
from ketum.engine.endpoints import arm_endpoints
from ketum.engine.experiment import HOURS_PER_DAY, ArmPlan, Experiment
from ketum.engine.layout import LANES
from ketum.engine.observe import Scene
from ketum.engine.prepare import Group, prepare_group
from ketum.engine.simulate import Simulated, Window, resting_states, simulate
from ketum.engine.sketch import Sketches
from ketum.people import Persons, draw_persons, lot_factors
from ketum.products import NMOL_PER_MG_MOLAR, content, products
from ketum.regimens.schedule import DOSE, EVERYBODY, STEADY_STATE, Happening, Schedule

Array = NDArray[np.float64]
ANALYTES = ("mitragynine", "7-hydroxymitragynine", "speciociliatine")
_FEWEST_READINGS = 4
_COVARIATES = ("age", "female", "weight")


@dataclass(slots=True)
class Tally:
    """Sketches of every arm, and of the differences of every pair of arms."""

    arms: list[Sketches]
    pairs: list[Sketches]

    @classmethod
    def empty(cls, experiment: Experiment) -> Tally:
        """Return a tally that has seen nobody."""
        records = experiment.records
        return cls(
            [Sketches.empty(experiment.axes, records) for _ in experiment.arms],
            [Sketches.empty(experiment.paired_axes, records) for _ in experiment.pairs],
        )

    def merge(self, other: Tally) -> None:
        """Add what another tally has seen."""
        for mine, theirs in zip(self.arms + self.pairs, other.arms + other.pairs, strict=True):
            mine.merge(theirs)


@dataclass(slots=True)
class Rows:
    """What is kept of single persons.

    Attributes
    ----------
    first : int
        The first person's number.
    columns : list of str
        Names of the columns of `persons`; an arm's columns are named "arm|end point".
    persons : (person, column) array
    trajectories : (arm, output, record, person) float32
        Records of the persons whose trajectories are kept; no persons in most rows.
    """

    first: int
    columns: list[str]
    persons: Array
    trajectories: NDArray[np.float32]

    @property
    def count(self) -> int:
        """Number of persons."""
        return len(self.persons)


def run_chunk(experiment: Experiment, first: int, count: int, tally: Tally) -> Rows:
    """Run persons `first` to `first + count` through the run-in and all arms and add them to a tally.

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
    started = rested = resting_states(group)
    if experiment.run_in is not None:
        window = Window(0, experiment.run_in_hours, leads_to=experiment.outputs)
        started = simulate(group, experiment.run_in, window, seed=cohort.seed, start=rested).states
    times = np.asarray(experiment.times)
    kept = max(min(experiment.trajectories - first, count), 0)
    trajectories = np.empty((len(experiment.arms), len(experiment.outputs), len(times), kept), dtype=np.float32)
    columns, values = list(_COVARIATES), _covariates(persons)
    lived: list[dict[str, Array]] = []
    for k, arm in enumerate(experiment.arms):
        window = experiment.window(arm)
        start = rested if arm.never_used else started
        simulated = simulate(group, arm.schedule, window, seed=cohort.seed, start=start)
        over_days = window.over_days(experiment.steps_per_hour)
        found = arm_endpoints(
            scene,
            arm.schedule,
            simulated,
            times,
            experiment.run_in_hours,
            over_days=over_days,
            kratom=experiment.run_in is not None or _takes_kratom(arm),
        )
        if experiment.pk:
            found.update(_pk(experiment, group, arm, simulated, times))
        columns += [f"{arm.name}|{name}" for name in found]
        values += list(found.values())
        lived.append({name: v[:, :count] for name, v in simulated.outputs.items()})
        tally.arms[k].add(lived[k], arm.name, first, times)
        for j, name in enumerate(experiment.outputs):
            trajectories[k, j] = lived[k][name][:, :kept]
    for sketches, (b, a) in zip(tally.pairs, experiment.pairs, strict=True):
        label = f"{experiment.arms[b].name} minus {experiment.arms[a].name}"
        differences = {name: lived[b][name] - lived[a][name] for name in sketches.by_name}
        sketches.add(differences, label, first, times)
    return Rows(first, columns, np.stack(values, axis=1)[:count], trajectories)


def run_range(experiment: Experiment, first: int, count: int) -> tuple[Tally, list[Rows]]:
    """Run a range of persons chunk by chunk into a tally of their own."""
    tally, size = Tally.empty(experiment), experiment.chunk
    rows = [
        run_chunk(experiment, start, min(size, first + count - start), tally)
        for start in range(first, first + count, size)
    ]
    return tally, rows


def _takes_kratom(arm: ArmPlan) -> bool:
    """Return whether no product of an arm is a reference drug (an arm without products counts)."""
    return not any(products()[column.product].suffix for column in arm.schedule.columns if column.serving)


def _covariates(persons: Persons) -> list[Array]:
    return [persons.age, persons.female.astype(float), persons.weight]


def _pk(experiment: Experiment, group: Group, arm: ArmPlan, simulated: Simulated, times: Array) -> dict[str, Array]:
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
        chosen = group.persons.numbers % schedule.groups == number
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
    milligrams = dose.amount * content(product, column.basis, p).alkaloid_mg
    if column.basis == product.content_basis:
        day = dose.step // experiment.steps_per_hour // HOURS_PER_DAY
        lot = int(day / group.table["lot_days"])
        numbers, seed = group.persons.numbers, experiment.cohort.seed
        milligrams = milligrams * lot_factors(numbers, seed, lot + 1, group.table["lot_cv"])[lot]
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

"""A chunk of persons through all arms and settings, reduced on the spot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketum.engine.channels import channel_effects
from ketum.engine.cohort import Tables
from ketum.engine.contaminants import metals_a_day, takes_leaf
from ketum.engine.endpoints import arm_endpoints, within_use
from ketum.engine.experiment import ArmPlan, Experiment
from ketum.engine.layout import LANES
from ketum.engine.lives import Beginnings, Lives
from ketum.engine.monitoring import monitor, watch
from ketum.engine.mood_endpoints import mood_endpoints
from ketum.engine.observe import Scene
from ketum.engine.prepare import Group, prepare_group
from ketum.engine.profiles import pk_endpoints
from ketum.engine.simulate import Simulated
from ketum.engine.sketch import Sketches
from ketum.mood import CausalSetting
from ketum.people import Persons, motives
from ketum.people.covariates import MOTIVES
from ketum.regimens.lots import lot_numbers

Array = NDArray[np.float64]
_FLAGS = {"pain": "chronic_pain", "opioid": "prior_opioid", "ptsd": "ptsd", "alcohol": "alcohol_use_disorder"}


@dataclass(slots=True)
class Tally:
    """Sketches of the cells, and of the differences of pairs of arms, as numbered by the experiment."""

    arms: list[Sketches]
    pairs: list[Sketches]

    @classmethod
    def empty(cls, experiment: Experiment) -> Tally:
        """Return a tally that has seen nobody."""
        records = experiment.records
        return cls(
            [Sketches.empty(experiment.axes, records) for _ in set(experiment.cell_sketches)],
            [Sketches.empty(experiment.paired_axes, records) for _ in set(experiment.pair_sketches)],
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
        Names of the columns of `persons`; a cell's columns are named "cell|end point".
    persons : (person, column) array
    trajectories : (cell, output, record, person) float32
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


def run_chunk(
    experiment: Experiment, first: int, count: int, tally: Tally, beginnings: Beginnings | None = None
) -> Rows:
    """Run persons `first` to `first + count` through the run-in and all arms and add them to a tally.

    Persons sit in blocks by their number, so a chunk starts at a multiple of LANES and is filled up to whole blocks
    with persons that are computed and dropped. A run-in that `beginnings` knows is not lived again.
    """
    cohort = experiment.cohort
    persons = cohort.persons(first, -(-count // LANES) * LANES, selection=experiment.settings[0].selection)
    group = prepare_group(persons, cohort.tables.body, experiment.dt, cohort.tables, cohort.seed)
    lives = Lives(experiment, group, None if beginnings is None else beginnings.of(experiment, first, count))
    times = np.asarray(experiment.times)
    kept = max(min(experiment.trajectories - first, count), 0)
    trajectories = np.empty((len(experiment.cells), len(experiment.outputs), len(times), kept), dtype=np.float32)
    found = _covariates(persons, cohort.tables)
    done: dict[int, tuple[dict[str, Array], dict[str, Array]]] = {}
    compared: set[int] = set()
    for s, setting in enumerate(experiment.settings):
        lived: list[dict[str, Array]] = []
        for k, arm in enumerate(experiment.arms):
            cell = s * len(experiment.arms) + k
            number, label = experiment.cell_sketches[cell], experiment.label(setting, arm.name)
            if number in done:
                outputs, endpoints = done[number]
            else:
                simulated = lives.run(setting, arm)
                outputs = {name: v[:, :count] for name, v in simulated.outputs.items()}
                endpoints = _endpoints(experiment, lives, setting, arm, simulated, first)
                tally.arms[number].add(outputs, label, first, times)
                if experiment.cell_sketches.count(number) > 1:
                    done[number] = outputs, endpoints
            found |= {f"{label}|{name}": values for name, values in endpoints.items()}
            lived.append(outputs)
            for j, name in enumerate(experiment.outputs):
                trajectories[cell, j] = outputs[name][:, :kept]
        for p, (b, a) in enumerate(experiment.pairs):
            number = experiment.pair_sketches[s * len(experiment.pairs) + p]
            if number in compared:
                continue
            compared.add(number)
            sketches = tally.pairs[number]
            label = f"{experiment.arms[b].name} minus {experiment.arms[a].name}"
            differences = {name: lived[b][name] - lived[a][name] for name in sketches.by_name}
            sketches.add(differences, experiment.label(setting, label), first, times)
    return Rows(first, list(found), np.stack(list(found.values()), axis=1)[:count], trajectories)


def _endpoints(
    experiment: Experiment, lives: Lives, setting: CausalSetting, arm: ArmPlan, simulated: Simulated, first: int
) -> dict[str, Array]:
    """Return all end points of a cell, each (P,)."""
    group, cohort = lives.group, experiment.cohort
    scene = Scene(group.persons, group.table, cohort.seed)
    times = np.asarray(experiment.times)
    over_days = experiment.over_days
    found = arm_endpoints(
        scene,
        arm.schedule,
        simulated,
        times,
        experiment.run_in_hours,
        over_days=over_days,
        kratom=experiment.run_in is not None or arm.about_kratom,
    )
    if experiment.pk:
        found.update(pk_endpoints(experiment, group, arm, simulated, times))
    if not over_days:
        return found
    found |= _metals(experiment, group, arm, simulated, times)
    span = experiment.use_span(arm)
    without = lives.without_kratom(arm.courses)
    at_start = lives.in_episode_at_start(setting, arm)
    tables, seed = cohort.tables, cohort.seed
    relief = simulated.state("relief_sum"), simulated.state("relief_count")
    found |= mood_endpoints(
        group.persons, simulated.days, without, span, at_start, relief, tables, seed, experiment.first_day
    )
    found |= watch(experiment.monitoring, group.persons, simulated.days["severity_14d"], tables, seed)
    if experiment.monitoring is not None:
        found |= monitor(experiment.monitoring, group.persons, simulated.days["severity_14d"], tables, seed)
    if span.uses and first < experiment.channel_people:
        effects = channel_effects(lives, setting, arm, simulated.days, span)
    else:
        nothing = np.full(len(group.persons.numbers), np.nan)
        effects = dict.fromkeys(experiment.channel_columns(setting, arm), nothing)
    return found | effects


def _metals(experiment: Experiment, group: Group, arm: ArmPlan, simulated: Simulated, times: Array) -> dict[str, Array]:
    """Return the intake of metals in the last weeks of use; nothing where grams are unknown."""
    table, stop = group.table, arm.schedule.stop_hour
    until = times[-1] if stop is None else float(stop - experiment.run_in_hours)
    chosen = within_use(times, until, table["use_days"])
    if "dose" not in simulated.outputs or not takes_leaf(arm.schedule) or not chosen.any():
        return {}
    lots = lot_numbers(arm.schedule.lots, experiment.first_day + experiment.days, table["lot_days"])
    grams, seed = simulated.outputs["dose"][chosen], experiment.cohort.seed
    return metals_a_day(grams, times[chosen], experiment.first_day, lots, group.persons.numbers, seed)


def run_range(experiment: Experiment, first: int, count: int) -> tuple[Tally, list[Rows]]:
    """Run a range of persons chunk by chunk into a tally of their own."""
    tally, size = Tally.empty(experiment), experiment.chunk
    rows = [
        run_chunk(experiment, start, min(size, first + count - start), tally)
        for start in range(first, first + count, size)
    ]
    return tally, rows


def _covariates(persons: Persons, tables: Tables) -> dict[str, Array]:
    """Return covariates of the persons, and their motives were they to begin use at the start."""
    people, traits = persons.candidates, persons.traits
    assert people is not None
    assert traits is not None
    strengths = motives(people, traits, people.severity, tables.covariates, tables.mood)
    flags = {name: getattr(people, field).astype(float) for field, name in _FLAGS.items()}
    return {
        "age": people.age,
        "female": people.female.astype(float),
        "weight": persons.weight,
        "severity_at_start": people.severity,
        **flags,
        **{f"motive_{name}": (strengths[k] > 0.0).astype(float) for k, name in enumerate(MOTIVES)},
        "main_motive": strengths.argmax(axis=0).astype(float),
    }

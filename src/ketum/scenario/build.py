"""From a resolved scenario to an experiment of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from ketum.engine.cohort import Cohort, Tables
from ketum.engine.experiment import CHANNEL_PEOPLE, CHANNEL_PEOPLE_OF_SETS, ArmPlan, Experiment, Monitoring
from ketum.engine.prepare import wake_times
from ketum.engine.profiles import has_profile
from ketum.engine.sketch import STATISTICS, megabytes
from ketum.errors import ScenarioError
from ketum.evidence import Distribution, ParameterTable, load_parameters
from ketum.mood import NEVER_ENDS, Course
from ketum.products import products
from ketum.regimens.phases import HOURS_PER_DAY, Phase
from ketum.regimens.schedule import Grid, build_schedule
from ketum.scenario.medicines import acting
from ketum.scenario.model import Arm, Scenario
from ketum.scenario.setting import settings_of
from ketum.scenario.treatments import as_medicines

RUN_IN_PRODUCT = "leaf_powder"
_MOST_MEGABYTES = 6000.0
_BYTES_A_RECORD = 4 * len(STATISTICS)
_OWN_SPREAD = ("beta", "integers")


@cache
def _bases() -> tuple[dict[str, str], dict[str, str]]:
    every = products()
    return (
        {name: product.content_basis for name, product in every.items()},
        {name: product.alkaloid_basis for name, product in every.items()},
    )


def grid(body: ParameterTable, hours: int, offset: int, steps_per_hour: int) -> Grid:
    """Return the grid on which schedules of this table are laid out."""
    return Grid(
        hours,
        offset,
        steps_per_hour,
        wake_times(body),
        body.value("awake_h"),
        body.value("taper_end"),
        *_bases(),
    )


def body_table(own: Mapping[str, float]) -> ParameterTable:
    """Return the body parameters with values of one's own.

    A symbol whose spread does not scale with its value (``Dist``, ``t_wake``) is then the same for everybody.
    """
    known = load_parameters("body")
    mine = {symbol: value for symbol, value in own.items() if symbol in known}
    table = known.with_values(mine)
    fixed = [p for p in map(table.get, mine) if p is not None and p.between_person.kind in _OWN_SPREAD]
    alike = {p.symbol: replace(p, between_person=Distribution("none", None, None)) for p in fixed}
    return ParameterTable(table.name, [alike.get(symbol, p) for symbol, p in table.items()])


def tables_with(own: Mapping[str, float]) -> Tables:
    """Return all tables of a run, with values of one's own by symbol of the body and mood tables."""
    mood = load_parameters("mood")
    return Tables(
        body_table(own),
        mood.with_values({symbol: value for symbol, value in own.items() if symbol in mood}),
        load_parameters("covariates"),
        load_parameters("scales"),
        load_parameters("rules"),
    )


def run_tables(scenario: Scenario) -> Tables:
    """Return all tables of a run, with the scenario's own values."""
    return tables_with({symbol: value for symbol, value in scenario.parameters.items() if not isinstance(value, str)})


def _courses(arm: Arm) -> tuple[Course, ...]:
    """Return an arm's treatments in days of the record."""
    return tuple(
        Course(
            t.name,
            round(t.from_h / HOURS_PER_DAY),
            NEVER_ENDS if t.for_h is None else round((t.from_h + t.for_h) / HOURS_PER_DAY),
            t.adherence,
        )
        for t in arm.treatments
    )


def _of_draws(experiment: Experiment, draws: int) -> float:
    """Return the memory of all statistics in every parameter set, MB: as lived, and as labelled arrays."""
    cells = len(experiment.cells) * len(experiment.axes)
    pairs = len(experiment.settings) * len(experiment.pairs) * len(experiment.paired_axes)
    return 2.0 * draws * (cells + pairs) * experiment.records * _BYTES_A_RECORD / 1e6


def megabytes_needed(scenario: Scenario, experiment: Experiment) -> float:
    """Return the memory that the statistics of a run need, MB."""
    needed = len(set(experiment.cell_sketches)) * megabytes(experiment.axes, experiment.records)
    needed += len(set(experiment.pair_sketches)) * megabytes(experiment.paired_axes, experiment.records)
    return needed + (_of_draws(experiment, scenario.uncertainty.draws) if scenario.uncertainty is not None else 0.0)


def fixed_keys(scenario: Scenario) -> frozenset[str]:
    """Return the keys, such as ``body.theta``, of parameters that the scenario fixes or sets."""
    tables = (load_parameters("body"), load_parameters("mood"))
    return frozenset(table[symbol].key for symbol in scenario.parameters for table in tables if symbol in table)


def build_experiment(scenario: Scenario) -> Experiment:
    """Return the experiment of a scenario.

    Raises
    ------
    ScenarioError
        If what is to be recorded would not fit the memory of an ordinary machine.
    """
    tables = run_tables(scenario)
    body = tables.body
    record = scenario.record
    per_hour = round(1.0 / record.step_h)
    run_in_hours = round(scenario.people.experience_h)
    hours = round(record.for_h)
    layout = grid(body, hours, run_in_hours, per_hour)
    arms = tuple(
        ArmPlan(
            arm.name,
            build_schedule(arm.phases, layout, (*acting(arm.medicines), *as_medicines(arm.treatments)), arm.events),
            _courses(arm),
            arm.never_used,
        )
        for arm in scenario.arms
    )
    run_in = None
    if run_in_hours > 0:
        before = Phase(mode="as_needed", product=RUN_IN_PRODUCT)
        run_in = build_schedule((before,), grid(body, run_in_hours, 0, per_hour))
    cohort = Cohort(scenario.people.count, scenario.seed, scenario.people.population, tables)
    asked = scenario.setting
    monitor = scenario.monitor
    experiment = Experiment(
        cohort,
        settings_of(asked),
        run_in,
        run_in_hours,
        arms,
        record.step_h,
        hours,
        round(record.start_h),
        round(record.every_h * per_hour),
        record.outputs,
        record.pk,
        min(record.trajectories, scenario.people.count),
        CHANNEL_PEOPLE if scenario.uncertainty is None else CHANNEL_PEOPLE_OF_SETS,
        monitoring=None
        if monitor is None
        else Monitoring(round(monitor.every_h / HOURS_PER_DAY), monitor.rise, monitor.item_nine, monitor.consecutive),
    )
    if record.pk and not any(has_profile(arm.schedule) for arm in arms):
        message = (
            "record.pk: no arm has a last dose that everybody takes at the same moment; allowed: times, every, or "
            "per_day with clock times in at, or an event table"
        )
        raise ScenarioError(message, ("record", "pk"))
    needed = megabytes_needed(scenario, experiment)
    if needed > _MOST_MEGABYTES:
        message = (
            f"record: {experiment.records} records of {len(record.outputs)} outputs in {len(arms)} arms need "
            f"{needed / 1000:.0f} GB of memory for their quantiles; allowed: up to "
            f"{_MOST_MEGABYTES / 1000:.0f} GB. "
            "Take a longer record.every, a shorter record.for, fewer record.outputs or fewer uncertainty.draws"
        )
        raise ScenarioError(message)
    return experiment

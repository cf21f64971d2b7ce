"""From a resolved scenario to an experiment of the engine."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from ketum.engine.chunk import has_profile
from ketum.engine.experiment import ArmPlan, Cohort, Experiment
from ketum.engine.prepare import wake_times
from ketum.engine.sketch import megabytes
from ketum.errors import ScenarioError
from ketum.evidence import Distribution, ParameterTable, load_parameters
from ketum.products import products
from ketum.regimens.phases import Phase
from ketum.regimens.schedule import Grid, build_schedule
from ketum.scenario.model import Scenario

_RUN_IN_PRODUCT = "leaf_powder"
_MOST_MEGABYTES = 6000.0
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


def body_table(scenario: Scenario) -> ParameterTable:
    """Return the body parameters with the scenario's own values.

    A symbol whose spread does not scale with its value (``Dist``, ``t_wake``) is then the same for everybody.
    """
    own = {symbol: value for symbol, value in scenario.parameters.items() if not isinstance(value, str)}
    table = load_parameters("body").with_values(own)
    fixed = [p for p in map(table.get, own) if p is not None and p.between_person.kind in _OWN_SPREAD]
    alike = {p.symbol: replace(p, between_person=Distribution("none", None, None)) for p in fixed}
    return ParameterTable(table.name, [alike.get(symbol, p) for symbol, p in table.items()])


def build_experiment(scenario: Scenario) -> Experiment:
    """Return the experiment of a scenario.

    Raises
    ------
    ScenarioError
        If what is to be recorded would not fit the memory of an ordinary machine.
    """
    body = body_table(scenario)
    record = scenario.record
    per_hour = round(1.0 / record.step_h)
    run_in_hours = round(scenario.people.experience_h)
    hours = round(record.for_h)
    layout = grid(body, hours, run_in_hours, per_hour)
    arms = tuple(
        ArmPlan(arm.name, build_schedule(arm.phases, layout, arm.medicines, arm.events), arm.never_used)
        for arm in scenario.arms
    )
    run_in = None
    if run_in_hours > 0:
        before = Phase(mode="as_needed", product=_RUN_IN_PRODUCT)
        run_in = build_schedule((before,), grid(body, run_in_hours, 0, per_hour))
    cohort = Cohort(scenario.people.count, scenario.seed, body, load_parameters("covariates"), load_parameters("mood"))
    experiment = Experiment(
        cohort,
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
    )
    if record.pk and not any(has_profile(arm.schedule) for arm in arms):
        message = (
            "record.pk: no arm has a last dose that everybody takes at the same moment; allowed: times, every, or "
            "per_day with clock times in at, or an event table"
        )
        raise ScenarioError(message)
    needed = len(arms) * megabytes(experiment.axes, experiment.records)
    needed += len(experiment.pairs) * megabytes(experiment.paired_axes, experiment.records)
    if needed > _MOST_MEGABYTES:
        message = (
            f"record: {experiment.records} records of {len(record.outputs)} outputs in {len(arms)} arms need "
            f"{needed / 1000:.0f} GB of memory in each process for their quantiles; allowed: up to "
            f"{_MOST_MEGABYTES / 1000:.0f} GB. "
            "Take a longer record.every, a shorter record.for, or fewer record.outputs"
        )
        raise ScenarioError(message)
    return experiment

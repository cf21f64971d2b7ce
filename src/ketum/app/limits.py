"""How much one request may ask for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ketum.engine.experiment import Experiment
from ketum.engine.workers import person_hours
from ketum.errors import ScenarioError
from ketum.results.uncertain import person_count
from ketum.results.variance import Variance
from ketum.scenario import Scenario
from ketum.scenario.build import build_experiment, megabytes_needed
from ketum.simulation import asked_of

_HOURS_PER_YEAR = 365 * 24
_USUAL_STEP_H = 0.5
_COMMAND = "; ketum run has no such limit"


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes of runs, uploads and queues; see ``limits.toml``."""

    most_person_years: float
    most_people: int
    most_years: float
    most_records_mb: float
    most_trajectories: int
    most_sets: int
    most_memory_mb: int
    most_seconds: float
    read_seconds: float
    most_bytes: int
    most_depth: int
    most_waiting: int
    quick_person_years: float


@cache
def limits() -> Limits:
    """Return the shipped limits.

    Examples
    --------
    >>> limits().most_bytes
    1000000
    """
    text = resources.files("ketum.app").joinpath("limits.toml").read_text(encoding="utf-8")
    return Limits(**tomllib.loads(text))


def person_years(scenario: Scenario, experiment: Experiment) -> float:
    """Return how much there is to simulate, parameter sets included; steps finer than usual count for more."""
    years = person_hours(experiment) / _HOURS_PER_YEAR * max(1.0, _USUAL_STEP_H / experiment.dt)
    asked = asked_of(scenario)
    return years * (1.0 + person_count(experiment, asked) / experiment.cohort.count) if asked else years


def experiment_within(scenario: Scenario) -> Experiment:
    """Return the experiment of a scenario that is small enough for the explorer.

    Raises
    ------
    ScenarioError
        If it is larger; the text says by what and what is allowed.
    """
    most = limits()
    if scenario.people.count > most.most_people:
        raise _too_large(("people", "count"), f"{scenario.people.count:,} persons", f"up to {most.most_people:,}")
    longest = max(scenario.record.for_h, scenario.people.experience_h) / _HOURS_PER_YEAR
    if longest > most.most_years:
        raise _too_large(("record", "for"), f"{longest:,.0f} years", f"up to {most.most_years:g}")
    if scenario.record.trajectories > most.most_trajectories:
        told = f"{scenario.record.trajectories:,} single persons"
        raise _too_large(("record", "trajectories"), told, f"up to {most.most_trajectories}")
    asked = asked_of(scenario)
    sets = asked.draws + asked.shares * Variance.most_sets() if asked else 0
    if sets > most.most_sets:
        raise _too_large(("uncertainty", "draws"), f"{sets:,} parameter sets", f"up to {most.most_sets:,} in all")
    experiment = build_experiment(scenario)
    years = person_years(scenario, experiment)
    if years > most.most_person_years:
        told = f"{years:,.0f} person-years in all arms, settings and parameter sets"
        raise _too_large(("people", "count"), told, f"up to {most.most_person_years:,.0f} in all")
    megabytes = megabytes_needed(scenario, experiment)
    if megabytes > most.most_records_mb:
        told = f"{experiment.records:,} records, {megabytes:,.0f} MB of statistics,"
        raise _too_large(
            ("record", "every"), told, f"up to {most.most_records_mb:,.0f} MB: a longer time between records"
        )
    return experiment


def _too_large(key: tuple[str, ...], what: str, allowed: str) -> ScenarioError:
    message = f"{'.'.join(key)}: {what} are more than the explorer takes; allowed: {allowed}{_COMMAND}"
    return ScenarioError(message, key)

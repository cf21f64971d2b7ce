"""Scenarios lived with any tables: what their persons' end points and daily outputs are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Cohort, Tables
from ketum.engine.endpoints import arm_endpoints
from ketum.engine.experiment import Experiment
from ketum.engine.layout import LANES
from ketum.engine.lives import Lives
from ketum.engine.observe import Scene
from ketum.engine.prepare import prepare_group
from ketum.regimens.phases import DAYS_PER_WEEK
from ketum.scenario import scenario_of_text
from ketum.scenario.build import build_experiment
from ketum.studies.lives.people import filled

Array = NDArray[np.float64]
_CHUNK = 512


@dataclass(frozen=True, slots=True)
class Lived:
    """One arm: end points by name, (person,); outputs, (record, person); excess over the never-use life, (day, person).

    The excess is that of two-week severity; of no days where it was not asked for.
    """

    points: dict[str, Array]
    outputs: dict[str, Array]
    excess: Array


def scenario(population: str, arms: str, weeks: float, outputs: str, *, every: str = "1 d", people: str = "") -> str:
    """Return the text of a scenario."""
    days = round(weeks * DAYS_PER_WEEK)
    return (
        f'seed = 1\n[people]\ncount = {LANES}\npopulation = "{population}"\n{people}\n{arms}\n'
        f'[record]\nfor = "{days} d"\nevery = "{every}"\ntrajectories = 0\noutputs = [{outputs}]\n'
    )


def arm(name: str, *lines: str) -> str:
    """Return an arm with its other lines."""
    return "\n".join([f'[[arm]]\nname = "{name}"', *lines]) + "\n"


@cache
def _experiment(text: str) -> Experiment:
    return build_experiment(scenario_of_text(text, "study.toml"))


def live(text: str, tables: Tables, persons: int, seed: int, *, excess: bool = False) -> dict[str, Lived]:
    """Live the arms of a scenario with other tables.

    Parameters
    ----------
    text : str
        The scenario; its number of persons and seed are replaced. Schedules are laid out by the shipped tables.
    tables : Tables
    persons, seed : int
    excess : bool
        Whether the same lives without kratom are lived as well.

    Returns
    -------
    dict of str to Lived
        By arm; only the first causal setting.
    """
    planned = _experiment(text)
    cohort = Cohort(persons, seed, planned.cohort.population, tables)
    experiment = replace(planned, cohort=cohort)
    setting = experiment.settings[0]
    parts: dict[str, list[Lived]] = {}
    times = np.asarray(experiment.times)
    for first in range(0, persons, _CHUNK):
        count = min(_CHUNK, persons - first)
        people = cohort.persons(first, filled(count), selection=setting.selection)
        group = prepare_group(people, tables.body, experiment.dt, tables, seed)
        lives = Lives(experiment, group)
        scene = Scene(people, group.table, seed)
        for plan in experiment.arms:
            found = lives.run(setting, plan)
            kratom = experiment.run_in is not None or plan.about_kratom
            points = arm_endpoints(
                scene,
                plan.schedule,
                found,
                times,
                experiment.run_in_hours,
                over_days=experiment.over_days,
                kratom=kratom,
            )
            more = np.empty((0, count))
            if excess:
                never = lives.without_kratom(plan.courses)
                more = (found.days["severity_14d"] - never["severity_14d"])[:, :count]
            lived = Lived(
                {name: values[:count] for name, values in points.items()},
                {name: values[:, :count] for name, values in found.outputs.items()},
                more,
            )
            parts.setdefault(plan.name, []).append(lived)
    return {name: _joined(several) for name, several in parts.items()}


def _joined(parts: Sequence[Lived]) -> Lived:
    first = parts[0]
    return Lived(
        {name: np.concatenate([part.points[name] for part in parts]) for name in first.points},
        {name: np.concatenate([part.outputs[name] for part in parts], axis=1) for name in first.outputs},
        np.concatenate([part.excess for part in parts], axis=1),
    )

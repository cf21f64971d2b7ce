"""The arms of one's own scenario as the arms of a trial."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar

import numpy as np

from ketum.engine.cohort import Cohort
from ketum.engine.experiment import Experiment
from ketum.engine.layout import LANES, PLACES
from ketum.engine.lives import Lives as ArmLives
from ketum.engine.prepare import prepare_group
from ketum.people import draw_persons
from ketum.scenario import scenario_of_text
from ketum.scenario.build import build_experiment
from ketum.studies.lives.arms import OF_THE_DAY, SCORED
from ketum.studies.lives.living import covariates
from ketum.studies.lives.people import filled, of_preset, take
from ketum.studies.lives.recipe import Array, Keys, Lives, Recipe
from ketum.studies.lives.users import weeks


@cache
def experiment_of(text: str) -> Experiment:
    """Return the experiment of a scenario's text."""
    return build_experiment(scenario_of_text(text))


@dataclass(frozen=True, kw_only=True)
class ScenarioArms(Recipe):
    """Persons of a scenario in all its arms.

    Attributes
    ----------
    text : str
        The resolved scenario.
    weeks : int
    """

    text: str
    weeks: int

    chunk: ClassVar[int] = 512

    def keys(self) -> Keys:
        """Return the first persons of the scenario's population."""
        population = experiment_of(self.text).cohort.population
        return of_preset(population, self.tables, self.persons, self.seed, selection=self.setting.selection).keys

    def live(self, keys: Keys) -> Lives:
        """Return "<arm>:two_week" and "<arm>:day", severity by week, (week, person)."""
        planned = experiment_of(self.text)
        cohort = Cohort(self.persons, self.seed, planned.cohort.population, self.tables)
        experiment = replace(planned, cohort=cohort, settings=(self.setting,))
        people = self.people(keys)
        padded = take(people, np.resize(np.arange(len(keys)), filled(len(keys))))
        t = self.tables
        persons = draw_persons(padded.keys, self.seed, t.body, padded, t.covariates, t.mood)
        lives = ArmLives(experiment, prepare_group(persons, t.body, experiment.dt, t, self.seed))
        found = covariates(people)
        at = np.array(weeks(self.weeks)[1:]) - 1
        for arm in experiment.arms:
            states = lives.rested if arm.never_used else lives.started(self.setting)
            lived = lives.run(self.setting, arm, outputs=False)
            for kept, signal in ((SCORED, "severity_14d"), (OF_THE_DAY, "severity")):
                first = _state(states, signal)[: len(keys)] if experiment.run_in_hours else people.severity
                rows = lived.days[signal][at, : len(keys)]
                found[f"{arm.name}:{kept}"] = np.concatenate([first[None], rows])
        return found


def _state(states: Array, name: str) -> Array:
    """Return one state of (block, STATE_LENGTH) states, (P,)."""
    place = PLACES[name]
    return states[:, place : place + LANES].reshape(-1)

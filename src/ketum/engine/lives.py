"""The lives of a chunk of persons: each arm in each setting, and life without kratom, on shared beginnings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.engine.experiment import ArmPlan, Experiment
from ketum.engine.layout import LANES, PLACES
from ketum.engine.mind import Mind
from ketum.engine.prepare import Group
from ketum.engine.simulate import Simulated, Window, resting_states, simulate
from ketum.mood import CausalSetting, Course
from ketum.regimens.schedule import FORCED, NO_SPELL, Schedule

Array = NDArray[np.float64]


class Lives:
    """Runs the arms of a chunk; what arms share is lived once.

    Parameters
    ----------
    experiment : Experiment
    group : Group
        The chunk's persons.
    """

    def __init__(self, experiment: Experiment, group: Group) -> None:
        self.experiment = experiment
        self.group = group
        self._started: dict[CausalSetting, Array] = {}
        self._never: dict[tuple[Course, ...], dict[str, Array]] = {}
        self._rested: Array | None = None

    def _simulate(self, schedule: Schedule, window: Window, mind: Mind, start: Array, *, resting: bool) -> Simulated:
        seed = self.experiment.cohort.seed
        return simulate(self.group, schedule, window, seed=seed, start=start, resting=resting, mind=mind)

    @property
    def rested(self) -> Array:
        """States at day 0 of persons who never took anything."""
        if self._rested is None:
            start = resting_states(self.group)
            hours = self.experiment.run_in_hours
            if hours:
                mind = Mind(self.experiment.settings[0])
                start = self._simulate(Schedule(), Window(0, hours), mind, start, resting=True).states
            self._rested = start
        return self._rested

    def started(self, setting: CausalSetting) -> Array:
        """Return the states at day 0 after the run-in of regular use in a setting."""
        experiment = self.experiment
        if experiment.run_in is None:
            return self.rested
        if setting not in self._started:
            days = experiment.first_day
            mind = Mind(setting, modes=np.full(days, FORCED, dtype=np.int64))
            window = Window(0, experiment.run_in_hours, leads_to=experiment.outputs)
            start = resting_states(self.group)
            self._started[setting] = self._simulate(experiment.run_in, window, mind, start, resting=False).states
        return self._started[setting]

    def _begins_rested(self, arm: ArmPlan) -> bool:
        return arm.never_used or self.experiment.run_in is None

    def run(self, setting: CausalSetting, arm: ArmPlan, *, outputs: bool = True) -> Simulated:
        """Run an arm in a setting; without `outputs` only what is kept of every day."""
        experiment = self.experiment
        rests = self._begins_rested(arm)
        window = experiment.window(arm) if outputs else experiment.bare_window
        modes = np.array(
            arm.schedule.modes(experiment.first_day, experiment.first_day + experiment.days), dtype=np.int64
        )
        mind = Mind(setting, arm.courses, modes, NO_SPELL if rests else FORCED)
        start = self.rested if rests else self.started(setting)
        return self._simulate(arm.schedule, window, mind, start, resting=rests)

    def without_kratom(self, courses: tuple[Course, ...]) -> dict[str, Array]:
        """Return every day of the record of the same persons with these treatments and without kratom, ever."""
        if courses not in self._never:
            mind = Mind(self.experiment.settings[0], courses)
            window = self.experiment.bare_window
            self._never[courses] = self._simulate(Schedule(), window, mind, self.rested, resting=True).days
        return self._never[courses]

    def in_episode_at_start(self, setting: CausalSetting, arm: ArmPlan) -> Array:
        """Return whether each person is in a depressive episode at day 0, (P,)."""
        states = self.rested if self._begins_rested(arm) else self.started(setting)
        place = PLACES["in_episode"]
        return states[:, place : place + LANES].reshape(-1)

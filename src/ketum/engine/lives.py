"""The lives of a chunk of persons: each arm in each setting, and life without kratom, on shared beginnings."""

from __future__ import annotations

import hashlib
import pickle
from collections import OrderedDict
from dataclasses import replace

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
Started = dict[tuple[int, CausalSetting | None], Array]
"""States at day 0 of so many blocks after the run-in of regular use in a setting; in None, without ever any use."""


class Beginnings:
    """Run-ins that were lived, kept for experiments that differ only in what follows.

    Parameters
    ----------
    most : int
        How many chunks are kept; the one that was not asked for longest goes first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, Started] = OrderedDict()

    def of(self, experiment: Experiment, first: int, count: int) -> Started:
        """Return the states at day 0 of a chunk as far as they are known, to be filled as they are lived."""
        if experiment.run_in is None:
            return {}
        cohort = replace(experiment.cohort, count=0)  # persons do not depend on how many there are
        selection = experiment.settings[0].selection
        lived = (cohort, selection, experiment.dt, experiment.run_in, experiment.run_in_hours, experiment.outputs)
        key = hashlib.sha256(pickle.dumps((lived, first, count))).hexdigest()
        found = self._kept.setdefault(key, {})
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return found


class Lives:
    """Runs the arms of a chunk; what arms share is lived once.

    Parameters
    ----------
    experiment : Experiment
    group : Group
        The chunk's persons.
    started : dict, optional
        States after the run-in by setting, as far as they are known; it is filled.
    """

    def __init__(self, experiment: Experiment, group: Group, started: Started | None = None) -> None:
        self.experiment = experiment
        self.group = group
        self._started: Started = {} if started is None else started
        self._never: dict[tuple[Course, ...], dict[str, Array]] = {}

    def _simulate(self, schedule: Schedule, window: Window, mind: Mind, start: Array, *, resting: bool) -> Simulated:
        seed = self.experiment.cohort.seed
        return simulate(self.group, schedule, window, seed=seed, start=start, resting=resting, mind=mind)

    @property
    def rested(self) -> Array:
        """States at day 0 of persons who never took anything."""
        key = self.group.blocks, None
        if key not in self._started:
            start = resting_states(self.group)
            hours = self.experiment.run_in_hours
            if hours:
                mind = Mind(self.experiment.settings[0])
                start = self._simulate(Schedule(), Window(0, hours), mind, start, resting=True).states
            self._started[key] = start
        return self._started[key]

    def started(self, setting: CausalSetting) -> Array:
        """Return the states at day 0 after the run-in of regular use in a setting."""
        experiment = self.experiment
        if experiment.run_in is None:
            return self.rested
        key = self.group.blocks, setting
        if key not in self._started:
            days = experiment.first_day
            mind = Mind(setting, modes=np.full(days, FORCED, dtype=np.int64))
            window = Window(0, experiment.run_in_hours, leads_to=experiment.outputs)
            start = resting_states(self.group)
            self._started[key] = self._simulate(experiment.run_in, window, mind, start, resting=False).states
        return self._started[key]

    def of_first(self, blocks: int) -> Lives:
        """Return the lives of the first blocks alone; run-ins that are known of them are shared."""
        return Lives(self.experiment, self.group.first(blocks), self._started)

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

"""People in one causal setting, and the ways in which their days can be lived: short ways into the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.engine.mind import Mind
from ketum.engine.prepare import Group, prepare_group
from ketum.engine.simulate import Simulated, Window, resting_states, simulate
from ketum.mood import CausalSetting, Course
from ketum.people import Candidates, draw_persons
from ketum.regimens import Phase
from ketum.regimens.phases import HOURS_PER_DAY
from ketum.regimens.schedule import NO_SPELL, Schedule, build_schedule
from ketum.scenario.build import grid
from ketum.studies.lives.people import filled, take

Array = NDArray[np.float64]
STEP_H = 0.5
"""Step of persons with a mood, h: that of `ketum run` for populations."""
STEPS_PER_HOUR = 2
COVARIATES = ("age", "female", "pain", "opioid", "ptsd", "alcohol")
"""What a study asks of everybody."""


def covariates(people: Candidates) -> dict[str, Array]:
    """Return key and covariates of each person, (P,)."""
    told = {name: np.asarray(getattr(people, name), dtype=float) for name in COVARIATES}
    return {"key": people.keys.astype(float), **told}


def never() -> Schedule:
    """Return the schedule of a life without kratom."""
    return Schedule()


def laid_out(tables: Tables, phases: Sequence[Phase], days: int) -> Schedule:
    """Return the doses of phases from day 0 on."""
    return build_schedule(tuple(phases), grid(tables.body, HOURS_PER_DAY * days, 0, STEPS_PER_HOUR))


@dataclass(frozen=True, slots=True)
class Lived:
    """Days of a stretch of life.

    Attributes
    ----------
    days : dict of (day, P) arrays
        By name of `ketum.mood.fields.KEPT_BY_DAY`, from `first_day` on.
    first_day : int
    end : Simulated
        With the states at the end.
    start : (P,) array
        Severity at day 0 of the life.
    """

    days: Mapping[str, Array]
    first_day: int
    end: Simulated
    start: Array

    def after(self, name: str, days: Sequence[int]) -> Array:
        """Return a signal of severity after so many days of life, (len(days), P); after none it is the start."""
        rows = [self.start if day == 0 else self.days[name][day - 1 - self.first_day] for day in days]
        return np.array(rows).reshape(len(days), len(self.start))


class Living:
    """People in one causal setting; the group is filled up to whole blocks with people who are dropped again.

    Parameters
    ----------
    people : Candidates
    tables : Tables
    setting : CausalSetting
    seed : int
    """

    def __init__(self, people: Candidates, tables: Tables, setting: CausalSetting, seed: int) -> None:
        self.people, self.tables, self.setting, self.seed = people, tables, setting, seed
        self.count = len(people.keys)
        padded = take(people, np.resize(np.arange(self.count), filled(self.count)))
        self.persons = draw_persons(padded.keys, seed, tables.body, padded, tables.covariates, tables.mood)
        self.group = prepare_group(self.persons, tables.body, STEP_H, tables, seed)

    def live(
        self,
        schedule: Schedule,
        first_day: int,
        end_day: int,
        *,
        courses: Sequence[Course] = (),
        after: Lived | None = None,
        outputs: Sequence[str] = (),
        every_hours: int = HOURS_PER_DAY,
        relief_from: int | None = None,
        rests: bool | None = None,
        group: Group | None = None,
        states: Array | None = None,
        groups: NDArray[np.int64] | None = None,
        mode_before: int | None = None,
    ) -> Lived:
        """Live days `first_day` to `end_day` of a schedule that began on day 0.

        Parameters
        ----------
        schedule : Schedule
        first_day, end_day : int
            End not included.
        courses : sequence of Course, optional
            Treatments; their days count from `first_day`.
        after : Lived, optional
            What came before; without it everybody has never taken anything.
        outputs : sequence of str, optional
            Outputs to record every `every_hours` hours.
        every_hours : int
        relief_from : int, optional
            Day from which on every serving is compared with the same serving skipped.
        rests : bool, optional
            Whether nobody took anything before; by default if nothing came before.
        group : Group, optional
            Some blocks of the people, with their `states`.
        states : (block, STATE_LENGTH) array, optional
            States to start from in place of those of `after`.
        groups : (P,) int64, optional
            To which group of the schedule each person belongs.
        mode_before : int, optional
            Mode of the day before, in place of that of the schedule after what came before.
        """
        people = group or self.group
        begin = states if states is not None else after.end.states if after is not None else resting_states(people)
        resting = after is None if rests is None else rests
        modes = np.array(schedule.modes(first_day, end_day), dtype=np.int64)
        before = schedule.modes(first_day - 1, first_day)[0] if first_day and after is not None else NO_SPELL
        mind = Mind(self.setting, tuple(courses), modes, abs(before) if mode_before is None else mode_before)
        first, last = HOURS_PER_DAY * first_day, HOURS_PER_DAY * end_day
        relief = (-1, -1) if relief_from is None else (HOURS_PER_DAY * relief_from, last)
        every = every_hours * STEPS_PER_HOUR
        window = Window(first, last, tuple(outputs), first, every, relief=relief)
        lived = simulate(
            people, schedule, window, seed=self.seed, start=begin, resting=resting, mind=mind, groups=groups
        )
        count = self.count if group is None else len(people.persons.numbers)
        assert people.persons.candidates is not None
        start = people.persons.candidates.severity[:count]
        return Lived({name: values[:, :count] for name, values in lived.days.items()}, first_day, lived, start)

    def relief(self, lived: Lived) -> Array:
        """Return each person's mean relief by a serving, points of mood; not a number without servings, (P,)."""
        total, number = lived.end.state("relief_sum"), lived.end.state("relief_count")
        mean = np.divide(total, number, out=np.full_like(total, np.nan), where=number > 0.0)
        return mean[: len(lived.start)]


def as_needed(days: int, product: str = "leaf_powder") -> Phase:
    """Return use as needed for so many days."""
    return Phase(mode="as_needed", product=product, for_h=float(HOURS_PER_DAY * days))

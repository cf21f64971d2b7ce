"""What is to be run, in the engine's own terms: a cohort, its run-in, the arms, and what is kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ketum.engine.endpoints import TRACE_LEAD_H
from ketum.engine.layout import LANES
from ketum.engine.outputs import output_catalogue
from ketum.engine.simulate import Window
from ketum.engine.sketch import Axis
from ketum.evidence import ParameterTable
from ketum.regimens.schedule import Schedule

HOURS_PER_DAY = 24
_CHUNK_BYTES = 96e6
_LARGEST_CHUNK = 1024


@dataclass(frozen=True, slots=True)
class Cohort:
    """Who is simulated: numbers of persons, seed, tables; `by_sex` draws weight by sex, else from the body table."""

    count: int
    seed: int
    body: ParameterTable
    covariates: ParameterTable
    mood: ParameterTable
    by_sex: bool = True


@dataclass(frozen=True, slots=True)
class ArmPlan:
    """One arm: its schedule; `never_used` skips the run-in as well."""

    name: str
    schedule: Schedule
    never_used: bool = False


@dataclass(frozen=True, slots=True)
class Experiment:
    """A cohort through several arms.

    Attributes
    ----------
    cohort : Cohort
    run_in : Schedule or None
        Regular use before the record, lived through once and shared by all arms.
    run_in_hours : int
    arms : tuple of ArmPlan
    dt : float
        Step, h.
    hours, record_from : int
        Length of the arms, and the hour (of the record) from which outputs are kept.
    every_steps : int
        Steps between records.
    outputs : tuple of str
    pk : bool
        Whether non-compartmental quantities are computed from the recorded concentrations.
    trajectories : int
        Of how many persons (the first) every record is kept.
    """

    cohort: Cohort
    run_in: Schedule | None
    run_in_hours: int
    arms: tuple[ArmPlan, ...]
    dt: float
    hours: int
    record_from: int
    every_steps: int
    outputs: tuple[str, ...]
    pk: bool
    trajectories: int

    @property
    def steps_per_hour(self) -> int:
        """Steps in an hour."""
        return round(1.0 / self.dt)

    def window(self, arm: ArmPlan) -> Window:
        """Return the window of an arm, in hours from the start of the run-in."""
        start = self.run_in_hours
        end = start + self.hours
        stop = arm.schedule.stop_hour
        trace = (-1, 0)
        if stop is not None:
            lead = min(TRACE_LEAD_H, stop - start)
            trace = (stop - lead, lead + min(end - stop, self.trace_hours(arm)))
        snapshots = () if stop is None else (stop,)
        return Window(start, end, self.outputs, start + self.record_from, self.every_steps, *trace, snapshots)

    def trace_hours(self, arm: ArmPlan) -> int:
        """Return how many hours withdrawal is followed after the start of a stop or taper."""
        schedule = arm.schedule
        taper = (schedule.taper_end_hour or schedule.stop_hour or 0) - (schedule.stop_hour or 0)
        return taper + round(self.cohort.body.value("wd_days") * HOURS_PER_DAY)

    @property
    def records(self) -> int:
        """Number of records of an arm."""
        return self.window(self.arms[0]).record_count(self.steps_per_hour)

    @property
    def times(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Time of each record, h from the start of the record: its end where it folds days, else the instant."""
        over_days = self.window(self.arms[0]).over_days(self.steps_per_hour)
        first = 1 if over_days else 0
        every = self.every_steps * self.dt
        return self.record_from + every * np.arange(first, first + self.records, dtype=float)

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Arms whose differences are kept: all pairs of up to four arms, else each against the first."""
        n = len(self.arms)
        if n <= 4:
            return tuple((b, a) for a in range(n) for b in range(a + 1, n))
        return tuple((b, 0) for b in range(1, n))

    @property
    def axes(self) -> list[Axis]:
        """Axes of the outputs."""
        return [Axis.of(output_catalogue()[name]) for name in self.outputs]

    @property
    def paired_axes(self) -> list[Axis]:
        """Axes of the differences between arms."""
        catalogue = output_catalogue()
        return [Axis.of(catalogue[n], difference=True) for n in self.outputs if catalogue[n].paired]

    @property
    def chunk(self) -> int:
        """Persons that are simulated at once: as many blocks as fit the memory of a chunk."""
        per_person = 8.0 * max(self.records * len(self.outputs) * max(len(self.arms), 1), 1)
        return int(np.clip(_CHUNK_BYTES / per_person // LANES * LANES, LANES, _LARGEST_CHUNK))

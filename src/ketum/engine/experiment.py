"""What is to be run, in the engine's own terms: a cohort, its run-in, the arms, and what is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ketum.engine.cohort import Cohort
from ketum.engine.endpoints import TRACE_LEAD_H
from ketum.engine.layout import LANES
from ketum.engine.mood_endpoints import UseSpan
from ketum.engine.outputs import output_catalogue
from ketum.engine.simulate import Window
from ketum.engine.sketch import Axis
from ketum.mood import CHANNELS, CausalSetting, Course
from ketum.products import products
from ketum.regimens.schedule import Schedule

HOURS_PER_DAY = 24
_CHUNK_BYTES = 96e6
_LARGEST_CHUNK = 1024
CHANNEL_PEOPLE = 256
CHANNEL_PEOPLE_OF_SETS = 64
"""Of how many persons channels are taken apart where every parameter set does it."""


@dataclass(frozen=True, slots=True)
class ArmPlan:
    """One arm: its schedule and treatments; `never_used` skips the run-in as well."""

    name: str
    schedule: Schedule
    courses: tuple[Course, ...] = ()
    never_used: bool = False

    @property
    def about_kratom(self) -> bool:
        """Whether no product that counts as use is a reference drug (an arm without products counts)."""
        return not any(products()[column.product].suffix for column in self.schedule.columns if column.serving)

    @property
    def takes_kratom(self) -> bool:
        """Whether kratom is taken at all."""
        return any(not products()[column.product].suffix for column in self.schedule.columns)


@dataclass(frozen=True, slots=True)
class Monitoring:
    """A questionnaire every `every_days` during the record, and when it raises an alert (mood.md section 9.10)."""

    every_days: int
    rise: float
    item_nine: bool = False
    consecutive: int = 1


@dataclass(frozen=True, slots=True)
class Experiment:
    """A cohort through several arms, in several causal settings.

    An arm in a setting is a cell; cells are numbered setting by setting.

    Attributes
    ----------
    cohort : Cohort
    settings : tuple of CausalSetting
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
    channel_people : int
        Of how many persons (the first) the channels from use to mood are taken apart.
    monitoring : Monitoring or None
    """

    cohort: Cohort
    settings: tuple[CausalSetting, ...]
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
    channel_people: int = CHANNEL_PEOPLE
    monitoring: Monitoring | None = None

    @property
    def cells(self) -> tuple[tuple[CausalSetting, ArmPlan], ...]:
        """Every arm in every setting."""
        return tuple((setting, arm) for setting in self.settings for arm in self.arms)

    def _alike(self, arms: tuple[int, ...]) -> bool:
        """Whether arms are the same in every setting: nobody of them ever takes anything."""
        return all(
            self.arms[k].schedule.takes_nothing and (self.arms[k].never_used or self.run_in is None) for k in arms
        )

    @property
    def cell_sketches(self) -> tuple[int, ...]:
        """Which sketches tell of each cell: arms that are the same in every setting are counted once."""
        return _shared(len(self.settings), [self._alike((k,)) for k in range(len(self.arms))])

    @property
    def pair_sketches(self) -> tuple[int, ...]:
        """Which sketches tell of each pair of arms in each setting."""
        return _shared(len(self.settings), [self._alike(pair) for pair in self.pairs])

    def label(self, setting: CausalSetting, arm: str) -> str:
        """Return the words for an arm (or a difference between arms) in a setting."""
        return arm if len(self.settings) == 1 else f"{arm}, {setting.name}"

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
        first = start + self.record_from
        window = Window(start, end, self.outputs, first, self.every_steps, *trace, snapshots)
        return replace(window, relief=self._relief(arm)) if window.over_days(self.steps_per_hour) else window

    def _relief(self, arm: ArmPlan) -> tuple[int, int]:
        """Return the hours whose servings are compared with the same servings skipped: the last days of use."""
        span = self.use_span(arm)
        until = self.first_day + (span.end if span.stop is None else span.stop)
        days = round(self.cohort.tables.rules.value("help_days"))
        if not span.uses or until - days < self.first_day:
            return (-1, -1)
        return (HOURS_PER_DAY * (until - days), HOURS_PER_DAY * until)

    @property
    def over_days(self) -> bool:
        """Whether records fold whole days."""
        return self.window(self.arms[0]).over_days(self.steps_per_hour)

    @property
    def first_day(self) -> int:
        """Days of the run-in."""
        return self.run_in_hours // HOURS_PER_DAY

    @property
    def days(self) -> int:
        """Days of the record, begun ones included."""
        return -(-self.hours // HOURS_PER_DAY)

    @property
    def bare_window(self) -> Window:
        """The window of an arm of which only what is kept of every day is wanted."""
        return Window(self.run_in_hours, self.run_in_hours + self.hours, leads_to=self.outputs)

    def use_span(self, arm: ArmPlan) -> UseSpan:
        """Return when an arm's use begins and ends, in days of the record."""
        schedule, offset = arm.schedule, self.first_day
        began = min((first for first, _, _ in schedule.spells), default=0) - offset
        uses = not arm.never_used and (arm.takes_kratom or self.run_in is not None)
        end = self.hours // HOURS_PER_DAY
        if schedule.stop_hour is None:
            return UseSpan(end, max(began, 0), uses=uses, as_needed=bool(schedule.as_needed))
        stop = schedule.stop_hour // HOURS_PER_DAY - offset
        last = (schedule.taper_end_hour or schedule.stop_hour) // HOURS_PER_DAY - offset
        return UseSpan(end, max(began, 0), stop, last, uses=uses, as_needed=bool(schedule.as_needed))

    def channel_columns(self, setting: CausalSetting, arm: ArmPlan) -> list[str]:
        """Return the columns of the channels that act on severity in a cell."""
        span = self.use_span(arm)
        if not (span.uses and self.over_days and self.channel_people):
            return []
        acting = [channel for channel in CHANNELS[1:] if setting.acts(channel)]
        kinds = [
            kind for kind, there in (("channel", span.stop != 0), ("channel_after", span.stop is not None)) if there
        ]
        return [f"{kind}:{channel}" for channel in acting for kind in kinds]

    def trace_hours(self, arm: ArmPlan) -> int:
        """Return how many hours withdrawal is followed after the start of a stop or taper."""
        schedule = arm.schedule
        taper = (schedule.taper_end_hour or schedule.stop_hour or 0) - (schedule.stop_hour or 0)
        return taper + round(self.cohort.tables.body.value("wd_days") * HOURS_PER_DAY)

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
        # every arm of a setting is held at once, beside the sketches
        return int(np.clip(_CHUNK_BYTES / per_person // LANES * LANES, LANES, _LARGEST_CHUNK))


def _shared(settings: int, alike: list[bool]) -> tuple[int, ...]:
    """Return numbers of things setting by setting; those that are alike in every setting keep their first number."""
    numbers: list[int] = []
    for s in range(settings):
        for k, same in enumerate(alike):
            numbers.append(numbers[k] if s and same else max(numbers, default=-1) + 1)
    return tuple(numbers)

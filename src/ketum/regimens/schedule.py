"""From the phases of a protocol to doses on the step grid (body.md section 9, modes a to f)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ketum.errors import ScenarioError
from ketum.regimens.composition import Admixture, admixtures
from ketum.regimens.lots import LotChange
from ketum.regimens.phases import DAYS_PER_WEEK, HOURS_PER_DAY, EventTable, Medicine, Phase

_MOST_DOSES = 1_000_000
"""Doses of an event table that a schedule holds."""
RESET, STEADY_STATE, DOSE = 0, 1, 2
"""Kinds of events, in the order in which they happen at one moment: empty all pharmacokinetic compartments; set
them to a steady state; a dose."""
EVERYBODY = -1
NO_SPELL, FORCED, STOPPING, NATURAL = range(4)
"""Whether a day lies in a spell of use: by the arm (no, yes), or by hazards of stopping and resuming, or of starting
as well (`joined.md` section 6). The first day of a phase of stopping, in a spell in any case, has a negative mode."""


@dataclass(frozen=True, slots=True)
class Column:
    """A product in the unit in which an arm gives it; `serving` tells whether it counts as use.

    `content` is a measured content (mg/g, or mg in a tablet), `label_mg` what the label of a tablet promises; neither:
    content is drawn. `besides` is what each unit holds besides.
    """

    product: str
    basis: str
    serving: bool = True
    content: float | None = None
    label_mg: float | None = None
    besides: tuple[Admixture, ...] = ()

    @property
    def known_mg(self) -> float | None:
        """Content as a measurement or a label gives it; None where it is drawn."""
        return self.label_mg if self.content is None else self.content


@dataclass(frozen=True, slots=True, order=True)
class Happening:
    """One event on the step grid; `wake` and `group` say to whom it applies (-1: everybody)."""

    step: int
    order: int
    kind: int
    column: int
    amount: float
    wake: int = EVERYBODY
    group: int = EVERYBODY
    interval_steps: int = 0


@dataclass(frozen=True, slots=True)
class AsNeededPhase:
    """Hours of as-needed use; `amount` in units of the column, None keeps the current serving."""

    first_hour: int
    last_hour: int
    column: int
    amount: float | None
    limit: float


@dataclass(slots=True)
class Schedule:
    """All doses of an arm; hours and steps count from the start of the run-in.

    Attributes
    ----------
    columns : list of Column
    events : list of Happening
        In order of time.
    as_needed : list of AsNeededPhase
    comedication : list of (hour, frozenset of medicine names)
        Which medicines act from an hour on.
    groups : int
        Number of IDs of an event table; 1 without one.
    stop_hour : int or None
        When regular use ends: the start of the last stop or taper, or the end of the last phase of use.
    taper_end_hour : int or None
        When that taper ends.
    spells : list of (first day, end day, mode)
        Days in a spell of use; other days are in none.
    lots : list of LotChange
        New lots that the arm asks for, in order; between them lots follow one another by their own rule.
    """

    columns: list[Column] = field(default_factory=list)
    events: list[Happening] = field(default_factory=list)
    as_needed: list[AsNeededPhase] = field(default_factory=list)
    comedication: list[tuple[int, frozenset[str]]] = field(default_factory=list)
    groups: int = 1
    stop_hour: int | None = None
    taper_end_hour: int | None = None
    spells: list[tuple[int, int, int]] = field(default_factory=list)
    lots: list[LotChange] = field(default_factory=list)

    @property
    def takes_nothing(self) -> bool:
        """Whether nothing with pharmacokinetics is ever taken."""
        return not self.events and not self.as_needed

    def modes(self, first_day: int, end_day: int) -> list[int]:
        """Return for each day whether it lies in a spell of use."""
        found = [NO_SPELL] * (end_day - first_day)
        for first, end, mode in self.spells:
            for day in range(max(first, first_day), min(end, end_day)):
                found[day - first_day] = -mode if mode == STOPPING and day == first else mode
        return found

    def column(self, wanted: Column) -> int:
        """Return the number of a column, adding it if it is new."""
        if wanted not in self.columns:
            self.columns.append(wanted)
        return self.columns.index(wanted)


@dataclass(frozen=True, slots=True)
class Grid:
    """What a schedule needs to know of time and people.

    `offset_h` is the length of the run-in, `horizon_h` the length of the record, `wakes` the wake-up times that occur,
    `awake_h` the waking hours, `taper_end` the share of the starting amount below which a taper ends; `content_basis`
    and `alkaloid_basis` name for each product the unit that its content multiplies and the unit that is exact.
    """

    horizon_h: int
    offset_h: int
    steps_per_hour: int
    wakes: tuple[int, ...]
    awake_h: float
    taper_end: float
    content_basis: Mapping[str, str]
    alkaloid_basis: Mapping[str, str]

    def step(self, hour: float) -> int:
        """Return the step, counted from the run-in, at an hour of the record."""
        return round((hour + self.offset_h) * self.steps_per_hour)


def spread_hours(count: int, awake_h: float) -> list[int]:
    """Return hours after waking of "n a day": round(awake_h i/n).

    Examples
    --------
    >>> spread_hours(3, 16)
    [0, 5, 11]
    """
    return [math.floor(awake_h * i / count + 0.5) for i in range(count)]


def build_schedule(
    phases: Sequence[Phase],
    grid: Grid,
    medicines: Sequence[Medicine] = (),
    table: EventTable | None = None,
) -> Schedule:
    """Turn phases (or an event table) and medicines into a schedule.

    Parameters
    ----------
    phases : sequence of Phase
        Checked phases; one after another from the start of the record.
    grid : Grid
    medicines : sequence of Medicine
        Those with pharmacokinetics of their own become doses, the others co-medication.
    table : EventTable, optional
        Instead of phases.
    """
    schedule = Schedule()
    if table is not None:
        _add_table(schedule, table, grid)
    else:
        _add_phases(schedule, phases, grid)
    _add_medicines(schedule, medicines, grid)
    schedule.events.sort()
    return schedule


def _add_phases(schedule: Schedule, phases: Sequence[Phase], grid: Grid) -> None:
    start = 0.0
    fixed: tuple[Phase, float] | None = None
    for phase in phases:
        if start >= grid.horizon_h:
            break
        end = min(_end(phase, start), grid.horizon_h)
        using = phase.mode not in ("stop", "pause", "taper_over", "taper_by")
        if phase.mode not in ("stop", "pause"):
            mode = NATURAL if phase.mode == "natural" else STOPPING if phase.stopping else FORCED
            days = (start + HOURS_PER_DAY * phase.first_day + grid.offset_h, end + grid.offset_h)
            schedule.spells.append((int(days[0]) // HOURS_PER_DAY, math.ceil(days[1] / HOURS_PER_DAY), mode))
            if phase.new_lot or phase.lot_every_h is not None:
                every = None if phase.lot_every_h is None else phase.lot_every_h / HOURS_PER_DAY
                schedule.lots.append(LotChange(int(days[0]) // HOURS_PER_DAY, every))
        if phase.mode in ("stop", "taper_over", "taper_by"):
            schedule.stop_hour = round(start) + grid.offset_h
            schedule.taper_end_hour = round(end) + grid.offset_h if phase.mode != "stop" else None
        elif using:
            schedule.stop_hour = schedule.taper_end_hour = None
        if phase.mode in ("as_needed", "natural"):
            _add_as_needed(schedule, phase, start, end, grid)
        elif phase.mode in ("taper_over", "taper_by"):
            assert fixed is not None
            schedule.events.extend(_taper(schedule, phase, *fixed, start, end, grid))
        elif using:
            fixed = (phase, start)
            schedule.events.extend(_doses(schedule, phase, start, end, grid))
        start = end
        if phase.mode in ("per_day", "every", "as_needed") and not phase.stopping and end < grid.horizon_h:
            schedule.stop_hour = round(end) + grid.offset_h


def _end(phase: Phase, start: float) -> float:
    """Return the hour at which a phase ends."""
    if phase.for_h is not None:
        return start + phase.for_h
    if phase.mode == "times":
        assert phase.count is not None
        gap = phase.every_h or HOURS_PER_DAY
        last = (phase.count - 1) * gap + HOURS_PER_DAY * phase.first_day
        return start + HOURS_PER_DAY * (math.floor(last / HOURS_PER_DAY) + 1)
    return math.inf


def _add_as_needed(schedule: Schedule, phase: Phase, start: float, end: float, grid: Grid) -> None:
    column = schedule.column(_column(phase, grid))
    schedule.as_needed.append(
        AsNeededPhase(
            round(start) + HOURS_PER_DAY * phase.first_day + grid.offset_h,
            round(end) + grid.offset_h,
            column,
            phase.dose.value if phase.dose else None,
            float(phase.at_most_per_day) if phase.at_most_per_day else math.inf,
        )
    )


def _column(phase: Phase, grid: Grid) -> Column:
    """Return a phase's product as the phase gives it; without a dose, in the unit that content multiplies."""
    assert phase.product is not None
    basis = phase.dose.basis if phase.dose else grid.content_basis[phase.product]
    held = phase.composition
    besides = admixtures(held, basis, phase.dose.value if phase.dose else None)
    return Column(phase.product, basis, content=held.content, label_mg=held.label_mg, besides=besides)


def _clock(phase: Phase, grid: Grid) -> list[tuple[float, int]]:
    """Return (hour of the day, wake-up time or -1) of one day's servings of a fixed phase."""
    if phase.at_h:
        return [(hour, EVERYBODY) for hour in phase.at_h]
    assert phase.count is not None
    return [(wake + hour, wake) for wake in grid.wakes for hour in spread_hours(phase.count, grid.awake_h)]


def _moments(phase: Phase, start: float, end: float, grid: Grid) -> Iterable[tuple[float, int]]:
    """Yield (hour of the record, wake-up time or -1) of the servings of a fixed phase."""
    begin = start + HOURS_PER_DAY * phase.first_day
    if phase.mode == "per_day":
        day = begin
        while day < end:
            if phase.on_days is None or int(day // HOURS_PER_DAY) % DAYS_PER_WEEK in phase.on_days:
                for hour, wake in _clock(phase, grid):
                    if day + hour < end:
                        yield day + hour, wake
            day += HOURS_PER_DAY
        return
    gap = phase.every_h or HOURS_PER_DAY
    begin += phase.at_h[0] if phase.at_h else 0.0
    count = phase.count if phase.mode == "times" else None
    taken = 0
    moment = begin
    while moment < end and (count is None or taken < count):
        if phase.on_days is None or int(moment // HOURS_PER_DAY) % DAYS_PER_WEEK in phase.on_days:
            yield moment, EVERYBODY
            taken += 1
        moment = begin + gap * round((moment - begin) / gap + 1)


def _doses(schedule: Schedule, phase: Phase, start: float, end: float, grid: Grid) -> Iterable[Happening]:
    assert phase.dose is not None
    column = schedule.column(_column(phase, grid))
    for moment, wake in _moments(phase, start, end, grid):
        yield Happening(grid.step(moment), 0, DOSE, column, phase.dose.value, wake)


def taper_factor(phase: Phase, day: int, taper_end: float) -> float:
    """Return the share of the starting amount on day `day` (0 is the first) of a taper; 0 once it has ended.

    Linear over L days: max(0, 1 - (d + 1)/L); by a share r a week: (1 - r)^(floor(d/7) + 1); both end when the share
    falls below `taper_end`.
    """
    if phase.mode == "taper_over":
        assert phase.for_h is not None
        share = max(0.0, 1.0 - (day + 1) * HOURS_PER_DAY / phase.for_h)
    else:
        assert phase.taper_share_per_week is not None
        share = (1.0 - phase.taper_share_per_week) ** (day // DAYS_PER_WEEK + 1)
    return share if share >= taper_end else 0.0


def _taper(
    schedule: Schedule, phase: Phase, fixed: Phase, fixed_start: float, start: float, end: float, grid: Grid
) -> Iterable[Happening]:
    """Yield the servings of a taper: the rhythm of the fixed phase before it, in ever smaller amounts."""
    assert fixed.dose is not None
    column = schedule.column(_column(fixed, grid))
    for moment, wake in _moments(fixed, fixed_start, end, grid):
        if moment < start:
            continue
        share = taper_factor(phase, int((moment - start) // HOURS_PER_DAY), grid.taper_end)
        if share == 0.0:
            last = round(start) + HOURS_PER_DAY * int((moment - start) // HOURS_PER_DAY) + grid.offset_h
            schedule.taper_end_hour = min(schedule.taper_end_hour or last, last)
            break
        yield Happening(grid.step(moment), 0, DOSE, column, fixed.dose.value * share, wake)


def _add_medicines(schedule: Schedule, medicines: Sequence[Medicine], grid: Grid) -> None:
    changes: dict[int, set[str]] = {}
    for medicine in medicines:
        end = grid.horizon_h if medicine.for_h is None else min(medicine.from_h + medicine.for_h, grid.horizon_h)
        if medicine.name not in grid.alkaloid_basis:
            for hour in (medicine.from_h, end):
                changes.setdefault(round(hour), set())
            continue
        assert medicine.dose_mg is not None
        column = schedule.column(Column(medicine.name, "mg", serving=False))
        phase = Phase(mode="per_day", count=medicine.per_day, at_h=medicine.at_h)
        for moment, wake in _moments(phase, medicine.from_h, end, grid):
            schedule.events.append(Happening(grid.step(moment), 0, DOSE, column, medicine.dose_mg, wake))
    for hour in sorted(changes):
        acting = frozenset(
            m.name
            for m in medicines
            if m.name not in grid.alkaloid_basis and m.from_h <= hour and (m.for_h is None or hour < m.from_h + m.for_h)
        )
        if hour < grid.horizon_h:
            schedule.comedication.append((hour + grid.offset_h, acting))


def _add_table(schedule: Schedule, table: EventTable, grid: Grid) -> None:
    """Add the rows of an event table; a reset or a steady state cancels the additional doses still to come."""
    schedule.groups = len(table.ids)
    column = schedule.column(Column(table.product, grid.alkaloid_basis[table.product]))
    order = 0
    doses: list[float] = []
    for group, events in enumerate(table.events):
        who = group if schedule.groups > 1 else EVERYBODY
        afresh = [event.time_h for event in events if event.evid in (3, 4) or event.steady_state]
        for event in events:
            order += 1
            at = grid.step(event.time_h)
            gap = round(event.interval_h * grid.steps_per_hour)
            if event.time_h < grid.horizon_h and event.evid in (3, 4):
                schedule.events.append(Happening(at, order, RESET, column, 0.0, group=who))
            if event.evid not in (1, 4):
                continue
            if event.time_h < grid.horizon_h and event.steady_state:
                steady = Happening(at, order, STEADY_STATE, column, event.amount_mg, EVERYBODY, who, gap)
                schedule.events.append(steady)
            end = min([grid.horizon_h, *(hour for hour in afresh if hour > event.time_h)])
            within = math.ceil((end - event.time_h) / event.interval_h) + 1 if event.additional else 1
            for k in range(min(event.additional + 1, within)):
                if event.time_h + k * event.interval_h < end:
                    dose = Happening(at + k * gap, order, DOSE, column, event.amount_mg, group=who)
                    schedule.events.append(dose)
                    doses.append(event.time_h + k * event.interval_h)
            if len(doses) > _MOST_DOSES:
                message = f"events: the table means more than {_MOST_DOSES:,} doses within the record"
                raise ScenarioError(f"{message}; allowed: up to so many")
    if doses:
        first, last = (int(hour + grid.offset_h) // HOURS_PER_DAY for hour in (min(doses), max(doses)))
        schedule.spells.append((first, last + 1, FORCED))

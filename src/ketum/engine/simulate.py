"""One group of persons through one arm: the compiled engine behind a plain function."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ketum.engine.block import run_blocks
from ketum.engine.cohort import shipped_tables
from ketum.engine.layout import LANES, PLACES, STATE_LENGTH, STATES
from ketum.engine.lots import lot_rows
from ketum.engine.mind import MOMENTARY, Mind, no_mind
from ketum.engine.mood_plan import MoodPlan
from ketum.engine.observe import Scene, needed_signals, observe
from ketum.engine.plan import Clock, Plan, Recording, Scales, Store
from ketum.engine.prepare import (
    Group,
    build_as_needed,
    build_behaviour,
    build_besides,
    build_columns,
    build_drugs,
    build_events,
    build_levels,
    by_block,
)
from ketum.engine.steady import steady_states
from ketum.mood.fields import KEPT_BY_DAY
from ketum.regimens.lots import lot_numbers
from ketum.regimens.schedule import Schedule

Array = NDArray[np.float64]
_HOURS_PER_DAY = 24


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of a simulation and what is kept of it; hours count from the start of the run-in.

    Attributes
    ----------
    first_hour, last_hour : int
        Start (inclusive) and end (exclusive).
    outputs : tuple of str
        Outputs to record; empty records nothing.
    record_from : int
        Hour at which recording starts.
    every_steps : int
        Steps between records.
    trace_from, trace_hours : int
        From which hour on, and for how many, SOWS is kept hourly; -1 and 0 for never.
    snapshots : tuple of int
        Hours at whose start all states are kept.
    leads_to : tuple of str
        Outputs that a run from the final states will record: what they remember of past hours is kept up.
    relief : (int, int)
        Hours from and to which every serving is compared with the same serving skipped; (-1, -1) for never.
    """

    first_hour: int
    last_hour: int
    outputs: tuple[str, ...] = ()
    record_from: int = 0
    every_steps: int = 0
    trace_from: int = -1
    trace_hours: int = 0
    snapshots: tuple[int, ...] = ()
    leads_to: tuple[str, ...] = ()
    relief: tuple[int, int] = (-1, -1)

    def over_days(self, steps_per_hour: int) -> bool:
        """Whether a record folds whole days."""
        return self.every_steps >= _HOURS_PER_DAY * steps_per_hour

    def record_count(self, steps_per_hour: int) -> int:
        """Return the number of records; readings at instants include the one at the start."""
        if not self.outputs:
            return 0
        steps = (self.last_hour - self.record_from) * steps_per_hour
        return steps // self.every_steps + (0 if self.over_days(steps_per_hour) else 1)


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came of it.

    Attributes
    ----------
    outputs : dict of (record, P) arrays
    trace : (hour, P) float32
        SOWS at the end of each hour.
    snapshots : (snapshot, state, P)
        States in the order of `ketum.engine.layout.STATES`.
    states : (block, STATE_LENGTH)
        States at the end; a later `simulate` may start from them.
    days : dict of (day, P) arrays
        Every day of mood, by name of `ketum.mood.fields.KEPT_BY_DAY`; empty without mood.
    """

    outputs: dict[str, Array]
    trace: NDArray[np.float32]
    snapshots: Array
    states: Array
    days: dict[str, Array] = field(default_factory=dict)

    def state(self, name: str) -> Array:
        """Return one state at the end, (P,)."""
        place = PLACES[name]
        return self.states[:, place : place + LANES].reshape(-1)

    def snapshot(self, number: int, name: str) -> Array:
        """Return one state of a snapshot, (P,)."""
        values: Array = self.snapshots[number, STATES.index(name)]
        return values


def simulate(
    group: Group,
    schedule: Schedule,
    window: Window,
    *,
    seed: int = 1,
    start: Array | None = None,
    resting: bool = False,
    distress: Array | None = None,
    mind: Mind | None = None,
    groups: NDArray[np.int64] | None = None,
) -> Simulated:
    """Run a group through a schedule.

    Parameters
    ----------
    group : Group
        Prepared persons.
    schedule : Schedule
        Doses of the arm.
    window : Window
        Hours and what is kept.
    seed : int
        Seed of lots and decisions.
    start : (block, STATE_LENGTH) array, optional
        States to start from; at rest if not given.
    resting : bool
        Whether `start` holds nobody who ever took anything: a person at rest who takes nothing needs no body.
    distress : (hour,) or (hour, P) array, optional
        Distress of each hour of the window, 0..1, for everybody or for each person; by default each person's fixed
        value. Without mood only.
    mind : Mind, optional
        The mood of the arm, for a group with mood; without it body and brain are run alone.
    groups : (P,) int64, optional
        To which group of the schedule each person belongs; by default the person's number, counted round the groups.

    Returns
    -------
    Simulated
    """
    per_hour = round(1.0 / group.dt)
    table, persons = group.table, group.persons
    workspaces = group.workspaces.copy()
    if start is not None:
        workspaces[:, :STATE_LENGTH] = start
    number = persons.index % schedule.groups if groups is None else groups
    place = PLACES["group"]
    workspaces[:, place : place + LANES] = by_block(number.astype(float), group.blocks)
    if mind is not None:
        mind.place(workspaces, persons)
    observed = observe(window.outputs, over_days=window.over_days(per_hour))
    gut_auto = table["gut_auto"] > 0.0
    lot_of_day = lot_numbers(schedule.lots, window.last_hour // _HOURS_PER_DAY + 1, table["lot_days"])
    lots = lot_rows(persons.numbers, seed, schedule, int(lot_of_day.max()) + 1, table["lot_cv"])
    plan = Plan(
        seed,
        gut_auto,
        Clock(window.first_hour, window.last_hour, per_hour, lot_of_day, LANES),
        build_events(schedule),
        build_columns(group, schedule),
        build_besides(group, schedule),
        build_as_needed(group, schedule),
        build_levels(group, schedule),
        build_behaviour(table),
        Scales(*(table[symbol] for symbol in Scales._fields)),
        _distress(distress, window, len(persons.numbers)),
        build_drugs(schedule),
        needed_signals((*window.outputs, *window.leads_to), table),
        Recording(
            observed.rows,
            observed.folds,
            max(window.every_steps, 1),
            window.record_from,
            window.trace_from,
            np.array(window.snapshots, dtype=np.int64),
            *window.relief,
            round((group.tables or shipped_tables()).scales.value("help_hours")),
        ),
        _mood_plan(mind, group, window),
    )
    n = len(persons.numbers)
    store = Store(
        np.empty((len(observed.rows), window.record_count(per_hour), n)),
        np.zeros((window.trace_hours, n), dtype=np.float32),
        np.empty((len(window.snapshots), len(STATES), n)),
        np.empty((len(KEPT_BY_DAY) if mind else 0, (window.last_hour - window.first_hour) // _HOURS_PER_DAY, n)),
    )
    rests = mind is not None and schedule.takes_nothing and resting and _whole_days(window, per_hour)
    run_blocks(
        workspaces,
        plan,
        persons.numbers,
        np.ascontiguousarray(lots.reshape(*lots.shape[:2], group.blocks, LANES).transpose(2, 1, 0, 3)),
        steady_states(group, schedule, gut_auto),
        store,
        rests,
    )
    scene = Scene(persons, table, seed, group.tables, mind, _visits(window, group.dt))
    return Simulated(
        observed.make(scene, store.records),
        store.trace,
        store.snapshots,
        workspaces[:, :STATE_LENGTH].copy(),
        dict(zip(KEPT_BY_DAY, store.days, strict=False)),
    )


def _mood_plan(mind: Mind | None, group: Group, window: Window) -> MoodPlan:
    if mind is None:
        return no_mind(shipped_tables())
    assert group.tables is not None
    days = -(-(window.last_hour - window.first_hour) // _HOURS_PER_DAY)
    return mind.plan(group.tables, days, noisy=any(name in MOMENTARY for name in window.outputs))


def _whole_days(window: Window, per_hour: int) -> bool:
    """Return whether a window and its records consist of whole days."""
    if any(hour % _HOURS_PER_DAY for hour in (window.first_hour, window.last_hour)):
        return False
    records = window.over_days(per_hour) and window.record_from % _HOURS_PER_DAY == 0
    return records or not window.outputs


def _visits(window: Window, dt: float) -> NDArray[np.int64]:
    """Return the number of the day (of the run-in's clock) to which each record belongs."""
    per_hour = round(1.0 / dt)
    over_days = window.over_days(per_hour)
    count = window.record_count(per_hour)
    hours = window.record_from + dt * window.every_steps * np.arange(1 if over_days else 0, count + over_days)
    last = hours - 1 if over_days else hours  # a record of whole days reads scales at the end of its last day
    return (last // _HOURS_PER_DAY).astype(np.int64)


def _distress(series: Array | None, window: Window, people: int) -> Array:
    """Return a distress series as (hour, person); of no hours if there is none."""
    if series is None:
        return np.empty((0, 0))
    by_hour = np.asarray(series, dtype=float)
    hours = window.last_hour - window.first_hour
    wide = np.broadcast_to(by_hour.reshape(hours, -1), (hours, people))
    return np.ascontiguousarray(wide)


def set_states(states: Array, values: dict[str, float]) -> Array:
    """Return a copy of (block, STATE_LENGTH) states with some set to a number for everybody."""
    changed = states.copy()
    for name, value in values.items():
        changed[:, PLACES[name] : PLACES[name] + LANES] = value
    return changed


def resting_states(group: Group) -> Array:
    """Return the states of persons who never took anything."""
    return group.workspaces[:, :STATE_LENGTH].copy()

"""Natural use: people start, stop and resume by hazards of a day (mood.md section 6), beside their never-use lives.

Outside a spell of use a person costs no more than the daily step. Until a first serving body and brain are at rest,
exactly: everybody is first lived without kratom, which gives the never-use life and the day of first use. Whoever
starts is lived again from then on with body and brain; after a spell, once less than `_NOTHING_LEFT` of it is left, the
daily step is enough until the next. Starters sit in blocks by their day of first use; nobody's numbers depend on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.engine.layout import LANES, PLACES
from ketum.engine.prepare import chosen
from ketum.engine.simulate import resting_states
from ketum.mood import CausalSetting
from ketum.people import Candidates
from ketum.regimens import Phase
from ketum.regimens.schedule import NATURAL, NO_SPELL, Schedule
from ketum.studies.lives.living import Lived, Living, laid_out
from ketum.studies.lives.people import filled, take

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
_TOGETHER = 512
"""People who are lived at once without kratom: every day of theirs is held."""
_STARTERS_TOGETHER = 16 * LANES
_SEGMENT_DAYS = 91
"""Calendar stretches, counted from day 0, at whose beginning it is seen who is at rest."""
_FADING = ("protracted", "protracted_delay", "tolerance", "adapted", "recruited", "withdrawal_level", "effect")
_NOTHING_LEFT = 1e-4
"""States of earlier use below it are taken as none: they move severity by less than a thousandth of a point."""


@dataclass(frozen=True, slots=True)
class Natural:
    """Natural use of people and their never-use lives.

    Attributes
    ----------
    first_day : (P,) int64
        First day in a spell of use, -1 for never.
    days_used : (P,) float
        Days in a spell.
    recent : (P,) float
        Days in a spell within the last `recent_days`.
    current : (P,) bool
        In a spell on the last day.
    before : (P,) float
        Two-week severity on the day before the first use.
    never, with_use : (visit, P) float
        Two-week severity after the days asked for, without kratom ever and with natural use.
    using : (visit, P) float
        Whether the day before the visit lay in a spell.
    since : (visit, P) float
        Mean severity of the days since the visit before, with natural use; at the first visit that of the start.
    relief : (P,) float
        Mean relief by a serving over the last days; not a number where there was none.
    """

    first_day: Numbers
    days_used: Array
    recent: Array
    current: NDArray[np.bool_]
    before: Array
    never: Array
    with_use: Array
    using: Array
    since: Array
    relief: Array


def natural_use(
    people: Candidates,
    tables: Tables,
    setting: CausalSetting,
    seed: int,
    days: int,
    visits: Sequence[int],
    recent_days: int = 0,
    relief_days: int = 0,
) -> Natural:
    """Live people for `days` days of natural use and without kratom.

    Parameters
    ----------
    people : Candidates
    tables : Tables
        Enrichment of the hazard of starting is in ``h_0``.
    setting : CausalSetting
    seed : int
    days : int
    visits : sequence of int
        Days of life after which severity is kept; 0 is the start.
    recent_days : int
        Length of the last stretch whose days of use are counted.
    relief_days : int
        Over how many last days relief by servings is read; 0 for not at all.
    """
    count = len(people.keys)
    found = Natural(
        np.full(count, -1, dtype=np.int64),
        np.zeros(count),
        np.zeros(count),
        np.zeros(count, dtype=bool),
        people.severity.copy(),
        np.empty((len(visits), count)),
        np.empty((len(visits), count)),
        np.zeros((len(visits), count)),
        np.empty((len(visits), count)),
        np.full(count, np.nan),
    )
    idle = Schedule(spells=[(0, days, NATURAL)])
    for first in range(0, count, _TOGETHER):
        here = np.arange(first, min(first + _TOGETHER, count))
        lived = Living(take(people, here), tables, setting, seed).live(idle, 0, days)
        found.never[:, here] = lived.after("severity_14d", visits)
        found.since[:, here] = _since(lived.days["severity"], visits, lived.start)
        inside = lived.days["in_spell"] > 0.0
        began = inside.argmax(axis=0)
        starts = inside.any(axis=0)
        found.first_day[here] = np.where(starts, began, -1)
        later = np.flatnonzero(starts & (began > 0))
        found.before[here[later]] = lived.days["severity_14d"][began[later] - 1, later]
    found.with_use[:] = found.never
    starters = np.flatnonzero(found.first_day >= 0)
    order = starters[np.argsort(found.first_day[starters], kind="stable")]
    use = laid_out(tables, (Phase(mode="natural", product="leaf_powder"),), days)
    for first in range(0, len(order), _STARTERS_TOGETHER):
        here = order[first : first + _STARTERS_TOGETHER]
        _use(
            here,
            found,
            Living(take(people, here), tables, setting, seed),
            (idle, use),
            days,
            visits,
            recent_days,
            relief_days,
        )
    return found


def _use(
    here: Numbers,
    found: Natural,
    living: Living,
    schedules: tuple[Schedule, Schedule],
    days: int,
    visits: Sequence[int],
    recent_days: int,
    relief_days: int,
) -> None:
    """Live starters from the first day on which one of them uses, and note what came of it."""
    idle, use = schedules
    last = days - relief_days
    begin = min(int(found.first_day[here].min()), last)
    kept = {name: np.empty((days, len(here))) for name in ("severity", "severity_14d", "in_spell")}
    lived = living.live(idle, 0, begin) if begin else None
    _note(kept, lived, slice(None))
    states = resting_states(living.group) if lived is None else lived.end.states
    day = begin
    while day < last:
        end = min(_SEGMENT_DAYS * (day // _SEGMENT_DAYS + 1), last)
        states = _segment(living, states, (idle, use), day, end, kept)
        day = end
    if relief_days:
        at_end = living.live(use, last, days, states=states, rests=False, mode_before=NATURAL, relief_from=last)
        _note(kept, at_end, slice(None))
        found.relief[here] = living.relief(at_end)
    inside = kept["in_spell"] > 0.0
    found.days_used[here] = inside.sum(axis=0)
    found.current[here] = inside[-1]
    if recent_days:
        found.recent[here] = inside[-recent_days:].sum(axis=0)
    found.since[:, here] = _since(kept["severity"], visits, living.people.severity)
    for k, visit in enumerate(visits):
        if visit:
            found.with_use[k, here] = kept["severity_14d"][visit - 1]
            found.using[k, here] = inside[visit - 1]


def _segment(
    living: Living, states: Array, schedules: tuple[Schedule, Schedule], day: int, end: int, kept: dict[str, Array]
) -> Array:
    """Live a stretch of days: those at rest who stay out of a spell by the daily step, all others in full."""
    idle, use = schedules
    quiet = _at_rest(states)[: living.count]
    places = np.flatnonzero(quiet)
    states = states.copy()
    if len(places):
        lived = _some(living, states, places, idle, day, end, rests=True)
        count = len(places)
        begins = (lived.days["in_spell"][:, :count] > 0.0).any(axis=0)
        begins |= _state(lived.end.states, "in_spell")[:count] > 0.0
        stay = np.flatnonzero(~begins)
        _put(states, places[stay], lived.end.states, stay)
        _note(kept, lived, places[stay], stay)
        quiet[places[begins]] = False
    places = np.flatnonzero(~quiet)
    if len(places):
        lived = _some(living, states, places, use, day, end, rests=False)
        _put(states, places, lived.end.states, np.arange(len(places)))
        _note(kept, lived, places, np.arange(len(places)))
    return states


def _some(
    living: Living, states: Array, places: Numbers, schedule: Schedule, day: int, end: int, *, rests: bool
) -> Lived:
    """Live some of the people; the group is filled up with the first of them again."""
    wide = np.resize(places, filled(len(places)))
    return living.live(
        schedule,
        day,
        end,
        group=living.group.take(wide),
        states=chosen(states, wide),
        rests=rests,
        mode_before=NATURAL if day else NO_SPELL,
    )


def _at_rest(states: Array) -> NDArray[np.bool_]:
    """Return who is in no spell and has nothing left of earlier use that would move severity, (P,)."""
    left = np.max([np.abs(_state(states, name)) for name in _FADING], axis=0)
    left = np.maximum(left, np.abs(1.0 - _state(states, "reward_slow")))
    quiet: NDArray[np.bool_] = (left < _NOTHING_LEFT) & (_state(states, "in_spell") == 0.0)
    return quiet


def _state(states: Array, name: str) -> Array:
    place = PLACES[name]
    return states[:, place : place + LANES].reshape(-1)


def _put(states: Array, places: Numbers, blocks: Array, which: Numbers) -> None:
    """Put the states of persons `which` of some blocks to the places of people, in place."""
    fields = blocks.shape[1] // LANES
    block, lane = np.divmod(places, LANES)
    from_block, from_lane = np.divmod(which, LANES)
    target = states.reshape(len(states), fields, LANES)
    target[block, :, lane] = blocks.reshape(len(blocks), fields, LANES)[from_block, :, from_lane]


def _note(
    kept: dict[str, Array], lived: Lived | None, places: Numbers | slice, which: Numbers | slice = slice(None)
) -> None:
    """Keep the days of persons `which` of a life at the places of people."""
    if lived is not None:
        count = len(next(iter(lived.days.values())))
        for name, values in kept.items():
            values[lived.first_day : lived.first_day + count, places] = lived.days[name][:, which]


def _since(severity: Array, visits: Sequence[int], start: Array) -> Array:
    """Return the mean severity of the days since the visit before, (visit, P); before the first day it is the start."""
    rows = [start]
    for before, day in pairwise([0, *visits] if visits[0] else visits):
        rows.append(severity[before:day].mean(axis=0))
    return np.array(rows[-len(visits) :])

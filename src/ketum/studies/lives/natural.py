"""Natural use: people start, stop and resume by hazards of a day (mood.md section 6), beside their never-use lives.

Until a first serving body and brain are at rest, exactly, and a person costs no more than the daily step. So everybody
is first lived without kratom, which gives the never-use life and the day of first use; whoever starts is then lived
again from that day on with body and brain. Starters sit in blocks by that day; nobody's numbers depend on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.engine.layout import LANES
from ketum.mood import CausalSetting
from ketum.people import Candidates
from ketum.regimens import Phase
from ketum.regimens.schedule import NATURAL, Schedule
from ketum.studies.lives.living import Living, laid_out
from ketum.studies.lives.people import take

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
_TOGETHER = 512
"""People who are lived at once without kratom: every day of theirs is held."""
_STARTERS_TOGETHER = 4 * LANES


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
    begin = int(found.first_day[here].min())
    last = days - relief_days if relief_days else days
    begin = min(begin, last)
    rested = living.live(idle, 0, begin) if begin else None
    lived = [living.live(use, begin, last, after=rested)] if begin < last else []
    before = lived[-1] if lived else rested
    if relief_days:
        lived.append(living.live(use, last, days, after=before, relief_from=last))
        found.relief[here] = living.relief(lived[-1])
    severity = np.concatenate([part.days["severity_14d"] for part in lived])
    inside = np.concatenate([part.days["in_spell"] for part in lived]) > 0.0
    found.days_used[here] = inside.sum(axis=0)
    found.current[here] = inside[-1]
    if recent_days:
        found.recent[here] = inside[-min(recent_days, len(inside)) :].sum(axis=0)
    each_day = np.concatenate([part.days["severity"] for part in lived])
    if rested is not None:
        each_day = np.concatenate([rested.days["severity"], each_day])
    found.since[:, here] = _since(each_day, visits, living.people.severity)
    for k, day in enumerate(visits):
        if day > begin:
            found.with_use[k, here] = severity[day - 1 - begin]
            found.using[k, here] = inside[day - 1 - begin]


def _since(severity: Array, visits: Sequence[int], start: Array) -> Array:
    """Return the mean severity of the days since the visit before, (visit, P); before the first day it is the start."""
    rows = [start]
    for before, day in pairwise([0, *visits] if visits[0] else visits):
        rows.append(severity[before:day].mean(axis=0))
    return np.array(rows[-len(visits) :])

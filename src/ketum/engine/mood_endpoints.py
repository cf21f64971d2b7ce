"""End points of mood of each person in each arm, against the same person's life without kratom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.engine.measure import Answers, phq9
from ketum.engine.mood_aftermath import after_stop
from ketum.people import Persons
from ketum.people.streams import HELP, normals

Array = NDArray[np.float64]
Days = Mapping[str, Array]
Relief = tuple[Array, Array]


@dataclass(frozen=True, slots=True)
class UseSpan:
    """When an arm's use begins and ends, in days of the record; `end` is the number of days.

    `stop` is the first day without regular use (of a taper: its first day), `last` the first day after the last
    serving (after a taper); both None without a stop. `uses`: whether kratom is taken at all; `as_needed`: whether how
    much is left to the person.
    """

    end: int
    first_day: int
    stop: int | None = None
    last: int | None = None
    uses: bool = False
    as_needed: bool = False

    @property
    def until(self) -> int:
        """The day before which regular use lies."""
        return self.end if self.stop is None else self.stop


def use_days(in_spell: Array, span: UseSpan, days: int, *, last: bool) -> NDArray[np.bool_]:
    """Return which are the last (or first) `days` days in a spell of use before a stop, (day, P).

    Examples
    --------
    >>> in_spell = np.array([[1.0], [0.0], [1.0], [1.0], [0.0]])
    >>> use_days(in_spell, UseSpan(end=5, first_day=0), 2, last=True)[:, 0].tolist()
    [False, False, True, True, False]
    >>> use_days(in_spell, UseSpan(end=5, first_day=0), 2, last=False)[:, 0].tolist()
    [True, False, True, False, False]
    """
    inside = in_spell > 0.0
    inside[: span.first_day] = False
    inside[span.until :] = False
    count = inside[::-1].cumsum(axis=0)[::-1] if last else inside.cumsum(axis=0)
    chosen: NDArray[np.bool_] = inside & (count <= days)
    return chosen


def mean_over(series: Array, chosen: NDArray[np.bool_]) -> Array:
    """Return the mean over a person's chosen days, (P,); nan where there are none."""
    days = chosen.sum(axis=0)
    total = np.where(chosen, series, 0.0).sum(axis=0)
    mean: Array = np.divide(total, days, out=np.full_like(total, np.nan), where=days > 0)
    return mean


def episodes(in_episode: Array, at_start: Array) -> dict[str, Array]:
    """Return who recovers from a depressive episode and who has one again after recovering (or for the first time)."""
    before = np.concatenate([at_start[None], in_episode[:-1]])
    begins = (in_episode > before).any(axis=0)
    ends = (in_episode < before).any(axis=0)
    ill = at_start > 0.0
    return {
        "recovered": np.where(ill, ends, np.nan).astype(float),
        "relapsed": np.where(ill & ends, begins, np.nan).astype(float),
        "new_episode": np.where(ill, np.nan, begins).astype(float),
    }


def _help(persons: Persons, relief: Relief, tables: Tables, seed: int) -> dict[str, Array]:
    """Return relief by a serving, and the answer to "does it help you?" (mood.md section 4.4).

    The answer reads within-person relief; it never sees the person's never-use life.
    """
    total, count = relief
    felt = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0.0)
    noise = normals(seed, persons.numbers, HELP, np.array([0]))[0]
    mood = tables.mood
    says = felt + mood.value("s_help") * noise > mood.value("c_help")
    return {"relief": felt, "says_it_helps": np.where(np.isfinite(felt), says, np.nan).astype(float)}


def mood_endpoints(
    persons: Persons,
    days: Days,
    never: Days,
    span: UseSpan,
    at_start: Array,
    relief: Relief,
    tables: Tables,
    seed: int,
    day_zero: int,
) -> dict[str, Array]:
    """Return the mood's end points by column name, each (P,).

    Parameters
    ----------
    persons : Persons
    days, never : mapping of (day, P) arrays
        Every day of the record in this arm, and in the same person's life with the same treatments without kratom.
    span : UseSpan
    at_start : (P,) array
        Whether a person is in a depressive episode at the start of the record.
    relief : ((P,) array, (P,) array)
        Sum over servings of the contrast of momentary mood with and without the serving, and their number.
    tables : Tables
    seed : int
    day_zero : int
        Days of the run-in.
    """
    rules = tables.rules
    severity, recalled = days["severity"], days["severity_14d"]
    excess_14d = recalled - never["severity_14d"]
    excess = severity - never["severity"]
    last_day = np.array([day_zero + span.end - 1])
    final = phq9(Answers(seed, persons.numbers, last_day), recalled[-1:], tables)[0]
    found = {
        "phq9_end": final,
        "remission": (final < rules.value("remission_phq9")).astype(float),
        **episodes(days["in_episode"], at_start),
        "worst_mood": recalled.max(axis=0),
        "worst_mood_d": recalled.argmax(axis=0) + 1.0,
    }
    if not span.uses:
        return found
    worse = rules.value("worse_points")
    found |= {
        "excess_end": excess_14d[-1],
        "worse_end": (excess_14d[-1] > worse).astype(float),
        "better_end": (excess_14d[-1] < -worse).astype(float),
    }
    if span.until > 0:
        found |= _in_use(days, excess, span, tables)
        found |= _help(persons, relief, tables, seed)
    if span.stop is not None and span.last is not None and span.stop < span.end:
        found |= after_stop(days, excess_14d, span.stop, span.last, tables)
    return found


def _in_use(days: Days, excess: Array, span: UseSpan, tables: Tables) -> dict[str, Array]:
    """Return mood of the last days of use, and how the dose has changed since its first; nan without use."""
    rules = tables.rules
    inside = days["in_spell"]
    late = use_days(inside, span, round(tables.body.value("use_days")), last=True)
    final = use_days(inside, span, 1, last=True)
    found = {
        "severity_use": mean_over(days["severity"], late),
        "excess_use": mean_over(excess, late),
        "anhedonia_use": mean_over(days["anhedonia"], final),
    }
    early = round(rules.value("early_days"))
    if span.as_needed and span.until - span.first_day >= 2 * early:
        first, last = (use_days(inside, span, early, last=k) for k in (False, True))
        begun, ended = mean_over(days["dose_eq"], first), mean_over(days["dose_eq"], last)
        apart = (begun > 0.0) & ~(first & last).any(axis=0)
        ratio = np.divide(ended, begun, out=np.full_like(ended, np.nan), where=apart)
        found["dose_ratio"] = ratio
        found["escalated"] = np.where(apart, ratio > rules.value("escalation_ratio"), np.nan).astype(float)
    return found

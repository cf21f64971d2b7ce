"""End points of mood of each person in each arm, against the same person's life without kratom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.engine.measure import Answers, phq9
from ketum.people import Persons
from ketum.people.streams import HELP, normals

Array = NDArray[np.float64]
Days = Mapping[str, Array]
Relief = tuple[Array, Array]
BACK_BY_DAYS = (30, 91, 182, 350)
"""Days after the last serving by which severity may be back: 1, 3, 6 and 12 months."""


@dataclass(frozen=True, slots=True)
class Course:
    """When an arm's use begins and ends, in days of the record; `end` is the number of days.

    `stop` is the first day without regular use (of a taper: its first day), `last` the first day after the last
    serving (after a taper); both None without a stop. `uses`: whether kratom is taken at all.
    """

    end: int
    first_day: int
    stop: int | None = None
    last: int | None = None
    uses: bool = False


def _mean(series: Array, first: int, end: int) -> Array:
    mean: Array = series[max(first, 0) : end].mean(axis=0)
    return mean


def time_back(excess: Array, near: float, days: int) -> Array:
    """Return the first day d (1 is the first row) with |excess| below `near` on days d to d + days - 1; else nan.

    Parameters
    ----------
    excess : (day, P) array

    Examples
    --------
    >>> import numpy as np
    >>> time_back(np.array([[3.0], [0.5], [0.5], [2.0], [0.1], [0.1], [0.1]]), 1.0, 3)
    array([5.])
    """
    close: NDArray[np.bool_] = np.asarray(np.less(np.abs(excess), near), dtype=np.bool_)
    held = np.zeros(close.shape, dtype=np.bool_)
    if close.shape[0] >= days:
        runs = np.lib.stride_tricks.sliding_window_view(close, days, axis=0).all(axis=-1)
        held[: runs.shape[0]] = runs
    found = np.where(held.any(axis=0), held.argmax(axis=0) + 1.0, np.nan)
    return np.asarray(found, dtype=float)


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
    course: Course,
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
    course : Course
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
    window = round(tables.body.value("use_days"))
    until = course.stop if course.stop is not None else course.end
    last_day = np.array([day_zero + course.end - 1])
    final = phq9(Answers(seed, persons.numbers, last_day), recalled[-1:], tables)[0]
    found = {
        "phq9_end": final,
        "remission": (final < rules.value("remission_phq9")).astype(float),
        **episodes(days["in_episode"], at_start),
        "worst_mood": recalled.max(axis=0),
        "worst_mood_d": recalled.argmax(axis=0) + 1.0,
    }
    if not course.uses:
        return found
    worse = rules.value("worse_points")
    found |= {
        "excess_end": excess_14d[-1],
        "worse_end": (excess_14d[-1] > worse).astype(float),
        "better_end": (excess_14d[-1] < -worse).astype(float),
    }
    if until > 0:
        found |= {
            "severity_use": _mean(severity, until - window, until),
            "excess_use": _mean(excess, until - window, until),
            "anhedonia_use": days["anhedonia"][until - 1],
        }
        found |= _help(persons, relief, tables, seed)
    early = round(rules.value("early_days"))
    if until - course.first_day >= 2 * early:
        begun = _mean(days["dose_eq"], course.first_day, course.first_day + early)
        late = _mean(days["dose_eq"], until - early, until)
        ratio = np.divide(late, begun, out=np.full_like(late, np.nan), where=begun > 0.0)
        known = np.isfinite(ratio)
        found["dose_ratio"] = ratio
        found["escalated"] = np.where(known, ratio > rules.value("escalation_ratio"), np.nan).astype(float)
    if course.stop is not None and course.last is not None and course.stop < course.end:
        found |= _after(days, excess_14d, course.stop, course.last, tables)
    return found


def _after(days: Days, excess_14d: Array, stop: int, last: int, tables: Tables) -> dict[str, Array]:
    """Return what happens to mood after a stop, from its day on; times back count from the last serving."""
    rules = tables.rules
    span = round(rules.value("after_days"))
    severity, recalled = days["severity"], days["severity_14d"]
    during, after = slice(max(stop - span, 0), stop), slice(stop, stop + span)
    found = {
        "worst_after": recalled[after].max(axis=0),
        "worst_after_d": severity[after].argmax(axis=0) + 1.0,
    }
    if stop > 0:
        found["worst_in_use"] = recalled[during].max(axis=0)
        found["worst_rise"] = found["worst_after"] - found["worst_in_use"]
        found["worst_is_after"] = (found["worst_rise"] > 0.0).astype(float)
        found["worst_day_is_after"] = (severity[after].max(axis=0) > severity[during].max(axis=0)).astype(float)
    for weeks in (4, 13, 26):
        if stop + 7 * weeks <= len(severity):
            found[f"anhedonia_after_{weeks}wk"] = days["anhedonia"][stop + 7 * weeks - 1]
    if last >= len(severity):
        return found
    hold = round(rules.value("baseline_days"))
    back = time_back(excess_14d[last:], rules.value("baseline_points"), hold)
    found["back_to_baseline_d"] = back
    for day in BACK_BY_DAYS:
        if last + day + hold <= len(severity):
            found[f"back_by_{day}d"] = (back <= day).astype(float)
    residual = round(tables.body.value("use_days"))
    if last + residual <= len(severity):
        left = excess_14d[last + residual - 1]
        found["residual_low_mood"] = (left >= rules.value("residual_points")).astype(float)
    return found

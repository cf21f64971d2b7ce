"""Long daily records by the week: means of weeks, and arms whose days differ so much that only weeks can be drawn."""

from __future__ import annotations

from dataclasses import fields

from ketum.reports.phrases import HOURS_PER_DAY, listed
from ketum.reports.plots import Axis
from ketum.reports.reader import Array, Curve, RunFolder

DAYS_PER_WEEK = 7
_POINTS = 60
"""Points of a line from which a daily record is drawn weekly."""


def long_daily(run: RunFolder) -> bool:
    """Return whether a run records every day for so long that its days cannot be told apart in a plot."""
    time = run.time_h
    return run.over_days and len(time) > _POINTS and float(time[1] - time[0]) == HOURS_PER_DAY


def uneven(run: RunFolder, k: int) -> bool:
    """Return whether the days of an arm differ: doses on some days of the week, every few days, or as needed."""
    return any("on_days" in phase or "as_needed" in phase or _apart(phase.get("every", "")) for phase in run.phases[k])


def _apart(every: str) -> bool:
    amount, _, unit = every.partition(" ")
    return unit in ("d", "wk") and (unit == "wk" or float(amount) > 1)


def on_some_days(run: RunFolder, k: int) -> bool:
    """Return whether an arm takes doses on some days only, by its schedule."""
    return any("on_days" in phase or _apart(phase.get("every", "")) for phase in run.phases[k])


def by_week(run: RunFolder, k: int, axis: Axis) -> bool:
    """Return whether the daily curves of an arm are drawn weekly on an axis."""
    return axis.unit == "weeks" and long_daily(run) and uneven(run, k)


def fold(run: RunFolder, values: Array, kind: str) -> Array:
    """Return values with a point a week along their last axis: the highest of the days (`kind` "max"), else the mean.

    Weeks are counted back from the end of the record.
    """
    weeks = len(run.time_h) // DAYS_PER_WEEK
    last = values[..., values.shape[-1] - weeks * DAYS_PER_WEEK :].reshape(*values.shape[:-1], weeks, DAYS_PER_WEEK)
    one: Array = last.max(axis=-1) if kind == "max" else last.mean(axis=-1)
    return one


def week_ends(run: RunFolder) -> Array:
    """Return the times at which weekly points stand, h: the ends of the weeks."""
    weeks = len(run.time_h) // DAYS_PER_WEEK
    return run.time_h[len(run.time_h) - weeks * DAYS_PER_WEEK :][DAYS_PER_WEEK - 1 :: DAYS_PER_WEEK]


def fold_curve(run: RunFolder, curve: Curve, kind: str) -> Curve:
    """Return a curve with a point a week."""
    return Curve(*(fold(run, getattr(curve, f.name), kind) for f in fields(curve)))


def weekly(run: RunFolder, curve: Curve, kind: str) -> tuple[Array, Curve]:
    """Return times and a curve with a point a week where the record is daily and long, else as they are."""
    if not long_daily(run):
        return run.time_h, curve
    return week_ends(run), fold_curve(run, curve, kind)


def weekly_note(run: RunFolder, arms: list[int], name: str, axis: Axis) -> str:
    """Say which of the arms shown are drawn weekly, and how."""
    those = [f"“{run.arms[k]}”" for k in arms if by_week(run, k, axis)]
    if not those:
        return ""
    how = "the highest" if run.output(name).daily == "max" else "the mean"
    whose = "" if len(those) == len(arms) else f" of {listed(those)}"
    return f"Days{whose} differ, so curves have one point a week: {how} of its seven daily values."


def two_weeks(run: RunFolder, k: int) -> tuple[float, float]:
    """Return the last two weeks of use of an arm, h: up to its stop, or to the end of the record."""
    stop = run.stop_h[k]
    end = float(run.time_h[-1]) if stop is None else stop
    return end - 2 * DAYS_PER_WEEK * HOURS_PER_DAY, end

"""The grid of time: whatever happens falls on a step of the model, and phases change at midnight."""

from __future__ import annotations

from collections.abc import Iterable

from ketum.regimens.nonmem import on_grid
from ketum.regimens.phases import HOURS_PER_DAY
from ketum.scenario.fields import MINUTES_PER_HOUR
from ketum.scenario.wording import KeyPath, MistakeError

_DAYS_PER_WEEK = 7


def check_on_grid(times: Iterable[float | None], step_h: float, path: KeyPath) -> None:
    """Refuse a time (h) that is not a multiple of the step; under the key ``at`` it is a clock time.

    Raises
    ------
    MistakeError
        At `path`.
    """
    said = clock if path[-1] == "at" else in_words
    for time in times:
        if time is not None and not on_grid(time, step_h):
            raise MistakeError(
                path,
                f"{said(time)} is not on the model's step; allowed: multiples of {in_words(step_h)}, "
                "or set record.step",
            )


def whole_days(hours: float | None, path: KeyPath, why: str = "") -> None:
    """Refuse a time (h) that is not a whole number of days; None passes.

    Raises
    ------
    MistakeError
        At `path`.
    """
    if hours is not None and hours % HOURS_PER_DAY:
        raise MistakeError(path, f"{in_words(hours)} is not allowed; allowed: {why}a whole number of days")


def whole_hours(hours: float | None, path: KeyPath) -> None:
    """Refuse a time (h) that is not a whole number of hours; None passes.

    Raises
    ------
    MistakeError
        At `path`.
    """
    if hours is not None and hours % 1:
        raise MistakeError(path, f"{in_words(hours)} is not allowed; allowed: a whole number of hours")


def in_words(hours: float) -> str:
    """Return a time (h, a whole number of minutes) as it may be written in a scenario.

    Examples
    --------
    >>> in_words(0.25), in_words(36.0), in_words(48.0), in_words(8736.0)
    ('15 min', '36 h', '2 d', '52 wk')
    """
    minutes = round(hours * MINUTES_PER_HOUR)
    days, left = divmod(minutes, HOURS_PER_DAY * MINUTES_PER_HOUR)
    if days and not left:
        weeks, odd = divmod(days, _DAYS_PER_WEEK)
        return f"{weeks} wk" if weeks > 1 and not odd else f"{days} d"
    whole, odd = divmod(minutes, MINUTES_PER_HOUR)
    return f"{minutes} min" if odd else f"{whole} h"


def clock(hours: float) -> str:
    """Return h after midnight as a clock time.

    Examples
    --------
    >>> clock(20.5)
    '20:30'
    """
    hour, minute = divmod(round(hours * MINUTES_PER_HOUR), MINUTES_PER_HOUR)
    return f"{hour:02d}:{minute:02d}"

"""How single values of a scenario are read: times, clock times, weekdays, shares, names."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from ketum.evidence import parse_quantity
from ketum.regimens.phases import HOURS_PER_DAY, WEEKDAYS
from ketum.scenario.wording import refusal, shown, unknown

MINUTES_PER_HOUR = 60
MOST_HOURS = 100 * 52 * 7 * HOURS_PER_DAY
_SHARE_DIGITS = 12
_LEAST_SHARE = 0.001
_TIMES = '"15 min", "6 h", "3 d" or "26 wk", whole minutes, at most 5200 wk'
_CLOCK = '"HH:MM" from "00:00" to "23:59", or a list of them'
_TAPER = 'a share per week such as "10 %/wk", from 0.1 % and below 100 %'


def duration(value: object) -> float:
    """Return a time above zero, in h.

    Examples
    --------
    >>> duration("26 wk"), duration("15 min")
    (4368.0, 0.25)
    """
    hours = duration_or_zero(value)
    if not hours:
        raise ValueError(refusal(value, "a time above zero", _TIMES))
    return hours


def duration_or_zero(value: object) -> float:
    """Return a time of zero or more, in h; a whole number of minutes, so that it can lie on a step.

    Raises
    ------
    ValueError
        If the value is not such a time.
    """
    if not isinstance(value, str):
        raise ValueError(refusal(value, "a time with its unit", _TIMES))
    try:
        minutes = parse_quantity(value, "time") * MINUTES_PER_HOUR
    except ValueError as error:
        # The reasons why months and years are refused are worth showing.
        hint = re.search(r"is not allowed: (.*)", str(error))
        raise ValueError(f"{shown(value)} is not a time: {hint[1]}" if hint else _no_time(value)) from None
    if not math.isclose(minutes, round(minutes), rel_tol=1e-12, abs_tol=1e-6):
        raise ValueError(refusal(value, "a whole number of minutes", _TIMES))
    if minutes > MOST_HOURS * MINUTES_PER_HOUR:
        raise ValueError(refusal(value, "a time that can be simulated", _TIMES))
    return round(minutes) / MINUTES_PER_HOUR


def _no_time(value: str) -> str:
    return refusal(value, "a time", _TIMES)


def clock_times(value: object) -> tuple[float, ...]:
    """Return one clock time or a list of them as h after midnight, in order.

    Examples
    --------
    >>> clock_times(["20:30", "08:00"])
    (8.0, 20.5)
    """
    texts = value if isinstance(value, list) else [value]
    times = sorted(_clock_time(text) for text in texts)
    if not times:
        raise ValueError(refusal(value, "a clock time", _CLOCK))
    if len(set(times)) < len(times):
        raise ValueError(f"a clock time stands twice; allowed: each of {shown(value)} once")
    return tuple(times)


def _clock_time(text: object) -> float:
    match = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(refusal(text, "a clock time", _CLOCK))
    return int(match[1]) + int(match[2]) / MINUTES_PER_HOUR


def weekdays(value: object) -> frozenset[int]:
    """Return a list of weekdays as numbers, 0 for Monday.

    Examples
    --------
    >>> sorted(weekdays(["sat", "sun"]))
    [5, 6]
    """
    if not isinstance(value, list) or not value:
        raise ValueError(refusal(value, "a list of weekdays", f"a list of {', '.join(WEEKDAYS)}"))
    for day in value:
        if day not in WEEKDAYS:
            raise ValueError(unknown(day, "a weekday", WEEKDAYS))
    return frozenset(WEEKDAYS.index(day) for day in value)


def share_per_week(value: object) -> float:
    """Return the share of ``taper_by`` as a fraction.

    Examples
    --------
    >>> share_per_week("10 %/wk")
    0.1
    """
    match = re.fullmatch(r"(.*%)\s*/\s*(wk|week)", value.strip()) if isinstance(value, str) else None
    try:
        share = round(parse_quantity(match[1], "fraction"), _SHARE_DIGITS) if match else 0.0
    except ValueError:
        share = 0.0
    if not _LEAST_SHARE <= share < 1:
        raise ValueError(refusal(value, "a taper", _TAPER))
    return share


def one_line(value: object) -> str:
    """Return a name or a title: a text of 1 to 100 characters without control characters."""
    if not isinstance(value, str) or not value.strip() or len(value) > 100 or re.search(r"[\0-\x1f\x7f]", value):
        raise ValueError(refusal(value, "a name", "a text of 1 to 100 characters on one line"))
    return value


def only_true(value: object) -> bool:
    """Return True; a switch that is off is left out instead."""
    if value is not True:
        raise ValueError(f"{shown(value)} is not allowed; allowed: true, or leave the key out")
    return True


def one_of(what: str, names: tuple[str, ...]) -> Callable[[object], str]:
    """Return the reader of a name out of `names`."""

    def read(value: object) -> str:
        if value in names and isinstance(value, str):
            return value
        raise ValueError(unknown(value, what, names))

    return read

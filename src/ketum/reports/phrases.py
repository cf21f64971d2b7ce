"""Numbers, times and lists as they stand in a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

HOURS_PER_DAY = 24
_DAYS_PER_WEEK = 7
_LONGEST_IN_HOURS = 36
_SMALL_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def number(value: float, digits: int) -> str:
    """Return a number with so many decimals, thousands set apart, and a true minus sign.

    Examples
    --------
    >>> number(12345.678, 1), number(-0.04, 1), number(-3.2, 0)
    ('12,345.7', '0.0', '−3')
    """
    text = f"{value:,.{digits}f}"
    if text.startswith("-"):
        text = text[1:] if not text.strip("-0.,") else f"−{text[1:]}"
    return text


def significant(value: float, figures: int = 3) -> str:
    """Return a number with so many significant figures, never in scientific notation.

    Examples
    --------
    >>> significant(16591.41), significant(77.647), significant(0.0398, 2), significant(0.0)
    ('16,600', '77.6', '0.040', '0')
    """
    if value == 0:
        return "0"
    exponent = int(f"{abs(value):.{figures - 1}e}".partition("e")[2])
    decimals = figures - 1 - exponent
    return number(round(value, decimals), max(decimals, 0))


def plain(value: float) -> str:
    """Return a number with up to two decimals.

    Examples
    --------
    >>> plain(1.25), plain(1.0), plain(2.5)
    ('1.25', '1', '2.5')
    """
    text = number(value, 2)
    return text.rstrip("0").rstrip(".")


def points(value: float) -> str:
    """Return a score: one decimal below ten, else none.

    Examples
    --------
    >>> points(4.93), points(11.28)
    ('4.9', '11')
    """
    return number(value, 1 if abs(value) < 9.95 else 0)


def percent(share: float, digits: int = 0) -> str:
    """Return a share as a percentage that does not round something to nothing or to everything.

    Examples
    --------
    >>> percent(0.324), percent(0.002), percent(0.999), percent(1.0), percent(0.0)
    ('32%', 'less than 1%', 'more than 99%', '100%', '0%')
    """
    least = 10.0**-digits
    value = 100.0 * share
    if 0 < value <= least / 2:
        return f"less than {least:g}%"
    if 100.0 - least / 2 <= value < 100.0:
        return f"more than {100.0 - least:g}%"
    return f"{value:.{digits}f}%"


def count(n: int, one: str, many: str | None = None) -> str:
    """Return a number of things; small numbers as words.

    Examples
    --------
    >>> count(1, "serving"), count(3, "serving"), count(26, "week"), count(1000, "person", "persons")
    ('one serving', 'three servings', '26 weeks', '1,000 persons')
    """
    word = _SMALL_NUMBERS[n] if 0 <= n < len(_SMALL_NUMBERS) else f"{n:,}"
    return f"{word} {one if n == 1 else many or one + 's'}"


def listed(parts: Sequence[str]) -> str:
    """Return parts as a list in a sentence.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def time_in(hours: float, scale: float) -> str:
    """Return a time (h) without its unit: in days where `scale` (h) is longer than a day and a half, else in hours."""
    if scale < _LONGEST_IN_HOURS:
        return number(hours, 1 if scale < 9.5 and hours % 1 else 0)
    days = hours / HOURS_PER_DAY
    return number(days, 1 if days < 9.95 else 0)


def time_unit(scale: float, shown: str) -> str:
    """Return the unit that goes with `time_in`."""
    name = "hour" if scale < _LONGEST_IN_HOURS else "day"
    return name if shown == "1" else f"{name}s"


def span(hours: float) -> str:
    """Return a time (h) with its unit.

    Examples
    --------
    >>> span(13.0), span(52.9), span(24.0), span(1.25)
    ('13 hours', '2.2 days', '24 hours', '1.2 hours')
    """
    shown = time_in(hours, hours)
    return f"{shown} {time_unit(hours, shown)}"


def span_between(low: float, high: float) -> str:
    """Return "x and y" of two times (h), in one unit unless they are too far apart.

    Examples
    --------
    >>> span_between(11.0, 15.0), span_between(8.0, 632.0), span_between(47.0, 58.0)
    ('11 and 15 hours', '8 hours and 26 days', '2.0 and 2.4 days')
    """
    if low < HOURS_PER_DAY and high >= 2 * _LONGEST_IN_HOURS:
        return f"{span(low)} and {span(high)}"
    shown = time_in(high, high)
    return f"{time_in(low, high)} and {shown} {time_unit(high, shown)}"


_UNITS = {"min": ("minute", "minutes"), "h": ("hour", "hours"), "d": ("day", "days"), "wk": ("week", "weeks")}


def duration(text: str) -> str:
    """Return a time of a resolved scenario in words.

    Examples
    --------
    >>> duration("26 wk"), duration("1 d"), duration("15 min")
    ('26 weeks', 'one day', '15 minutes')
    """
    amount, _, unit = text.partition(" ")
    one, many = _UNITS.get(unit, (unit, unit))
    return count(int(amount), one, many) if amount.isdigit() else f"{amount} {many}"


def day_range(days: float) -> str:
    """Return a number of days, in weeks where they are whole weeks."""
    weeks, left = divmod(days, _DAYS_PER_WEEK)
    return count(int(weeks), "week") if weeks > 1 and not left else count(round(days), "day")


_GLUE = re.compile(r"(?<=\d) (?=(?:h|nM|mg|g|L|days?|hours?|weeks?|points?|point-days)\b)")


def glued(text: str) -> str:
    r"""Return a text in which a number and its unit stay on one line.

    Examples
    --------
    >>> glued("4 g of leaf powder")
    '4\xa0g of leaf powder'
    """
    return _GLUE.sub("\u00a0", text)


def capital(text: str) -> str:
    """Return a text with its first letter in capitals.

    Examples
    --------
    >>> capital("7-hydroxymitragynine"), capital("4 g of leaf")
    ('7-Hydroxymitragynine', '4 g of leaf')
    """
    return re.sub(r"^((?:\d+-)?)([a-z])", lambda found: found[1] + found[2].upper(), text)

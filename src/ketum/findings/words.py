"""Sentences of findings: names, lists, shares and times as they stand in a sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

HOURS_PER_DAY = 24
_DAYS_PER_WEEK = 7
_WHOLE = 100.0
_MOST_LISTED = 3


def listed(parts: Sequence[str]) -> str:
    """Return parts as a list in a sentence.

    Examples
    --------
    >>> listed(["morphine", "diazepam", "alcohol"])
    'morphine, diazepam and alcohol'
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def plain_name(name: str) -> str:
    """Return a name of the tables in words.

    Examples
    --------
    >>> plain_name("st_johns_wort")
    'st johns wort'
    """
    return name.replace("_", " ")


def sentence(parts: Sequence[str]) -> str:
    """Return parts as the beginning of a sentence.

    Examples
    --------
    >>> sentence(["known liver disease", "valproate beside kratom"])
    'Known liver disease; valproate beside kratom'
    """
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]


def percent(share: float) -> str:
    """Return a share as a percentage that rounds nobody away.

    Examples
    --------
    >>> percent(0.124), percent(0.0004), percent(0.9996)
    ('12%', 'less than 1%', 'more than 99%')
    """
    value = _WHOLE * share
    if 0.0 < value < 1.0:
        return "less than 1%"
    if _WHOLE - 1.0 < value < _WHOLE:
        return "more than 99%"
    return f"{value:.0f}%"


def span(hours: float) -> str:
    """Return a length of time in weeks where it is whole weeks, else in days; weeks without number if it is endless.

    Examples
    --------
    >>> span(24 * 182), span(24 * 15)
    ('26 weeks', '15 days')
    """
    if math.isinf(hours):
        return "weeks"
    weeks, rest = divmod(hours, HOURS_PER_DAY * _DAYS_PER_WEEK)
    if not rest and weeks > 1:
        return f"{weeks:.0f} weeks"
    days = round(hours / HOURS_PER_DAY)
    return "1 day" if days == 1 else f"{days} days"


def shares(by_arm: Mapping[str, tuple[float, float]], arms: int) -> str:
    """Return shares of persons in the arms that have any, each from its lowest to its highest causal setting.

    Parameters
    ----------
    by_arm : mapping of arm to (lowest, highest)
    arms : int
        Number of arms of the scenario; with one its name is left out.

    Examples
    --------
    >>> shares({"tea": (0.1, 0.1)}, 1)
    '10%'
    >>> shares({"never used": (0.1, 0.1), "use": (0.2, 0.3)}, 2)
    '10% (never used) and 20% to 30% (use)'
    """
    told = {arm: " to ".join(dict.fromkeys(percent(share) for share in ends)) for arm, ends in by_arm.items()}
    if len(by_arm) >= arms and len(set(told.values())) == 1:
        return told.popitem()[1]
    if len(by_arm) > _MOST_LISTED:
        least = min(by_arm, key=lambda arm: by_arm[arm][0])
        most = max(by_arm, key=lambda arm: by_arm[arm][1])
        return f"from {percent(by_arm[least][0])} ({least}) to {percent(by_arm[most][1])} ({most})"
    return listed([f"{text} ({arm})" if arms > 1 else text for arm, text in told.items()])

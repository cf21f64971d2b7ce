"""How values of an estimand are shown.

Odds and hazard ratios are exponentiated and stand on logarithmic axes, others stand as they are. Bias and standard
errors of a ratio stay on the log scale.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ketum.reports.labels import short
from ketum.reports.phrases import capital, number
from ketum.reports.plots import Json
from ketum.reports.study_facts import Estimand

NONE = "–"
POINTS = "percentage points"
_RATIOS = {"log odds": "odds ratio", "log hazard": "hazard ratio"}
_MOST_DIGITS = 3
"""Decimals that are added at most so that a Monte-Carlo error is not shown as nothing."""
_ROOM = 0.06
_FEWEST_TICKS, _MOST_TICKS = 3, 6
_LADDERS = ((1, 10), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7), tuple(1 + k / 10 for k in range(90)))
"""Ticks of a decade of a logarithmic axis, from few to many."""


def is_ratio(estimand: Estimand) -> bool:
    """Return whether an estimand is shown exponentiated."""
    return estimand.scale in _RATIOS


def ratio_name(estimand: Estimand) -> str:
    """Return "odds ratio" or "hazard ratio"."""
    return _RATIOS[estimand.scale]


def shown(estimand: Estimand, value: float) -> str:
    """Return a value as it is printed; a ratio exponentiated.

    Examples
    --------
    >>> facts = dict(name="or", label="Odds ratio", words="", symbols="", noun="odds ratio", main="crude")
    >>> shown(Estimand(**facts, scale="log odds"), 0.6931), shown(Estimand(**facts, digits=1), -1.26)
    ('2.00', '−1.3')
    """
    if not math.isfinite(value):
        return NONE
    if not is_ratio(estimand):
        return f"{plain(estimand, value)}{'%' if estimand.scale == 'share' and not _in_points(estimand) else ''}"
    ratio = math.exp(min(value, 700.0))
    if ratio >= 1000 or 0 < ratio < 10.0**-estimand.digits:
        return f"{ratio:.1e}"
    return number(ratio, estimand.digits)


def plain(estimand: Estimand, value: float) -> str:
    """Return a bias, standard error or log ratio with the decimals of its estimand."""
    return number(factor(estimand) * value, decimals(estimand)) if math.isfinite(value) else NONE


def factor(estimand: Estimand) -> float:
    """Return by what values are multiplied where they are shown: shares are percentages."""
    return 100.0 if estimand.scale == "share" else 1.0


def decimals(estimand: Estimand) -> int:
    """Return the decimals with which values are shown."""
    return max(estimand.digits - 1, 0) if estimand.scale == "share" else estimand.digits


def title(estimand: Estimand) -> str:
    """Return the heading of an estimand; what is shown exponentiated is not called a logarithm.

    Examples
    --------
    >>> facts = dict(name="or", words="", symbols="", noun="odds ratio", main="crude", scale="log odds")
    >>> title(Estimand(**facts, label="causal log odds ratio of depression"))
    'Causal odds ratio of depression'
    """
    label = estimand.label
    return capital(label.replace(f"log {ratio_name(estimand)}", ratio_name(estimand)) if is_ratio(estimand) else label)


def signed(estimand: Estimand, value: float) -> str:
    """Return a bias with its sign."""
    text = plain(estimand, value)
    return f"+{text}" if math.isfinite(value) and value > 0 and text.strip("0.,") else text


def error(estimand: Estimand, value: float) -> str:
    """Return a Monte-Carlo error with its sign, with more decimals where it would show as nothing.

    Examples
    --------
    >>> facts = dict(name="d", label="Difference", words="", symbols="", noun="difference", main="crude")
    >>> error(Estimand(**facts), 0.04), error(Estimand(**facts), 0.0004), error(Estimand(**facts), 0.0)
    ('± 0.04', '± 0.0004', '± 0')
    """
    if not math.isfinite(value):
        return ""
    if value == 0.0:
        return "± 0"
    first = decimals(estimand)
    for digits in range(first, first + _MOST_DIGITS):
        text = number(factor(estimand) * value, digits)
        if text.strip("0."):
            return f"± {text}"
    return f"± <{number(10.0 ** -(first + _MOST_DIGITS - 1), first + _MOST_DIGITS - 1)}"


def share(value: float, digits: int = 1) -> str:
    """Return a share as a percentage, as tables show it.

    Examples
    --------
    >>> share(0.9725), share(1.0), share(float("nan"))
    ('97.2%', '100.0%', '–')
    """
    return f"{number(100.0 * value, digits)}%" if math.isfinite(value) else NONE


def share_error(value: float) -> str:
    """Return the Monte-Carlo error of a share, in points of percentage."""
    return f"± {number(100.0 * value, 1)}" if math.isfinite(value) else ""


def with_unit(estimand: Estimand, text: str) -> str:
    """Return a value with its unit, without what stands in brackets there."""
    return f"{text} {unit(estimand)}".strip() if text != NONE else text


def unit(estimand: Estimand) -> str:
    """Return the unit of values; empty where the scale says it."""
    if _in_points(estimand):
        return POINTS
    return short(estimand.unit) if estimand.scale == "linear" else ""


def _in_points(estimand: Estimand) -> bool:
    """Return whether an estimand is a difference between shares."""
    return estimand.scale == "share" and "difference" in estimand.noun


def bias_unit(estimand: Estimand) -> str:
    """Return the unit in which a bias stands."""
    if estimand.scale == "share":
        return POINTS
    return f"log {ratio_name(estimand)}" if is_ratio(estimand) else unit(estimand)


def placed(estimand: Estimand, values: object) -> np.ndarray:
    """Return values as they stand on an axis: ratios exponentiated, shares as percentages."""
    array = factor(estimand) * np.asarray(values, dtype=float)
    return np.exp(np.clip(array, -300.0, 300.0)) if is_ratio(estimand) else array


def value_axis(estimand: Estimand, values: Iterable[float], heading: str) -> Json:
    """Return an axis that holds values (on the scale of the estimand) with some room; logarithmic for ratios."""
    low, high = span(factor(estimand) * value for value in values)
    axis: Json = {
        "title": {"text": heading, "standoff": 8},
        "ticks": "outside",
        "ticklen": 4,
        "zeroline": False,
        "showgrid": True,
    }
    if not is_ratio(estimand):
        return {**axis, "range": [low, high], "nticks": _MOST_TICKS + 1, "exponentformat": "none"}
    ticks = log_ticks(math.exp(max(low, -300.0)), math.exp(min(high, 300.0)))
    return {
        **axis,
        "type": "log",
        "range": [low / math.log(10.0), high / math.log(10.0)],
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [f"{tick:,g}" for tick in ticks],
    }


def span(values: Iterable[float]) -> tuple[float, float]:
    """Return the range of finite values with room at both ends."""
    known = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(known), max(known)
    room = _ROOM * (high - low) or max(abs(high), 1.0) / 2
    return low - room, high + room


def log_ticks(low: float, high: float) -> list[float]:
    """Return ticks of a logarithmic axis: round numbers, at least three of them if there are as many.

    Examples
    --------
    >>> log_ticks(0.8, 4.2), log_ticks(0.02, 300.0)
    ([1.0, 1.5, 2.0, 3.0], [0.1, 1.0, 10.0, 100.0])
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    found: list[float] = []
    for ladder in _LADDERS:
        ticks = sorted({round(step * 10.0**k, 12 - k) for k in range(first, last + 1) for step in ladder})
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) > _MOST_TICKS and len(found) > 1:
            break
        found = inside
        if len(found) >= _FEWEST_TICKS:
            break
    if not found:
        return sorted({float(f"{tick:.4g}") for tick in np.linspace(low, high, _FEWEST_TICKS + 2)[1:-1]})
    return found[:: -(-len(found) // _MOST_TICKS)]

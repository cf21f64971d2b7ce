"""Plots as plotly.js reads them: axes, ranges and layout. Nothing that a user wrote enters them.

Colours of text and grid are left to the page, which knows whether it is light or dark.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketum.reports.reader import Array

Json = dict[str, Any]
COLOURS = ("#0072B2", "#D55E00", "#007A5A", "#AA4499", "#B07D00", "#3A7CA5")
"""Blue, vermillion, green, purple, ochre: told apart by the colour-blind (after Okabe and Ito, darkened for lines)."""
DASHES = ("solid", "5px,3px", "2px,3px", "9px,3px,2px,3px", "18px,5px", "12px,3px,2px,3px,2px,3px")
"""Dashes that are told apart in grey too."""
NEVER = "#5B6770"
NEUTRAL = "#647480"
MOST_POINTS = 1500
_LOG_DECADES = 4.0
_STEPS = {
    "hours": (1, 2, 3, 6, 12, 24, 48),
    "days": (1, 2, 4, 7, 14, 28),
    "weeks": (1, 2, 4, 8, 13, 26, 52),
}
HOURS_IN = {"hours": 1.0, "days": 24.0, "weeks": 168.0}
_MOST_TICKS = 8
_LONG_LABELS = 400
"""Places on an axis from which labels are so wide that half as many fit."""
_ROOM = 0.02
"""Room to the left of a dose at the beginning, as a share of the axis."""
_HOURS_UP_TO, _DAYS_UP_TO = 7 * 24.0, 70 * 24.0


@dataclass(frozen=True, slots=True)
class Axis:
    """The axis of time of a plot: its unit, the hour that is its zero, its range in that unit, its title."""

    unit: str
    zero_h: float
    low: float
    high: float
    title: str

    def place(self, hours: Array | float) -> Any:
        """Return hours of the scenario as places on the axis."""
        return (hours - self.zero_h) / HOURS_IN[self.unit]


def time_axis(low_h: float, high_h: float, zero_h: float = 0.0, since: str = "since the start") -> Axis:
    """Return an axis of time in hours, days or weeks, after its length."""
    length = high_h - low_h
    unit = "hours" if length <= _HOURS_UP_TO else "days" if length <= _DAYS_UP_TO else "weeks"
    if zero_h and unit == "hours":
        unit = "days"
    scale = HOURS_IN[unit]
    return Axis(unit, zero_h, (low_h - zero_h) / scale, (high_h - zero_h) / scale, f"{unit.capitalize()} {since}")


@dataclass(slots=True)
class Plot:
    """A plot in the making: traces, shapes and notes, on an axis of time and an upright one."""

    axis: Axis
    y_title: str
    height: int = 290
    traces: list[Json] = field(default_factory=list)
    shapes: list[Json] = field(default_factory=list)
    notes: list[Json] = field(default_factory=list)
    strip: Json | None = None
    room: bool = False
    top: float = 0.0
    bottom: float = 0.0

    def covers(self, *values: Array) -> None:
        """Widen the upright range so that values stand inside it."""
        for array in values:
            known = array[np.isfinite(array)]
            if known.size:
                self.top = max(self.top, float(known.max()))
                self.bottom = min(self.bottom, float(known.min()))


def packed(values: NDArray[Any]) -> Json:
    """Return an array as plotly.js unpacks it: single precision, base64."""
    single = np.ascontiguousarray(values, dtype="<f4")
    text: Json = {"dtype": "f4", "bdata": base64.b64encode(single.tobytes()).decode("ascii")}
    if single.ndim > 1:
        text["shape"] = ", ".join(map(str, single.shape))
    return text


def thin(x: Array, y: Array, most: int = MOST_POINTS) -> tuple[Array, Array]:
    """Return fewer points that draw the same line: the lowest and highest of each stretch.

    Examples
    --------
    >>> x, y = thin(np.arange(9000.0), np.sin(np.arange(9000.0)), 1000)
    >>> len(x) <= 1000, bool(y.max() > 0.999)
    (True, True)
    """
    if len(x) <= most:
        return x, y
    stretches = np.array_split(np.arange(len(x)), most // 2)
    kept = np.array(sorted({int(s[pick(y[s])]) for s in stretches for pick in (np.argmin, np.argmax)}))
    return x[kept], y[kept]


def dash(k: int) -> str:
    """Return the dash of the k-th line: colours come round after six, and then go with another dash.

    Examples
    --------
    >>> [dash(k) for k in (0, 1, 6)]
    ['solid', '5px,3px', '5px,3px']
    """
    return DASHES[(k + k // len(COLOURS)) % len(DASHES)]


def rgba(colour: str, alpha: float) -> str:
    """Return a colour with transparency.

    Examples
    --------
    >>> rgba("#0072B2", 0.2)
    'rgba(0,114,178,0.2)'
    """
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def share_ranges(plots: Iterable[Plot]) -> None:
    """Give plots the same upright range."""
    plots = list(plots)
    top, bottom = max(p.top for p in plots), min(p.bottom for p in plots)
    for plot in plots:
        plot.top, plot.bottom = top, bottom


def finished(
    plot: Plot, *, log: bool = False, both: bool = False, zero_line: bool = False, words_above: bool = True
) -> Json:
    """Return data and layout of a plot, on a logarithmic axis or ready for `both` kinds.

    `words_above` leaves room for words above the plot.
    """
    top = plot.top * 1.04 or 1.0
    bottom = plot.bottom * 1.04
    above = float(np.log10(top))
    ranges = {"linear": [bottom, top], "log": [above - _LOG_DECADES, above + 0.1]}
    if log or both:
        _cut(plot.traces, top * 10.0 ** -(_LOG_DECADES + 1))
    length = plot.axis.high - plot.axis.low
    layout: Json = {
        "height": plot.height,
        "margin": {"l": 64, "r": 12, "t": 22 if words_above else 8, "b": 42},
        "showlegend": False,
        "hovermode": "x",
        "bargap": 0,
        "shapes": plot.shapes,
        "annotations": plot.notes,
        "xaxis": {
            "title": {"text": plot.axis.title, "standoff": 8},
            "range": [plot.axis.low - (_ROOM * length if plot.room else 0), plot.axis.high],
            "dtick": _tick(plot.axis),
            "tick0": 0,
            "ticks": "outside",
            "ticklen": 4,
            "showgrid": False,
            "zeroline": False,
            "anchor": "y2" if plot.strip else "y",
        },
        "yaxis": {
            "title": {"text": plot.y_title, "standoff": 6},
            "type": "log" if log else "linear",
            "range": ranges["log" if log else "linear"],
            "nticks": 6,
            "zeroline": zero_line,
            "domain": [0.17 if plot.strip else 0, 1],
            "exponentformat": "none",
            "tickformat": ",~g" if top >= 1000 else "",
        },
    }
    if log:
        layout["yaxis"]["dtick"] = 1
    if plot.strip:
        fixed = {"domain": [0, 0.11], "fixedrange": True, "showgrid": False, "zeroline": False, "ticks": ""}
        layout["yaxis2"] = {**fixed, **plot.strip, "tickfont": {"size": 9.5}, "ticklabelstandoff": 4}
    return {"data": plot.traces, "layout": layout, "ranges": ranges}


def _tick(axis: Axis) -> int:
    steps = _STEPS[axis.unit]
    most = _MOST_TICKS if axis.high < _LONG_LABELS else _MOST_TICKS // 2
    return next((step for step in steps if (axis.high - axis.low) / step <= most), steps[-1])


def _cut(traces: Sequence[Json], floor: float) -> None:
    """Raise what a logarithmic axis cannot show to below its range."""
    for trace in traces:
        if trace.get("yaxis") != "y2":
            y = np.frombuffer(base64.b64decode(trace["y"]["bdata"]), dtype="<f4")
            trace["y"] = packed(np.maximum(y, floor))

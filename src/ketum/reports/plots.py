"""Plots as plotly.js reads them: plain dictionaries. Nothing that a user wrote enters them.

Colours of text and grid are left to the page, which knows whether it is light or dark.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketum.reports.reader import Array, Curve

Json = dict[str, Any]
COLOURS = ("#0072B2", "#D55E00", "#007A5A", "#AA4499", "#B07D00", "#3A7CA5")
"""Blue, vermillion, green, purple, ochre: told apart by the colour-blind (after Okabe and Ito, darkened for lines)."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
NEVER = "#5B6770"
NEUTRAL = "#647480"
_MOST_POINTS = 1500
_LOG_DECADES = 4.0
_STEPS = {
    "hours": (1, 2, 3, 6, 12, 24, 48),
    "days": (1, 2, 4, 7, 14, 28),
    "weeks": (1, 2, 4, 8, 13, 26, 52),
}
_HOURS = {"hours": 1.0, "days": 24.0, "weeks": 168.0}
_OFTEN, _FINE = 20.0, 0.38
"""How often its height a line may go up and down before it is drawn thin, and how thin."""
_MOST_TICKS = 8
_LONG_LABELS = 400
"""Places on an axis from which labels are so wide that half as many fit."""
FEW_DOSES = 30
"""Doses up to which each is drawn as a triangle, and up to which single people can be told apart."""
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
        return (hours - self.zero_h) / _HOURS[self.unit]


def time_axis(low_h: float, high_h: float, zero_h: float = 0.0, since: str = "since the start") -> Axis:
    """Return an axis of time in hours, days or weeks, after its length."""
    length = high_h - low_h
    unit = "hours" if length <= _HOURS_UP_TO else "days" if length <= _DAYS_UP_TO else "weeks"
    if zero_h and unit == "hours":
        unit = "days"
    scale = _HOURS[unit]
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


def thin(x: Array, y: Array, most: int = _MOST_POINTS) -> tuple[Array, Array]:
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


def rgba(colour: str, alpha: float) -> str:
    """Return a colour with transparency.

    Examples
    --------
    >>> rgba("#0072B2", 0.2)
    'rgba(0,114,178,0.2)'
    """
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def add_band(plot: Plot, x: Array, low: Array, high: Array, colour: str, alpha: float, role: str) -> None:
    """Add the area between two curves."""
    up_x, up = thin(x, high)
    down_x, down = thin(x, low)
    plot.covers(low, high)
    plot.traces.append(
        {
            "type": "scatter",
            "mode": "lines",
            "x": packed(np.concatenate([up_x, down_x[::-1]])),
            "y": packed(np.concatenate([up, down[::-1]])),
            "fill": "toself",
            "fillcolor": rgba(colour, alpha),
            "line": {"width": 0},
            "hoverinfo": "skip",
            "meta": role,
        }
    )


def add_line(plot: Plot, x: Array, y: Array, colour: str, role: str, **line: Any) -> Json:
    """Add a line without hover."""
    x, y = thin(x, y)
    plot.covers(y)
    trace: Json = {
        "type": "scatter",
        "mode": "lines",
        "x": packed(x),
        "y": packed(y),
        "line": {"color": colour, **line},
        "hoverinfo": "skip",
        "meta": role,
    }
    plot.traces.append(trace)
    return trace


def add_hover(plot: Plot, x: Array, curve: Curve, colour: str, digits: int, name: str) -> None:
    """Add the invisible points that tell the numbers under the pointer."""
    step = -(-len(x) // _MOST_POINTS)
    hourly = plot.axis.unit == "hours"
    moment = x if hourly else x * _HOURS[plot.axis.unit] / _HOURS["days"]
    values = np.stack([curve.p50, curve.mean, curve.p25, curve.p75, curve.p05, curve.p95, moment], axis=1)[::step]
    what = [f"%{{customdata[{k}]:.{digits}f}}" for k in range(6)]
    label = f"{name}<br>" if name else ""
    unit = "Hour" if hourly else "Day"
    plot.traces.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": packed(x[::step]),
            "y": packed(curve.p50[::step]),
            "customdata": packed(values),
            "marker": {"color": colour, "opacity": 0, "size": 6},
            "hovertemplate": (
                f"{label}{unit} %{{customdata[6]:.5~g}}<br>median {what[0]}, mean {what[1]}<br>"
                f"50% of people {what[2]} to {what[3]}<br>90% of people {what[4]} to {what[5]}<extra></extra>"
            ),
            "hoverlabel": {"bordercolor": colour},
            "meta": "hover",
        }
    )


def add_singles(plot: Plot, x: Array, singles: Array) -> None:
    """Add thin lines of single persons, as one trace with gaps."""
    plot.covers(singles)
    lines = [thin(x, person) for person in singles]
    gap = np.array([np.nan])
    plot.traces.append(
        {
            "type": "scatter",
            "mode": "lines",
            "x": packed(np.concatenate([part for line in lines for part in (line[0], gap)])),
            "y": packed(np.concatenate([part for line in lines for part in (line[1], gap)])),
            "line": {"color": "rgba(120,120,120,0.75)", "width": 0.8},
            "hoverinfo": "skip",
            "meta": "single",
        }
    )


def _fineness(y: Array) -> float:
    """Return how much thinner than others a line is drawn: one that goes up and down often would fill the plot."""
    travelled, height = float(np.abs(np.diff(y)).sum()), float(np.ptp(y)) if len(y) else 0.0
    return _FINE if travelled > _OFTEN * height > 0 else 1.0


def add_full(plot: Plot, x: Array, curve: Curve, singles: Array | None, colour: str, digits: int) -> None:
    """Add a curve with everything: bands of 90% and 50%, single persons, mean, median."""
    fine = _fineness(curve.p50)
    add_band(plot, x, curve.p05, curve.p95, colour, 0.14, "band90")
    add_band(plot, x, curve.p25, curve.p75, colour, 0.28, "band50")
    if singles is not None:
        add_singles(plot, x, singles)
    add_line(plot, x, curve.mean, colour, "mean", width=1.6 * fine, dash="4px,3px")
    add_line(plot, x, curve.p50, colour, "median", width=2.6 * fine)
    add_hover(plot, x, curve, colour, digits, "")


def add_slim(plot: Plot, x: Array, curve: Curve, k: int, digits: int, name: str) -> None:
    """Add one of several curves: band of 50% and median, told apart by colour and dash."""
    colour = COLOURS[k % len(COLOURS)]
    add_band(plot, x, curve.p25, curve.p75, colour, 0.16, "band50")
    add_line(plot, x, curve.p50, colour, "median", width=2.4 * _fineness(curve.p50), dash=DASHES[k % len(DASHES)])
    add_hover(plot, x, curve, colour, digits, name)


def add_mark(plot: Plot, hour: float, text: str, anchor: str = "center") -> None:
    """Add an upright dashed line with a word above it."""
    x = float(plot.axis.place(hour))
    if not plot.axis.low <= x <= plot.axis.high:
        return
    line = {"color": "rgba(110,110,110,0.9)", "width": 1.2, "dash": "3px,3px"}
    plot.shapes.append({"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": line})
    _note(plot, x, text, anchor)


def add_stretch(plot: Plot, start: float, end: float, text: str) -> None:
    """Shade a stretch of time, with a word above it."""
    low = max(float(plot.axis.place(start)), plot.axis.low)
    high = min(float(plot.axis.place(end)), plot.axis.high)
    if low >= high:
        return
    shape = {"type": "rect", "x0": low, "x1": high, "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    plot.shapes.append({**shape, "fillcolor": "rgba(128,128,128,0.13)", "line": {"width": 0}})
    _note(plot, low, text, "left")


def _note(plot: Plot, x: float, text: str, anchor: str) -> None:
    note = {"x": x, "y": 1, "yref": "paper", "yanchor": "bottom", "xanchor": anchor, "text": text, "showarrow": False}
    plot.notes.append({**note, "font": {"size": 11}})


def add_dose_strip(plot: Plot, x: Array, amount: Array, most: float, unit: str, width: float) -> None:
    """Add a strip below the plot: mean amount a day, as bars up to the most in any arm."""
    step = -(-len(x) // _MOST_POINTS)
    plot.traces.append(
        {
            "type": "bar",
            "x": packed(x[::step] - width / 2),
            "y": packed(amount[::step]),
            "width": width * step * 1.03,
            "yaxis": "y2",
            "marker": {"color": "#8C9399", "line": {"width": 0}},
            "hovertemplate": f"%{{y:.3~g}} {unit}/day<extra></extra>",
            "meta": "dose",
        }
    )
    plot.strip = {"range": [0, most * 1.02], "tickvals": [most], "ticktext": [f"{most:.3g} {unit}/day"]}


def add_dose_marks(plot: Plot, x: Array) -> None:
    """Add a strip below the plot: a tick for each dose."""
    few = {"symbol": "triangle-up", "size": 9, "color": "#6B737A"}
    many = {"symbol": "line-ns", "size": 8, "line": {"width": 1, "color": "#6B737A"}}
    plot.traces.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": packed(x),
            "y": packed(np.full(len(x), 0.5)),
            "yaxis": "y2",
            "marker": few if len(x) <= FEW_DOSES else many,
            "cliponaxis": False,
            "hovertemplate": "dose at %{x:.4~g} " + plot.axis.unit + "<extra></extra>",
            "meta": "dose",
        }
    )
    plot.strip = {"range": [0, 1], "tickvals": [0.5], "ticktext": ["dose"]}


def add_no_doses(plot: Plot, text: str) -> None:
    """Add a strip below the plot that says that nothing is taken."""
    empty = packed(np.array([np.nan]))
    plot.traces.append({"type": "scatter", "mode": "lines", "x": empty, "y": empty, "yaxis": "y2", "hoverinfo": "skip"})
    plot.strip = {"range": [0, 1], "tickvals": [0.5], "ticktext": [text]}


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

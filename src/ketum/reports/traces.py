"""What is drawn in a plot: bands, lines, single people, marks of a stop, and the strip of doses."""

from __future__ import annotations

from typing import Any

import numpy as np

from ketum.reports.plots import COLOURS, HOURS_IN, MOST_POINTS, Json, Plot, dash, packed, rgba, thin
from ketum.reports.reader import Array, Curve

KNOWN_DASH = "1px,3px"
"""How the lines between which a median is known are drawn."""
_OFTEN, _FINE = 20.0, 0.38
"""How often its height a line may go up and down before it is drawn thin, and how thin."""
FEW_DOSES = 30
"""Doses up to which each is drawn as a triangle, and up to which single people can be told apart."""


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
    step = -(-len(x) // MOST_POINTS)
    hourly = plot.axis.unit == "hours"
    moment = x if hourly else x * HOURS_IN[plot.axis.unit] / HOURS_IN["days"]
    shown = [curve.p50, curve.mean, curve.p25, curve.p75, curve.p05, curve.p95, moment]
    shown += [curve.low, curve.high] if curve.known else []
    values = np.stack(shown, axis=1)[::step]
    what = [f"%{{customdata[{k}]:.{digits}f}}" for k in range(len(shown))]
    known = f"<br>median known to within {what[7]} to {what[8]}" if curve.known else ""
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
                f"50% of people {what[2]} to {what[3]}<br>90% of people {what[4]} to {what[5]}{known}<extra></extra>"
            ),
            "hoverlabel": {"bordercolor": colour},
            "meta": "hover",
        }
    )


def add_hover_mean(plot: Plot, x: Array, mean: Array, colour: str, digits: int, name: str) -> None:
    """Add the invisible points that tell the mean under the pointer."""
    plot.traces.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": packed(x),
            "y": packed(mean),
            "marker": {"color": colour, "opacity": 0, "size": 6},
            "hovertemplate": f"{name}: %{{y:.{digits}f}}<extra></extra>",
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
    add_known(plot, x, curve, colour)
    add_hover(plot, x, curve, colour, digits, "")


def add_known(plot: Plot, x: Array, curve: Curve, colour: str) -> None:
    """Add the two lines between which the median is known, where there are parameter sets."""
    if curve.known:
        for bound in (curve.low, curve.high):
            add_line(plot, x, bound, colour, "known", width=1.4, dash=KNOWN_DASH)


def add_slim(plot: Plot, x: Array, curve: Curve, k: int, digits: int, name: str) -> None:
    """Add one of several curves: band of 50% and median, told apart by colour and dash."""
    colour = COLOURS[k % len(COLOURS)]
    add_band(plot, x, curve.p25, curve.p75, colour, 0.16, "band50")
    add_line(plot, x, curve.p50, colour, "median", width=2.4 * _fineness(curve.p50), dash=dash(k))
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
    step = -(-len(x) // MOST_POINTS)
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

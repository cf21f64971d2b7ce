"""Small figures of the ledger: every parameter set a dot, by quantity and causal setting, beside the bound."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketum.claims.model import Figure, Record, Values
from ketum.claims.words import told_by_setting
from ketum.reports.figure import Panel
from ketum.reports.plots import COLOURS, NEUTRAL, Json, packed, rgba

Array = NDArray[np.float64]
_LABEL_SIGNS = 50
_LINE, _DOTS, _FOOT = 15, 26, 44
"""Pixels of a line of words, of a row of dots, and of the axis."""
_JITTER = 0.618
_ROOM = 0.05
_MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a plot: words above it, values, and whether it was judged."""

    words: str
    values: Values
    told: str
    bound: float | None
    judged: bool

    @property
    def lines(self) -> list[str]:
        """The words on lines."""
        return textwrap.wrap(self.words, _LABEL_SIGNS)[:_MOST_LINES]

    @property
    def height(self) -> int:
        """Pixels that the row takes."""
        return _LINE * len(self.lines) + _DOTS


def record_panels(record: Record) -> list[Panel]:
    """Return one panel for each unit that the figures of a record have."""
    groups: dict[str, list[Figure]] = {}
    for figure in record.figures:
        groups.setdefault(figure.unit, []).append(figure)
    return [
        _panel(f"plot-{record.id}-{k}", unit, figures)
        for k, (unit, figures) in enumerate(groups.items())
        if any(math.isfinite(v) for f in figures for values in f.values for v in (values.table, *values.sets))
    ]


def _panel(name: str, unit: str, figures: Sequence[Figure]) -> Panel:
    rows = [row for figure in figures for row in _rows(figure)]
    alt = "; ".join(f"{figure.label}: {', '.join(told_by_setting(figure))}" for figure in figures)
    return Panel(name, unit or "ratio or scale from 0 to 1", NEUTRAL, alt, _plot(rows, unit))


def _rows(figure: Figure) -> list[_Row]:
    """Return the rows of a figure: one, or one a setting where it differs between settings."""
    told = told_by_setting(figure)
    if len(told) == 1:
        return [_Row(f"{figure.label}: {told[0]}", figure.values[0], told[0], figure.bound, figure.judged)]
    rows = []
    for k, (values, text) in enumerate(zip(figure.values, told, strict=True)):
        words = f"{figure.label} — {text}" if k == 0 else text
        rows.append(_Row(words, values, text, figure.bound, figure.judged))
    return rows


def _plot(rows: Sequence[_Row], unit: str) -> Json:
    """Return the plot: from top to bottom one row after another, in pixels."""
    height = sum(row.height for row in rows)
    traces: list[Json] = []
    shapes: list[Json] = []
    notes: list[Json] = []
    top = 0.0
    for row in rows:
        colour = COLOURS[0] if row.judged else NEUTRAL
        middle = top + _LINE * len(row.lines) + _DOTS / 2 - 3
        known = np.array([v for v in row.values.sets if math.isfinite(v)])
        if known.size:
            spread: Array = (np.arange(len(known), dtype=np.float64) * _JITTER % 1.0 - 0.5) * (_DOTS - 14)
            dots = {"color": rgba(colour, 0.38), "size": 5}
            traces.append(_trace(known, middle + spread, dots, row.told))
            shapes.append(_line(row.values.low, row.values.high, middle, colour))
        if math.isfinite(row.values.table):
            mark = {"color": colour, "size": 11, "symbol": "line-ns", "line": {"color": colour, "width": 2.5}}
            traces.append(_trace(np.array([row.values.table]), np.array([middle]), mark, row.told))
        if row.bound is not None:
            shapes.append(_bound(row.bound, middle))
        text = "<br>".join(_escaped(line) for line in row.lines)
        notes.append(_note(text, top))
        top += row.height
    low, high = _range(rows)
    layout: Json = {
        "height": height + _FOOT,
        "meta": {"paperHeight": height + _FOOT},
        "margin": {"l": 6, "r": 10, "t": 2, "b": _FOOT - 2},
        "showlegend": False,
        "hovermode": "closest",
        "shapes": shapes,
        "annotations": notes,
        "xaxis": {
            "title": {"text": unit or " ", "standoff": 6},
            "range": [low, high],
            "nticks": 7,
            "ticks": "outside",
            "ticklen": 4,
            "showgrid": True,
            "zeroline": False,
        },
        "yaxis": {"range": [height, 0], "visible": False, "fixedrange": True, "title": {"text": ""}},
    }
    return {"data": traces, "layout": layout, "ranges": {}}


def _trace(x: Array, y: Array, marker: Json, told: str) -> Json:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": packed(x),
        "y": packed(y),
        "marker": marker,
        "hovertemplate": f"%{{x:.3g}}<extra>{_escaped(told)}</extra>",
    }


def _line(low: float, high: float, y: float, colour: str) -> Json:
    ends = [v for v in (low, high) if math.isfinite(v)]
    return {
        "type": "line",
        "x0": min(ends, default=0.0),
        "x1": max(ends, default=0.0),
        "y0": y,
        "y1": y,
        "line": {"color": colour, "width": 1.5},
        "layer": "below",
    }


def _bound(x: float, y: float) -> Json:
    half = _DOTS / 2
    line = {"color": COLOURS[1], "width": 1.8, "dash": "4px,3px"}
    return {"type": "line", "x0": x, "x1": x, "y0": y - half, "y1": y + half, "line": line}


def _note(text: str, y: float) -> Json:
    return {
        "text": text,
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": y,
        "yref": "y",
        "yanchor": "top",
        "align": "left",
        "showarrow": False,
        "borderpad": 0,
        "font": {"size": 12},
    }


def _range(rows: Sequence[_Row]) -> tuple[float, float]:
    """Return the range of the axis: everything finite, and the bounds."""
    seen = [v for row in rows for v in (*row.values.sets, row.values.table) if math.isfinite(v)]
    seen += [row.bound for row in rows if row.bound is not None]
    low, high = min(seen), max(seen)
    room = _ROOM * (high - low) or 1.0
    return low - room, high + room


def _escaped(text: str) -> str:
    """Return words that plotly.js does not read as marks."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

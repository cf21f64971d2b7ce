"""Predicted against observed, domain by domain, on logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ketum.reports.figure import Panel
from ketum.reports.phrases import capital, significant
from ketum.reports.plots import COLOURS, NEUTRAL, Json
from ketum.validation.agreement import Agreement

CALIBRATION, OTHER, HEARSAY = "calibration", "other", "hearsay"
MARKS: dict[str, tuple[str, str, str]] = {
    CALIBRATION: (COLOURS[0], "circle", "calibration row (parameters were fitted to it)"),
    OTHER: (COLOURS[1], "diamond-open", "other row (nothing was fitted to it)"),
    HEARSAY: (NEUTRAL, "x-thin-open", "hearsay (no measurement)"),
}
_HEIGHT, _PAPER_HEIGHT = 430, 236
_SHORT, _LONG = 1.6, 5.5
"""Decades of an axis below which every doubling, and above which every second decade, has its tick."""
_ROOM = 0.15
"""Decades of room around the outermost points."""


def mark_of(row: Agreement) -> str:
    """Return which mark a row has."""
    one = row.comparison
    return CALIBRATION if one.calibration else HEARSAY if one.kind == "hearsay" else OTHER


def plotted(rows: Sequence[Agreement]) -> list[Agreement]:
    """Return the rows that have a place on logarithmic axes: those with a finite fold."""
    return [row for row in rows if math.isfinite(row.fold)]


def panels(rows: Sequence[Agreement], domains: Sequence[str], fold: float) -> list[Panel]:
    """Return a panel of each domain that has at least one row with a fold."""
    found = []
    for domain in domains:
        here = plotted([row for row in rows if row.comparison.domain == domain])
        if here:
            name = f"plot-{domain.replace(' ', '-')}"
            alt = (
                f"{capital(domain)}: predicted against observed for {len(here)} rows; the numbers stand in the tables."
            )
            found.append(Panel(name, f"{capital(domain)} ({len(here)})", NEUTRAL, alt, _plot(here, domain, fold)))
    return found


def _plot(rows: Sequence[Agreement], domain: str, fold: float) -> Json:
    low, high = _span(rows)
    traces: list[Json] = []
    for name, (colour, symbol, _) in MARKS.items():
        some = [row for row in rows if mark_of(row) == name]
        if some:
            traces.append(_trace(some, colour, symbol))
    lines = [
        _line(low, high, 1.0, "solid", NEUTRAL),
        _line(low, high, fold, "4px,3px", NEUTRAL),
        _line(low, high, 1.0 / fold, "4px,3px", NEUTRAL),
    ]
    axis: Json = {
        "type": "log",
        "range": [low, high],
        "dtick": math.log10(2.0) if high - low < _SHORT else 1 if high - low < _LONG else 2,
        "ticks": "outside",
        "ticklen": 4,
        "exponentformat": "none",
        "zeroline": False,
    }
    layout: Json = {
        "height": _HEIGHT,
        "meta": {"paperHeight": _PAPER_HEIGHT},
        "margin": {"l": 64, "r": 14, "t": 8, "b": 46},
        "showlegend": False,
        "hovermode": "closest",
        "shapes": lines,
        "xaxis": {**axis, "title": {"text": f"Observed, {domain} (unit of the row)", "standoff": 8}, "showgrid": True},
        "yaxis": {**axis, "title": {"text": "Predicted", "standoff": 6}, "showgrid": True},
    }
    return {"data": traces, "layout": layout}


def _span(rows: Sequence[Agreement]) -> tuple[float, float]:
    """Return the decades that hold every point, alike on both axes."""
    values = [v for row in rows for v in (row.predicted.middle, row.comparison.observed.value)]
    return math.log10(min(values)) - 2 * _ROOM, math.log10(max(values)) + 2 * _ROOM


def _line(low: float, high: float, factor: float, dash: str, colour: str) -> Json:
    return {
        "type": "line",
        "layer": "below",
        "x0": 10.0**low,
        "x1": 10.0**high,
        "y0": factor * 10.0**low,
        "y1": factor * 10.0**high,
        "line": {"color": colour, "width": 1, "dash": dash},
    }


def _reach(row: Agreement) -> tuple[float, float]:
    """Return the interval that is drawn: with parameter uncertainty, else of chance alone."""
    p = row.predicted
    low, high = (p.low, p.high) if math.isnan(p.low_all) else (p.low_all, p.high_all)
    least = p.middle / 1e3
    most = p.middle * 1e3
    return max(low, least), min(high, most) if math.isfinite(high) else most


def _trace(rows: Sequence[Agreement], colour: str, symbol: str) -> Json:
    middles = [row.predicted.middle for row in rows]
    reaches = [_reach(row) for row in rows]
    texts = [
        f"{row.comparison.row}: {row.comparison.title[:60]}<br>observed "
        f"{significant(row.comparison.observed.value)}, predicted {significant(row.predicted.middle)} "
        f"{row.comparison.unit}"
        for row in rows
    ]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [row.comparison.observed.value for row in rows],
        "y": middles,
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [max(high - middle, 0.0) for middle, (_, high) in zip(middles, reaches, strict=True)],
            "arrayminus": [max(middle - low, 0.0) for middle, (low, _) in zip(middles, reaches, strict=True)],
            "color": colour,
            "thickness": 1.1,
            "width": 0,
        },
        "marker": {"color": colour, "symbol": symbol, "size": 8, "line": {"color": colour, "width": 1.8}},
        "text": texts,
        "hovertemplate": "%{text}<extra></extra>",
    }

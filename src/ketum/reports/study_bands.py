"""Panels with one band a setting and one row an estimator.

Rows are laid out in pixels from top to bottom, so that a panel is as high as what it shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ketum.reports.plots import Json
from ketum.reports.study_facts import Estimand, Estimator
from ketum.reports.study_marks import colour, escaped, shortened, symbol
from ketum.reports.study_reader import Scored, StudyFolder

_BAND, _ROW, _FOOT, _HEAD = 18, 14, 46, 6
"""Pixels around the rows of a setting, of a row, of the axis, above."""
_SIGN, _LEFT = 6.9, 18
"""Pixels of a letter of a tick, and beside the ticks."""
_PAPER = 0.72


@dataclass(frozen=True, slots=True)
class Place:
    """One row: where it is, what it shows, and its performance."""

    setting: str
    estimator: Estimator
    k: int
    y: float
    row: Scored


def places_of(study: StudyFolder, estimand: Estimand) -> tuple[list[Place], float]:
    """Return the rows of a panel, and the height of all."""
    estimators = study.estimators(estimand)
    found = []
    top = 0.0
    for setting in study.settings:
        keys = [(e, (setting.name, estimand.name, e.name)) for e in estimators]
        here = [(e, study.scored[key]) for e, key in keys if key in study.scored]
        for j, (estimator, row) in enumerate(here):
            y = top + _BAND / 2 + _ROW * (j + 0.5)
            found.append(Place(setting.name, estimator, study.place(estimator), y, row))
        top += (_BAND + _ROW * len(here)) if here else 0.0
    return found, top


def bands(places: Sequence[Place]) -> Iterator[tuple[tuple[float, float], Place]]:
    """Yield the upper and lower end of each setting, with its first row."""
    for setting in dict.fromkeys(p.setting for p in places):
        here = [p for p in places if p.setting == setting]
        half = (_ROW + _BAND) / 2
        yield (here[0].y - half, here[-1].y + half), here[0]


def by_estimator(places: Sequence[Place]) -> Iterator[tuple[int, list[Place]]]:
    """Yield the place of each estimator, with its rows."""
    for k in sorted({p.k for p in places}):
        yield k, [p for p in places if p.k == k]


def marker(k: int) -> Json:
    """Return the mark of an estimator."""
    return {"color": colour(k), "symbol": symbol(k), "size": 8, "opacity": 1}


def hover(place: Place, text: str) -> str:
    """Return what is said of a row under the pointer."""
    return f"{escaped(place.setting)}, {escaped(place.estimator.label)}<br>{text}"


def bands_plot(places: Sequence[Place], height: float, traces: list[Json], axis: Json, shapes: list[Json]) -> Json:
    """Return a plot with one band a setting; what has no estimate is said in its row."""
    drawn = list(bands(places))
    names = [shortened(p.setting) for _, p in drawn]
    for (top, _), _ in drawn[1:]:
        line = {"color": "rgba(128,138,146,0.35)", "width": 1}
        between = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": top, "y1": top}
        shapes.append({**between, "line": line, "layer": "below"})
    whole = round(height) + _FOOT + _HEAD
    layout: Json = {
        "height": whole,
        "meta": {"paperHeight": round(_PAPER * height) + _FOOT},
        "margin": {"l": left(names), "r": 12, "t": _HEAD, "b": _FOOT},
        "showlegend": False,
        "hovermode": "closest",
        "shapes": shapes,
        "annotations": [_failed(p) for p in places if not p.row.answered],
        "xaxis": axis,
        "yaxis": {
            "range": [height, 0],
            "tickmode": "array",
            "tickvals": [(top + bottom) / 2 for (top, bottom), _ in drawn],
            "ticktext": [escaped(name) for name in names],
            "ticks": "",
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "title": {"text": ""},
        },
    }
    return {"data": traces, "layout": layout, "ranges": {}}


def _failed(place: Place) -> Json:
    return {
        **{
            "text": "all fits failed",
            "x": 0.01,
            "xanchor": "left",
            "xref": "paper",
            "y": place.y,
            "yref": "y",
            "showarrow": False,
        },
        "font": {"size": 11, "color": colour(place.k)},
    }


def left(names: Sequence[str]) -> int:
    """Return the pixels that the longest of some words needs beside an axis."""
    return round(_SIGN * max((len(name) for name in names), default=0)) + _LEFT

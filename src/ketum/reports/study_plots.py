"""Figures of performance: bias, and estimates against the truth, one panel an estimand, one band a setting."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ketum.reports.figure import Panel
from ketum.reports.phrases import capital
from ketum.reports.plots import NEUTRAL, Json
from ketum.reports.study_bands import Place, bands, bands_plot, by_estimator, hover, marker, places_of
from ketum.reports.study_facts import Estimand
from ketum.reports.study_marks import colour, escaped, role
from ketum.reports.study_reader import StudyFolder
from ketum.reports.study_scales import (
    bias_unit,
    factor,
    is_ratio,
    placed,
    ratio_name,
    shown,
    signed,
    span,
    title,
    unit,
    value_axis,
)
from ketum.studies.performance import BEYOND

TRUTH = NEUTRAL
_TOLD = 30
"""Numbers that the words for a picture hold at most."""
_OUTER, _INNER = (2.5, 97.5), (25.0, 75.0)
"""Percentiles of the estimates between which the thin and the thick line stand."""


def bias_panels(study: StudyFolder) -> list[Panel]:
    """Return bias by setting with 95% Monte-Carlo intervals, one panel an estimand."""
    return [
        Panel(f"plot-bias-{k}", title(estimand), NEUTRAL, _told(study, estimand, "bias"), _bias_plot(study, estimand))
        for k, estimand in enumerate(study.estimands)
    ]


def estimate_panels(study: StudyFolder) -> list[Panel]:
    """Return where estimates lie against the truth, one panel an estimand."""
    return [
        Panel(
            *(f"plot-estimates-{k}", title(estimand), NEUTRAL),
            _told(study, estimand, "mean"),
            _estimates_plot(study, estimand),
        )
        for k, estimand in enumerate(study.estimands)
    ]


def _bias_plot(study: StudyFolder, estimand: Estimand) -> Json:
    places, height = places_of(study, estimand)
    scale = factor(estimand)
    traces: list[Json] = [
        {
            **{"type": "scatter", "mode": "markers", "meta": role(k), "marker": marker(k)},
            "x": [scale * p.row.bias for p in here],
            "y": [p.y for p in here],
            "error_x": {
                **{"type": "data", "color": colour(k), "thickness": 1.6, "width": 0},
                "array": [scale * _reach(p) for p in here],
            },
            "text": [hover(p, f"bias {signed(estimand, p.row.bias)}") for p in here],
            "hovertemplate": "%{text}<extra></extra>",
        }
        for k, here in by_estimator([p for p in places if math.isfinite(p.row.bias)])
    ]
    known = [p for one in _alike(study, estimand) for p in places_of(study, one)[0] if math.isfinite(p.row.bias)]
    low, high = span([0.0, *(scale * (p.row.bias + side * _reach(p)) for p in known for side in (-1, 1))])
    named = bias_unit(estimand)
    axis: Json = {
        "title": {"text": f"Bias ({escaped(named)})" if named else "Bias", "standoff": 8},
        "range": [low, high],
        "nticks": 7,
        "ticks": "outside",
        "ticklen": 4,
        "zeroline": False,
        "showgrid": True,
        "exponentformat": "none",
    }
    none = {"type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1, "layer": "between"}
    return bands_plot(places, height, traces, axis, [{**none, "line": {"color": TRUTH, "width": 2.5}}])


def _reach(place: Place) -> float:
    """Return half the 95% Monte-Carlo interval of a bias."""
    return BEYOND * place.row.bias_mcse if math.isfinite(place.row.bias_mcse) else 0.0


def _alike(study: StudyFolder, estimand: Estimand) -> list[Estimand]:
    """Return the estimands of the same noun, unit and scale: their axes are the same."""
    return [e for e in study.estimands if (e.noun, e.unit, e.scale) == (estimand.noun, estimand.unit, estimand.scale)]


def _estimates_plot(study: StudyFolder, estimand: Estimand) -> Json:
    places, height = places_of(study, estimand)
    traces: list[Json] = []
    for k, here in by_estimator([p for p in places if p.row.answered]):
        for among, width in ((_OUTER, 1.4), (_INNER, 5.0)):
            x: list[float | None] = []
            for p in here:
                x += [*placed(estimand, _among(study, estimand, p, among)).tolist(), None]
            traces.append(
                {
                    **{"type": "scatter", "mode": "lines", "meta": role(k), "hoverinfo": "skip"},
                    **{"x": x, "y": [y for p in here for y in (p.y, p.y, None)]},
                    **{"line": {"color": colour(k), "width": width}, "opacity": 1.0 if among is _OUTER else 0.45},
                }
            )
        told = [f"mean {shown(estimand, p.row.mean)}, truth {shown(estimand, p.row.truth)}" for p in here]
        traces.append(
            {
                **{"type": "scatter", "mode": "markers", "meta": role(k), "marker": marker(k)},
                "x": placed(estimand, [p.row.mean for p in here]).tolist(),
                "y": [p.y for p in here],
                "text": [hover(p, text) for p, text in zip(here, told, strict=True)],
                "hovertemplate": "%{text}<extra></extra>",
            }
        )
    ends = [x for one in _alike(study, estimand) for x in _ends(study, one)]
    shapes = [
        {
            **{"type": "line", "x0": truth, "x1": truth, "y0": top, "y1": bottom, "layer": "between"},
            "line": {"color": TRUTH, "width": 2.5},
        }
        for (top, bottom), p in bands(places)
        if math.isfinite(truth := float(placed(estimand, p.row.truth)))
    ]
    return bands_plot(places, height, traces, value_axis(estimand, ends, axis_title(estimand)), shapes)


def _among(study: StudyFolder, estimand: Estimand, place: Place, among: Sequence[float]) -> list[float]:
    """Return percentiles of the estimates of a row."""
    values = study.repeated[place.setting, estimand.name, place.estimator.name].value
    return [float(value) for value in np.percentile(values, among)]


def _ends(study: StudyFolder, estimand: Estimand) -> list[float]:
    """Return everything that the axis of estimates has to hold."""
    places, _ = places_of(study, estimand)
    estimates = [x for p in places if p.row.answered for x in _among(study, estimand, p, _OUTER)]
    return [*estimates, *(p.row.truth for p in places)]


def axis_title(estimand: Estimand) -> str:
    """Return the title of an axis of estimates."""
    if is_ratio(estimand):
        return f"{capital(ratio_name(estimand))}, logarithmic axis"
    of = "%" if estimand.scale == "share" and not unit(estimand) else estimand.unit or unit(estimand)
    return escaped(capital(f"{estimand.noun}, {of}" if of and estimand.scale != "correlation" else estimand.noun))


def _told(study: StudyFolder, estimand: Estimand, what: str) -> str:
    """Say in words what a panel shows."""
    number: Callable[[float], str] = (
        (lambda v: signed(estimand, v)) if what == "bias" else (lambda v: shown(estimand, v))
    )
    rows = [(s, e, row) for e in study.estimators(estimand) for s, row in study.rows(estimand, e)]
    if len(rows) > _TOLD:
        return f"{title(estimand)}: {what} by setting and estimator; the numbers stand in the table of performance."
    parts = []
    for estimator in study.estimators(estimand):
        told = [
            f"{s.name} {number(getattr(row, what))}" + ("" if what == "bias" else f" (truth {number(row.truth)})")
            for s, row in study.rows(estimand, estimator)
        ]
        parts.append(f"{estimator.label}: {', '.join(told)}")
    return f"{title(estimand)}, {'bias' if what == 'bias' else 'mean estimate'} by setting. {'; '.join(parts)}."

"""Zip plots: the confidence interval of every replicate, sorted by how far it is from the truth.

After Morris, White and Crowther (Statistics in Medicine 2019; 38: 2074): intervals stand at the fractional centile of
|z| = |estimate - truth| / standard error, those that cover the truth in one colour, others in another. With nominal
coverage the colours change at the 95th centile.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ketum.reports.figure import Figure, Panel
from ketum.reports.plots import COLOURS, NEUTRAL, Json, packed, rgba
from ketum.reports.study_facts import Estimand, Estimator
from ketum.reports.study_plots import axis_title
from ketum.reports.study_reader import StudyFolder
from ketum.reports.study_scales import placed, share, title, value_axis
from ketum.studies.performance import COVERED, zip_plot

COVERS, MISSES = COLOURS[0], COLOURS[1]
MOST_ESTIMANDS, MOST_ESTIMATORS = 3, 4
_MOST_INTERVALS = 400
"""Intervals that are drawn in a panel; of more, evenly many over the centiles."""
_HEIGHT, _PAPER_HEIGHT = 268, 150
_NOMINAL = 100.0 * COVERED
_ENDS = (2.0, 98.0)
"""Percentiles of limits up to which the axis reaches."""


@dataclass(frozen=True, slots=True)
class Zipped:
    """Zip plots of one estimand by one estimator, one panel a setting; those of the main analysis stand open."""

    figure: Figure
    words: str
    folded: bool


def zips(study: StudyFolder, first: int) -> list[Zipped]:
    """Return the zip plots of each estimand, those of its main analysis first; figures are counted from `first`."""
    found: list[Zipped] = []
    for k, estimand in enumerate(study.estimands[:MOST_ESTIMANDS]):
        main = study.main(estimand)
        others = [e for e in study.estimators(estimand) if e is not main][: MOST_ESTIMATORS - 1]
        for estimator in (main, *others):
            tables = _tables(study, estimand, estimator)
            if tables:
                words = f"{title(estimand)}, by “{estimator.label}”"
                panels = _panels(study, estimand, estimator, k, tables)
                caption = _caption(max(map(len, tables.values())))
                figure = Figure(first + len(found), f"Intervals of all repetitions: {words}", caption, (), panels)
                found.append(Zipped(figure, words, estimator is not main))
    return found


def left_out(study: StudyFolder) -> str:
    """Say what has no zip plot; empty if nothing."""
    more = len(study.estimands) > MOST_ESTIMANDS
    more = more or any(len(study.estimators(e)) > MOST_ESTIMATORS for e in study.estimands)
    return "Intervals of all other estimands and analyses stand in replicates.csv." if more else ""


def _tables(study: StudyFolder, estimand: Estimand, estimator: Estimator) -> dict[str, pd.DataFrame]:
    """Return the data of the plot of each setting with answers."""
    told = [setting.name for setting, row in study.rows(estimand, estimator) if row.answered]
    return {name: zip_plot(study.replicates, name, estimand.name, estimator.name) for name in told}


def _panels(
    study: StudyFolder, estimand: Estimand, estimator: Estimator, k: int, tables: dict[str, pd.DataFrame]
) -> list[Panel]:
    limits = np.concatenate([table[["low", "high"]].to_numpy().ravel() for table in tables.values()])
    truths = [float(table["truth"].iloc[0]) for table in tables.values()]
    reach = [*np.percentile(limits, _ENDS).tolist(), *truths]
    panels = []
    for j, (setting, table) in enumerate(tables.items()):
        covers = int(table["covers"].sum())
        of = f"{covers} of {len(table)} intervals hold the truth."
        alt = f"{title(estimand)}, {estimator.label}, setting {setting}: {of}"
        heading = f"{setting}: {share(covers / len(table))} cover"
        name = f"plot-zip-{k}-{study.place(estimator)}-{j}"
        panels.append(Panel(name, heading, NEUTRAL, alt, _plot(estimand, table, reach)))
    return panels


def _plot(estimand: Estimand, table: pd.DataFrame, reach: list[float]) -> Json:
    stride = math.ceil(len(table) / _MOST_INTERVALS)
    drawn = table.iloc[stride // 2 :: stride]
    traces = []
    for covers, colour in ((True, COVERS), (False, MISSES)):
        these = drawn[drawn["covers"] == covers]
        if len(these):
            level, nothing = these["centile"].to_numpy(dtype=float), np.full(len(these), np.nan)
            ends = [placed(estimand, these[name].to_numpy(dtype=float)) for name in ("low", "high")]
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": packed(np.stack([*ends, nothing], axis=1).ravel()),
                    "y": packed(np.stack([level, level, nothing], axis=1).ravel()),
                    "line": {"color": rgba(colour, 0.9), "width": 1.2},
                    "hoverinfo": "skip",
                }
            )
    truth = float(placed(estimand, table["truth"].iloc[0]))
    upright = {"type": "line", "x0": truth, "x1": truth, "yref": "paper", "y0": 0, "y1": 1}
    nominal = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": _NOMINAL, "y1": _NOMINAL}
    layout: Json = {
        "height": _HEIGHT,
        "meta": {"paperHeight": _PAPER_HEIGHT},
        "margin": {"l": 46, "r": 10, "t": 6, "b": 44},
        "showlegend": False,
        "hovermode": False,
        "shapes": [
            {**upright, "line": {"color": NEUTRAL, "width": 2}},
            {**nominal, "line": {"color": NEUTRAL, "width": 1, "dash": "3px,3px"}},
        ],
        "xaxis": {**value_axis(estimand, reach, axis_title(estimand)), "showgrid": False},
        "yaxis": {
            "title": {"text": "Centile of |z|", "standoff": 4},
            "range": [0, 100.5],
            "tickmode": "array",
            "tickvals": [0, 50, _NOMINAL],
            "ticktext": ["0", "50", f"{_NOMINAL:g}"],
            "showgrid": False,
            "zeroline": False,
        },
    }
    return {"data": traces, "layout": layout, "ranges": {}}


def _caption(most: int) -> str:
    text = (
        "One line a repetition: its 95% confidence interval, the repetitions nearest to the truth (in their standard "
        "errors) at the bottom. Upright line: truth; broken line: the 95th centile, above which a valid interval may "
        "miss. Where more of them miss, and on one side, the analysis is biased; where on both, it is too sure. Beside "
        "each setting: how many cover the truth."
    )
    if most > _MOST_INTERVALS:
        text += f" Of {most:,} repetitions every {ordinal(math.ceil(most / _MOST_INTERVALS))} is drawn."
    return text


def ordinal(n: int) -> str:
    """Return a small whole number as an ordinal.

    Examples
    --------
    >>> ordinal(2), ordinal(3), ordinal(11)
    ('second', 'third', '11th')
    """
    words = ("first", "second", "third", "fourth", "fifth")
    return words[n - 1] if 1 <= n <= len(words) else f"{n}th"

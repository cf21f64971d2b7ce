"""The distribution of individual effects: mean, middle half and middle 90% of people as bars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ketum.reports import plots
from ketum.reports.arm import by_spells, uses
from ketum.reports.figure import Figure, Key, Panel
from ketum.reports.figures import Figures
from ketum.reports.mood_words import signed
from ketum.reports.phrases import number, percent
from ketum.reports.plots import Json
from ketum.reports.reader import RunFolder, Stats
from ketum.reports.settings import stands

_ROW = 46
"""Height of a bar with its room, pixels."""
_ZERO = {"color": "rgba(110,110,110,0.9)", "width": 1.2}


@dataclass(frozen=True, slots=True)
class _Bar:
    """One distribution: the name of its row, its statistics, and what stands beside it."""

    name: str
    stats: Stats
    beside: str


def effect_figure(figures: Figures) -> Figure | None:
    """Return the individual effect of kratom on severity in each arm that takes it, setting under setting."""
    run = figures.run
    arms = [k for k in figures.arms if uses(run, k)]
    made = [(k, title, bars) for k in arms for title, bars in _moments(run, k) if bars]
    if not made:
        return None
    figures.count += 1
    low = min(bar.stats["p05"] for _, _, bars in made for bar in bars)
    high = max(bar.stats["p95"] for _, _, bars in made for bar in bars)
    span = (min(low, 0.0) - 0.4, max(high, 0.0) + 0.4)
    panels = []
    for j, (k, title, bars) in enumerate(made):
        alt = f"{run.arms[k]}, {title}. " + " ".join(_said(bar) for bar in bars)
        panel = Panel(
            f"plot-{figures.count}-{j}-effect", f"{run.arms[k]}: {title}", figures.colour(k), alt, _plot(bars, span)
        )
        panels.append(panel)
    treated = " (under the same treatment)" if any(run.scenario["arm"][k].get("treatments") for k in arms) else ""
    caption = (
        f"Each person’s depressive severity minus that of the same person without kratom{treated}. "
        f"To the right of zero: worse with kratom. {stands(run)}"
    )
    keys = [
        Key("line", "mean", plots.COLOURS[0], "solid"),
        Key("band50", "middle 50% of people", plots.NEUTRAL),
        Key("band90", "middle 90%", plots.NEUTRAL),
    ]
    return Figure(figures.count, "Effect of kratom on each person’s depression", caption, keys, panels)


def _moments(run: RunFolder, k: int) -> list[tuple[str, list[_Bar]]]:
    """Return the bars of an arm: in use where use ends within the record, and at the end of the record."""
    during = run.stop_h[k] is not None or by_spells(run, k)
    moments = [("excess_use", "last four weeks of use")] if during else []
    moments.append(("excess_end", "end of the record"))
    found = []
    for endpoint, title in moments:
        bars = []
        for view in run.views:
            table = view.endpoints.get(run.arms[k], {})
            stats, worse, better = (table.get(name, {}) for name in (endpoint, "worse_end", "better_end"))
            if "p50" not in stats:
                continue
            beside = ""
            if endpoint == "excess_end" and worse and better:
                beside = f"{percent(worse['mean'])} worse, {percent(better['mean'])} better"
            elif stats["n"] < run.persons:
                beside = f"the {number(stats['n'], 0)} who used"
            bars.append(_Bar(view.setting if len(run.settings) > 1 else "mean", stats, beside))
        found.append((title, bars))
    return found


def _said(bar: _Bar) -> str:
    stats = bar.stats
    start = "" if bar.name == "mean" else f"{bar.name}: "
    text = f"{start}mean {number(stats['mean'], 2)}, median {number(stats['p50'], 2)}, 90% of people "
    return f"{text}{number(stats['p05'], 1)} to {number(stats['p95'], 1)}{', ' + bar.beside if bar.beside else ''}."


def _plot(bars: list[_Bar], span: tuple[float, float]) -> Json:
    """Return the plot: rows from top to bottom, words above each bar."""
    traces: list[Json] = []
    notes: list[Json] = []
    for row, bar in enumerate(bars):
        y, stats = float(len(bars) - 1 - row), bar.stats
        for low, high, width, alpha, role in (("p05", "p95", 9, 0.3, "band90"), ("p25", "p75", 9, 0.6, "band50")):
            ends = np.array([stats[low], stats[high]])
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": plots.packed(ends),
                    "y": plots.packed(np.array([y, y])),
                    "line": {"color": plots.rgba(plots.NEUTRAL, alpha), "width": width},
                    "hoverinfo": "skip",
                    "meta": role,
                }
            )
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": plots.packed(np.array([stats["mean"]])),
                "y": plots.packed(np.array([y])),
                "marker": {"symbol": "line-ns", "size": 15, "line": {"width": 2.5, "color": plots.COLOURS[0]}},
                "hovertemplate": f"mean %{{x:.2f}}<br>50% of people {number(stats['p25'], 1)} to "
                f"{number(stats['p75'], 1)}<br>90% of people {number(stats['p05'], 1)} to "
                f"{number(stats['p95'], 1)}<extra></extra>",
                "meta": "mean",
            }
        )
        text = f"{bar.name}: {signed(stats['mean'])}" + (f" · {bar.beside}" if bar.beside else "")
        note = {"x": 0, "xref": "paper", "xanchor": "left", "y": y + 0.22, "yanchor": "bottom", "showarrow": False}
        notes.append({**note, "text": text, "font": {"size": 11.5}, "align": "left"})
    rows = range(len(bars))
    zeros = [{"type": "line", "x0": 0, "x1": 0, "y0": y - 0.22, "y1": y + 0.22, "line": _ZERO} for y in rows]
    layout = {
        "height": 56 + _ROW * len(bars),
        "margin": {"l": 12, "r": 12, "t": 6, "b": 42},
        "showlegend": False,
        "hovermode": "closest",
        "shapes": zeros,
        "annotations": notes,
        "xaxis": {
            "title": {"text": "PHQ-9 points", "standoff": 8},
            "range": list(span),
            "ticks": "outside",
            "ticklen": 4,
            "dtick": 1 if span[1] - span[0] < 9 else 2,
            "zeroline": False,
            "showgrid": False,
        },
        "yaxis": {"range": [-0.45, len(bars) - 0.25], "visible": False, "fixedrange": True},
    }
    return {"data": traces, "layout": layout, "ranges": {}}

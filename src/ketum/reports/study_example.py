"""The picture of one data set, as the analyst would meet it: points, lines, bars, survival curves or counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import CensoredData, ecdf

from ketum.reports.figure import Figure, Panel
from ketum.reports.phrases import number, significant
from ketum.reports.plots import NEUTRAL, Json, rgba
from ketum.reports.study_facts import Example
from ketum.reports.study_marks import Mark, colour, escaped, symbol
from ketum.reports.study_reader import Array, StudyFolder
from ketum.studies.performance import BEYOND

_MOST_POINTS, _MOST_LINES, _MOST_CATEGORIES = 600, 24, 14
"""Points, thin lines and categories of a group that are drawn."""
_BINS = 12
_DODGE = 0.25
"""How far groups of whole numbers stand beside one another."""
_HEIGHT, _PAPER_HEIGHT = 360, 240
_PATTERNS = ("", "/", "x", ".", "-", "+")
_TOLD_CATEGORIES = 8


@dataclass(frozen=True, slots=True)
class Drawn:
    """Traces of a plot, legend, and what it shows in words; what the axes need beside their titles."""

    traces: Sequence[Json]
    marks: Sequence[Mark]
    words: Sequence[str]
    x_axis: Json
    y_axis: Json
    layout: Json


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows of one group: its words, its place, and the table."""

    words: str
    k: int
    rows: pd.DataFrame


def example_figure(study: StudyFolder, first: int) -> tuple[Figure, Sequence[Mark]] | None:
    """Return the figure of one data set with its legend; None where the study has none."""
    asked = study.facts.example
    if asked is None or study.example is None or study.example.empty:
        return None
    drawn = _KINDS[asked.kind](asked, _groups(asked, study.example))
    alt = f"{asked.title}. {'; '.join(drawn.words)}."
    panel = Panel("plot-example", asked.title, NEUTRAL, alt, _plot(asked, drawn))
    text = f"{asked.caption} Repetition 0 in “{study.settings[0].name}”; example.csv holds it."
    return Figure(first, "A data set as the analyst meets it", text.strip(), (), [panel]), drawn.marks


def _groups(asked: Example, table: pd.DataFrame) -> list[_Group]:
    """Return the groups in the order of the legend; without a column of groups all rows are one."""
    if not asked.group:
        return [_Group("", 0, table)]
    text = table[asked.group].map(_text)
    names = [*asked.groups, *(name for name in dict.fromkeys(text) if name not in asked.groups)]
    told = [(name, table[text == name]) for name in names]
    return [_Group(asked.groups.get(name, name), k, rows) for k, (name, rows) in enumerate(told) if len(rows)]


def _text(value: object) -> str:
    """Return a value of a table as text; whole numbers without a point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _numbers(rows: pd.DataFrame, *names: str) -> list[Array]:
    """Return columns as numbers, without rows in which one of them is none."""
    kept = rows[list(names)].apply(pd.to_numeric, errors="coerce").dropna()
    return [kept[name].to_numpy(dtype=float) for name in names]


def _scatter(asked: Example, groups: Sequence[_Group]) -> Drawn:
    traces, words = [], []
    whole = bool((_numbers(pd.concat([group.rows for group in groups]), asked.x)[0] % 1 == 0).all())
    for group in groups:
        x, y = _numbers(group.rows, asked.x, asked.y)
        stride = -(-len(x) // _MOST_POINTS) or 1
        marker = {"color": colour(group.k), "symbol": symbol(group.k), "size": 6, "opacity": 0.55}
        aside = _DODGE * (group.k - (len(groups) - 1) / 2) if whole else 0.0
        traces.append(
            {
                **{"type": "scatter", "mode": "markers", "meta": _role(group), "marker": marker},
                **{"x": (x[::stride] + aside).tolist(), "y": y[::stride].tolist(), "hoverinfo": "y"},
            }
        )
        if len(x):
            means = (
                f"mean {asked.x_label} {significant(float(x.mean()))}, {asked.y_label} {significant(float(y.mean()))}"
            )
            words.append(f"{_named(group)}{len(x):,} points, {means}")
    return Drawn(traces, _marks(groups), words, {}, {}, {})


def _series(asked: Example, groups: Sequence[_Group]) -> Drawn:
    traces: list[Json] = []
    words = []
    for group in groups:
        units = list(group.rows.groupby(asked.unit, sort=False)) if asked.unit else [("", group.rows)]
        x, y = _numbers(group.rows, asked.x, asked.y)
        if not len(x):
            continue
        places = np.unique(x)
        repeated = len(x) > len(places)
        stride = -(-len(units) // _MOST_LINES)
        alone = not repeated and len(units) <= _MOST_LINES
        line = {"color": colour(group.k) if alone else rgba(colour(group.k), 0.3), "width": 1.6 if alone else 1}
        for _, rows in units[::stride] if asked.unit or alone else []:
            px, py = _numbers(rows.sort_values(asked.x), asked.x, asked.y)
            traces.append(
                {
                    **{"type": "scatter", "mode": "lines", "meta": _role(group), "line": line, "hoverinfo": "x+y"},
                    **{"x": px.tolist(), "y": py.tolist()},
                }
            )
        if repeated:
            means = [float(y[x == place].mean()) for place in places]
            traces.append(
                {
                    **{"type": "scatter", "mode": "lines+markers", "meta": _role(group), "hoverinfo": "x+y"},
                    **{"x": places.tolist(), "y": means, "line": {"color": colour(group.k), "width": 2.6}},
                    "marker": {"color": colour(group.k), "symbol": symbol(group.k), "size": 6},
                }
            )
        told = f"from {significant(float(y[x == places[0]].mean()))} to {significant(float(y[x == places[-1]].mean()))}"
        words.append(f"{_named(group)}mean {asked.y_label} {told}, over all {significant(float(y.mean()))}")
    return Drawn(traces, _marks(groups), words, {}, {}, {})


def _bars(asked: Example, groups: Sequence[_Group]) -> Drawn:
    """Draw shares of each group over categories, or means of y in them."""
    categories, places = _categories(asked, groups)
    traces, words = [], []
    for group, at in zip(groups, places, strict=True):
        trace: Json
        if asked.y:
            y = pd.to_numeric(group.rows[asked.y], errors="coerce").to_numpy(dtype=float)
            inside = [y[(at == j) & np.isfinite(y)] for j in range(len(categories))]
            heights = [float(part.mean()) if len(part) else None for part in inside]
            reach = [BEYOND * float(part.std(ddof=1)) / len(part) ** 0.5 if len(part) > 1 else 0.0 for part in inside]
            trace = {"error_y": {"type": "data", "array": reach, "thickness": 1.2, "width": 0}}
            said = [significant(h) if h is not None else "none" for h in heights]
        else:
            heights = [100.0 * float((at == j).mean()) for j in range(len(categories))]
            trace, said = {}, [f"{number(h or 0.0, 0)}%" for h in heights]
        traces.append({**_bar(group, categories, heights), **trace})
        told = [f"{c} {text}" for c, text in zip(categories, said, strict=True)][:_TOLD_CATEGORIES]
        words.append(f"{_named(group)}{', '.join(told)}")
    return Drawn(traces, _marks(groups, "bar"), words, {"type": "category"}, {"rangemode": "tozero"}, {"bargap": 0.25})


def _counts(asked: Example, groups: Sequence[_Group]) -> Drawn:
    categories, places = _categories(asked, groups)
    traces, words = [], []
    for group, at in zip(groups, places, strict=True):
        heights = [int((at == j).sum()) for j in range(len(categories))]
        traces.append(_bar(group, categories, heights))
        told = [f"{c} {n:,}" for c, n in zip(categories, heights, strict=True)][:_TOLD_CATEGORIES]
        words.append(f"{_named(group)}{', '.join(told)}")
    layout = {"barmode": "stack", "bargap": 0.35}
    return Drawn(traces, _marks(groups, "bar"), words, {"type": "category"}, {"rangemode": "tozero"}, layout)


def _survival(asked: Example, groups: Sequence[_Group]) -> Drawn:
    """Draw Kaplan-Meier curves with 95% intervals (Greenwood, log-log)."""
    traces: list[Json] = []
    words = []
    for group in groups:
        time, event = _numbers(group.rows, asked.x, asked.y)
        if not len(time):
            continue
        end = float(time.max())
        came = event > 0
        if came.any():
            curve = ecdf(CensoredData(uncensored=time[came], right=time[~came])).sf
            among: Any = curve.confidence_interval(0.95, method="log-log")
            x = np.append(np.concatenate([[0.0], curve.quantiles]), end)
            ends = [among.low.probabilities, curve.probabilities, among.high.probabilities]
            low, middle, high = ([1.0, *p.tolist(), float(p[-1])] for p in ends)
        else:
            x, low, middle, high = np.array([0.0, end]), [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]
        shared: Json = {"type": "scatter", "mode": "lines", "meta": _role(group), "x": x.tolist()}
        band: Json = {**shared, "line": {"width": 0, "shape": "hv"}, "hoverinfo": "skip"}
        solid = {
            "color": colour(group.k),
            "width": 2.2,
            "shape": "hv",
            "dash": ("solid", "6px,3px", "2px,3px")[group.k % 3],
        }
        traces += [
            {**band, "y": _percent(low)},
            {**band, "y": _percent(high), "fill": "tonexty", "fillcolor": rgba(colour(group.k), 0.14)},
            {**shared, "y": _percent(middle), "line": solid, "hoverinfo": "x+y"},
        ]
        last = number(100.0 * middle[-1], 0)
        words.append(f"{_named(group)}{len(time):,} persons, {int(came.sum()):,} events, {last}% without at the end")
    return Drawn(traces, _marks(groups, "line"), words, {"rangemode": "tozero"}, {"range": [0, 102]}, {})


def _percent(shares: Sequence[float]) -> list[float | None]:
    return [100.0 * s if np.isfinite(s) else None for s in shares]


def _categories(asked: Example, groups: Sequence[_Group]) -> tuple[list[str], list[np.ndarray]]:
    """Return the categories of x, and in which of them each row of each group is; many numbers are put into bins."""
    whole = pd.concat([group.rows[asked.x] for group in groups])
    values = pd.to_numeric(whole, errors="coerce")
    numeric = bool(values.notna().any()) and bool((values.notna() == whole.notna()).all())
    if numeric and values.nunique() > _MOST_CATEGORIES:
        edges = _edges(values.dropna().to_numpy(dtype=float))
        most = float(values.max())
        labels = [_bin(low, high, most) for low, high in pairwise(edges.tolist())]
        parts = [pd.to_numeric(group.rows[asked.x]).to_numpy(dtype=float) for group in groups]
        return labels, [np.clip(np.searchsorted(edges, part, side="right") - 1, 0, len(labels) - 1) for part in parts]
    order = sorted(values.dropna().unique().tolist()) if numeric else list(dict.fromkeys(whole.dropna()))
    labels = [_text(value) for value in order]
    texts = [group.rows[asked.x].map(_text).to_numpy() for group in groups]
    return labels, [np.array([labels.index(t) if t in labels else -1 for t in text]) for text in texts]


def _edges(values: Array) -> Array:
    """Return the edges of about a dozen bins of a round width."""
    low, high = float(values.min()), float(values.max())
    raw = (high - low) / _BINS
    if bool((values % 1 == 0).all()):
        raw = max(raw, 1.0)
    unit = 10.0 ** np.floor(np.log10(raw))
    steps = (1.0, 2.0, 3.0, 5.0, 10.0) if raw >= 1.0 else (1.0, 2.0, 2.5, 5.0, 10.0)
    width = next(step * unit for step in steps if step * unit >= raw)
    first = np.floor(low / width) * width
    return np.asarray(np.arange(first, high + width * 1.001, width))


def _bin(low: float, high: float, most: float) -> str:
    """Return the words for a bin; of whole numbers it holds all but its upper end, and none above the largest.

    Examples
    --------
    >>> _bin(0.0, 3.0, 27.0), _bin(27.0, 30.0, 27.0), _bin(0.0, 2.5, 9.1)
    ('0 to 2', '27', '0 to 2.5')
    """
    if not (low.is_integer() and high.is_integer() and most.is_integer()):
        return f"{low:g} to {high:g}"
    last = min(high - 1, most)
    return f"{low:g}" if last == low else f"{low:g} to {last:g}"


def _bar(group: _Group, categories: Sequence[str], heights: Sequence[float | None]) -> Json:
    pattern = {"shape": _PATTERNS[group.k % len(_PATTERNS)], "size": 6, "solidity": 0.35}
    return {
        **{"type": "bar", "meta": _role(group), "x": [escaped(c) for c in categories], "y": list(heights)},
        **{"marker": {"color": colour(group.k), "pattern": pattern}, "hoverinfo": "x+y"},
    }


def _role(group: _Group) -> str:
    return f"group-{group.k}"


def _named(group: _Group) -> str:
    return f"{group.words}: " if group.words else ""


def _marks(groups: Sequence[_Group], kind: str = "") -> list[Mark]:
    named = [group for group in groups if group.words]
    words = [f"{group.words} ({len(group.rows):,})" if kind else group.words for group in named]
    role = _role if len(named) > 1 else lambda _: ""
    symbols = [f"{kind}{_PATTERNS[g.k % len(_PATTERNS)]}" if kind == "bar" else kind or symbol(g.k) for g in named]
    return [Mark(which, colour(g.k), text, role(g)) for which, g, text in zip(symbols, named, words, strict=True)]


def _plot(asked: Example, drawn: Drawn) -> Json:
    axis: Json = {"ticks": "outside", "ticklen": 4, "zeroline": False, "exponentformat": "none"}
    layout: Json = {
        **{"height": _HEIGHT, "meta": {"paperHeight": _PAPER_HEIGHT}, "margin": {"l": 62, "r": 12, "t": 8, "b": 48}},
        **{"showlegend": False, "hovermode": "closest", **drawn.layout},
        "xaxis": {**axis, "title": {"text": escaped(asked.x_label), "standoff": 8}, "showgrid": False, **drawn.x_axis},
        "yaxis": {
            "zeroline": False,
            "title": {"text": escaped(asked.y_label), "standoff": 6},
            "nticks": 7,
            **drawn.y_axis,
        },
    }
    return {"data": list(drawn.traces), "layout": layout, "ranges": {}}


_KINDS: dict[str, Callable[[Example, Sequence[_Group]], Drawn]] = {
    "scatter": _scatter,
    "series": _series,
    "bars": _bars,
    "counts": _counts,
    "survival": _survival,
}

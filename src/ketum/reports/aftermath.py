"""Day by day after a stop or from the start of a taper: withdrawal, symptoms, and a table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.reports import plots, traces
from ketum.reports.doses import dose_strip
from ketum.reports.figure import Figure, Key, Panel
from ketum.reports.figures import MOST_PANELS, Figures
from ketum.reports.phrases import HOURS_PER_DAY, capital, count, listed, number
from ketum.reports.plots import Axis, Json, Plot
from ketum.reports.reader import Array, RunFolder
from ketum.reports.tables import NONE, Cell, Group, Row, Table, convention

DAYS = (1, 2, 3, 4, 5, 7, 10, 14, 28)
"""Days after a stop that the table tells."""
_BEFORE_DAYS = 3
_AFTER_DAYS = 28
_SYMPTOM = "symptom:"
_GAPS_UP_TO = 40
_Day = tuple[str, list[tuple[int, float]]]
"""Label of a row, and for each arm how many days after its stop, or after the start of its taper."""
HEAT = ((0.0, "#FFFFFF"), (0.2, "#DCE9F3"), (0.4, "#A9CDE4"), (0.6, "#5BA3CF"), (0.8, "#1F6BAE"), (1.0, "#062B5B"))
"""From white to dark blue; ever darker, so that it can be read in grey."""


def arms_that_stop(run: RunFolder, *, taper: bool) -> list[int]:
    """Return arms with a stop (or taper) after which something was recorded."""
    return [
        k
        for k, (stop, end) in enumerate(zip(run.stop_h, run.taper_end_h, strict=True))
        if stop is not None and (end is not None) == taper and (run.time_h > stop).any()
    ]


def _stopping(run: RunFolder) -> list[int]:
    """Return arms of which something was recorded in the weeks around their stop or taper."""
    arms = sorted(arms_that_stop(run, taper=False) + arms_that_stop(run, taper=True))
    return [k for k in arms if (axis := _axis(run, k)).high > axis.low][:MOST_PANELS]


def _axis(run: RunFolder, k: int) -> Axis:
    stop, end = run.stop_h[k] or 0.0, run.taper_end_h[k]
    low = stop - _BEFORE_DAYS * HOURS_PER_DAY
    high = (stop if end is None else end) + _AFTER_DAYS * HOURS_PER_DAY
    title = "Days since the stop" if end is None else "Days since the taper began"
    first, last = max(low, float(run.time_h[0])), min(high, float(run.time_h[-1]))
    return Axis("days", stop, (first - stop) / HOURS_PER_DAY, (last - stop) / HOURS_PER_DAY, title)


def after_figure(figures: Figures) -> Figure | None:
    """Return withdrawal day by day, arm beside arm; None without such an arm or without withdrawal."""
    run = figures.run
    arms = _stopping(run)
    if not arms or not figures.has("withdrawal"):
        return None
    figures.next("withdrawal")
    strip = dose_strip(run)
    tall = 360 if len(arms) == 1 else 300
    made = [figures.panel(k, ["withdrawal"], _axis(run, k), strip=strip, height=tall) for k in arms]
    plots.share_ranges(plot for plot, _ in made)
    stops = ["day 1 is the first day after the stop"] if any(run.taper_end_h[k] is None for k in arms) else []
    tapers = ["in a taper the first day of the taper"] if any(run.taper_end_h[k] is not None for k in arms) else []
    caption = f"{capital(', '.join(stops + tapers))}. {figures.folded('withdrawal')}"
    keys = figures.keys(_axis(run, arms[0]), strip, figures.colour(arms[0]) if len(arms) == 1 else "")
    return figures.figure("Withdrawal day by day", caption, made, keys)


def symptom_figure(figures: Figures) -> Figure | None:
    """Return mean symptoms by day as heat maps; None if none were recorded or nobody stops."""
    run = figures.run
    arms = _stopping(run)
    names = [name for name in run.curves if name.startswith(_SYMPTOM)]
    if not arms or not names:
        return None
    figures.next(*names)
    axes = {k: _axis(run, k) for k in arms}
    shown = {k: _days(run, axes[k]) for k in arms}
    means = {k: np.stack([run.curves[n][k].mean[shown[k]] for n in names]) for k in arms}
    peak = np.max([means[k].max(axis=1) for k in arms], axis=0)
    order = np.argsort(peak)
    top = float(np.ceil(10 * peak.max()) / 10) or 1.0
    labels = [capital(names[j].removeprefix(_SYMPTOM)) for j in order]
    panels = []
    for k in arms:
        x = np.asarray(axes[k].place(run.time_h - _centre(run)))[shown[k]]
        plot = _heat_map(axes[k], x, labels, means[k][order], top)
        for name, hour in (("stop", run.stop_h[k]), ("end", run.taper_end_h[k])):
            if hour is not None:
                words = "taper" if run.taper_end_h[k] is not None and name == "stop" else name
                traces.add_mark(plot, hour + _edge(run), words)
        worst = np.argsort(means[k].max(axis=1))[::-1][:3]
        said = [
            f"{names[j].removeprefix(_SYMPTOM)} ({number(float(means[k][j].max()), 2)} on day "
            f"{number(float(x[int(np.argmax(means[k][j]))]), 0)})"
            for j in worst
        ]
        alt = f"{run.arms[k]}. Highest means of people: {listed(said)}."
        panels.append(Panel(f"plot-{figures.count}-{k}-symptoms", run.arms[k], figures.colour(k), alt, _layout(plot)))
    caption = f"Mean over people of each symptom of withdrawal, from 0 to 1, by day. {figures.folded(names[0])}"
    keys = [Key("heat", f"0 to {number(top, 1)}", ", ".join(f"{c} {100 * share:.0f}%" for share, c in HEAT))]
    return Figure(figures.count, "Which symptoms, and when", caption, keys, panels)


def _every(run: RunFolder) -> float:
    """Return the time between records, h."""
    return float(run.time_h[1] - run.time_h[0]) if len(run.time_h) > 1 else float(HOURS_PER_DAY)


def _centre(run: RunFolder) -> float:
    """Return by how much the cell of a record is moved back: one of a day stands at its number, one of more inside."""
    return _every(run) / 2 if run.over_days and _every(run) > HOURS_PER_DAY else 0.0


def _edge(run: RunFolder) -> float:
    """Return where the line between the last day before and the first day after stands: between two cells."""
    return HOURS_PER_DAY / 2 if run.over_days and _every(run) == HOURS_PER_DAY else 0.0


def _days(run: RunFolder, axis: Axis) -> NDArray[np.intp]:
    """Return which records a heat map shows: one a day."""
    x = np.asarray(axis.place(run.time_h))
    inside = np.flatnonzero((x >= axis.low) & (x <= axis.high))
    if run.over_days:
        return inside
    return np.array([j for j in inside if run.time_h[j] % HOURS_PER_DAY == 0] or inside)


def _heat_map(axis: Axis, x: Array, labels: list[str], values: Array, top: float) -> Plot:
    plot = Plot(axis, "", 300)
    plot.traces.append(
        {
            "type": "heatmap",
            "x": plots.packed(x),
            "y": labels,
            "z": plots.packed(values),
            "zmin": 0,
            "zmax": top,
            "colorscale": [list(step) for step in HEAT],
            "showscale": False,
            "xgap": 0.5 if len(x) <= _GAPS_UP_TO else 0,
            "ygap": 1,
            "hovertemplate": "%{y}, day %{x:.4~g}: %{z:.2f}<extra></extra>",
        }
    )
    return plot


def _layout(plot: Plot) -> Json:
    made = plots.finished(plot)
    layout = made["layout"]
    layout["margin"] = {**layout["margin"], "l": 84}
    layout["xaxis"] |= {"range": [plot.axis.low - 0.5, plot.axis.high + 0.5], "ticks": ""}
    layout["yaxis"] = {"showgrid": False, "zeroline": False, "ticks": "", "automargin": False, "fixedrange": True}
    layout["hovermode"] = "closest"
    return {"data": made["data"], "layout": layout}


def day_table(run: RunFolder, *, taper: bool) -> Table | None:
    """Return SOWS by day after a stop, or through a taper and after it."""
    arms = arms_that_stop(run, taper=taper)
    if not arms or "withdrawal" not in run.curves:
        return None
    parts: list[tuple[str, list[_Day]]]
    if taper:
        quarters: list[_Day] = [
            (f"{25 * q}% of the taper", [(k, round(q / 4 * _length(run, k))) for k in arms]) for q in (1, 2, 3, 4)
        ]
        after: list[_Day] = [(f"day {day} after it", [(k, day + _length(run, k)) for k in arms]) for day in DAYS]
        parts = [("In the taper", quarters), ("After the taper", after)]
    else:
        parts = [("", [(str(day), [(k, day) for k in arms]) for day in DAYS])]
    groups = [
        Group(heading, [row for label, places in rows if (row := _row(run, label, places))]) for heading, rows in parts
    ]
    groups = [group for group in groups if group.rows]
    if not groups:
        return None
    several = round(_every(run) / HOURS_PER_DAY)
    words = "SOWS at the end of the day"
    if run.over_days:
        words = "highest hourly SOWS of the " + ("day" if several == 1 else f"{count(several, 'day')} that end with it")
    caption = f"Withdrawal through the taper: {words}" if taper else f"Withdrawal after the stop: {words}"
    notes = [convention(run)]
    heads = [run.arms[k] for k in arms]
    if run.persons == 1:
        notes = []
    elif len(arms) == 1:
        caption, heads, notes = f"{caption}, in “{heads[0]}”", ["Median", "5% to 95%", "Mean"], []
    return Table(caption, "When" if taper else "Day", heads, groups, notes, units=False)


def _length(run: RunFolder, k: int) -> float:
    return ((run.taper_end_h[k] or 0.0) - (run.stop_h[k] or 0.0)) / HOURS_PER_DAY


def _row(run: RunFolder, label: str, places: list[tuple[int, float]]) -> Row | None:
    """Return the row of a day, from (arm, days since its stop or the start of its taper); None if none has it."""
    found = [_readings(run, k, day) for k, day in places]
    if not any(found):
        return None
    if run.persons == 1:
        return Row(label, "", [Cell(one[0]) if one else Cell(NONE) for one in found])
    if len(found) == 1:
        return Row(label, "", [Cell(text) for text in found[0]])
    return Row(label, "", [Cell(f"{one[0]} ({one[1]})", f"mean {one[2]}") if one else Cell(NONE) for one in found])


def _readings(run: RunFolder, k: int, day: float) -> tuple[str, ...]:
    """Return median, range and mean of SOWS on a day; empty if it was not recorded."""
    found = np.flatnonzero(np.abs(run.time_h - (run.stop_h[k] or 0.0) - day * HOURS_PER_DAY) < run.step_h / 2)
    if not found.size:
        return ()
    curve = run.curves["withdrawal"][k]
    mean, median, low, high = (number(float(c[found[0]]), 1) for c in (curve.mean, curve.p50, curve.p05, curve.p95))
    return median, f"{low} to {high}", mean

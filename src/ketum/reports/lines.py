"""Small multiples: the mean of each arm as one line, in a panel for each causal setting or for each output."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ketum.reports import plots, traces
from ketum.reports.figure import Figure, Key, Panel
from ketum.reports.figures import Figures
from ketum.reports.labels import short
from ketum.reports.phrases import listed, number
from ketum.reports.plots import Plot
from ketum.reports.reader import Curve, RunFolder
from ketum.reports.rhythm import weekly
from ketum.reports.tables import unit_text

_UNCALIBRATED = ("GAD-7", "PCL-5")


def _add(figures: Figures, plot: Plot, run: RunFolder, name: str, arms: Sequence[int]) -> str:
    """Draw the mean of an output in each arm; return where each stands at the end, in words."""
    said = []
    for k in arms:
        time, curve = weekly(run, run.curves[name][k], run.output(name).daily)
        x = np.asarray(plot.axis.place(time))
        colour, dash = figures.colour(k), plots.dash(k)
        traces.add_line(plot, x, curve.mean, colour, "mean", width=2.2, dash=dash)
        traces.add_hover_mean(plot, x, curve.mean, colour, figures.digits(name), f"arm {k + 1}")
        said.append(f"{run.arms[k]} {number(float(curve.mean[-1]), figures.digits(name))}")
    return "; ".join(said)


def _alike(views: Sequence[RunFolder], names: Sequence[str], arms: Sequence[int]) -> str:
    """Say which arms have the same line in every panel."""
    groups: list[list[int]] = []
    for k in arms:
        for group in groups:
            pairs = [(view.curves[name][group[0]].mean, view.curves[name][k].mean) for view in views for name in names]
            if all(np.allclose(one, other, rtol=0, atol=1e-9) for one, other in pairs):
                group.append(k)
                break
        else:
            groups.append([k])
    if len(groups) == 1 and len(arms) > 1:
        return "The lines of all arms are the same."
    same = [listed([f"“{views[0].arms[k]}”" for k in group]) for group in groups if len(group) > 1]
    return " ".join(f"The lines of {names} are the same." for names in same)


def _keys(figures: Figures, arms: Sequence[int]) -> list[Key]:
    return [Key("line", figures.run.arms[k], figures.colour(k), plots.dash(k)) for k in arms]


def _heading(label: str) -> str:
    return f"{label}, specified, not calibrated" if label in _UNCALIBRATED else short(label)


def by_setting(figures: Figures, name: str, title: str, caption: str, arms: Sequence[int] | None = None) -> Figure:
    """Return the mean of an output in every arm, one panel for each causal setting."""
    run = figures.run
    figures.next(name)
    chosen = figures.arms if arms is None else arms
    made = []
    for j, view in enumerate(run.views):
        alone = len(run.settings) == 1
        unit = unit_text(run.output(name).unit)
        plot = Plot(figures.whole(), unit, 330 if alone else 270)
        said = _add(figures, plot, view, name, chosen)
        heading = "All arms" if alone else view.setting
        alt = f"{heading}. {short(run.output(name).label)}, mean over people at the end: {said}."
        made.append((plot, Panel(f"plot-{figures.count}-{j}-lines", heading, plots.NEUTRAL, alt, {})))
    plots.share_ranges(plot for plot, _ in made)
    shown = f"{caption} {_alike(run.views, [name], chosen)}".strip()
    return figures.figure(title, shown, made, _keys(figures, chosen))


def by_output(figures: Figures, names: Sequence[str], title: str, caption: str) -> Figure:
    """Return the means of several outputs in every arm, one panel for each output."""
    run = figures.run
    figures.next(*names)
    made = []
    for j, name in enumerate(names):
        output = run.output(name)
        plot = Plot(figures.whole(), unit_text(output.unit), 330 if len(names) == 1 else 260)
        said = _add(figures, plot, run, name, figures.arms)
        alt = f"{output.label}, mean over people at the end: {said}."
        made.append((plot, Panel(f"plot-{figures.count}-{j}-lines", _heading(output.label), plots.NEUTRAL, alt, {})))
    shown = f"{caption} {_alike([run], names, figures.arms)}".strip()
    return figures.figure(title, shown, made, _keys(figures, list(figures.arms)))


def differences_by_setting(figures: Figures, name: str, title: str, caption: str) -> Figure:
    """Return mean paired differences, one panel for each pair of arms, one line for each causal setting."""
    run = figures.run
    figures.next()
    made = []
    for j, pair in enumerate(run.pairs[: len(figures.arms)]):
        plot = Plot(figures.whole(), f"Difference ({unit_text(run.output(name).unit)})", 270)
        said = []
        for s, view in enumerate(run.views):
            time, curve = weekly(run, view.differences[name][j], "mean")
            x = np.asarray(plot.axis.place(time))
            colour, dash = plots.COLOURS[s % len(plots.COLOURS)], plots.dash(s)
            traces.add_line(plot, x, curve.mean, colour, "mean", width=2.2, dash=dash)
            traces.add_hover_mean(plot, x, curve.mean, colour, 2, view.setting)
            said.append(f"{view.setting} {number(float(curve.mean[-1]), 1)}")
        alt = f"{pair}: mean difference at the end, by setting: {'; '.join(said)}."
        made.append((plot, Panel(f"plot-{figures.count}-{j}-settings", pair, plots.NEUTRAL, alt, {})))
    plots.share_ranges(plot for plot, _ in made)
    keys = [
        Key("line", setting, plots.COLOURS[s % len(plots.COLOURS)], plots.dash(s))
        for s, setting in enumerate(run.settings)
    ]
    return figures.figure(title, caption, made, keys, zero_line=True)


def bands(figures: Figures, name: str, cells: Sequence[tuple[int, RunFolder]], title: str, caption: str) -> Figure:
    """Return an output with its bands, one panel for each cell: an arm in the setting in which the folder is seen."""
    run = figures.run
    figures.next(name)
    several = len({view.setting for _, view in cells}) > 1
    tall = 380 if len(cells) == 1 else 270
    made = []
    for j, (k, view) in enumerate(cells):
        plot = Plot(figures.whole(), unit_text(run.output(name).unit), tall)
        time, curve = weekly(run, view.curves[name][k], run.output(name).daily)
        x = np.asarray(plot.axis.place(time))
        traces.add_full(plot, x, curve, None, figures.colour(k), figures.digits(name))
        figures.marks(plot, k)
        heading = f"{run.arms[k]}: {view.setting}" if several else run.arms[k]
        alt = f"{heading}. {_message(run, name, curve)}"
        made.append((plot, Panel(f"plot-{figures.count}-{k}-{j}-bands", heading, figures.colour(k), alt, {})))
    plots.share_ranges(plot for plot, _ in made)
    keys = [key for key in figures.keys(figures.whole(), None) if key.kind != "single"]
    shown = caption if len(time) == len(run.time_h) else f"{caption} One point a week: mean of its days."
    return figures.figure(title, shown, made, keys)


def _message(run: RunFolder, name: str, curve: Curve) -> str:
    """Say where the median of a curve begins and ends."""
    first, last = (number(float(curve.p50[j]), 1) for j in (0, -1))
    return f"{short(run.output(name).label)}: the median is {first} at the beginning and {last} at the end."

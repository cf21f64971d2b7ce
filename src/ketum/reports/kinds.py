"""The kinds of figures: an output arm beside arm, several outputs in a panel, side by side, differences of pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ketum.reports import plots, rhythm, traces
from ketum.reports.doses import dose_strip
from ketum.reports.figure import Figure, Key, Panel
from ketum.reports.figures import MOST_PANELS, Figures
from ketum.reports.labels import short, shorts
from ketum.reports.phrases import HOURS_PER_DAY, capital, number, significant
from ketum.reports.plots import Axis, Plot
from ketum.reports.reader import RunFolder
from ketum.reports.tables import unit_text

SLOW = ("tolerance", "adapted", "protracted")
_WINDOW = ("mor_activation", "withdrawal", "stimulation")


def by_arm(
    figures: Figures,
    name: str,
    title: str,
    caption: str,
    *,
    arms: Sequence[int] | None = None,
    strip: bool = True,
    both: bool = False,
) -> Figure:
    """Return a figure of one output, arm beside arm; `arms` leaves out the others and says so."""
    figures.next(name)
    shown = [k for k in figures.arms if arms is None or k in arms]
    doses = dose_strip(figures.run) if strip else None
    axis = figures.whole()
    tall = 380 if len(shown) == 1 else 300
    made = [figures.panel(k, [name], axis, strip=doses, height=tall) for k in shown]
    plots.share_ranges(plot for plot, _ in made)
    keys = figures.keys(axis, doses, figures.colour(shown[0]) if len(shown) == 1 else "")
    return figures.figure(title, _words(figures, caption, [name], shown, axis), made, keys, both=both)


def _words(figures: Figures, caption: str, names: Sequence[str], shown: list[int], axis: Axis) -> str:
    """Return a caption with what a record is, which arms are drawn weekly and which are left out."""
    notes = dict.fromkeys(rhythm.weekly_note(figures.run, shown, name, axis) for name in names)
    said = [caption, figures.folded(names[0]), *notes, figures.resting(shown)]
    return " ".join(part for part in said if part)


def together(figures: Figures, names: Sequence[str], title: str, caption: str, quantity: str) -> Figure:
    """Return a figure of several outputs in each panel, arm beside arm; `quantity` names the upright axis."""
    figures.next(*names)
    axis = figures.window(names)
    tall = 360 if len(figures.taking) == 1 else 290
    made = [figures.panel(k, names, axis, quantity=quantity, height=tall) for k in figures.taking]
    plots.share_ranges(plot for plot, _ in made)
    words = _words(figures, caption, names, figures.taking, axis)
    return figures.figure(title, words, made, _slim_keys(figures.run, names))


def side_by_side(figures: Figures, names: Sequence[str], title: str, caption: str) -> Figure:
    """Return a figure of several outputs of the only arm, each in its own panel."""
    figures.next(*names)
    run = figures.run
    strip = dose_strip(run)
    axis = figures.window([name for name in names if name not in SLOW])
    made = [figures.panel(0, [n], axis, heading=short(run.output(n).label), strip=strip) for n in names]
    shown = f"{caption} {figures.folded(names[0])}Axes differ between panels."
    if axis.high < figures.whole().high:
        shown += f" Shown until the effects have faded; the record goes on to {figures.moment(run.time_h[-1])}."
    return figures.figure(title, shown, made, figures.keys(axis, strip, figures.colour(0)))


def two_weeks(figures: Figures) -> Figure | None:
    """Return two weeks of use day by day, for arms that take doses on some days of the week; None if there are none."""
    run = figures.run
    arms = [k for k in figures.taking if rhythm.on_some_days(run, k) and rhythm.long_daily(run)]
    names = figures.moving(*_WINDOW)
    if not arms or not names:
        return None
    figures.next()
    made = []
    for k in arms:
        low, high = rhythm.two_weeks(run, k)
        axis = Axis("days", low, 0.5, (high - low) / plots.HOURS_IN["days"] + 0.5, "Days of these two weeks")
        for name in names:
            label = short(run.output(name).label)
            heading = label if len(arms) == 1 else f"{run.arms[k]}: {label.lower()}"
            plot, panel = figures.panel(k, [name], axis, heading=heading, strip=dose_strip(run))
            made.append((plot, replace(panel, id=f"{panel.id}-days")))
    whose = f"“{run.arms[arms[0]]}”" if len(arms) == 1 else "Arms with doses on some days of the week"
    caption = f"{whose}: the last two weeks of use, with every day shown. Opioid effect and stimulation are means of "
    caption += "each day, withdrawal its highest hourly value."
    return figures.figure("Two weeks of use, day by day", caption, made, figures.keys(axis, dose_strip(run)))


def differences(figures: Figures, name: str, caption: str = "") -> Figure:
    """Return the differences between arms in one output, pair beside pair."""
    figures.next()
    run = figures.run
    axis = figures.whole()
    made = []
    label = short(run.output(name).label)
    folded = False
    for j, pair in enumerate(run.pairs[:MOST_PANELS]):
        both = [run.arms.index(arm) for arm in run.pair_arms[j]]
        time, curve = run.time_h, run.differences[name][j]
        if any(rhythm.by_week(run, k, axis) for k in both):
            time, curve = rhythm.weekly(run, curve, "mean")
            folded = True
        plot = Plot(axis, f"Difference ({unit_text(run.output(name).unit)})", 290)
        traces.add_full(plot, np.asarray(axis.place(time)), curve, None, plots.NEUTRAL, figures.digits(name))
        tapers = any(run.taper_end_h[k] is not None for k in both)
        for k in both:
            figures.marks(plot, k, "right" if tapers else "center")
        plot.notes = list({note["text"]: note for note in plot.notes}.values())
        low, high = int(np.argmin(curve.mean)), int(np.argmax(curve.mean))
        alt = f"{label}, {pair}: the mean difference is lowest at {significant(float(curve.mean[low]), 2)} on "
        alt += f"{figures.moment(float(time[low]))} and highest at {significant(float(curve.mean[high]), 2)} "
        alt += f"on {figures.moment(float(time[high]))}."
        made.append((plot, Panel(f"plot-{figures.count}-{j}-difference", pair, plots.NEUTRAL, alt, {})))
    plots.share_ranges(plot for plot, _ in made)
    caption = caption or (
        "Each person’s value in the arm named first minus the same person’s in the other. Above zero: more in the "
        f"arm named first. {figures.folded(name)}"
    )
    caption += " Where days differ, one point a week: the mean of the daily differences." if folded else ""
    keys = [k for k in figures.keys(axis, None) if k.kind != "single"]
    return figures.figure(f"{label}: differences within people", caption, made, keys, zero_line=True)


def _slim_keys(run: RunFolder, names: Sequence[str]) -> list[Key]:
    """Return the legend of panels with several outputs."""
    labels = shorts([run.output(name).label for name in names])
    keys = [Key("line", label, plots.COLOURS[k % len(plots.COLOURS)], plots.dash(k)) for k, label in enumerate(labels)]
    return [*keys, Key("band50", "middle 50% of people (lines: median person)", plots.NEUTRAL)]


def concentrations(figures: Figures, names: Sequence[str], *, log: bool) -> list[Figure]:
    """Return concentrations after dosing: the first day on a linear axis, or all on a logarithmic one."""
    run = figures.run
    low, high = float(run.time_h[0]), float(run.time_h[-1])
    short_axis = plots.time_axis(low, min(high, low + plots.HOURS_IN["days"]))
    axis, scale = (figures.whole(), ", logarithmic axis") if log else (short_axis, "")
    when = "whole record" if log or axis.high == figures.whole().high else "first 24 hours"
    if low >= HOURS_PER_DAY:
        when += f" from day {number(low / HOURS_PER_DAY, 0)} on"
    strip = dose_strip(run)
    caption = "Total concentration in plasma."
    caption += " Values under a ten-thousandth of the highest are not shown." if log else ""
    if len(figures.arms) == 1:
        figures.next(*names)
        made = [figures.panel(0, [n], axis, heading=capital(n), strip=strip) for n in names]
        keys = figures.keys(axis, strip, figures.colour(0))
        return [figures.figure(f"Concentrations in plasma, {when}{scale}", caption, made, keys, log=log, both=not log)]
    found = []
    for name in names:
        figures.next(name)
        made = [figures.panel(k, [name], axis, strip=strip) for k in figures.taking]
        plots.share_ranges(plot for plot, _ in made)
        words = f"{caption} {figures.resting(figures.taking)}".strip()
        title = f"{capital(name)} in plasma, {when}{scale}"
        found.append(figures.figure(title, words, made, figures.keys(axis, strip), log=log, both=not log))
    return found

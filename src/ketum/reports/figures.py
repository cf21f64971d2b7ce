"""The figures of the report: which are drawn, what each panel shows, and what it says in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from ketum.reports import plots
from ketum.reports.doses import Strip, dose_strip
from ketum.reports.phrases import HOURS_PER_DAY, capital, count, listed, number, significant
from ketum.reports.plots import Axis, Json, Plot
from ketum.reports.reader import Chosen, Curve, RunFolder
from ketum.reports.tables import unit_text

ANALYTES = ("mitragynine", "7-hydroxymitragynine", "speciociliatine")
SLOW = ("tolerance", "adapted", "protracted")
ACUTE = ("stimulation", "sedation", "analgesia")
MOST_PANELS = 8
"""Arms (or pairs) that are drawn side by side; the tables hold all."""
_FLAT = 0.005
"""Share of an output's range below which a curve counts as not moving."""
_FADED = 0.05
"""Share of its peak below which an effect of a dose counts as gone."""
_FIRST_DAY = 24.0


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot: its heading, the colour that stands for its arm, what it shows in words, and the plot."""

    id: str
    heading: str
    colour: str
    alt: str
    plot: Json


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a legend: what is drawn, its words, and for lines the colour and the dash."""

    kind: str
    text: str
    colour: str = ""
    dash: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: number, title, caption, legend, panels; `log` offers a switch of the upright axis."""

    number: int
    title: str
    caption: str
    keys: Sequence[Key]
    panels: Sequence[Panel]
    log: bool = False


class Figures:
    """Makes the figures of a run, numbered in the order in which they are asked for."""

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        self.count = 0
        self.arms = range(min(len(run.arms), MOST_PANELS))
        self.drawn: set[str] = set()
        self.flat: list[str] = []

    # what there is

    def has(self, *names: str) -> list[str]:
        """Return those outputs that were recorded."""
        return [name for name in names if name in self.run.curves]

    def moving(self, *names: str) -> list[str]:
        """Return those outputs that were recorded and move in some arm; remember the others."""
        moving = [name for name in self.has(*names) if self._moves(name)]
        still = [name for name in self.has(*names) if name not in moving]
        self.flat += [name for name in still if name not in self.flat]
        self.drawn.update(still)
        return moving

    def _moves(self, name: str) -> bool:
        curves = self.run.curves[name]
        least = _FLAT * self.run.output(name).top if name not in ANALYTES else 0.0
        values = np.concatenate([np.concatenate([c.mean, c.p50]) for c in curves])
        return float(values.max() - values.min()) > least

    def colour(self, k: int) -> str:
        """Return the colour of an arm; never-use arms are grey."""
        if not self.run.phases[k] and "events" not in self.run.scenario["arm"][k]:
            return plots.NEVER
        return plots.COLOURS[k % len(plots.COLOURS)]

    def digits(self, name: str) -> int:
        """Return decimals that suit an output."""
        resolution = self.run.output(name).resolution
        return 1 if resolution >= 0.5 or name in ANALYTES else 3 if resolution < 0.05 else 2

    # panels

    def _plot(self, axis: Axis, names: Sequence[str], height: int, quantity: str) -> Plot:
        output = self.run.output(names[0])
        unit = unit_text(output.unit)
        if quantity:
            return Plot(axis, f"{quantity} ({unit})" if unit not in quantity.lower() else quantity, height)
        named = unit[:1].isdigit() or unit in ("SD", "share", "probability")
        return Plot(axis, f"{short(output.label)} ({unit})" if named else unit, height)

    def _marks(self, plot: Plot, k: int, anchor: str = "center") -> None:
        stop, end = self.run.stop_h[k], self.run.taper_end_h[k]
        if stop is not None and end is not None:
            plots.add_stretch(plot, stop, end, "taper")
        elif stop is not None:
            plots.add_mark(plot, stop, "stop", anchor)

    def panel(
        self,
        k: int,
        names: Sequence[str],
        axis: Axis,
        *,
        heading: str = "",
        strip: Strip | None = None,
        height: int = 290,
        quantity: str = "",
    ) -> tuple[Plot, Panel]:
        """Return the panel of an arm with one output in full or several in slim form."""
        run = self.run
        plot = self._plot(axis, names, height, quantity)
        labels = shorts([run.output(name).label for name in names])
        x = np.asarray(axis.place(run.time_h))
        inside = (x >= axis.low) & (x <= axis.high)
        for j, name in enumerate(names):
            curve = _part(run.curves[name][k], inside)
            if len(names) == 1:
                singles = run.singles[name][k][:, inside] if name in run.singles and self.tells_people(axis) else None
                plots.add_full(plot, x[inside], curve, singles, self.colour(k), self.digits(name))
            else:
                plots.add_slim(plot, x[inside], curve, j, self.digits(name), labels[j])
        if strip is not None:
            strip.add_to(plot, k, x, inside)
        self._marks(plot, k)
        alt = " ".join(self.message(name, k, inside) for name in names)
        text = heading or run.arms[k]
        panel = Panel(f"plot-{self.count}-{k}-{_slug(names[0])}", text, self.colour(k), f"{text}. {alt}", {})
        return plot, panel

    def tells_people(self, axis: Axis) -> bool:
        """Return whether single people can be told apart: not where many doses make each of them swing."""
        if self.run.over_days:
            return True
        places = [np.asarray(axis.place(times)) for times in self.run.dose_times]
        return all(np.count_nonzero((x >= axis.low) & (x <= axis.high)) <= plots.FEW_DOSES for x in places)

    def keys(self, axis: Axis, strip: Strip | None, colour: str = "") -> list[Key]:
        """Return the legend of panels with one output in full."""
        colour = colour or plots.NEUTRAL
        keys = [
            Key("line", "median person", colour, "solid"),
            Key("line", "mean", colour, "dash"),
            Key("band50", "middle 50% of people", colour),
            Key("band90", "middle 90%", colour),
        ]
        if self.run.singles and self.tells_people(axis):
            several = next(iter(self.run.singles.values())).shape[1]
            keys.append(Key("single", count(several, "individual"), "#787878", "solid"))
        if strip:
            keys.append(Key("dose", strip.words, "#6E6E6E"))
        return keys

    def message(self, name: str, k: int, inside: Chosen | None = None) -> str:
        """Say what a curve shows: where its median starts, where it is highest, where it ends."""
        run = self.run
        kept = np.ones(len(run.time_h), dtype=bool) if inside is None else inside
        time, median = run.time_h[kept], run.curves[name][k].p50[kept]
        if not len(time):
            return f"{run.output(name).label}: nothing recorded."
        peak = int(np.argmax(median))
        first, top, last = (significant(float(median[j])) for j in (0, peak, -1))
        text = f"{run.output(name).label}: the median is {first} at the beginning"
        if top != first and top != last:
            text += f", highest at {top} on {self.moment(float(time[peak]))}"
        return f"{text} and {last} at the end." if last != first or top != first else f"{text} and stays there."

    def moment(self, hour: float) -> str:
        """Return the day or hour of a record."""
        if self.run.over_days:
            return f"day {number(hour / HOURS_PER_DAY, 0)}"
        return f"hour {number(hour, 2).rstrip('0').rstrip('.')}"

    def figure(
        self,
        title: str,
        caption: str,
        made: Sequence[tuple[Plot, Panel]],
        keys: Sequence[Key],
        *,
        log: bool = False,
        both: bool = False,
        zero_line: bool = False,
    ) -> Figure:
        """Return a figure with its number, its plots finished."""
        above = any(plot.notes for plot, _ in made)
        panels = [
            replace(panel, plot=plots.finished(plot, log=log, both=both, zero_line=zero_line, words_above=above))
            for plot, panel in made
        ]
        return Figure(self.count, title, caption, keys, panels, log=both)

    def next(self, *names: str) -> None:
        """Begin the next figure, which draws these outputs."""
        self.count += 1
        self.drawn.update(names)

    # figures

    def whole(self) -> Axis:
        """Return the axis over the whole record."""
        time = self.run.time_h
        low = 0.0 if time[0] <= (time[1] - time[0] if len(time) > 1 else time[0]) else float(time[0])
        return plots.time_axis(low, float(time[-1]))

    def window(self, names: Sequence[str]) -> Axis:
        """Return an axis that ends when the effects of the last dose are gone; the whole one in daily records."""
        run = self.run
        doses = np.concatenate(run.dose_times)
        told = all(len(times) for times, phases in zip(run.dose_times, run.phases, strict=True) if phases)
        if run.over_days or not doses.size or not told:
            return self.whole()
        last = float(doses.max())
        for name in names:
            for curve in run.curves[name]:
                alive = np.flatnonzero(curve.p75 > _FADED * curve.p75.max())
                last = max(last, float(run.time_h[alive[-1]])) if alive.size and curve.p75.max() > 0 else last
        quarter = _FIRST_DAY / 4
        return plots.time_axis(float(run.time_h[0]), min(float(np.ceil(last / quarter) * quarter), run.time_h[-1]))

    def by_arm(self, name: str, title: str, caption: str, *, strip: bool = True, both: bool = False) -> Figure:
        """Return a figure of one output, arm beside arm."""
        self.next(name)
        doses = dose_strip(self.run) if strip else None
        tall = 380 if len(self.arms) == 1 else 300
        made = [self.panel(k, [name], self.whole(), strip=doses, height=tall) for k in self.arms]
        plots.share_ranges(plot for plot, _ in made)
        keys = self.keys(self.whole(), doses, self.colour(0) if len(self.arms) == 1 else "")
        return self.figure(title, f"{caption} {self.folded(name)}", made, keys, both=both)

    def together(self, names: Sequence[str], title: str, caption: str, quantity: str) -> Figure:
        """Return a figure of several outputs in each panel, arm beside arm; `quantity` names the upright axis."""
        self.next(*names)
        axis = self.window(names)
        tall = 360 if len(self.arms) == 1 else 290
        made = [self.panel(k, names, axis, quantity=quantity, height=tall) for k in self.arms]
        plots.share_ranges(plot for plot, _ in made)
        return self.figure(title, f"{caption} {self.folded(names[0])}", made, slim_keys(self.run, names))

    def side_by_side(self, names: Sequence[str], title: str, caption: str) -> Figure:
        """Return a figure of several outputs of the only arm, each in its own panel."""
        self.next(*names)
        strip = dose_strip(self.run)
        axis = self.window([name for name in names if name not in SLOW])
        made = [self.panel(0, [n], axis, heading=short(self.run.output(n).label), strip=strip) for n in names]
        shown = f"{caption} {self.folded(names[0])}Axes differ between panels."
        if axis.high < self.whole().high:
            shown += f" Shown until the effects have faded; the record goes on to {self.moment(self.run.time_h[-1])}."
        return self.figure(title, shown, made, self.keys(axis, strip, self.colour(0)))

    def concentrations(self, names: Sequence[str], *, log: bool) -> Iterator[Figure]:
        """Yield concentrations after dosing: the first day on a linear axis, or all on a logarithmic one."""
        low, high = float(self.run.time_h[0]), float(self.run.time_h[-1])
        short_axis = plots.time_axis(low, min(high, low + _FIRST_DAY))
        axis, scale = (self.whole(), ", logarithmic axis") if log else (short_axis, "")
        when = "whole record" if log or axis.high == self.whole().high else "first 24 hours"
        strip = dose_strip(self.run)
        caption = "Total concentration in plasma. "
        caption += "Values under a ten-thousandth of the highest are not shown." if log else ""
        if len(self.arms) == 1:
            self.next(*names)
            made = [self.panel(0, [n], axis, heading=capital(n), strip=strip) for n in names]
            keys = self.keys(axis, strip, self.colour(0))
            title = f"Concentrations in plasma, {when}{scale}"
            yield self.figure(title, caption, made, keys, log=log, both=not log)
            return
        for name in names:
            self.next(name)
            made = [self.panel(k, [name], axis, strip=strip) for k in self.arms]
            plots.share_ranges(plot for plot, _ in made)
            title = f"{capital(name)} in plasma, {when}{scale}"
            yield self.figure(title, caption, made, self.keys(axis, strip), log=log, both=not log)

    def differences(self, name: str) -> Figure:
        """Return the differences between arms in one output, pair beside pair."""
        self.next()
        run = self.run
        axis = self.whole()
        made = []
        label = short(run.output(name).label)
        for j, pair in enumerate(run.pairs[:MOST_PANELS]):
            curve = run.differences[name][j]
            plot = Plot(axis, f"Difference ({unit_text(run.output(name).unit)})", 290)
            plots.add_full(plot, np.asarray(axis.place(run.time_h)), curve, None, plots.NEUTRAL, self.digits(name))
            both = [run.arms.index(arm) for arm in run.pair_arms[j]]
            tapers = any(run.taper_end_h[k] is not None for k in both)
            for k in both:
                self._marks(plot, k, "right" if tapers else "center")
            plot.notes = list({note["text"]: note for note in plot.notes}.values())
            low, high = int(np.argmin(curve.mean)), int(np.argmax(curve.mean))
            alt = f"{label}, {pair}: the mean difference is lowest at {significant(float(curve.mean[low]), 2)} on "
            alt += f"{self.moment(float(run.time_h[low]))} and highest at {significant(float(curve.mean[high]), 2)} "
            alt += f"on {self.moment(float(run.time_h[high]))}."
            made.append((plot, Panel(f"plot-{self.count}-{j}-difference", pair, plots.NEUTRAL, alt, {})))
        plots.share_ranges(plot for plot, _ in made)
        caption = (
            "Each person's value in the arm named first minus the same person's in the other. Above zero: more in the "
            f"arm named first. {self.folded(name)}"
        )
        keys = [k for k in self.keys(axis, None) if k.kind != "single"]
        return self.figure(f"{label}: differences within people", caption, made, keys, zero_line=True)

    def folded(self, name: str) -> str:
        """Say what one record is."""
        if not self.run.over_days:
            return ""
        every = self.run.time_h[1] - self.run.time_h[0] if len(self.run.time_h) > 1 else float(HOURS_PER_DAY)
        length = "each day" if every == HOURS_PER_DAY else f"each {count(round(every / HOURS_PER_DAY), 'day')}"
        return {
            "max": f"Highest hourly value of {length}.",
            "mean": f"Mean of {length}.",
            "last": f"Last reading of {length}.",
            "total": f"Total of {length}.",
            "any": f"Probability that it happens at all, {length}.",
        }[self.run.output(name).daily]

    def left_out(self) -> str:
        """Say what was recorded and is not drawn."""
        hidden = [n for n in self.run.curves if n not in self.drawn and n not in ("servings", "dose", "dose_mg")]
        said = []
        if self.flat:
            labels = [short(self.run.output(name).label).lower() for name in self.flat]
            said.append(f"Not drawn because it hardly moves in any arm: {listed(labels)}.")
        if hidden:
            labels = [self.run.output(n).label if not n.startswith("symptom:") else "symptoms" for n in hidden]
            labels = list(dict.fromkeys(labels))
            said.append(f"Recorded but not drawn: {listed(labels)}. All values are in summary.csv.")
        if len(self.run.arms) > MOST_PANELS or len(self.run.pairs) > MOST_PANELS:
            said.append(f"Figures show the first {MOST_PANELS} arms or pairs; the tables hold all of them.")
        return " ".join(said)


def _part(curve: Curve, inside: Chosen) -> Curve:
    return Curve(*(getattr(curve, f.name)[inside] for f in fields(curve)))


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name)


def short(label: str) -> str:
    """Return a label without what stands in brackets.

    Examples
    --------
    >>> short("Withdrawal (SOWS)"), short("Opioid effect at the mu receptor (after tolerance)")
    ('Withdrawal', 'Opioid effect')
    """
    return label.partition(" (")[0].partition(" at the ")[0]


def shorts(labels: Sequence[str]) -> list[str]:
    """Return labels without brackets and without the words with which all of them begin.

    Examples
    --------
    >>> shorts(["Occupancy by morphine", "Occupancy by naloxone"]), shorts(["Nausea"])
    (['Morphine', 'Naloxone'], ['Nausea'])
    """
    whole = [short(label) for label in labels]
    words = [label.split() for label in whole]
    shared = 0
    while all(len(w) > shared + 1 and w[shared] == words[0][shared] for w in words):
        shared += 1
    return [capital(" ".join(w[shared:])) for w in words] if len(words) > 1 else whole


def slim_keys(run: RunFolder, names: Sequence[str]) -> list[Key]:
    """Return the legend of panels with several outputs."""
    labels = shorts([run.output(name).label for name in names])
    keys = [
        Key("line", label, plots.COLOURS[k % len(plots.COLOURS)], plots.DASHES[k % len(plots.DASHES)])
        for k, label in enumerate(labels)
    ]
    return [*keys, Key("band50", "middle 50% of people (lines: median person)", plots.NEUTRAL)]

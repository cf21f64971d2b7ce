"""What all figures of a run share: their count, their panels and axes, what each shows in words, what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from ketum.reports import plots, rhythm, traces
from ketum.reports.arm import uses
from ketum.reports.doses import Strip
from ketum.reports.figure import Figure, Key, Panel
from ketum.reports.labels import short, shorts
from ketum.reports.phrases import HOURS_PER_DAY, count, listed, number, significant
from ketum.reports.plots import Axis, Plot
from ketum.reports.reader import Chosen, Curve, RunFolder
from ketum.reports.tables import unit_text

ANALYTES = ("mitragynine", "7-hydroxymitragynine", "speciociliatine")
MOST_PANELS = 8
"""Arms (or pairs) that are drawn side by side; the tables hold all."""
_FLAT = 0.005
"""Share of an output's range below which a curve counts as not moving."""
_FADED = 0.05
"""Share of its peak below which an effect of a dose counts as gone."""
_FIRST_DAY = 24.0


class Figures:
    """Makes the figures of a run, numbered in the order in which they are asked for."""

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        self.count = 0
        self.arms = range(min(len(run.arms), MOST_PANELS))
        taking = [k for k in self.arms if uses(run, k) or run.scenario["arm"][k].get("medicines")]
        self.taking = taking or list(self.arms)
        """Arms in which something is taken that reaches the receptors; all if there is none."""
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
        """Return the colour of an arm; one in which nothing is taken is grey."""
        arm = self.run.scenario["arm"][k]
        if not uses(self.run, k) and not arm.get("treatments") and not arm.get("medicines"):
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

    def marks(self, plot: Plot, k: int, anchor: str = "center") -> None:
        """Mark the stop or taper of an arm."""
        stop, end = self.run.stop_h[k], self.run.taper_end_h[k]
        if stop is not None and end is not None:
            traces.add_stretch(plot, stop, end, "taper")
        elif stop is not None:
            traces.add_mark(plot, stop, "stop", anchor)

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
        folds = rhythm.by_week(run, k, axis)
        at = np.asarray(axis.place(rhythm.week_ends(run))) if folds else x[inside]
        for j, name in enumerate(names):
            curve, kind = run.curves[name][k], run.output(name).daily
            curve = rhythm.fold_curve(run, curve, kind) if folds else _part(curve, inside)
            if len(names) == 1:
                singles = run.singles[name][k] if name in run.singles and self.tells_people(axis) else None
                if singles is not None:
                    singles = rhythm.fold(run, singles, kind) if folds else singles[:, inside]
                traces.add_full(plot, at, curve, singles, self.colour(k), self.digits(name))
            else:
                traces.add_slim(plot, at, curve, j, self.digits(name), labels[j])
        if strip is not None:
            strip.add_to(plot, k, x, inside)
        self.marks(plot, k)
        alt = " ".join(self.message(name, k, inside) for name in names)
        text = heading or run.arms[k]
        panel = Panel(f"plot-{self.count}-{k}-{_slug(names[0])}", text, self.colour(k), f"{text}. {alt}", {})
        return plot, panel

    def tells_people(self, axis: Axis) -> bool:
        """Return whether single people can be told apart: not where many doses make each of them swing."""
        if self.run.over_days:
            return True
        places = [np.asarray(axis.place(times)) for times in self.run.dose_times]
        return all(np.count_nonzero((x >= axis.low) & (x <= axis.high)) <= traces.FEW_DOSES for x in places)

    def keys(self, axis: Axis, strip: Strip | None, colour: str = "") -> list[Key]:
        """Return the legend of panels with one output in full."""
        colour = colour or plots.NEUTRAL
        keys = [
            Key("line", "median person", colour, "solid"),
            Key("line", "mean", colour, "4px,3px"),
            Key("band50", "middle 50% of people", colour),
            Key("band90", "middle 90%", colour),
        ]
        if self.run.sets:
            words = f"between these the median is known (90% of {self.run.sets:,} parameter sets)"
            keys.append(Key("known", words, colour, traces.KNOWN_DASH))
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

    def resting(self, shown: Sequence[int]) -> str:
        """Say which arms a figure leaves out because nothing is taken in them."""
        left = [f"“{self.run.arms[k]}”" for k in self.arms if k not in shown]
        return f"Left out, because no kratom or other opioid is taken there: {listed(left)}." if left else ""

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

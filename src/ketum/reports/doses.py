"""The strip under a figure that shows when and how much is taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ketum.reports import traces
from ketum.reports.plots import Plot
from ketum.reports.reader import Array, Chosen, RunFolder

_UNITS = {"dose": "g", "dose_mg": "mg", "servings": "×"}


@dataclass(frozen=True, slots=True)
class Strip:
    """Doses by arm: ticks at their times, or bars of a mean amount a day in an output that fits the arm."""

    run: RunFolder
    outputs: tuple[str | None, ...]
    words: str

    def add_to(self, plot: Plot, k: int, x: Array, inside: Chosen) -> None:
        """Draw the doses of an arm under a plot."""
        name = self.outputs[k]
        if not self.run.over_days:
            plot.room = True
            if len(self.run.dose_times[k]):
                traces.add_dose_marks(plot, np.asarray(plot.axis.place(self.run.dose_times[k])))
            else:
                traces.add_no_doses(plot, "")
            return
        if name is None:
            traces.add_no_doses(plot, "no use")
            return
        every = (x[1] - x[0]) if len(x) > 1 else 1.0
        same = [c.mean.max() for c, other in zip(self.run.curves[name], self.outputs, strict=True) if other == name]
        amount = self.run.curves[name][k].mean
        most = float(max(same))
        traces.add_dose_strip(plot, x[inside], amount[inside], most, _UNITS[name], float(every))


def dose_strip(run: RunFolder) -> Strip | None:
    """Return the strip of a run; None if nothing is known of doses, or there are too many to tick."""
    if not run.over_days:
        return Strip(run, (None,) * len(run.arms), "dose") if any(len(d) for d in run.dose_times) else None
    outputs = tuple(_output(run, k) for k in range(len(run.arms)))
    return Strip(run, outputs, "mean amount taken a day") if any(outputs) else None


def _output(run: RunFolder, k: int) -> str | None:
    """Return in what the use of an arm is told: grams of leaf, else milligrams of alkaloid, else servings."""
    taken = [name for name in _UNITS if name in run.curves and run.curves[name][k].mean.max() > 0]
    return taken[0] if taken else None

"""Which results stand for a run: what variance is shared out of, and which signs are conclusions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ketum.engine.experiment import Experiment
from ketum.results.catalogue import endpoint_catalogue
from ketum.results.sets import MEAN, RECORD_MEAN, Key

_PK_QUANTITIES = ("Cmax", "AUCinf", "t1/2")


@dataclass(frozen=True, slots=True, order=True)
class Quantity:
    """The mean over persons of an end point (or output, or "pk:analyte:quantity") in an arm or pair and a setting."""

    arm: str
    setting: str
    name: str

    @property
    def key(self) -> Key:
        """Its key among the results of a parameter set."""
        output = self.name not in endpoint_catalogue() and not self.name.startswith("pk:")
        return (self.arm, self.setting, self.name, RECORD_MEAN if output else MEAN)


def _cells(experiment: Experiment) -> Iterator[tuple[str, str]]:
    """Yield arm and setting of every cell; arms that are the same in every setting once."""
    seen: set[int] = set()
    for number, (setting, arm) in zip(experiment.cell_sketches, experiment.cells, strict=True):
        if number not in seen:
            seen.add(number)
            yield arm.name, setting.name


def _pairs(experiment: Experiment) -> Iterator[tuple[str, str]]:
    """Yield "B minus A" and setting; differences that are the same in every setting once."""
    seen: set[int] = set()
    numbers = iter(experiment.pair_sketches)
    for setting in experiment.settings:
        for b, a in experiment.pairs:
            number = next(numbers)
            if number not in seen:
                seen.add(number)
                yield f"{experiment.arms[b].name} minus {experiment.arms[a].name}", setting.name


def main_quantities(experiment: Experiment, asked: Sequence[str]) -> list[Quantity]:
    """Return the results that stand for a run: those asked for by name, else those of the terminal's table."""
    catalogue = endpoint_catalogue()
    names = list(asked) or [name for name, point in catalogue.items() if point.terminal]
    if experiment.pk and not asked:
        analytes = [n for n in ("mitragynine", "7-hydroxymitragynine", "speciociliatine") if n in experiment.outputs]
        names = [f"pk:{analyte}:{quantity}" for analyte in analytes for quantity in _PK_QUANTITIES] + names
    found = [Quantity(arm, setting, name) for name in names for arm, setting in _cells(experiment)]
    for name in names:
        if name in catalogue and catalogue[name].paired:
            found += [Quantity(pair, setting, name) for pair, setting in _pairs(experiment)]
    return found


def contrasts(experiment: Experiment) -> list[Quantity]:
    """Return the differences whose sign is a conclusion: between arms, and against the same person without kratom."""
    catalogue = endpoint_catalogue().values()
    found = [
        Quantity(arm, setting, point.name)
        for point in catalogue
        if point.contrast
        for arm, setting in _cells(experiment)
    ]
    return found + [
        Quantity(pair, setting, point.name)
        for point in catalogue
        if point.paired and point.better
        for pair, setting in _pairs(experiment)
    ]

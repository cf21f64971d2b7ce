"""One parameter set lived by everybody, reduced to statistics over persons."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ketum.engine.chunk import Rows, Tally, run_range
from ketum.engine.endpoints import READ_OUTPUTS
from ketum.engine.experiment import Experiment
from ketum.engine.sketch import Sketches
from ketum.results.catalogue import SHARES
from ketum.results.endpoints import endpoint_rows, pk_rows
from ketum.uncertainty.draws import set_values, tables_at

Array = NDArray[np.float64]
Key = tuple[str, str, str, str]
"""Arm (or "B minus A"), setting, end point, statistic."""
MEAN = "mean"
RECORD_MEAN = "mean of the record"
"""Statistic under which the mean of an output over persons and records stands: some end points bear its name."""


@dataclass(frozen=True, slots=True)
class SetPlan:
    """What all parameter sets of a run have in common.

    Attributes
    ----------
    full, lean : Experiment
        The run itself, and a smaller one (fewer persons and outputs) whose variance is shared out.
    fixed : frozenset of str
        Keys of parameters that keep their value.
    """

    full: Experiment
    lean: Experiment
    fixed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Task:
    """Parameter sets to be lived: their numbers, and their points in the unit cube, (set, parameter)."""

    kind: Literal["draw", "share"]
    numbers: tuple[int, ...]
    points: Array

    def file(self, folder: Path) -> Path:
        """Return where the results lie."""
        return folder / f"{self.kind}-{self.numbers[0]:08d}.npz"


@dataclass(frozen=True, slots=True)
class SetResult:
    """What came of one parameter set.

    Attributes
    ----------
    number : int
    endpoints : dict of Key to float
    curves, differences : (sketch, output, statistic, record) float32
        Empty in sets whose variance is shared out.
    """

    number: int
    endpoints: dict[Key, float]
    curves: NDArray[np.float32]
    differences: NDArray[np.float32]


def set_plan(experiment: Experiment, fixed: frozenset[str], people: int, outputs: Sequence[str]) -> SetPlan:
    """Return the plan of a run whose variance is shared out among so many persons; `outputs` are asked for by name."""
    kept = tuple(name for name in experiment.outputs if name in READ_OUTPUTS or name in outputs)
    if experiment.pk:
        kept = experiment.outputs
    cohort = replace(experiment.cohort, count=min(people, experiment.cohort.count))
    lean = replace(experiment, cohort=cohort, outputs=kept or experiment.outputs[:1], trajectories=0, channel_people=0)
    return SetPlan(replace(experiment, trajectories=0), lean, fixed)


class Lived:
    """Rows of single persons held in memory, in the terms of `ketum.results.endpoints`."""

    def __init__(self, experiment: Experiment, rows: Sequence[Rows]) -> None:
        self.experiment = experiment
        self.columns = rows[0].columns
        self._values = np.concatenate([part.persons for part in rows])
        self._places = {name: k for k, name in enumerate(self.columns)}

    def column(self, name: str) -> Array:
        """Return one column of all persons."""
        values: Array = self._values[:, self._places[name]]
        return values


def live_sets(plan: SetPlan, task: Task) -> list[SetResult]:
    """Live the parameter sets of a task."""
    return [_live(plan, task, k) for k in range(len(task.numbers))]


def _live(plan: SetPlan, task: Task, k: int) -> SetResult:
    base = plan.full if task.kind == "draw" else plan.lean
    tables = tables_at(base.cohort.tables, set_values(base.cohort.tables, task.points[k], plan.fixed))
    experiment = replace(base, cohort=replace(base.cohort, tables=tables))
    tally, rows = run_range(experiment, 0, experiment.cohort.count)
    lived = Lived(experiment, rows)
    of_outputs = _output_means(experiment, tally)
    if task.kind == "share":
        means: dict[Key, float] = {(*row[:3], row[4]): row[5] for row in endpoint_rows(lived, only_mean=True)}
        nothing = np.empty((0, 0, 0, 0), dtype=np.float32)
        return SetResult(task.numbers[k], means | _pk(lived, only_mean=True) | of_outputs, nothing, nothing)
    endpoints = {(arm, setting, name, s): v for arm, setting, name, _, s, v in endpoint_rows(lived)}
    return SetResult(
        task.numbers[k],
        endpoints | _pk(lived) | of_outputs,
        _statistics(tally.arms),
        _statistics(tally.pairs),
    )


def _pk(lived: Lived, *, only_mean: bool = False) -> dict[Key, float]:
    setting = lived.experiment.settings[0].name
    return {
        (arm, setting, f"pk:{analyte}:{quantity}", s): v
        for arm, analyte, quantity, _, s, v in pk_rows(lived)
        if not only_mean or s == MEAN
    }


def _output_means(experiment: Experiment, tally: Tally) -> dict[Key, float]:
    """Return the mean of each output over persons and records, in each cell."""
    found: dict[Key, float] = {}
    for number, (setting, arm) in zip(experiment.cell_sketches, experiment.cells, strict=True):
        for name, sketch in tally.arms[number].by_name.items():
            means = sketch.mean()
            known = means[np.isfinite(means)]
            if len(known):
                found[arm.name, setting.name, name, RECORD_MEAN] = float(known.mean())
    return found


def _statistics(many: list[Sketches]) -> NDArray[np.float32]:
    """Return the statistics of sketches, (sketch, output, statistic, record)."""
    if not many or not many[0].by_name:  # no arms to compare, or no outputs whose differences mean something
        return np.empty((0, 0, 0, 0), dtype=np.float32)
    return np.stack(
        [np.stack([statistics_of(sketches, name) for name in sketches.by_name]) for sketches in many]
    ).astype(np.float32)


def statistics_of(sketches: Sketches, name: str) -> Array:
    """Return mean and quantiles of one output, (statistic, record)."""
    sketch = sketches.by_name[name]
    return np.concatenate([sketch.mean()[None], sketch.quantiles(SHARES)])


def save(path: Path, results: Sequence[SetResult]) -> None:
    """Write the results of a task, whole or not at all."""
    keys = list(dict.fromkeys(key for result in results for key in result.endpoints))
    nan = float("nan")
    values = np.array([[result.endpoints.get(key, nan) for key in keys] for result in results])
    notes = json.dumps({"numbers": [result.number for result in results], "keys": keys})
    scratch = path.with_name(path.stem + "-unfinished.npz")
    np.savez(
        scratch,
        allow_pickle=False,
        notes=np.frombuffer(notes.encode(), dtype=np.uint8),
        endpoints=values,
        curves=np.stack([result.curves for result in results]),
        differences=np.stack([result.differences for result in results]),
    )
    os.replace(scratch, path)


def is_whole(path: Path) -> bool:
    """Return whether the results of a task lie there and can be read."""
    try:
        return path.exists() and bool(load(path))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return False


def load(path: Path) -> list[SetResult]:
    """Read the results of a task."""
    with path.open("rb") as file, np.load(file) as saved:
        notes = json.loads(saved["notes"].tobytes().decode())
        values, curves, differences = saved["endpoints"], saved["curves"], saved["differences"]
    keys: list[Key] = [tuple(key) for key in notes["keys"]]
    return [
        SetResult(number, dict(zip(keys, row.tolist(), strict=True)), curves[k], differences[k])
        for k, (number, row) in enumerate(zip(notes["numbers"], values, strict=True))
    ]

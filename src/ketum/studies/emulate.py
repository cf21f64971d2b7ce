"""A study over and over: pools of persons, replicates on one or several processes, and what came of them.

Every replicate depends on its number alone, so results are the same for any number of processes and after any
interruption. Finished batches lie in the partial folder, from which `--resume` goes on.
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from ketum.engine.pool import Pool as Processes
from ketum.studies.designs import Design, Row, design_of
from ketum.studies.model import Study
from ketum.studies.pool import people_of_study

Progress = Callable[[int, int], None]
Stage = Callable[[str], None]
COLUMNS = (
    *("setting", "replicate", "unit", "estimand", "estimator", "participants"),
    *("truth", "value", "se", "low", "high", "p", "converged", "note"),
)
_BATCHES = 24
_KINDS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("replicate", "unit", "participants"), int),
    "converged": lambda text: text == "True",
}
_TEXT = ("setting", "estimand", "estimator", "note")


@dataclass(frozen=True)
class Task:
    """Replicates of one setting: from `first` on, `count` of them; rows go to `path`."""

    setting: int
    first: int
    count: int
    path: Path


@dataclass(frozen=True)
class PoolFacts:
    """The pool of a setting: persons, seconds spent on it now, and how often each takes part on average."""

    setting: str
    persons: int
    seconds: float
    used: float


@dataclass(frozen=True)
class Emulated:
    """What came of a study.

    Attributes
    ----------
    replicates : DataFrame
        One row a setting, replicate, estimand and estimator; `COLUMNS`.
    example : DataFrame
        The first data set in the first setting.
    pools : tuple of PoolFacts
    """

    replicates: pd.DataFrame
    example: pd.DataFrame
    pools: tuple[PoolFacts, ...]


def emulate(
    study: Study,
    folder: Path,
    *,
    workers: int = 1,
    resume: bool = False,
    progress: Progress | None = None,
    stage: Stage | None = None,
) -> Emulated:
    """Repeat a study in each of its settings.

    Parameters
    ----------
    study : Study
    folder : Path
        An existing folder for finished batches.
    workers : int
        Processes.
    resume : bool
        Take up finished batches.
    progress : callable, optional
        Called with (done, in all): persons while a pool is lived, then replicates.
    stage : callable, optional
        Called with what is being done.
    """
    tell, say = progress or (lambda *_: None), stage or (lambda _: None)
    pools, parts = [], []
    example = pd.DataFrame()
    for number, setting in enumerate(study.settings):
        design = design_of(study, setting)
        say(f"persons of “{setting.name}”")
        people = people_of_study(design.recipe(), workers=workers, progress=tell)
        design.open(people)
        say(f"replicates in “{setting.name}”")
        for urn, size in design.urns():
            urn.draw(0, size)  # refused here if there are too few
        if number == 0:
            example = design.example()
        pools.append(PoolFacts(setting.name, len(people), people.seconds, _use(design, study.replicates)))
        parts += _repeated(study, number, design, folder, workers, resume, tell)
    table = pd.concat([_read(path) for path in parts], ignore_index=True)
    return Emulated(table, example, tuple(pools))


def _use(design: Design, replicates: int) -> float:
    """Return how often a person takes part on average, in the most used part of the pool."""
    return max(urn.reuse(replicates, size) for urn, size in design.urns())


def _repeated(
    study: Study, number: int, design: Design, folder: Path, workers: int, resume: bool, tell: Progress
) -> list[Path]:
    """Run the replicates of a setting that are missing; return where their rows lie, in order."""
    size = max(1, study.replicates // _BATCHES)
    tasks = [
        Task(number, first, min(size, study.replicates - first), _path(folder, number, first, size))
        for first in range(0, study.replicates, size)
    ]
    missing = [task for task in tasks if not (resume and task.path.is_file())]
    done = study.replicates - sum(task.count for task in missing)
    tell(done, study.replicates)
    for count in _run(study, design, missing, workers):
        done += count
        tell(done, study.replicates)
    return [task.path for task in tasks]


def _path(folder: Path, number: int, first: int, size: int) -> Path:
    return folder / f"batch-{number}-{first:06d}-{size}.csv"


def _run(study: Study, design: Design, tasks: list[Task], workers: int) -> Iterator[int]:
    if workers <= 1 or len(tasks) <= 1:
        for task in tasks:
            yield _write(design, task)
        return
    with Processes(min(workers, len(tasks)), _work, study) as processes:
        yield from processes.results(tasks)


_open: dict[int, Design] = {}
"""The design of the setting at hand, in a process of its own."""


def _work(study: Study, task: Task) -> int:
    if task.setting not in _open:
        _open.clear()
        design = design_of(study, study.settings[task.setting])
        design.open(people_of_study(design.recipe()))
        _open[task.setting] = design
    return _write(_open[task.setting], task)


def _write(design: Design, task: Task) -> int:
    """Run a batch and write its rows, whole or not at all.

    Linear algebra runs on one thread: the processes have the cores, and sums do not depend on how they are split.
    """
    with threadpool_limits(1):
        rows = [
            (design.setting.name, replicate, *_fields(row))
            for replicate in range(task.first, task.first + task.count)
            for row in design.rows(replicate)
        ]
    scratch = task.path.with_suffix(f".{os.getpid()}.part")
    pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(scratch, index=False, float_format="%.17g")
    os.replace(scratch, task.path)
    return task.count


def _fields(row: Row) -> tuple[object, ...]:
    e = row.estimate
    return (
        *(row.unit, row.estimand, row.estimator, row.participants, row.truth),
        *(e.value, e.se, e.low, e.high, e.p, e.converged, e.note),
    )


def _read(path: Path) -> pd.DataFrame:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in COLUMNS}
    for name in COLUMNS:
        if name not in _TEXT:
            columns[name] = [_KINDS.get(name, _number)(text) for text in columns[name]]
    return pd.DataFrame(columns)


def _number(text: str) -> float:
    return float(text) if text else math.nan

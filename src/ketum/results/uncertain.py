"""Parameter sets beside the run at table values: lived, kept, and taken up again after an interruption."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ketum.engine.experiment import Experiment
from ketum.engine.pool import Pool
from ketum.engine.workers import person_hours, processes_for
from ketum.results.quantities import Quantity, contrasts, main_quantities
from ketum.results.sets import Key, SetPlan, SetResult, Task, is_whole, live_sets, load, save, set_plan
from ketum.results.variance import Shared, Variance, share_out
from ketum.uncertainty.conclusions import Conclusion, across_settings, conclude
from ketum.uncertainty.draws import uncertain_parameters, unit_points

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]
SHARE_PEOPLE = 32
"""Persons in each of the many sets whose variance is shared out."""
_TOGETHER = 16
_LEAST_KNOWN = 0.5
"""Share of the sets that must have a difference for its sign to be a conclusion."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of uncertainty: parameter sets, base samples of the decomposition, of what, and what is known."""

    draws: int
    shares: int
    of: tuple[str, ...]
    fixed: frozenset[str]


@dataclass(frozen=True)
class Uncertain:
    """What the parameter sets gave.

    Attributes
    ----------
    plan : SetPlan
    files : list of Path
        The results of the draws, one file a set.
    variance : Variance or None
        Where the variance of the main results comes from.
    conclusions : list of (Quantity, Conclusion)
    """

    plan: SetPlan
    files: list[Path]
    variance: Variance | None
    conclusions: list[tuple[Quantity, Conclusion]]

    @cached_property
    def draws(self) -> list[SetResult]:
        """The results of every draw."""
        return [result for file in self.files for result in load(file)]

    def values(self, keys: Sequence[Key]) -> Array:
        """Return results in every draw, (draw, key); nan where a draw has none."""
        return np.array([[result.endpoints.get(key, np.nan) for key in keys] for result in self.draws])

    @property
    def shared(self) -> Sequence[Shared]:
        """Shares of variance of each main result."""
        return self.variance.shared if self.variance else ()


def person_count(experiment: Experiment, asked: Asked) -> int:
    """Return how many persons are lived in parameter sets, at most: what progress counts."""
    count = experiment.cohort.count
    return asked.draws * count + (asked.shares * Variance.most_sets() * min(SHARE_PEOPLE, count) if asked.shares else 0)


def run_uncertain(
    experiment: Experiment,
    asked: Asked,
    folder: Path,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Uncertain:
    """Live the parameter sets of a run.

    Parameters
    ----------
    experiment : Experiment
        The run at table values.
    asked : Asked
    folder : Path
        An existing folder; results that lie there already are taken up.
    workers : int, optional
        Number of processes; the results do not depend on it.
    progress : callable, optional
        Called with (persons lived, persons in all).
    """
    tables, seed = experiment.cohort.tables, experiment.cohort.seed
    plan = set_plan(experiment, asked.fixed, SHARE_PEOPLE, asked.of)
    hours = asked.draws * person_hours(plan.full) + asked.shares * Variance.most_sets() * person_hours(plan.lean)
    parts = max(asked.draws, asked.shares * Variance.most_sets() // _TOGETHER)
    processes = processes_for(hours, parts) if workers is None else workers
    done = 0

    def live(tasks: Sequence[Task]) -> None:
        nonlocal done
        with closing(_lived(plan, tasks, folder, processes)) as lived:  # its workers end with it, however it ends
            for task in lived:
                count = plan.full.cohort.count if task.kind == "draw" else plan.lean.cohort.count
                done += count * len(task.numbers)
                if progress:
                    progress(done, person_count(experiment, asked))

    numbers = np.arange(1, asked.draws + 1)
    points = unit_points(tables, numbers, seed)
    draws = [Task("draw", (int(n),), points[k : k + 1]) for k, n in enumerate(numbers)]
    live(draws)
    files = [task.file(folder) for task in draws]
    found = Uncertain(plan, files, None, [])
    variance = None
    every = uncertain_parameters(tables)
    free = np.array([p.key not in asked.fixed for p in every])

    def evaluate(first: int, points: Array) -> list[SetResult]:
        whole = np.full((len(points), len(every)), 0.5)
        whole[:, free] = points
        tasks = [
            Task("share", tuple(range(first + k, first + min(k + _TOGETHER, len(whole)))), whole[k : k + _TOGETHER])
            for k in range(0, len(whole), _TOGETHER)
        ]
        live(tasks)
        return [result for task in tasks for result in load(task.file(folder))]

    if asked.shares and free.any():
        uncertain = [p for p in every if p.key not in asked.fixed]
        main, signs = main_quantities(experiment, asked.of), contrasts(experiment)
        seen = points[:, free], found.draws
        variance = share_out(uncertain, main, signs, asked.shares, seed, evaluate, seen)
    concluded = _conclusions(experiment, found.draws, variance)
    return Uncertain(plan, files, variance, concluded)


def _lived(plan: SetPlan, tasks: Sequence[Task], folder: Path, processes: int) -> Generator[Task, None, None]:
    """Live the tasks whose results are not there yet; yield each task when its results are."""
    missing = []
    for task in tasks:
        if is_whole(task.file(folder)):
            yield task
        else:
            missing.append(task)
    if processes == 1 or len(missing) < 2:
        for task in missing:
            save(task.file(folder), live_sets(plan, task))
            yield task
        return
    pool: Pool[tuple[Task, list[SetResult]]]
    with Pool(processes, _work, plan) as pool:
        for task, results in pool.results(missing):
            save(task.file(folder), results)
            yield task


def _work(plan: SetPlan, task: Task) -> tuple[Task, list[SetResult]]:
    return task, live_sets(plan, task)


def _conclusions(
    experiment: Experiment, draws: Sequence[SetResult], variance: Variance | None
) -> list[tuple[Quantity, Conclusion]]:
    """Return what the sign of each difference is worth; those that are zero in every set say nothing."""
    found: dict[tuple[str, str], dict[Quantity, Conclusion]] = {}
    nothing = set()
    for quantity in contrasts(experiment):
        values = np.array([result.endpoints.get(quantity.key, np.nan) for result in draws])
        known = values[np.isfinite(values)]
        if len(known) >= _LEAST_KNOWN * len(values):
            errors = np.array([result.endpoints.get((*quantity.key[:3], "se"), np.inf) for result in draws])
            pairs = variance.turned.get(quantity) if variance else None
            concluded = conclude(known, pairs, np.where(np.any(known), errors, 0.0)[np.isfinite(values)])
            found.setdefault((quantity.arm, quantity.name), {})[quantity] = concluded
            if not np.any(known):
                nothing.add(quantity)
    told = []
    for by_setting in found.values():
        whole = across_settings(list(by_setting.values()))
        told += [(q, c) for q, c in zip(by_setting, whole, strict=True) if q not in nothing]
    return told

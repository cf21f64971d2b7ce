"""Chunks on one or several processes, merged as they come; interrupted runs go on where they stopped."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ketum.engine.chunk import Part, run_chunk
from ketum.engine.experiment import Experiment
from ketum.engine.sketch import Sketches

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]
_SAVE_EVERY_S = 10.0
_WORTH_A_PROCESS = 4.0e6
"""Person-hours below which one more process costs more than it saves."""


@dataclass(slots=True)
class Collected:
    """The merged results of a run; per-person rows lie in files of `folder`.

    Attributes
    ----------
    experiment : Experiment
    arms, pairs : list of Sketches
    columns : list of str
    done : list of int
        First persons of the chunks that are merged.
    trajectories : dict of first person to (arm, output, record, person) float32
    folder : Path
        Where the rows of each chunk lie.
    """

    experiment: Experiment
    folder: Path
    arms: list[Sketches] = field(default_factory=list)
    pairs: list[Sketches] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    trajectories: dict[int, NDArray[np.float32]] = field(default_factory=dict)

    def merge(self, part: Part) -> None:
        """Add a part and write its rows."""
        if not self.arms:
            self.arms, self.pairs, self.columns = part.arms, part.pairs, part.columns
        else:
            for mine, other in zip(self.arms + self.pairs, part.arms + part.pairs, strict=True):
                mine.merge(other)
        np.save(self._rows(part.first), part.persons)
        if part.trajectories.shape[-1]:
            self.trajectories[part.first] = part.trajectories
        self.done.append(part.first)

    def _rows(self, first: int) -> Path:
        return self.folder / f"rows-{first:010d}.npy"

    def rows(self) -> Iterator[Array]:
        """Yield the rows of each chunk, (person, column), in order of persons, without loading them whole."""
        for first in sorted(self.done):
            yield np.load(self._rows(first), mmap_mode="r")

    def column(self, name: str) -> Array:
        """Return one column of all persons."""
        k = self.columns.index(name)
        return np.concatenate([np.array(rows[:, k]) for rows in self.rows()])

    def all_trajectories(self) -> NDArray[np.float32]:
        """Return the kept trajectories, (arm, output, record, person)."""
        return np.concatenate([self.trajectories[first] for first in sorted(self.trajectories)], axis=-1)

    def save(self) -> None:
        """Write a checkpoint, whole or not at all."""
        arrays: dict[str, Array | NDArray[np.generic]] = {}
        for kind, many in (("arm", self.arms), ("pair", self.pairs)):
            for k, sketches in enumerate(many):
                for name, sketch in sketches.by_name.items():
                    for what in ("counts", "sums", "low", "high"):
                        arrays[f"{kind}/{k}/{name}/{what}"] = getattr(sketch, what)
        for first, kept in self.trajectories.items():
            arrays[f"trajectories/{first}"] = kept
        notes = json.dumps({"done": self.done, "columns": self.columns})
        arrays["notes"] = np.frombuffer(notes.encode(), dtype=np.uint8)
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        target = self.folder / "checkpoint.npz"
        scratch = target.with_suffix(".tmp")
        scratch.write_bytes(buffer.getvalue())
        os.replace(scratch, target)

    def load(self) -> bool:
        """Take up the last checkpoint; return whether there was one."""
        path = self.folder / "checkpoint.npz"
        if not path.exists():
            return False
        with np.load(path) as saved:
            notes = json.loads(saved["notes"].tobytes().decode())
            self.done, self.columns = notes["done"], notes["columns"]
            experiment = self.experiment
            self.arms = [Sketches.empty(experiment.axes, experiment.records) for _ in experiment.arms]
            self.pairs = [Sketches.empty(experiment.paired_axes, experiment.records) for _ in experiment.pairs]
            for key in saved.files:
                kind, _, rest = key.partition("/")
                if kind in ("arm", "pair"):
                    number, _, rest = rest.partition("/")
                    name, _, what = rest.rpartition("/")
                    sketch = (self.arms if kind == "arm" else self.pairs)[int(number)].by_name[name]
                    getattr(sketch, what)[...] = saved[key]
                elif kind == "trajectories":
                    self.trajectories[int(rest)] = saved[key]
        return True


def person_hours(experiment: Experiment) -> float:
    """Return how much there is to simulate, in person-hours."""
    arms = sum(experiment.hours for _ in experiment.arms)
    return float(experiment.cohort.count) * (arms + experiment.run_in_hours)


def useful_workers(experiment: Experiment, wanted: int | None) -> int:
    """Return how many processes to use: those asked for, else as many as pay off."""
    if wanted is not None:
        return wanted
    chunks = -(-experiment.cohort.count // experiment.chunk)
    most = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, chunks)
    return max(1, min(most, int(person_hours(experiment) / _WORTH_A_PROCESS)))


def run_experiment(
    experiment: Experiment,
    folder: Path,
    *,
    workers: int | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Collected:
    """Run an experiment.

    Parameters
    ----------
    experiment : Experiment
    folder : Path
        An existing folder for rows and checkpoints.
    workers : int, optional
        Number of processes; by default as many as pay off. The results do not depend on it.
    resume : bool
        Take up a checkpoint of the same experiment.
    progress : callable, optional
        Called with (persons done, persons in all).

    Returns
    -------
    Collected
    """
    collected = Collected(experiment, folder)
    if resume:
        collected.load()
    count, size = experiment.cohort.count, experiment.chunk
    todo = [first for first in range(0, count, size) if first not in collected.done]
    ranges = [(first, min(size, count - first)) for first in todo]
    finished = sum(min(size, count - first) for first in collected.done)
    saved = time.monotonic()
    if progress:
        progress(finished, count)
    try:
        for part in _parts(experiment, ranges, useful_workers(experiment, workers)):
            collected.merge(part)
            finished += part.count
            if progress:
                progress(finished, count)
            if time.monotonic() - saved > _SAVE_EVERY_S and finished < count:
                collected.save()
                saved = time.monotonic()
    except KeyboardInterrupt:
        if collected.done:
            collected.save()
        raise
    return collected


def _parts(experiment: Experiment, ranges: list[tuple[int, int]], workers: int) -> Iterator[Part]:
    if workers == 1 or len(ranges) <= 1:
        for first, count in ranges:
            yield run_chunk(experiment, first, count)
        return
    with _pool(experiment, workers) as pool:
        waiting: set[Future[Part]] = set()
        coming = iter(ranges)
        for first, count in coming:
            waiting.add(pool.submit(_work, first, count))
            if len(waiting) < 2 * workers:
                continue
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()


@contextmanager
def _pool(experiment: Experiment, workers: int) -> Iterator[ProcessPoolExecutor]:
    """Give a pool whose processes are stopped at once if the run is interrupted."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(experiment,))
    try:
        yield pool
    except BaseException:
        for process in list(getattr(pool, "_processes", {}).values()):
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


_EXPERIMENT: list[Experiment] = []


def _begin(experiment: Experiment) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _EXPERIMENT.append(experiment)


def _work(first: int, count: int) -> Part:
    return run_chunk(_EXPERIMENT[0], first, count)

"""Chunks on one or several processes, merged as they come; interrupted runs go on where they stopped."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from ketum.engine.chunk import Rows, Tally, run_chunk, run_range
from ketum.engine.collected import Collected
from ketum.engine.experiment import Experiment
from ketum.engine.lives import Beginnings
from ketum.engine.pool import Pool

Progress = Callable[[int, int], None]
_SAVE_EVERY_S = 10.0
_TASKS_A_WORKER = 6
_MOST_CHUNKS_TOGETHER = 16
_WORTH_A_PROCESS = 6.0e7
"""Person-hours below which one more process costs more than it saves."""


def person_hours(experiment: Experiment) -> float:
    """Return how much there is to simulate, in person-hours."""
    count, settings = experiment.cohort.count, len(experiment.settings)
    arms = float(count) * (len(experiment.cells) * experiment.hours + settings * experiment.run_in_hours)
    columns = sum(len(experiment.channel_columns(setting, arm)) for setting, arm in experiment.cells)
    return arms + float(min(count, experiment.channel_people)) * columns * experiment.hours


def useful_workers(experiment: Experiment, wanted: int | None) -> int:
    """Return how many processes to use: those asked for, else as many as pay off."""
    if wanted is not None:
        return wanted
    return processes_for(person_hours(experiment), -(-experiment.cohort.count // experiment.chunk))


def processes_for(hours: float, parts: int) -> int:
    """Return how many processes pay off for so many person-hours in so many parts."""
    return max(1, min(cores(), parts, int(hours / _WORTH_A_PROCESS)))


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_experiment(
    experiment: Experiment,
    folder: Path,
    *,
    workers: int | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    beginnings: Beginnings | None = None,
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
    beginnings : Beginnings, optional
        Run-ins that this process knows; other processes live their own.

    Returns
    -------
    Collected
    """
    collected = Collected(experiment, folder, Tally.empty(experiment))
    if resume:
        collected.load()
    tell = progress or (lambda *_: None)
    tell(collected.persons, experiment.cohort.count)
    saved = time.monotonic()
    processes = useful_workers(experiment, workers)
    missing = list(collected.gaps())
    advance = _alone(collected, missing, beginnings) if processes == 1 else _together(collected, missing, processes)
    try:
        for _ in advance:
            tell(collected.persons, experiment.cohort.count)
            if time.monotonic() - saved > _SAVE_EVERY_S and collected.persons < experiment.cohort.count:
                collected.save()
                saved = time.monotonic()
    except KeyboardInterrupt:
        advance.close()
        if collected.done and collected.whole:
            collected.save()
        raise
    return collected


def _cut(ranges: list[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    """Return ranges of at most `size` persons."""
    return [
        (start, min(size, first + count - start))
        for first, count in ranges
        for start in range(first, first + count, size)
    ]


def _alone(
    collected: Collected, ranges: list[tuple[int, int]], beginnings: Beginnings | None
) -> Generator[None, None, None]:
    """Run chunks in this process; an interrupt waits for the running chunk, so that none is lost."""
    with _gentle_interrupt() as interrupted:
        for first, count in _cut(ranges, collected.experiment.chunk):
            collected.whole = False
            collected.keep(run_chunk(collected.experiment, first, count, collected.tally, beginnings))
            collected.whole = True
            if interrupted():
                raise KeyboardInterrupt
            yield


def _together(collected: Collected, ranges: list[tuple[int, int]], workers: int) -> Generator[None, None, None]:
    """Run ranges of chunks in several processes and merge what they return."""
    experiment = collected.experiment
    chunks = len(_cut(ranges, experiment.chunk))
    together = max(1, min(_MOST_CHUNKS_TOGETHER, chunks // (_TASKS_A_WORKER * workers)))
    with Pool(workers, _work, experiment) as pool:
        for tally, rows in pool.results(_cut(ranges, experiment.chunk * together)):
            collected.whole = False
            collected.tally.merge(tally)
            for part in rows:
                collected.keep(part)
            collected.whole = True
            yield


def _work(experiment: Experiment, task: tuple[int, int]) -> tuple[Tally, list[Rows]]:
    return run_range(experiment, *task)


@contextmanager
def _gentle_interrupt() -> Iterator[Callable[[], bool]]:
    """Note the first interrupt instead of raising it; a second one raises. Gives a function that tells of it."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before in (signal.SIG_IGN, None):
        yield lambda: False  # not ours to handle, or not to be heard: as under nohup
        return
    noted: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        del frame
        noted.append(number)
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(noted)
    finally:
        signal.signal(signal.SIGINT, before)

"""The pool of simulated persons from which a study draws: lived once, kept by content in the cache of this user.

A pool is cut into chunks of persons; each is written when it is done, so an interrupted pool goes on where it stopped.
Nothing in it depends on the size of the chunks or the number of processes.
"""

from __future__ import annotations

import os
import re
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from ketum.engine.pool import Pool as Processes
from ketum.errors import RunFolderError
from ketum.studies.lives.recipe import Keys, Recipe

Progress = Callable[[int, int], None]
Column = NDArray[np.float32] | NDArray[np.float64]
_FOLDER = "KETUM_STUDY_POOLS"
_WHOLE = "whole.npz"
_KEY = "key"
_IS_POOL = re.compile(r"[0-9a-f]{24}")
_MOST_KEPT = 12
"""Pools that are kept; the one that was not used for longest makes room."""


@dataclass(frozen=True)
class People:
    """A pool of persons.

    Attributes
    ----------
    columns : mapping of str to array
        Persons along the last axis.
    seconds : float
        Time spent on it now; 0 if it was in the cache.
    """

    columns: Mapping[str, Column]
    seconds: float = 0.0

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """Return a column as floats."""
        return np.asarray(self.columns[name], dtype=float)

    def __len__(self) -> int:
        return int(self.columns[_KEY].shape[-1])

    def at(self, name: str, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return a column of some persons as floats."""
        return np.asarray(self.columns[name][..., places], dtype=float)


def pools_folder() -> Path:
    """Return where pools are kept: the environment's ``KETUM_STUDY_POOLS``, else the cache folder of this user."""
    given = os.environ.get(_FOLDER)
    return Path(given) if given else user_cache_path("ketum") / "pools"


def people_of_study(recipe: Recipe, *, workers: int = 1, progress: Progress | None = None) -> People:
    """Return the pool of a recipe: from the cache, or lived now and kept.

    Parameters
    ----------
    recipe : Recipe
    workers : int
        Processes; a script that uses more than one stands behind ``if __name__ == "__main__":``.
    progress : callable, optional
        Called with (persons done, persons in all) while it is being lived.

    Raises
    ------
    RunFolderError
        If the cache cannot be written.
    """
    folder = pools_folder() / recipe.content
    whole = folder / _WHOLE
    if (found := _read(whole)) is not None:
        with suppress(OSError):  # a cache that may only be read
            os.utime(folder)
        return People(found)
    began = time.monotonic()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        keys = recipe.keys()
        parts = [keys[first : first + recipe.chunk] for first in range(0, len(keys), recipe.chunk)]
        missing = [k for k in range(len(parts)) if _read(_part(folder, k)) is None]
        done = len(keys) - sum(len(parts[k]) for k in missing)
        tell = progress or (lambda *_: None)
        tell(done, len(keys))
        for k in _lived(recipe, parts, missing, folder, workers):
            done += len(parts[k])
            tell(done, len(keys))
        chunks = [_read(_part(folder, k)) or {} for k in range(len(parts))]
        columns = {name: np.concatenate([chunk[name] for chunk in chunks], axis=-1) for name in chunks[0]}
        _write(whole, columns)
        for scratch in (*folder.glob("part-*.npz"), *folder.glob("*-unfinished.npz")):
            scratch.unlink(missing_ok=True)
        _make_room(folder)
    except OSError as error:
        raise RunFolderError(f"{folder}: the pool of persons cannot be kept ({error.strerror or error})") from None
    return People(columns, time.monotonic() - began)


def _lived(recipe: Recipe, parts: list[Keys], missing: list[int], folder: Path, workers: int) -> Iterator[int]:
    """Live the chunks that are missing; yield the number of each as it is written."""
    tasks = [(k, parts[k], _part(folder, k)) for k in missing]
    if workers <= 1 or len(tasks) <= 1:
        for task in tasks:
            yield live_chunk(recipe, task)
        return
    with Processes(min(workers, len(tasks)), live_chunk, recipe) as processes:
        yield from processes.results(tasks)


def live_chunk(recipe: Recipe, task: tuple[int, Keys, Path]) -> int:
    """Live a chunk and write it; severities are kept with single precision."""
    number, keys, path = task
    lives = recipe.live(keys)
    _write(path, {name: _small(name, values) for name, values in lives.items()})
    return number


def _small(name: str, values: NDArray[np.float64]) -> Column:
    return values if name == _KEY else values.astype(np.float32)


def _part(folder: Path, number: int) -> Path:
    return folder / f"part-{number:05d}.npz"


def _write(path: Path, columns: Mapping[str, Column]) -> None:
    scratch = path.with_name(f"{path.stem}-{os.getpid()}-unfinished.npz")
    np.savez(scratch, allow_pickle=False, **columns)
    os.replace(scratch, path)


def _read(path: Path) -> dict[str, Column] | None:
    try:
        with path.open("rb") as file, np.load(file) as saved:
            return {name: saved[name] for name in saved.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _make_room(newest: Path) -> None:
    """Remove pools that were not used for longest."""
    folders = [entry for entry in newest.parent.iterdir() if _IS_POOL.fullmatch(entry.name) and entry != newest]
    folders.sort(key=lambda entry: entry.stat().st_mtime, reverse=True)
    for old in folders[_MOST_KEPT - 1 :]:
        if time.time() - old.stat().st_mtime > 3600.0:  # not one that is being lived now
            shutil.rmtree(old, ignore_errors=True)

"""The merged results of a run, their checkpoints, and the rows of single persons on disk."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ketum.engine.chunk import Rows, Tally
from ketum.engine.experiment import Experiment

Array = NDArray[np.float64]
_MOST_MAPPED = 64
"""Chunks up to which the rows of all of them stay mapped."""


@dataclass(slots=True)
class Collected:
    """The merged results of a run; rows of single persons lie in files of `folder`.

    Attributes
    ----------
    experiment : Experiment
    folder : Path
        Where the rows of each chunk lie.
    tally : Tally
    columns : list of str
        Names of the columns of the rows.
    done : dict of first person to number of persons
        The chunks that the tally has seen.
    trajectories : dict of first person to (arm, output, record, person) float32
    whole : bool
        Whether the tally has seen exactly the chunks of `done`; not so while a chunk is being added.
    """

    experiment: Experiment
    folder: Path
    tally: Tally
    columns: list[str] = field(default_factory=list)
    done: dict[int, int] = field(default_factory=dict)
    trajectories: dict[int, NDArray[np.float32]] = field(default_factory=dict)
    whole: bool = True
    _seen: dict[int, Array] = field(default_factory=dict)

    @property
    def persons(self) -> int:
        """Number of persons so far."""
        return sum(self.done.values())

    def gaps(self) -> Iterator[tuple[int, int]]:
        """Yield (first, number) of the persons that are still missing."""
        first = 0
        for start in [*sorted(self.done), self.experiment.cohort.count]:
            if start > first:
                yield first, start - first
            first = start + self.done.get(start, 0)

    def keep(self, rows: Rows) -> None:
        """Write the rows of a chunk."""
        self.columns = rows.columns
        np.save(self._rows(rows.first), rows.persons)
        if rows.trajectories.shape[-1]:
            self.trajectories[rows.first] = rows.trajectories
        self.done[rows.first] = rows.count
        self._seen.pop(rows.first, None)

    def _rows(self, first: int) -> Path:
        return self.folder / f"rows-{first:010d}.npy"

    def rows(self) -> Iterator[Array]:
        """Yield the rows of each chunk, (person, column), in order of persons, without loading them whole."""
        few = len(self.done) <= _MOST_MAPPED
        for first in sorted(self.done):
            rows = self._seen.get(first)
            if rows is None:
                rows = np.load(self._rows(first), mmap_mode="r")
            if few:
                self._seen[first] = rows
            yield rows

    def column(self, name: str) -> Array:
        """Return one column of all persons."""
        k = self.columns.index(name)
        return np.concatenate([np.array(rows[:, k]) for rows in self.rows()])

    def all_trajectories(self) -> NDArray[np.float32]:
        """Return the kept trajectories, (arm, output, record, person)."""
        experiment = self.experiment
        if not self.trajectories:
            shape = (len(experiment.arms), len(experiment.outputs), experiment.records, 0)
            return np.empty(shape, dtype=np.float32)
        return np.concatenate([self.trajectories[first] for first in sorted(self.trajectories)], axis=-1)

    def save(self) -> None:
        """Write a checkpoint, whole or not at all."""
        arrays: dict[str, Array | NDArray[np.generic]] = {}
        for kind, many in (("arm", self.tally.arms), ("pair", self.tally.pairs)):
            for k, sketches in enumerate(many):
                for name, sketch in sketches.by_name.items():
                    for what in ("counts", "sums", "low", "high"):
                        arrays[f"{kind}/{k}/{name}/{what}"] = getattr(sketch, what)
        for first, kept in self.trajectories.items():
            arrays[f"trajectories/{first}"] = kept
        notes = json.dumps({"done": sorted(self.done.items()), "columns": self.columns})
        arrays["notes"] = np.frombuffer(notes.encode(), dtype=np.uint8)
        target = self.folder / "checkpoint.npz"
        scratch = self.folder / "checkpoint-unfinished.npz"
        np.savez(scratch, allow_pickle=False, **arrays)
        os.replace(scratch, target)

    def load(self) -> bool:
        """Take up the last checkpoint; return whether there was one."""
        path = self.folder / "checkpoint.npz"
        if not path.exists():
            return False
        with np.load(path) as saved:
            notes = json.loads(saved["notes"].tobytes().decode())
            self.done, self.columns = dict(notes["done"]), notes["columns"]
            for key in saved.files:
                kind, _, rest = key.partition("/")
                if kind in ("arm", "pair"):
                    number, _, rest = rest.partition("/")
                    name, _, what = rest.rpartition("/")
                    many = self.tally.arms if kind == "arm" else self.tally.pairs
                    sketch = many[int(number)].by_name[name]
                    getattr(sketch, what)[...] = saved[key]
                elif kind == "trajectories":
                    self.trajectories[int(rest)] = saved[key]
        return True

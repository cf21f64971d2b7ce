"""Small scenarios, and what a run folder holds: shared by the tests of runs."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray

from ketum.running import run

Array = NDArray[np.float64]

FILES = {
    *("scenario.toml", "results.nc", "summary.csv", "persons.csv", "findings.csv", "provenance.json", "report.html"),
    "endpoints.csv",
}
"""What scenario.md promises, and the end points; pk.csv only when asked for."""
USE_THEN_STOP = """
[[arm]]
name = "leaf"
use = [{ product = "leaf_powder", dose = "4 g", per_day = 3, for = "3 d" }, { stop = true }]
"""
AS_NEEDED = '[[arm]]\nname = "as needed"\nuse = [{ product = "leaf_powder", dose = "3 g", as_needed = true }]\n'
NEVER = '[[arm]]\nname = "never"\n'
TEA = '[[arm]]\nname = "tea"\nuse = [{ product = "leaf_tea", dose = "39 mg mitragynine", times = 1 }]\n'
DAYS = 'for = "5 d"\nevery = "1 d"'
BIN = 1 / 32
"""Width of a bin of the sketches, as a share of |x| + resolution."""


def scenario(
    folder: Path,
    arms: str,
    *,
    count: int,
    population: str = "healthy_adults",
    experience: str | None = None,
    record: str = DAYS,
    seed: int = 7,
    name: str = "small",
) -> Path:
    more = f'experience = "{experience}"\n' if experience else ""
    path = folder / f"{name}.toml"
    path.write_text(
        f'seed = {seed}\n[people]\ncount = {count}\npopulation = "{population}"\n{more}{arms}[record]\n{record}\n',
        encoding="utf-8",
    )
    return path


def print_of(folder: Path) -> dict[str, object]:
    """Everything numerical that a run folder holds, bit for bit."""
    with xr.open_dataset(folder / "results.nc") as dataset:
        found: dict[str, object] = {
            str(name): (
                array.dims,
                array.dtype.str,
                array.values.tobytes() if array.dtype != object else [*array.values],
            )
            for name, array in dataset.variables.items()
        }
    for table in ("persons.csv", "endpoints.csv", "summary.csv", "pk.csv"):
        if (folder / table).exists():
            found[table] = (folder / table).read_bytes()
    return found


def differing(one: Path, other: Path) -> list[str]:
    """Names of variables and tables whose bits differ."""
    mine, others = print_of(one), print_of(other)
    assert len(mine) > 20
    return [name for name in mine.keys() | others.keys() if mine.get(name) != others.get(name)]


def chunks_of(monkeypatch: pytest.MonkeyPatch, people: int) -> None:
    monkeypatch.setattr("ketum.engine.experiment._LARGEST_CHUNK", people)


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix != ".toml"}


class Broken:
    """A progress callback that interrupts after some chunks."""

    def __init__(self, after: int) -> None:
        self.after = after + 1  # the first call tells what was ready before

    def __call__(self, ready: int, count: int) -> None:
        self.after -= 1
        if self.after == 0 and ready < count:
            raise KeyboardInterrupt


def interrupt(path: Path, out: Path, *, after: int = 1, resume: bool = False) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(path, out, workers=1, progress=Broken(after), resume=resume)

"""Scenarios lived by many persons of whom every day is kept: what the tables of `design/joined.md` are made of."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from numpy.typing import NDArray

from ketum.engine.experiment import Experiment
from ketum.engine.layout import LANES
from ketum.engine.lives import Lives
from ketum.engine.measure import Answers, phq9
from ketum.engine.prepare import prepare_group
from ketum.evidence import load_calibration_targets
from ketum.mood.fields import KEPT_BY_DAY
from ketum.scenario import load_scenario
from ketum.scenario.build import build_experiment

Array = NDArray[np.float64]
CHUNK = 512
WEEK, YEAR = 7, 364
FULL = os.environ.get("KETUM_FULL_SIZE") == "1"
"""Whether tables are checked at the stated number of persons; else at a tenth, with 3.2 times the tolerance."""
WIDER = 1.0 if FULL else 3.2


def people(stated: int) -> int:
    """Return how many persons a table is checked with."""
    return stated if FULL else max(stated // 10, LANES)


def near(published: object, tolerance: float) -> object:
    """Return a published number (or numbers) with its tolerance at this size."""
    return pytest.approx(np.asarray(published, dtype=float), abs=tolerance * WIDER)


def close(found: object, published: object, tolerance: float) -> None:
    """Assert that numbers lie within a published tolerance, wider for fewer persons."""
    assert np.asarray(found, dtype=float) == near(published, tolerance)


def meets(target: str, value: float) -> None:
    """Assert that a number lies within the accepted range of a calibration target."""
    found = next(row for row in load_calibration_targets() if row.id == target)
    assert found.accepts(value), f"{target}: {value} is outside {found.accept_low} to {found.accept_high}"


def percent(flags: object) -> float:
    """Return the share of true (or one) among those that are known, %."""
    return 100 * float(np.nanmean(np.asarray(flags, dtype=float)))


@dataclass(frozen=True)
class Lived:
    """One arm in one setting: `days` (day, person) by name, `outputs` daily, `never` the same lives without kratom."""

    days: dict[str, Array]
    outputs: dict[str, Array]
    never: dict[str, Array]
    states: dict[str, Array]

    def excess(self, name: str = "severity") -> Array:
        """Paired difference from the same person's life without kratom, (day, person)."""
        return self.days[name] - self.never[name]


def experiment_of(text: str, count: int) -> Experiment:
    """Return the experiment of the text of a scenario."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.toml"
        path.write_text(text)
        return build_experiment(load_scenario(path, people=count))


def live(
    text: str, count: int, states: tuple[str, ...] = (), *, keep: tuple[str, ...] = KEPT_BY_DAY, least_phq9: float = 0.0
) -> dict[tuple[str, str], Lived]:
    """Run a scenario and keep every day of everybody, by (setting, arm).

    Parameters
    ----------
    text : str
        The scenario; its outputs are kept as recorded.
    count : int
        Number of persons.
    states : tuple of str
        States at the stop (or at the end, without a stop) to keep.
    keep : tuple of str
        What to keep of every day.
    least_phq9 : float
        Keep only persons with at least this PHQ-9 at the start of the record.
    """
    experiment = experiment_of(text, count)
    parts: dict[tuple[str, str], list[Lived]] = {}
    for first in range(0, count, CHUNK):
        many = min(CHUNK, count - first)
        persons = experiment.cohort.persons(first, -(-many // LANES) * LANES)
        tables = experiment.cohort.tables
        lives = Lives(experiment, prepare_group(persons, tables.body, experiment.dt, tables, experiment.cohort.seed))
        chosen = np.arange(len(persons.numbers)) < many
        if least_phq9:
            assert persons.candidates is not None
            answers = Answers(experiment.cohort.seed, persons.numbers, np.zeros(1, dtype=np.int64))
            chosen &= phq9(answers, persons.candidates.severity[None], tables)[0] >= least_phq9
        for setting, arm in experiment.cells:
            found = lives.run(setting, arm)
            state = found.state if arm.schedule.stop_hour is None else lambda name, found=found: found.snapshot(0, name)
            never = lives.without_kratom(arm.courses)
            lived = Lived(
                {name: found.days[name][:, chosen] for name in keep},
                {name: values[:, chosen] for name, values in found.outputs.items()},
                {name: never[name][:, chosen] for name in keep},
                {name: state(name)[chosen].copy() for name in states},
            )
            parts.setdefault((setting.name, arm.name), []).append(lived)
    return {
        cell: Lived(
            *(
                {
                    name: np.concatenate([getattr(p, kind)[name] for p in part], axis=-1)
                    for name in getattr(part[0], kind)
                }
                for kind in ("days", "outputs", "never", "states")
            )
        )
        for cell, part in parts.items()
    }


def rows(text: str, count: int) -> dict[str, Array]:
    """Return the end points of every person of a scenario by column ("cell|end point"), as `persons.csv` has them."""
    from ketum.engine.chunk import run_range

    experiment = experiment_of(text, count)
    _, parts = run_range(experiment, 0, count)
    columns = parts[0].columns
    values = np.concatenate([part.persons for part in parts])
    return {name: values[:, k] for k, name in enumerate(columns)}


def scenario(population: str, arms: str, weeks: int, *, more: str = "", outputs: str = '"withdrawal"') -> str:
    """Return the text of a scenario with daily records."""
    return (
        f'seed = 1\n[people]\npopulation = "{population}"\n{more}\n{arms}\n'
        f'[record]\nfor = "{weeks} wk"\nevery = "1 d"\ntrajectories = 0\noutputs = [{outputs}]\n'
    )


def arm(name: str, *lines: str) -> str:
    """Return an arm with its other lines."""
    return "\n".join([f'[[arm]]\nname = "{name}"', *lines]) + "\n"


def quantiles(values: Array) -> Array:
    """Return the 10th, 50th and 90th percentile of those values that are numbers."""
    return np.asarray(np.quantile(values[np.isfinite(values)], (0.1, 0.5, 0.9)))


def on_days(series: Array, days: tuple[int, ...], stop: int) -> list[float]:
    """Return means on days after a stop: day 1 is the first whole day without a serving, 0 the last day of use."""
    return [float(series[stop - 1 + day].mean()) for day in days]

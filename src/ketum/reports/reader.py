"""A run folder in memory: everything that the report says comes from here."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ketum.engine.outputs import Output, output_catalogue
from ketum.errors import RunFolderError
from ketum.reports import files
from ketum.results.folder import FINDINGS_COLUMNS
from ketum.results.tables import DIGITS

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Array = NDArray[np.float64]
Chosen = NDArray[np.bool_]
Stats = Mapping[str, float]
DEFAULT_SETTING = "pharmacology"
"""The causal setting that is looked at first where a run has several."""
_HOURS_PER_DAY = 24


@dataclass(frozen=True, slots=True)
class Curve:
    """One output in one arm (or pair of arms) over time: statistics over persons, each (time,).

    Between `low` and `high` the median lies in 90% of the parameter sets; both are not a number without sets.
    """

    mean: Array
    p05: Array
    p25: Array
    p50: Array
    p75: Array
    p95: Array
    low: Array
    high: Array

    @property
    def known(self) -> bool:
        """Whether there are parameter sets to tell how well the median is known."""
        return bool(np.isfinite(self.low).any())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the run in one causal setting.

    Attributes
    ----------
    curves : mapping of output to one curve an arm
    differences : mapping of output to one curve a pair
    singles : mapping of output to (arm, person, time)
    endpoints : mapping of arm or pair, of end point, of statistic to value
    known : mapping of arm or pair, end point and statistic to (low, high)
        Between which values it lies in 90% of the parameter sets.
    """

    curves: Mapping[str, tuple[Curve, ...]]
    differences: Mapping[str, tuple[Curve, ...]]
    singles: Mapping[str, Array]
    endpoints: Mapping[str, Mapping[str, Stats]]
    known: Mapping[tuple[str, str, str], tuple[float, float]]


@dataclass(frozen=True)
class RunFolder:
    """What a run folder holds, seen in one of its causal settings; `within` gives the same folder seen in another.

    Attributes
    ----------
    setting : str
        The setting in which it is seen: `curves`, `differences`, `singles` and `endpoints` are those of this setting.
    outcomes : mapping of setting to outcome
    title, draw, note : str
    sets, seed, persons : int
        Number of parameter sets beside the table values; seed; persons.
    step_h : float
        Step of the model, h.
    over_days : bool
        Whether each record folds whole days.
    arms, pairs : tuple of str
        Names; a pair is "B minus A".
    stop_h, taper_end_h : tuple of float or None
        By arm, h from the start of the scenario.
    time_h : (time,) array
    dose_times : tuple of (dose,) arrays
        Scheduled doses by arm; empty where there are too many to list.
    pk : mapping of arm, of (analyte, quantity), of statistic to value
    pk_units : mapping of quantity to unit
    pk_known : mapping of arm, "pk:analyte:quantity" and statistic to (low, high)
    findings : list of rows
    scenario : the resolved scenario, as TOML gives it; `scenario_text` its file
    provenance : mapping
    """

    setting: str
    outcomes: Mapping[str, Outcome]
    title: str
    draw: str
    sets: int
    note: str
    seed: int
    persons: int
    step_h: float
    over_days: bool
    arms: tuple[str, ...]
    pairs: tuple[str, ...]
    stop_h: tuple[float | None, ...]
    taper_end_h: tuple[float | None, ...]
    time_h: Array
    dose_times: tuple[Array, ...]
    pk: Mapping[str, Mapping[tuple[str, str], Stats]]
    pk_units: Mapping[str, str]
    pk_known: Mapping[tuple[str, str, str], tuple[float, float]]
    findings: list[dict[str, str]]
    scenario: Mapping[str, Any]
    scenario_text: str
    provenance: Mapping[str, Any]

    @property
    def settings(self) -> tuple[str, ...]:
        """The causal settings of the run."""
        return tuple(self.outcomes)

    def within(self, setting: str) -> RunFolder:
        """Return the folder as seen in a setting."""
        return replace(self, setting=setting)

    @cached_property
    def views(self) -> tuple[RunFolder, ...]:
        """The folder as seen in each of its settings."""
        return tuple(self.within(setting) for setting in self.settings)

    @property
    def curves(self) -> Mapping[str, tuple[Curve, ...]]:
        """Curves of each output, one an arm."""
        return self.outcomes[self.setting].curves

    @property
    def differences(self) -> Mapping[str, tuple[Curve, ...]]:
        """Curves of the differences in each output, one a pair."""
        return self.outcomes[self.setting].differences

    @property
    def singles(self) -> Mapping[str, Array]:
        """Single persons in each output: (arm, person, time)."""
        return self.outcomes[self.setting].singles

    @property
    def endpoints(self) -> Mapping[str, Mapping[str, Stats]]:
        """Statistics by arm or pair, end point and statistic."""
        return self.outcomes[self.setting].endpoints

    def known(self, arm: str, endpoint: str, statistic: str) -> tuple[float, float] | None:
        """Return between which values a statistic lies in 90% of the parameter sets, over the settings of the run."""
        if endpoint.startswith("pk:"):
            return self.pk_known.get((arm, endpoint, statistic))
        key = (arm, endpoint, statistic)
        found = [outcome.known[key] for outcome in self.outcomes.values() if key in outcome.known]
        return (min(low for low, _ in found), max(high for _, high in found)) if found else None

    @cached_property
    def pair_arms(self) -> tuple[tuple[str, str], ...]:
        """The names (B, A) of each pair "B minus A"."""
        both = {f"{b} minus {a}": (b, a) for b in self.arms for a in self.arms}
        return tuple(both[pair] for pair in self.pairs)

    @property
    def record_days(self) -> float:
        """End of the record, d."""
        return float(self.time_h[-1]) / _HOURS_PER_DAY

    @property
    def phases(self) -> list[list[dict[str, Any]]]:
        """Phases of use of each arm, as written in the resolved scenario."""
        return [list(arm.get("use", [])) for arm in self.scenario["arm"]]

    def output(self, name: str) -> Output:
        """Return what is known of an output."""
        return output_catalogue()[name]


def read_folder(folder: Path) -> RunFolder:
    """Read a run folder.

    Raises
    ------
    RunFolderError
        If a file is missing or is not what a run of ketum writes.
    """
    if not folder.is_dir():
        raise RunFolderError(f"{folder}: there is no such run folder")
    scenario_text = files.text(folder / "scenario.toml")
    pk = folder / "pk.csv"
    run = _joined(
        files.results(folder / "results.nc"),
        files.number_rows(folder / "endpoints.csv", files.END_POINT),
        files.number_rows(pk, files.QUANTITY) if pk.exists() else (),
        scenario_text=scenario_text,
        scenario=files.scenario(folder / "scenario.toml", scenario_text),
        provenance=files.provenance(folder / "provenance.json"),
        findings=files.rows(folder / "findings.csv", FINDINGS_COLUMNS),
    )
    names = tuple(str(arm.get("name")) for arm in run.scenario["arm"])
    if names != run.arms:
        raise RunFolderError(f"{folder}: scenario.toml and results.nc are of different runs: their arms differ")
    unknown = next((pair for pair in run.pairs if pair not in {f"{b} minus {a}" for b in names for a in names}), None)
    if unknown is not None:
        raise RunFolderError(f"{folder / 'results.nc'}: '{unknown}' is no pair of its arms")
    return run


def in_memory(
    dataset: xr.Dataset,
    endpoints: pd.DataFrame,
    pk: pd.DataFrame | None,
    findings: Iterable[Mapping[str, str]],
    scenario_text: str,
    provenance: Mapping[str, Any],
) -> RunFolder:
    """Return what came of a run as its folder would be read, without writing one.

    Parameters
    ----------
    dataset, endpoints, pk
        As in ``results.nc``, ``endpoints.csv`` and ``pk.csv``.
    findings : rows of ``findings.csv``
    scenario_text : str
        The resolved scenario as a file.
    provenance : mapping
        As in ``provenance.json``.
    """
    return _joined(
        files.arrays(dataset),
        _as_read(endpoints),
        () if pk is None else _as_read(pk),
        scenario_text=scenario_text,
        scenario=tomllib.loads(scenario_text),
        provenance=provenance,
        findings=[dict(row) for row in findings],
    )


def _as_read(table: pd.DataFrame) -> list[files.Row]:
    """Return the rows of a table with the digits that its file would have, so that both tell the same."""
    numbers = {name: [float(DIGITS % value) for value in table[name]] for name in files.NUMBERS}
    return list(table.assign(**numbers).to_dict("records"))


def _joined(held: dict[str, Any], endpoints: Iterable[files.Row], pk: Iterable[files.Row], **facts: Any) -> RunFolder:
    """Return the folder of these arrays, rows and facts."""
    outcomes = _outcomes(held.pop("by_output"), held.pop("settings"), *files.endpoints(endpoints))
    return RunFolder(
        setting=DEFAULT_SETTING if DEFAULT_SETTING in outcomes else next(iter(outcomes)),
        outcomes=outcomes,
        **files.pk(pk),
        **held,
        **facts,
    )


def _outcomes(
    by_output: Mapping[str, Mapping[str, Array]],
    settings: Sequence[str],
    endpoints: files.EndPoints,
    known: files.Intervals,
) -> dict[str, Outcome]:
    """Return the outcome in each setting."""
    outcomes = {}
    for k, setting in enumerate(settings):
        curves, differences = (
            {name: tuple(Curve(*rows) for rows in values[:, k]) for name, values in by_output[kind].items()}
            for kind in ("curves", "differences")
        )
        singles = {name: values[:, k] for name, values in by_output["singles"].items()}
        outcomes[setting] = Outcome(curves, differences, singles, endpoints.get(setting, {}), known.get(setting, {}))
    return outcomes

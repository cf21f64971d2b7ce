"""Reading a run folder: everything that the report says comes from here."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from ketum.engine.outputs import Output, output_catalogue
from ketum.errors import RunFolderError

Array = NDArray[np.float64]
Chosen = NDArray[np.bool_]
Stats = Mapping[str, float]
_CURVE = ("setting", "draw", "statistic", "time_h")
_SINGLE = ("arm", "setting", "draw", "person", "time_h")
_HOURS_PER_DAY = 24


@dataclass(frozen=True, slots=True)
class Curve:
    """One output in one arm (or pair of arms) over time: statistics over persons, each (time,)."""

    mean: Array
    p05: Array
    p25: Array
    p50: Array
    p75: Array
    p95: Array


@dataclass(frozen=True)
class RunFolder:
    """What a run folder holds.

    Attributes
    ----------
    title, setting, draw, note : str
    seed, persons : int
    step_h : float
        Step of the model, h.
    over_days : bool
        Whether each record folds whole days.
    arms, pairs : tuple of str
        Names; a pair is "B minus A".
    stop_h, taper_end_h : tuple of float or None
        By arm, h from the start of the scenario.
    time_h : (time,) array
    curves : mapping of output to one curve an arm
    differences : mapping of output to one curve a pair
    singles : mapping of output to (arm, person, time)
    dose_times : tuple of (dose,) arrays
        Scheduled doses by arm; empty where there are too many to list.
    endpoints : mapping of arm or pair, of end point, of statistic to value
    pk : mapping of arm, of (analyte, quantity), of statistic to value
    pk_units : mapping of quantity to unit
    findings : list of rows
    scenario : the resolved scenario, as TOML gives it; `scenario_text` its file
    provenance : mapping
    """

    title: str
    setting: str
    draw: str
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
    curves: Mapping[str, tuple[Curve, ...]]
    differences: Mapping[str, tuple[Curve, ...]]
    singles: Mapping[str, Array]
    dose_times: tuple[Array, ...]
    endpoints: Mapping[str, Mapping[str, Stats]]
    pk: Mapping[str, Mapping[tuple[str, str], Stats]]
    pk_units: Mapping[str, str]
    findings: list[dict[str, str]]
    scenario: Mapping[str, Any]
    scenario_text: str
    provenance: Mapping[str, Any]

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
    scenario_text = _text(folder / "scenario.toml")
    parts: dict[str, Any] = {
        "scenario_text": scenario_text,
        "scenario": _scenario(folder / "scenario.toml", scenario_text),
        "provenance": _provenance(folder / "provenance.json"),
        "findings": _rows(folder / "findings.csv", ("severity", "arm", "text", "source")),
        "endpoints": _endpoints(folder / "endpoints.csv"),
        **_pk(folder / "pk.csv"),
        **_results(folder / "results.nc"),
    }
    run = RunFolder(**parts)
    names = tuple(str(arm.get("name")) for arm in run.scenario["arm"])
    if names != run.arms:
        raise RunFolderError(f"{folder}: scenario.toml and results.nc are of different runs: their arms differ")
    unknown = next((pair for pair in run.pairs if pair not in {f"{b} minus {a}" for b in names for a in names}), None)
    if unknown is not None:
        raise RunFolderError(f"{folder / 'results.nc'}: '{unknown}' is no pair of its arms")
    return run


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RunFolderError(f"{path}: is missing; the run folder is not complete") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RunFolderError(f"{path}: cannot be read ({error})") from None


def _scenario(path: Path, text: str) -> dict[str, Any]:
    try:
        scenario = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RunFolderError(f"{path}: is not valid TOML ({error})") from None
    if not isinstance(scenario.get("arm"), list) or not {"people", "record"} <= scenario.keys():
        raise RunFolderError(f"{path}: is no resolved scenario of ketum")
    return scenario


def _provenance(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise RunFolderError(f"{path}: is not valid JSON ({error})") from None
    needed = {"ketum", "python", "libraries", "seed", "parameters_by_provenance", "seconds"}
    if not isinstance(facts, dict) or not needed <= facts.keys():
        raise RunFolderError(f"{path}: does not say how the run was made; it needs {', '.join(sorted(needed))}")
    return facts


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    reader = csv.DictReader(_text(path).splitlines())
    if tuple(reader.fieldnames or ()) != columns:
        raise RunFolderError(f"{path}: must have the columns {', '.join(columns)}")
    rows = list(reader)
    if any(None in row or None in row.values() for row in rows):
        raise RunFolderError(f"{path}: has a row that is too long or too short")
    return rows


def _value(path: Path, row: Mapping[str, str]) -> float:
    try:
        return float(row["value"])
    except ValueError:
        raise RunFolderError(f"{path}: '{row['value']}' is not a number") from None


def _endpoints(path: Path) -> dict[str, dict[str, dict[str, float]]]:
    table: dict[str, dict[str, dict[str, float]]] = {}
    for row in _rows(path, ("arm", "endpoint", "unit", "statistic", "value")):
        table.setdefault(row["arm"], {}).setdefault(row["endpoint"], {})[row["statistic"]] = _value(path, row)
    return table


def _pk(path: Path) -> dict[str, Any]:
    table: dict[str, dict[tuple[str, str], dict[str, float]]] = {}
    units: dict[str, str] = {}
    if path.exists():
        for row in _rows(path, ("arm", "analyte", "quantity", "unit", "statistic", "value")):
            place = table.setdefault(row["arm"], {}).setdefault((row["analyte"], row["quantity"]), {})
            place[row["statistic"]] = _value(path, row)
            units[row["quantity"]] = row["unit"]
    return {"pk": table, "pk_units": units}


def _results(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise RunFolderError(f"{path}: is missing; the run folder is not complete")
    try:
        with netCDF4.Dataset(path) as file:
            file.set_auto_mask(False)
            return _arrays(file)
    except (OSError, KeyError, AttributeError, IndexError, RuntimeError) as error:
        raise RunFolderError(f"{path}: is no results file of ketum ({error})") from None


def _arrays(file: netCDF4.Dataset) -> dict[str, Any]:
    variables = file.variables
    statistics = [str(s) for s in variables["statistic"][:]]
    arms = tuple(str(a) for a in variables["arm"][:])
    pairs = tuple(str(p) for p in variables["pair"][:]) if "pair" in variables else ()
    curves: dict[str, tuple[Curve, ...]] = {}
    differences: dict[str, tuple[Curve, ...]] = {}
    singles: dict[str, Array] = {}
    for name, variable in variables.items():
        kind, _, bare = name.partition(":")
        if variable.dimensions == ("arm", *_CURVE):
            curves[name] = _curves(variable, statistics)
        elif variable.dimensions == ("pair", *_CURVE) and kind == "difference":
            differences[bare] = _curves(variable, statistics)
        elif variable.dimensions == _SINGLE and kind == "person":
            singles[bare] = np.asarray(variable[:, 0, 0], dtype=float)
    doses = [np.empty(0)] * len(arms)
    if "dose_time_h" in variables:
        doses = [row[np.isfinite(row)] for row in np.asarray(variables["dose_time_h"][:], dtype=float)]
    return {
        "title": str(file.getncattr("title")),
        "setting": str(variables["setting"][0]),
        "draw": str(variables["draw"][0]),
        "note": str(file.getncattr("note")),
        "seed": int(file.getncattr("seed")),
        "persons": int(file.getncattr("persons")),
        "step_h": float(file.getncattr("step_h")),
        "over_days": bool(file.getncattr("folds_days")),
        "arms": arms,
        "pairs": pairs,
        "stop_h": _hours(variables["stop_h"]),
        "taper_end_h": _hours(variables["taper_end_h"]),
        "time_h": np.asarray(variables["time_h"][:], dtype=float),
        "curves": curves,
        "differences": differences,
        "singles": singles,
        "dose_times": tuple(doses),
    }


def _hours(variable: Any) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else float(value) for value in variable[:])


def _curves(variable: Any, statistics: list[str]) -> tuple[Curve, ...]:
    values = np.asarray(variable[:, 0, 0], dtype=float)
    return tuple(Curve(**dict(zip(statistics, rows, strict=True))) for rows in values)

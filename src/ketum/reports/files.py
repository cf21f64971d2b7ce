"""The files of a run folder as plain values, each refused by name where it is missing or broken."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from ketum.errors import RunFolderError
from ketum.results.catalogue import STATISTICS

EndPoints = dict[str, dict[str, dict[str, dict[str, float]]]]
"""Values by setting, arm or pair, end point and statistic."""
_CURVE = ("setting", "draw", "statistic", "time_h")
_SINGLE = ("arm", "setting", "draw", "person", "time_h")


def text(path: Path) -> str:
    """Return a file as text."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RunFolderError(f"{path}: is missing; the run folder is not complete") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RunFolderError(f"{path}: cannot be read ({error})") from None


def scenario(path: Path, source: str) -> dict[str, Any]:
    """Return the resolved scenario, from the text of its file."""
    try:
        found = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise RunFolderError(f"{path}: is not valid TOML ({error})") from None
    if not isinstance(found.get("arm"), list) or not {"people", "record", "setting"} <= found.keys():
        raise RunFolderError(f"{path}: is no resolved scenario of ketum")
    return found


def provenance(path: Path) -> dict[str, Any]:
    """Return how the run was made."""
    try:
        facts = json.loads(text(path))
    except json.JSONDecodeError as error:
        raise RunFolderError(f"{path}: is not valid JSON ({error})") from None
    needed = {"ketum", "python", "libraries", "seed", "parameters_by_provenance", "seconds"}
    if not isinstance(facts, dict) or not needed <= facts.keys():
        raise RunFolderError(f"{path}: does not say how the run was made; it needs {', '.join(sorted(needed))}")
    return facts


def rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the rows of a table that has these columns."""
    reader = csv.DictReader(text(path).splitlines())
    if tuple(reader.fieldnames or ()) != columns:
        raise RunFolderError(f"{path}: must have the columns {', '.join(columns)}")
    found = list(reader)
    if any(None in row or None in row.values() for row in found):
        raise RunFolderError(f"{path}: has a row that is too long or too short")
    return found


def _value(path: Path, row: Mapping[str, str]) -> float:
    try:
        return float(row["value"])
    except ValueError:
        raise RunFolderError(f"{path}: '{row['value']}' is not a number") from None


def endpoints(path: Path) -> EndPoints:
    """Return the table of end points."""
    table: EndPoints = {}
    for row in rows(path, ("arm", "setting", "endpoint", "unit", "statistic", "value")):
        place = table.setdefault(row["setting"], {}).setdefault(row["arm"], {}).setdefault(row["endpoint"], {})
        place[row["statistic"]] = _value(path, row)
    return table


def pk(path: Path) -> dict[str, Any]:
    """Return the non-compartmental quantities and their units; both empty where they were not asked for."""
    table: dict[str, dict[tuple[str, str], dict[str, float]]] = {}
    units: dict[str, str] = {}
    if path.exists():
        for row in rows(path, ("arm", "analyte", "quantity", "unit", "statistic", "value")):
            place = table.setdefault(row["arm"], {}).setdefault((row["analyte"], row["quantity"]), {})
            place[row["statistic"]] = _value(path, row)
            units[row["quantity"]] = row["unit"]
    return {"pk": table, "pk_units": units}


def results(path: Path) -> dict[str, Any]:
    """Return what results.nc holds.

    ``by_output`` has ``curves``, ``differences`` (arm or pair, setting, statistic, time) and ``singles`` (arm, setting,
    person, time) by output.
    """
    if not path.is_file():
        raise RunFolderError(f"{path}: is missing; the run folder is not complete")
    try:
        with netCDF4.Dataset(path) as file:
            file.set_auto_mask(False)
            return _arrays(file)
    except (OSError, KeyError, AttributeError, IndexError, RuntimeError, ValueError) as error:
        raise RunFolderError(f"{path}: is no results file of ketum ({error})") from None


def _arrays(file: netCDF4.Dataset) -> dict[str, Any]:
    variables = file.variables
    names = [str(s) for s in variables["statistic"][:]]
    order = [names.index(statistic) for statistic in STATISTICS]
    arms = tuple(str(a) for a in variables["arm"][:])
    by_output: dict[str, dict[str, Any]] = {"curves": {}, "differences": {}, "singles": {}}
    for name, variable in variables.items():
        kind, _, bare = name.partition(":")
        if variable.dimensions == ("arm", *_CURVE):
            by_output["curves"][name] = np.asarray(variable[:, :, 0], dtype=float)[:, :, order]
        elif variable.dimensions == ("pair", *_CURVE) and kind == "difference":
            by_output["differences"][bare] = np.asarray(variable[:, :, 0], dtype=float)[:, :, order]
        elif variable.dimensions == _SINGLE and kind == "person":
            by_output["singles"][bare] = np.asarray(variable[:, :, 0], dtype=float)
    doses = [np.empty(0)] * len(arms)
    if "dose_time_h" in variables:
        doses = [row[np.isfinite(row)] for row in np.asarray(variables["dose_time_h"][:], dtype=float)]
    return {
        "settings": tuple(str(s) for s in variables["setting"][:]),
        "by_output": by_output,
        "title": str(file.getncattr("title")),
        "draw": str(variables["draw"][0]),
        "note": str(file.getncattr("note")),
        "seed": int(file.getncattr("seed")),
        "persons": int(file.getncattr("persons")),
        "step_h": float(file.getncattr("step_h")),
        "over_days": bool(file.getncattr("folds_days")),
        "arms": arms,
        "pairs": tuple(str(p) for p in variables["pair"][:]) if "pair" in variables else (),
        "stop_h": _hours(variables["stop_h"]),
        "taper_end_h": _hours(variables["taper_end_h"]),
        "time_h": np.asarray(variables["time_h"][:], dtype=float),
        "dose_times": tuple(doses),
    }


def _hours(variable: Any) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else float(value) for value in variable[:])

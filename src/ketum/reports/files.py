"""The files of a run folder, or what they are written from, as plain values; a file that is broken is refused."""

from __future__ import annotations

import csv
import json
import math
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from ketum.errors import RunFolderError
from ketum.results.catalogue import STATISTICS
from ketum.uncertainty.intervals import bounds

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
EndPoints = dict[str, dict[str, dict[str, dict[str, float]]]]
"""Values by setting, arm or pair, end point and statistic."""
Intervals = dict[str, dict[tuple[str, str, str], tuple[float, float]]]
"""By setting, and by arm or pair, end point and statistic: 5th and 95th percentile over parameter sets."""
Row = Mapping[Any, Any]
"""A row of a table of results: words, and the numbers value, low and high."""
END_POINT = ("arm", "setting", "endpoint", "unit", "statistic")
QUANTITY = ("arm", "analyte", "quantity", "unit", "statistic")
NUMBERS = ("value", "low", "high")
_CURVE = ("setting", "draw", "statistic", "time_h")
_SINGLE = ("arm", "setting", "draw", "person", "time_h")
_SINGLE_ALONE = ("arm", "setting", "person", "time_h")


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


def number_rows(path: Path, columns: tuple[str, ...]) -> list[Row]:
    """Return the rows of a table whose last three columns, value, low and high, are numbers or empty."""
    found: list[Row] = []
    for row in rows(path, (*columns, *NUMBERS)):
        read: dict[str, Any] = {column: row[column] for column in columns}
        for column in NUMBERS:
            try:
                read[column] = float(row[column]) if row[column] or column == "value" else math.nan
            except ValueError:
                raise RunFolderError(f"{path}: '{row[column]}' is not a number") from None
        found.append(read)
    return found


def endpoints(found: Iterable[Row]) -> tuple[EndPoints, Intervals]:
    """Return the table of end points, and between which values each is known."""
    table: EndPoints = {}
    known: Intervals = {}
    for row in found:
        place = table.setdefault(row["setting"], {}).setdefault(row["arm"], {}).setdefault(row["endpoint"], {})
        place[row["statistic"]] = row["value"]
        if not (math.isnan(row["low"]) or math.isnan(row["high"])):
            key = row["arm"], row["endpoint"], row["statistic"]
            known.setdefault(row["setting"], {})[key] = row["low"], row["high"]
    return table, known


def pk(found: Iterable[Row]) -> dict[str, Any]:
    """Return the non-compartmental quantities and their units; both empty where they were not asked for."""
    table: dict[str, dict[tuple[str, str], dict[str, float]]] = {}
    units: dict[str, str] = {}
    known: dict[tuple[str, str, str], tuple[float, float]] = {}
    for row in found:
        place = table.setdefault(row["arm"], {}).setdefault((row["analyte"], row["quantity"]), {})
        place[row["statistic"]] = row["value"]
        units[row["quantity"]] = row["unit"]
        if not (math.isnan(row["low"]) or math.isnan(row["high"])):
            key = row["arm"], f"pk:{row['analyte']}:{row['quantity']}", row["statistic"]
            known[key] = row["low"], row["high"]
    return {"pk": table, "pk_units": units, "pk_known": known}


def results(path: Path) -> dict[str, Any]:
    """Return what results.nc holds, as `arrays` does."""
    if not path.is_file():
        raise RunFolderError(f"{path}: is missing; the run folder is not complete")
    try:
        with netCDF4.Dataset(path) as file:
            file.set_auto_mask(False)
            names = {name: variable.dimensions for name, variable in file.variables.items()}
            return _arrays(names, lambda name: np.asarray(file.variables[name][:]), file.getncattr)
    except (OSError, KeyError, AttributeError, IndexError, RuntimeError, ValueError) as error:
        raise RunFolderError(f"{path}: is no results file of ketum ({error})") from None


def arrays(dataset: xr.Dataset) -> dict[str, Any]:
    """Return what a dataset of a run holds.

    ``by_output`` has ``curves``, ``differences`` (arm or pair, setting, statistic or bound, time) and ``singles`` (arm,
    setting, person, time) by output.
    """
    names = {str(name): tuple(map(str, variable.dims)) for name, variable in dataset.variables.items()}
    return _arrays(names, lambda name: np.asarray(dataset.variables[name].values), dataset.attrs.__getitem__)


def _arrays(
    names: Mapping[str, tuple[str, ...]], values: Callable[[str], NDArray[Any]], attribute: Callable[[str], Any]
) -> dict[str, Any]:
    """Return what variables of these names and dimensions hold."""
    found = [str(s) for s in values("statistic")]
    order = [found.index(statistic) for statistic in STATISTICS]
    arms = tuple(str(a) for a in values("arm"))
    by_output: dict[str, dict[str, Any]] = {"curves": {}, "differences": {}, "singles": {}}
    for name, dimensions in names.items():
        kind, _, bare = name.partition(":")
        if dimensions == ("arm", *_CURVE):
            by_output["curves"][name] = _curves(values(name), order)
        elif dimensions == ("pair", *_CURVE) and kind == "difference":
            by_output["differences"][bare] = _curves(values(name), order)
        elif dimensions in (_SINGLE, _SINGLE_ALONE) and kind == "person":
            whole = np.asarray(values(name), dtype=float)
            by_output["singles"][bare] = whole if dimensions == _SINGLE_ALONE else whole[:, :, 0]
    doses = [np.empty(0)] * len(arms)
    if "dose_time_h" in names:
        doses = [row[np.isfinite(row)] for row in np.asarray(values("dose_time_h"), dtype=float)]
    return {
        "settings": tuple(str(s) for s in values("setting")),
        "by_output": by_output,
        "title": str(attribute("title")),
        "draw": str(values("draw")[0]),
        "sets": len(values("draw")) - 1,
        "note": str(attribute("note")),
        "seed": int(attribute("seed")),
        "persons": int(attribute("persons")),
        "step_h": float(attribute("step_h")),
        "over_days": bool(attribute("folds_days")),
        "arms": arms,
        "pairs": tuple(str(p) for p in values("pair")) if "pair" in names else (),
        "stop_h": _hours(values("stop_h")),
        "taper_end_h": _hours(values("taper_end_h")),
        "time_h": np.asarray(values("time_h"), dtype=float),
        "dose_times": tuple(doses),
    }


def _curves(held: NDArray[Any], order: list[int]) -> Array:
    """Return statistics at table values, then between which values the median is known: (arm, setting, 8, time)."""
    whole = np.asarray(held, dtype=float)
    at_table = whole[:, :, 0][:, :, order]
    median = np.moveaxis(whole[:, :, 1:, order[STATISTICS.index("p50")]], 2, 0)
    low, high = bounds(median) if len(median) else (np.full(at_table[:, :, 0].shape, np.nan),) * 2
    return np.concatenate([at_table, low[:, :, None], high[:, :, None]], axis=2)


def _hours(held: NDArray[Any]) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else float(value) for value in held)

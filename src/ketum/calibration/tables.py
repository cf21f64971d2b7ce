"""The result of a calibration as plain tables: for JSON, for files, and for the terminal."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ketum.calibration.calibrate import BlockResult
from ketum.calibration.rows import set_apart
from ketum.errors import RunFolderError

Plain = dict[str, Any]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def row_table(results: Iterable[BlockResult]) -> list[Plain]:
    """Return the rows beside their targets, with shipped parameters and with those fitted again."""
    return [
        {
            "row": found.row.target.id,
            "block": result.name,
            "role": found.row.role,
            "quantity": found.row.target.quantity,
            "unit": found.row.target.unit,
            "target": found.row.target.value,
            "accept_low": found.row.target.accept_low,
            "accept_high": found.row.target.accept_high,
            "shipped": _number(found.shipped),
            "shipped_met": found.met,
            "refitted": _number(found.refitted),
            "refitted_met": found.met_refitted,
        }
        for result in results
        for found in result.rows
    ]


def parameter_table(results: Iterable[BlockResult]) -> list[Plain]:
    """Return the fitted parameters beside their shipped values."""
    return [
        {
            "parameter": e.parameter.key,
            "block": result.name,
            "unit": e.parameter.unit,
            "targets": " ".join(e.parameter.targets),
            "shipped": e.parameter.shipped,
            "start": e.parameter.value(e.parameter.start),
            "bound_low": e.parameter.low,
            "bound_high": e.parameter.high,
            "fitted": e.value,
            "fitted_minus_se": e.low,
            "fitted_plus_se": e.high,
            "se_share_of_range": _number(e.se),
            "distance_se": _number(e.distance),
            "comes_out": e.comes_out,
            "rows_tell": e.told,
            "at_bound": e.at_bound,
            "chi2_rise_at_low": None if e.profile is None else e.profile[0],
            "chi2_rise_at_high": None if e.profile is None else e.profile[1],
            "narrowed": e.learned,
            "fitted_two_sided": e.two_sided,
            "distance_two_sided_se": None if e.two_sided_distance is None else _number(e.two_sided_distance),
        }
        for result in results
        for e in result.estimates
    ]


def block_table(results: Iterable[BlockResult]) -> list[Plain]:
    """Return what holds for each block: misfit, correlations, flat directions, what was held, run time."""
    return [
        {
            "block": result.name,
            "label": result.label,
            "chi2_start": result.chi2[0],
            "chi2_shipped": result.chi2[1],
            "chi2_fitted": result.chi2[2],
            "shipped_fits_together": result.together,
            "correlations": [{"first": a, "second": b, "r": _number(r)} for a, b, r in result.correlated],
            "flat_directions": [direction.words for direction in result.flat],
            "held": [trade.words for trade in result.trades],
            "missed": list(result.missed),
            "does_not_come_out": list(result.astray),
            "not_told": list(result.untold),
            "lopsided": [row.target.id for row in result.lopsided],
            "studies_lived": result.lives,
            "seconds": round(result.seconds, 1),
        }
        for result in results
    ]


def apart_table() -> list[Plain]:
    """Return the parameters that were not fitted to calibration rows, and what they were set to."""
    return [{"parameter": a.parameter, "kind": a.kind, "set_to": a.set_to} for a in set_apart()]


def as_plain(results: Sequence[BlockResult], seed: int) -> Plain:
    """Return everything for JSON."""
    return {
        "seed": seed,
        "seconds": round(sum(result.seconds for result in results), 1),
        "good": all(result.good for result in results),
        "blocks": block_table(results),
        "rows": row_table(results),
        "parameters": parameter_table(results),
        "set_apart": apart_table(),
    }


def write_tables(folder: Path, results: Sequence[BlockResult], seed: int) -> None:
    """Write `rows.csv`, `parameters.csv` and `calibration.json` into a folder.

    Raises
    ------
    RunFolderError
        If a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in (("rows", row_table(results)), ("parameters", parameter_table(results))):
            pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
        text = json.dumps(as_plain(results, seed), indent=2)
        (folder / "calibration.json").write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise RunFolderError(f"{folder}: cannot be written ({error.strerror or error})") from None

"""What a run returns, as labelled arrays."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import xarray as xr

from ketum.engine.collected import Collected
from ketum.engine.experiment import ArmPlan, Experiment
from ketum.engine.outputs import Output, output_catalogue
from ketum.engine.sketch import Sketches
from ketum.regimens.schedule import DOSE
from ketum.results.catalogue import STATISTICS
from ketum.results.sets import SetResult, statistics_of
from ketum.results.uncertain import Uncertain
from ketum.uncertainty.intervals import bounds

Real = TypeVar("Real", np.float32, np.float64)
DRAW = "table values"
"""The parameter draw of runs without uncertainty."""
NOTE = "Research, teaching and study planning only; never a recommendation of a dose or of kratom."
"""What stands under every result."""
_DIMS = ("setting", "draw", "statistic", "time_h")
_MOST_DOSES = 400


def _by_setting(
    sketches: list[Sketches], name: str, experiment: Experiment
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the statistics of cells (or pairs) as (arm, setting, draw, statistic, record)."""
    return _over_draws(np.stack([statistics_of(one, name) for one in sketches])[None], experiment)


def _over_draws(
    values: np.ndarray[tuple[int, ...], np.dtype[Real]], experiment: Experiment
) -> np.ndarray[tuple[int, ...], np.dtype[Real]]:
    """Return (draw, cell, statistic, record) values as (arm, setting, draw, statistic, record)."""
    draws, _, *rest = values.shape
    by_setting = values.reshape(draws, len(experiment.settings), -1, *rest)
    return np.moveaxis(by_setting, (0, 1, 2), (2, 1, 0))


def build_dataset(collected: Collected, title: str, seed: int, uncertain: Uncertain | None = None) -> xr.Dataset:
    """Return the outputs of a run.

    Parameters
    ----------
    collected : Collected
        The run at table values.
    title : str
    seed : int
    uncertain : Uncertain, optional
        The same run in other parameter sets: with them the dimension draw holds "table values", then "1", "2", ...

    Returns
    -------
    xarray.Dataset
        ``<output>`` (arm, setting, draw, statistic, time_h): over persons; ``difference:<output>`` (pair, ...): of the
        differences between two arms, person by person; ``person:<output>`` (arm, setting, draw, person, time_h): single
        persons (in runs with parameter sets at table values, without draw); ``dose_time_h`` and ``dose_amount`` (arm,
        dose_number): scheduled doses of arms that have few, in ``dose_unit`` (arm). The attribute ``folds_days`` is 1
        where a record folds one or more whole days (totals are then per day) and 0 where it is a reading at an instant
        (totals are those since the last reading).
        Coordinates ``stop_h`` and ``taper_end_h`` tell when regular use ends in each arm. Times are hours from the
        start of the record: the end of what a record folds, or its instant.
    """
    experiment = collected.experiment
    catalogue = output_catalogue()
    arms = [arm.name for arm in experiment.arms]
    pairs = [f"{arms[b]} minus {arms[a]}" for b, a in experiment.pairs]
    variables: dict[str, xr.DataArray] = {}
    over_days = experiment.window(experiment.arms[0]).over_days(experiment.steps_per_hour)
    kept = collected.all_trajectories()
    for k, name in enumerate(experiment.outputs):
        attrs = {"units": _units(catalogue[name], over_days), "long_name": catalogue[name].label}
        values = _by_setting([collected.tally.arms[k] for k in experiment.cell_sketches], name, experiment)
        variables[name] = xr.DataArray(values, dims=("arm", *_DIMS), attrs=attrs)
        if pairs and catalogue[name].paired:
            values = _by_setting([collected.tally.pairs[k] for k in experiment.pair_sketches], name, experiment)
            variables[f"difference:{name}"] = xr.DataArray(values, dims=("pair", *_DIMS), attrs=attrs)
        if kept.shape[-1]:
            cells = np.moveaxis(kept[:, k], -1, 1)
            single = np.moveaxis(cells.reshape(len(experiment.settings), len(arms), *cells.shape[1:]), 0, 1)[:, :, None]
            variables[f"person:{name}"] = xr.DataArray(
                single, dims=("arm", "setting", "draw", "person", "time_h"), attrs=attrs
            )
    draws = [] if uncertain is None else uncertain.draws
    if draws:
        variables = {name: _with_draws(values, name, draws, experiment) for name, values in variables.items()}
    variables.update(_doses(experiment))
    coordinates: dict[str, object] = {
        "arm": arms,
        "setting": [setting.name for setting in experiment.settings],
        "draw": [DRAW, *(str(result.number) for result in draws)],
        "statistic": list(STATISTICS),
        "time_h": ("time_h", np.asarray(experiment.times), {"units": "h"}),
        "stop_h": ("arm", [_relative(a.schedule.stop_hour, experiment) for a in experiment.arms]),
        "taper_end_h": ("arm", [_relative(a.schedule.taper_end_hour, experiment) for a in experiment.arms]),
    }
    if pairs:
        coordinates["pair"] = pairs
    if kept.shape[-1]:
        coordinates["person"] = np.arange(kept.shape[-1])
    about: dict[str, str | int | float] = {
        "title": title,
        "seed": seed,
        "persons": experiment.cohort.count,
        "step_h": experiment.dt,
        "folds_days": int(over_days),
        "note": NOTE,
    }
    return xr.Dataset(variables, coords=coordinates, attrs=about)


def _with_draws(values: xr.DataArray, name: str, draws: Sequence[SetResult], experiment: Experiment) -> xr.DataArray:
    """Return an output at table values and in every parameter set; single persons are kept at table values."""
    kind, _, bare = name.partition(":")
    if kind == "person":
        return values.isel(draw=0, drop=True)
    if kind == "difference":
        place = [axis.name for axis in experiment.paired_axes].index(bare)
        numbers = list(experiment.pair_sketches)
        stacked = np.stack([result.differences[numbers, place] for result in draws])
    else:
        place, numbers = experiment.outputs.index(name), list(experiment.cell_sketches)
        stacked = np.stack([result.curves[numbers, place] for result in draws])
    in_sets = _over_draws(stacked, experiment)
    whole = np.concatenate([values.values.astype(np.float32), in_sets], axis=2)
    return xr.DataArray(whole, dims=values.dims, attrs=values.attrs)


def _units(output: Output, over_days: bool) -> str:
    """Return the unit of an output; totals of readings at instants are counts since the last one, not rates."""
    if output.daily != "total" or over_days:
        return output.unit
    return output.unit.removesuffix("/day") if "/day" in output.unit else "count"


def _relative(hour: int | None, experiment: Experiment) -> float:
    return float("nan") if hour is None else float(hour - experiment.run_in_hours)


def _unit(arm: ArmPlan) -> str:
    """Return the unit in which an arm's servings are given; empty if it has none."""
    return next((column.basis for column in arm.schedule.columns if column.serving), "")


def _doses(experiment: Experiment) -> dict[str, xr.DataArray]:
    """Return scheduled doses by arm; those at waking are shown for the most common wake-up time."""
    times, amounts = [], []
    for arm in experiment.arms:
        columns = arm.schedule.columns
        doses = [e for e in arm.schedule.events if e.kind == DOSE and e.group <= 0 and columns[e.column].serving]
        wakes = sorted({e.wake for e in doses if e.wake >= 0})
        shown = [e for e in doses if e.wake < 0 or e.wake == wakes[len(wakes) // 2]]
        few = shown if len(shown) <= _MOST_DOSES else []
        times.append([e.step / experiment.steps_per_hour - experiment.run_in_hours for e in few])
        amounts.append([e.amount for e in few])
    most = max((len(t) for t in times), default=0)
    if not most:
        return {}
    padded = [np.array([row + [np.nan] * (most - len(row)) for row in rows]) for rows in (times, amounts)]
    return {
        "dose_time_h": xr.DataArray(padded[0], dims=("arm", "dose_number"), attrs={"units": "h"}),
        "dose_amount": xr.DataArray(padded[1], dims=("arm", "dose_number")),
        "dose_unit": xr.DataArray([_unit(arm) for arm in experiment.arms], dims=("arm",)),
    }


def write_dataset(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset as NetCDF.

    Raises
    ------
    OSError
        If it cannot be written; the library says so in many ways.
    """
    smaller = {"zlib": True, "complevel": 1}
    encoding = {str(name): smaller for name in dataset.data_vars} if dataset.sizes["draw"] > 1 else {}
    try:
        dataset.to_netcdf(path, engine="netcdf4", encoding=encoding)
    except (RuntimeError, ValueError) as error:
        raise OSError(errno.EIO, str(error)) from None


def summary_table(dataset: xr.Dataset) -> pd.DataFrame:
    """Return the statistics of every output, tidy: arm, setting, output, unit, time_h, statistic, value, low, high.

    `value` is at table values; `low` and `high` are the 5th and 95th percentile of that statistic over parameter sets,
    empty where there are none.
    """
    columns = ["arm", "setting", "output", "unit", "time_h", "statistic", "value", "low", "high"]
    frames = []
    for key in dataset.data_vars:
        values = dataset[key]
        if values.dims == ("arm", *_DIMS):
            frame = values.isel(draw=0, drop=True).reset_coords(drop=True).to_series().reset_index(name="value")
            ends: Sequence[Any] = (np.nan, np.nan)
            if values.sizes["draw"] > 1:
                ends = [b.reshape(-1) for b in bounds(np.moveaxis(values.values[:, :, 1:], 2, 0))]
            frame = frame.assign(output=str(key), unit=values.attrs["units"], low=ends[0], high=ends[1])
            frames.append(frame[columns])
    return pd.concat(frames, ignore_index=True)

"""The tables of a run folder: end points, pharmacokinetic quantities, and every statistic in every parameter set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ketum.results.endpoints import Columns, endpoint_rows, pk_rows
from ketum.results.sets import Key
from ketum.results.uncertain import Uncertain
from ketum.uncertainty.intervals import bounds

Array = NDArray[np.float64]
DIGITS = "%.7g"
"""How numbers stand in the files."""


def endpoint_table(collected: Columns, uncertain: Uncertain | None = None) -> pd.DataFrame:
    """Return arm (or "B minus A"), setting, endpoint, unit, statistic, value, low, high.

    Statistics are n, mean, p05 to p95 over persons; of differences also the shares of persons above and below zero;
    and the standard error of their mean over persons (se); of times after a stop also the share who reach them within
    the record. Values are those at table values; low and
    high are the 5th and 95th percentile of a statistic over parameter sets, empty where there are none.
    """
    table = pd.DataFrame(endpoint_rows(collected), columns=["arm", "setting", "endpoint", "unit", "statistic", "value"])
    keys = table[["arm", "setting", "endpoint", "statistic"]].itertuples(index=False, name=None)
    return _with_bounds(table, list(keys), uncertain)


def _with_bounds(table: pd.DataFrame, keys: Sequence[Key], uncertain: Uncertain | None) -> pd.DataFrame:
    """Return a table with columns low and high: the interval of each row over parameter sets."""
    low: Array | float = np.nan
    high: Array | float = np.nan
    if uncertain is not None and keys:
        low, high = bounds(uncertain.values(keys))
        counts = table["statistic"].isin(["n", "se"]).to_numpy()
        low, high = np.where(counts, np.nan, low), np.where(counts, np.nan, high)
    return table.assign(low=low, high=high)


def draw_table(uncertain: Uncertain) -> pd.DataFrame:
    """Return draw, arm, setting, endpoint, statistic, value: every statistic in every parameter set."""
    rows = [(result.number, *key, value) for result in uncertain.draws for key, value in result.endpoints.items()]
    return pd.DataFrame(rows, columns=["draw", "arm", "setting", "endpoint", "statistic", "value"])


def pk_table(collected: Columns, uncertain: Uncertain | None = None) -> pd.DataFrame:
    """Return arm, analyte, quantity, unit, statistic, value, low, high of the non-compartmental quantities.

    They follow doses that are fixed, so they are the same in every causal setting.
    """
    table = pd.DataFrame(pk_rows(collected), columns=["arm", "analyte", "quantity", "unit", "statistic", "value"])
    setting = collected.experiment.settings[0].name
    rows = table[["arm", "analyte", "quantity", "statistic"]].itertuples(index=False, name=None)
    keys = [(arm, setting, f"pk:{analyte}:{quantity}", s) for arm, analyte, quantity, s in rows]
    return _with_bounds(table, keys, uncertain)

"""How much of the spread of a response between people goes along with what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ketum.scenario import Scenario
from ketum.scenario.build import build_experiment

Array = NDArray[np.float64]
RESAMPLES = 200


def explained_share(path: Path, scenario: Scenario, endpoint: str, factors: Sequence[str]) -> Array:
    """Return the share of the variance of a response that goes along with factors: of all persons, then of resamples.

    Parameters
    ----------
    path : Path
        ``persons.csv`` of the run, one row a person.
    scenario : Scenario
        What was run; its persons are drawn again to know their parameters.
    endpoint : str
        The response: a column of that file without its arm.
    factors : sequence of str
        Columns of that file (such as ``weight_kg``), end points, or symbols of parameters that differ between persons.

    Returns
    -------
    (1 + resamples,) array
        Squared multiple correlation of the logarithms, over all persons and over people drawn from them with
        replacement.
    """
    table = pd.read_csv(path)
    columns = {name.partition(" [")[0]: name for name in table.columns}
    parameters = build_experiment(scenario).cohort.persons(0, len(table)).parameters
    response = np.log(table[columns[endpoint]].to_numpy(dtype=float))
    known = [table[columns[f]].to_numpy(dtype=float) if f in columns else parameters[f] for f in factors]
    design = np.column_stack([np.ones(len(table)), *(np.log(values) for values in known)])
    rng = np.random.default_rng(scenario.seed)
    chosen = [np.arange(len(table)), *(rng.integers(0, len(table), len(table)) for _ in range(RESAMPLES))]
    return np.array([_squared_correlation(design[rows], response[rows]) for rows in chosen])


def _squared_correlation(design: Array, response: Array) -> float:
    fitted = design @ np.linalg.lstsq(design, response, rcond=None)[0]
    return 1.0 - float(np.var(response - fitted) / np.var(response))

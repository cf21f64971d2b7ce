"""The values that a parameter takes in the parameter sets of a run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.errors import EvidenceError
from ketum.scenario import Scenario
from ketum.scenario.build import fixed_keys, run_tables
from ketum.uncertainty.draws import drawn_tables

Array = NDArray[np.float64]


def parameter_series(scenario: Scenario, symbol: str) -> Array:
    """Return the value of a parameter in a run: as the scenario has it, then in each parameter set.

    Parameters
    ----------
    scenario : Scenario
    symbol : str
        A symbol of the body or the mood table.

    Raises
    ------
    EvidenceError
        If it is in neither.
    """
    tables = run_tables(scenario)
    room = next((name for name in ("body", "mood") if symbol in getattr(tables, name)), None)
    if room is None:
        raise EvidenceError(f"ledger.toml: parameter {symbol!r} is in neither table")
    draws = scenario.uncertainty.draws if scenario.uncertainty is not None else 0
    each = [
        tables,
        *(drawn_tables(tables, k, fixed=fixed_keys(scenario), seed=scenario.seed) for k in range(1, draws + 1)),
    ]
    return np.array([getattr(table, room).value(symbol) for table in each])

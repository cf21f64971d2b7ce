"""Which parameters are fitted to which rows (`fits.csv`), and tables with other values of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from typing import Literal

import numpy as np
from scipy.special import ndtri

from ketum.engine.cohort import Tables
from ketum.errors import EvidenceError
from ketum.evidence import Parameter, ParameterTable
from ketum.evidence.names import nearest
from ketum.evidence.tables import read_table
from ketum.validation.comparisons import load_comparisons

Role = Literal["fitted", "held"]
_ROLES: tuple[Role, ...] = ("fitted", "held")
_COLUMNS = ("block", "parameter", "role", "start", "low", "high", "targets", "note")
_SPREAD = ":cv"
_LOGS = ("lognormal", "loguniform")
_TAIL = 0.95
_NORMAL_SD = float(0.5 / ndtri(_TAIL))
"""SD of a normal distribution whose 5th and 95th percentile are 0 and 1."""
UNIFORM_SD = float(1.0 / np.sqrt(12.0))
"""SD of a uniform distribution on 0 to 1."""


@dataclass(frozen=True, slots=True)
class FitParameter:
    """A parameter that a block fits, or holds at its shipped value and looks at.

    Between `low` and `high` it is measured by a unit coordinate u, 0 to 1, on its own scale: that of its logarithm
    where its uncertainty is lognormal or loguniform, else linear.

    Attributes
    ----------
    block, key : str
        Key as "body.ka", or "body.g_W:cv" for the spread between persons.
    role : str
        `fitted` or `held`.
    start : float
        u at which the fit begins, away from the shipped value.
    low, high : float
        Bounds: those of the uncertainty column unless `fits.csv` gives others.
    log : bool
    prior_sd : float or None
        SD of the uncertainty column in u (5th to 95th percentile for normal kinds, the whole range for uniform ones);
        None where the table gives none.
    targets : tuple of str
        Rows on which it acts.
    unit : str
    shipped : float
    """

    block: str
    key: str
    role: Role
    start: float
    low: float
    high: float
    log: bool
    prior_sd: float | None
    targets: tuple[str, ...]
    unit: str
    shipped: float
    note: str

    def value(self, u: float) -> float:
        """Return the value at a unit coordinate."""
        if self.log:
            return float(self.low * (self.high / self.low) ** u)
        return float(self.low + u * (self.high - self.low))

    def place(self, value: float) -> float:
        """Return the unit coordinate of a value."""
        if self.log:
            return float(np.log(value / self.low) / np.log(self.high / self.low))
        return float((value - self.low) / (self.high - self.low))


def _row(tables: Tables, key: str) -> Parameter:
    name, _, symbol = key.removesuffix(_SPREAD).partition(".")
    table: ParameterTable = getattr(tables, name)
    if symbol not in table:
        raise EvidenceError(f"fits.csv: parameter {key!r} is not known; {nearest(symbol, table)}")
    return table[symbol]


def value_of(tables: Tables, key: str) -> float:
    """Return the value of a parameter, or of its spread between persons ("body.g_W:cv")."""
    parameter = _row(tables, key)
    if not key.endswith(_SPREAD):
        return parameter.value
    spread = parameter.between_person.bp_1
    if spread is None:
        raise EvidenceError(f"fits.csv: {key!r} does not vary between persons")
    return spread


def with_values(tables: Tables, values: Mapping[str, float]) -> Tables:
    """Return tables with other values, by key.

    Examples
    --------
    >>> from ketum.engine.cohort import shipped_tables
    >>> changed = with_values(shipped_tables(), {"body.ka": 3.0, "body.g_W:cv": 0.8})
    >>> value_of(changed, "body.ka"), value_of(changed, "body.g_W:cv"), value_of(changed, "body.g_W")
    (3.0, 0.8, 3.3)
    """
    found: dict[str, ParameterTable] = {}
    for key, value in values.items():
        parameter = _row(tables, key)
        table = found.get(parameter.table, getattr(tables, parameter.table))
        if key.endswith(_SPREAD):
            row = table[parameter.symbol]
            changed = replace(row, between_person=replace(row.between_person, bp_1=value))
            found[parameter.table] = ParameterTable(
                table.name, [changed if p.symbol == row.symbol else p for p in table.values()]
            )
        else:
            found[parameter.table] = table.with_values({parameter.symbol: value})
    return replace(tables, **found)


def load_fit_parameters(tables: Tables) -> tuple[FitParameter, ...]:
    """Return all rows of `fits.csv` with what the tables say about each parameter."""
    found = []
    for row in read_table(resources.files("ketum.calibration").joinpath("fits.csv"), _COLUMNS):
        key, role = row.text("parameter"), row.choice("role", _ROLES)
        parameter = _row(tables, key)
        own = not key.endswith(_SPREAD) and parameter.uncertainty.kind != "fixed"
        low, high = row.optional_number("low"), row.optional_number("high")
        low = parameter.uncertainty.low if low is None and own else low
        high = parameter.uncertainty.high if high is None and own else high
        start = row.optional_number("start")
        if low is None or high is None or not low < high:
            raise row.error("low", "give low and high: the table has no uncertainty for it")
        if role == "fitted" and start is None:
            raise row.error("start", "a fitted parameter needs a start, 0 to 1 between low and high")
        targets = tuple(row.text("targets").split())
        for target in targets:
            if target not in load_comparisons():
                raise row.error("targets", f"{target} is predicted by no study")
        normal = parameter.uncertainty.kind in ("normal", "lognormal")
        found.append(
            FitParameter(
                row.text("block"),
                key,
                role,
                0.0 if start is None else start,
                low,
                high,
                own and parameter.uncertainty.kind in _LOGS,
                (_NORMAL_SD if normal else UNIFORM_SD) if own else None,
                targets,
                "1" if key.endswith(_SPREAD) else parameter.unit,
                value_of(tables, key),
                row.cells["note"],
            )
        )
    return tuple(found)

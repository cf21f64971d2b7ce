"""Units that fit: each symbol has one unit in which the model counts it, each calibration target a few.

The engine takes the number of a row as it stands, so a unit of another size (mL/min for a clearance) is refused
like one of another kind (mg). The same unit in other words (L/hour) fits. Labels such as points are compared by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Final

from ketum.evidence.names import nearest
from ketum.evidence.tables import Row, read_table, shipped
from ketum.evidence.units import read_unit, same_unit

_WILD: Final = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Dimension:
    """What a symbol or a target is, in words, and the units that fit it."""

    quantity: str
    units: tuple[str, ...]


def dimension_of(table: str, symbol: str) -> Dimension | None:
    """Return what a symbol of a table of parameters is, or None where the model knows no such symbol.

    Examples
    --------
    >>> dimension_of("body", "CL_MG")
    Dimension(quantity='a clearance or flow', units=('L/h',))
    """
    exact, patterns = _of_parameters()
    if (table, symbol) in exact:
        return exact[table, symbol]
    return next((found for room, pattern, found in patterns if room == table and fnmatchcase(symbol, pattern)), None)


def read_unit_of(table: str, row: Row) -> str:
    """Return the unit of a row of a table of parameters.

    Raises
    ------
    EvidenceError
        The unit is not known, or is not the one in which the model counts this symbol.
    """
    unit, symbol = read_unit(row), row.text("symbol")
    asked = dimension_of(table, symbol)
    if asked is None or _fits(unit, asked.units):
        return unit
    raise row.error("unit", f"{symbol} is {asked.quantity}, which the model counts in {_listed(asked.units)}")


def read_target_unit(row: Row) -> str:
    """Return the unit of a calibration target.

    Raises
    ------
    EvidenceError
        Its output is not known, or its unit is not known or does not fit the output.
    """
    unit, output, quantity = read_unit(row), row.text("output"), row.text("quantity")
    lines = [line for line in _of_targets() if any(fnmatchcase(output, pattern) for pattern in line.outputs)]
    if not lines:
        known = [name for line in _of_targets() for name in line.outputs]
        raise row.error("output", f"give an output that a target can be compared with; {nearest(output, known)}")
    asked = next((line for line in lines if fnmatchcase(quantity, line.quantity)), lines[-1]).dimension
    if _fits(unit, asked.units):
        return unit
    raise row.error("unit", f"this target of output {output!r} is {asked.quantity}; give {_listed(asked.units)}")


def target_outputs() -> tuple[str, ...]:
    """Return the names and patterns of all outputs that a target can be compared with.

    >>> "auc_ratio" in target_outputs()
    True
    """
    return tuple(dict.fromkeys(name for line in _of_targets() for name in line.outputs))


@dataclass(frozen=True, slots=True)
class _Line:
    outputs: tuple[str, ...]
    quantity: str
    dimension: Dimension


@cache
def _of_parameters() -> tuple[dict[tuple[str, str], Dimension], tuple[tuple[str, str, Dimension], ...]]:
    """Return the dimensions of symbols that stand by name, and those that stand as a pattern."""
    exact: dict[tuple[str, str], Dimension] = {}
    patterns = []
    columns = ("table", "symbols", "unit", "quantity")
    for row in read_table(shipped("parameter_dimensions.csv"), columns):
        found = Dimension(row.text("quantity"), (row.text("unit"),))
        for symbol in row.text("symbols").split():
            if _WILD.isdisjoint(symbol):
                exact[row.text("table"), symbol] = found
            else:
                patterns.append((row.text("table"), symbol, found))
    return exact, tuple(patterns)


@cache
def _of_targets() -> tuple[_Line, ...]:
    columns = ("outputs", "quantity", "units", "meaning")
    return tuple(
        _Line(
            tuple(row.text("outputs").split()),
            row.text("quantity"),
            Dimension(row.text("meaning"), tuple(unit.strip() for unit in row.text("units").split(";"))),
        )
        for row in read_table(shipped("target_units.csv"), columns)
    )


def _fits(unit: str, allowed: Iterable[str]) -> bool:
    return unit in allowed or any(same_unit(unit, other) for other in allowed)


def _listed(units: tuple[str, ...]) -> str:
    return " or ".join(repr(unit) for unit in units)

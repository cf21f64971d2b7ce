"""Units at the door: a text such as "26 wk" becomes a plain number in ketum's internal unit.

Internal units are h, mg, g (of plant or product), L and fractions of one. Common units are read here;
anything else goes to pint, which is slow to import and is therefore asked last.
"""

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from ketum.evidence.tables import Row, read_table, shipped

if TYPE_CHECKING:
    from pint import UnitRegistry


@dataclass(frozen=True, slots=True)
class _Dimension:
    """What a text may be: words for messages, and common units as exact ratios to the internal one."""

    noun: str
    internal: str
    example: str
    units: dict[str, tuple[int, int]]
    asks_pint: bool = True


_MASS: Final = {"ug": (1, 1_000), "mg": (1, 1), "g": (1_000, 1), "kg": (1_000_000, 1)}
_GRAMS: Final = {"ug": (1, 1_000_000), "mg": (1, 1_000), "g": (1, 1), "kg": (1_000, 1)}
_TIME: Final = {"s": (1, 3600), "min": (1, 60), "h": (1, 1), "d": (24, 1), "wk": (168, 1)}
_VOLUME: Final = {"mL": (1, 1_000), "L": (1, 1)}

_DIMENSIONS: Final[dict[str, _Dimension]] = {
    "time": _Dimension("a time", "h", '"26 wk", "15 min"', _TIME),
    "mass": _Dimension("a mass", "mg", '"39 mg"', _MASS),
    "grams": _Dimension("a mass", "g", '"4 g"', _GRAMS),
    "volume": _Dimension("a volume", "L", '"250 mL"', _VOLUME),
    # Pint takes angles and decibels for plain numbers, so it is not asked for a fraction.
    "fraction": _Dimension("a fraction", "1", '"25 %"', {"%": (1, 100)}, asks_pint=False),
}

_SAME: Final = 1e-12
"""Rounding error of a conversion, relative."""

_MONTH: Final = frozenset({"mo", "mon", "month", "months"})
_YEAR: Final = frozenset({"a", "y", "yr", "yrs", "year", "years"})

# One word as the unit: what pint would calculate from an expression is never asked for.
_QUANTITY: Final = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*([A-Za-zµμ]+|%)")

# Simple parts of the units in the shipped tables: known here so that reading them does not wait for pint.
_PARTS: Final = frozenset(
    {"%", "1", "mol", "nM", "uM"}
    | {"min", "h", "d", "day", "month", "year", "years"}
    | {"ng", "ug", "mg", "g", "kg", "mL", "L"}
)


@cache
def registry() -> "UnitRegistry[float]":
    """Return the one registry of units, built when first asked for.

    Its definitions are kept in the user's cache folder, which makes it ready in a tenth of the time; where
    that folder cannot be used, it is built without.

    >>> registry().Quantity(2.5, "day").to("hour").magnitude
    60.0
    """
    import pint
    import platformdirs

    try:
        units: UnitRegistry[float] = pint.UnitRegistry(cache_folder=platformdirs.user_cache_path("ketum") / "units")
    except Exception:  # a cache that cannot be written, is cut short or is foreign fails in many ways
        units = pint.UnitRegistry()
    units.define("@alias week = wk")
    return units


def parse_quantity(text: str, dimension: str) -> float:
    """Return the plain number, in ketum's internal unit, that a text with a unit stands for.

    Parameters
    ----------
    text
        A number that is not negative, and a unit of one word, such as "4 g".
    dimension
        What it must be: `time` (returned in h), `mass` (mg), `grams` (g), `volume` (L) or `fraction` (of 1).

    Raises
    ------
    ValueError
        The text is no such quantity; the message says what is allowed. Months and years are refused, since a
        month has no fixed length and a year is no whole number of days.

    Examples
    --------
    >>> parse_quantity("15 min", "time"), parse_quantity("4 g", "mass"), parse_quantity("25 %", "fraction")
    (0.25, 4000.0, 0.25)
    >>> parse_quantity("4", "grams")
    Traceback (most recent call last):
    ValueError: '4' is not allowed; give a mass such as "4 g" (units: ug, mg, g, kg)
    """
    if dimension not in _DIMENSIONS:
        raise ValueError(f"dimension {dimension!r} is not known; give one of {', '.join(_DIMENSIONS)}")
    asked = _DIMENSIONS[dimension]
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise _refusal(text, asked)
    number, unit = float(match[1]), match[2]
    if dimension == "time" and unit.lower() in _MONTH:
        raise ValueError(f'{text!r} is not allowed: months differ in length; write weeks or days, such as "26 wk"')
    if dimension == "time" and unit.lower() in _YEAR:
        raise ValueError(f'{text!r} is not allowed: a year is no whole number of days; write "52 wk" or "365 d"')
    if unit in asked.units:
        times, per = asked.units[unit]
        result: float | None = number * times / per
    elif unit.lower() in asked.units or not asked.asks_pint:
        result = None  # a slip of case: "5 Mg" would be five tonnes
    else:
        result = _ask_pint(number, unit, asked)
    if result is None or not math.isfinite(result) or result < 0:
        raise _refusal(text, asked)
    return result


def read_unit(row: Row, column: str = "unit") -> str:
    """Return the unit of a row: a label of `data/unit_labels.csv`, or a unit that pint knows."""
    unit = row.text(column)
    # A label comes first: pint takes "points" for a length in print.
    if unit in _labels() or all(part in _PARTS for part in re.split("[/*]", unit)) or _pint_knows(unit):
        return unit
    raise row.error(column, "give a unit such as 'mg', 'L/h', 'nM', or a label of unit_labels.csv")


@cache
def same_unit(unit: str, other: str) -> bool:
    """Return whether two units are one in other words; labels and plain numbers are themselves only.

    >>> same_unit("L/hour", "L/h"), same_unit("mL/min", "L/h"), same_unit("ratio", "fraction")
    (True, False, False)
    """
    if unit == other:
        return True
    if unit in _labels() or other in _labels() or not (_pint_knows(unit) and _pint_knows(other)):
        return False
    one, two = registry().Quantity(1.0, unit), registry().Quantity(1.0, other)
    if one.dimensionless or one.dimensionality != two.dimensionality:
        return False
    return math.isclose(one.to(two.units).magnitude, 1.0, rel_tol=_SAME)


@cache
def _labels() -> frozenset[str]:
    return frozenset(row.text("label") for row in read_table(shipped("unit_labels.csv"), ("label", "meaning")))


@cache
def _pint_knows(unit: str) -> bool:
    try:
        registry().parse_units(unit)
    except Exception:  # pint fails in many ways on a text that is no unit
        return False
    return True


def _ask_pint(number: float, unit: str, asked: _Dimension) -> float | None:
    from pint.errors import PintError

    try:
        return float(registry().Quantity(number, unit).to(asked.internal).magnitude)
    except PintError:
        return None


def _refusal(text: str, asked: _Dimension) -> ValueError:
    units = ", ".join(asked.units)
    return ValueError(f"{text!r} is not allowed; give {asked.noun} such as {asked.example} (units: {units})")

"""What the protocols of the emulated studies ask for: doses, samples, days, visits (`protocols.csv`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from ketum.evidence.sources import cited
from ketum.evidence.tables import finite, read_table

_COLUMNS = ("study", "symbol", "values", "unit", "source", "note")


def protocol(study: str) -> Mapping[str, tuple[float, ...]]:
    """Return the numbers of a study's protocol by symbol.

    Raises
    ------
    EvidenceError
        A row cites no known source, stands there twice, or holds something that is not a number.

    Examples
    --------
    >>> protocol("extract")["dose"]
    (9.9, 29.6, 59.2)
    """
    return _protocols()[study]


def one(study: str, symbol: str) -> float:
    """Return the only number of a symbol.

    >>> one("tea", "dose")
    39.0
    """
    (value,) = protocol(study)[symbol]
    return value


@cache
def _protocols() -> Mapping[str, Mapping[str, tuple[float, ...]]]:
    found: dict[str, dict[str, tuple[float, ...]]] = {}
    for row in read_table(resources.files("ketum.validation").joinpath("protocols.csv"), _COLUMNS):
        cited(row)
        numbers = [finite(part) for part in row.text("values").split()]
        if any(number is None for number in numbers):
            raise row.error("values", "give numbers, separated by spaces")
        symbols = found.setdefault(row.text("study"), {})
        if row.text("symbol") in symbols:
            raise row.error("symbol", "it stands in this study already and must be unique")
        symbols[row.text("symbol")] = tuple(number for number in numbers if number is not None)
    return MappingProxyType({study: MappingProxyType(symbols) for study, symbols in found.items()})

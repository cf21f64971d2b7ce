"""What the protocols of the emulated studies ask for: doses, days, visits. The numbers stand in `protocols.csv`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from ketum.evidence.tables import read_table

_COLUMNS = ("study", "symbol", "value", "unit", "source", "note")


@cache
def protocols() -> Mapping[str, Mapping[str, float]]:
    """Return the numbers of each protocol by study and symbol.

    Examples
    --------
    >>> protocols()["tea"]["dose"]
    39.0
    """
    found: dict[str, dict[str, float]] = {}
    for row in read_table(resources.files("ketum.validation").joinpath("protocols.csv"), _COLUMNS):
        symbols = found.setdefault(row.text("study"), {})
        if row.text("symbol") in symbols:
            raise row.error("symbol", "it stands in this study already and must be unique")
        symbols[row.text("symbol")] = row.number("value")
    return MappingProxyType({study: MappingProxyType(symbols) for study, symbols in found.items()})

"""Groups of parameters: which part of the model each symbol belongs to."""

import csv
from fnmatch import fnmatchcase
from functools import cache

from ketum.evidence.tables import shipped


@cache
def parameter_groups() -> dict[str, tuple[str, ...]]:
    """Return the symbol patterns of each group of parameters.

    Examples
    --------
    >>> parameter_groups()["tolerance"]
    ('phi_T', 'h_Ton', 'h_Toff')
    """
    text = shipped("parameter_groups.csv").read_text(encoding="utf-8")
    return {row["group"]: tuple(row["symbols"].split()) for row in csv.DictReader(text.splitlines())}


@cache
def group_of(symbol: str) -> str:
    """Return the group of a symbol: the first whose patterns fit."""
    for group, patterns in parameter_groups().items():
        if any(fnmatchcase(symbol, pattern) for pattern in patterns):
            return group
    raise KeyError(symbol)

"""What was measured: one published number or finding a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

from ketum.errors import EvidenceError
from ketum.evidence.sources import cited
from ketum.evidence.tables import Row, finite, read_table, shipped, unique

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Verified = Literal["text", "abstract", "recall"]

VERIFIED: Final[tuple[Verified, ...]] = get_args(Verified)

_COLUMNS: Final = (
    *(
        "id",
        "source",
        "quantity",
        "statistic",
        "value",
        "unit",
        "low",
        "high",
        "spread",
        "where",
        "verified",
        "note",
    ),
)


@dataclass(frozen=True, slots=True)
class Observation:
    """One measured number or finding.

    Attributes
    ----------
    table, id
        Its table (such as `pk`), and its name, unique over all tables.
    source
        Keys of the bibliography, separated by ';'.
    quantity, statistic
        What was measured, and which summary of it is given.
    value, number
        As printed, which may be a text or a bound such as '<1'; and the number it is, or None.
    unit
        As printed.
    low, high, spread
        Interval or None, and what kind it is (range, 95% CI, SD), or the spread as printed.
    where, verified
        Where in the source it stands; whether it was seen in its text or abstract, or is recalled.
    details
        The other columns of its table, such as population, n, product and dose.
    """

    table: str
    id: str
    source: str
    quantity: str
    statistic: str
    value: str
    number: float | None
    unit: str
    low: float | None
    high: float | None
    spread: str
    where: str
    verified: Verified
    note: str
    details: Mapping[str, str] = field(hash=False)


def observation_tables() -> tuple[str, ...]:
    """Return the names of the shipped tables of observations.

    >>> "pk" in observation_tables()
    True
    """
    files = (file.name for file in shipped("observations").iterdir())
    return tuple(sorted(name.removesuffix(".csv") for name in files if name.endswith(".csv")))


def load_observations(table: str | None = None, path: Path | None = None) -> tuple[Observation, ...]:
    """Read one table of observations, or all of them.

    Parameters
    ----------
    table
        Name of a shipped table; without it, all of them.
    path
        A file of one's own, read in place of the shipped ones; its stem is the name of the table.

    Raises
    ------
    EvidenceError
        The table is not known, or a row cannot be used.

    Examples
    --------
    >>> cmax = load_observations("pk")[0]
    >>> cmax.quantity, cmax.number, cmax.unit, cmax.details["n"]
    ('Cmax', 81.9, 'nM', '5')
    """
    if path is not None:
        return _read(path)
    if table is None:
        return tuple(observation for name in observation_tables() for observation in _shipped(name))
    if table not in observation_tables():
        raise EvidenceError(
            f"table of observations {table!r} is not known; give one of {', '.join(observation_tables())}"
        )
    return _shipped(table)


@cache
def _shipped(table: str) -> tuple[Observation, ...]:
    return _read(shipped("observations", f"{table}.csv"))


def _read(file: "Traversable") -> tuple[Observation, ...]:
    rows = unique(read_table(file, _COLUMNS, more=True), "id")
    return tuple(_observation(file.name.removesuffix(".csv"), row) for row in rows)


def _observation(table: str, row: Row) -> Observation:
    low, high = row.optional_number("low"), row.optional_number("high")
    if low is not None and high is not None and low > high:
        raise row.error("low", f"it may not be above high, {high:g}")
    return Observation(
        table=table,
        id=row.text("id"),
        source=cited(row),
        quantity=row.text("quantity"),
        statistic=row.text("statistic"),
        value=row.cells["value"],
        number=finite(row.cells["value"]),
        unit=row.cells["unit"],
        low=low,
        high=high,
        spread=row.cells["spread"],
        where=row.cells["where"],
        verified=row.choice("verified", VERIFIED),
        note=row.cells["note"],
        details={name: text for name, text in row.cells.items() if name not in _COLUMNS},
    )

"""Statements rather than numbers: claims to be checked, legal status, safety rules."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args, overload

from ketum.errors import EvidenceError
from ketum.evidence.observations import VERIFIED, Verified
from ketum.evidence.provenance import PROVENANCES, Provenance
from ketum.evidence.sources import cited
from ketum.evidence.tables import Row, read_table, shipped, unique

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

RecordTable = Literal["claims", "legal", "safety_rules"]
Severity = Literal["caution", "warning", "danger"]

SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement of a consumer article (`article` names which), and how ketum checks it."""

    id: str
    article: str
    claim: str
    kind: str
    how_to_check: str
    what_a_passing_check_shows: str


@dataclass(frozen=True, slots=True)
class LegalStatus:
    """What the law said in one jurisdiction on the day it was looked up (`checked`).

    `source` is plain words, such as a notice or a news page; `since` is a date as far as it is known. `places` are the
    names of places, separated by ';', for which the row holds (none where it only sums up others), and `within` is the
    wider place whose rows hold for them as well.
    """

    jurisdiction: str
    places: str
    within: str
    status: str
    since: str
    source: str
    verified: Verified
    checked: date
    note: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the places."""
        return tuple(name.strip() for name in self.places.split(";") if name.strip())


@dataclass(frozen=True, slots=True)
class SafetyRule:
    """A safety finding, when it applies, how serious it is and what it rests on.

    `finding` is what a reader is told, `short` the same in a few words; `field` names the field of knowledge of a rule
    whose source was not looked at; `checked` is the day on which the source was looked at last.
    """

    id: str
    applies_when: str
    finding: str
    short: str
    severity: Severity
    basis: Provenance
    mechanism: str
    field: str
    source: str
    verified: Verified
    checked: date
    note: str


Record = Claim | LegalStatus | SafetyRule


@overload
def load_rows(name: Literal["claims"], path: Path | None = None) -> tuple[Claim, ...]: ...
@overload
def load_rows(name: Literal["legal"], path: Path | None = None) -> tuple[LegalStatus, ...]: ...
@overload
def load_rows(name: Literal["safety_rules"], path: Path | None = None) -> tuple[SafetyRule, ...]: ...
def load_rows(name: RecordTable, path: Path | None = None) -> tuple[Record, ...]:
    """Read a table of statements.

    Parameters
    ----------
    name
        `claims`, `legal` or `safety_rules`.
    path
        A file with the same columns; without it, the shipped one.

    Raises
    ------
    EvidenceError
        The table is not known, or a row cannot be used.

    Examples
    --------
    >>> load_rows("claims")[0].claim
    'Kratom may help in treating depression'
    >>> load_rows("safety_rules")[0].severity
    'danger'
    """
    if name not in _TABLES:
        raise EvidenceError(f"table {name!r} is not known; give one of {', '.join(get_args(RecordTable))}")
    return _shipped(name) if path is None else _read(name, path)


@cache
def _shipped(name: RecordTable) -> tuple[Record, ...]:
    return _read(name, shipped(f"{name}.csv"))


def _read(name: RecordTable, file: "Traversable") -> tuple[Record, ...]:
    table = _TABLES[name]
    rows = read_table(file, table.columns)
    if "id" in table.columns:
        rows = unique(rows, "id")
    return tuple(table.make(row) for row in rows)


def _claim(row: Row) -> Claim:
    return Claim(*(row.text(column) for column in _TABLES["claims"].columns))


def _day(row: Row, column: str) -> date:
    try:
        return date.fromisoformat(row.text(column))
    except ValueError:
        raise row.error(column, "give a day such as 2026-11-22") from None


def _legal_status(row: Row) -> LegalStatus:
    return LegalStatus(
        jurisdiction=row.text("jurisdiction"),
        places=row.cells["places"],
        within=row.cells["within"],
        status=row.text("status"),
        since=row.text("since"),
        source=row.text("source"),
        verified=row.choice("verified", VERIFIED),
        checked=_day(row, "checked"),
        note=row.cells["note"],
    )


def _safety_rule(row: Row) -> SafetyRule:
    return SafetyRule(
        id=row.text("id"),
        applies_when=row.text("applies_when"),
        finding=row.text("finding"),
        short=row.text("short"),
        severity=row.choice("severity", SEVERITIES),
        basis=row.choice("basis", PROVENANCES),
        mechanism=row.text("mechanism"),
        field=row.text("field"),
        source=cited(row),
        verified=row.choice("verified", VERIFIED),
        checked=_day(row, "checked"),
        note=row.cells["note"],
    )


class _Table(NamedTuple):
    columns: tuple[str, ...]
    make: Callable[[Row], Record]


def _columns(record: type[Record]) -> tuple[str, ...]:
    return tuple(record.__dataclass_fields__)


_TABLES: Final[dict[RecordTable, _Table]] = {
    "claims": _Table(_columns(Claim), _claim),
    "legal": _Table(_columns(LegalStatus), _legal_status),
    "safety_rules": _Table(_columns(SafetyRule), _safety_rule),
}

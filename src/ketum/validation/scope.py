"""What of the evidence the model can predict, and why not the rest: every row of the tables falls under one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Final, Literal, get_args

from ketum.errors import EvidenceError
from ketum.evidence import Observation, load_observations
from ketum.evidence.observations import observation_tables
from ketum.evidence.tables import Row, read_table

Verdict = Literal[
    "calibration",
    "tuned",
    "input",
    "duplicate",
    "absent",
    "population",
    "emulation",
    "words",
    "animal",
    "in vitro",
    "design",
    "setting",
    "unreliable",
]
VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)
MEANINGS: Final[dict[Verdict, str]] = {
    "calibration": "the source of a calibration row",
    "tuned": "a parameter was set so that the model gives it, although it is no calibration row: no test of the model",
    "input": "sets a parameter or a protocol: an input, not a prediction",
    "duplicate": "the same number stands in another row: counted once",
    "absent": "the model does not have this quantity",
    "population": "no population of the model, or amounts and times are not known",
    "emulation": "needs an emulated study of its own",
    "words": "a finding in words without a direction that the model predicts, or no measurement",
    "animal": "an animal experiment",
    "in vitro": "a laboratory finding",
    "design": "says how a study was done",
    "setting": "our own setting or derivation",
    "unreliable": "marked in the evidence as not to be used",
}
_COLUMNS = ("table", "rows", "where", "verdict", "reason")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of `scope.csv`: rows of a table by number (empty: all), narrowed by patterns over columns."""

    table: str
    numbers: tuple[tuple[int, int], ...]
    patterns: tuple[tuple[str, tuple[str, ...]], ...]
    verdict: Verdict
    reason: str

    def covers(self, row: Observation) -> bool:
        """Return whether a row falls under this line."""
        if row.table != self.table:
            return False
        number = int(row.id.rpartition("-")[2])
        if self.numbers and not any(first <= number <= last for first, last in self.numbers):
            return False
        return all(
            any(fnmatchcase(_cell(row, column), pattern) for pattern in patterns) for column, patterns in self.patterns
        )


def _cell(row: Observation, column: str) -> str:
    found = row.details.get(column, getattr(row, column, None))
    if not isinstance(found, str):
        raise EvidenceError(f"scope.csv: table {row.table!r} has no column {column!r}")
    return found


@cache
def load_scope() -> tuple[Line, ...]:
    """Return the lines that say why rows are not predicted.

    Raises
    ------
    EvidenceError
        A line cannot be read, or names no table.

    Examples
    --------
    >>> load_scope()[0].verdict
    'absent'
    """
    table = resources.files("ketum.validation").joinpath("scope.csv")
    return tuple(_line(row) for row in read_table(table, _COLUMNS))


def _line(row: Row) -> Line:
    numbers = []
    if row.text("rows") != "*":
        for part in row.text("rows").split():
            first, _, last = part.partition("-")
            if not first.isdigit() or (last and not last.isdigit()):
                raise row.error("rows", "give numbers and ranges such as 1-6 19, or *")
            numbers.append((int(first), int(last or first)))
    patterns = []
    for part in filter(None, row.cells["where"].split(";")):
        column, found, values = part.partition("=")
        if not found:
            raise row.error("where", "give column=pattern, several patterns with |, several columns with ;")
        patterns.append((column.strip(), tuple(values.strip().split("|"))))
    return Line(
        row.choice("table", observation_tables()),
        tuple(numbers),
        tuple(patterns),
        row.choice("verdict", VERDICTS),
        row.text("reason"),
    )


@dataclass(frozen=True, slots=True)
class Covered:
    """One row of the evidence and how it is dealt with: ids of what predicts it, or lines that say why not."""

    row: Observation
    predicted: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def once(self) -> bool:
        """Whether it is predicted or stands under one line, and not both."""
        return bool(self.predicted) != bool(self.lines) and len(self.lines) <= 1


def covered(predicted: Iterable[tuple[str, str]]) -> tuple[Covered, ...]:
    """Return every row of the evidence with what covers it.

    Parameters
    ----------
    predicted : iterable of (row, observation)
        Ids of the comparisons and of the observations behind them.
    """
    by_row: dict[str, list[str]] = {}
    for row, observation in predicted:
        if observation:
            by_row.setdefault(observation, []).append(row)
    scope = load_scope()
    return tuple(
        Covered(row, tuple(by_row.get(row.id, ())), tuple(line for line in scope if line.covers(row)))
        for row in load_observations()
    )

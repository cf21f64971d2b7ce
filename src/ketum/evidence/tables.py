"""Reading a table at the door: the header, the rows, and errors that name the cell.

A row number in a message is the line in the file, so that an editor jumps to it.
"""

import csv
import io
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TypeVar

from ketum.errors import EvidenceError

_Word = TypeVar("_Word", bound=str)


def shipped(*path: str) -> Traversable:
    """Return a file or folder of the shipped data.

    >>> shipped("sources.bib").name
    'sources.bib'
    """
    return resources.files("ketum.evidence").joinpath("data", *path)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its cells by column, and where it stands."""

    file: str
    line: int
    cells: Mapping[str, str]

    def error(self, column: str, allowed: str) -> EvidenceError:
        """Return the error for a cell: file, row, column, value, and what is `allowed`."""
        value = self.cells[column]
        given = f"{value!r} is not allowed" if value else "is empty"
        return EvidenceError(f"{self.file}, row {self.line}, column {column!r}: {given}; {allowed}")

    def text(self, column: str) -> str:
        """Return a cell that may not be empty."""
        if not self.cells[column]:
            raise self.error(column, "a text is required")
        return self.cells[column]

    def optional_number(self, column: str) -> float | None:
        """Return a finite number, or None for an empty cell."""
        if not self.cells[column]:
            return None
        number = finite(self.cells[column])
        if number is None:
            raise self.error(column, "give a finite number, without a unit")
        return number

    def number(self, column: str) -> float:
        """Return a finite number."""
        number = self.optional_number(column)
        if number is None:
            raise self.error(column, "give a finite number, without a unit")
        return number

    def choice(self, column: str, allowed: Collection[_Word]) -> _Word:
        """Return a cell that must be one of the words in `allowed`."""
        for word in allowed:
            if word == self.cells[column]:
                return word
        raise self.error(column, f"give one of {', '.join(allowed)}")


def finite(text: str) -> float | None:
    """Return the finite number that `text` is, or None.

    >>> finite("39"), finite("<1"), finite("nan")
    (39.0, None, None)
    """
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def read_table(file: Traversable, columns: Sequence[str], *, more: bool = False) -> tuple[Row, ...]:
    """Read a table of comma-separated values whose header is exactly `columns`.

    Parameters
    ----------
    file
        A path, or a shipped file.
    columns
        The columns, in their order.
    more
        Whether columns beyond these are allowed, in any order.

    Raises
    ------
    EvidenceError
        The file cannot be read, or its header or the length of a row is wrong.
    """
    reader = csv.reader(io.StringIO(read_text(file)), strict=True)
    try:
        header = next(reader, [])
        _check_header(file.name, header, columns, more)
        return tuple(_rows(file.name, reader, header))
    except csv.Error as error:
        raise EvidenceError(f"{file.name}, row {reader.line_num}: not readable as a table: {error}") from None


def read_text(file: Traversable) -> str:
    """Return the text of `file`, which must be UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise EvidenceError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise EvidenceError(f"{file}: is not UTF-8 text") from None


def unique(rows: Sequence[Row], column: str) -> tuple[Row, ...]:
    """Return `rows` after checking that no value of `column` stands twice."""
    seen: dict[str, int] = {}
    for row in rows:
        name = row.text(column)
        if name in seen:
            raise row.error(column, f"it stands in row {seen[name]} already and must be unique")
        seen[name] = row.line
    return tuple(rows)


def _rows(file: str, lines: Iterator[list[str]], header: Sequence[str]) -> Iterator[Row]:
    """Yield the rows; `lines` is the csv reader, which counts lines of the file."""
    for values in lines:
        line: int = lines.line_num  # type: ignore[attr-defined]  # the csv reader's own counter
        if not values:
            continue
        if len(values) != len(header):
            raise EvidenceError(f"{file}, row {line}: {len(values)} values; the header has {len(header)} columns")
        yield Row(file, line, {name: value.strip() for name, value in zip(header, values, strict=True)})


def _check_header(file: str, header: Sequence[str], columns: Sequence[str], more: bool) -> None:
    allowed = f"the columns are {', '.join(columns)}"
    for name in columns:
        if name not in header:
            raise EvidenceError(f"{file}, row 1: column {name!r} is missing; {allowed}")
    for position, name in enumerate(header):
        if name in header[:position]:
            raise EvidenceError(f"{file}, row 1: column {name!r} stands twice; {allowed}")
        if name not in columns and not more:
            raise EvidenceError(f"{file}, row 1: column {name!r} is not known; {allowed}")
    if not more and list(header) != list(columns):
        raise EvidenceError(f"{file}, row 1: the columns are out of order; {allowed}")

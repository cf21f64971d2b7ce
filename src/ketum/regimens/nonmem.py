"""Event tables in the NONMEM manner: ID TIME AMT EVID CMT II ADDL SS, every row checked, nothing ignored.

Times are in h since the start of the scenario, amounts in mg of the product's alkaloid. Observation rows
(EVID 0) are dropped: the scenario's ``[record]`` says when something is read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ketum.errors import ScenarioError
from ketum.regimens.phases import Event, EventTable

COLUMNS = ("ID", "TIME", "AMT", "EVID", "CMT", "II", "ADDL", "SS")
MOST_BYTES = 1_000_000
_MISSING = ("", ".")
_MOST_AMOUNT_MG = 1e6
_MOST_TIME_H = 1e6
_MOST_COUNT = 1_000_000
_DOSES = (1, 4)


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the table: its cells by column."""

    name: str
    line: int
    cells: Mapping[str, str]

    def error(self, column: str, allowed: str) -> ScenarioError:
        cell = self.cells.get(column, "")
        value = f'"{_printable(cell)}" is not allowed' if cell else "is missing"
        return ScenarioError(f"{self.name}: line {self.line}: {column}: {value}; allowed: {allowed}")

    def number(self, column: str, allowed: str, fits: Callable[[float], bool], default: float = 0.0) -> float:
        """Return a finite number that `fits`, or `default` for a missing cell."""
        cell = self.cells.get(column, "")
        if cell in _MISSING:
            return default
        try:
            value = float(cell) if re.fullmatch(r"[0-9eE.+-]+", cell) else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or not fits(value):
            raise self.error(column, allowed)
        return value


def read_event_table(path: Path, product: str, name: str | None = None) -> EventTable:
    """Read an event table.

    Parameters
    ----------
    path : Path
        CSV or text with columns parted by blanks; a header, then one event a line. Lines that begin with
        ``#`` or ``C`` are comments; the header may begin so too.
    product : str
        The product whose alkaloid AMT counts, mg.
    name : str, optional
        What messages call the table; by default the name of the file.

    Returns
    -------
    EventTable
        Without the rows of EVID 0.

    Raises
    ------
    ScenarioError
        If the file cannot be read or a cell cannot be used: file, line, column, value and what is allowed.
    """
    name = _printable(name or path.name)
    try:
        if not path.is_file():
            raise ScenarioError(f"{name}: there is no such file")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ScenarioError(f"{name}: is not UTF-8 text; allowed: an event table in UTF-8") from None
    except OSError as error:
        raise ScenarioError(f"{name}: cannot be read ({error.strerror})") from None
    if len(content) > MOST_BYTES:
        raise ScenarioError(f"{name}: is larger than 1 MB; allowed: at most 1 MB (ADDL shortens a table)")
    return parse_event_table(text, name, product)


def parse_event_table(text: str, name: str, product: str) -> EventTable:
    r"""Return the event table that `text` holds; `name` says in messages where it stands.

    Raises
    ------
    ScenarioError
        As in `read_event_table`.

    Examples
    --------
    >>> table = parse_event_table("TIME AMT II ADDL\n0 15 12 3", "doses.csv", "leaf_powder")
    >>> table.events[0][0].additional
    3
    """
    events: dict[int, list[Event]] = {}
    before = 0.0
    last = -1
    for row in _rows(text, name):
        person = int(row.number("ID", "a whole number from 0", _whole, default=1))
        if person not in events:
            if person < last:
                raise row.error("ID", "IDs in rising order, all rows of one together")
            events[person] = []
            last = person
            before = 0.0
        elif person != last:
            raise row.error("ID", "IDs in rising order, all rows of one together")
        event = _event(row, before)
        before = event.time_h
        if event.evid:
            events[person].append(event)
    if not events:
        raise ScenarioError(f"{name}: has no rows; allowed: a header and at least one event")
    return EventTable(product, tuple(events), tuple(tuple(rows) for rows in events.values()))


def check_grid(table: EventTable, step_h: float) -> None:
    """Refuse times that are not on the model's steps.

    Parameters
    ----------
    table : EventTable
        Events, h.
    step_h : float
        Step of the model, h.

    Raises
    ------
    ValueError
        If a TIME or an II is not a multiple of the step.
    """
    for person, events in zip(table.ids, table.events, strict=True):
        for event in events:
            for column, time in (("TIME", event.time_h), ("II", event.interval_h)):
                if not on_grid(time, step_h):
                    raise ValueError(
                        f"ID {person}: {column}: {time:g} h is not on the model's step; "
                        f"allowed: multiples of {step_h:g} h, or set record.step"
                    )


def on_grid(time_h: float, step_h: float) -> bool:
    """Return whether a time is a multiple of the step, up to rounding.

    Examples
    --------
    >>> on_grid(0.3, 0.1), on_grid(0.3, 0.25)
    (True, False)
    """
    steps = time_h / step_h
    return math.isclose(steps, round(steps), rel_tol=1e-12, abs_tol=1e-9)


def _whole(value: float) -> bool:
    return value == int(value) and 0 <= value <= _MOST_COUNT


def _event(row: _Row, before: float) -> Event:
    """Return the event of a row; `before` is the time of the row before, h."""
    if row.cells["TIME"] in _MISSING:
        raise row.error("TIME", "a time in h")
    time = row.number("TIME", "h from 0 to 1e6", lambda t: 0 <= t <= _MOST_TIME_H)
    if time < before:
        raise row.error("TIME", f"at least {before:g} h, the time of the row before")
    amount = row.number("AMT", "mg from 0 to 1e6", lambda mg: 0 <= mg <= _MOST_AMOUNT_MG)
    evid = int(row.number("EVID", "0, 1, 2, 3 or 4", lambda e: e in range(5), default=float(amount > 0)))
    dose = evid in _DOSES
    if dose != (amount > 0):
        raise row.error("AMT", f"above 0 with EVID {evid}" if dose else f"0 or . with EVID {evid}")
    compartments = (1,) if dose else (0, 1)
    row.number("CMT", "1 (the dose is swallowed)", lambda c: c in compartments, default=1)
    interval = row.number("II", "h from 0 to 1e6", lambda t: 0 <= t <= _MOST_TIME_H)
    additional = int(row.number("ADDL", "a whole number from 0", _whole))
    steady = row.number("SS", "0 or 1", lambda s: s in (0, 1)) == 1
    for column, value in (("II", interval), ("ADDL", additional), ("SS", steady)):
        if value and not dose:
            raise row.error(column, f"0 or . with EVID {evid}")
    if (additional or steady) and not interval:
        raise row.error("II", f"above 0 with {'SS 1' if steady else 'ADDL above 0'}")
    return Event(
        time_h=time,
        amount_mg=amount,
        evid=evid,
        interval_h=interval,
        additional=additional,
        steady_state=steady,
    )


def _rows(text: str, name: str) -> Iterator[_Row]:
    """Yield the rows below the header."""
    header: list[str] = []
    for line, content in enumerate(text.splitlines(), start=1):
        if not content.strip():
            continue
        if not header:
            header = _header(content, f"{name}: line {line}")
            commas = "," in content
            continue
        if re.match(r"\s*[#Cc]", content):
            continue
        cells = [c.strip() for c in content.split(",")] if commas else content.split()
        if len(cells) != len(header):
            raise ScenarioError(
                f"{name}: line {line}: {len(cells)} values; allowed: {len(header)}, one for each of " + " ".join(header)
            )
        yield _Row(name, line, dict(zip(header, cells, strict=True)))
    if not header:
        raise ScenarioError(f"{name}: has no header; allowed: a first line with {' '.join(COLUMNS)}")


def _header(content: str, where: str) -> list[str]:
    """Return the columns; an empty list for a comment above the header."""
    marked = re.match(r"\s*(#|[Cc](?![A-Za-z]))[\s,]*(.*)", content)
    names = [n.strip().strip('"').upper() for n in re.split(r"[\s,]+", marked[2] if marked else content) if n]
    if marked and "TIME" not in names:
        return []
    for name in names:
        if name not in COLUMNS:
            raise ScenarioError(f'{where}: column "{_printable(name)}" is not supported; allowed: {", ".join(COLUMNS)}')
    if len(set(names)) < len(names):
        raise ScenarioError(f"{where}: a column stands twice; allowed: each of {' '.join(COLUMNS)} once")
    if "TIME" not in names or "AMT" not in names:
        raise ScenarioError(f"{where}: TIME and AMT are needed; allowed: {' '.join(COLUMNS)}")
    return names


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:60]

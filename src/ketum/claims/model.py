"""Records of the ledger: what was stated, how it was checked, what came out, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final, Literal, get_args

import numpy as np

from ketum.evidence.observations import Verified
from ketum.uncertainty.intervals import bounds

Verdict = Literal[
    "supported",
    "partly supported",
    "contradicted",
    "citation not found",
    "not answerable from the evidence",
]
VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)
Seen = Verified | Literal["table"]
Says = Literal["for", "against", "nothing"]
Grade = Literal["trial", "people", "analogue", "animal", "cell", "law", "hearsay"]
"""What kind of study a row is of: a controlled trial of kratom in people, other observations of people or products,
people and another drug, animals, cells or receptors, dated rows of the legal table, and texts that are no study."""
GRADES: Final[tuple[Grade, ...]] = get_args(Grade)
SETS = "parameter sets"
RESAMPLES = "resamples of the simulated people"
REPLICATES = "resamples of the replicates of a study, parameters at table values"


@dataclass(frozen=True)
class Values:
    """A figure in one causal setting: at the values of the tables, and in each parameter set (or resample)."""

    setting: str
    table: float
    sets: tuple[float, ...] = ()

    @cached_property
    def known(self) -> tuple[float, ...]:
        """The values that are numbers: in the parameter sets, or without these at the values of the tables."""
        return tuple(v for v in self.sets or (self.table,) if not math.isnan(v))

    @property
    def low(self) -> float:
        """5th percentile over the sets."""
        return self._ends[0]

    @property
    def high(self) -> float:
        """95th percentile over the sets."""
        return self._ends[1]

    @cached_property
    def _ends(self) -> tuple[float, float]:
        low, high = bounds(np.array(self.sets or (self.table,)))
        return float(low), float(high)


@dataclass(frozen=True)
class Figure:
    """A figure of a record.

    Attributes
    ----------
    name, label, unit, digits
        Its name in the ledger, what it is, its unit, digits to print.
    scenario
        The scenario or the study that it was read from.
    over
        What its range is over: parameter sets, or resamples of the simulated people or of the replicates of a study.
    values
        One entry for each causal setting that was run.
    bound
        What it was judged against, or None.
    judged
        Whether a rule was applied to it; the others are shown beside it.
    """

    name: str
    label: str
    unit: str
    digits: int
    scenario: str
    over: str
    values: tuple[Values, ...]
    bound: float | None = None
    judged: bool = False


@dataclass(frozen=True)
class EvidenceRow:
    """A row of the tables that a record leans on, what it says about the claim, and whether it counts."""

    id: str
    words: str
    reference: str
    verified: Seen
    says: Says
    grade: Grade
    counts: bool
    why: str


@dataclass(frozen=True)
class Part:
    """One part of a claim and what its rule gave.

    Attributes
    ----------
    name, words
        Its name in the ledger, and what would have to hold.
    rule, threshold
        The rule of the closed list, and what it asks here, in words, with the reason.
    verdict
        None for what is shown and not judged.
    finding
        What came out, in words.
    share
        Share of the parameter sets in which it holds (of several settings: in the worst), or None.
    figure
        Name of the figure that was judged, or empty.
    rows
        Rows of the tables, for a part that is judged by evidence.
    """

    name: str
    words: str
    rule: str
    threshold: str
    verdict: Verdict | None
    finding: str
    share: float | None = None
    figure: str = ""
    rows: tuple[EvidenceRow, ...] = ()


@dataclass(frozen=True)
class Record:
    """What the ledger says about one claim.

    `verdict` is one of `VERDICTS`; `key` is the figure that stands in the table, `key_label` what it is.
    """

    id: str
    article: str
    claim: str
    short: str
    kind: str
    how_to_check: str
    shows: str
    checked: str
    scenarios: tuple[str, ...]
    studies: tuple[str, ...]
    parts: tuple[Part, ...]
    figures: tuple[Figure, ...]
    background: tuple[EvidenceRow, ...]
    key: str
    key_label: str
    verdict: Verdict
    reason: str
    would_change: str

    def figure(self, name: str) -> Figure:
        """Return a figure by its name."""
        return next(figure for figure in self.figures if figure.name == name)


@dataclass(frozen=True)
class Ledger:
    """All records, the hash of what they were computed from, and how they were computed."""

    key: str
    version: str
    draws: int
    people: int
    seconds: float
    records: tuple[Record, ...]

    def record(self, id_: str) -> Record:
        """Return a record by the id of its claim."""
        return next(record for record in self.records if record.id == id_)


def as_json(ledger: Ledger) -> dict[str, Any]:
    """Return a ledger as plain lists and texts; figures as they are, not rounded to what is printed."""
    plain: dict[str, Any] = asdict(ledger)
    return plain


def from_json(plain: Mapping[str, Any]) -> Ledger:
    """Return the ledger of what `as_json` gave.

    Raises
    ------
    KeyError, TypeError
        If it is not such a text.
    """
    return Ledger(**{**plain, "records": tuple(_record(row) for row in plain["records"])})


def _record(row: Mapping[str, Any]) -> Record:
    return Record(
        **{
            **row,
            "scenarios": tuple(row["scenarios"]),
            "studies": tuple(row["studies"]),
            "parts": tuple(_part(part) for part in row["parts"]),
            "figures": tuple(_figure(figure) for figure in row["figures"]),
            "background": _rows(row["background"]),
        }
    )


def _part(row: Mapping[str, Any]) -> Part:
    return Part(**{**row, "rows": _rows(row["rows"])})


def _rows(rows: list[Mapping[str, Any]]) -> tuple[EvidenceRow, ...]:
    return tuple(EvidenceRow(**row) for row in rows)


def _figure(row: Mapping[str, Any]) -> Figure:
    values = tuple(Values(v["setting"], v["table"], tuple(v["sets"])) for v in row["values"])
    return Figure(**{**row, "values": values})

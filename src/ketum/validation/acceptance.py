"""What has to be reached: criteria that were written before the run, and whether predictions reach them."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import numpy as np

from ketum.errors import EvidenceError
from ketum.validation.agreement import Agreement, Rules
from ketum.validation.comparisons import Rows


@dataclass(frozen=True, slots=True)
class Criterion:
    """One acceptance criterion; `domain` "*" is all domains together, and for GMFE the worst of them."""

    id: str
    domain: str
    rows: Rows
    measure: str
    at_least: float | None
    at_most: float | None
    required: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The file: when and on what grounds it was written, the rules, the criteria."""

    record: Mapping[str, Any]
    rules: Rules
    criteria: tuple[Criterion, ...]


@cache
def load_acceptance() -> Acceptance:
    """Return the acceptance criteria.

    Raises
    ------
    EvidenceError
        A criterion has an unknown measure, or not exactly one limit.

    Examples
    --------
    >>> load_acceptance().rules.fold
    2.0
    """
    text = resources.files("ketum.validation").joinpath("acceptance.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    criteria = tuple(
        Criterion(
            c["id"],
            c["domain"],
            c["rows"],
            c["measure"],
            c.get("at_least"),
            c.get("at_most"),
            c["required"],
            c["reason"],
        )
        for c in document["criterion"]
    )
    for c in criteria:
        if c.measure not in MEASURES:
            raise EvidenceError(
                f"acceptance.toml, criterion {c.id}: measure {c.measure!r} is not known; give one of "
                f"{', '.join(MEASURES)}"
            )
        if (c.at_least is None) == (c.at_most is None):
            raise EvidenceError(f"acceptance.toml, criterion {c.id}: give one of at_least and at_most")
    return Acceptance(document["record"], Rules(**document["rules"]), criteria)


def _direction(row: Agreement) -> bool | None:
    """Return whether the published sign is the predicted one; None of a row that is no direction."""
    one = row.comparison
    if one.scale != "direction":
        return None
    return bool(np.sign(row.predicted.middle) == np.sign(one.observed.value))


def _shares(pick: Callable[[Agreement], bool | None]) -> Callable[[Sequence[Agreement]], list[float]]:
    def known(rows: Sequence[Agreement]) -> list[float]:
        return [float(flag) for flag in map(pick, rows) if flag is not None]

    return known


def _fold_logs(rows: Sequence[Agreement]) -> list[float]:
    return [abs(math.log10(row.fold)) for row in rows if not math.isnan(row.fold)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


_PARTS: Mapping[str, Callable[[Sequence[Agreement]], list[float]]] = MappingProxyType(
    {
        "gmfe": _fold_logs,
        "share_within": _shares(lambda row: row.within),
        "share_inside": _shares(lambda row: row.inside),
        "share_inside_all": _shares(lambda row: row.inside_all),
        "share_direction": _shares(_direction),
        "share_accepted": _shares(lambda row: row.accepted),
    }
)
"""What each measure averages over rows."""
MEASURES = tuple(_PARTS)
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "gmfe": "fold error",
        "share_within": "rule",
        "share_inside": "interval of chance",
        "share_inside_all": "interval with parameter uncertainty",
        "share_direction": "direction",
        "share_accepted": "accepted range",
    }
)
"""What a row needs to count in each measure."""


def measure(name: str, rows: Sequence[Agreement]) -> tuple[float, int]:
    """Return a measure over rows, and over how many of them: GMFE, 10^(mean |log10 fold error|), or a share.

    Nan, 0 where no row has it.
    """
    parts = _PARTS[name](rows)
    mean = _mean(parts)
    return (10.0**mean if name == "gmfe" else mean), len(parts)


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """A criterion and what was found.

    Attributes
    ----------
    criterion : Criterion
    value : float
        The measure; nan where no row has it.
    rows : int
        Over how many rows.
    met : bool or None
        None where the criterion cannot be judged.
    where : str
        The domain of the worst GMFE where a criterion is about all domains.
    unjudged : str
        Why it cannot be judged, in words; empty where it is.
    """

    criterion: Criterion
    value: float
    rows: int
    met: bool | None
    where: str = ""
    unjudged: str = ""


def counted(rows: Sequence[Agreement]) -> list[Agreement]:
    """Return the rows that criteria are about: hearsay is no measurement."""
    return [row for row in rows if row.comparison.kind != "hearsay"]


def results(rows: Sequence[Agreement], criteria: Sequence[Criterion]) -> tuple[CriterionResult, ...]:
    """Return what became of each criterion."""
    return tuple(_result(rows, criterion) for criterion in criteria)


def _result(rows: Sequence[Agreement], criterion: Criterion) -> CriterionResult:
    asked = [
        row
        for row in rows
        if row.comparison.calibration == (criterion.rows == "calibration")
        and criterion.domain in ("*", row.comparison.domain)
    ]
    where = ""
    if criterion.domain == "*" and criterion.measure == "gmfe":
        value, count, where = _worst(counted(asked))
    else:
        value, count = measure(criterion.measure, counted(asked))
    if not count:
        return CriterionResult(criterion, value, 0, None, unjudged=_why_not(asked, criterion))
    limit = criterion.at_most if criterion.at_least is None else criterion.at_least
    assert limit is not None
    met = value >= limit if criterion.at_least is not None else value <= limit
    return CriterionResult(criterion, value, count, met, where)


def _why_not(rows: Sequence[Agreement], criterion: Criterion) -> str:
    """Say why no row has the measure."""
    some = counted(rows)
    parts = []
    directions = sum(row.comparison.scale == "direction" for row in some)
    if directions:
        parts.append(f"{directions} say a direction only")
    if directions < len(some):
        parts.append(f"{len(some) - directions} lack the measure for another reason (compared by difference, no n)")
    if len(some) < len(rows):
        parts.append(f"{len(rows) - len(some)} are hearsay and not counted")
    return f"no row has a {WORDS[criterion.measure]} ({'; '.join(parts) if parts else 'there is no such row'})"


def _worst(rows: Sequence[Agreement]) -> tuple[float, int, str]:
    """Return the largest GMFE of a domain, the rows it rests on, and the domain."""
    found = []
    for domain in sorted({row.comparison.domain for row in rows}):
        value, count = measure("gmfe", [row for row in rows if row.comparison.domain == domain])
        if count:
            found.append((value, count, domain))
    return max(found, default=(math.nan, 0, ""))

"""What has to be reached: criteria that were written before the run, and whether predictions reach them."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from ketum.errors import EvidenceError
from ketum.validation.predict import Predicted

Rows = Literal["calibration", "other"]


@dataclass(frozen=True, slots=True)
class Rules:
    """How a prediction is judged: level of intervals, fold, and what counts as near where no fold is taken."""

    interval: float
    fold: float
    edge: float
    near: float
    effect: float
    points: float


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


@dataclass(frozen=True, slots=True)
class Judged:
    """A prediction and how it stands to the observation.

    Attributes
    ----------
    predicted : Predicted
    fold : float
        Predicted over observed where both lie on a ratio scale; else nan. One where a published bound is kept.
    difference : float
        Predicted minus observed.
    within : bool or None
        Within two-fold, or near enough by the rules; None for a direction.
    inside, inside_all : bool or None
        Whether the published number lies in the interval of chance (None where n is not known), and in that with
        parameter uncertainty. None where the model gives everybody the same and the interval has no width.
    overlaps : bool or None
        Whether the published interval and the interval with parameter uncertainty overlap; None without one.
    accepted : bool or None
        Whether it lies in the accepted range of a calibration target.
    """

    predicted: Predicted
    fold: float
    difference: float
    within: bool | None
    inside: bool | None
    inside_all: bool | None
    overlaps: bool | None
    accepted: bool | None


def judge(found: Predicted, rules: Rules) -> Judged:
    """Return how a prediction stands to its observation.

    Fold error on a ratio scale; the difference for percentages within ``edge`` of 0 or 100 and for effect sizes.
    """
    case = found.case
    seen, middle = case.observed, found.middle
    accepted = _accepted(found) if case.calibration else None
    if case.scale == "direction":
        return Judged(found, math.nan, math.nan, None, None, None, None, accepted)
    kept = (seen.bound == "above" and middle >= seen.value) or (seen.bound == "below" and middle <= seen.value)
    nan_fold = case.scale == "difference" or not middle > 0.0 or not seen.value > 0.0 or not math.isfinite(middle)
    if case.scale == "percent":
        nan_fold |= not rules.edge <= seen.value <= 100.0 - rules.edge
    fold = math.nan if nan_fold else 1.0 if kept else middle / seen.value
    difference = 0.0 if kept else middle - seen.value
    if nan_fold:
        limit = rules.near if case.scale == "percent" else rules.points if "points" in case.unit else rules.effect
        within = abs(difference) <= limit
    else:
        within = 1.0 / rules.fold <= fold <= rules.fold
    inside = None if case.n is None or found.alike else _inside(found.low, found.high, found)
    with_sets = not math.isnan(found.low_all)
    width = found.high_all > found.low_all or not found.alike
    inside_all = _inside(found.low_all, found.high_all, found) if with_sets and width else None
    low, high = (found.low_all, found.high_all) if with_sets else (found.low, found.high)
    overlaps = None
    if seen.low is not None and seen.high is not None:
        overlaps = low <= seen.high and high >= seen.low
    return Judged(found, fold, difference, within, inside, inside_all, overlaps, accepted)


def _inside(low: float, high: float, found: Predicted) -> bool:
    seen = found.case.observed
    if seen.bound == "above":
        return high >= seen.value
    if seen.bound == "below":
        return low <= seen.value
    slack = 1e-9 * abs(seen.value)  # rounding of an interval without width
    return low - slack <= seen.value <= high + slack


def _accepted(found: Predicted) -> bool:
    low, high = found.case.accepted
    return (low is None or low <= found.whole) and (high is None or found.whole <= high)


def _direction(row: Judged) -> bool | None:
    """Return whether the published sign is the predicted one; None of a row that is no direction."""
    case = row.predicted.case
    if case.scale != "direction":
        return None
    return bool(np.sign(row.predicted.middle) == np.sign(case.observed.value))


def _shares(pick: Callable[[Judged], bool | None]) -> Callable[[Sequence[Judged]], list[float]]:
    def known(rows: Sequence[Judged]) -> list[float]:
        return [float(flag) for flag in map(pick, rows) if flag is not None]

    return known


def _fold_logs(rows: Sequence[Judged]) -> list[float]:
    return [abs(math.log10(row.fold)) for row in rows if not math.isnan(row.fold)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


_PARTS: Mapping[str, Callable[[Sequence[Judged]], list[float]]] = MappingProxyType(
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


def measure(name: str, rows: Sequence[Judged]) -> tuple[float, int]:
    """Return a measure over rows, and over how many of them: GMFE, 10^(mean |log10 fold error|), or a share.

    Nan, 0 where no row has it.
    """
    parts = _PARTS[name](rows)
    mean = _mean(parts)
    return (10.0**mean if name == "gmfe" else mean), len(parts)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A criterion and what was found: the number, over how many rows, and whether it is met; None where no row is.

    `where` is the domain of the worst GMFE where a criterion is about all domains.
    """

    criterion: Criterion
    value: float
    rows: int
    met: bool | None
    where: str


def counted(rows: Sequence[Judged]) -> list[Judged]:
    """Return the rows that criteria are about: hearsay is no measurement."""
    return [row for row in rows if row.predicted.case.kind != "hearsay"]


def outcomes(rows: Sequence[Judged], criteria: Sequence[Criterion]) -> tuple[Outcome, ...]:
    """Return what became of each criterion."""
    return tuple(_outcome(counted(rows), criterion) for criterion in criteria)


def _outcome(rows: Sequence[Judged], criterion: Criterion) -> Outcome:
    calibration = criterion.rows == "calibration"
    fitting = [row for row in rows if row.predicted.case.calibration == calibration]
    if criterion.domain != "*":
        here = [row for row in fitting if row.predicted.case.domain == criterion.domain]
        value, count = measure(criterion.measure, here)
        where = ""
    elif criterion.measure == "gmfe":
        value, count, where = _worst(fitting)
    else:
        value, count = measure(criterion.measure, fitting)
        where = ""
    if not count:
        return Outcome(criterion, value, 0, None, where)
    limit = criterion.at_most if criterion.at_least is None else criterion.at_least
    assert limit is not None
    return Outcome(criterion, value, count, value >= limit if criterion.at_least is not None else value <= limit, where)


def _worst(rows: Sequence[Judged]) -> tuple[float, int, str]:
    """Return the largest GMFE of a domain, the rows it rests on, and the domain."""
    found = []
    for domain in sorted({row.predicted.case.domain for row in rows}):
        value, count = measure("gmfe", [row for row in rows if row.predicted.case.domain == domain])
        if count:
            found.append((value, count, domain))
    return max(found, default=(math.nan, 0, ""))

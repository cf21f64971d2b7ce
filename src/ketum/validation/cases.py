"""Everything that is predicted, in one shape: the calibration rows, and the other rows that the model can predict."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ketum.errors import EvidenceError
from ketum.evidence import Observation, load_calibration_targets, load_observations
from ketum.evidence.names import nearest
from ketum.evidence.tables import read_table, unique
from ketum.validation.heldout import STUDIES as MORE_STUDIES
from ketum.validation.heldout_statistics import MORE_STATISTICS, SAME_PERSONS, arrays_of, number_of
from ketum.validation.predictions import load_predictions

Array = NDArray[np.float64]
Kind = Literal["measured", "recalled", "hearsay", "words"]
Scale = Literal["ratio", "percent", "difference", "direction"]
Bound = Literal["", "above", "below"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_COLUMNS = (
    "row",
    "domain",
    "study",
    "quantity",
    "statistic",
    "group",
    "against",
    "unit",
    "n",
    "kind",
    "observed",
    "low",
    "high",
    "note",
)
_BOUND = re.compile(r"^(>=|>|<=|<)\s*([0-9.]+)$")
_DIFFERENCES = ("difference", "hedges g", "correlation")
_WORDS = ("sign of difference", "sign of correlation")
_OF_ESTIMATE = re.compile(r"\bC(r)?I\b")


@dataclass(frozen=True, slots=True)
class Observed:
    """What was published: the number, the interval of that number if one was given, and whether it is a bound."""

    value: float
    low: float | None
    high: float | None
    bound: Bound = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the evidence beside the statistic that predicts it.

    Attributes
    ----------
    row, observation : str
        Id of the calibration target or of the observation; the observation behind it, empty if there is none.
    domain, study, quantity, statistic, group, against, unit, n, note
        As in `ketum.validation.predictions.Prediction`.
    calibration : bool
        Whether parameters were fitted to it.
    kind
        `measured`; `recalled` (the number is from memory); `hearsay` (no measurement); `words` (a direction).
    observed : Observed
    accepted : (float or None, float or None)
        Accepted range of a calibration target.
    title, source : str
        What it is in words; keys of the bibliography.
    verified : str
        How the number was seen.
    """

    row: str
    observation: str
    domain: str
    study: str
    quantity: str
    statistic: str
    group: str
    against: str
    unit: str
    n: int | None
    note: str
    calibration: bool
    kind: Kind
    observed: Observed
    accepted: tuple[float | None, float | None]
    title: str
    source: str
    verified: str

    @property
    def scale(self) -> Scale:
        """How prediction and observation are compared."""
        if self.statistic in _WORDS:
            return "direction"
        if self.statistic in _DIFFERENCES:
            return "difference"
        return "percent" if self.unit == "%" else "ratio"

    @property
    def same_persons(self) -> bool:
        """Whether the arrays behind the statistic belong to the same participants."""
        return self.statistic in SAME_PERSONS

    def arrays(self) -> tuple[str, ...]:
        """Return the names of the arrays behind the statistic."""
        return arrays_of(self.statistic, self.quantity, self.group, self.against)

    def number(self, found: Mapping[str, Array]) -> float:
        """Return the statistic of what a study found."""
        return number_of(self.statistic, self.quantity, self.group, self.against, found)


@cache
def load_cases() -> tuple[Case, ...]:
    """Return every case: calibration rows first.

    Examples
    --------
    >>> [case.row for case in load_cases() if case.statistic == "highest group mean"][0]
    'pk-065'
    """
    rows = {row.id: row for row in load_observations()}
    return (*_calibration(rows), *_heldout(rows))


def _calibration(rows: Mapping[str, Observation]) -> list[Case]:
    predictions = load_predictions()
    found = []
    for target in load_calibration_targets():
        p = predictions[target.id]
        row = rows[target.observation] if target.observation else None
        low, high = _interval(row) if row is not None and row.number == target.value else (None, None)
        case = Case(
            target.id,
            target.observation or "",
            p.domain,
            p.study,
            p.quantity,
            p.statistic,
            p.group,
            p.against,
            p.unit,
            p.n,
            "; ".join(part for part in (target.note, p.note) if part),
            True,
            "measured",
            Observed(target.value, low, high, "above" if target.accept_high is None else ""),
            (target.accept_low, target.accept_high),
            target.quantity,
            target.source,
            row.verified if row is not None else "",
        )
        found.append(case)
    return found


def _interval(row: Observation) -> tuple[float | None, float | None]:
    """Return the interval of the printed number itself: a confidence or credible interval, or a printed range."""
    if _OF_ESTIMATE.search(row.spread) or (row.number is None and row.low is not None and row.high is not None):
        return row.low, row.high
    return None, None


def published(row: Observation, *, percent: bool) -> Observed:
    """Return what a row says, as a number with the interval of that number.

    A bound such as ">25" is that number as a bound; of a range the middle is taken, geometric unless it is a
    percentage, with three figures.

    Raises
    ------
    EvidenceError
        The row holds no number.

    Examples
    --------
    >>> rows = {row.id: row for row in load_observations()}
    >>> published(rows["treatments-041"], percent=True).value
    37.5
    >>> published(rows["withdrawal-068"], percent=False)
    Observed(value=14.0, low=None, high=None, bound='above')
    """
    low, high = _interval(row)
    if row.number is not None:
        one_side: Bound = "below" if row.spread == "upper bound" else "above" if row.spread == "lower bound" else ""
        return Observed(row.number, low, high, one_side)
    bound = _BOUND.match(row.value)
    if bound:
        return Observed(float(bound[2]), None, None, "above" if bound[1].startswith(">") else "below")
    if low is not None and high is not None:
        middle = (low + high) / 2 if percent or min(low, high) <= 0 else float(np.sqrt(low * high))
        return Observed(float(f"{middle:.3g}"), low, high)
    if row.high is not None:
        return Observed(row.high, None, None, "below")
    raise EvidenceError(f"{row.id}: {row.value!r} is no number that can be predicted")


def _heldout(rows: Mapping[str, Observation]) -> list[Case]:
    table = resources.files("ketum.validation").joinpath("predictions_heldout.csv")
    found = []
    for row in unique(read_table(table, _COLUMNS), "row"):
        name = row.text("row")
        if name not in rows:
            raise row.error("row", f"give the id of an observation; {nearest(name, rows)}")
        source = rows[name]
        statistic, unit = row.choice("statistic", MORE_STATISTICS), row.text("unit")
        value = row.optional_number("observed")
        low, high = row.optional_number("low"), row.optional_number("high")
        observed = published(source, percent=unit == "%") if value is None else Observed(value, low, high)
        n = row.optional_number("n")
        case = Case(
            name,
            name,
            row.text("domain"),
            row.choice("study", MORE_STUDIES),
            row.text("quantity"),
            statistic,
            row.cells["group"],
            row.cells["against"],
            unit,
            None if n is None else round(n),
            row.cells["note"],
            False,
            row.choice("kind", KINDS),
            observed,
            (None, None),
            _title(source),
            source.source,
            source.verified,
        )
        found.append(case)
    return found


def _title(row: Observation) -> str:
    """Return what a row is about, in words."""
    parts = [row.details.get("analyte", ""), row.quantity]
    dose = f"{row.details.get('dose', '')} {row.details.get('dose_unit', '')}".strip()
    regimen = row.details.get("regimen", "")
    said = " ".join(part for part in parts if part)
    where = ", ".join(part for part in (row.details.get("product", ""), dose, regimen) if part)
    return f"{said} ({where})" if where else said

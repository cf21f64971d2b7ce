"""Every row of the evidence that is predicted, beside the statistic of a study that predicts it (`predictions.csv`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ketum.errors import EvidenceError
from ketum.evidence import CalibrationTarget, Observation, load_calibration_targets, load_observations
from ketum.evidence.names import nearest
from ketum.evidence.tables import Row, read_table, unique
from ketum.validation.catalogue import STUDIES
from ketum.validation.statistics import (
    DIFFERENCES,
    SAME_PERSONS,
    SIGNS,
    STATISTICS,
    TWO_GROUPS,
    arrays_of,
    summarise,
)

Array = NDArray[np.float64]
Rows = Literal["calibration", "other"]
Kind = Literal["measured", "recalled", "hearsay", "words"]
Scale = Literal["ratio", "percent", "difference", "direction"]
Bound = Literal["", "above", "below"]
ROWS: Final[tuple[Rows, ...]] = get_args(Rows)
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_COLUMNS = (
    "row",
    "rows",
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
_OF_ESTIMATE = re.compile(r"\bC(r)?I\b")


@dataclass(frozen=True, slots=True)
class Observed:
    """What was published: the number, the interval of that number if one was given, and whether it is a bound."""

    value: float
    low: float | None
    high: float | None
    bound: Bound = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One row of the evidence beside the statistic that predicts it.

    Attributes
    ----------
    row : str
        Id of the calibration target or of the observation.
    observation : Observation or None
        The observation; behind a calibration target there may be none.
    target : CalibrationTarget or None
        The calibration target, if parameters were fitted to this row.
    domain : str
        The part of the model that it tests.
    study, quantity, statistic, group, against : str
        As in `ketum.validation.catalogue` and `ketum.validation.statistics`.
    unit : str
        Unit of the prediction: that of the row.
    n : int or None
        Participants of the published study, None where it is not known.
    kind
        `measured`; `recalled` (the number is from memory); `hearsay` (no measurement); `words` (a direction).
    observed : Observed
    note : str
    """

    row: str
    observation: Observation | None
    target: CalibrationTarget | None
    domain: str
    study: str
    quantity: str
    statistic: str
    group: str
    against: str
    unit: str
    n: int | None
    kind: Kind
    observed: Observed
    note: str

    @property
    def calibration(self) -> bool:
        """Whether parameters were fitted to it."""
        return self.target is not None

    @property
    def title(self) -> str:
        """What it is, in words."""
        if self.target is not None:
            return self.target.quantity
        return "" if self.observation is None else _title(self.observation)

    @property
    def source(self) -> str:
        """Keys of the bibliography."""
        if self.target is not None:
            return self.target.source
        return "" if self.observation is None else self.observation.source

    @property
    def verified(self) -> str:
        """How the number was seen; empty where there is no observation."""
        return "" if self.observation is None else self.observation.verified

    @property
    def scale(self) -> Scale:
        """How prediction and observation are compared."""
        if self.statistic in SIGNS:
            return "direction"
        if self.statistic in DIFFERENCES:
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
        return summarise(self.statistic, self.quantity, self.group, self.against, found)


@cache
def load_comparisons() -> Mapping[str, Comparison]:
    """Return every comparison by row: calibration rows first.

    Raises
    ------
    EvidenceError
        A line cannot be used: it names no row of the evidence, no study, or no statistic.

    Examples
    --------
    >>> load_comparisons()["K1"].study
    'tea'
    """
    observations = {row.id: row for row in load_observations()}
    targets = {target.id: target for target in load_calibration_targets()}
    table = resources.files("ketum.validation").joinpath("predictions.csv")
    found = [_comparison(row, observations, targets) for row in unique(read_table(table, _COLUMNS), "row")]
    return MappingProxyType({one.row: one for one in found})


def _comparison(
    row: Row, observations: Mapping[str, Observation], targets: Mapping[str, CalibrationTarget]
) -> Comparison:
    name, rows = row.text("row"), row.choice("rows", ROWS)
    ids = targets if rows == "calibration" else observations
    if name not in ids:
        what = "calibration target" if rows == "calibration" else "observation"
        raise row.error("row", f"give the id of {'an' if what[0] == 'o' else 'a'} {what}; {nearest(name, ids)}")
    target = targets[name] if rows == "calibration" else None
    observation = observations.get(name if target is None else target.observation or "")
    statistic, unit = row.choice("statistic", STATISTICS), row.text("unit")
    if statistic in TWO_GROUPS and not (row.cells["group"] and row.cells["against"]):
        raise row.error("against", f"{statistic} needs two groups")
    value = row.optional_number("observed")
    if target is not None:
        observed = _of_target(target, observation)
    elif value is not None:
        observed = Observed(value, row.optional_number("low"), row.optional_number("high"))
    else:
        assert observation is not None
        observed = published(observation, percent=unit == "%")
    n = row.optional_number("n")
    note = row.cells["note"]
    return Comparison(
        name,
        observation,
        target,
        row.text("domain"),
        row.choice("study", STUDIES),
        row.text("quantity"),
        statistic,
        row.cells["group"],
        row.cells["against"],
        unit,
        None if n is None else round(n),
        row.choice("kind", KINDS),
        observed,
        note if target is None else "; ".join(part for part in (target.note, note) if part),
    )


def _of_target(target: CalibrationTarget, row: Observation | None) -> Observed:
    low, high = _interval(row) if row is not None and row.number == target.value else (None, None)
    return Observed(target.value, low, high, "above" if target.accept_high is None else "")


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


def _title(row: Observation) -> str:
    """Return what a row is about, in words."""
    parts = [row.details.get("analyte", ""), row.quantity]
    dose = f"{row.details.get('dose', '')} {row.details.get('dose_unit', '')}".strip()
    regimen = row.details.get("regimen", "")
    said = " ".join(part for part in parts if part)
    where = ", ".join(part for part in (row.details.get("product", ""), dose, regimen) if part)
    return f"{said} ({where})" if where else said

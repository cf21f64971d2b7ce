"""The calibration rows: in which block each is fitted, and how far off a prediction is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

import numpy as np

from ketum.errors import EvidenceError
from ketum.evidence import CalibrationTarget
from ketum.evidence.tables import Row as Line
from ketum.evidence.tables import read_table, unique
from ketum.validation.catalogue import STUDIES

Role = Literal["fitted", "checked"]
_ROLES: tuple[Role, ...] = ("fitted", "checked")
_SCALES = ("log", "linear")
_SIGMAS = 4.0
"""The accepted range is taken as two SD to either side."""
_LOPSIDED = 2.0
"""One side of the accepted range over the other, from which the range is called lopsided."""


@dataclass(frozen=True, slots=True)
class FitRow:
    """One calibration row in its block.

    Attributes
    ----------
    target : CalibrationTarget
    block : str
    role : str
        `fitted`, or `checked` only.
    log : bool
        Whether residuals are those of logarithms.
    """

    target: CalibrationTarget
    block: str
    role: Role
    log: bool

    @property
    def sides(self) -> tuple[float, float]:
        """How far the accepted range reaches below and above the target, on the scale of the residual."""
        low, high = self.target.accept_low, self.target.accept_high
        if low is None or high is None:
            raise EvidenceError(f"target {self.target.id}: a row that is fitted needs an accepted range on both sides")
        return -self._from_target(low), self._from_target(high)

    @property
    def sigma(self) -> float:
        """SD of the residual: a quarter of the accepted range, on the scale of the residual."""
        return sum(self.sides) / _SIGMAS

    @property
    def lopsided(self) -> bool:
        """Whether the accepted range reaches at least twice as far to one side as to the other."""
        return max(self.sides) >= _LOPSIDED * min(self.sides)

    def residual(self, value: float, *, two_sided: bool = False) -> float:
        """Return how far a prediction is from the target, in SD.

        Parameters
        ----------
        value : float
        two_sided : bool
            Take half of the accepted range on the prediction's own side as the SD (one SD for both sides where the
            target is an end of its range), instead of a quarter of the whole.
        """
        if not np.isfinite(value) or (self.log and value <= 0.0):
            raise EvidenceError(f"target {self.target.id}: the study gave no number with these parameters ({value})")
        distance = self._from_target(value)
        own = self.sides[distance > 0.0] * 2.0 / _SIGMAS
        return distance / (own if two_sided and min(self.sides) > 0.0 else self.sigma)

    def _from_target(self, value: float) -> float:
        return float(np.log(value / self.target.value) if self.log else value - self.target.value)


def _lines(name: str, columns: Sequence[str], key: str) -> tuple[Line, ...]:
    return unique(read_table(resources.files("ketum.calibration").joinpath(name), columns), key)


@cache
def block_labels() -> Mapping[str, str]:
    """Return the blocks in their order, with the words for each.

    Examples
    --------
    >>> block_labels()["remission"]
    'recovery of episodes'
    """
    return {row.text("block"): row.text("label") for row in _lines("blocks.csv", ("block", "label", "note"), "block")}


@cache
def study_sizes() -> Mapping[str, int]:
    """Return with how many persons each study is lived.

    Examples
    --------
    >>> study_sizes()["probes"]
    32
    """
    rows = _lines("sizes.csv", ("study", "persons", "note"), "study")
    return {row.choice("study", STUDIES): round(row.number("persons")) for row in rows}


def load_rows(targets: Sequence[CalibrationTarget]) -> tuple[FitRow, ...]:
    """Return the rows in the order of `rows.csv`.

    Parameters
    ----------
    targets : sequence of CalibrationTarget
        Those of the evidence, or of a file of one's own with some of the same ids.

    Raises
    ------
    EvidenceError
        If there is no target, or one is fitted in no block.
    """
    if not targets:
        raise EvidenceError("calibration targets: there is none; give at least one row")
    by_id = {target.id: target for target in targets}
    found = []
    for row in _lines("rows.csv", ("row", "block", "role", "scale", "note"), "row"):
        target = by_id.pop(row.text("row"), None)
        block, role, scale = (
            row.choice("block", block_labels()),
            row.choice("role", _ROLES),
            row.choice("scale", _SCALES),
        )
        if target is not None:
            found.append(FitRow(target, block, role, scale == "log"))
    if by_id:
        raise EvidenceError(f"calibration targets {', '.join(by_id)}: fitted in no block (rows.csv)")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Apart:
    """A parameter that was not fitted to calibration rows: set by `judgement`, or read off `other rows`."""

    parameter: str
    kind: str
    set_to: str


@cache
def set_apart() -> tuple[Apart, ...]:
    """Return the parameters that were set otherwise, and to what."""
    rows = _lines("set_apart.csv", ("parameter", "kind", "set_to"), "parameter")
    return tuple(
        Apart(row.text("parameter"), row.choice("kind", ("judgement", "other rows")), row.text("set_to"))
        for row in rows
    )

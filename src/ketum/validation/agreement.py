"""How a prediction stands to its observation: fold, difference, and in which intervals the published number lies."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ketum.validation.comparisons import Comparison
from ketum.validation.predict import Predicted


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
class Agreement:
    """A prediction and how it stands to the observation.

    Attributes
    ----------
    predicted : Predicted
    fold : float
        Predicted over observed on a ratio scale; else nan. One where a published bound is kept, infinite where the
        prediction is zero, infinite or no number.
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

    @property
    def comparison(self) -> Comparison:
        """The row of the evidence and the statistic beside it."""
        return self.predicted.comparison


def agreement(found: Predicted, rules: Rules) -> Agreement:
    """Return how a prediction stands to its observation.

    Fold error on a ratio scale; the difference for percentages within ``edge`` of 0 or 100 and for effect sizes. A
    prediction of nothing, of never, or of no number at all, beside a published number above zero on a ratio scale, is
    an infinite fold.
    """
    one = found.comparison
    seen, middle = one.observed, found.middle
    accepted = None if one.target is None else one.target.accepts(found.whole)
    if one.scale == "direction":
        return Agreement(found, math.nan, math.nan, None, None, None, None, accepted)
    kept = (seen.bound == "above" and middle >= seen.value) or (seen.bound == "below" and middle <= seen.value)
    by_fold = one.scale != "difference" and seen.value > 0.0
    if one.scale == "percent":
        by_fold &= rules.edge <= seen.value <= 100.0 - rules.edge
    difference = 0.0 if kept else middle - seen.value
    if by_fold:
        fold = 1.0 if kept else middle / seen.value if 0.0 < middle < math.inf else math.inf
        within = 1.0 / rules.fold <= fold <= rules.fold
    else:
        fold = math.nan
        limit = rules.near if one.scale == "percent" else rules.points if "points" in one.unit else rules.effect
        within = abs(difference) <= limit
    inside = None if one.n is None or found.alike else _inside(found.low, found.high, found)
    with_sets = not math.isnan(found.low_all)
    width = found.high_all > found.low_all or not found.alike
    inside_all = _inside(found.low_all, found.high_all, found) if with_sets and width else None
    low, high = (found.low_all, found.high_all) if with_sets else (found.low, found.high)
    overlaps = None
    if seen.low is not None and seen.high is not None:
        overlaps = low <= seen.high and high >= seen.low
    return Agreement(found, fold, difference, within, inside, inside_all, overlaps, accepted)


def _inside(low: float, high: float, found: Predicted) -> bool:
    seen = found.comparison.observed
    if seen.bound == "above":
        return high >= seen.value
    if seen.bound == "below":
        return low <= seen.value
    slack = 1e-9 * abs(seen.value)  # rounding of an interval without width
    return low - slack <= seen.value <= high + slack

"""Whether a design tells causal settings apart: what it would conclude in each, and how often that is in order.

Of two studies, one in each of two settings, the one in the setting with the larger truth should have the larger
conclusion and the larger estimate. How often it has, ties counted half, is the probability of superiority; 50% is a
coin. It is the share that is right where two alternatives are compared (two-alternative forced choice), for which
three in four is the usual threshold.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketum.reports.study_facts import Estimand, Estimator
from ketum.reports.study_reader import Repeated, StudyFolder
from ketum.studies.performance import LEVEL

LEAST_IN_ORDER = 0.75
"""Share in order from which on settings count as told apart: the threshold of two-alternative forced choice."""
_DIFFERENT = 2.0
"""Standard errors by which truths have to differ to count as different."""


@dataclass(frozen=True, slots=True)
class Concluded:
    """In how many replicates a study would conclude what."""

    below: int
    neither: int
    above: int

    @property
    def total(self) -> int:
        """Replicates that gave an answer."""
        return self.below + self.neither + self.above

    @property
    def mostly(self) -> int:
        """The conclusion that is drawn most often: -1, 0 or 1."""
        return max(((self.above, 1), (self.below, -1), (self.neither, 0)))[1]

    def times(self, side: int) -> int:
        """Return how often one of -1, 0 and 1 is concluded."""
        return (self.neither, self.above, self.below)[side]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two settings, that with the larger truth last, and how often conclusion and estimate are in the order of truth.

    `same` tells whether both call for the same conclusion.
    """

    smaller: str
    larger: str
    same: bool
    by_conclusion: float
    by_estimate: float


def concluded(repeated: Repeated) -> Concluded:
    """Return what the replicates would conclude, by a two-sided test at 5%."""
    sides = _sides(repeated)
    return Concluded(int((sides < 0).sum()), int((sides == 0).sum()), int((sides > 0).sum()))


def pairs(study: StudyFolder, estimand: Estimand, estimator: Estimator) -> list[Pair]:
    """Return every pair of settings whose truths differ beyond Monte-Carlo error and in which there are answers."""
    found = []
    told = [
        (s, row)
        for s, row in study.rows(estimand, estimator)
        if row.answered and math.isfinite(row.truth) and study.repeated[s.name, estimand.name, estimator.name].tested
    ]
    for (one, first), (other, second) in itertools.combinations(told, 2):
        mcse = math.hypot(_known(first.truth_mcse), _known(second.truth_mcse))
        if abs(second.truth - first.truth) <= _DIFFERENT * mcse or second.truth == first.truth:
            continue
        low, high = (one.name, other.name) if first.truth < second.truth else (other.name, one.name)
        ends = [study.repeated[name, estimand.name, estimator.name] for name in (low, high)]
        found.append(
            Pair(
                low,
                high,
                right(first.truth, first.no_effect) == right(second.truth, second.no_effect),
                in_order(*(_sides(end) for end in ends)),
                in_order(*(end.value for end in ends)),
            )
        )
    return found


def right(truth: float, no_effect: bool) -> int:
    """Return the conclusion that a truth calls for: -1, 0 or 1."""
    return 0 if no_effect else int(np.sign(truth))


def in_order(smaller: NDArray[np.float64], larger: NDArray[np.float64]) -> float:
    """Return the probability that one of the second is above one of the first, ties counted half.

    Examples
    --------
    >>> in_order(np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    0.875
    """
    ordered = np.sort(smaller)
    below = np.searchsorted(ordered, larger, side="left") + np.searchsorted(ordered, larger, side="right")
    return float(below.mean() / (2 * len(smaller)))


def alike(study: StudyFolder, estimand: Estimand, estimator: Estimator) -> Sequence[Concluded]:
    """Return the conclusions in each setting with answers if they are mostly the same although truths call for others.

    Empty otherwise.
    """
    rows = [(s, row) for s, row in study.rows(estimand, estimator) if row.answered]
    drawn = [concluded(study.repeated[s.name, estimand.name, estimator.name]) for s, _ in rows]
    called = {right(row.truth, row.no_effect) for _, row in rows}
    if len(called) > 1 and len({c.mostly for c in drawn}) == 1:
        return drawn
    return ()


def _sides(repeated: Repeated) -> NDArray[np.float64]:
    """Return the conclusion of each replicate: -1, 0 or 1."""
    return np.where(repeated.p < LEVEL, np.sign(repeated.value), 0.0)


def _known(mcse: float) -> float:
    return mcse if math.isfinite(mcse) else 0.0

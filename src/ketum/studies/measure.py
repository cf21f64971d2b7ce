"""What a study measures on its participants: scores with the noise of the instruments, recall, missing answers.

Whoever takes part a second time (in another round through the pool) answers anew: visits of round r are numbered from
r times `_A_ROUND` on. Answers on day 0 decide who may take part and are the same in every round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from ketum.engine.cohort import Tables
from ketum.engine.measure import Answers, hamd17, phq9
from ketum.mood.scales import item_nine, other_items
from ketum.people.streams import ASSIGNMENT, DROPOUT, MISSING, RECALL, normals, uniforms
from ketum.studies.lives.people import TRIAL
from ketum.studies.schema import DropoutTable

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
_A_ROUND = 100_000
_STEP = 0.01
"""Step of latent severity in the table of chances, points: chances between two steps are interpolated."""


@dataclass(frozen=True)
class Instruments:
    """Whose answers are taken, in which round through the pool.

    Attributes
    ----------
    keys : (P,) int64
    seed : int
    tables : Tables
    emptied : int
        How often the pool was gone through before.
    """

    keys: NDArray[np.int64]
    seed: int
    tables: Tables
    emptied: int

    def _answers(self, visits: Sequence[int], survey: int) -> Answers:
        numbers = np.array([v + _A_ROUND * self.emptied if v else 0 for v in visits], dtype=np.int64)
        return Answers(self.seed, self.keys, numbers, survey)

    def phq9(self, latent: Array, visits: Sequence[int]) -> Array:
        """Return PHQ-9 from two-week severity, (visit, person)."""
        return phq9(self._answers(visits, 0), np.ascontiguousarray(latent), self.tables)

    def hamd17(self, latent: Array, visits: Sequence[int]) -> Array:
        """Return HAM-D17 from severity of the day, (visit, person)."""
        return hamd17(self._answers(visits, TRIAL), np.ascontiguousarray(latent), self.tables)

    def uniform(self, stream: int, counters: Sequence[int] | NDArray[np.int64]) -> Array:
        """Return uniforms of this round, (counter, person)."""
        return uniforms(self.seed, self.keys, stream, np.asarray(counters) + _A_ROUND * self.emptied)

    def arms(self, count: int) -> NDArray[np.int64]:
        """Return the arm of each person: equal numbers in each, by lot."""
        order = np.argsort(self.uniform(ASSIGNMENT, [0])[0], kind="stable")
        arm = np.empty(len(self.keys), dtype=np.int64)
        arm[order] = np.arange(len(order)) % count
        return arm

    def recalled(self, before: Array, now: Array, error: float, towards_now: float) -> Array:
        """Return how a score of long ago is told today, within the scale."""
        noise = normals(self.seed, self.keys, RECALL, np.array([_A_ROUND * self.emptied]))[0]
        told = before + towards_now * (now - before) + error * noise
        most = self.tables.scales.value("phq9_max")
        scores: Array = np.clip(np.round(told), 0.0, most)
        return scores

    def seen(self, latent: Array, days: Sequence[int], dropout: DropoutTable) -> Flags:
        """Return which visits take place, (visit, person); the first always does.

        Of those at the mean of the first visit, `dropout.share` leave by the last visit, with a constant hazard; five
        points more multiply it by `dropout.by_severity`.
        """
        visits = len(days)
        taken = np.ones((visits, len(self.keys)), dtype=bool)
        if dropout.share > 0.0:
            hazard = -np.log1p(-dropout.share) / days[-1]
            worse = (latent - latent[0].mean()) / 5.0
            gaps = np.diff(days)[:, None]
            total = np.cumsum(hazard * gaps * dropout.by_severity ** worse[:-1], axis=0)
            taken[1:] &= total < -np.log(self.uniform(DROPOUT, [0])[0])
        if dropout.missed > 0.0:
            taken[1:] &= self.uniform(MISSING, days[1:]) >= dropout.missed
        return taken


def missing_as(scores: Array, taken: Flags, handled: str) -> Array:
    """Return scores with missing ones as not a number, or as the last one before (visit, person).

    Examples
    --------
    >>> scores = np.array([[5.0], [7.0], [9.0]])
    >>> missing_as(scores, np.array([[True], [True], [False]]), "last_observation")[:, 0].tolist()
    [5.0, 7.0, 7.0]
    """
    if handled == "complete_case":
        return np.where(taken, scores, np.nan)
    rows = np.where(taken, np.arange(len(scores))[:, None], 0)
    last = np.maximum.accumulate(rows, axis=0)
    return np.take_along_axis(scores, last, axis=0)


def chance_at_least(latent: Array, least: int, tables: Tables) -> Array:
    """Return the chance that the PHQ-9 of a two-week severity is `least` or more (mood.md section 4.1).

    The sum of item 9, binomial(3, p9), and of the 24 other points, binomial(24, p'). Interpolated between steps of a
    hundredth of a point.
    """
    most, item_most = tables.scales.value("phq9_max"), tables.scales.value("phq9_item_max")
    levels = np.arange(0.0, most, _STEP)
    ninth = np.array([item_nine.py_func(x / most, tables.mood.value("o_9")) for x in levels])  # type: ignore[attr-defined]
    others = np.array([other_items.py_func(x / most, p, most, item_most) for x, p in zip(levels, ninth, strict=True)])  # type: ignore[attr-defined]
    chance = np.zeros(len(levels))
    for points in range(int(item_most) + 1):
        rest = binom.sf(least - points - 1, int(most - item_most), others)
        chance += binom.pmf(points, int(item_most), ninth) * rest
    found: Array = np.interp(latent, levels, chance)
    return found

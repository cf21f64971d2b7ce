"""A search among sizes of a study, where every answer is noisy: which sizes to ask, and what is known of them.

First the range is halved on a logarithmic scale until a size can no longer be told from the goal. From there sizes
below and above the crossing are asked by turns, and a line is fitted to what was found within a factor of two of it
(`ketum.studies.crossing`). No replicate number is used twice, so that evaluations are independent.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ketum.errors import ScenarioError
from ketum.studies.crossing import Goal, Judged, Line, Power
from ketum.studies.performance import BEYOND, Measure, bias, share

Array = NDArray[np.float64]
Stage = Literal["largest", "smallest", "halving", "search", "check"]
Progress = Callable[[int, int, str], None]

NEAR: Final = 2.0
"""Factor in size within which evaluations are fitted together, unless the curve bends."""
BENT: Final = 0.001
"""Probability, if the line fits, of what is known, below which the curve is taken to bend."""
ROUNDS: Final = 4
"""A fit moves to where the curve crosses by the fit before, so often at most."""
PATIENCE: Final = 8
"""An end of the range takes at most one part in so many of all replicates."""
GROWTH: Final = 4
"""A batch takes at least one part in so many of what the search took before."""
PARTS: Final = ("rejections", "values", "truths")


@dataclass(frozen=True, slots=True)
class Batch:
    """What replicates of one size gave.

    Attributes
    ----------
    rejections : (replicate,) array
        1 where no effect was rejected, 0 where it was not, nan where the fit failed.
    values, truths : (replicate,) array
        Estimate (nan where the fit failed) and truth of its own participants.
    """

    rejections: Array
    values: Array
    truths: Array


Evaluate = Callable[[int, int, int], Batch]
"""Gives ``count`` replicates of size ``x`` from replicate number ``first`` on: evaluate(x, first, count)."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a search may take.

    Attributes
    ----------
    replicates : int
        Simulated studies in all.
    check : int
        Of these, kept for the size found.
    batch : int
        In one evaluation of the halving; later ones grow with what was spent, the largest size gets twice as many.
    width : float
        Width of the 95% interval of x over x at which the search ends.
    """

    replicates: int = 2000
    check: int = 400
    batch: int = 50
    width: float = 0.2

    def __post_init__(self) -> None:
        if not (self.batch >= 1 and 0 <= self.check < self.replicates and self.width > 0.0):
            raise ScenarioError(
                f"effort: {self.replicates} replicates, {self.check} for the check, batches of {self.batch}, width "
                f"{self.width}; batch and width are above 0, and check is below replicates"
            )


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is known of one size: of one batch, or of all batches of it together.

    Attributes
    ----------
    stage : str
    x, first, count, failed : int
        Size, number of the first replicate, replicates, and fits that failed among them; these are in no measure.
    power : Measure
        Share of fits that reject on the side of the truth (on either side where the truth is zero), and its MCSE.
    bias : Measure
        Mean of value minus truth of the own participants, and its MCSE.
    mean, truth : float
        Mean estimate and mean truth.
    null : bool
        Whether the truth is exactly zero in every replicate: ``power`` is then the type I error.
    """

    stage: Stage
    x: int
    first: int
    count: int
    failed: int
    power: Measure
    bias: Measure
    mean: float
    truth: float
    null: bool

    def biased(self, share_of_truth: float) -> bool:
        """Return whether the bias lies beyond Monte-Carlo error and beyond this share of the truth."""
        size = abs(self.bias.value)
        return size > BEYOND * self.bias.mcse and size > share_of_truth * abs(self.truth)


@dataclass
class Search:
    """What was asked so far, and what to ask next.

    Attributes
    ----------
    evaluate, goal, smallest, largest, effort, first, progress
        As in `ketum.studies.planning.find`.
    path : list of Evaluation
    batches : list of Batch
        In the order of the path.
    known : dict
        All responses at a size: rejections on the side of the truth, or value minus truth, of fits that did not fail.
    judged : dict
        How they stand to the goal.
    near : float
        Factor in size within which evaluations are fitted together; its square root lies between the crossing and where
        it is asked for, below and above.
    narrow : bool
        Whether the interval became as narrow as asked.
    """

    evaluate: Evaluate
    goal: Goal
    smallest: int
    largest: int
    effort: Effort
    first: int
    progress: Progress | None
    path: list[Evaluation] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    known: dict[int, Array] = field(default_factory=dict)
    judged: dict[int, Judged] = field(default_factory=dict)
    near: float = NEAR
    narrow: bool = False

    @property
    def spent(self) -> int:
        """Replicates so far."""
        return sum(one.count for one in self.path)

    def left(self, stage: Stage) -> int:
        """Return the replicates that this stage may still take."""
        return self.effort.replicates - self.spent - (0 if stage == "check" else self.effort.check)

    def ask(self, x: int, stage: Stage, count: int) -> Judged:
        """Evaluate at x as far as the budget goes, and say how all that is known there stands to the goal."""
        count = min(count, self.left(stage))
        if count > 0:
            batch = self.evaluate(x, self.first + self.spent, count)
            self.path.append(evaluation(stage, x, self.first + self.spent, batch))
            self.batches.append(batch)
            self.known[x] = np.concatenate([self.known.get(x, np.empty(0)), responses(self.goal, batch)])
            self.judged[x] = self.goal.judge(self.known[x])
            if self.progress is not None:
                self.progress(self.spent, self.effort.replicates, f"{stage}, {x}")
        return self.judged.get(x, "unclear")

    def pooled(self, x: int) -> Evaluation:
        """Return all that is known at x, before any check."""
        places = [n for n, one in enumerate(self.path) if one.x == x and one.stage != "check"]
        batches = [self.batches[n] for n in places]
        whole = Batch(*(np.concatenate([getattr(one, part) for one in batches]) for part in PARTS))
        return evaluation(self.path[places[0]].stage, x, self.path[places[0]].first, whole)

    def bracket(self) -> tuple[int, int]:
        """Return the largest size that surely falls short and the smallest that surely reaches the goal."""
        short = [x for x, judged in self.judged.items() if judged == "short"]
        reached = [x for x, judged in self.judged.items() if judged == "reached"]
        return max(short, default=self.smallest - 1), min(reached, default=self.largest + 1)

    def settle(self, x: int) -> Judged:
        """Ask an end of the range until it is clear how it stands to the goal, with one part in `PATIENCE` at most."""
        stage: Stage = "largest" if x == self.largest else "smallest"
        most = self.effort.replicates // PATIENCE
        while self.judged[x] == "unclear" and len(self.known[x]) < most and self.left(stage) > 0:
            self.ask(x, stage, self.effort.batch)
        return self.judged[x]

    def halve(self) -> float:
        """Return a size near the crossing: one that cannot be told from the goal, or the middle of a narrow range."""
        for end in (self.largest, self.smallest):
            if self.judged.get(end, "unclear") == "unclear":
                return float(end)
        low, high = self.smallest, self.largest
        while high - low > 1 and high > NEAR * low and self.left("halving") > 0:
            middle = round(_between(low, high))
            judged = self.ask(middle, "halving", self.effort.batch)
            if judged == "unclear":
                return float(middle)
            low, high = (middle, high) if judged == "short" else (low, middle)
        return _between(low, high)

    def narrow_down(self, centre: float) -> Line | None:
        """Evaluate around the crossing until it is known well enough; return the last line.

        A line alone does not end it: a size between those that fall short and those that reach the goal must have been
        asked too, lest a curve much steeper than the sizes are apart be taken for a line.
        """
        start, turn, self.narrow = self.spent, 0, False
        while True:
            line, centre = self.fit(centre)
            short, reached = self.bracket()
            if reached - short == 1:
                return line
            if line is not None:
                low, high = line.interval()
                tested = any(short < x < reached for x in self.known)
                self.narrow = tested and high - low <= self.effort.width * line.root
                if self.narrow or low > self.largest or high < self.smallest:
                    return line
            if self.left("search") <= 0:
                return line
            self.ask(self.aside(centre, turn), "search", max(self.effort.batch, (self.spent - start) // GROWTH))
            turn += 1

    def fit(self, centre: float) -> tuple[Line | None, float]:
        """Return the line of what is known near the crossing, and the crossing.

        Where the curve is found to bend, less counts as near from then on. Where there is no line that rises, the
        crossing is taken to lie in the middle between what falls short and what reaches the goal.
        """
        line = None
        for _ in range(ROUNDS):
            near = [x for x in sorted(self.known) if self.is_near(x, centre)]
            line = self.goal.line([(x, self.known[x]) for x in near])
            if line is None:
                short, reached = self.bracket()
                if short < reached:
                    centre = _between(max(short, self.smallest), min(reached, self.largest))
                break
            if line.fits < BENT:
                self.near = math.sqrt(self.near)
                continue
            centre = float(np.clip(line.root, self.smallest, self.largest))
            if near == [x for x in sorted(self.known) if self.is_near(x, centre)]:
                break
        return line, centre

    def is_near(self, x: int, centre: float) -> bool:
        """Return whether x is fitted together with the crossing; its neighbours always are."""
        return abs(x - centre) <= 1.0 or 1.0 / self.near <= (x + 1.0) / (centre + 1.0) <= self.near

    def aside(self, centre: float, turn: int) -> int:
        """Return a size below or above the crossing, by turns; never one of which the answer is known by its side."""
        factor, (short, reached) = math.sqrt(self.near), self.bracket()
        inside = short < centre < reached
        below = max(centre / factor, (short + centre) / 2.0) if inside else centre / factor
        above = min(centre * factor, (centre + reached) / 2.0) if inside else centre * factor
        low = min(round(below), math.floor(centre), self.largest - 1)
        high = max(round(above), math.ceil(centre), low + 1)
        if inside:
            low, high = max(low, short + 1), min(high, reached - 1)
        return int(np.clip(high if turn % 2 else low, self.smallest, self.largest))


def _between(low: float, high: float) -> float:
    """Return the middle on a logarithmic scale that begins at zero."""
    return math.sqrt((low + 1.0) * (high + 1.0)) - 1.0


def hits(batch: Batch) -> Array:
    """Return rejections on the side of the truth, of the fits that did not fail."""
    side = np.sign(np.nanmean(batch.truths)) if np.isfinite(batch.truths).any() else 0.0
    aside = (side != 0.0) & (np.sign(batch.values) != side)
    return np.asarray(np.where(aside, 0.0, batch.rejections)[np.isfinite(batch.rejections)])


def responses(goal: Goal, batch: Batch) -> Array:
    """Return what the goal is judged by, of the fits that did not fail."""
    if isinstance(goal, Power):
        return hits(batch)
    errors = batch.values - batch.truths
    return np.asarray(errors[np.isfinite(errors)])


def evaluation(stage: Stage, x: int, first: int, batch: Batch) -> Evaluation:
    """Return the measures of a batch."""
    fitted = np.isfinite(batch.rejections)
    values, known = batch.values[fitted], batch.truths[np.isfinite(batch.truths)]
    return Evaluation(
        stage=stage,
        x=x,
        first=first,
        count=len(fitted),
        failed=int(len(fitted) - fitted.sum()),
        power=share(hits(batch)),
        bias=bias(values, batch.truths[fitted]),
        mean=float(values.mean()) if len(values) else math.nan,
        truth=float(known.mean()) if len(known) else math.nan,
        null=bool(np.all(batch.truths == 0.0)),
    )

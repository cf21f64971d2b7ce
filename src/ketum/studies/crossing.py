"""Where a curve that is known only by noisy replicates crosses a level: power against its target, bias against a bound.

Either goal is a straight line in the square root of x near its crossing: the probit of power, since for an estimator
with standard error s / sqrt(n) power is Phi(sqrt(n) effect / s - 1.96); and bias, over a range narrow enough. The
interval of the crossing is Fieller's: the x at which the line does not differ from the level beyond Monte-Carlo error.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import binomtest, chi2, f

from ketum.errors import ScenarioError
from ketum.studies.performance import BEYOND

Array = NDArray[np.float64]
Points = Sequence[tuple[int, Array]]
Judged = Literal["short", "reached", "unclear"]

SURE: Final = 0.99
"""Confidence with which one x alone is said to reach the goal or to fall short of it."""
_ROUNDING: Final = 1e-9
_SURELY: Final = float(ndtri(1.0 - (1.0 - SURE) / 2.0))


@dataclass(frozen=True, slots=True)
class Line:
    """A line in sqrt(x), rising towards the goal, and the level at which the goal is reached.

    Attributes
    ----------
    intercept, slope : float
    covariance : (2, 2) array
    level : float
        On the scale of the line.
    fits : float
        P-value of the lack of fit: the probability of points as far from the line if it holds.
    """

    intercept: float
    slope: float
    covariance: Array
    level: float
    fits: float = 1.0

    def at(self, x: float) -> tuple[float, float]:
        """Return the height of the line at x and its standard error."""
        row = np.array([1.0, math.sqrt(x)])
        return float(row @ (self.intercept, self.slope)), math.sqrt(float(row @ self.covariance @ row))

    @property
    def root(self) -> float:
        """The x at which the line crosses the level; zero if it starts above."""
        return max(0.0, (self.level - self.intercept) / self.slope) ** 2

    @property
    def rises(self) -> bool:
        """Whether the slope is above zero beyond Monte-Carlo error."""
        return self.slope > BEYOND * math.sqrt(float(self.covariance[1, 1]))

    def interval(self) -> tuple[float, float]:
        """Return the 95% interval of the root (Fieller 1954, J R Stat Soc B 16:175).

        Infinite above, and zero below, where the slope does not differ from zero beyond Monte-Carlo error.

        Examples
        --------
        >>> exact = Line(-1.0, 0.5, np.zeros((2, 2)), 2.0)
        >>> exact.root, exact.interval()
        (36.0, (36.0, 36.0))
        """
        z, gap, (aa, ab, _, bb) = BEYOND**2, self.intercept - self.level, self.covariance.ravel()
        square, linear, constant = self.slope**2 - z * bb, self.slope * gap - z * ab, gap**2 - z * aa
        if not self.rises:
            return 0.0, math.inf
        half = math.sqrt(max(0.0, linear**2 - square * constant))
        low, high = (float(max(0.0, (-linear + side * half) / square)) ** 2 for side in (-1.0, 1.0))
        return low, high


@dataclass(frozen=True, slots=True)
class Power:
    """The goal that a study rejects no effect, on the side of the truth, with the probability ``target``."""

    target: float

    def __post_init__(self) -> None:
        if not 0.0 < self.target < 1.0:
            raise ScenarioError(f"power: {self.target} is not between 0 and 1")

    def judge(self, hits: Array) -> Judged:
        """Return how rejections (0 or 1) of one x stand to the target: Wilson interval at `SURE`."""
        if not len(hits):
            return "short"
        found = binomtest(int(hits.sum()), len(hits)).proportion_ci(SURE, "wilson")
        return "reached" if found.low >= self.target else "short" if found.high < self.target else "unclear"

    def line(self, points: Points) -> Line | None:
        """Return the probit regression on sqrt(x), or None where it has no maximum or does not rise.

        Parameters
        ----------
        points : sequence of (x, (replicate,) array of 0 and 1)
        """
        asked = [(x, responses) for x, responses in points if len(responses)]
        x = np.array([x for x, _ in asked], dtype=np.float64)
        hits = np.array([responses.sum() for _, responses in asked])
        misses = np.array([len(responses) for _, responses in asked]) - hits
        hit, missed = x[hits > 0], x[misses > 0]
        if not len(hit) or not len(missed) or hit.min() >= missed.max() or missed.min() >= hit.max():
            return None  # the likelihood has no maximum: a threshold parts hits from misses
        family = sm.families.Binomial(sm.families.links.Probit())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = sm.GLM(np.column_stack([hits, misses]), _design(x), family=family).fit()
        if not fit.converged or not fit.params[1] > 0.0:
            return None
        fits = float(chi2.sf(fit.pearson_chi2, fit.df_resid)) if fit.df_resid > 0 else 1.0
        intercept, slope = fit.params.tolist()
        return Line(intercept, slope, np.asarray(fit.cov_params()), float(ndtri(self.target)), fits)

    def agrees(self, line: Line, x: int, hits: Array) -> bool:
        """Return whether new replicates at x have the power of the line there, at `SURE`."""
        height, error = line.at(x)
        power, density = float(ndtr(height)), math.exp(-(height**2) / 2.0) / math.sqrt(2.0 * math.pi)
        chance = math.hypot(density * error, math.sqrt(power * (1.0 - power) / len(hits)))
        return abs(float(hits.mean()) - power) <= _SURELY * chance + _ROUNDING


@dataclass(frozen=True, slots=True)
class SmallBias:
    """The goal that the absolute bias of an estimator is at most ``bound``."""

    bound: float

    def __post_init__(self) -> None:
        if not self.bound > 0.0:
            raise ScenarioError(f"bias: the bound {self.bound} is not above 0")

    def judge(self, errors: Array) -> Judged:
        """Return how the mean of value minus truth at one x stands to the bound, at `SURE`."""
        if len(errors) < 2:
            return "unclear" if len(errors) else "short"
        half = _SURELY * float(errors.std(ddof=1)) / math.sqrt(len(errors))
        size = abs(float(errors.mean()))
        return "reached" if size + half <= self.bound else "short" if size - half > self.bound else "unclear"

    def line(self, points: Points) -> Line | None:
        """Return the least-squares line of minus the size of the bias on sqrt(x), or None where it does not rise.

        Its sign is that of all points together; the spread of one replicate is taken as the same at all of them.

        Parameters
        ----------
        points : sequence of (x, (replicate,) array of value minus truth)
        """
        asked = [(x, errors) for x, errors in points if len(errors)]
        if len(asked) < 2 or max(len(errors) for _, errors in asked) < 2:
            return None
        counts, means = np.array([(len(errors), errors.mean()) for _, errors in asked]).T
        within = sum(float(((errors - errors.mean()) ** 2).sum()) for _, errors in asked)
        heights = -np.sign(counts @ means) * means
        fit = sm.WLS(heights, _design(np.array([float(x) for x, _ in asked])), weights=counts).fit()
        if not fit.params[1] > 0.0:
            return None
        beside, free = counts.sum() - len(asked), len(asked) - 2
        around, variance = float(fit.ssr), within / beside
        fits = float(f.sf(around / free / variance, free, beside)) if free and variance > 0.0 else 1.0
        intercept, slope = fit.params.tolist()
        return Line(intercept, slope, np.asarray(fit.normalized_cov_params) * variance, -self.bound, fits)

    def agrees(self, line: Line, x: int, errors: Array) -> bool:
        """Return whether new replicates at x have the bias of the line there, at `SURE`."""
        height, error = line.at(x)
        chance = math.hypot(error, float(errors.std()) / math.sqrt(len(errors)))
        return abs(abs(float(errors.mean())) - abs(height)) <= _SURELY * chance + _ROUNDING


Goal = Power | SmallBias


def _design(x: Array) -> Array:
    return np.column_stack([np.ones(len(x)), np.sqrt(x)])

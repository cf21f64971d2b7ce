"""Inverse probability of treatment weighting of a point exposure, and the regressions behind it.

Everyone is weighted by the inverse of the probability of the exposure they had, given covariates, so that covariates no
longer differ between exposed and unexposed (Robins, Hernán and Brumback 2000, Epidemiology 11:550-560; Hernán and
Robins, "Causal Inference: What If", chapter 12). The logistic model is fitted here by Newton's method, because the
longitudinal estimator fits it to 100,000 rows hundreds of times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit

from ketum.studies.estimate import Estimate, by_normal, failed
from ketum.studies.estimators.least_squares import (
    COLLINEAR,
    MISSING,
    Array,
    Columns,
    is_zero_one,
    least_squares,
    stack,
    varying,
)

Quantiles = tuple[float, float]

RARE: Final = 0.001
"""Probability of exposure, or of its absence, below which people like these hardly ever have it."""
SEPARATION: Final = "exposure is separated by the covariates"
_MOST_STEPS: Final = 30
_SMALL_STEP: Final = 1e-8
"""Newton's method converges quadratically: after a step of this size the error is that of rounding."""
_COLLINEAR: Final = 1e-14
"""Smallest eigenvalue of the correlations of the design, squared lengths being 1, that still counts as regular."""
_AT_ONCE: Final = 8192
"""Rows of a data set that are worked on at once, so that they stay in the cache."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic regression: coefficients (k,), fitted probability of each row (n,), Fisher information (k, k)."""

    coefficients: Array
    probability: Array
    information: Array


@dataclass(frozen=True, slots=True)
class Weights:
    """What the weights of an analysis look like.

    Attributes
    ----------
    mean : float
        Of the weights as used: near 1 if they are stabilised and the model of exposure fits.
    largest : float
        Of the weights as used.
    largest_untruncated : float
        Before truncation.
    effective : float
        Effective sample size (sum w)^2 / sum w^2, persons.
    rare : float
        Share of the rows behind the weights (persons at a visit) in which exposure, or its absence, had a fitted
        probability below `RARE`: how far positivity fails.
    """

    mean: float
    largest: float
    largest_untruncated: float
    effective: float
    rare: float


def describe(used: Array, untruncated: Array, probability: Array) -> Weights:
    """Return what weights look like; `probability` is the fitted probability of exposure of every row.

    Examples
    --------
    >>> describe(np.array([1.0, 3.0]), np.array([1.0, 9.0]), np.array([0.5, 0.9999]))
    Weights(mean=2.0, largest=3.0, largest_untruncated=9.0, effective=1.6, rare=0.5)
    """
    return Weights(
        mean=float(used.mean()),
        largest=float(used.max()),
        largest_untruncated=float(untruncated.max()),
        effective=float(used.sum() ** 2 / (used @ used)),
        rare=float(np.mean(np.minimum(probability, 1.0 - probability) < RARE)),
    )


def truncated(weights: Array, quantiles: Quantiles) -> Array:
    """Return weights with those beyond two of their own quantiles set to these quantiles.

    Cole and Hernán 2008, American Journal of Epidemiology 168:656-664.

    Examples
    --------
    >>> truncated(np.array([0.0, 1.0, 2.0, 3.0, 100.0]), (0.25, 0.75)).tolist()
    [1.0, 1.0, 2.0, 3.0, 3.0]
    """
    low, high = np.quantile(weights, quantiles)
    return np.clip(weights, low, high)


def fit_logistic(design: Array, response: Array) -> Logistic | str:
    """Fit a logistic regression by maximum likelihood, or say why it cannot be done.

    Parameters
    ----------
    design : (n, k) array
        With its column of ones.
    response : (n,) array of 0 and 1

    Notes
    -----
    If some combination of columns tells 0 from 1 (separation), coefficients grow without end, and Newton's steps do not
    become small; that is how it is recognised.

    Examples
    --------
    >>> found = fit_logistic(np.ones((4, 1)), np.array([0.0, 0.0, 0.0, 1.0]))
    >>> round(float(np.exp(found.coefficients[0])), 6), round(float(found.probability[0]), 6)
    (0.333333, 0.25)
    >>> fit_logistic(np.ones((4, 1)), np.ones(4))
    'exposure is separated by the covariates'
    """
    columns = np.ascontiguousarray(design.T, dtype=np.float64)
    lengths = np.sqrt(np.einsum("ij,ij->i", columns, columns))
    if not np.isfinite(lengths).all():
        return MISSING
    if not (lengths > 0.0).all():
        return COLLINEAR
    coefficients = np.zeros(len(columns))
    probability = np.full(columns.shape[1], 0.5)
    for number in range(_MOST_STEPS):
        information, score = _derivatives(columns, response, probability)
        unit = information / (lengths[:, None] * lengths)
        # all weights are 1/4 in the first step: four times `unit` are the correlations of the design
        if number == 0 and np.linalg.eigvalsh(4.0 * unit)[0] < _COLLINEAR:
            return COLLINEAR
        try:
            step = np.linalg.solve(unit, score / lengths) / lengths
        except np.linalg.LinAlgError:
            return SEPARATION
        coefficients += step
        size = np.abs(step * lengths).max() / np.sqrt(columns.shape[1])
        if not np.isfinite(size):
            return SEPARATION
        probability = expit(coefficients @ columns)
        if size < _SMALL_STEP:
            return Logistic(coefficients, probability, information)
    return SEPARATION


def _derivatives(columns: Array, response: Array, probability: Array) -> tuple[Array, Array]:
    """Return information and score; `columns` is (k, n)."""
    size, rows = columns.shape
    information, score = np.zeros((size, size)), np.zeros(size)
    for start in range(0, rows, _AT_ONCE):
        here = slice(start, start + _AT_ONCE)
        part, p = columns[:, here], probability[here]
        information += (part * (p * (1.0 - p))) @ part.T
        score += part @ (response[here] - p)
    return information, score


def weighted_coefficient(outcome: Array, design: Array, weights: Array) -> tuple[float, Array] | str:
    """Return the first coefficient of a weighted linear regression, and what each person moves it by.

    The sum of the squared moves is the variance that leaves the variance of each person free: HC0 of White (1980,
    Econometrica 48:817-838), which is that of generalised estimating equations with one row a person.

    Parameters
    ----------
    outcome, weights : (n,) arrays
    design : (n, k) array
        With its column of ones.

    Examples
    --------
    >>> value, moves = weighted_coefficient(np.array([1.0, 3.0, 4.0]), np.ones((3, 1)), np.array([1.0, 1.0, 2.0]))
    >>> round(value, 6), moves.round(6).tolist()
    (3.0, [-0.5, 0.0, 0.5])
    """
    root = np.sqrt(weights)
    fit = least_squares(root * outcome, root[:, None] * design)
    if isinstance(fit, str):
        return fit
    return float(fit.coefficients[0]), (design @ fit.inverse[0]) * root * fit.residuals


def moved_by_weights(moves: Array, scores: Array, information: Array) -> Array:
    """Return what each person moves a weighted estimate by through the model behind the weights.

    Log weights fall by a person's score for every unit of a coefficient, and coefficients move by the inverse of the
    information times the score (Lunceford and Davidian 2004, Statistics in Medicine 23:2937-2960).

    Parameters
    ----------
    moves : (person,) array
        As by `weighted_coefficient`, and 0 for persons whose weights are cut.
    scores : (k, person) array
        Sum over a person's rows of design times (exposure - probability).
    information : (k, k) array
    """
    return np.asarray(-np.linalg.solve(information, scores @ moves) @ scores)


def iptw(
    outcome: Columns,
    exposure: Columns,
    covariates: Columns,
    *,
    stabilised: bool = True,
    truncate: Quantiles = (0.0, 1.0),
    weights_known: bool = True,
) -> Estimate:
    """Return the mean difference, exposed minus unexposed, among people weighted to the same covariates.

    Parameters
    ----------
    outcome : (person,) array
    exposure : (person,) array of 0 and 1
    covariates : (person, k) array
        Columns of the logistic model of exposure besides its intercept, with squares and indicators where wanted; one
        that is the same in everybody is left out.
    stabilised : bool
        Multiply weights by the share with that exposure. Without truncation this changes nothing, because each mean is
        divided by its sum of weights.
    truncate : two floats
        Quantiles of the weights beyond which they are cut.
    weights_known : bool
        Take the weights as known in the error, as is usual: it is then too large, because estimated weights balance
        covariates better than known ones. If not, the estimation of the weights enters the error.

    Returns
    -------
    Estimate
        With the sandwich error.

    Examples
    --------
    >>> sick = np.repeat([0, 1], 40)
    >>> exposed = np.repeat([0, 1, 0, 1], [30, 10, 10, 30])
    >>> worse = np.tile([0.1, -0.1], 40)
    >>> round(iptw(10 * sick + 2 * exposed + worse, exposed, sick).value, 6)
    2.0
    """
    y, x = np.asarray(outcome, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    design = stack(np.ones(len(x)), varying(covariates))
    problem = point_problem(y, x, design)
    if problem:
        return failed(problem)
    model = fit_logistic(design, x)
    if isinstance(model, str):
        return failed(model)
    p = model.probability
    share = np.where(x == 1.0, x.mean(), 1.0 - x.mean()) if stabilised else 1.0
    weights = share / np.where(x == 1.0, p, 1.0 - p)
    used = truncated(weights, truncate)
    found = weighted_coefficient(y, stack(x, np.ones(len(x))), used)
    if isinstance(found, str):
        return failed(found)
    value, moves = found
    if not weights_known:
        moves = moves + moved_by_weights(moves * (used == weights), design.T * (x - p), model.information)
    return by_normal(value, float(np.sqrt(moves @ moves)))


def point_problem(outcome: Array, exposure: Array, covariates: Array) -> str:
    """Return why a point exposure cannot be analysed, or nothing.

    Examples
    --------
    >>> point_problem(np.ones(2), np.zeros(2), np.ones((2, 1)))
    'nobody was exposed'
    """
    if not all(np.isfinite(values).all() for values in (outcome, exposure, covariates)):
        return MISSING
    if not is_zero_one(exposure):
        return "exposure is not 0 and 1"
    if not exposure.any():
        return "nobody was exposed"
    return "everybody was exposed" if exposure.all() else ""

"""Standardisation of a point exposure to the covariates of all (the parametric g-formula), and its doubly robust form.

A linear model of the outcome given exposure and covariates predicts everybody with and without the exposure; the
estimate is the mean difference (Hernán and Robins, "Causal Inference: What If", chapter 13). Errors come from the
bootstrap: persons are drawn with replacement, which for a linear model means a weighted sum of their normal equations.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ketum.studies.estimate import Estimate, by_normal, failed
from ketum.studies.estimators.least_squares import COLLINEAR, Array, Columns, least_squares, stack, varying
from ketum.studies.estimators.weighting import fit_logistic, point_problem

_COLLINEAR: Final = 1e-12
"""Smallest eigenvalue of the correlations of a design, squared lengths being 1, that still counts as regular."""
_MOST_LOST: Final = 0.1
"""Share of resamples that may have a singular design before the bootstrap fails."""


def standardised(
    outcome: Columns,
    exposure: Columns,
    covariates: Columns,
    *,
    modifiers: Columns | None = None,
    resamples: int,
    seed: int,
) -> Estimate:
    """Return the mean difference, exposed minus unexposed, standardised to the covariates of all persons.

    Parameters
    ----------
    outcome : (person,) array
    exposure : (person,) array of 0 and 1
    covariates : (person, k) array
        Columns of the linear model of the outcome besides intercept and exposure, with squares and indicators where
        wanted; one that is the same in everybody is left out.
    modifiers : (person,) or (person, m) array, optional
        Covariates whose product with the exposure is in the model too.
    resamples : int
        Of the bootstrap, over persons; the error of the standard error is `bootstrap_error`.
    seed : int

    Returns
    -------
    Estimate
        With limits at 1.96 bootstrap standard errors.

    Examples
    --------
    >>> sick = np.repeat([0, 1], 40)
    >>> exposed = np.repeat([0, 1, 0, 1], [30, 10, 10, 30])
    >>> worse = np.tile([0.1, -0.1], 40)
    >>> outcome = 10 * sick + (2 + 4 * sick) * exposed + worse  # 2 in the well, 6 in the sick
    >>> found = standardised(outcome, exposed, sick, modifiers=sick, resamples=50, seed=1)
    >>> round(found.value, 6)
    4.0
    """
    y, x = np.asarray(outcome, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    table, by = stack(np.ones(len(x)), varying(covariates)), _modifiers(modifiers, len(x))
    problem = point_problem(y, x, stack(table, by))
    if problem:
        return failed(problem)
    design = stack(by * x[:, None], table)
    blocks = np.einsum("ni,nj->nij", design, stack(design, y))
    everyone = np.ones((1, len(x)))
    drawn = resampling_weights(len(x), resamples, seed)
    value = weighted_solutions(blocks, everyone)[0, : by.shape[1]] @ by.mean(axis=0)
    coefficients = weighted_solutions(blocks, drawn)[:, : by.shape[1]]
    means = drawn @ by / len(x)
    return by_bootstrap(float(value), np.einsum("bi,bi->b", coefficients, means))


def doubly_robust(
    outcome: Columns, exposure: Columns, covariates: Columns, *, modifiers: Columns | None = None
) -> Estimate:
    """Return the mean difference by standardisation, corrected by inverse probability weighting of its residuals.

    It is consistent if the model of the outcome or that of the exposure is right (Robins, Rotnitzky and Zhao 1994,
    JASA 89:846-866; Bang and Robins 2005, Biometrics 61:962-973). Both models take the same covariates.

    Parameters
    ----------
    outcome, exposure, covariates, modifiers
        As in `standardised`; the logistic model of exposure takes `covariates` as they are.

    Returns
    -------
    Estimate
        With the error of its influence function.
    """
    y, x = np.asarray(outcome, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    table, by = stack(np.ones(len(x)), varying(covariates)), _modifiers(modifiers, len(x))
    problem = point_problem(y, x, stack(table, by))
    if problem:
        return failed(problem)
    model, fit = fit_logistic(table, x), least_squares(y, stack(by * x[:, None], table))
    if isinstance(model, str):
        return failed(model)
    if isinstance(fit, str):
        return failed(fit)
    weights = np.where(x == 1.0, 1.0 / model.probability, -1.0 / (1.0 - model.probability))
    each = by @ fit.coefficients[: by.shape[1]] + weights * fit.residuals
    return by_normal(float(each.mean()), float(each.std() / np.sqrt(len(x))))


def _modifiers(modifiers: Columns | None, persons: int) -> Array:
    """Return the columns that exposure is multiplied by: ones for its main effect, then the modifiers."""
    return stack(np.ones(persons), varying(modifiers))


# the bootstrap of a linear model


def resampling_weights(persons: int, resamples: int, seed: int) -> Array:
    """Return how often each person is drawn into each resample of as many persons, (resample, person).

    Examples
    --------
    >>> resampling_weights(5, 3, seed=1).sum(axis=1).tolist()
    [5.0, 5.0, 5.0]
    """
    drawn = np.random.default_rng(seed).integers(persons, size=(resamples, persons))
    drawn += persons * np.arange(resamples)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=resamples * persons)
    return counts.reshape(resamples, persons).astype(np.float64)


def weighted_solutions(blocks: Array, weights: Array) -> Array:
    """Return the least-squares coefficients of weighted sums of persons' normal equations.

    Parameters
    ----------
    blocks : (person, k, k + 1) array
        X'X and X'y of each person's rows, side by side.
    weights : (resample, person) array

    Returns
    -------
    (resample, k) array
        NaN where the design is singular.

    Examples
    --------
    >>> x, y = np.ones((3, 1)), np.array([1.0, 3.0, 8.0])
    >>> blocks = np.einsum("ni,nj->nij", x, np.column_stack([x, y]))
    >>> weighted_solutions(blocks, np.array([[1.0, 1.0, 1.0], [2.0, 1.0, 0.0], [0.0, 0.0, 0.0]])).round(6).tolist()
    [[4.0], [1.666667], [nan]]
    """
    persons, k, _ = blocks.shape
    sums = (weights @ blocks.reshape(persons, -1)).reshape(-1, k, k + 1)
    cross, right = sums[:, :, :k], sums[:, :, k]
    lengths = np.sqrt(np.einsum("bii->bi", cross))
    lengths = np.where(lengths > 0.0, lengths, 1.0)
    cross = cross / (lengths[:, :, None] * lengths[:, None, :])
    regular = np.linalg.eigvalsh(cross)[:, 0] > _COLLINEAR
    found = np.full(right.shape, np.nan)
    found[regular] = np.linalg.solve(cross[regular], (right / lengths)[regular][:, :, None])[:, :, 0]
    return found / lengths


def by_bootstrap(value: float, resampled: Array) -> Estimate:
    """Return an estimate with the standard deviation over resamples as its error.

    Resamples with a singular design (NaN), as when nobody with a rare trait was drawn, are left out if they are few.

    Examples
    --------
    >>> round(by_bootstrap(2.0, np.array([1.0, 2.0, 3.0])).se, 6)
    1.0
    """
    if not np.isfinite(value):
        return failed(COLLINEAR)
    kept = resampled[np.isfinite(resampled)]
    if len(kept) < 2 or len(kept) < (1.0 - _MOST_LOST) * len(resampled):
        return failed("too many resamples had a singular design")
    return by_normal(value, float(kept.std(ddof=1)))


def bootstrap_error(se: float, resamples: int) -> float:
    """Return the Monte-Carlo error of a bootstrap standard error, se / sqrt(2 (B - 1)).

    That of the standard deviation of normal draws (Efron and Tibshirani 1993, "An Introduction to the Bootstrap",
    chapter 6).

    Examples
    --------
    >>> round(bootstrap_error(0.4, 201), 6)
    0.02
    """
    return se / float(np.sqrt(2.0 * (resamples - 1)))

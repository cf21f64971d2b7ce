"""The parametric g-formula of use over visits: a model of severity at a visit, iterated with use always and never.

Severity that is affected by past use and drives later use is predicted, not adjusted for (Robins 1986, Mathematical
Modelling 7:1393-1512; Hernán and Robins, "Causal Inference: What If", chapter 21). mood.md 9.4.

The model of severity is linear without products, so the contrast of two strategies follows the model's recursion from
zero at the first visits, whoever the persons are; and persons drawn with replacement are a weighted sum of their normal
equations, so a resample of the bootstrap costs a multiplication of matrices.
"""

from __future__ import annotations

import numpy as np

from ketum.studies.estimate import Estimate, failed
from ketum.studies.estimators.least_squares import MISSING, Array, Columns, is_zero_one, stack, varying
from ketum.studies.estimators.marginal_structural import means_before
from ketum.studies.estimators.standardisation import (
    bootstrap_error,
    by_bootstrap,
    resampling_weights,
    weighted_solutions,
)

_CHANGING = 5
"""Coefficients that the contrast needs, first in the design: Y_{t-1}, Y_{t-2}, mean of six, A_{t-1}, cumulative use."""


def g_formula(
    use: Columns,
    measured: Columns,
    covariates: Columns,
    *,
    first: int = 4,
    window: int = 6,
    resamples: int,
    seed: int,
) -> tuple[Estimate, float]:
    """Return the effect of always against never using on severity at the last visit, and the error of its error.

    Y_t = a + b1 Y_{t-1} + b2 Y_{t-2} + b3 (mean of Y_{t-6..t-1}) + b4 A_{t-1} + b5 (A_0 + ... + A_{t-1}) + covariates +
    mean of the first four visits, for all persons at visits t = 4 to T by ordinary least squares. Both strategies start
    from the observed Y_0 to Y_3; the one that always uses counts use from visit 0.

    Parameters
    ----------
    use, measured : (visit, person) arrays
        A_t, 0 or 1, and Y_t of visits 0 to T, equally spaced.
    covariates : (person, k) array
        What does not change; a column that is the same in everybody is left out.
    first : int
        Visits that are observed and not predicted: at least two.
    window : int
        Visits before t whose mean is in the model: those there were if fewer.
    resamples : int
        Of the bootstrap, over persons.
    seed : int

    Returns
    -------
    Estimate
        With limits at 1.96 bootstrap standard errors.
    float
        Monte-Carlo error of the standard error.

    Notes
    -----
    The estimate is the effect if the model holds whatever drives both use and severity, and is right. It counts use up
    to visit T - 1. Since both strategies start from the same levels, what always using does to the levels of the first
    four visits is not in it, except through cumulative use: with visits far apart that can be most of an effect.
    """
    a, y = np.asarray(use, dtype=np.float64), np.asarray(measured, dtype=np.float64)
    problem = _problem(a, y, covariates, first)
    if problem:
        return failed(problem), float("nan")
    blocks = _normal_equations(a, y, varying(covariates), first, window)
    drawn = resampling_weights(len(blocks), resamples, seed)
    everyone = np.ones((1, len(blocks)))
    value = _contrast(weighted_solutions(blocks, everyone), len(y), first, window)
    found = by_bootstrap(float(value[0]), _contrast(weighted_solutions(blocks, drawn), len(y), first, window))
    return found, bootstrap_error(found.se, resamples)


def _problem(use: Array, measured: Array, covariates: Columns, first: int) -> str:
    """Return why these data cannot be analysed, or nothing."""
    if len(use) <= first:
        return "too few visits"
    if not all(np.isfinite(values).all() for values in (use, measured, stack(covariates))):
        return MISSING
    if not is_zero_one(use):
        return "use is not 0 and 1"
    if not use[:-1].any():
        return "nobody used"
    return "everybody always used" if use[:-1].all() else ""


def _normal_equations(use: Array, measured: Array, covariates: Array | None, first: int, window: int) -> Array:
    """Return X'X and X'y of each person's visits, (person, k, k + 1)."""
    visits, persons = measured.shape
    changing = [
        measured[first - 1 : -1],
        measured[first - 2 : -2],
        means_before(measured, window)[first:],
        use[first - 1 : -1],
        np.cumsum(use, axis=0)[first - 1 : -1],
    ]
    same = stack(np.ones(persons), measured[:first].mean(axis=0), covariates)
    fixed = (np.broadcast_to(column, (visits - first, persons)) for column in same.T)
    rows = np.stack([*changing, *fixed, measured[first:]]).transpose(2, 0, 1)  # (person, column, visit)
    return np.asarray(rows[:, :-1] @ rows.transpose(0, 2, 1))


def _contrast(coefficients: Array, visits: int, first: int, window: int) -> Array:
    """Return always minus never at the last visit for each row of coefficients, (row,)."""
    b1, b2, b3, b4, b5 = coefficients[:, :_CHANGING].T
    path = [np.zeros(len(coefficients))] * first
    for t in range(first, visits):
        path.append(
            b1 * path[t - 1] + b2 * path[t - 2] + b3 * np.mean(path[max(t - window, 0) : t], axis=0) + b4 + b5 * t
        )
    return np.asarray(path[-1])

"""Log odds ratio of an exposure by logistic regression.

logit P(y = 1) = a + b x + C g, fitted by maximum likelihood, with Wald errors from the inverse of the observed
information (Hosmer, Lemeshow and Sturdivant 2013, "Applied Logistic Regression", chapters 1 to 3).
"""

from __future__ import annotations

import warnings
from typing import Final

import numpy as np
from numpy.typing import NDArray
from statsmodels.discrete.discrete_model import Logit
from statsmodels.tools.sm_exceptions import PerfectSeparationError

from ketum.studies.estimate import Estimate, by_normal, failed
from ketum.studies.estimators.least_squares import (
    COLLINEAR,
    MISSING,
    NO_ROWS,
    Array,
    Columns,
    is_zero_one,
    stack,
    varying,
)

_MOST_STEPS: Final = 35
_SEPARATION: Final = "the outcome is separated by the covariates"
_COLLINEAR: Final = 1e-14
"""Smallest eigenvalue of the correlations of the design, squared lengths being 1, that still counts as regular."""


def odds_ratio(outcome: Columns, exposure: Columns, covariates: Columns | None = None) -> Estimate:
    """Return the log odds ratio of a 0/1 exposure, crude or adjusted.

    A group without cases, or without anyone who is not a case, has no finite odds ratio: the estimate fails. A
    covariate of two values, one of which goes with one outcome only, is left out together with the rows of that value,
    which say nothing about the exposure then: maximum likelihood gives the same in the limit, and Stata does it.

    Parameters
    ----------
    outcome : (person,) array of 0 and 1
    exposure : (person,) array of 0 and 1
    covariates : (person,) or (person, k) array, optional

    Returns
    -------
    Estimate
        On the log scale. Without covariates it is that of the table, log(ad/bc) with squared error
        1/a + 1/b + 1/c + 1/d (Woolf 1955, Ann Hum Genet 19:251-253).

    Examples
    --------
    >>> exposed = np.repeat([1, 1, 0, 0], [20, 10, 10, 20])
    >>> case = np.repeat([1, 0, 1, 0], [20, 10, 10, 20])
    >>> found = odds_ratio(case, exposed)
    >>> round(float(np.exp(found.value)), 6), round(found.se, 4)
    (4.0, 0.5477)
    >>> odds_ratio(exposed, exposed).note
    'a group holds one outcome only'
    """
    y, x = np.asarray(outcome, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    design = stack(x, np.ones(len(x)), varying(covariates))
    if not (np.isfinite(y).all() and np.isfinite(design).all()):
        return failed(MISSING)
    if not (is_zero_one(y) and is_zero_one(x)):
        return failed("outcome or exposure is not 0 and 1")
    if not x.any():
        return failed("nobody was exposed")
    if x.all():
        return failed("everybody was exposed")
    y, design = _without_deciding_covariates(y, design)
    table = _table(y, design[:, 0])
    if (table == 0).any():
        return failed("a group holds one outcome only")
    if design.shape[1] == 2:
        a, b, c, d = table
        return by_normal(float(np.log(a * d / (b * c))), float(np.sqrt((1.0 / table).sum())))
    return _fitted(y, design)


def _table(outcome: Array, exposure: Array) -> Array:
    """Return persons exposed with and without the outcome, then unexposed with and without."""
    counts = np.bincount((2 * (1 - exposure) + 1 - outcome).astype(np.intp), minlength=4)
    return counts.astype(np.float64)


def _without_deciding_covariates(outcome: Array, design: Array) -> tuple[Array, Array]:
    """Leave out covariates of two values of which one goes with one outcome only, and their rows of that value."""
    j = 2
    while j < design.shape[1]:
        rows = _deciding(outcome, design[:, j])
        if rows is None:
            j += 1
            continue
        outcome, design, j = outcome[~rows], np.delete(design[~rows], j, axis=1), 2
        design = stack(design[:, :2], varying(design[:, 2:]))
    return outcome, design


def _deciding(outcome: Array, covariate: Array) -> NDArray[np.bool_] | None:
    """Return the rows of that value of a covariate of two values that goes with one outcome only, or nothing."""
    low, high = covariate == covariate.min(), covariate == covariate.max()
    if not (low | high).all():
        return None
    for rows in (low, high):
        if np.ptp(outcome[rows]) == 0.0:
            return np.asarray(rows)
    return None


def _fitted(outcome: Array, design: Array) -> Estimate:
    """Return the coefficient of the first column."""
    if len(outcome) <= design.shape[1]:
        return failed(NO_ROWS)
    unit = design / np.linalg.norm(design, axis=0)
    if np.linalg.eigvalsh(unit.T @ unit)[0] < _COLLINEAR:
        return failed(COLLINEAR)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            found = Logit(outcome, design).fit(method="newton", maxiter=_MOST_STEPS, disp=False)
            converged = bool(found.mle_retvals["converged"])
            value, se = float(found.params[0]), float(found.bse[0])
        except (PerfectSeparationError, np.linalg.LinAlgError):
            return failed(_SEPARATION)
    return by_normal(value, se) if converged else failed(_SEPARATION)

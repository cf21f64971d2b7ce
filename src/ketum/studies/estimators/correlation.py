"""Correlation of two columns with weights."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri

from ketum.studies.estimate import Estimate, failed
from ketum.studies.estimators.least_squares import MISSING, Columns, stack

Errors = Literal["kish", "linearised"]
_TAIL = 0.975
_CONSTANT = 1e-14
_FISHER = 3.0
"""What Fisher's variance 1 / (n - 3) takes from the sample size."""


def weighted_correlation(
    x: Columns, y: Columns, weights: Columns | None = None, *, errors: Errors = "kish"
) -> Estimate:
    """Return Pearson's correlation with weights.

    r = sum w (x - mx)(y - my) / sqrt(sum w (x - mx)^2 sum w (y - my)^2), with weighted means. atanh r is taken as
    normal.

    Parameters
    ----------
    x, y : (person,) arrays
    weights : (person,) array, optional
        Not negative; only their ratios matter. All the same if left out.
    errors
        Of atanh r. `kish`: (n - 3)^-1/2 (Fisher 1921, Metron 1:3-32) with the effective sample size of Kish (1965,
        "Survey Sampling", section 11.7), (sum w)^2 / sum w^2, for weights that go with neither column; where weights
        belong to the groups of one column, as prevalence weights do, it is far too large. `linearised`: with the
        influence a b - r (a^2 + b^2) / 2 of each person on r, a and b being x and y standardised, the square root of
        sum w^2 influence^2 over (1 - r^2) sum w (Särndal, Swensson and Wretman 1992, "Model Assisted Survey Sampling",
        section 5.5); right for such weights too in large samples.

    Returns
    -------
    Estimate
        On the scale of r: limits are the hyperbolic tangents of those of atanh r, the error is (1 - r^2) times its
        error.

    Examples
    --------
    >>> found = weighted_correlation(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([2.0, 1.0, 4.0, 3.0, 5.0]))
    >>> round(found.value, 6), round(found.low, 4), round(found.high, 4)
    (0.8, -0.2796, 0.9862)
    """
    columns = stack(x, y, np.ones(len(x)) if weights is None else weights)
    if not np.isfinite(columns).all():
        return failed(MISSING)
    a, b, w = columns.T
    if (w < 0.0).any() or not w.any():
        return failed("weights are negative, or all zero")
    w = w / w.sum()
    n = 1.0 / float(w @ w)
    if n <= _FISHER:
        return failed("an effective sample of three or fewer")
    before = np.array([w @ a**2, w @ b**2])
    a, b = a - w @ a, b - w @ b
    within = np.array([w @ a**2, w @ b**2])
    if (within <= _CONSTANT * before).any():
        return failed("a column does not vary")
    a, b = a / np.sqrt(within[0]), b / np.sqrt(within[1])
    r = float(w @ (a * b))
    if abs(r) >= 1.0 - _CONSTANT:
        return failed("the columns are proportional")
    if errors == "kish":
        error = 1.0 / math.sqrt(n - _FISHER)
    else:
        error = float(np.linalg.norm(w * (a * b - r * (a**2 + b**2) / 2.0))) / (1.0 - r**2)
    if error == 0.0:
        return failed("no finite estimate")
    half = float(ndtri(_TAIL)) * error
    z = math.atanh(r)
    return Estimate(
        r, (1.0 - r**2) * error, math.tanh(z - half), math.tanh(z + half), 2.0 * float(ndtr(-abs(z) / error))
    )

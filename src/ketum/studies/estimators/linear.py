"""Mean differences and interactions by linear regression, among them analysis of covariance.

The model is y = a + b x + C g + e. With x the randomised arm and the outcome at baseline in C it is ANCOVA, the
analysis of choice of a trial with a baseline measure (Vickers and Altman 2001, BMJ 323:1123-1124).
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from ketum.studies.estimate import Estimate, by_t, failed
from ketum.studies.estimators.least_squares import Array, Columns, least_squares, stack, varying

Errors = Literal["model", "HC1", "HC3"]
"""Errors of the coefficients: of equal variance, or robust to unequal variance."""
_ALONE: Final = 1e-10
"""A leverage this near to 1 belongs to a row that decides its own fit."""


def mean_difference(
    outcome: Columns, exposure: Columns, covariates: Columns | None = None, *, errors: Errors = "model"
) -> Estimate:
    """Return the coefficient of an exposure in a linear regression.

    Parameters
    ----------
    outcome : (person,) array
        y.
    exposure : (person,) array
        x: 0 and 1 for a mean difference; any other number for a slope.
    covariates : (person,) or (person, k) array, optional
        C; one that is the same in everybody is left out.
    errors
        `model`: s^2 (X'X)^-1. `HC1`, `HC3`: the sandwich with squared residuals times n / (n - k), or divided by
        (1 - h)^2 with leverage h (MacKinnon and White 1985, J Econometrics 29:305-325).

    Returns
    -------
    Estimate
        With Student's t of n - k degrees of freedom.

    Examples
    --------
    >>> found = mean_difference(np.array([1.0, 3.0, 4.0, 6.0]), np.array([0, 0, 1, 1]))
    >>> round(found.value, 6), round(found.se, 6), round(found.p, 4)
    (3.0, 1.414214, 0.1679)
    """
    return _first_coefficient(outcome, stack(exposure, np.ones(len(exposure)), varying(covariates)), errors)


def interaction(
    outcome: Columns,
    first: Columns,
    second: Columns,
    covariates: Columns | None = None,
    *,
    errors: Errors = "model",
) -> Estimate:
    """Return the coefficient of a product: in a 2 x 2 factorial trial, the difference of differences.

    Parameters
    ----------
    outcome : (person,) array
    first, second : (person,) arrays
        The two factors, 0 and 1, or numbers.
    covariates : (person,) or (person, k) array, optional
    errors
        As in `mean_difference`.

    Returns
    -------
    Estimate
        Of d in y = a + b x1 + c x2 + d x1 x2 + C g + e: on the scale of the outcome, a departure from additivity.

    Examples
    --------
    >>> cells = np.repeat([1.0, 2.0, 4.0, 9.0], 2)  # neither, second, first, both
    >>> first, second = np.repeat([0, 0, 1, 1], 2), np.repeat([0, 1, 0, 1], 2)
    >>> round(interaction(cells + np.tile([-1.0, 1.0], 4), first, second).value, 6)  # (9 - 4) - (2 - 1)
    4.0
    """
    with np.errstate(invalid="ignore"):
        product = np.asarray(first, dtype=np.float64) * second
    return _first_coefficient(
        outcome, stack(product, first, second, np.ones(len(product)), varying(covariates)), errors
    )


def _first_coefficient(outcome: Columns, design: Array, errors: Errors) -> Estimate:
    fit = least_squares(np.asarray(outcome, dtype=np.float64), design)
    if isinstance(fit, str):
        return failed(fit)
    squares = fit.residuals**2
    if errors == "model":
        variance = squares.sum() / fit.df * fit.inverse[0, 0]
    else:
        if errors == "HC1":
            squares *= len(squares) / fit.df
        elif fit.leverages.max() < 1.0 - _ALONE:
            squares /= (1.0 - fit.leverages) ** 2
        else:
            return failed("one row decides its own fit")
        variance = (design @ fit.inverse[0]) ** 2 @ squares
    return by_t(float(fit.coefficients[0]), float(np.sqrt(variance)), fit.df)

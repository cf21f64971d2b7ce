"""Ordinary least squares of a few columns: what the estimators of means share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Columns = NDArray[Any]
"""Numbers, or yes and no, of persons or rows."""

_COLLINEAR: Final = 1e-7
"""Share of a column's length that must be left once the columns before it are taken out; that of R's `lm`."""
_NOTHING_LEFT: Final = 1e-10
"""Root mean square of residuals, over that of the outcome, that is rounding and no variation."""

MISSING: Final = "a value is missing"
NO_ROWS: Final = "fewer rows than coefficients"
COLLINEAR: Final = "exposure and covariates are collinear"
NO_VARIATION: Final = "the outcome does not vary around the fit"


@dataclass(frozen=True, slots=True)
class Fit:
    """A least-squares fit.

    Attributes
    ----------
    coefficients : (k,) array
    inverse : (k, k) array
        Inverse of X'X.
    residuals : (n,) array
    leverages : (n,) array
        Diagonal of the hat matrix.
    df : int
        Rows minus coefficients.
    """

    coefficients: Array
    inverse: Array
    residuals: Array
    leverages: Array
    df: int


def stack(*columns: Columns | None) -> Array:
    """Return columns, and tables of columns, side by side; `None` is left out.

    Examples
    --------
    >>> stack(np.array([1, 0]), None, np.array([[5.0, 6.0], [7.0, 8.0]])).tolist()
    [[1.0, 5.0, 6.0], [0.0, 7.0, 8.0]]
    """
    return np.column_stack([np.asarray(column, dtype=np.float64) for column in columns if column is not None])


def varying(covariates: Columns | None) -> Array | None:
    """Return covariates without those that are the same in everybody: a rare trait may be absent from a sample.

    Examples
    --------
    >>> varying(np.array([[1.0, 6.0], [1.0, 8.0]])).tolist()
    [[6.0], [8.0]]
    """
    if covariates is None:
        return None
    columns = stack(covariates)
    return columns[:, (columns != columns[:1]).any(axis=0)]


def is_zero_one(column: Array) -> bool:
    """Whether a column holds only 0 and 1.

    Examples
    --------
    >>> is_zero_one(np.array([0.0, 1.0])), is_zero_one(np.array([1.0, 2.0]))
    (True, False)
    """
    return bool(((column == 0.0) | (column == 1.0)).all())


def least_squares(outcome: Array, design: Array) -> Fit | str:
    """Fit y = X b + e by QR decomposition, or say why it cannot be done.

    Parameters
    ----------
    outcome : (n,) array
    design : (n, k) array
        With its column of ones.

    Examples
    --------
    >>> x = np.array([0.0, 1.0, 2.0, 3.0])
    >>> found = least_squares(2.0 + 3.0 * x + np.array([1.0, -1.0, -1.0, 1.0]), stack(x, np.ones(4)))
    >>> found.coefficients.round(6).tolist(), found.df
    ([3.0, 2.0], 2)
    >>> least_squares(x, stack(x, x))
    'exposure and covariates are collinear'
    """
    n, k = design.shape
    if not (np.isfinite(outcome).all() and np.isfinite(design).all()):
        return MISSING
    if n <= k:
        return NO_ROWS
    lengths = np.sqrt(np.einsum("ij,ij->j", design, design))
    if (lengths == 0.0).any():
        return COLLINEAR
    q, r = np.linalg.qr(design / lengths)
    if np.abs(np.diagonal(r)).min() < _COLLINEAR:
        return COLLINEAR
    root = np.linalg.inv(r) / lengths[:, None]
    coefficients = root @ (q.T @ outcome)
    residuals = outcome - design @ coefficients
    if residuals @ residuals <= _NOTHING_LEFT**2 * (outcome @ outcome):
        return NO_VARIATION
    return Fit(coefficients, root @ root.T, residuals, np.einsum("ij,ij->i", q, q), n - k)

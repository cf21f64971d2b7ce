"""Profile likelihoods of one correlation: normal models in which all else has a closed form once it is known.

For y = X b + e with variance s^2 V(r) the restricted likelihood (Patterson and Thompson 1971, Biometrika 58:545-554),
at its highest over b and s^2, is

    -2 log L(r) = (n - k) log RSS(r) + log |V(r)| + log |X' V(r)^-1 X| + constant

with RSS(r) the weighted sum of squares of residuals. All of it follows from the cross products [X y]' V(r)^-1 [X y],
which are sums over the data that are made once. Many data sets (persons) are worked on at the same time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_GRID: Final = 41
"""Correlations at which the likelihood is seen before its highest place is narrowed down."""
_NARROWINGS: Final = 40
_GOLDEN: Final = (np.sqrt(5.0) - 1.0) / 2.0


@dataclass(frozen=True, slots=True)
class Solved:
    """What cross products of [X y] say; each an array over data sets.

    Attributes
    ----------
    value : array
        Coefficient of the last column of X.
    information : array
        Inverse of its variance where s is 1.
    rss : array
        Sum of squares of residuals.
    log_determinant : array
        log |X' V^-1 X|.
    left : array
        Least share of a column's sum of squares that the columns before it left; 0 if X is singular.
    """

    value: Array
    information: Array
    rss: Array
    log_determinant: Array
    left: Array


def solve(cross: Array) -> Solved:
    """Solve normal equations by elimination, column by column, of many data sets at once.

    Parameters
    ----------
    cross : (k + 1, k + 1, ...) array
        [X y]' V^-1 [X y], the column of interest the last one of X.

    Examples
    --------
    >>> table = np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 2.0], [1.0, 2.0, 6.0]])  # 1, x, y
    >>> found = solve(table.T @ table)
    >>> round(float(found.value), 6), round(float(found.information), 6), round(float(found.rss), 6)
    (2.5, 2.0, 1.5)
    """
    swept = cross.copy()
    size = len(swept) - 1
    log_determinant = np.zeros(swept.shape[2:])
    left = np.ones(swept.shape[2:])
    with np.errstate(divide="ignore", invalid="ignore"):
        for j in range(size):
            pivot = swept[j, j].copy()
            log_determinant += np.log(pivot)
            left = np.minimum(left, pivot / cross[j, j])
            row = swept[j, j + 1 :] / pivot
            swept[j + 1 :, j + 1 :] -= swept[j + 1 :, j, None] * row[None]
    return Solved(row[-1], pivot, swept[size, size], log_determinant, left)


def highest(deviance: Callable[[Array], Array], low: float, high: float) -> Array:
    """Return where each deviance, -2 log L, is least between two bounds: on a grid, then by golden section.

    Parameters
    ----------
    deviance
        Takes an array of correlations and returns an array, both (candidate, data set) or, for one candidate each,
        (1, data set).

    Examples
    --------
    >>> centre = np.array([[0.3, -0.9]])
    >>> highest(lambda r: (r - centre) ** 2, -0.99, 0.99).round(6).tolist()
    [0.3, -0.9]
    """
    grid = np.linspace(low, high, _GRID)[:, None]
    seen = deviance(grid)
    best = np.argmin(np.where(np.isfinite(seen), seen, np.inf), axis=0)
    a = grid[np.maximum(best - 1, 0), 0]
    b = grid[np.minimum(best + 1, _GRID - 1), 0]
    c, d = b - _GOLDEN * (b - a), a + _GOLDEN * (b - a)
    at_c, at_d = deviance(c[None])[0], deviance(d[None])[0]
    for _ in range(_NARROWINGS):
        left = at_c <= at_d
        a, b = np.where(left, a, c), np.where(left, d, b)
        new = np.where(left, b - _GOLDEN * (b - a), a + _GOLDEN * (b - a))
        at_new = deviance(new[None])[0]
        c, d = np.where(left, new, d), np.where(left, c, new)
        at_c, at_d = np.where(left, at_new, at_d), np.where(left, at_c, at_new)
    return np.asarray((a + b) / 2.0)

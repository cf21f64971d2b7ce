"""Comparison of persons with themselves: person fixed effects, errors clustered by person.

y_it = a_i + b x_it + c_it g + e_it. Taking away each person's mean removes a_i (Wooldridge 2010, "Econometric Analysis
of Cross Section and Panel Data", chapter 10): what is stable in a person cannot confound b, what varies can.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ketum.studies.estimate import Estimate, by_t, failed
from ketum.studies.estimators.least_squares import COLLINEAR, MISSING, NO_VARIATION, Array, Columns, stack

_COLLINEAR: Final = 1e-12
"""Smallest eigenvalue of the correlations of the columns within persons that still counts as regular."""
_CONSTANT: Final = 1e-12
"""Share of a column's sum of squares within persons that is rounding and no variation."""


def fixed_effects(
    outcome: Columns,
    exposure: Columns,
    person: NDArray[Any],
    covariates: Columns | None = None,
    *,
    count_persons: bool = False,
) -> Estimate:
    """Return the coefficient of an exposure within persons.

    The variance is the sandwich that leaves the errors of a person free to depend on each other (Liang and Zeger 1986,
    Biometrika 73:13-22; Arellano 1987), A^-1 (sum_i u_i u_i') A^-1 times m / (m - 1) times (n - 1) / (n - k), with m
    persons and n rows. k counts the slopes and one constant, as `xtreg, fe` in Stata and gretl do, because a person's
    mean is nested in the person; with `count_persons` it counts slopes and persons, as regression on a dummy of each
    person does, which is too much where rows are few (Cameron and Miller 2015, J Hum Resour 50:317-372, section III.B).

    Parameters
    ----------
    outcome, exposure : (row,) arrays
    person : (row,) array
        Whose row it is: any labels, in any order.
    covariates : (row,) or (row, k) array, optional
        Columns that do not vary within anybody are left out.
    count_persons : bool
        See above.

    Returns
    -------
    Estimate
        With Student's t of m - 1 degrees of freedom.

    Examples
    --------
    >>> person = np.repeat([7, 8, 9], 2)
    >>> found = fixed_effects(np.array([1.0, 4.0, 11.0, 13.0, 20.0, 21.0]), np.tile([0, 1], 3), person)
    >>> round(found.value, 6), round(found.se, 6)  # differences 3, 2, 1
    (2.0, 0.645497)
    """
    rows = stack(outcome, exposure, covariates)
    if not np.isfinite(rows).all():
        return failed(MISSING)
    index, sizes = _index(person)
    n, m = len(rows), len(sizes)
    if m < 2:
        return failed("fewer than two persons")
    columns = rows.T - rows.mean(axis=0)[:, None]
    before = np.einsum("ij,ij->i", columns, columns)
    for column in columns:
        column -= (np.bincount(index, column) / sizes)[index]
    after = np.einsum("ij,ij->i", columns, columns)
    varies = after > _CONSTANT * before
    if not varies[1]:
        return failed("the exposure of nobody varies")
    y, x = columns[0], columns[1:][varies[1:]]
    k = len(x) + (m if count_persons else 1)
    if n <= k:
        return failed("fewer rows than coefficients")
    unit = x / np.sqrt(after[1:][varies[1:]])[:, None]
    gram = unit @ unit.T
    if np.linalg.eigvalsh(gram)[0] < _COLLINEAR:
        return failed(COLLINEAR)
    coefficients = np.linalg.solve(gram, unit @ y)
    residuals = y - coefficients @ unit
    if residuals @ residuals <= _CONSTANT * before[0]:
        return failed(NO_VARIATION)
    influence = np.linalg.solve(gram, np.eye(len(gram)))[0] @ unit * residuals
    by_person = np.bincount(index, influence)
    variance = by_person @ by_person * m / (m - 1) * (n - 1) / (n - k)
    length = float(np.sqrt(after[1]))
    return by_t(float(coefficients[0]) / length, float(np.sqrt(variance)) / length, m - 1)


def _index(person: NDArray[Any]) -> tuple[NDArray[np.intp], Array]:
    """Return the place of each row's person among the persons, and the rows of each person."""
    labels = np.asarray(person)
    if labels.dtype.kind in "iu" and labels.size and labels.min() >= 0 and labels.max() < labels.size:
        counts = np.bincount(labels)  # far quicker than sorting
        place = np.cumsum(counts > 0) - 1
        return place[labels], counts[counts > 0].astype(np.float64)
    _, index = np.unique(labels, return_inverse=True)
    return index, np.bincount(index).astype(np.float64)

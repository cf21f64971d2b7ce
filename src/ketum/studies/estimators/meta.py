"""Pooling the estimates of single persons: random-effects meta-analysis.

Each person's estimate y_i has a standard error s_i, and the effects themselves differ with variance tau^2: the pooled
value is the mean of y_i with weights 1 / (s_i^2 + tau^2). This is how a series of N-of-1 trials becomes a statement
about the average person (Zucker et al. 1997, J Clin Epidemiol 50:401-410).

`statsmodels` gives the same numbers where it can (the tests compare), but it lets the moment estimator of tau^2 be
negative, and its search for that of Paule and Mandel may end at nought where it should not if it is asked to be exact:
so the equations stand here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy.optimize import brentq

from ketum.studies.estimate import Estimate, by_normal, by_t, failed
from ketum.studies.estimators.least_squares import Array, Columns

Method = Literal["paule-mandel", "dersimonian-laird"]
Errors = Literal["hartung-knapp", "normal"]
_FINE: Final = 1e-14
_MOST_STEPS: Final = 1000


@dataclass(frozen=True, slots=True)
class Pooled:
    """A pooled estimate and how far persons differ.

    Attributes
    ----------
    estimate : Estimate
        Of the mean effect.
    tau2 : float
        Variance of effects between persons, in squared units of the effect.
    i2 : float
        Share of the variance of the estimates that lies between persons (Higgins and Thompson 2002, Stat Med
        21:1539-1558, equation 9).
    persons : int
        Whose estimates were pooled.
    """

    estimate: Estimate
    tau2: float
    i2: float
    persons: int


def pool(values: Columns, ses: Columns, method: Method = "paule-mandel", errors: Errors = "hartung-knapp") -> Pooled:
    """Return the mean effect over persons.

    Parameters
    ----------
    values, ses : (person,) arrays
        Estimates and their standard errors; a person without both is left out.
    method
        Of tau^2: DerSimonian and Laird (1986, Control Clin Trials 7:177-188), or Paule and Mandel (1982, J Res Natl
        Bur Stand 87:377-385), which is less biased where persons differ much. Never negative.
    errors
        `hartung-knapp`: weighted squares of residuals, Student's t with k - 1 degrees of freedom (Hartung and Knapp
        2001, Stat Med 20:3875-3889), without the floor of 1 that some put under it; `normal`: (sum of weights)^-1/2.

    Examples
    --------
    >>> found = pool(np.array([1.0, 2.0, 6.0]), np.ones(3))
    >>> round(found.estimate.value, 6), round(found.tau2, 6), round(found.i2, 6)
    (3.0, 6.0, 0.857143)
    >>> pool(np.array([1.0, 1.5, 2.0]), np.ones(3)).tau2
    0.0
    """
    y, s = np.asarray(values, dtype=np.float64), np.asarray(ses, dtype=np.float64)
    whole = np.isfinite(y) & np.isfinite(s) & (s > 0.0)
    y, variance = y[whole], s[whole] ** 2
    k = len(y)
    if k < 2:
        return Pooled(failed("fewer than two persons"), np.nan, np.nan, k)
    tau2 = _moments(y, variance) if method == "dersimonian-laird" else _paule_mandel(y, variance)
    weights = 1.0 / (variance + tau2)
    value = float(weights @ y / weights.sum())
    if errors == "normal":
        estimate = by_normal(value, float(weights.sum() ** -0.5))
    elif np.ptp(y) == 0.0:
        estimate = failed("all persons have the same estimate")
    else:
        estimate = by_t(value, float(np.sqrt(_q(y, variance, tau2) / (k - 1) / weights.sum())), k - 1)
    between = tau2 * _scale(variance)
    return Pooled(estimate, tau2, between / (between + k - 1), k)


def _q(values: Array, variance: Array, tau2: float) -> float:
    """Return Cochran's Q with the variance between persons in the weights; k - 1 is expected."""
    weights = 1.0 / (variance + tau2)
    return float(weights @ (values - weights @ values / weights.sum()) ** 2)


def _moments(values: Array, variance: Array) -> float:
    """Return the tau^2 at which the plain Q is what is expected of it, not below nought."""
    excess, scale = _q(values, variance, 0.0) - (len(values) - 1), _scale(variance)
    return excess / scale if excess > 0.0 and scale > 0.0 else 0.0


def _scale(variance: Array) -> float:
    """Return by how much the plain Q is expected to grow with tau^2: sum w - sum w^2 / sum w, w = 1 / s^2."""
    weights = 1.0 / variance
    return float(weights.sum() - weights @ weights / weights.sum())


def _paule_mandel(values: Array, variance: Array) -> float:
    """Return the tau^2 at which Q is k - 1, or nought if it is less without any. Q falls as tau^2 grows."""
    expected = len(values) - 1
    if _q(values, variance, 0.0) <= expected:
        return 0.0
    # Q(tau^2) < sum (y - mean)^2 / tau^2, which is k - 1 at the plain variance of the values: twice that is beyond
    highest = 2.0 * float(values.var(ddof=1))
    found = brentq(
        lambda tau2: _q(values, variance, tau2) - expected, 0.0, highest, xtol=_FINE, rtol=_FINE, maxiter=_MOST_STEPS
    )
    return float(found)

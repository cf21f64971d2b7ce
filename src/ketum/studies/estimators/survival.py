"""Time to an event: log hazard ratio by Cox regression, difference of risks by Kaplan-Meier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from statsmodels.duration.survfunc import SurvfuncRight

from ketum.studies.estimate import Estimate, by_normal, failed
from ketum.studies.estimators.least_squares import COLLINEAR, MISSING, Array, Columns, is_zero_one, stack, varying

Ties = Literal["efron", "breslow"]
_MOST_STEPS: Final = 30
_SMALL_STEP: Final = 1e-6
"""Of a log hazard. Newton's method converges quadratically: after such a step the error is that of rounding."""
_COLLINEAR: Final = 1e-14
"""Smallest eigenvalue of the correlations of the covariates that still counts as regular."""
_NOT_CONVERGED: Final = "the partial likelihood did not converge"


def hazard_ratio(
    time: Columns,
    event: Columns,
    exposure: Columns,
    covariates: Columns | None = None,
    *,
    ties: Ties = "efron",
) -> Estimate:
    """Return the log hazard ratio of a 0/1 exposure by Cox's proportional hazards regression.

    The hazard is h0(t) exp(b x + C g) (Cox 1972, J R Stat Soc B 34:187-220); errors come from the inverse of the
    observed information of the partial likelihood.

    Parameters
    ----------
    time : (person,) array
        To the event, or to the end of follow-up; any unit.
    event : (person,) array
        1 if the event was seen, 0 if follow-up ended before.
    exposure : (person,) array of 0 and 1
    covariates : (person,) or (person, k) array, optional
        Known at the start.
    ties
        Of events at the same time: Efron (1977, JASA 72:557-565), as `survival` in R; or Breslow's, as Stata.

    Returns
    -------
    Estimate
        On the log scale.

    Examples
    --------
    >>> found = hazard_ratio(np.array([1, 2, 3, 4, 5, 6]), np.ones(6), np.array([1, 1, 0, 1, 0, 0]))
    >>> found.value > 0.0, hazard_ratio(np.arange(1, 5), np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0])).note
    (True, 'a group has no event')
    """
    t, e, x = (np.asarray(column, dtype=np.float64) for column in (time, event, exposure))
    design = stack(x, varying(covariates))
    problem = _problem(t, e, x)
    if problem or not np.isfinite(design).all():
        return failed(problem or MISSING)
    if e[x == 0.0].sum() == 0.0 or e[x == 1.0].sum() == 0.0:
        return failed("a group has no event")
    design = design - design.mean(axis=0)
    lengths = np.linalg.norm(design, axis=0)
    if (lengths == 0.0).any() or np.linalg.eigvalsh((design / lengths).T @ (design / lengths))[0] < _COLLINEAR:
        return failed(COLLINEAR)
    fitted = _cox(_RiskSets.of(t, e, ties), design / lengths)
    if fitted is None:
        return failed("the partial likelihood did not converge")
    return by_normal(fitted[0] / float(lengths[0]), fitted[1] / float(lengths[0]))


def risk_difference(time: Columns, event: Columns, exposure: Columns, at: float) -> Estimate:
    """Return the difference of the risks of the event by a time, exposed minus unexposed.

    Risk is 1 - S(t), S by Kaplan and Meier (1958, JASA 53:457-481) in each group, with the variance of Greenwood,
    S^2 sum d / (n (n - d)); the two are independent. Censoring must say nothing about the event.

    Parameters
    ----------
    time, event, exposure
        As in `hazard_ratio`.
    at : float
        The time, in the unit of `time`; somebody of each group must have been followed so long.

    Returns
    -------
    Estimate
        On the scale of probability.

    Examples
    --------
    >>> found = risk_difference(
    ...     np.array([2, 5, 5, 5, 1, 2, 5, 5]),
    ...     np.array([1, 0, 0, 0, 1, 1, 0, 0]),
    ...     np.array([0, 0, 0, 0, 1, 1, 1, 1]),
    ...     at=5,
    ... )
    >>> round(found.value, 6), round(found.se**2, 6)  # 2/4 - 1/4; (1/2 x 1/2 + 1/4 x 3/4) / 4
    (0.25, 0.109375)
    """
    t, e, x = (np.asarray(column, dtype=np.float64) for column in (time, event, exposure))
    problem = _problem(t, e, x)
    if problem:
        return failed(problem)
    risks, variances = [], []
    for group in (1.0, 0.0):
        members = x == group
        if at > t[members].max():
            return failed("follow-up of a group ends before the time asked for")
        risk, variance = _risk(t[members], e[members], at)
        risks.append(risk)
        variances.append(variance)
    if not np.isfinite(variances).all():
        return failed("nobody of a group is left at the time asked for")
    if sum(variances) == 0.0:
        return failed("no event by the time asked for")
    return by_normal(risks[0] - risks[1], float(np.sqrt(sum(variances))))


@dataclass(frozen=True, slots=True)
class _RiskSets:
    """Who is at risk when an event happens.

    Attributes
    ----------
    order : (person,) array
        Persons by time, the latest first.
    last : (time,) array
        Place in that order of the last person at risk at each distinct time, the latest first.
    events : (event,) array
        Places in that order of the persons with an event.
    at : (event,) array
        Which of the distinct times each event has.
    gone : (event,) array
        Share of the events at the same time that has left the risk set before this one: Efron's way of dealing with
        ties; nought in Breslow's.
    """

    order: NDArray[np.intp]
    last: NDArray[np.intp]
    events: NDArray[np.intp]
    at: NDArray[np.intp]
    gone: Array

    @classmethod
    def of(cls, time: Array, event: Array, ties: Ties) -> _RiskSets:
        order = np.argsort(-time, kind="stable")
        _, index, counts = np.unique(-time[order], return_inverse=True, return_counts=True)
        events = np.flatnonzero(event[order] == 1.0)
        at = index[events]
        many = np.bincount(at, minlength=len(counts))
        rank = np.arange(len(at)) - (np.cumsum(many) - many)[at]
        gone = rank / many[at] if ties == "efron" else np.zeros(len(at))
        return cls(order, np.cumsum(counts) - 1, events, at, gone)


def _cox(sets: _RiskSets, design: Array) -> tuple[float, float] | None:
    """Return the first coefficient and its error by Newton's method, or nothing if the likelihood has no top.

    With S0, S1, S2 the sums over those at risk of exp(x b), x exp(x b), x x' exp(x b), less the share `gone` of the
    same sums over events at that time, the score is the sum over events of x - S1/S0 and the information that of
    S2/S0 - (S1/S0)(S1/S0)'.
    """
    x = design[sets.order]
    k = x.shape[1]
    squares = (x[:, :, None] * x[:, None]).reshape(len(x), k * k)
    table = np.column_stack([np.ones(len(x)), x, squares])
    seen = x[sets.events].sum(axis=0)
    largest = np.abs(x).max(axis=0)
    coefficients = np.zeros(k)
    for _ in range(_MOST_STEPS):
        linear = x @ coefficients
        weighted = table * np.exp(linear - linear.max())[:, None]
        tied = np.zeros((len(sets.last), table.shape[1]))
        np.add.at(tied, sets.at, weighted[sets.events])
        sums = np.cumsum(weighted, axis=0)[sets.last[sets.at]] - sets.gone[:, None] * tied[sets.at]
        with np.errstate(divide="ignore", invalid="ignore"):  # without a top, sums run off to nought
            sums /= sums[:, :1]
        means = sums[:, 1 : k + 1]
        information = sums[:, k + 1 :].sum(axis=0).reshape(k, k) - means.T @ means
        try:
            inverse = np.linalg.inv(information)
        except np.linalg.LinAlgError:
            return None
        step = inverse @ (seen - means.sum(axis=0))
        coefficients += step
        if not np.isfinite(step).all():
            return None
        if (np.abs(step) * largest <= _SMALL_STEP).all():
            return float(coefficients[0]), float(np.sqrt(max(inverse[0, 0], 0.0)))
    return None


def _risk(time: Array, event: Array, at: float) -> tuple[float, float]:
    """Return 1 - S(at) of a group and its variance, which is not a number once S is 0."""
    if not event[time <= at].any():
        return 0.0, 0.0
    with np.errstate(all="ignore"):
        found = SurvfuncRight(time, event)
    last = int(np.searchsorted(found.surv_times, at, side="right")) - 1
    survival = float(found.surv_prob[last])
    return 1.0 - survival, float(found.surv_prob_se[last]) ** 2 if survival > 0.0 else np.nan


def _problem(time: Array, event: Array, exposure: Array) -> str:
    """Return why times to an event of two groups cannot be analysed, or nothing."""
    if not (np.isfinite(time).all() and np.isfinite(event).all() and np.isfinite(exposure).all()):
        return MISSING
    if not (is_zero_one(event) and is_zero_one(exposure)):
        return "event or exposure is not 0 and 1"
    if (time < 0.0).any():
        return "a time is negative"
    if not exposure.any():
        return "nobody was exposed"
    if exposure.all():
        return "everybody was exposed"
    return ""

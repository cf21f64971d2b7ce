"""Marginal structural model of use that goes on and off over visits, by stabilised inverse probability weighting.

Severity drives use and use may drive severity: what confounds use later is affected by use before, and regression that
adjusts for it takes away part of the effect. Weights remove the confounding without adjustment (Robins, Hernán and
Brumback 2000, Epidemiology 11:550-560; Hernán and Robins, "Causal Inference: What If", chapters 19 to 21). mood.md 9.4.

Visits t = 0, 1, ..., T are equally spaced, and nobody uses at visit 0. The order assumed within a visit is: severity is
measured (L_t), then use stands (A_t: whether the person is in a spell of use on that day, decided since visit t - 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from ketum.studies.estimate import Estimate, by_normal, failed
from ketum.studies.estimators.least_squares import MISSING, Array, Columns, is_zero_one, stack, varying
from ketum.studies.estimators.weighting import (
    Logistic,
    Quantiles,
    Weights,
    describe,
    fit_logistic,
    moved_by_weights,
    truncated,
    weighted_coefficient,
)


@dataclass(frozen=True, slots=True)
class History:
    """What of the measured severity the model of use at visit t knows, besides L_{t-1}.

    Attributes
    ----------
    means : tuple of int
        Means over so many visits before t, or over those there were; the product with A_{t-1} takes the first of them,
        or L_{t-1} if there is none.
    same_visit : bool
        L_t as well. Measured over the time in which A_t was decided, it tells more about that decision than L_{t-1};
        but where use acts within that time it is partly a consequence of A_t.
    """

    means: tuple[int, ...] = (4, 12)
    same_visit: bool = True


HISTORIES: Final[Mapping[str, History]] = MappingProxyType(
    {
        "last": History((), same_visit=False),
        "mean_of_4": History((4,), same_visit=False),
        "mean_of_12": History((4, 12), same_visit=False),
        "same_visit": History((4, 12), same_visit=True),
    }
)
"""Histories by name, each knowing more than the one before."""


def marginal_structural(
    outcome: Columns,
    use: Columns,
    measured: Columns,
    covariates: Columns,
    baseline: Columns,
    *,
    lag: int,
    history: History = HISTORIES["same_visit"],
    severity_before: Columns | None = None,
    truncate: Quantiles = (0.005, 0.995),
    weights_known: bool = True,
) -> tuple[Estimate, Weights | None]:
    """Return the effect of always against never using on an outcome at the last visit, and what the weights look like.

    E[Y] = a + theta x (share of visits 0 to s in use) + covariates + baseline, by weighted least squares; s = T - lag.
    The weight of a person is the product over visits t = 1 to s of P(A_t | A_{t-1}, covariates, baseline) over
    P(A_t | A_{t-1}, covariates, baseline, history, A_{t-1} x mean), each a logistic regression pooled over all persons
    at visits 1 to s, users and non-users alike, without a trend over visits. Visit 0 has no row (nobody could use),
    nor have the visits after s, whose use the model does not count.

    Parameters
    ----------
    outcome : (person,) array
        Y at visit T.
    use, measured : (visit, person) arrays
        A_t, 0 or 1, and L_t of visits 0 to T.
    covariates : (person, k) array
        What does not change; a column that is the same in everybody is left out.
    baseline : (person,) array
        Severity measured before anybody uses: L_0.
    lag : int
        Visits from the last whose use counts to the outcome: those of two weeks, rounded up (2 if weekly, 1 if every
        four weeks).
    history : History
        See there.
    severity_before : (visit, person) array, optional
        Severity that decided use at visit t, in row t: it then stands in place of all measured history. With the true
        mean severity of the days since visit t - 1 this is the oracle, without unmeasured confounding; true severity
        of an earlier day is only near to it.
    truncate : two floats
        Quantiles of the weights beyond which they are cut.
    weights_known : bool
        As in `iptw`.

    Returns
    -------
    Estimate
        theta with its sandwich error, one row a person.
    Weights or None
        None if there are none because a model failed.

    Notes
    -----
    Means over more visits than there are before the outcome are collinear with each other, and the estimate fails.

    theta is the effect if the history holds whatever drives both use and severity (no unmeasured confounding), if
    everybody could have used or not at every visit (positivity), and if the effect is linear in the share of visits.
    """
    y, levels = np.asarray(outcome, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    last = len(use) - 1 - lag
    a = np.asarray(use[: last + 1], dtype=np.float64)
    true = None if severity_before is None else np.asarray(severity_before[: last + 1], dtype=np.float64)
    known = np.asarray(measured[: last + 1], dtype=np.float64) if true is None else true
    persons = stack(levels, varying(covariates))
    problem = _problem(a, y, persons, known)
    if problem:
        return failed(problem), None

    before, now = a[:-1], a[1:]
    fixed = [np.ones_like(now), before, *(np.broadcast_to(column, now.shape) for column in persons.T)]
    changing = _history(known, history) if true is None else [true[1:]]
    product = before * (changing[1] if true is None and history.means else changing[0])
    columns = np.stack([*fixed, *changing, product])
    numerator = _fit(columns[: len(fixed)], now)
    denominator = _fit(columns, now)
    if isinstance(numerator, str) or isinstance(denominator, str):
        return failed(next(found for found in (numerator, denominator) if isinstance(found, str))), None

    untruncated = np.exp((_log_had(numerator, now) - _log_had(denominator, now)).sum(axis=0))
    weights = truncated(untruncated, truncate)
    looks = describe(weights, untruncated, denominator.probability)
    found = weighted_coefficient(y, stack(a.mean(axis=0), np.ones(len(y)), persons), weights)
    if isinstance(found, str):
        return failed(found), looks
    value, moves = found
    if not weights_known:
        free = moves * (weights == untruncated)
        for sign, model, of in ((-1.0, numerator, columns[: len(fixed)]), (1.0, denominator, columns)):
            scores = np.einsum("ktp,tp->kp", of, now - model.probability.reshape(now.shape))
            moves = moves + sign * moved_by_weights(free, scores, model.information)
    return by_normal(value, float(np.sqrt(moves @ moves))), looks


def _problem(use: Array, outcome: Array, persons: Array, known: Array) -> str:
    """Return why these data cannot be analysed, or nothing."""
    if len(use) < 2:
        return "too few visits before the outcome"
    if not all(np.isfinite(values).all() for values in (use, outcome, persons, known)):
        return MISSING
    if not is_zero_one(use):
        return "use is not 0 and 1"
    if use[0].any():
        return "someone used at the first visit"
    return "" if use.any() else "nobody used"


def _fit(columns: Array, now: Array) -> Logistic | str:
    """Fit A_t over all persons and visits; `columns` is (column, visit, person)."""
    return fit_logistic(columns.reshape(len(columns), -1).T, now.ravel())


def _log_had(model: Logistic, now: Array) -> Array:
    """Return the log of the fitted probability of the use, or of the absence of use, that there was."""
    p = model.probability.reshape(now.shape)
    return np.log(np.where(now == 1.0, p, 1.0 - p))


def _history(measured: Array, history: History) -> list[Array]:
    """Return the columns of a history for visits 1, 2, ..., each (visit, person): L_{t-1}, means, L_t."""
    columns = [measured[:-1], *(means_before(measured, visits)[1:] for visits in history.means)]
    return [*columns, measured[1:]] if history.same_visit else columns


def means_before(measured: Array, visits: int) -> Array:
    """Return the mean over so many visits before each visit, or over those there were; row 0 is NaN.

    Examples
    --------
    >>> means_before(np.array([[4.0], [8.0], [6.0], [1.0]]), 2).ravel().tolist()
    [nan, 4.0, 6.0, 7.0]
    """
    sums = np.zeros((len(measured) + 1, *measured.shape[1:]))
    np.cumsum(measured, axis=0, out=sums[1:])
    now = np.arange(1, len(measured))
    first = np.maximum(now - visits, 0)
    means = np.full_like(measured, np.nan)
    means[1:] = (sums[now] - sums[first]) / (now - first)[:, None]
    return means

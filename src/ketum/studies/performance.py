"""How estimators do over replicates of a study: performance measures with their Monte-Carlo standard errors.

The measures and their errors are those of Morris, White and Crowther 2019 (Statistics in Medicine 38:2074, table 6).

Two truths stand behind them. Every replicate has the truth of its own participants: the mean of their paired potential
outcomes. The truth of the study is the mean of these over all replicates. Bias is the mean of value minus own truth:
both come from the same persons, so much of their chance cancels and its Monte-Carlo error is smaller. Coverage, root
mean square error and the zip plot are about the truth of the study. A standard error as statisticians state it covers
the chance of who takes part; where effects differ between persons, the own truth moves with the participants, as the
estimate does, and an interval that is correct covers it too often. An interval that is correct covers the truth of the
study in 95% of replicates.

Where each person is a study of its own (rows of several `UNIT`), there is one truth a person: coverage, root mean
square error and empirical SE are then about the distance of each value from its own truth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import binomtest

from ketum.errors import RunFolderError

Array = NDArray[np.float64]
Row = Mapping[str, Any]
Judged = Literal["as stated", "low", "high", "unknown"]

LEVEL: Final = 0.05
"""A p-value below it rejects; the same level makes a difference from what is stated one beyond Monte-Carlo error."""
SURE: Final = 0.01
"""Level at which coverage and type I error are said to differ from what is stated: a study tells of many rows."""
COVERED: Final = 1.0 - LEVEL
"""What 95% confidence intervals are to cover."""
BEYOND: Final = float(ndtri(1.0 - LEVEL / 2.0))
"""Monte-Carlo standard errors (1.96) beyond which a difference is not chance."""

KEY: Final = ("setting", "estimand", "estimator")
"""Columns that name what a row of either table is about."""
REPLICATES: Final = (
    *("setting", "replicate", "estimand", "estimator", "participants", "truth"),
    *("value", "se", "low", "high", "p", "converged"),
)
"""Columns of ``replicates.csv`` that are read here; ``unit`` may stand beside them."""
UNIT: Final = "unit"
"""Number of a person within a replicate, where each person is a study of its own."""
PERFORMANCE: Final = (
    *("setting", "estimand", "estimator", "replicates", "failed", "participants", "truth", "truth_mcse", "mean"),
    *("bias", "bias_mcse", "empirical_se", "empirical_se_mcse", "model_se", "model_se_mcse", "rmse", "rmse_mcse"),
    *("coverage", "coverage_mcse", "rejection", "rejection_mcse", "rejection_is", "identified", "used"),
)
"""Columns of ``performance.csv``."""


class Measure(NamedTuple):
    """A number found by simulation, and its Monte-Carlo standard error."""

    value: float
    mcse: float


UNKNOWN: Final = Measure(math.nan, math.nan)


def performance(
    replicates: pd.DataFrame, identified: Mapping[tuple[str, str], bool], used: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Return the table ``performance.csv``: one row per setting, estimand and estimator, in order of appearance.

    Parameters
    ----------
    replicates : DataFrame
        Columns `REPLICATES`, one row per replicate, estimand and estimator.
    identified : mapping
        Whether (estimand, estimator) is identified under the graph of the design.
    used : mapping, optional
        By setting, in how many replicates a person of the pool takes part on average, where most often asked.

    Returns
    -------
    DataFrame
        Columns `PERFORMANCE`. ``replicates`` counts all; ``failed`` those whose fit failed: they are in no measure but
        in the truth, which does not hang on a fit. A measure without enough fits is not a number. ``rejection_is``
        is a type I error where the truth is exactly zero in every replicate, and else power.

    Raises
    ------
    RunFolderError
        If a column is missing, or a row does not say what it is about.

    Notes
    -----
    With n fits and theta the truth of the study: empirical SE is the standard deviation of the values, its MCSE
    SE / sqrt(2 (n - 1)). Model SE is the root mean square of stated SEs, its MCSE sqrt(var(se^2) / (4 n SE^2)). RMSE is
    sqrt(mean((value - theta)^2)), its MCSE by the delta method MCSE(MSE) / (2 RMSE). Coverage and rejection: shares p
    with MCSE sqrt(p (1 - p) / n). Estimates without a p-value (shares) have no rejection.

    Replicates of one round through the pool have nobody in common. Where persons are ``used`` more than once, more
    replicates tell no more of the people outside the pool than one round does: all MCSEs are then times sqrt(used),
    and so many fewer replicates stand behind the judgements of `verdict`.
    """
    _demand(replicates)
    rows = []
    for (setting, estimand, estimator), group in replicates.groupby(list(KEY), sort=False):
        key = dict(zip(KEY, (setting, estimand, estimator), strict=True))
        known = "yes" if identified[str(estimand), str(estimator)] else "no"
        use = (used or {}).get(str(setting), 0.0)
        rows.append(key | _widened(_measures(group), use) | {"identified": known, "used": use})
    return pd.DataFrame(rows, columns=list(PERFORMANCE))


def bias(values: Array, truths: Array) -> Measure:
    """Return the mean of value minus own truth; pairs that are not finite are left out.

    Parameters
    ----------
    values, truths : (replicate,) array

    Examples
    --------
    >>> bias(np.array([1.5, 2.5, 3.5]), np.array([1.0, 2.0, 3.0]))
    Measure(value=0.5, mcse=0.0)
    """
    return _mean(values - truths)


def share(hits: Array) -> Measure:
    """Return the share of ones among zeros and ones, with its binomial error.

    Examples
    --------
    >>> share(np.array([1.0, 1.0, 1.0, 0.0]))
    Measure(value=0.75, mcse=0.21650635094610965)
    """
    if not len(hits):
        return UNKNOWN
    found = float(hits.mean())
    return Measure(found, math.sqrt(found * (1.0 - found) / len(hits)))


def relative_error_of_model_se(row: Row) -> Measure:
    """Return model SE over empirical SE, less one: below zero the estimator takes itself to be too sure.

    Its MCSE is (model SE / empirical SE) sqrt((MCSE of model SE / model SE)^2 + 1 / (2 (n - 1))).

    Parameters
    ----------
    row : mapping
        A row of ``performance.csv``.

    Examples
    --------
    >>> row = {"replicates": 1000, "failed": 0, "empirical_se": 0.2, "model_se": 0.19, "model_se_mcse": 0.0005}
    >>> found = relative_error_of_model_se(row)
    >>> round(found.value, 3), round(found.mcse, 3)
    (-0.05, 0.021)
    """
    n = int(row["replicates"]) - int(row["failed"])
    empirical, model = float(row["empirical_se"]), float(row["model_se"])
    if n < 2 or not (empirical > 0.0 and model > 0.0):
        return UNKNOWN
    ratio = model / empirical
    relative = float(row["model_se_mcse"]) / model
    return Measure(ratio - 1.0, ratio * math.sqrt(relative**2 + 1.0 / (2.0 * (n - 1))))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the replicates say of an estimator.

    Attributes
    ----------
    bias_beyond_error : bool or None
        Whether the bias is larger than 1.96 of its Monte-Carlo standard errors; None without two fits.
    bias_of_truth : float
        Size of the bias over size of the truth; infinite where the truth is zero and the bias is not.
    biased : bool or None
        Beyond error, and more than the share of the truth that was asked for.
    coverage : str
        Whether intervals cover 95% `as stated`, or `low` or `high` beyond Monte-Carlo error: exact binomial test at
        1%, which holds too where all or none cover; `unknown` without a fit.
    type_1_error : str
        The same of rejections against 5% where the truth is zero; `unknown` where it is not.
    model_se : str
        Whether the stated standard error agrees with the spread of the values: `as stated`, `low`, `high`, `unknown`.
    failed_share : float
        Share of the fits that failed.
    """

    bias_beyond_error: bool | None
    bias_of_truth: float
    biased: bool | None
    coverage: Judged
    type_1_error: Judged
    model_se: Judged
    failed_share: float


def verdict(row: Row, share_of_truth: float) -> Verdict:
    """Return what a row of ``performance.csv`` says, as facts.

    Parameters
    ----------
    row : mapping
        A row of ``performance.csv``.
    share_of_truth : float
        Bias up to this share of the truth is small enough not to count. Where the truth is zero, every bias beyond
        Monte-Carlo error counts.

    Notes
    -----
    Where all is well bias and model SE differ by chance in 5% of rows, coverage and type I error in 1%.
    """
    count, n = int(row["replicates"]), int(row["replicates"]) - int(row["failed"])
    size, truth = abs(float(row["bias"])), abs(float(row["truth"]))
    beyond = None if math.isnan(float(row["bias_mcse"])) else size > BEYOND * float(row["bias_mcse"])
    of_truth = size / truth if truth > 0.0 else math.nan if math.isnan(size) else math.inf if size > 0.0 else 0.0
    se, null = relative_error_of_model_se(row), row["rejection_is"] != "power"
    apart = round(n / max(float(row.get("used", 1.0)), 1.0))
    return Verdict(
        bias_beyond_error=beyond,
        bias_of_truth=of_truth,
        biased=None if beyond is None else beyond and of_truth > share_of_truth,
        coverage=_against(float(row["coverage"]), apart, COVERED),
        type_1_error=_against(float(row["rejection"]), apart, LEVEL) if null else "unknown",
        model_se="unknown" if math.isnan(se.mcse) else _sign(se.value, abs(se.value) > BEYOND * se.mcse),
        failed_share=(count - n) / count,
    )


def zip_plot(replicates: pd.DataFrame, setting: str, estimand: str, estimator: str) -> pd.DataFrame:
    """Return the data of a zip plot: intervals ordered by how far they lie from the truth (Morris et al. 2019, fig. 4).

    Returns
    -------
    DataFrame
        Columns ``replicate``, ``value``, ``low``, ``high``, ``truth`` (of the study), ``centile`` (0 to 100, of the
        distance of value and truth over se, smallest first) and ``covers`` (whether the interval holds the truth).
        Failed fits are left out. With a correct interval those above centile 95 are the ones that do not cover.
    """
    _demand(replicates)
    chosen = (replicates["setting"] == setting) & (replicates["estimand"] == estimand)
    group = replicates[chosen & (replicates["estimator"] == estimator)]
    truths = _truths(group)
    fitted = _fitted(group)
    fits = group[fitted][["replicate", "value", "low", "high"]].assign(truth=truths[fitted])
    truth = fits["truth"]
    distance = np.abs(fits["value"] - truth) / group["se"]
    fits["covers"] = (fits["low"] <= truth) & (truth <= fits["high"])
    fits = fits.iloc[np.argsort(distance[fits.index].to_numpy(), kind="stable")].reset_index(drop=True)
    fits.insert(5, "centile", 100.0 * np.arange(1, len(fits) + 1) / max(len(fits), 1))
    return fits


def _demand(replicates: pd.DataFrame) -> None:
    missing = [name for name in REPLICATES if name not in replicates.columns]
    if missing:
        raise RunFolderError(f"replicates.csv: no column '{missing[0]}'; it holds {', '.join(REPLICATES)}")
    for name in KEY:
        if replicates[name].isna().any():  # a reader may take the setting "null" for an empty cell
            raise RunFolderError(f"replicates.csv: '{name}' is empty in a row; every row names its {', '.join(KEY)}")


def _column(group: pd.DataFrame, name: str) -> Array:
    return group[name].to_numpy(dtype=np.float64)


def _fitted(group: pd.DataFrame) -> NDArray[np.bool_]:
    finite = np.isfinite(group[["value", "se", "low", "high"]].to_numpy(dtype=np.float64)).all(axis=1)
    return np.asarray(group["converged"].to_numpy(dtype=bool) & finite)


def _apart(group: pd.DataFrame) -> bool:
    """Whether each row is about a person of its own."""
    return UNIT in group and group[UNIT].nunique() > 1


def _truths(group: pd.DataFrame) -> Array:
    """Return the truth that each interval is to cover: of the study, or of the person."""
    own = _column(group, "truth")
    return own if _apart(group) else np.full(len(own), _mean(own).value)


def _widened(measures: dict[str, Any], use: float) -> dict[str, Any]:
    """Return measures whose Monte-Carlo errors allow for persons who took part more than once."""
    wider = math.sqrt(max(use, 1.0))
    return {name: value * wider if name.endswith("_mcse") else value for name, value in measures.items()}


def _measures(group: pd.DataFrame) -> dict[str, object]:
    truths = _column(group, "truth")
    fitted = _fitted(group)
    fits, to_cover = group[fitted], _truths(group)[fitted]
    values, low, high, p = (_column(fits, name) for name in ("value", "low", "high", "p"))
    measures = {
        "truth": _mean(truths),
        "bias": bias(values, truths[fitted]),
        "empirical_se": _empirical_se(values - to_cover if _apart(group) else values),
        "model_se": _model_se(_column(fits, "se")),
        "rmse": _rmse(values - to_cover),
        "coverage": share(_covers(low, to_cover, high)),
        "rejection": share((p[np.isfinite(p)] < LEVEL).astype(np.float64)),
    }
    found: dict[str, object] = {
        "replicates": len(group),
        "failed": int(len(group) - fitted.sum()),
        "participants": float(_column(group, "participants").mean()),
        "mean": _mean(values).value,
        "rejection_is": "type I error" if np.all(truths == 0.0) else "power",
    }
    for name, measure in measures.items():
        found |= {name: measure.value, f"{name}_mcse": measure.mcse}
    return found


def _covers(low: Array, truth: Array, high: Array) -> Array:
    """One where an interval holds the truth, and else zero; nothing where the truth is not known."""
    return ((low <= truth) & (truth <= high)).astype(np.float64)[np.isfinite(truth)]


def _mean(values: Array) -> Measure:
    finite = values[np.isfinite(values)]
    n = len(finite)
    if not n:
        return UNKNOWN
    return Measure(float(finite.mean()), float(finite.std(ddof=1)) / math.sqrt(n) if n > 1 else math.nan)


def _empirical_se(values: Array) -> Measure:
    n = len(values)
    if n < 2:
        return UNKNOWN
    spread = float(values.std(ddof=1))
    return Measure(spread, spread / math.sqrt(2.0 * (n - 1)))


def _model_se(errors: Array) -> Measure:
    squared = _mean(errors**2)
    stated = math.sqrt(squared.value)
    return Measure(stated, squared.mcse / (2.0 * stated) if stated > 0.0 else math.nan)


def _rmse(distances: Array) -> Measure:
    squared = _mean(distances**2)
    root = math.sqrt(squared.value)
    return Measure(root, squared.mcse / (2.0 * root) if root > 0.0 else squared.mcse)


def _against(found: float, n: int, stated: float) -> Judged:
    """Whether a share of n differs from what is stated beyond Monte-Carlo error."""
    if not n or not math.isfinite(found):
        return "unknown"
    return _sign(found - stated, binomtest(round(found * n), n, stated).pvalue < SURE)


def _sign(difference: float, beyond: bool) -> Judged:
    if not beyond:
        return "as stated"
    return "high" if difference > 0.0 else "low"

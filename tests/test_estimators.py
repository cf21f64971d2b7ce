"""Estimators against numbers that other programs published, other libraries, closed forms, their own true models."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.stats import ttest_1samp, ttest_ind
from statsmodels.datasets import grunfeld, spector
from statsmodels.discrete.discrete_model import Logit
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.regression.linear_model import OLS
from statsmodels.regression.mixed_linear_model import MixedLM
from statsmodels.stats.meta_analysis import combine_effects, effectsize_2proportions

from ketum.studies.estimate import Estimate
from ketum.studies.estimators.correlation import weighted_correlation
from ketum.studies.estimators.linear import interaction, mean_difference
from ketum.studies.estimators.logistic import odds_ratio
from ketum.studies.estimators.meta import pool
from ketum.studies.estimators.mixed import autoregressive, random_intercept, series
from ketum.studies.estimators.paired import (
    Estimates,
    daily_autoregressive,
    daily_autoregressive_each,
    daily_least_squares,
    daily_least_squares_each,
    paired_t,
    paired_t_each,
)
from ketum.studies.estimators.survival import hazard_ratio, risk_difference
from ketum.studies.estimators.within import fixed_effects

Array = NDArray[np.float64]
Rng = np.random.Generator

FOLDER = Path(__file__).with_name("data_estimators")


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"{name}.csv")


def numbers(found: Estimate) -> list[float]:
    assert found.converged, found.note
    return [found.value, found.se, found.low, found.high, found.p]


def same(found: Estimate, other: Estimate, rel: float = 1e-9) -> None:
    assert numbers(found) == pytest.approx(numbers(other), rel=rel)


def assert_failed(found: Estimate, *words: str) -> None:
    assert not found.converged
    assert np.isnan([found.value, found.se, found.low, found.high, found.p]).all()
    assert all(word in found.note for word in words), found.note


MANY, LEVEL = 400, 0.95
MARGIN = 3.5 * math.sqrt(LEVEL * (1 - LEVEL) / MANY)
"""Monte-Carlo error of the share of data sets whose limits hold the truth, 3.5 times."""


def coverage(one: Callable[[Rng], Estimate], truth: float) -> float:
    """In how many data sets of the true model the 95% limits hold the truth; nothing fails and there is no bias."""
    rng = np.random.default_rng(20240)
    found = [one(rng) for _ in range(MANY)]
    assert all(estimate.converged for estimate in found)
    error = np.array([estimate.value for estimate in found]) - truth
    assert abs(error.mean()) < 4.0 * error.std() / math.sqrt(MANY)
    return float(np.mean([estimate.low <= truth <= estimate.high for estimate in found]))


def covers(one: Callable[[Rng], Estimate], truth: float) -> bool:
    return abs(coverage(one, truth) - LEVEL) < MARGIN


def autocorrelated(rng: Rng, shape: tuple[int, ...], r: float) -> Array:
    noise = rng.normal(size=shape)
    for day in range(1, shape[0]):
        noise[day] = r * noise[day - 1] + math.sqrt(1 - r**2) * noise[day]
    return noise


def test_no_data_makes_an_estimator_raise_or_warn() -> None:
    rng = np.random.default_rng(30)

    def column(n: int) -> Array:
        pool_of = [0.0, 1.0] if rng.random() < 0.7 else [0.0, 1.0, 2.5, -1e9, 1e-9, np.nan, np.inf]
        return rng.choice(pool_of, n)

    made = 0
    for k in range(600):
        n = k % 9
        y, x, c, days = (column(n) for _ in range(4))
        both, person = np.column_stack([c, column(n)]), rng.integers(0, 3, n)
        found = [
            odds_ratio(y, x, both),
            odds_ratio(y, x),
            mean_difference(y, x, both, errors="HC3"),
            interaction(y, x, c, errors="HC1"),
            hazard_ratio(np.abs(days), y, x, both),
            hazard_ratio(np.arange(n), y, x),
            risk_difference(np.abs(days), y, x, 1.0),
            pool(y, x).estimate,
            pool(y, x, "dersimonian-laird", "normal").estimate,
            fixed_effects(y, x, person, both),
            random_intercept(y, x, person, c),
            autoregressive(y, x, c),
            paired_t(y, x, person, c > 0, 1),
            daily_least_squares(y, x),
            daily_autoregressive(y, x),
            weighted_correlation(x, y, np.abs(c)),
            weighted_correlation(x, y, errors="linearised"),
        ]
        for estimate in found:
            finite = np.isfinite([estimate.value, estimate.se, estimate.low, estimate.high, estimate.p])
            assert finite.all() if estimate.converged else not finite.any()
            assert bool(estimate.note) is not estimate.converged
            made += estimate.converged
    assert made > 500


# ------------------------------------------------------------------------------------------------ logistic regression


def test_odds_ratio_of_spector_and_mazzeo() -> None:
    data = spector.load_pandas().data
    found = odds_ratio(data["GRADE"], data["PSI"], data[["GPA", "TUCE"]])
    # Stata 11 logit, printed in statsmodels; Greene, "Econometric Analysis", table of the program effectiveness data
    assert (found.value, found.se) == pytest.approx((2.37868772835, 1.06456430165), rel=1e-7)


def test_crude_odds_ratio_is_that_of_the_table() -> None:
    heart_attack = np.repeat([1, 0, 1, 0], [189, 10845, 104, 10933])
    placebo = np.repeat([1, 1, 0, 0], [189, 10845, 104, 10933])
    found = odds_ratio(heart_attack, placebo)
    # Agresti 2007, "An Introduction to Categorical Data Analysis", section 2.3: 1.832, log 0.605, error 0.123
    assert (math.exp(found.value), found.value, found.se) == pytest.approx((1.832, 0.605, 0.123), abs=6e-4)
    fitted = Logit(heart_attack, np.column_stack([placebo, np.ones(len(placebo))])).fit(disp=False)
    assert (found.value, found.se) == pytest.approx((fitted.params[0], fitted.bse[0]), rel=1e-7)


def logistic_data(rng: Rng, count: int = 300) -> tuple[Array, Array, Array]:
    z = rng.normal(size=count)
    x = (rng.random(count) < 1 / (1 + np.exp(-z))).astype(float)
    return (rng.random(count) < 1 / (1 + np.exp(1.0 - 0.7 * x - 0.5 * z))).astype(float), x, z


def test_odds_ratio_turns_round_with_the_exposure_and_not_with_units() -> None:
    y, x, z = logistic_data(np.random.default_rng(1))
    found, other = odds_ratio(y, x, z), odds_ratio(y, 1 - x, 60.0 - 12.0 * z)
    assert (other.value, other.se, other.p) == pytest.approx((-found.value, found.se, found.p), rel=1e-7)
    same(odds_ratio(y.astype(bool), x.astype(int), np.column_stack([z, np.ones(len(z))])), found, 1e-7)


def test_rows_of_a_covariate_that_decides_the_outcome_say_nothing() -> None:
    rng = np.random.default_rng(2)
    y, x, z = logistic_data(rng)
    rare = (rng.random(len(y)) < 0.1).astype(float)
    y[rare == 1] = 1.0
    keep = rare == 0
    same(odds_ratio(y, x, np.column_stack([rare, z])), odds_ratio(y[keep], x[keep], z[keep]))
    # the limit of maximum likelihood: an offset of 30 in place of infinity
    fitted = Logit(y, np.column_stack([x, z, np.ones(len(y))]), offset=30.0 * rare).fit(disp=False)
    assert odds_ratio(y, x, np.column_stack([z, rare])).value == pytest.approx(fitted.params[0], rel=1e-6)


def test_odds_ratio_that_is_not_finite_fails() -> None:
    y, x, z = logistic_data(np.random.default_rng(3))
    assert_failed(odds_ratio(y * x, x), "one outcome only")
    assert_failed(odds_ratio(y, np.zeros(len(y))), "nobody was exposed")
    assert_failed(odds_ratio(y, np.ones(len(y))), "everybody was exposed")
    assert_failed(odds_ratio(y, x, np.column_stack([z, 2 * z])), "collinear")
    assert_failed(odds_ratio(y, x, x), "collinear")
    assert_failed(odds_ratio((z > 0).astype(float), x, z), "separated")
    assert_failed(odds_ratio(y, x, np.where(z > 2, np.nan, z)), "missing")
    assert_failed(odds_ratio(y, x + z, z), "not 0 and 1")


def test_odds_ratio_covers() -> None:
    assert covers(lambda rng: odds_ratio(*logistic_data(rng)), 0.7)


# -------------------------------------------------------------------------------------------------- linear regression


def test_analysis_of_covariance_of_weights() -> None:
    data = table("anorexia")
    none, family = data["therapy"] == "none", data["therapy"] == "family"
    found = mean_difference(data["after_lb"], none, np.column_stack([data["before_lb"], family]))
    # R, MASS: summary(glm(Postwt ~ Prewt + Treat + offset(Prewt), data = anorexia)), row TreatCont
    assert (found.value, found.se) == pytest.approx((-4.0971, 1.8935), abs=5e-5)
    assert found.p == pytest.approx(0.0340, abs=5e-5)


def test_interaction_of_source_and_dose_of_vitamin() -> None:
    data = table("tooth")
    found = interaction(data["length"], data["ascorbic_acid"], data["dose_mg"])
    # R: summary(lm(len ~ supp * dose, ToothGrowth)), row suppVC:dose: 3.904286, 1.691, 2.309, p 0.024631
    assert found.value == pytest.approx(3.904286, abs=5e-7)
    assert found.value / found.se == pytest.approx(2.309, abs=5e-4)
    assert found.p == pytest.approx(0.024631, abs=5e-7)


def test_interaction_of_a_factorial_trial_is_the_difference_of_differences() -> None:
    rng = np.random.default_rng(4)
    first, second = np.repeat([0, 0, 1, 1], [20, 30, 25, 35]), np.repeat([0, 1, 0, 1], [20, 30, 25, 35])
    y = rng.normal(size=110)
    cells = {(a, b): y[(first == a) & (second == b)] for a in (0, 1) for b in (0, 1)}
    found = interaction(y, first, second)
    mean = {key: cell.mean() for key, cell in cells.items()}
    assert found.value == pytest.approx(mean[1, 1] - mean[1, 0] - mean[0, 1] + mean[0, 0], rel=1e-12)
    pooled = sum(((cell - cell.mean()) ** 2).sum() for cell in cells.values()) / (110 - 4)
    assert found.se == pytest.approx(math.sqrt(pooled * sum(1 / len(cell) for cell in cells.values())), rel=1e-12)
    assert interaction(y, second, first).value == pytest.approx(found.value, rel=1e-12)


def test_crude_mean_difference_is_students_t_test() -> None:
    rng = np.random.default_rng(5)
    y, x = rng.normal(size=60), np.repeat([1, 0], [25, 35])
    found, expected = mean_difference(y, x), ttest_ind(y[:25], y[25:])
    limits = expected.confidence_interval()
    assert (found.p, found.low, found.high) == pytest.approx((expected.pvalue, limits.low, limits.high), rel=1e-10)


@pytest.mark.parametrize("errors", ["HC1", "HC3"])
def test_robust_errors_are_those_of_statsmodels(errors: str) -> None:
    rng = np.random.default_rng(6)
    x, c = rng.random(80), rng.normal(size=(80, 2))
    y = x + c @ [1.0, -0.5] + (1 + 3 * x) * rng.normal(size=80)
    fitted = OLS(y, np.column_stack([x, np.ones(80), c])).fit(cov_type=errors, use_t=True)
    found = mean_difference(y, x, c, errors=errors)  # type: ignore[arg-type]
    assert (found.value, found.se, found.p) == pytest.approx(
        (fitted.params[0], fitted.bse[0], fitted.pvalues[0]), rel=1e-10
    )


def test_linear_regression_that_cannot_be_fitted_fails() -> None:
    rng = np.random.default_rng(7)
    y, x, c = rng.normal(size=9), np.repeat([0.0, 1.0], [4, 5]), rng.normal(size=9)
    assert_failed(mean_difference(y, np.ones(9)), "collinear")
    assert_failed(mean_difference(y, np.zeros(9)), "collinear")
    assert_failed(mean_difference(y, x, 5.0 - 3.0 * x), "collinear")
    assert_failed(mean_difference(y[:2], x[3:5]), "fewer rows")
    assert_failed(mean_difference(np.full(9, 3.3), x, c), "does not vary")
    assert_failed(mean_difference(np.where(x == 1, np.nan, y), x), "missing")
    assert_failed(mean_difference(y, np.arange(9) == 2, c, errors="HC3"), "one row")
    assert_failed(interaction(y, x, x), "collinear")
    # a covariate that nobody has, or everybody, is no reason to fail
    same(mean_difference(y, x, np.column_stack([c, np.zeros(9), np.ones(9)])), mean_difference(y, x, c))


def test_mean_difference_covers_and_robust_errors_cover_unequal_variances() -> None:
    def one(rng: Rng, spread: float, errors: str) -> Estimate:
        x = np.repeat([1.0, 0.0], [20, 80])
        before = rng.normal(size=100)
        y = 2.0 * x + before + np.where(x == 1, spread, 1.0) * rng.normal(size=100)
        return mean_difference(y, x, before, errors=errors)  # type: ignore[arg-type]

    assert covers(lambda rng: one(rng, 1.0, "model"), 2.0)
    assert covers(lambda rng: one(rng, 4.0, "HC3"), 2.0)
    assert coverage(lambda rng: one(rng, 4.0, "model"), 2.0) < LEVEL - MARGIN


# ------------------------------------------------------------------------------------------------------------ survival

OTHERS = ["age", "race", "wexp", "mar", "paro", "prio"]


def test_hazard_ratio_of_financial_aid() -> None:
    data = table("rossi")
    found = hazard_ratio(data["week"], data["arrest"], data["fin"], data[OTHERS])
    # R: summary(coxph(Surv(week, arrest) ~ fin + age + race + wexp + mar + paro + prio)), Fox and Weisberg, appendix
    assert (found.value, found.se) == pytest.approx((-0.37942, 0.19138), abs=5e-6)
    assert found.p == pytest.approx(0.04742, abs=5e-6)
    assert (math.exp(found.low), math.exp(found.high)) == pytest.approx((0.4702, 0.9957), abs=5e-5)


def test_hazard_ratio_of_relapse_on_placebo() -> None:
    data = table("remission")
    found = hazard_ratio(data["weeks"], data["relapse"], data["placebo"])
    # R: coxph(Surv(t, status) ~ Group), Efron's ties: 1.5721, 0.4124, p 0.000138
    assert (found.value, found.se) == pytest.approx((1.5721, 0.4124), abs=5e-5)
    assert found.p == pytest.approx(0.000138, abs=5e-7)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_regression_is_that_of_statsmodels(ties: str) -> None:
    data = table("rossi")
    design = data[["fin", *OTHERS]].to_numpy(float)
    fitted = PHReg(data["week"].to_numpy(float), design, status=data["arrest"].to_numpy(), ties=ties).fit()
    for j in (0, 1, 6):
        x = design[:, j]
        chosen = (x > np.median(x)).astype(float) if j else x
        columns = np.column_stack([chosen, np.delete(design, j, axis=1)])
        fitted = PHReg(data["week"].to_numpy(float), columns, status=data["arrest"].to_numpy(), ties=ties).fit()
        found = hazard_ratio(data["week"], data["arrest"], chosen, columns[:, 1:], ties=ties)  # type: ignore[arg-type]
        assert (found.value, found.se) == pytest.approx((fitted.params[0], fitted.bse[0]), rel=1e-6)


def test_cox_regression_sees_only_the_order_of_times() -> None:
    data = table("rossi")
    found = hazard_ratio(data["week"], data["arrest"], data["fin"], data["age"])
    same(hazard_ratio(np.sqrt(data["week"]), data["arrest"], data["fin"], 100 - 365 * data["age"]), found)
    other = hazard_ratio(data["week"], data["arrest"], 1 - data["fin"], data["age"])
    assert (other.value, other.se) == pytest.approx((-found.value, found.se), rel=1e-9)


def test_risks_of_relapse() -> None:
    data = table("remission")
    found = risk_difference(data["weeks"], data["relapse"], data["placebo"], at=10)
    # R: summary(survfit(Surv(t, Status) ~ Group)): S(10) 0.753 (0.0963) with 6-MP, 0.3810 (0.1060) with placebo
    assert found.value == pytest.approx(0.753 - 0.3810, abs=6e-4)
    assert found.se == pytest.approx(math.hypot(0.0963, 0.1060), abs=1e-4)
    found = risk_difference(data["weeks"], data["relapse"], data["placebo"], at=22.5)
    # the same table: S(22) 0.538 (0.1282) and 0.0476 (0.0465), unchanged until 23
    assert found.value == pytest.approx(0.538 - 0.0476, abs=6e-4)
    assert found.se == pytest.approx(math.hypot(0.1282, 0.0465), abs=1e-4)


def test_risk_difference_without_censoring_is_that_of_proportions() -> None:
    event = np.repeat([1, 0, 1, 0], [12, 28, 5, 35])
    x = np.repeat([1, 1, 0, 0], [12, 28, 5, 35])
    weeks = np.where(event == 1, np.arange(80) % 26 + 1.0, 26.0)
    found = risk_difference(weeks, event, x, at=26)
    expected = math.sqrt(0.3 * 0.7 / 40 + 0.125 * 0.875 / 40)
    assert (found.value, found.se) == pytest.approx((0.175, expected), rel=1e-12)


def test_survival_that_says_nothing_fails() -> None:
    t, e, x = np.arange(1.0, 9.0), np.array([1, 0, 1, 0, 1, 1, 0, 1.0]), np.tile([0.0, 1.0], 4)
    assert_failed(hazard_ratio(t, e * x, x), "no event")
    assert_failed(hazard_ratio(t, e, np.zeros(8)), "nobody was exposed")
    assert_failed(hazard_ratio(t, e, x, x), "collinear")
    assert_failed(hazard_ratio(t, np.ones(8), np.repeat([1.0, 0.0], 4)), "did not converge")
    assert_failed(hazard_ratio(np.where(t == 2, np.nan, t), e, x), "missing")
    assert_failed(hazard_ratio(-t, e, x), "negative")
    assert_failed(risk_difference(t, e, x, at=9.0), "follow-up")
    assert_failed(risk_difference(t, np.zeros(8), x, at=5.0), "no event")
    assert_failed(risk_difference(t, np.ones(8), x, at=7.0), "nobody of a group is left")
    assert_failed(risk_difference(t, e, np.ones(8), at=5.0), "everybody was exposed")


def test_survival_covers() -> None:
    def data(rng: Rng) -> tuple[Array, Array, Array]:
        x = (rng.random(200) < 0.5).astype(float)
        event, end = rng.exponential(np.exp(-0.5 * x)), rng.uniform(0.7, 2.0, 200)
        return np.minimum(event, end), (event <= end).astype(float), x

    assert covers(lambda rng: hazard_ratio(*data(rng)), 0.5)
    assert covers(lambda rng: risk_difference(*data(rng), at=0.7), math.exp(-0.7) - math.exp(-0.7 * math.exp(0.5)))


# ------------------------------------------------------------------------------------------------------- meta-analysis

KACKER = np.array([61, 61.4, 62.21, 62.3, 62.34, 62.6, 62.7, 62.84, 65.9])
KACKER_VARIANCE = np.array([0.2025, 1.21, 0.09, 0.2025, 0.3844, 0.5625, 0.0676, 0.0225, 1.8225])
"""Kacker 2004, Metrologia 41:132-136, table 1."""
BCG = np.array(
    [
        *([4, 123, 11, 139], [6, 306, 29, 303], [3, 231, 11, 220], [62, 13598, 248, 12867], [33, 5069, 47, 5808]),
        *([180, 1541, 372, 1451], [8, 2545, 10, 629], [505, 88391, 499, 88391], [29, 7499, 45, 7277]),
        *([17, 1716, 65, 1665], [186, 50634, 141, 27338], [5, 2498, 3, 2341], [27, 16913, 29, 17854]),
    ],
    dtype=float,
)
"""Cases and persons, vaccinated and not, in the 13 trials of BCG of Colditz et al. 1994, JAMA 271:698-702."""
CLASP = np.array([[5, 156, 8, 74], [5, 303, 17, 303], [12, 565, 9, 477], [69, 1570, 94, 1565], [9, 103, 11, 105],
                  [313, 4659, 352, 4650]], dtype=float)  # fmt: skip
"""Cases and persons, treated and not, of six trials; DerSimonian and Kacker 2007, Contemp Clin Trials 28:105-114."""


def test_pooled_as_by_metafor() -> None:
    # R, metafor: rma(y, v, method = "PM"), printed to 15 digits in statsmodels
    found = pool(KACKER, np.sqrt(KACKER_VARIANCE), errors="normal")
    assert (found.estimate.value, found.estimate.se) == pytest.approx((62.4076199113286, 0.338030602684471), rel=1e-9)
    assert (found.tau2, 100 * found.i2) == pytest.approx((0.705395309224248, 83.7218626490482), rel=1e-9)
    # rma(y, v, method = "DL", test = "knha")
    found = pool(KACKER, np.sqrt(KACKER_VARIANCE), "dersimonian-laird")
    assert numbers(found.estimate)[:4] == pytest.approx(
        (62.3901386044504, 0.29477605699879, 61.710383798052, 63.0698934108488), rel=1e-9
    )
    assert found.estimate.p == pytest.approx(2.77938607433693e-16, rel=1e-6)
    assert (found.tau2, 100 * found.i2) == pytest.approx((0.288049246973751, 67.744403741711), rel=1e-9)


def test_pooled_trials_of_bcg() -> None:
    a, n1, c, n2 = BCG.T
    # metafor's test against Stata's metan, random effects: log risk ratio, then log odds ratio
    found = pool(np.log(a / n1 / (c / n2)), np.sqrt(1 / a - 1 / n1 + 1 / c - 1 / n2), "dersimonian-laird", "normal")
    assert (found.estimate.value, found.estimate.low) == pytest.approx((-0.7141, -1.0644), abs=5e-5)
    assert (found.tau2, 100 * found.i2) == pytest.approx((0.3088, 92.1173), abs=5e-5)
    effect, variance = effectsize_2proportions(a, n1, c, n2, statistic="odds-ratio")
    found = pool(effect, np.sqrt(variance), "dersimonian-laird", "normal")
    assert (found.estimate.value, found.estimate.low) == pytest.approx((-0.7474, -1.1242), abs=5e-5)
    assert (found.tau2, 100 * found.i2) == pytest.approx((0.3663, 92.6455), abs=5e-5)


def test_pooled_trials_of_aspirin_in_pregnancy() -> None:
    effect, variance = effectsize_2proportions(*CLASP.T, statistic="odds-ratio")
    # DerSimonian and Kacker 2007, tables 3 and 4: tau, mean, error
    for method, expected in (
        ("paule-mandel", (0.3681, -0.3811, 0.2060)),
        ("dersimonian-laird", (0.2323, -0.3240, 0.1540)),
    ):
        found = pool(effect, np.sqrt(variance), method, "normal")  # type: ignore[arg-type]
        assert (math.sqrt(found.tau2), found.estimate.value, found.estimate.se) == pytest.approx(expected, abs=5e-5)


def test_pooled_as_by_statsmodels_where_persons_differ() -> None:
    rng = np.random.default_rng(8)
    s = rng.uniform(0.5, 2.0, 30)
    y = rng.normal(1.0, np.sqrt(4.0 + s**2))
    for method, name in (("paule-mandel", "pm"), ("dersimonian-laird", "dl")):
        other = combine_effects(y, s**2, method_re=name)
        found = pool(y, s, method)  # type: ignore[arg-type]
        assert found.tau2 == pytest.approx(other.tau2, rel=1e-5)
        assert found.estimate.value == pytest.approx(other.mean_effect_re, rel=1e-6)
        assert found.estimate.se == pytest.approx(math.sqrt(other.var_hksj_re), rel=1e-5)


def test_variance_between_persons_solves_its_equation_and_is_never_negative() -> None:
    rng = np.random.default_rng(9)
    noughts = 0
    for _ in range(300):
        s = rng.uniform(0.3, 3.0, 8)
        y = rng.normal(0.0, np.sqrt(0.3 + s**2))
        tau2 = pool(y, s).tau2
        w = 1 / (s**2 + tau2)
        q = w @ (y - w @ y / w.sum()) ** 2
        assert q == pytest.approx(7.0, rel=1e-9) if tau2 > 0 else q <= 7.0
        assert pool(y, s, "dersimonian-laird").tau2 >= 0.0
        noughts += tau2 == 0.0
    assert 30 < noughts < 270


def test_pooling_leaves_out_who_has_no_estimate() -> None:
    y, s = np.append(KACKER, [np.nan, 60.0, 61.0]), np.append(np.sqrt(KACKER_VARIANCE), [1.0, np.nan, 0.0])
    found = pool(y, s)
    assert found == pool(KACKER, np.sqrt(KACKER_VARIANCE))
    assert found.persons == 9
    assert_failed(pool(y[8:], s[8:]).estimate, "fewer than two")
    assert_failed(pool(np.ones(4), np.ones(4)).estimate, "same estimate")


def test_equal_errors_pool_to_a_t_test() -> None:
    y = np.random.default_rng(10).normal(0.4, 1.0, 12)
    for method in ("paule-mandel", "dersimonian-laird"):
        found = pool(y, np.full(12, 0.3), method)  # type: ignore[arg-type]
        assert found.estimate.p == pytest.approx(ttest_1samp(y, 0.0).pvalue, rel=1e-10)
        assert found.tau2 == pytest.approx(y.var(ddof=1) - 0.09, rel=1e-9)


def test_pooling_covers() -> None:
    def one(rng: Rng) -> Estimate:
        s = rng.uniform(0.5, 1.0, 20)
        return pool(rng.normal(1.0, np.sqrt(1.0 + s**2)), s).estimate

    assert covers(one, 1.0)


# -------------------------------------------------------------------------------------------------------- fixed effects


def investments() -> pd.DataFrame:
    data = grunfeld.load_pandas().data
    return data[data["firm"] != "American Steel"]


def test_fixed_effects_of_investments() -> None:
    data = investments()
    found = fixed_effects(data["invest"], data["value"], data["firm"], data["capital"])
    # R, plm: plm(inv ~ value + capital, model = "within"): 0.110124, 0.310065
    # gretl, fixed effects with robust (HAC) errors: 0.110124 0.0151945 4.83e-05; 0.310065 0.0527518 0.0002
    assert (found.value, found.se) == pytest.approx((0.110124, 0.0151945), rel=5e-6)
    assert found.p == pytest.approx(4.83e-5, rel=1e-3)
    found = fixed_effects(data["invest"], data["capital"], data["firm"], data["value"])
    assert (found.value, found.se) == pytest.approx((0.310065, 0.0527518), rel=5e-6)


def panel(rng: Rng, persons: int = 40) -> tuple[Array, Array, Array, Array]:
    sizes = rng.integers(1, 12, persons)
    person = rng.permutation(np.repeat(rng.permutation(1000)[:persons], sizes))
    level = rng.normal(size=1000)[person]
    x, c = rng.normal(size=(2, len(person))) + level
    return 3 * level + 0.5 * x - c + (1 + 0.5 * np.sin(person)) * rng.normal(size=len(person)), x, person, c


@pytest.mark.parametrize("many", [True, False])
def test_fixed_effects_are_regression_on_dummies(many: bool) -> None:
    y, x, person, c = panel(np.random.default_rng(11))
    covariates = np.column_stack([c, c**2]) if many else None
    dummies = (person[:, None] == np.unique(person)).astype(float)
    design = np.column_stack([x, dummies] if covariates is None else [x, covariates, dummies])
    fitted = OLS(y, design).fit(cov_type="cluster", cov_kwds={"groups": person}, use_t=True)
    found = fixed_effects(y, x, person, covariates, count_persons=True)
    assert (found.value, found.se, found.p) == pytest.approx(
        (fitted.params[0], fitted.bse[0], fitted.pvalues[0]), rel=1e-9
    )
    n, slopes = len(y), 3 if many else 1
    ratio = math.sqrt((n - slopes - dummies.shape[1]) / (n - slopes - 1))
    assert fixed_effects(y, x, person, covariates).se == pytest.approx(found.se * ratio, rel=1e-12)


def test_fixed_effects_do_not_see_what_is_stable_in_a_person() -> None:
    rng = np.random.default_rng(12)
    y, x, person, c = panel(rng)
    stable = 1000 * rng.normal(size=1000)[person]
    found = fixed_effects(y, x, person, c)
    same(fixed_effects(y + stable, x - stable, person, np.column_stack([c + stable, stable])), found, 1e-7)
    shuffled = rng.permutation(len(y))
    same(fixed_effects(y[shuffled], x[shuffled], person[shuffled].astype(str), c[shuffled]), found)


def test_fixed_effects_that_cannot_be_had_fail() -> None:
    y, x, person, c = panel(np.random.default_rng(13))
    assert_failed(fixed_effects(y, person * 1.0, person), "varies")
    assert_failed(fixed_effects(y, x, person, x + person), "collinear")
    assert_failed(fixed_effects(y, x, np.zeros(len(y), dtype=int)), "two persons")
    assert_failed(fixed_effects(y, x, np.arange(len(y))), "varies")
    assert_failed(fixed_effects(x + person, x, person), "does not vary around the fit")
    assert_failed(fixed_effects(np.where(c > 2, np.nan, y), x, person), "missing")


def test_fixed_effects_cover_errors_that_go_together() -> None:
    def one(rng: Rng) -> Estimate:
        person, level = np.repeat(np.arange(60), 6), np.repeat(rng.normal(size=60), 6)
        x = level + rng.normal(size=(60, 6)).cumsum(axis=1).ravel()
        return fixed_effects(2 * level + 0.3 * x + rng.normal(size=(60, 6)).cumsum(axis=1).ravel(), x, person)

    assert covers(one, 0.3)


def test_fixed_effects_of_a_hundred_thousand_rows_are_quick() -> None:
    rng = np.random.default_rng(14)
    person = np.repeat(np.arange(2000), 50)
    y, x, c = rng.normal(size=(3, 100_000))
    spent = []
    for _ in range(5):
        start = time.process_time()
        fixed_effects(y, x, person, c)
        spent.append(time.process_time() - start)
    assert min(spent) < 0.05


# --------------------------------------------------------------------------------------------------------- mixed models


def test_random_intercept_of_growth() -> None:
    data = table("growth")
    # R, nlme: lme(distance ~ age + Sex, random = ~ 1 | Subject): value, error, degrees of freedom, t, p
    age = random_intercept(data["distance_mm"], data["age"], data["child"], data["girl"])
    assert (age.value, age.se, age.value / age.se) == pytest.approx((0.660185, 0.0616059, 10.716263), rel=2e-6)
    girl = random_intercept(data["distance_mm"], data["girl"], data["child"], data["age"])
    assert (girl.value, girl.se, girl.value / girl.se) == pytest.approx((-2.321023, 0.7614168, -3.048294), rel=2e-6)
    assert girl.p == pytest.approx(0.0054, abs=5e-5)
    assert (age.high - age.value) / age.se == pytest.approx(1.990063, rel=1e-6)  # qt(0.975, 80)
    assert (girl.high - girl.value) / girl.se == pytest.approx(2.059539, rel=1e-6)  # qt(0.975, 25)


def dense_reml(
    y: Array, design: Array, variance: Callable[[float], Array], bounds: tuple[float, float]
) -> tuple[float, float]:
    """Restricted maximum likelihood with the whole matrix: the first coefficient and its error."""
    n, k = design.shape

    def parts(r: float) -> tuple[Array, Array, float, float]:
        v = variance(r)
        inverse = np.linalg.inv(v)
        information = design.T @ inverse @ design
        b = np.linalg.solve(information, design.T @ inverse @ y)
        rss = (y - design @ b) @ inverse @ (y - design @ b)
        deviance = (n - k) * math.log(rss) + np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
        return b, information, float(rss), float(deviance)

    best = minimize_scalar(lambda r: parts(r)[3], bounds=bounds, method="bounded", options={"xatol": 1e-10}).x
    b, information, rss, _ = parts(best)
    return float(b[0]), math.sqrt(rss / (n - k) * np.linalg.inv(information)[0, 0])


def test_random_intercept_of_unequal_persons() -> None:
    rng = np.random.default_rng(15)
    person = rng.permutation(np.repeat(np.arange(25), rng.integers(1, 9, 25)))
    n = len(person)
    x, w = rng.normal(size=n), rng.normal(size=25)[person]
    y = rng.normal(size=25)[person] + 0.5 * x + 0.2 * w + rng.normal(size=n)
    alike = (person[:, None] == person).astype(float)
    fitted = MixedLM(y, np.column_stack([x, w, np.ones(n)]), person).fit(reml=True, gtol=1e-10)
    for j, (exposure, other) in enumerate([(x, w), (w, x)]):
        found = random_intercept(y, exposure, person, other)
        design = np.column_stack([exposure, other, np.ones(n)])
        expected = dense_reml(y, design, lambda r: r * alike + (1 - r) * np.eye(n), (0.0, 0.99))
        assert (found.value, found.se) == pytest.approx(expected, rel=1e-6)
        assert found.value == pytest.approx(fitted.params[j], rel=1e-4)
        assert found.se == pytest.approx(fitted.bse[j], rel=2e-3)


def test_random_intercept_without_differences_between_persons_is_least_squares() -> None:
    rng = np.random.default_rng(16)
    person, x = np.repeat(np.arange(12), 4), rng.normal(size=48)
    noise = rng.normal(size=(12, 4))
    noise -= noise.mean(axis=1, keepdims=True)  # less variance between persons than chance would give
    y = 0.5 * x + noise.ravel()
    found, plain = random_intercept(y, x, person), mean_difference(y, x)
    assert (found.value, found.se) == pytest.approx((plain.value, plain.se), rel=1e-9)


def test_random_intercept_that_cannot_be_had_fails() -> None:
    y, x, person, c = panel(np.random.default_rng(17))
    assert_failed(random_intercept(y, np.ones(len(y)), person), "collinear")
    assert_failed(random_intercept(y, x, person, 2 * x), "collinear")
    assert_failed(random_intercept(y, x, np.zeros(len(y))), "one person")
    assert_failed(random_intercept(y, x, np.arange(len(y))), "one row")
    assert_failed(random_intercept(1 + 2 * x, x, person), "does not vary")
    assert_failed(random_intercept(np.where(c > 2, np.nan, y), x, person), "missing")


def test_random_intercept_covers_within_and_between_persons() -> None:
    def one(rng: Rng, between: bool) -> Estimate:
        person = np.repeat(np.arange(16), 4)
        x = (rng.permutation(16) % 2.0)[person] if between else rng.normal(size=64)
        return random_intercept(rng.normal(size=16)[person] + 0.5 * x + rng.normal(size=64), x, person)

    assert covers(lambda rng: one(rng, between=False), 0.5)
    assert covers(lambda rng: one(rng, between=True), 0.5)


def full_moons() -> tuple[Array, Array, Array]:
    data = table("moon")
    months = np.round(np.arange(1, 37) / 3, 2)
    return data["admissions"].to_numpy(), (data["moon"] == "during").to_numpy(float), months


def test_autoregressive_errors_of_admissions() -> None:
    admissions, during, months = full_moons()
    # R, nlme: gls(Admissions ~ Time + During, correlation = corAR1()): REML, Phi 0.3095481, 33 degrees of freedom
    found = autoregressive(admissions, during, months)
    assert (found.value, found.se, found.value / found.se) == pytest.approx((2.233956, 0.8046417, 2.776337), rel=1e-6)
    assert found.p == pytest.approx(9e-3, abs=5e-4)
    found = autoregressive(admissions, months, during)
    assert (found.value, found.se, found.value / found.se) == pytest.approx((0.858472, 0.1816323, 4.726429), rel=2e-6)
    columns = np.stack([np.ones(36), months, during, admissions])
    assert series(columns[:, :, None]).correlation.item() == pytest.approx(0.3095481, rel=1e-5)
    # the same study without it: lm(Admissions ~ Time + During): 2.2248, 0.9878, p 0.0311
    plain = mean_difference(admissions, during, months)
    assert (plain.value, plain.se, plain.p) == pytest.approx((2.2248, 0.9878, 0.0311), abs=5e-5)


def test_missing_days_keep_their_place_in_time() -> None:
    rng = np.random.default_rng(18)
    x = np.repeat(rng.permutation(8) % 2.0, 5)
    y = 1 + 0.5 * x + autocorrelated(rng, (40,), 0.6)
    y[[3, 4, 5, 17, 39]] = np.nan
    x[9] = np.nan
    days = np.flatnonzero(np.isfinite(x + y))
    design = np.column_stack([x[days], np.ones(len(days))])
    apart = np.abs(days[:, None] - days)
    expected = dense_reml(y[days], design, lambda r: r**apart, (1e-6, 0.99))
    found = autoregressive(y, x)
    assert (found.value, found.se) == pytest.approx(expected, rel=1e-6)
    assert found.value != pytest.approx(autoregressive(y[days], x[days]).value, rel=1e-3)


def test_autoregressive_errors_know_no_direction_of_time() -> None:
    admissions, during, months = full_moons()
    backwards = autoregressive(admissions[::-1], during[::-1], months[::-1])
    same(backwards, autoregressive(admissions, during, months), 1e-6)


def test_series_that_say_nothing_fail() -> None:
    y, x = np.random.default_rng(19).normal(size=20), np.repeat([0.0, 1.0], 10)
    assert_failed(autoregressive(y, np.ones(20)))
    assert_failed(autoregressive(2.0 - 3.0 * x, x))
    assert_failed(autoregressive(y, x, 2 * x + 1))
    assert_failed(autoregressive(np.full(20, np.nan), x))
    assert_failed(autoregressive(y[9:11], x[9:11]))


# --------------------------------------------------------------------------------------------- one person's crossover

STUDENT = np.array(
    [[0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0], [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]]
)
"""Hours of sleep gained by two drugs in ten patients; Student 1908, Biometrika 6:1-25 (`sleep` in R)."""


def test_students_own_pairs() -> None:
    found = paired_t(STUDENT.T.ravel(), np.tile([1, 0], 10), np.arange(20), np.repeat(np.arange(10), 2), discard=0)
    # R: t.test(extra ~ group, data = sleep, paired = TRUE): t -4.0621, df 9, p 0.002833, -2.4598858 to -0.7001142
    assert found.value / found.se == pytest.approx(-4.0621, abs=5e-5)
    assert (found.value, found.low, found.high) == pytest.approx((-1.58, -2.4598858, -0.7001142), abs=5e-8)
    assert found.p == pytest.approx(0.002833, abs=5e-7)


def crossover(rng: Rng, persons: int, days: int, r: float, pairs: int = 4) -> tuple[Array, Array, Array, Array]:
    """Mood without any effect of the treatment: outcome and on (day, person), period and pair (day,)."""
    period = np.repeat(np.arange(2 * pairs), days)
    first = rng.integers(0, 2, (pairs, persons))
    on = np.repeat(np.stack([first, 1 - first], axis=1).reshape(2 * pairs, persons), days, axis=0)
    return autocorrelated(rng, (len(period), persons), r), on.astype(float), period, period // 2


def test_many_persons_at_once_are_each_person_alone() -> None:
    y, on, period, pair = crossover(np.random.default_rng(20), 6, 7, 0.5)
    y[3, 1] = y[20:24, 2] = y[:14, 3] = np.nan
    for each, one in (
        (paired_t_each(y, on, period, pair, 2), lambda p: paired_t(y[:, p], on[:, p], period, pair, 2)),
        (daily_least_squares_each(y, on), lambda p: daily_least_squares(y[:, p], on[:, p])),
        (daily_autoregressive_each(y, on), lambda p: daily_autoregressive(y[:, p], on[:, p])),
    ):
        assert isinstance(each, Estimates)
        for person in range(6):
            same(each.of(person), one(person), 1e-6)
            limits = (each.value, each.se, each.low, each.high, each.p)
            assert [float(column[person]) for column in limits] == pytest.approx(numbers(each.of(person)), rel=1e-12)


def test_analyses_of_days_are_those_of_one_series() -> None:
    y, on, _, _ = crossover(np.random.default_rng(21), 1, 7, 0.5)
    y, on = y[:, 0], on[:, 0]
    same(daily_least_squares(y, on), mean_difference(y, on))
    same(daily_autoregressive(y, on), autoregressive(y, on), 1e-6)
    y[5] = np.nan
    whole = np.isfinite(y)
    same(daily_least_squares(y, on), mean_difference(y[whole], on[whole]))


def test_pairs_by_hand() -> None:
    y, on, period, pair = crossover(np.random.default_rng(22), 1, 10, 0.5)
    y, on = y[:, 0], on[:, 0]
    y[[13, 14]] = np.nan
    kept = np.arange(80) % 10 >= 4
    by_hand = [
        np.nanmean(y[kept & (pair == k) & (on == 1)]) - np.nanmean(y[kept & (pair == k) & (on == 0)]) for k in range(4)
    ]
    found, expected = paired_t(y, on, period, pair, 4), ttest_1samp(by_hand, 0.0)
    assert (found.value, found.p) == pytest.approx((np.mean(by_hand), expected.pvalue), rel=1e-10)
    # days that are discarded do not matter, those that are kept do
    changed = np.where(kept, y, 99.0)
    same(paired_t(changed, on, period, pair, 4), found)
    assert paired_t(changed, on, period, pair, 3).value != pytest.approx(found.value, rel=1e-3)
    # nor does the level of a pair, nor a change of sides but for the sign
    same(paired_t(y + 10.0 * pair, on, period, pair, 4), found, 1e-8)
    assert paired_t(y, 1 - on, period, pair, 4).value == pytest.approx(-found.value, rel=1e-12)


def test_crossovers_that_say_nothing_fail() -> None:
    y, on, period, pair = crossover(np.random.default_rng(23), 1, 3, 0.0)
    y, on = y[:, 0], on[:, 0]
    assert_failed(paired_t(y, on, period, pair, 3), "too few")
    assert_failed(paired_t(y, np.ones(24), period, pair, 0), "too few")
    assert_failed(paired_t(on, on, period, pair, 0), "too few")
    assert_failed(paired_t(y, on, period, np.zeros(24), 0), "too few")
    assert_failed(daily_least_squares(y, np.ones(24)), "too few")
    assert_failed(daily_least_squares(on, on), "too few")
    assert_failed(daily_least_squares(np.full(24, np.nan), on), "too few")
    assert_failed(daily_autoregressive(y, np.zeros(24)), "too few")


def test_only_days_taken_as_independent_see_effects_where_there_are_none() -> None:
    persons = 2000
    y, on, period, pair = crossover(np.random.default_rng(24), persons, 14, 0.5)
    margin = 3.5 * math.sqrt(0.05 * 0.95 / persons)
    assert abs((paired_t_each(y, on, period, pair, 0).p < 0.05).mean() - 0.05) < margin
    assert (daily_least_squares_each(y, on).p < 0.05).mean() > 0.15
    # the correlation is taken as known: a little above 5% in 112 days
    assert abs((daily_autoregressive_each(y, on).p < 0.05).mean() - 0.055) < margin
    independent, on, _, _ = crossover(np.random.default_rng(25), persons, 14, 0.0)
    assert abs((daily_least_squares_each(independent, on).p < 0.05).mean() - 0.05) < margin


# ---------------------------------------------------------------------------------------------------------- correlation

LIGHTNESS = np.array([44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1])
PANEL = np.array([2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8])
"""Lightness and quality of canned tuna; Hollander and Wolfe 1973, "Nonparametric Statistical Methods", page 187."""


def test_correlation_of_lightness_and_quality() -> None:
    found = weighted_correlation(LIGHTNESS, PANEL)
    # R: cor.test(x, y): 0.5711816, 95 percent confidence interval -0.1497426 to 0.8955795
    assert (found.value, found.low, found.high) == pytest.approx((0.5711816, -0.1497426, 0.8955795), abs=5e-8)
    same(weighted_correlation(7.0 - 2.0 * LIGHTNESS, -PANEL, np.full(9, 0.1)), found)


def test_whole_weights_count_persons() -> None:
    rng = np.random.default_rng(26)
    x, w = rng.normal(size=60), rng.integers(1, 6, 60)
    y = 0.5 * x + rng.normal(size=60)
    found = weighted_correlation(x, y, w)
    assert found.value == pytest.approx(np.corrcoef(np.repeat(x, w), np.repeat(y, w))[0, 1], rel=1e-12)
    kish = w.sum() ** 2 / (w**2).sum()
    width = (math.atanh(found.high) - math.atanh(found.low)) / 2
    assert width == pytest.approx(1.959964 / math.sqrt(kish - 3), rel=1e-6)
    assert weighted_correlation(np.append(x, 99.0), np.append(y, -99.0), np.append(w, 0)).value == pytest.approx(
        found.value, rel=1e-12
    )


def test_correlation_that_cannot_be_had_fails() -> None:
    assert_failed(weighted_correlation(LIGHTNESS, np.ones(9)), "does not vary")
    assert_failed(weighted_correlation(LIGHTNESS, 3 * LIGHTNESS), "proportional")
    assert_failed(weighted_correlation(LIGHTNESS, PANEL, -np.ones(9)), "negative")
    assert_failed(weighted_correlation(LIGHTNESS, PANEL, np.arange(9) == 2), "three or fewer")
    assert_failed(weighted_correlation(LIGHTNESS, np.where(PANEL > 5, np.nan, PANEL)), "missing")


def test_correlation_covers() -> None:
    def one(rng: Rng) -> Estimate:
        x = rng.normal(size=150)
        return weighted_correlation(x, 0.4 * x + math.sqrt(0.84) * rng.normal(size=150), rng.uniform(0.5, 1.5, 150))

    assert covers(one, 0.4)


def test_prevalence_weights_need_errors_of_their_own() -> None:
    """Of 200 users, 1% of the people, and 200 others, who differ by half a standard deviation."""
    share = 0.01
    truth = 0.5 * math.sqrt(share * (1 - share)) / math.sqrt(1 + 0.25 * share * (1 - share))

    def one(rng: Rng, errors: str) -> Estimate:
        use = np.repeat([1.0, 0.0], 200)
        y = 0.5 * use + rng.normal(size=400)
        return weighted_correlation(use, y, np.where(use == 1, share, 1 - share), errors=errors)  # type: ignore[arg-type]

    assert covers(lambda rng: one(rng, "linearised"), truth)
    rng = np.random.default_rng(27)
    found = [one(rng, "kish") for _ in range(200)]
    assert np.mean([estimate.se for estimate in found]) > 5 * np.std([estimate.value for estimate in found])

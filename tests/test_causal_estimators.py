"""Weighting, standardisation, marginal structural model, g-formula: published numbers, other libraries, known truth."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from statsmodels.treatment.treatment_effects import TreatmentEffect

from ketum.studies.estimate import Estimate
from ketum.studies.estimators.gformula import g_formula
from ketum.studies.estimators.least_squares import stack
from ketum.studies.estimators.linear import mean_difference
from ketum.studies.estimators.marginal_structural import HISTORIES, History, marginal_structural
from ketum.studies.estimators.standardisation import (
    bootstrap_error,
    doubly_robust,
    resampling_weights,
    standardised,
    weighted_solutions,
)
from ketum.studies.estimators.weighting import RARE, Logistic, fit_logistic, iptw, truncated

Array = NDArray[np.float64]
WITHIN = 4.0
"""Monte-Carlo standard errors within which a simulated mean must lie."""


# NHEFS: Hernán and Robins, "Causal Inference: What If", chapters 12 and 13


@cache
def nhefs() -> pd.DataFrame:
    with (files("ketum.studies") / "data" / "nhefs.csv").open("rb") as file:
        return pd.read_csv(file)


@cache
def stopping() -> tuple[Array, Array, Array, Array]:
    """Weight change, stopping to smoke, the book's covariates, cigarettes a day; persons weighed in 1982."""
    d = nhefs().dropna()
    numbers = [power for name in ("age", "smokeintensity", "smokeyrs", "wt71") for power in (d[name], d[name] ** 2)]
    levels = [("education", range(2, 6)), ("exercise", range(1, 3)), ("active", range(1, 3))]
    indicators = [d[name] == level for name, among in levels for level in among]
    covariates = np.column_stack([d.sex, d.race, *numbers, *indicators]).astype(float)
    return d.wt82_71.to_numpy(), d.qsmk.to_numpy(dtype=float), covariates, d.smokeintensity.to_numpy(dtype=float)


def test_nhefs_is_the_data_of_the_book() -> None:
    assert len(nhefs()) == 1629  # chapter 12: 1,629 smokers, of whom 63 were not weighed again
    weight, stopped, covariates, _ = stopping()
    assert covariates.shape == (1566, 18)  # 1,566 complete, 18 coefficients besides the intercept
    assert stopped.sum() == 403  # 403 stopped, 1,163 did not
    assert weight[stopped == 1].mean() == pytest.approx(4.5, abs=0.05)  # section 12.1: 4.5 kg and
    assert weight[stopped == 0].mean() == pytest.approx(2.0, abs=0.05)  # 2.0 kg


def test_nhefs_crude_difference() -> None:
    weight, stopped, _, _ = stopping()
    found = mean_difference(weight, stopped)
    assert found.value == pytest.approx(2.54, abs=0.005)  # section 12.1: 2.5 (95% CI 1.7, 3.4)
    assert (found.low, found.high) == pytest.approx((1.7, 3.4), abs=0.05)
    nothing_to_balance = iptw(weight, stopped, np.ones((1566, 1)))
    assert nothing_to_balance.value == pytest.approx(found.value, rel=1e-9)


def test_nhefs_model_of_exposure() -> None:
    """Program 12.2: coefficients, errors and weights as R prints them."""
    _, stopped, covariates, _ = stopping()
    found = fit_logistic(stack(np.ones(1566), covariates), stopped)
    assert isinstance(found, Logistic)
    errors = np.sqrt(np.diag(np.linalg.inv(found.information)))
    assert (found.coefficients[0], errors[0]) == pytest.approx((-2.242519, 1.380836), abs=5e-7)  # intercept
    assert (found.coefficients[1], errors[1]) == pytest.approx((-0.527478, 0.154050), abs=5e-7)  # women
    assert (found.coefficients[6], errors[6]) == pytest.approx((0.001045, 0.000287), abs=5e-7)  # cigarettes squared
    had = np.where(stopped == 1, found.probability, 1 - found.probability)
    assert -2 * np.log(had).sum() == pytest.approx(1676.9, abs=0.05)  # residual deviance
    weights = 1 / had  # 1.054 to 16.700, mean 1.996
    assert (weights.min(), weights.mean(), weights.max()) == pytest.approx((1.054, 1.996, 16.700), abs=5e-4)
    stable = weights * np.where(stopped == 1, stopped.mean(), 1 - stopped.mean())  # 0.331 to 4.298, mean 0.999
    assert (stable.min(), stable.mean(), stable.max()) == pytest.approx((0.331, 0.999, 4.298), abs=5e-4)


@pytest.mark.parametrize("stabilised", [True, False])
def test_nhefs_weighting(stabilised: bool) -> None:
    weight, stopped, covariates, _ = stopping()
    found = iptw(weight, stopped, covariates, stabilised=stabilised)
    assert found.value == pytest.approx(3.44, abs=0.005)  # sections 12.2 and 12.3: 3.4 (95% CI 2.4, 4.5)
    assert (found.low, found.high) == pytest.approx((2.4, 4.5), abs=0.05)
    assert (found.value, found.se) == pytest.approx((3.4405, 0.5255), abs=5e-5)  # program 12.2, geeglm in R


def test_nhefs_standardisation() -> None:
    weight, stopped, covariates, cigarettes = stopping()
    found = standardised(weight, stopped, covariates, modifiers=cigarettes, resamples=1000, seed=1)
    assert found.value == pytest.approx(3.52, abs=0.005)  # section 13.3: 3.5
    assert (found.low, found.high) == pytest.approx(
        (2.6, 4.5), abs=0.05
    )  # section 13.3: 95% CI 2.6, 4.5 by the bootstrap
    plain = standardised(weight, stopped, covariates, resamples=2, seed=1)
    assert plain.value == pytest.approx(3.46262182922601, rel=1e-9)  # program 13.4 in R, without the product


def test_nhefs_against_statsmodels() -> None:
    """With all products of exposure and covariates; errors of statsmodels are those of stacked moments."""
    weight, stopped, covariates, cigarettes = stopping()
    covariates = (covariates - covariates.mean(axis=0)) / covariates.std(axis=0)  # its derivatives are numerical
    design, whole = stack(np.ones(1566), covariates), stopped.astype(int)
    exposed = sm.Logit(whole, design).fit(disp=False, method="newton", tol=1e-12)
    other = TreatmentEffect(sm.OLS(weight, design), whole, results_select=exposed)
    expected = {name: getattr(other, name)().results_gmm for name in ("ipw", "ra", "aipw")}
    found = {
        "ipw": iptw(weight, stopped, covariates, weights_known=False),
        "ra": standardised(weight, stopped, covariates, modifiers=covariates, resamples=800, seed=2),
        "aipw": doubly_robust(weight, stopped, covariates, modifiers=covariates),
    }
    for name, estimate in found.items():
        assert estimate.value == pytest.approx(expected[name].params[0], rel=1e-8), name
    assert found["ipw"].se == pytest.approx(expected["ipw"].bse[0], rel=1e-6)
    assert found["ra"].se == pytest.approx(expected["ra"].bse[0], rel=WITHIN * bootstrap_error(1.0, 800))
    assert found["aipw"].se == pytest.approx(expected["aipw"].bse[0], rel=0.03)
    assert 3.4 < doubly_robust(weight, stopped, covariates, modifiers=cigarettes).value < 3.6


# the regressions


@pytest.mark.parametrize("seed", range(4))
def test_logistic_is_that_of_statsmodels(seed: int) -> None:
    """Columns of very different size, rows in several blocks, probabilities from 1e-5 to 1."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(20_000, 3))
    design = np.column_stack([np.ones(len(z)), z[:, 0], 1e4 * z[:, 1], 1e-3 * z[:, 2], 50 + 10 * z[:, 0] * z[:, 1]])
    truth = np.array([0.5, 2.0, 1e-4, -900.0, -0.05])
    y = (rng.random(len(z)) < 1 / (1 + np.exp(-design @ truth))).astype(float)
    found = fit_logistic(design, y)
    assert isinstance(found, Logistic)
    for other in (
        sm.Logit(y, design).fit(disp=False, method="newton", tol=1e-13),
        sm.GLM(y, design, family=sm.families.Binomial()).fit(tol=1e-14),
    ):
        np.testing.assert_allclose(found.coefficients, other.params, rtol=1e-8)
        np.testing.assert_allclose(found.probability, other.predict(), rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(np.sqrt(np.diag(np.linalg.inv(found.information))), other.bse, rtol=1e-7)


def test_truncated_weights_and_robust_error_are_those_of_statsmodels() -> None:
    weight, stopped, covariates, _ = stopping()
    p = sm.Logit(stopped, sm.add_constant(covariates)).fit(disp=False, method="newton").predict()
    weights = np.where(stopped == 1, stopped.mean() / p, (1 - stopped.mean()) / (1 - p))
    cut = weights.clip(*np.percentile(weights, [5, 90]))
    assert 200 < (cut != weights).sum() < 250  # 15% of 1,566
    model = sm.WLS(weight, sm.add_constant(stopped), weights=cut)
    found = iptw(weight, stopped, covariates, truncate=(0.05, 0.9))
    assert found.value == pytest.approx(model.fit().params[1], rel=1e-8)
    assert found.se == pytest.approx(model.fit(cov_type="HC0").bse[1], rel=1e-8)
    clusters = {"groups": np.arange(len(weight)), "use_correction": False, "df_correction": False}
    assert found.se == pytest.approx(model.fit(cov_type="cluster", cov_kwds=clusters).bse[1], rel=1e-8)
    assert found.value != pytest.approx(iptw(weight, stopped, covariates).value, abs=0.02)


@given(st.lists(st.floats(0.01, 100), min_size=3, max_size=40), st.floats(0, 0.4), st.floats(0.6, 1))
@settings(max_examples=50, deadline=None)
def test_truncation_keeps_what_lies_between_its_quantiles(weights: list[float], low: float, high: float) -> None:
    before = np.array(weights)
    after = truncated(before, (low, high))
    ends = np.quantile(before, [low, high])
    between = (before >= ends[0]) & (before <= ends[1])
    assert (after[between] == before[between]).all()
    assert set(after[~between]) <= set(ends)


def test_resamples_solve_the_rows_of_the_persons_drawn() -> None:
    """Normal equations summed by how often a person was drawn are least squares on that person's rows, repeated."""
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(30, 4, 3)), rng.normal(size=(30, 4))  # 30 persons, 4 rows each
    blocks = np.einsum("pri,prj->pij", x, np.concatenate([x, y[:, :, None]], axis=2))
    drawn = resampling_weights(30, 5, seed=4)
    assert (drawn.sum(axis=1) == 30).all()
    assert len({tuple(row) for row in drawn}) == 5
    for row, solution in zip(drawn, weighted_solutions(blocks, drawn), strict=True):
        who = np.repeat(np.arange(30), row.astype(int))
        expected = sm.OLS(y[who].ravel(), x[who].reshape(-1, 3)).fit().params
        np.testing.assert_allclose(solution, expected, rtol=1e-9)


# a point exposure with known truth


def point_study(rng: np.random.Generator, persons: int, *, confounded: bool) -> tuple[Array, Array, Array]:
    """Effect 2 + 1 x the covariate, which is Normal(0, 1): on average 2."""
    covariate = rng.normal(size=persons)
    exposure = (rng.random(persons) < 1 / (1 + np.exp(-covariate * confounded))).astype(float)
    outcome = 3 * covariate + (2 + covariate) * exposure + rng.normal(size=persons)
    return outcome, exposure, covariate


def test_resamples_differ_in_their_covariates_too() -> None:
    """With an outcome without noise the estimate is 2 + the mean of c, whose error is sd(c) / sqrt(n)."""
    _, x, c = point_study(np.random.default_rng(17), 300, confounded=True)
    found = standardised(3 * c + (2 + c) * x, x, c, modifiers=c, resamples=1000, seed=1)
    assert found.value == pytest.approx(2 + c.mean(), rel=1e-9)
    assert found.se == pytest.approx(c.std() / np.sqrt(300), rel=WITHIN * bootstrap_error(1.0, 1000))


def assert_right(found: list[Estimate], truth: float, *, coverage: bool = True) -> None:
    """Mean within Monte-Carlo error of the truth; limits that hold it in 95%, also within Monte-Carlo error."""
    values = np.array([estimate.value for estimate in found])
    assert values.mean() == pytest.approx(truth, abs=WITHIN * values.std() / np.sqrt(len(values)))
    if coverage:
        covered = np.mean([estimate.low < truth < estimate.high for estimate in found])
        assert covered == pytest.approx(0.95, abs=3 * np.sqrt(0.05 * 0.95 / len(found)) + 0.005)


@pytest.mark.parametrize("confounded", [False, True])
def test_point_exposure_is_unbiased(confounded: bool) -> None:
    rng = np.random.default_rng(5)
    studies = [point_study(rng, 400, confounded=confounded) for _ in range(300)]
    crude = np.mean([iptw(y, x, np.ones((400, 1))).value for y, x, _ in studies])
    assert (abs(crude - 2) > 1) == confounded
    weighted = [iptw(y, x, c, weights_known=False) for y, x, c in studies]
    assert_right(weighted, 2.0)
    # taken as known, the weights make the error too large
    known = [iptw(y, x, c) for y, x, c in studies]
    assert np.mean([k.se / w.se for k, w in zip(known, weighted, strict=True)]) > 1.3
    assert_right([standardised(y, x, c, modifiers=c, resamples=60, seed=1) for y, x, c in studies], 2.0)
    assert_right([doubly_robust(y, x, c, modifiers=c) for y, x, c in studies], 2.0)


@pytest.mark.parametrize("right", ["exposure", "outcome", "neither"])
def test_doubly_robust_needs_one_right_model(right: str) -> None:
    """Effect 2. Both models are linear in c: the logit of exposure is, or the outcome is, or neither is."""
    rng = np.random.default_rng(6)
    weighted, predicted, robust = [], [], []
    for _ in range(100):
        c = rng.normal(size=1000)
        probability = np.where(c > 1, 0.9, 0.2) if right != "exposure" else 1 / (1 + np.exp(1 - c))
        x = (rng.random(1000) < probability).astype(float)
        y = 2 * x + (c if right == "outcome" else c**2) + rng.normal(size=1000)
        weighted.append(iptw(y, x, c).value)
        predicted.append(standardised(y, x, c, resamples=2, seed=1).value)
        robust.append(doubly_robust(y, x, c))
    assert (abs(np.mean(weighted) - 2) > 0.2) == (right != "exposure")
    assert (abs(np.mean(predicted) - 2) > 0.2) == (right != "outcome")
    if right == "neither":
        assert abs(np.mean([found.value for found in robust]) - 2) > 0.2
    else:
        assert_right(robust, 2.0, coverage=right == "outcome")


# use over visits: other libraries


def visits_of(rng: np.random.Generator, persons: int, last: int) -> tuple[Array, Array, Array, Array]:
    """Return use, PHQ-9-like severity, (visit, person), two covariates, and severity that was not measured."""
    covariates = np.column_stack([rng.normal(size=persons), rng.random(persons) < 0.4]).astype(float)
    true = [10 + 2 * covariates[:, 0] + 2 * rng.normal(size=persons)]
    use = [np.zeros(persons)]
    for _ in range(last):
        true.append(1 + 0.85 * true[-1] + covariates[:, 1] + 0.5 * use[-1] + rng.normal(size=persons))
        logit = -3 + 0.15 * true[-1] + 2 * use[-1]
        use.append((rng.random(persons) < 1 / (1 + np.exp(-logit))).astype(float))
    severity = np.array(true)
    return np.array(use), np.rint(severity + rng.normal(size=severity.shape)), covariates, severity


def long(use: Array, measured: Array, covariates: Array) -> pd.DataFrame:
    """Return one row a person and visit."""
    visits, persons = use.shape
    index = pd.MultiIndex.from_product([range(persons), range(visits)], names=["person", "visit"])
    rows = pd.DataFrame({"use": use.T.ravel(), "score": measured.T.ravel()}, index=index)
    for j, column in enumerate(covariates.T):
        rows[f"c{j}"] = np.repeat(column, visits)
    return rows


COMMON = ["c0", "c1", "first", "before"]
SEEN = {
    "last": ["last", "product"],
    "mean_of_4": ["last", "m4", "product"],
    "mean_of_12": ["last", "m4", "m12", "product"],
    "same_visit": ["last", "m4", "m12", "score", "product"],
}


@pytest.mark.parametrize("name", [*HISTORIES, "oracle"])
def test_marginal_structural_model_by_pandas_and_statsmodels(name: str) -> None:
    last, lag = 14, 2
    use, measured, covariates, severity = visits_of(np.random.default_rng(7), 160, last)
    rows = long(use, measured, covariates)
    person = rows.groupby("person")
    rows["first"] = person.score.transform("first")
    rows["before"], rows["last"] = person.use.shift(), person.score.shift()
    for window in (4, 12):
        past = rows["last"].groupby("person").rolling(window, min_periods=1).mean()
        rows[f"m{window}"] = past.droplevel(0)
    rows["true"] = severity.T.ravel()
    rows["product"] = rows["before"] * rows["true" if name == "oracle" else "last" if name == "last" else "m4"]
    seen = ["true", "product"] if name == "oracle" else SEEN[name]
    at = rows.index.get_level_values("visit")
    fitted = rows[(at >= 1) & (at <= last - lag)].copy()
    for which, columns in (("top", COMMON), ("bottom", COMMON + seen)):
        model = sm.GLM(fitted.use, sm.add_constant(fitted[columns]), family=sm.families.Binomial()).fit(tol=1e-13)
        fitted[which] = np.where(fitted.use == 1, model.fittedvalues, 1 - model.fittedvalues)
    weights = (fitted.top / fitted.bottom).groupby("person").prod()
    cut = weights.clip(*np.percentile(weights, [0.5, 99.5]))
    share = rows[at <= last - lag].groupby("person").use.mean()
    design = sm.add_constant(np.column_stack([share, covariates, measured[0]]))
    expected = sm.WLS(measured[-1], design, weights=cut).fit(cov_type="HC0")

    found, looks = marginal_structural(
        measured[-1],
        use,
        measured,
        covariates,
        measured[0],
        lag=lag,
        history=HISTORIES.get(name, History()),
        severity_before=severity if name == "oracle" else None,
    )
    assert found.value == pytest.approx(expected.params[1], rel=1e-7)
    assert found.se == pytest.approx(expected.bse[1], rel=1e-7)
    assert looks is not None
    assert looks.mean == pytest.approx(cut.mean(), rel=1e-7)
    assert (looks.largest, looks.largest_untruncated) == pytest.approx((cut.max(), weights.max()), rel=1e-7)
    assert looks.largest < looks.largest_untruncated
    assert looks.effective == pytest.approx(cut.sum() ** 2 / (cut**2).sum(), rel=1e-7)


def test_rare_use_shows_in_the_weights() -> None:
    """The share of persons at visits whose probability of use, or of no use, is below one in a thousand."""
    rng = np.random.default_rng(8)
    age = rng.normal(size=4000)
    use = np.zeros((6, 4000))
    for t in range(1, 6):
        logit = -4 + 2 * age + 9 * use[t - 1]
        use[t] = rng.random(4000) < 1 / (1 + np.exp(-logit))
    probability = 1 / (1 + np.exp(4 - 2 * age - 9 * use[:4]))
    rare_use, rare_stop = np.mean(probability < RARE), np.mean(probability > 1 - RARE)
    level = rng.normal(size=(6, 4000))
    _, looks = marginal_structural(level[-1], use, level, age[:, None], level[0], lag=1, history=HISTORIES["last"])
    assert looks is not None
    assert min(rare_use, rare_stop) > 0.05
    assert looks.rare == pytest.approx(rare_use + rare_stop, abs=0.03)


def test_g_formula_by_predicting_every_person() -> None:
    """Fit by statsmodels, then predict each person visit by visit, once always using and once never."""
    last = 11
    use, measured, covariates, _ = visits_of(np.random.default_rng(9), 120, last)
    rows = long(use, measured, covariates)
    person = rows.groupby("person")
    rows["first"] = np.repeat(measured[:4].mean(axis=0), last + 1)
    rows["y1"], rows["y2"], rows["before"] = person.score.shift(), person.score.shift(2), person.use.shift()
    rows["six"] = rows["y1"].groupby("person").rolling(6, min_periods=1).mean().droplevel(0)
    rows["cumulative"] = person.use.cumsum() - rows.use
    columns = ["y1", "y2", "six", "before", "cumulative", "first", "c0", "c1"]
    fitted = rows[rows.index.get_level_values("visit") >= 4]
    model = sm.OLS(fitted.score, sm.add_constant(fitted[columns])).fit()
    ends = []
    for a in (1.0, 0.0):
        path = [*measured[:4]]
        for t in range(4, last + 1):
            six = np.mean(path[max(t - 6, 0) : t], axis=0)
            design = [np.ones(120), path[-1], path[-2], six, a * np.ones(120), a * t * np.ones(120)]
            path.append(np.column_stack([*design, measured[:4].mean(axis=0), covariates]) @ model.params.to_numpy())
        ends.append(path[-1])
    found, _ = g_formula(use, measured, covariates, resamples=2, seed=1)
    assert found.value == pytest.approx(np.mean(ends[0] - ends[1]), rel=1e-8)
    assert np.ptp(ends[0] - ends[1]) == pytest.approx(0, abs=1e-9)  # the same contrast in everybody


def test_error_of_the_bootstrap_error() -> None:
    use, measured, covariates, _ = visits_of(np.random.default_rng(10), 150, 8)
    found = [g_formula(use, measured, covariates, resamples=50, seed=seed) for seed in range(80)]
    errors = [estimate.se for estimate, _ in found]
    told = np.mean([error for _, error in found])
    assert np.std(errors) == pytest.approx(told, rel=0.35)  # 80 draws: 8%; tails heavier than normal add
    assert len({estimate.value for estimate, _ in found}) == 1
    assert g_formula(use, measured, covariates, resamples=50, seed=3) == found[3]


# use over visits with known truth


def walk(
    rng: np.random.Generator, persons: int, last: int, *, drive: float, stays: float = 1.0
) -> tuple[Array, Array, Array]:
    """Return use and severity, (visit, person), and a covariate: L_t = stays L_{t-1} + 0.5 A_{t-1} + noise drives A_t.

    Always against never from visit s on makes 0.5 (1 - stays^(T - s)) / (1 - stays) at visit T; with `stays` 1 that is
    0.5 (T - s), so that the mean at T is linear in the share of visits in use, whichever these are.
    """
    covariate = rng.normal(size=persons)
    level, use = [covariate + rng.normal(size=persons)], [np.zeros(persons)]
    for _ in range(last):
        level.append(stays * level[-1] + 0.5 * use[-1] + 0.5 * rng.normal(size=persons))
        logit = -1 + drive * level[-1] + use[-1]
        use.append((rng.random(persons) < 1 / (1 + np.exp(-logit))).astype(float))
    return np.array(use), np.array(level), covariate


def structural(study: tuple[Array, Array, Array], name: str = "same_visit", *, known: bool = False) -> Estimate:
    use, level, covariate = study
    history = HISTORIES.get(name, HISTORIES["last"])
    before = level if name == "oracle" else None
    return marginal_structural(
        level[-1],
        use,
        level,
        covariate[:, None],
        level[0],
        lag=1,
        history=history,
        severity_before=before,
        truncate=(0, 1),
        weights_known=known,
    )[0]


@pytest.mark.parametrize("drive", [0.0, 0.4])
def test_always_against_never_where_severity_drives_use_and_use_drives_severity(drive: float) -> None:
    last, truth = 6, 0.5 * 6
    rng = np.random.default_rng(11)
    studies = [walk(rng, 1500, last, drive=drive) for _ in range(150)]
    shares = [use[:-1].mean(axis=0) for use, _, _ in studies]
    crude = [mean_difference(y[-1], s, stack(c, y[0])) for (_, y, c), s in zip(studies, shares, strict=True)]
    adjusted = [
        mean_difference(y[-1], s, stack(c, y[0], y[1:-1].mean(axis=0)))
        for (_, y, c), s in zip(studies, shares, strict=True)
    ]
    mean = {name: np.mean([found.value for found in these]) for name, these in (("crude", crude), ("adj", adjusted))}
    # regression that adjusts for severity during use takes away what use did through it, confounded or not
    assert mean["adj"] < truth - 1
    if drive == 0.0:
        assert_right(crude, truth)
    else:
        assert mean["crude"] > truth + 1
        blind = np.mean([structural(study, "last").value for study in studies])
        assert truth + 0.3 < blind < mean["crude"]  # the severity that decided was not in the history
        assert_right([structural(study, "oracle") for study in studies], truth)
    found = [structural(study) for study in studies]
    assert_right(found, truth)
    known = [structural(study, known=True) for study in studies]
    assert np.mean([estimate.se for estimate in known]) > 1.1 * np.std([estimate.value for estimate in known])
    assert np.mean([estimate.se for estimate in found]) == pytest.approx(np.std([e.value for e in found]), rel=0.15)


def test_error_with_estimated_weights_is_that_of_taking_persons_away() -> None:
    """The derivative by a person's weight, by taking away one of 40 copies of each person in turn."""
    copies, persons = 40, 60
    use, level, covariate = walk(np.random.default_rng(18), persons, 7, drive=0.3)
    level[-1] = (level[-1] + covariate * use[:-1].mean(axis=0)) ** 2  # a model that does not fit tells more
    whole = structural((use, level, covariate))
    who = np.repeat(np.arange(persons), copies)
    values = []
    for person in range(persons):
        left = np.delete(who, copies * person)
        values.append(structural((use[:, left], level[:, left], covariate[left])).value)
    moves = copies * (whole.value - np.array(values))
    assert whole.se == pytest.approx(np.sqrt(moves @ moves), rel=5e-3)
    assert whole.se != pytest.approx(structural((use, level, covariate), known=True).se, rel=0.02)


def test_weights_that_are_all_cut_leave_nothing_to_estimate() -> None:
    """Weights cut at their median are all the same, so that how they were estimated is of no concern."""
    y, x, c = point_study(np.random.default_rng(19), 400, confounded=True)
    flat = iptw(y, x, c, truncate=(0.5, 0.5), weights_known=False)
    assert flat.value == pytest.approx(mean_difference(y, x).value, rel=1e-9)
    assert flat.se == pytest.approx(iptw(y, x, c, truncate=(0.5, 0.5)).se, rel=1e-2)
    use, level, covariate = walk(np.random.default_rng(19), 400, 6, drive=0.4)
    kept, known = (
        marginal_structural(
            level[-1], use, level, covariate, level[0], lag=1, truncate=(0.5, 0.5), weights_known=weights_known
        )[0]
        for weights_known in (False, True)
    )
    assert kept.se == pytest.approx(known.se, rel=1e-2)


@pytest.mark.parametrize("stays", [1.0, 0.7])
def test_g_formula_finds_the_closed_form(stays: float) -> None:
    last, first = 8, 2
    # both strategies start from the levels seen at visits 0 and 1, so use counts from visit 1 on
    steps = last - first + 1
    truth = 0.5 * (steps if stays == 1 else (1 - stays**steps) / (1 - stays))
    rng = np.random.default_rng(12)
    found = []
    for r in range(200):
        use, level, covariate = walk(rng, 300, last, drive=0.5, stays=stays)
        found.append(g_formula(use, level, covariate, first=first, window=3, resamples=60, seed=r)[0])
    assert_right(found, truth)


def test_g_formula_counts_cumulative_use() -> None:
    """L_t = 0.2 (A_0 + ... + A_{t-1}) + little noise: always against never makes 0.2 T, use from visit 0 included."""
    rng = np.random.default_rng(13)
    use = (rng.random((12, 3000)) < 0.5).astype(float)
    past = np.cumsum(use, axis=0) - use
    level = 0.2 * past + 0.1 * rng.normal(size=use.shape)
    found, _ = g_formula(use, level, rng.normal(size=3000), resamples=50, seed=1)
    assert found.value == pytest.approx(0.2 * 11, abs=WITHIN * found.se)
    assert found.se < 0.02


# what cannot be analysed


def test_failures_of_a_point_exposure_say_why() -> None:
    rng = np.random.default_rng(14)
    y, x, c = rng.normal(size=60), np.repeat([0.0, 1.0], 30), rng.normal(size=(60, 2))
    gap = y.copy()
    gap[3] = np.nan
    cases = {
        "nobody was exposed": (y, np.zeros(60), c),
        "everybody was exposed": (y, np.ones(60), c),
        "exposure is not 0 and 1": (y, x + 1, c),
        "a value is missing": (gap, x, c),
    }
    for note, case in cases.items():
        for found in (iptw(*case), standardised(*case, resamples=10, seed=1), doubly_robust(*case)):
            assert (found.converged, found.note) == (False, note)
            assert np.isnan([found.value, found.se, found.low, found.high, found.p]).all()
    for separating in (stack(c, x), stack(c, x * np.arange(60)), 2 * x[:, None] + rng.random((60, 1))):
        assert iptw(y, x, separating).note == "exposure is separated by the covariates"
    assert not iptw(y, x, stack(c, c[:, 0])).converged
    assert standardised(y, x, stack(c, x), resamples=10, seed=1).note == "exposure and covariates are collinear"
    rare = np.zeros(60)
    rare[5] = 1  # in a third of the resamples nobody has it
    assert standardised(y, x, stack(c, rare), resamples=200, seed=1).note == "too many resamples had a singular design"


def test_a_trait_of_everybody_changes_nothing() -> None:
    y, x, c = point_study(np.random.default_rng(15), 200, confounded=True)
    more = stack(c, np.ones(200))
    assert iptw(y, x, c) == iptw(y, x, more)
    assert doubly_robust(y, x, c, modifiers=c) == doubly_robust(y, x, more, modifiers=more)
    use, level, covariate = walk(np.random.default_rng(15), 200, 6, drive=0.3)
    more = stack(covariate, np.zeros(200))
    assert (
        structural((use, level, covariate))
        == marginal_structural(level[-1], use, level, more, level[0], lag=1, truncate=(0, 1), weights_known=False)[0]
    )
    assert g_formula(use, level, covariate, resamples=9, seed=1) == g_formula(use, level, more, resamples=9, seed=1)


def test_failures_over_visits_say_why() -> None:
    use, level, covariate = walk(np.random.default_rng(16), 80, 6, drive=0.3)
    early, gap, twice, rarely = use.copy(), level.copy(), 2 * use, np.zeros_like(use)
    early[0, 0], gap[2, 5], rarely[3, 7] = 1, np.nan, 1
    cases = {
        "nobody used": (np.zeros_like(use), level),
        "use is not 0 and 1": (twice, level),
        "a value is missing": (use, gap),
    }
    for note, (used, measured) in cases.items():
        found, looks = marginal_structural(level[-1], used, measured, covariate, level[0], lag=1)
        assert (found.converged, found.note, looks) == (False, note, None)
        predicted, error = g_formula(used, measured, covariate, resamples=10, seed=1)
        assert (predicted.converged, predicted.note) == (False, note)
        assert np.isnan(error)
    assert marginal_structural(level[-1], early, level, covariate, level[0], lag=1)[0].note == (
        "someone used at the first visit"
    )
    assert marginal_structural(level[-1], use, level, covariate, level[0], lag=6)[0].note == (
        "too few visits before the outcome"
    )
    found, _ = marginal_structural(level[-1], rarely, level, covariate, level[0], lag=1)
    assert found.note == "exposure is separated by the covariates"
    assert g_formula(use[:4], level[:4], covariate, resamples=10, seed=1)[0].note == "too few visits"
    assert g_formula(np.ones_like(use), level, covariate, resamples=10, seed=1)[0].note == "everybody always used"

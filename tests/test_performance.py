"""Performance measures and their Monte-Carlo errors: closed forms, repeated simulation, published numbers."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import ndtr, ndtri

from ketum.errors import RunFolderError
from ketum.studies.performance import (
    BEYOND,
    PERFORMANCE,
    REPLICATES,
    performance,
    relative_error_of_model_se,
    verdict,
    zip_plot,
)

KNOWN = {("effect", "linear"): True}
WITHIN = 4.0
"""Monte-Carlo standard errors within which a measure must lie of its closed form."""


def replicates(values, ses, truths, setting="harm", df=np.inf) -> pd.DataFrame:
    """Rows of one estimator with confidence limits by Student's t."""
    values, ses, truths = np.broadcast_arrays(np.asarray(values, float), ses, truths)
    half = stats.t.ppf(0.975, df) * ses
    return pd.DataFrame(
        {
            "setting": setting,
            "replicate": np.arange(len(values)),
            "estimand": "effect",
            "estimator": "linear",
            "participants": 100,
            "truth": truths,
            "value": values,
            "se": ses,
            "low": values - half,
            "high": values + half,
            "p": 2 * stats.t.sf(np.abs(values / ses), df),
            "converged": True,
        }
    )


def without_fit(rows: pd.DataFrame, count: int) -> pd.DataFrame:
    """The same with the first fits failed."""
    rows = rows.copy()
    rows.loc[: count - 1, ["value", "se", "low", "high", "p"]] = np.nan
    rows["converged"] = np.arange(len(rows)) >= count
    return rows


def row_of(rows: pd.DataFrame) -> dict[str, object]:
    (row,) = performance(rows, KNOWN).to_dict("records")
    return row


@pytest.mark.parametrize(("bias", "stated"), [(0.0, 0.5), (0.3, 0.5), (-0.3, 0.25), (0.0, 1.0)])
def test_normal_estimator(bias: float, stated: float) -> None:
    """Values from N(theta + b, s) with stated error k: every measure has a closed form."""
    truth, spread = 1.2, 0.5
    values = np.random.default_rng(7).normal(truth + bias, spread, 4000)
    row = row_of(replicates(values, stated, truth))
    half = 1.959964 * stated
    expected = {
        "bias": bias,
        "empirical_se": spread,
        "rmse": np.hypot(bias, spread),
        "coverage": ndtr((half - bias) / spread) - ndtr((-half - bias) / spread),
        "rejection": ndtr((truth + bias - half) / spread) + ndtr((-truth - bias - half) / spread),
    }
    for name, closed in expected.items():
        chance = row[f"{name}_mcse"] or 1e-4
        assert row[name] == pytest.approx(closed, abs=WITHIN * chance), name
        assert 0 <= row[f"{name}_mcse"] < 0.01, name
    assert row["model_se"] == pytest.approx(stated)
    assert row["mean"] - row["truth"] == pytest.approx(row["bias"])
    assert row["rmse"] ** 2 == pytest.approx(row["bias"] ** 2 + row["empirical_se"] ** 2 * 3999 / 4000)


def many(repeats: int, n: int) -> pd.DataFrame:
    """The same simulation study repeated: normal values, stated variances from chi-square on 20 degrees of freedom."""
    rng = np.random.default_rng(11)
    studies = []
    for k in range(repeats):
        truths = rng.normal(1.0, 0.3, n)
        ses = np.sqrt((0.3**2 + 0.4**2) * rng.chisquare(20, n) / 20)
        studies.append(replicates(truths + rng.normal(0.0, 0.4, n), ses, truths, f"repeat {k}", df=20))
    return pd.concat(studies)


@pytest.fixture(scope="module")
def repeated() -> pd.DataFrame:
    return performance(many(600, 200), KNOWN)


@pytest.mark.parametrize("name", ["truth", "bias", "empirical_se", "model_se", "rmse", "coverage", "rejection"])
def test_monte_carlo_errors_are_the_spread_over_repeats(repeated: pd.DataFrame, name: str) -> None:
    """The spread of 600 repeats is known to 3%: the stated error agrees within four times that."""
    told = np.sqrt(np.mean(repeated[f"{name}_mcse"] ** 2))
    assert told == pytest.approx(repeated[name].std(), rel=0.12)


def test_error_of_the_relative_error_is_the_spread_over_repeats(repeated: pd.DataFrame) -> None:
    found = [relative_error_of_model_se(row) for row in repeated.to_dict("records")]
    assert np.mean([one.mcse for one in found]) == pytest.approx(np.std([one.value for one in found]), rel=0.12)
    assert np.mean([one.value for one in found]) == pytest.approx(0.0, abs=0.01)


def test_coverage_is_of_the_truth_of_the_study(repeated: pd.DataFrame) -> None:
    """Effects that differ between persons: nominal about the common truth, conservative about the own."""
    assert repeated["coverage"].mean() == pytest.approx(0.95, abs=0.0025)  # four errors of 120,000
    rows = many(600, 200)
    own = (rows["low"] <= rows["truth"]) & (rows["truth"] <= rows["high"])
    wider = 0.5 / 0.4  # the stated error over that of value minus own truth
    assert own.mean() == pytest.approx(1 - 2 * stats.t.sf(wider * stats.t.ppf(0.975, 20), 20), abs=0.0015)
    assert own.mean() > 0.98
    assert repeated["rmse"].mean() == pytest.approx(0.5, rel=0.01)
    unpaired = repeated["empirical_se"].mean() / np.sqrt(200)
    assert repeated["bias_mcse"].mean() == pytest.approx(unpaired * 0.4 / 0.5, rel=0.01)


def test_verdicts_are_wrong_by_chance_as_often_as_stated(repeated: pd.DataFrame) -> None:
    """An unbiased estimator with right errors, 600 times: a share of 0.05 is known to 0.009, one of 0.01 to 0.004."""
    found = [verdict(row, 0.0) for row in repeated.to_dict("records")]
    assert np.mean([one.bias_beyond_error for one in found]) == pytest.approx(0.05, abs=0.027)
    assert np.mean([one.model_se != "as stated" for one in found]) == pytest.approx(0.05, abs=0.027)
    assert np.mean([one.coverage != "as stated" for one in found]) <= 0.01 + 3 * 0.004
    assert not any(verdict(row, 0.2).biased for row in repeated.to_dict("records"))


def test_published_summary() -> None:
    """Complete cases of the data set MIsim, 1,000 replicates, truth 0.5, as the R package rsimsum prints it.

    Bias 0.0168 (0.0048), empirical SE 0.1511 (0.0034), MSE 0.0231 (0.0011), model SE 0.1471 (0.0005), relative error
    -2.6594% (2.2055), coverage 0.9430 (0.0073), power 0.9460 (0.0071). Rebuilt from mean, spread and counts.
    """
    grid = ndtri((np.arange(1000) + 0.5) / 1000)
    values = 0.5168 + 0.1511 * grid / grid.std(ddof=1)
    variances = 0.1471**2 + 2 * 0.1471 * 0.0005 * np.sqrt(1000) * grid / grid.std(ddof=1)
    rows = replicates(values, np.sqrt(variances), 0.5)
    covered, rejected = np.arange(1000) < 943, np.arange(1000) < 946
    rows["low"], rows["high"] = np.where(covered, 0.4, 0.6), 0.7
    rows["p"] = np.where(rejected, 0.01, 0.5)
    row = row_of(rows)
    printed = {
        "bias": (0.0168, 0.0048),
        "empirical_se": (0.1511, 0.0034),
        "model_se": (0.1471, 0.0005),
        "coverage": (0.943, 0.0073),
        "rejection": (0.946, 0.0071),
    }
    for name, (value, mcse) in printed.items():
        assert row[name] == pytest.approx(value, abs=5e-5), name
        assert row[f"{name}_mcse"] == pytest.approx(mcse, abs=5e-5), name
    assert row["rmse"] ** 2 == pytest.approx(0.0231, abs=5e-5)
    assert 2 * row["rmse"] * row["rmse_mcse"] == pytest.approx(0.0011, abs=1e-4)
    relative = relative_error_of_model_se(row)
    assert 100 * relative.value == pytest.approx(-2.6594, abs=0.05)
    assert 100 * relative.mcse == pytest.approx(2.2055, abs=0.005)


def test_replicates_for_a_coverage_of_known_error() -> None:
    """A coverage of 95% is known to 0.5% from 0.95 x 0.05 / 0.005^2 = 1,900 replicates."""
    rows = replicates(np.zeros(1900), 1.0, 0.0)
    rows.loc[:94, "low"] = 0.5
    row = row_of(rows)
    assert row["coverage"] == pytest.approx(0.95)
    assert row["coverage_mcse"] == pytest.approx(0.005, abs=1e-6)


def test_failed_fits_are_counted_and_left_out() -> None:
    rng = np.random.default_rng(3)
    rows = replicates(rng.normal(1.0, 0.4, 100), 0.4, rng.normal(1.0, 0.1, 100))
    row, kept = row_of(without_fit(rows, 20)), row_of(rows.iloc[20:])
    assert (row["replicates"], row["failed"]) == (100, 20)
    assert (kept["replicates"], kept["failed"]) == (80, 0)
    for name in ("mean", "bias", "bias_mcse", "empirical_se", "empirical_se_mcse", "model_se", "rejection"):
        assert row[name] == kept[name], name
    assert row["truth"] == row_of(rows)["truth"] != kept["truth"]
    assert verdict(row, 0.1).failed_share == 0.2


def test_a_fit_that_says_it_converged_but_has_no_error_is_a_failed_fit() -> None:
    rows = replicates([1.0, 1.1, 0.9], 0.4, 1.0)
    rows.loc[0, "se"] = np.nan
    assert row_of(rows)["failed"] == 1


@pytest.mark.parametrize(("fits", "empty"), [(0, "bias"), (1, "bias_mcse")])
def test_too_few_fits_give_no_numbers(fits: int, empty: str) -> None:
    row = row_of(without_fit(replicates(np.linspace(0, 1, 5), 0.4, 1.0), 5 - fits))
    assert np.isnan(row[empty])
    assert np.isnan(row["empirical_se"])
    assert row["truth"] == 1.0
    found = verdict(row, 0.1)
    assert found.bias_beyond_error is None
    assert found.biased is None
    assert found.model_se == "unknown"
    assert found.coverage == ("as stated" if fits else "unknown")
    if not fits:
        assert all(np.isnan(row[name]) for name in ("mean", "rmse", "coverage", "rejection", "model_se"))


@pytest.mark.parametrize(("truth", "kind"), [(0.0, "type I error"), (1e-12, "power")])
def test_only_a_truth_of_exactly_zero_makes_a_type_1_error(truth: float, kind: str) -> None:
    truths = np.zeros(2000)
    truths[5] = truth
    row = row_of(replicates(np.random.default_rng(1).normal(0.0, 1.0, 2000), 1.0, truths))
    assert row["rejection_is"] == kind
    assert row["rejection"] == pytest.approx(0.05, abs=WITHIN * row["rejection_mcse"])
    assert verdict(row, 0.1).type_1_error == ("as stated" if kind == "type I error" else "unknown")


def test_verdict_on_a_bias() -> None:
    row = dict.fromkeys(PERFORMANCE, 0.0) | {
        "replicates": 400,
        "failed": 0,
        "truth": -2.0,
        "bias": 0.3,
        "bias_mcse": 0.1,
        "coverage": 0.9,
        "rejection": 0.8,
        "rejection_is": "power",
    }
    assert verdict(row, 0.1).biased
    assert verdict(row, 0.1).bias_of_truth == pytest.approx(0.15)
    assert not verdict(row, 0.2).biased
    assert verdict(row, 0.2).bias_beyond_error
    assert not verdict(row | {"bias_mcse": 0.3 / BEYOND}, 0.1).biased
    assert verdict(row, 0.1).coverage == "low"
    null = verdict(row | {"truth": 0.0, "rejection": 0.1, "rejection_is": "type I error"}, 0.1)
    assert null.biased
    assert null.bias_of_truth == np.inf
    assert null.type_1_error == "high"


@pytest.mark.parametrize(("n", "said"), [(20, "as stated"), (100, "as stated"), (200, "high"), (400, "high")])
def test_intervals_that_always_cover(n: int, said: str) -> None:
    """2 x 0.95^100 = 0.012 is chance at 1%, 2 x 0.95^200 is not; the Monte-Carlo error is zero in both."""
    row = row_of(replicates(np.linspace(0.9, 1.1, n), 1.0, 1.0))
    assert (row["coverage"], row["coverage_mcse"]) == (1.0, 0.0)
    assert verdict(row, 0.1).coverage == said


def test_zip_plot() -> None:
    rng = np.random.default_rng(5)
    ses = rng.uniform(0.3, 0.6, 500)
    rows = without_fit(replicates(rng.normal(1.0, ses), ses, 1.0), 7)
    found = zip_plot(pd.concat([rows, replicates(np.zeros(9), 1.0, 0.0, "null")]), "harm", "effect", "linear")
    assert list(found["centile"]) == pytest.approx(list(100 * np.arange(1, 494) / 493))
    assert set(found["replicate"]) == set(range(7, 500))
    distance = (found["value"] - 1.0).abs() / (found["high"] - found["low"])
    assert distance.is_monotonic_increasing
    assert not found["covers"].to_numpy()[found["covers"].to_numpy().argmin() :].any()
    assert found["covers"].mean() == row_of(rows)["coverage"]


def test_table_and_file_agree() -> None:
    """One row per setting, estimand and estimator, in the order of the file, and the same from a file."""
    parts = [replicates(np.linspace(0, 1, 9) + k, 0.4, 1.0, setting) for k, setting in enumerate(["null", "harm"])]
    rows = without_fit(pd.concat([*parts, parts[0].assign(estimator="crude")], ignore_index=True), 2)
    table = performance(rows, KNOWN | {("effect", "crude"): False})
    assert tuple(table.columns) == PERFORMANCE
    assert list(zip(table["setting"], table["estimator"], table["identified"], strict=True)) == [
        ("null", "linear", "yes"),
        ("harm", "linear", "yes"),
        ("null", "crude", "no"),
    ]
    text = rows.to_csv(index=False)
    written = pd.read_csv(StringIO(text), keep_default_na=False, na_values=[""])
    pd.testing.assert_frame_equal(table, performance(written, KNOWN | {("effect", "crude"): False}))
    with pytest.raises(RunFolderError, match="'setting' is empty in a row"):
        performance(pd.read_csv(StringIO(text)), KNOWN)  # pandas takes the setting "null" for an empty cell


def test_a_missing_column_is_named() -> None:
    rows = replicates([1.0, 2.0], 1.0, 1.0)
    assert tuple(rows.columns) == REPLICATES
    with pytest.raises(RunFolderError, match="no column 'truth'"):
        performance(rows.drop(columns="truth"), KNOWN)


def test_persons_who_take_part_again_widen_monte_carlo_errors() -> None:
    """Each person in 9 replicates on average: errors three times as large, a ninth of the replicates behind a verdict.

    36 of 40 intervals cover; of so many apart that is chance, and of 360 apart it is not.
    """
    rng = np.random.default_rng(3)
    rows = replicates(rng.normal(size=360), 1.0, 0.0)
    rows["low"], rows["high"] = np.where(np.arange(360) % 10 == 0, 0.1, -1.0), 1.0
    identified = {(str(e), str(a)): True for e, a in zip(rows["estimand"], rows["estimator"], strict=True)}
    setting = str(rows["setting"].iloc[0])
    once, often = (performance(rows, identified, {setting: use}).iloc[0].to_dict() for use in (0.5, 9.0))
    for name in ("truth", "bias", "empirical_se", "model_se", "rmse", "coverage", "rejection"):
        assert often[f"{name}_mcse"] == pytest.approx(3.0 * once[f"{name}_mcse"]), name
        assert often[name] == once[name]
    assert (once["used"], often["used"]) == (0.5, 9.0)
    assert verdict(once, 0.0).coverage == "low"
    assert verdict(often, 0.0).coverage == "as stated"

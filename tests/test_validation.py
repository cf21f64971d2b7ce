"""`ketum validate`: every row is dealt with once, intervals are right, criteria bite, the report is whole."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm
from typer.testing import CliRunner

from ketum.cli.main import app
from ketum.engine.cohort import shipped_tables
from ketum.errors import RunFolderError
from ketum.evidence import load_calibration_targets, load_observations
from ketum.reports.qualification_criteria import criterion_text
from ketum.validation import acceptance
from ketum.validation.acceptance import load_acceptance, measure, results
from ketum.validation.agreement import Agreement, agreement
from ketum.validation.comparisons import Comparison, Observed, load_comparisons, published
from ketum.validation.predict import Predicted, predict, replicates
from ketum.validation.scope import covered, load_scope
from ketum.validation.statistics import expected_range, standardised_slopes, summarise
from ketum.validation.studies.sampling import sampled
from ketum.validation.studies.selection import world

Array = NDArray[np.float64]
COMPARISONS = load_comparisons()
RULES = load_acceptance().rules
PAIRS = [(one.row, one.observation.id) for one in COMPARISONS.values() if one.observation]


# --- every row once -------------------------------------------------------------------------------


def test_every_row_of_the_evidence_is_predicted_or_out_of_scope_and_never_both() -> None:
    everything = covered(PAIRS)
    assert len(everything) == len(load_observations()) > 1300
    wrong = [(one.row.id, one.predicted, [line.reason for line in one.lines]) for one in everything if not one.once]
    assert wrong == []


def test_every_calibration_target_is_predicted_and_every_line_of_the_scope_is_needed() -> None:
    assert {one.row for one in COMPARISONS.values() if one.calibration} == {t.id for t in load_calibration_targets()}
    rows = load_observations()
    assert [line for line in load_scope() if not any(line.covers(row) for row in rows)] == []


def test_a_row_without_a_line_is_noticed() -> None:
    without = [pair for pair in PAIRS if pair[1] != "pk-005"]
    assert [one.row.id for one in covered(without) if not one.once] == ["pk-005"]


def test_no_row_that_set_a_parameter_is_counted_as_a_prediction() -> None:
    """Rows marked `tuned` or `input` are not predicted; the fitted rows are the calibration targets alone."""
    set_by = {
        one.row.id for one in covered(PAIRS) for line in one.lines if line.verdict in ("tuned", "input", "calibration")
    }
    predicted = {observation for _, observation in PAIRS}
    assert set_by.isdisjoint(predicted)
    targets = {target.observation for target in load_calibration_targets() if target.observation}
    assert targets.isdisjoint({observation for row, observation in PAIRS if not COMPARISONS[row].calibration})


# --- the acceptance file stands -------------------------------------------------------------------


def test_criteria_are_those_that_were_written_before_the_first_run() -> None:
    """A digest of rules and limits: changing a limit after a result has to change this line as well."""
    found = load_acceptance()
    limits = [(c.id, c.domain, c.rows, c.measure, c.at_least, c.at_most, c.required) for c in found.criteria]
    digest = hashlib.sha256(repr((str(found.record["written"]), found.rules, limits)).encode()).hexdigest()
    assert digest[:16] == "5e9596c4721bb09a"
    assert all(len(c.reason.split()) > 5 for c in found.criteria)


# --- observed numbers -----------------------------------------------------------------------------


def test_observed_numbers_are_read_as_printed() -> None:
    rows = {row.id: row for row in load_observations()}
    assert published(rows["pk-061"], percent=False) == Observed(1.14, 1.0, 1.3)  # 1.0-1.3 over groups: sqrt(1.3)
    assert published(rows["pk-072"], percent=False) == Observed(7.0, None, None, "below")  # within 7 days
    assert published(rows["ddi-004"], percent=False) == Observed(1.5, 1.32, 1.7)  # 90% CI
    assert published(rows["pk-005"], percent=False) == Observed(12700.0, None, None)  # a range of persons is no CI


# --- statistics -----------------------------------------------------------------------------------


def test_spread_from_a_published_range_is_that_of_the_note() -> None:
    """pk-048: "log-range 302/71.7 divided by 2.326 (expected range of 5 normals), then lognormal CV": 68%."""
    assert expected_range(5) == pytest.approx(2.326, abs=0.001)
    assert expected_range(10) == pytest.approx(3.078, abs=0.001)  # tables of the range of normals (Tippett)
    five = {"x": np.array([71.7, 200.0, 233.0, 280.0, 302.0])}
    assert summarise("cv of range", "x", "", "", five) == pytest.approx(68, abs=0.5)


def test_statistics_of_groups() -> None:
    found = {
        "x": np.array([1.0, 3.0, 10.0, 20.0, np.nan]),
        "dose group": np.array([0.0, 0.0, 1.0, 1.0, 1.0]),
        "y": np.array([4.0, 3.0, 2.0, 1.0, 0.0]),
        "t": np.array([1.0, 2.0, np.inf, np.inf, np.nan]),
    }
    assert summarise("highest group mean", "x", "dose group", "", found) == 15.0
    assert summarise("sign of correlation", "x", "", "y", found) < 0.0
    assert summarise("middle of range", "x", "", "", found) == pytest.approx(math.sqrt(20.0))
    assert summarise("median time", "t", "", "", found) == math.inf  # half of those who have a time never come back


def test_noncompartmental_samples_of_one_exponential() -> None:
    """Levels 100 exp(-0.1 t) sampled sparsely: AUC 1000, CL/F = dose/AUC; below the limit counts as none."""
    t = np.arange(0.0, 60.25, 0.25)
    curves = {"mitragynine": 100.0 * np.exp(-0.1 * t)[:, None]}
    found = sampled(curves, 0.0, (1.0, 2.0, 4.0, 8.0, 24.0, 48.0), {}, np.array([5000.0]))
    assert found["t1/2:mitragynine"][0] == pytest.approx(math.log(2) / 0.1)
    assert found["CL/F:mitragynine"][0] == pytest.approx(5.0)
    assert found["Vz/F:mitragynine"][0] == pytest.approx(50.0)
    limited = sampled(curves, 0.0, (1.0, 2.0, 4.0, 8.0, 24.0, 48.0), {"mitragynine": 5.0}, np.array([5000.0]))
    assert limited["AUClast:mitragynine"][0] == pytest.approx(1000.0 * (1.0 - math.exp(-2.4)))  # last level at 24 h


def test_slopes_of_what_is_alike_are_no_number(capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is printed: a linear algebra library that is given no numbers would write into ``--json``."""
    alike, x = np.ones(5), np.arange(5.0)
    assert all(math.isnan(slope) for slope in standardised_slopes(alike, x, x**2))
    assert capfd.readouterr().out == ""


# --- intervals ------------------------------------------------------------------------------------


def one_row(**changes: object) -> Comparison:
    return replace(COMPARISONS["pk-006"], **{"quantity": "x", "statistic": "mean", **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [5, 40, 400])
def test_interval_of_a_mean_has_the_width_of_its_standard_error(n: int) -> None:
    pool = {"x": norm(10.0, 2.0).ppf((np.arange(2000) + 0.5) / 2000)}
    values = replicates(one_row(n=n), pool, 4000, 1)
    assert values.std() == pytest.approx(2.0 / math.sqrt(n), rel=0.05)
    assert values.mean() == pytest.approx(10.0, abs=0.1)


def test_a_pool_no_larger_than_the_study_still_has_chance() -> None:
    """Without replacement all of the pool would be taken every time, and the interval would have no width."""
    pool = {"x": norm().ppf((np.arange(200) + 0.5) / 200)}
    assert replicates(one_row(n=200), pool, 500, 1).std() == pytest.approx(1.0 / math.sqrt(200), rel=0.15)
    assert replicates(one_row(n=None), pool, 500, 1).std() == pytest.approx(1.0 / math.sqrt(200), rel=0.15)


def test_groups_of_different_people_share_the_participants() -> None:
    pool = {
        "x|a": norm(1.0, 1.0).ppf((np.arange(4000) + 0.5) / 4000),
        "x|b": norm().ppf((np.arange(4000) + 0.5) / 4000),
    }
    apart = replace(one_row(n=100), statistic="difference", group="a", against="b")
    values = replicates(apart, pool, 2000, 1)
    assert values.std() == pytest.approx(math.sqrt(2.0 / 50), rel=0.07)  # 50 in each group


def test_groups_of_the_same_people_are_drawn_together() -> None:
    """Ten persons, of whom 3 in 10 raised and 6 in 10 lowered the dose: variance of a mean of -1, 0 and 1 over ten.

    Each person counts in both shares: (0.9 - 0.3^2)/10. As five and five it would be (0.6*0.4 + 0.3*0.7)/5.
    """
    change = np.repeat([1.0, 0.0, -1.0], [300, 100, 600])
    pool = {"x|raised": (change > 0.0).astype(float), "x|lowered": (change < 0.0).astype(float)}
    statistic = COMPARISONS["use-075"].statistic
    both = replace(one_row(n=10), statistic=statistic, group="lowered", against="raised")
    values = replicates(both, pool, 8000, 1)
    assert values.mean() == pytest.approx(0.3, abs=0.02)
    assert values.var() == pytest.approx((0.9 - 0.3**2) / 10, rel=0.06)


def test_a_prevalence_varies_as_among_so_many_adults() -> None:
    """Users of the world are enriched; a survey of n adults still has the binomial variance p(1-p)/n."""
    tables = shipped_tables()
    more = replace(tables, mood=tables.mood.with_values({"h_0": 0.3}))
    found = world(more, 200, 1)
    share = float(found["lifetime"].mean())
    assert set(found["lifetime"]) == {0.0, 1.0}
    assert 0.2 < share < 0.5
    assert len(found["lifetime"]) == 400  # each of 200 stands for two, of whom one never starts
    survey = replace(COMPARISONS["C16b"], n=100)
    values = replicates(survey, found, 6000, 1) / 100
    assert values.mean() == pytest.approx(share, abs=0.01)
    assert values.var() == pytest.approx(share * (1.0 - share) / 100, rel=0.08)


def stub(monkeypatch: pytest.MonkeyPatch, study: str, spread: float) -> None:
    """Put a study in place whose mean is the clearance of the tables and whose persons differ by `spread`."""

    def made(tables: object, persons: int, seed: int) -> Mapping[str, Array]:
        del seed
        mean = tables.body.value("CL_MG")  # type: ignore[attr-defined]
        return {"x": mean * np.exp(spread * norm().ppf((np.arange(persons) + 0.5) / persons))}

    monkeypatch.setattr("ketum.validation.predict.STUDIES", {study: made})


def test_chance_and_parameters_are_kept_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """CL_MG is 68 (50 to 92 as 5th and 95th percentile): with many alike participants that is the interval."""
    stub(monkeypatch, "thai_users", 0.01)
    one = one_row(study="thai_users", n=100)
    found = predict([one], shipped_tables(), people=400, draws=256).predicted[0]
    assert [found.low, found.high] == pytest.approx([68.0, 68.0], rel=0.005)
    assert [found.low_all, found.high_all] == pytest.approx([50.0, 92.0], rel=0.05)


def test_predictions_do_not_depend_on_what_else_is_asked() -> None:
    some = [COMPARISONS[row] for row in ("pk-006", "pk-110")]
    alone = predict(some[:1], shipped_tables(), people=64, draws=2).predicted[0]
    together = predict(some, shipped_tables(), people=64, draws=2).predicted[0]
    assert (together.middle, together.low_all, together.high_all) == (alone.middle, alone.low_all, alone.high_all)


# --- judging --------------------------------------------------------------------------------------


def made(one: Comparison, middle: float, low: float, high: float) -> Predicted:
    return Predicted(one, middle, middle, low, high, low, high, 1.0, 10)


def judged(middle: float, observed: float, **changes: object) -> Agreement:
    one = one_row(observed=Observed(observed, None, None), n=10, **changes)
    return agreement(made(one, middle, middle * 0.9, middle * 1.1), RULES)


def test_fold_of_ratios_and_difference_of_rare_shares_and_effects() -> None:
    assert judged(20.0, 10.0).fold == 2.0
    assert judged(20.1, 10.0).within is False
    assert math.isnan(judged(4.0, 2.0, unit="%").fold)  # 2% against 4%: a difference of 2 points
    assert judged(4.0, 2.0, unit="%").within is True
    assert judged(13.7, 2.0, unit="%").within is False  # 11.7 points
    assert judged(40.0, 20.0, unit="%").fold == 2.0
    effect = judged(0.45, 0.2, unit="Hedges g", statistic="hedges g")
    assert math.isnan(effect.fold)
    assert effect.within is False  # 0.25 of a standard deviation


def test_bounds_and_intervals() -> None:
    above = agreement(made(one_row(observed=Observed(14.0, None, None, "above"), n=1), 20.0, 12.0, 30.0), RULES)
    assert (above.fold, above.inside) == (1.0, True)
    below = agreement(made(one_row(observed=Observed(7.0, None, None, "below"), n=1), 9.0, 8.0, 10.0), RULES)
    assert (below.fold, below.inside) == (9.0 / 7.0, False)
    apart = agreement(made(one_row(observed=Observed(5.0, 4.0, 6.0), n=1), 9.0, 8.0, 10.0), RULES)
    assert (apart.inside, apart.overlaps) == (False, False)
    unknown = agreement(made(one_row(observed=Observed(9.0, None, None), n=None), 9.0, 8.0, 10.0), RULES)
    assert (unknown.inside, unknown.inside_all) == (None, True)
    no_width = replace(made(one_row(observed=Observed(1.07, 0.98, 1.17), n=12), 1.0, 1.0, 1.0), alike=True)
    assert (agreement(no_width, RULES).inside, agreement(no_width, RULES).overlaps) == (None, True)


@pytest.mark.parametrize("middle", [0.0, math.inf, math.nan])
def test_nothing_never_and_no_number_are_an_infinite_fold(middle: float) -> None:
    """Beside 0.1 h a prediction of 0 differs by less than `effect` (0.2), yet on a ratio scale it is a miss."""
    for observed, changes in ((0.1, {"unit": "h"}), (12.0, {"unit": "%"})):
        found = judged(middle, observed, **changes)
        assert found.fold == math.inf
        assert found.within is False
        value, count = measure("gmfe", [judged(1.0, 1.0), found])
        assert (value, count) == (math.inf, 2)
    bound = Observed(14.0, None, None, "above")
    assert agreement(made(one_row(observed=bound, n=1), math.inf, 12.0, math.inf), RULES).fold == 1.0  # kept
    assert judged(0.0, 4.0, unit="%").within is True  # near 0 shares are compared by points


def test_geometric_mean_fold_error() -> None:
    """|log10| of 2, 1/2 and 4 are 0.301, 0.301 and 0.602: their mean is 0.401, the GMFE 2.52."""
    rows = [judged(20.0, 10.0), judged(5.0, 10.0), judged(40.0, 10.0), judged(4.0, 2.0, unit="%")]
    value, count = measure("gmfe", rows)
    assert (round(value, 2), count) == (2.52, 3)
    assert measure("share_within", rows) == (0.75, 4)


def test_a_wrong_model_falls_short_and_hearsay_does_not_count() -> None:
    """Clearance three times too high: levels of calibration and other rows leave two-fold behind."""
    asked = [one for one in COMPARISONS.values() if one.study in ("tea", "extract", "tea_samples")]
    tables = shipped_tables()
    wrong = replace(tables, body=tables.body.with_values({"CL_MG": 3 * tables.body.value("CL_MG"), "V_SP": 200.0}))
    criteria = [c for c in load_acceptance().criteria if c.id in ("A2", "B1")]
    met = {}
    for name, some in (("shipped", tables), ("wrong", wrong)):
        rows = [agreement(p, RULES) for p in predict(asked, some, people=128, draws=0).predicted]
        met[name] = {o.criterion.id: o.met for o in results(rows, criteria)}
    assert met["shipped"] == {"A2": True, "B1": True}
    assert met["wrong"]["A2"] is False
    told = judged(100.0, 1.0, kind="hearsay")
    assert acceptance.counted([told]) == []


def test_a_criterion_without_a_row_says_why() -> None:
    """B6 asks for the GMFE of withdrawal, of which rows give directions or hearsay only."""
    criterion = next(c for c in load_acceptance().criteria if c.id == "B6")
    rows = [
        agreement(made(one, 1.0, 1.0, 1.0), RULES)
        for one in COMPARISONS.values()
        if one.domain == "withdrawal" and not one.calibration
    ]
    (found,) = results(rows, [criterion])
    assert (found.met, found.rows) == (None, 0)
    hearsay = sum(row.comparison.kind == "hearsay" for row in rows)
    assert found.unjudged == (
        f"no row has a fold error ({len(rows) - hearsay} say a direction only; {hearsay} are hearsay and not counted)"
    )
    text = criterion_text(found)
    assert (text.verdict, text.unjudged) == ("not judged", found.unjudged)


# --- the command and the report -------------------------------------------------------------------


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["validate", *arguments])
    return done.exit_code, done.output


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    folder = tmp_path_factory.mktemp("validation")
    code, output = run("--domain", "interactions", "--people", "64", "--draws", "3", "--out", str(folder), "--json")
    assert code == 0, output
    return folder, json.loads(output)


def test_the_command_writes_report_and_table(written: tuple[Path, dict[str, object]]) -> None:
    folder, facts = written
    with (folder / "predictions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["row"] for row in rows} == {c.row for c in COMPARISONS.values() if c.domain == "interactions"}
    k10 = next(row for row in rows if row["row"] == "K10")
    assert float(k10["predicted"]) == pytest.approx(1.39, abs=0.005)  # body.md S12
    assert isinstance(facts["criteria"], list)
    assert [c["id"] for c in facts["criteria"]] == ["B4"]  # criteria of other domains, and of all, are not asked


def test_the_report_has_its_sections_in_order_and_every_row(written: tuple[Path, dict[str, object]]) -> None:
    page = (written[0] / "qualification.html").read_text(encoding="utf-8")
    heads = re.findall(r"<h2>([^<]+)</h2>", page)
    assert heads == [
        "Question of interest",
        "Context of use",
        "Model influence and consequence",
        "Verification",
        "Validation",
        "Uncertainty",
        "Applicability",
        "How to repeat it",
    ]
    for one in COMPARISONS.values():
        if one.domain == "interactions":
            assert f">{one.row}</span>" in page
    for line in load_scope():
        assert line.reason.split("'")[0][:30] in page
    ours = page.partition("<script>")[0]
    assert not re.search(r"""(?:src|href)=["'](?!#|data:)""", ours)  # nothing is fetched


def test_an_unknown_domain_is_refused_with_the_nearest() -> None:
    done = CliRunner().invoke(app, ["validate", "--domain", "interaction"])
    assert "nearest" in str(done.exception)
    assert "interactions" in str(done.exception)


def test_a_required_criterion_that_falls_short_ends_with_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = load_acceptance()
    strict = tuple(replace(c, at_most=1.0001) if c.id == "B4" else c for c in found.criteria)
    monkeypatch.setattr("ketum.validation.validate.load_acceptance", lambda: replace(found, criteria=strict))
    code, output = run("--domain", "interactions", "--people", "64", "--draws", "0", "--out", str(tmp_path))
    assert code == 1
    assert "fell short" in output
    assert "B4" in output


def test_a_folder_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "under"):
        done = CliRunner().invoke(app, ["validate", "--people", "100000", "--draws", "1000", "--out", str(out)])
        assert isinstance(done.exception, RunFolderError)
        assert str(out) in str(done.exception)

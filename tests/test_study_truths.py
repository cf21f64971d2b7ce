"""What each design must show in the causal settings in which it is known: biases that are there, those that are not.

Published numbers are rows of `design/mood.md` section 11 and `design/joined.md` section 11. A mean over replicates is
known up to the persons of the pool, who take part again and again: its error is that of as many replicates as the pool
can fill without asking anybody twice.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from ketum.engine.simulate import Simulated
from ketum.reports.study_account import whole_design
from ketum.studies.designs import Design
from ketum.studies.designs.cross_sectional import Survey
from ketum.studies.identification import identified
from ketum.studies.lives import living
from ketum.studies.lives.living import Living, as_needed, laid_out, never
from ketum.studies.lives.natural import natural_use
from ketum.studies.lives.people import scoring_at_least
from ketum.studies.lives.recipe import enriched
from ketum.studies.measure import chance_at_least
from ketum.studies.model import Study
from ketum.studying import study
from small_studies import Laboratory, text_of, written

FOUR = 4.0
"""Standard errors that a difference may reach by chance: once in 16,000."""
THREE = 3.0
"""Standard errors beyond which there is a difference."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return Laboratory(tmp_path_factory.mktemp("lab"))


def known_to(row: pd.Series[float], design: Design) -> float:
    """Return the standard error of a mean estimate: as many replicates are independent as the pool fills at once."""
    rounds = min(urn.rounds(size) for urn, size in design.urns())
    return float(row["empirical_se"]) / math.sqrt(min(int(row["replicates"]), rounds))


def paired(one: pd.DataFrame, other: pd.DataFrame, estimand: str, estimator: str) -> tuple[float, float]:
    """Return the mean difference between the estimates of two analyses of the same persons, and its error."""
    first, second = (
        t[(t["estimand"] == estimand) & (t["estimator"] == estimator)]["value"].to_numpy() for t in (one, other)
    )
    difference = first - second
    return float(difference.mean()), float(difference.std(ddof=1) / math.sqrt(len(difference)))


def estimates(table: pd.DataFrame, estimand: str, estimator: str) -> NDArray[np.float64]:
    chosen = table[(table["estimand"] == estimand) & (table["estimator"] == estimator)]
    return chosen["value"].to_numpy()


# --- null: an association without an effect, and a trial that finds none -----------------------------


SURVEY = (
    '[pool]\npersons = 12000\n[world]\nfor = "208 wk"\nenrichment = 60\n[sampling]\nusers = 200\nothers = 200\n'
    '[analysis]\nestimators = ["crude", "adjusted", "correlation_balanced"]\n'
)


@pytest.fixture(scope="module")
def survey(lab: Laboratory) -> Study:
    return lab.study(text_of("cross_sectional", SURVEY))


def test_survey_in_null_finds_users_more_depressed(lab: Laboratory, survey: Study) -> None:
    """Odds ratios of 2.26 crude and 2.10 adjusted without any effect (row 17; there after eight years)."""
    design, found = lab.design(survey, "null"), lab.performance(survey, 40, "null")
    for estimator, published in (("crude", 2.26), ("adjusted", 2.10)):
        row = found.of("null", "log_odds_ratio", estimator)
        assert row["truth"] == 0.0
        assert row["mean"] > FOUR * known_to(row, design)
        assert row["mean"] == pytest.approx(math.log(published), abs=FOUR * known_to(row, design))
        assert row["rejection"] > 0.4  # most surveys of 400 report it
        assert row["rejection_is"] == "type I error"
        assert row["identified"] == "no"
    assert found.of("null", "correlation", "correlation_balanced")["mean"] > 0.05


def test_association_is_gone_without_selection(lab: Laboratory, survey: Study) -> None:
    """Without severity in starting and stopping nothing is left but what covariates do."""
    free = lab.study(text_of("cross_sectional", SURVEY), "setting.selection=false")
    design, found, with_selection = (
        lab.design(free, "null"),
        lab.performance(free, 40, "null"),
        lab.performance(survey, 40, "null"),
    )
    adjusted = found.of("null", "log_odds_ratio", "adjusted")
    assert adjusted["identified"] == "yes"
    assert abs(adjusted["mean"]) < FOUR * known_to(adjusted, design)
    for estimator in ("crude", "adjusted"):
        row, other = (f.of("null", "log_odds_ratio", estimator) for f in (found, with_selection))
        assert row["mean"] < other["mean"] - FOUR * known_to(row, design)


def test_harm_adds_to_what_selection_does(lab: Laboratory, survey: Study) -> None:
    """The crude odds ratio is higher in `harm` than in `null`, and higher than the causal one (row 18)."""
    found = lab.performance(survey, 40, "null", "harm")
    null, harm = (found.of(name, "log_odds_ratio", "crude") for name in ("null", "harm"))
    error = known_to(harm, lab.design(survey, "harm"))
    assert harm["truth"] > 0.2
    assert harm["mean"] > null["mean"] + harm["truth"] / 2
    assert harm["mean"] > harm["truth"] + FOUR * error


TRIAL = 'visits = ["4 wk", "8 wk"]\n[treatment]\nfor = "8 wk"\n[pool]\npersons = {}\n[sampling]\nper_arm = 50\n'


def test_trial_in_null_finds_nothing(lab: Laboratory) -> None:
    """A randomised trial is unbiased, covers 95% and rejects 5% (row 26)."""
    replicates = 2000
    found = lab.study(text_of("parallel_trial", TRIAL.format(20_000)))
    performance = lab.performance(found, replicates, "null")
    chance = FOUR * math.sqrt(0.05 * 0.95 / replicates)
    for estimand in ("difference_week_4", "difference_week_8"):
        for estimator in ("ancova", "unadjusted"):
            row = performance.of("null", estimand, estimator)
            assert row["truth"] == 0.0
            assert abs(row["bias"]) < FOUR * row["bias_mcse"]
            assert row["rejection"] == pytest.approx(0.05, abs=chance)
            assert row["coverage"] == pytest.approx(0.95, abs=chance)
            assert row["model_se"] == pytest.approx(row["empirical_se"], rel=FOUR / math.sqrt(2 * replicates))
            assert row["identified"] == "yes"
    ancova, unadjusted = (performance.of("null", "difference_week_4", name) for name in ("ancova", "unadjusted"))
    assert ancova["empirical_se"] < unadjusted["empirical_se"]


def test_trial_finds_harm(lab: Laboratory) -> None:
    """0.54 and 1.45 points in weeks 4 and 8; power 57% with 100 an arm in week 8 (rows 25 and 26)."""
    found = lab.study(text_of("parallel_trial", TRIAL.format(8000)), "sampling.per_arm=100")
    performance = lab.performance(found, 400, "harm")
    for week, published in ((4, 0.54), (8, 1.45)):
        row = performance.of("harm", f"difference_week_{week}", "ancova")
        assert row["truth"] == pytest.approx(published, abs=0.2)
        assert abs(row["bias"]) < FOUR * row["bias_mcse"] + 0.05
    assert 100 * row["rejection"] == pytest.approx(57, abs=5 + 100 * FOUR * row["rejection_mcse"])


def test_unblinded_trial_in_null_finds_expectancy(lab: Laboratory) -> None:
    """With a control that expects nothing the contrast is expectancy: it is part of the truth, and that is said."""
    open_label = lab.study(text_of("parallel_trial", TRIAL.format(2000)), "treatment.blinded=false")
    row = lab.performance(open_label, 100, "null").of("null", "difference_week_8", "ancova")
    # row 13, severity from 19.7 in week 8: 16.4 with nothing, 12.8 with expectancy
    assert row["truth"] == pytest.approx(12.8 - 16.4, abs=0.7)
    assert abs(row["bias"]) < FOUR * row["bias_mcse"] + 0.1
    assert row["rejection_is"] == "power"
    assert "unblinded" in whole_design(open_label).options
    blinded = lab.study(text_of("parallel_trial", TRIAL.format(2000)))
    assert "unblinded" not in whole_design(blinded).options


def test_interaction_in_null_is_none(lab: Laboratory) -> None:
    """Kratom that does nothing changes nothing of what sertraline does."""
    four = text_of("scenario_trial").replace('["kratom", "nothing"]', '["nothing", "kratom", "sertraline", "both"]')
    found = lab.study(
        four, 'analysis.estimators=["factorial"]', "pool.persons=1200", "sampling.per_arm=30", 'visits=["8 wk"]'
    )
    performance = lab.performance(found, 400, "null")
    row = performance.of("null", "interaction_week_8", "factorial")
    assert row["truth"] == 0.0
    assert abs(row["bias"]) < FOUR * known_to(row, lab.design(found, "null"))
    assert row["rejection"] == pytest.approx(0.05, abs=FOUR * math.sqrt(0.05 * 0.95 / 400))


# --- what users tell ------------------------------------------------------------------------------


TELLING = 'source = "regular_users"\n[pool]\npersons = 512\n[sampling]\nusers = 128\n'
TOLD = ("null", "pharmacology", "harm", "benefit")


@pytest.fixture(scope="module")
def telling(lab: Laboratory) -> Study:
    return lab.study(text_of("self_report", TELLING, settings=TOLD))


def test_most_users_say_it_helps_while_most_are_worse(lab: Laboratory, telling: Study) -> None:
    """In `harm` 68% say it helps, and 91% are worse than without it (row 34)."""
    found = lab.performance(telling, 4, "null", "harm", "benefit")  # one round: everybody once
    helps, worse = (
        found.of("harm", f"share_{which}", by) for which, by in (("better", "help_question"), ("worse", "before_after"))
    )
    half = 0.5 / math.sqrt(512)  # largest standard error of a share
    assert helps["mean"] > 0.5 + FOUR * half
    assert worse["truth"] > 0.5 + FOUR * half
    assert 100 * helps["mean"] == pytest.approx(68, abs=4 + 100 * FOUR * half)
    assert 100 * worse["truth"] == pytest.approx(91, abs=4 + 100 * FOUR * half)
    assert helps["truth"] < 0.05
    assert helps["identified"] == worse["identified"] == "no"
    # the answer tells hardly anything of the long run: 69% in `benefit`, 46% in `null`
    for name, published in (("benefit", 69), ("null", 46)):
        said = found.of(name, "share_better", "help_question")["mean"]
        assert 100 * said == pytest.approx(published, abs=4 + 100 * FOUR * half)


def test_recall_in_the_light_of_today_changes_what_is_told(lab: Laboratory, telling: Study) -> None:
    """Half of the way towards today halves a change; an error alone widens it and moves the mean by clipping only."""
    text = text_of("self_report", TELLING, settings=TOLD)
    clear = lab.performance(telling, 4, "harm").of("harm", "mean_change", "before_after")
    towards = lab.study(text, "recall.towards_now=0.5")
    away = lab.study(text, "recall.towards_now=-0.5")
    noisy = lab.study(text, "recall.error=4")
    found = {
        name: lab.performance(one, 4, "harm").of("harm", "mean_change", "before_after")
        for name, one in (("towards", towards), ("away", away), ("noisy", noisy))
    }
    assert clear["mean"] > 1.5
    assert found["towards"]["mean"] == pytest.approx(clear["mean"] / 2, abs=0.05)  # scores are whole numbers
    assert clear["mean"] * 1.2 < found["away"]["mean"] < clear["mean"] * 1.5  # scores end at 0
    assert found["noisy"]["model_se"] > 1.1 * clear["model_se"]
    assert all(row["truth"] == clear["truth"] for row in found.values())
    assert {"recall"} <= whole_design(towards).options
    assert "recall" not in whole_design(noisy).options
    assert "recall_error" in whole_design(noisy).options


def test_severe_cases_tell_of_worsening_where_nobody_is_worse(lab: Laboratory) -> None:
    """In `null` 41% of cases with a PHQ-9 of 20 or more got worse by 5 points (row 37): who is ill was better once."""
    cases = (
        '[pool]\npersons = 4000\n[world]\nfor = "104 wk"\nenrichment = 200\n'
        '[sampling]\ncases = 5\nphq9_at_least = 18\nused_for = "180 d"\n'
    )
    found = lab.study(text_of("case_series", cases))
    performance = lab.performance(found, 8, "null", "harm")
    null = performance.of("null", "share_worse", "before_after")
    assert null["truth"] == 0.0
    assert null["mean"] > 0.25
    assert performance.of("null", "mean_effect", "before_after")["mean"] > 2.0
    harm, users = (performance.of("harm", name, "before_after") for name in ("mean_effect", "mean_effect_users"))
    assert harm["truth"] > users["truth"] > 1.0  # cases are those whom it harms more
    assert harm["mean"] > harm["truth"]


def concealing(lab: Laboratory, share: float) -> Survey:
    found = lab.design(lab.study(text_of("cross_sectional", SURVEY), f"exposure.concealed={share}"), "harm")
    assert isinstance(found, Survey)
    return found


def test_concealed_use_moves_the_odds_ratio_towards_one(lab: Laboratory) -> None:
    """All users against those who say that they never used, with infinitely many answers of everybody."""
    ratios = []
    for share in (0.0, 0.3, 0.6, 0.9):
        design = concealing(lab, share)
        users, (_, (others, _)) = design.people["recent"] > 0.0, design.urns()
        ill = chance_at_least(design.people["now"], 10, design.tables)
        odds = [found / (1.0 - found) for found in (ill[users].mean(), ill[others.places].mean())]
        ratios.append(odds[0] / odds[1])
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[0] > ratios[-1] + 0.01 > 1.0
    found = lab.study(text_of("cross_sectional", SURVEY), "exposure.concealed=0.9")
    assert "concealed" in whole_design(found).options


def test_those_who_conceal_are_among_others_as_often_as_in_the_population(
    lab: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Use is enriched in the pool; among people who say that they never used it stands as rare as it is."""
    monkeypatch.setattr("ketum.studies.designs.users._OTHERS", 3000)  # a quarter of the pool, as if it were large
    design = concealing(lab, 0.4)
    people, (_, (others, _)) = design.people, design.urns()
    users, sampled = people["recent"] > 0.0, people["sampled"] > 0.0
    told = (sampled & (people["ever"] == 0.0)).sum()
    silent = 0.4 * (users & sampled).sum() / design.table.world.enrichment
    expected = silent / (silent + told)
    share = users[others.places].mean()
    assert share == pytest.approx(expected, abs=FOUR * math.sqrt(expected / len(others.places)))


# --- cohorts --------------------------------------------------------------------------------------


COHORT = "[pool]\npersons = 16000\n[sampling]\nparticipants = 1000\n"
BASELINES = ("crude", "adjusted_enrolment", "adjusted_lead", "adjusted_start")


def test_new_user_cohort_is_the_less_biased_the_later_the_baseline(lab: Laboratory) -> None:
    """Bias 1.18, 0.71, 0.43, 0.14 in `null`: crude, at enrolment, four weeks before, on the day (row 22)."""
    found = lab.study(text_of("new_user_cohort", COHORT))
    design, performance = lab.design(found, "null"), lab.performance(found, 16, "null")  # everybody once
    rows = [performance.of("null", "effect_26wk", name) for name in BASELINES]
    assert all(row["truth"] == 0.0 for row in rows)
    for row, published in zip(rows, (1.18, 0.71, 0.43, 0.14), strict=True):
        assert row["bias"] == pytest.approx(published, abs=0.15 + FOUR * known_to(row, design))
    values = {name: estimates(performance.replicates, "effect_26wk", name) for name in BASELINES}
    for earlier, later in pairwise(BASELINES):
        gap = values[earlier] - values[later]
        assert gap.mean() > THREE * gap.std(ddof=1) / math.sqrt(len(gap))
    assert all(row["identified"] == "no" for row in rows)


def test_late_starters_that_are_kept_dilute_an_effect(lab: Laboratory) -> None:
    """In `harm` keeping them adds a bias of -0.20 (mood.md section 9.3)."""
    text = text_of("new_user_cohort", COHORT)
    drop, keep = lab.study(text), lab.study(text, "cohort.late_starters=keep")
    first, second = (lab.rows(one, "harm", 16) for one in (drop, keep))
    difference, error = paired(second, first, "effect_26wk", "adjusted_start")
    assert difference < -FOUR * error
    assert difference == pytest.approx(-0.20, abs=0.15)
    assert second["participants"].mean() > first["participants"].mean()
    assert whole_design(keep).options >= {"later_starters_kept"}


def test_holding_severity_during_follow_up_takes_part_of_the_effect_away(lab: Laboratory) -> None:
    """Regression that holds what use itself changes is biased towards zero; weights are not (mood.md section 9.4)."""
    tables = (
        '[pool]\npersons = 3000\n[sampling]\nparticipants = 1000\n[cohort]\nfollow = "26 wk"\n'
        '[analysis]\nestimators = ["naive_regression", "iptw_same"]\n'
    )
    found = lab.performance(lab.study(text_of("target_trial", tables)), 3, "harm")
    naive, weighted = (found.of("harm", "always_never", name) for name in ("naive_regression", "iptw_same"))
    assert naive["truth"] == weighted["truth"] > 2.0
    gap = estimates(found.replicates, "always_never", "iptw_same") - estimates(
        found.replicates, "always_never", "naive_regression"
    )
    assert (gap > 0.5).all()
    assert naive["mean"] < naive["truth"]


# --- within persons, and after use ----------------------------------------------------------------


SERIES = (
    '[crossover]\nexperience = "52 wk"\nperiod = "14 d"\n[pool]\npersons = 256\n[sampling]\npersons = 16\n'
    '[analysis]\nestimators = ["paired_t"]\n'
)
SERIES_SETTINGS = ("null", "pharmacology", "harm")


def biases(lab: Laboratory, *changes: str) -> dict[str, tuple[float, float]]:
    """Return the bias of the paired comparison of periods by setting, and its error.

    In `null` the same persons have the same noise and no effect, so a difference from it is free of noise.
    """
    found = lab.study(text_of("n_of_1", SERIES, settings=SERIES_SETTINGS), *changes)
    tables = {name: lab.rows(found, name, 16) for name in SERIES_SETTINGS}  # everybody once
    made = {}
    for name in SERIES_SETTINGS[1:]:
        errors = (tables[name]["value"] - tables["null"]["value"] - tables[name]["truth"]).to_numpy()
        made[name] = float(errors.mean()), float(errors.std(ddof=1) / math.sqrt(len(errors)))
    return made


def test_short_crossover_shows_stopping_and_not_use(lab: Laboratory) -> None:
    """Regular users do better in periods of use than of none, and worse in the long run (row 30): carry-over."""
    short, long = biases(lab, "crossover.period=7 d"), biases(lab)
    for setting, published in (("pharmacology", (6.8 + 4.6, 4.4 + 4.6)), ("harm", (6.3 + 8.3, 3.85 + 8.3))):
        for found, bias in zip((short, long), published, strict=True):
            value, error = found[setting]
            assert value > 10 * error
            assert value == pytest.approx(bias, abs=1.4 + FOUR * error)  # 1 for estimate, and for truth
        assert short[setting][0] > long[setting][0]


def test_crossover_is_the_less_biased_the_more_days_are_left_out(lab: Laboratory) -> None:
    by_days = [biases(lab, "crossover.period=28 d", f"crossover.discard={days} d") for days in (0, 7, 14, 21)]
    for setting in SERIES_SETTINGS[1:]:
        values = [found[setting][0] for found in by_days]
        assert values == sorted(values, reverse=True)
        assert values[0] > values[-1] + 1.0
        assert values[-1] > 1.0  # three weeks are too few


def test_year_long_periods_in_new_users_show_the_long_run(lab: Laboratory) -> None:
    """When what is left out is as long as use acts, verdict and numbers agree: nothing is left of the bias."""
    changes = ("crossover.experience=0 d", "crossover.period=210 d", "crossover.discard=196 d", "crossover.pairs=2")
    value, error = biases(lab, *changes)["pharmacology"]
    assert abs(value) < FOUR * error + 0.05
    verdict = identified(whole_design(lab.study(text_of("n_of_1", SERIES), *changes)), "long_run", "paired_t")
    assert verdict.yes


def test_washout_does_not_make_a_short_period_show_the_long_run(lab: Laboratory) -> None:
    changes = ("crossover.washout=130 d", "crossover.pairs=2")
    value, error = biases(lab, *changes)["pharmacology"]
    assert value > 3.0 > FOUR * error  # the estimate has the wrong sign
    verdict = identified(whole_design(lab.study(text_of("n_of_1", SERIES), *changes)), "long_run", "paired_t")
    assert not verdict.yes


def test_account_of_a_short_crossover_names_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ketum.reports.study.write_study_report", lambda folder: (folder / "report.html").touch())
    tables = SERIES.replace('"52 wk"', '"8 wk"').replace("256", "100") + ""
    path = written(tmp_path, text_of("n_of_1", tables, settings=["pharmacology"]))
    folder = study(path, tmp_path / "out", workers=1, overrides=["sampling.persons=4"]).folder
    said = json.loads((folder / "study.json").read_text())
    (told,) = (one["identified"]["long_run"] for one in said["estimators"] if one["name"] == "paired_t")
    assert told["yes"] is False
    assert any("What the earlier period leaves behind" in path for path in told["open_paths"])
    assert "carry-over" in told["assumption"]
    assert any("go over from one period into the next" in text for text in said["limitations"])


def test_days_that_are_alike_are_no_independent_answers(lab: Laboratory) -> None:
    """In `null` paired periods reject 5%, daily least squares 25 to 44% (row 31)."""
    tables = SERIES.replace('"52 wk"', '"0 d"').replace('"paired_t"', '"paired_t", "daily_least_squares"')
    found = lab.study(text_of("n_of_1", tables, settings=["null"]), "pool.persons=1024", "crossover.pairs=4")
    performance = lab.performance(found, 64, "null")
    paired_t, naive = (performance.of("null", "long_run", name) for name in ("paired_t", "daily_least_squares"))
    assert paired_t["rejection"] == pytest.approx(0.05, abs=FOUR * math.sqrt(0.05 * 0.95 / 1024))
    assert 0.25 < naive["rejection"] < 0.44
    assert naive["coverage"] < 0.8


WITHDRAWAL = (
    'visits = ["1 wk", "4 wk", "12 wk"]\n[withdrawal]\nlead = "52 wk"\nrelapse_until = "12 wk"\n'
    "[pool]\npersons = 1536\n[sampling]\nper_arm = 48\n"
    '[analysis]\nestimators = ["ancova", "cox", "kaplan_meier", "before_after"]\n'
)


@pytest.fixture(scope="module")
def withdrawal(lab: Laboratory) -> Study:
    return lab.study(text_of("randomised_withdrawal", WITHDRAWAL))


def test_withdrawal_trial_tells_of_stopping_and_not_of_having_used(lab: Laboratory, withdrawal: Study) -> None:
    """Stop minus continue 1.36, -1.06, -2.07 in weeks 1, 4, 12 (row 27); having used against never 2.57 (row 21)."""
    design, found = lab.design(withdrawal, "harm"), lab.performance(withdrawal, 60, "harm")
    for week, published in ((1, 1.36), (4, -1.06), (12, -2.07)):
        row = found.of("harm", f"stop_continue_week_{week}", "ancova")
        # S of the day there, and two weeks of it here, so the first weeks lag behind
        assert row["truth"] == pytest.approx(published, abs=0.6)
        assert abs(row["bias"]) < FOUR * known_to(row, design)
        assert row["identified"] == "yes"
        used = found.of("harm", f"used_never_week_{week}", "ancova")
        assert used["truth"] == pytest.approx(2.57, abs=0.4)
        assert used["identified"] == "no"
    used = found.of("harm", "used_never_week_1", "ancova")
    assert used["bias"] < -3.0  # the opposite sign
    # nor does it say how much use has done: stopping for 12 weeks takes away less than use has added
    later = [found.of("harm", f"{name}_week_12", "ancova")["truth"] for name in ("used_never", "stop_continue")]
    assert sum(later) > 0.3
    for estimand, estimator in (("relapse_hazard", "cox"), ("relapse_risk", "kaplan_meier")):
        row = found.of("harm", estimand, estimator)
        assert row["truth"] < 0.0
        assert abs(row["bias"]) < FOUR * known_to(row, design)


def test_change_in_those_who_stop_is_not_what_stopping_does(lab: Laboratory, withdrawal: Study) -> None:
    """In `null` those who stop get better, since they were chosen when they were worse."""
    design, found = lab.design(withdrawal, "null"), lab.performance(withdrawal, 60, "null")
    for week in (1, 4, 12):
        row = found.of("null", f"stop_continue_week_{week}", "before_after")
        assert row["truth"] == 0.0
        assert row["mean"] < -THREE * known_to(row, design)
        assert row["identified"] == "no"
        assert (
            abs(found.of("null", f"stop_continue_week_{week}", "ancova")["bias"]) < FOUR * known_to(row, design) * 1.5
        )


def test_moments_of_serving_are_chosen_and_lots_are_not(lab: Laboratory) -> None:
    """Relief 3.4 of which fixed effects find 1.1 in regular users (row 32); servings by lot show their own relief."""
    tables = (
        '[moments]\nexperience = "52 wk"\nfor = "15 d"\n[pool]\npersons = 512\n[sampling]\npersons = 64\n'
        '[analysis]\nestimators = ["fixed_effects", "micro_randomised"]\n'
    )
    found = lab.study(text_of("ema", tables, settings=["pharmacology", "harm"]))
    design, performance = lab.design(found, "pharmacology"), lab.performance(found, 8, "pharmacology", "harm")
    fixed, lots = (
        performance.of("pharmacology", *which)
        for which in (("relief", "fixed_effects"), ("relief_by_lot", "micro_randomised"))
    )
    assert fixed["truth"] == pytest.approx(3.4, abs=0.4 + FOUR * 0.15)
    assert fixed["mean"] == pytest.approx(1.1, abs=0.4 + FOUR * known_to(fixed, design))
    assert fixed["bias"] < -FOUR * known_to(fixed, design)
    assert abs(lots["bias"]) < FOUR * known_to(lots, design)
    assert (fixed["identified"], lots["identified"]) == ("no", "yes")
    # relief within hours is the same whatever use does in the long run
    assert performance.of("harm", "relief", "fixed_effects")["truth"] == pytest.approx(fixed["truth"], abs=0.2)


# --- leaving the study ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scores(lab: Laboratory) -> Callable[..., pd.DataFrame]:
    """Replicates of a trial in `harm` on the same persons and answers, of whom more or fewer are missed."""
    text = text_of("parallel_trial", TRIAL.format(8000))

    def of(*changes: str) -> pd.DataFrame:
        found = lab.study(text, "sampling.per_arm=200", 'analysis.estimators=["ancova"]', *changes)
        return lab.rows(found, "harm", 60)

    return of


def test_last_observation_takes_a_course_for_one_that_stands_still(scores: Callable[..., pd.DataFrame]) -> None:
    """With 40% of visits missed week 8 is 0.6 of its own effect, 0.24 of that of week 4 and 0.16 of none."""
    whole, carried = scores(), scores("dropout.missed=0.4", "dropout.handled=last_observation")
    truth = {week: whole[whole["estimand"] == f"difference_week_{week}"]["truth"].mean() for week in (4, 8)}
    difference, error = paired(carried, whole, "difference_week_8", "ancova")
    expected = 0.24 * truth[4] - 0.4 * truth[8]
    assert expected < -0.3
    assert difference == pytest.approx(expected, abs=FOUR * error)
    left_out = scores("dropout.missed=0.4")
    difference, error = paired(left_out, whole, "difference_week_8", "ancova")
    assert abs(difference) < FOUR * error
    assert set(left_out["participants"]) != {400}
    assert set(carried["participants"]) == {400}


def test_those_who_leave_are_those_whom_the_file_says(scores: Callable[..., pd.DataFrame]) -> None:
    """A share of 0.5 leaves half at the last visit, and 0.71 of all at half of the time; severity moves it."""
    alike = scores("dropout.share=0.5")
    staying = alike.groupby("estimand")["participants"].mean() / 400
    assert staying["difference_week_8"] == pytest.approx(0.5, abs=FOUR * 0.5 / math.sqrt(8000))
    assert staying["difference_week_4"] == pytest.approx(math.sqrt(0.5), abs=FOUR * 0.5 / math.sqrt(8000))
    worse = scores("dropout.share=0.5", "dropout.by_severity=5")
    assert not np.allclose(worse["participants"], alike["participants"])


def test_dropout_by_severity_is_not_ignorable(lab: Laboratory) -> None:
    """Those who stay are better off than all in both arms, and the verdict says that the arms are no longer alike."""
    text = text_of("parallel_trial", TRIAL.format(8000))
    found = lab.study(text, "dropout.share=0.5", "dropout.by_severity=5")
    alike = lab.study(text, "dropout.share=0.5")
    means = []
    for one in (alike, found):
        design = lab.design(one, "harm")
        _, _, answers = design.randomised(0)  # type: ignore[attr-defined]
        means.append(np.nanmean(answers[-1]))
    assert means[1] < means[0] - 1.0
    verdicts = [identified(whole_design(one), "difference_week_8", "ancova") for one in (alike, found)]
    assert [verdict.yes for verdict in verdicts] == [True, False]
    assert any("stays" in path for path in verdicts[1].open_paths) or verdicts[1].open_paths


# --- cost -------------------------------------------------------------------------------------------


def best(action: Callable[[], object], times: int = 5) -> float:
    found = math.inf
    for _ in range(times):
        began = time.process_time()
        action()
        found = min(found, time.process_time() - began)
    return found


def test_who_never_uses_costs_only_the_daily_step(survey: Study) -> None:
    """A year without kratom costs a small part of a year with it, alone and in a world where nobody starts."""
    tables = survey.tables
    harm = survey.settings[1]
    people = scoring_at_least(5.0, tables, 512, 1)
    lives = Living(people, tables, harm, 1)
    use = laid_out(tables, [as_needed(364)], 364)
    using = best(lambda: lives.live(use, 0, 364))
    assert best(lambda: lives.live(never(), 0, 364)) < 0.2 * using
    nobody = enriched(tables, 0.01)
    lived = natural_use(people, nobody, harm, 1, 364, [364])
    assert (lived.first_day < 0).all()
    assert best(lambda: natural_use(people, nobody, harm, 1, 364, [364])) < 0.4 * using


def test_body_and_brain_are_lived_from_the_first_use_on(survey: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    days: list[tuple[int, bool]] = []
    simulate = living.simulate

    def counted(people: object, schedule: object, window: object, **more: object) -> Simulated:
        days.append((len(people.persons.numbers) * (window.last_hour - window.first_hour) // 24, bool(more["resting"])))  # type: ignore[attr-defined]
        return simulate(people, schedule, window, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(living, "simulate", counted)
    people = scoring_at_least(5.0, survey.tables, 2048, 1)
    lived = natural_use(people, enriched(survey.tables, 30.0), survey.settings[1], 1, 364, [364])
    starters = lived.first_day[lived.first_day >= 0]
    assert 50 < len(starters) < 500
    used = int((364 - starters).sum())
    with_body = sum(count for count, resting in days if not resting)
    assert with_body < 1.6 * used + 128 * 364  # groups of 128 begin with the first of them
    assert with_body < 0.15 * 2048 * 364

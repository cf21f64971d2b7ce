"""`ketum study`: its folder is complete and can be made again, interruptions cost nothing, a size is found or not."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ketum.errors import ScenarioError
from ketum.reports.study import write_study_report
from ketum.studies.crossing import Power, SmallBias
from ketum.studies.designs import DESIGNS
from ketum.studies.emulate import COLUMNS
from ketum.studies.load import load_study, to_toml
from ketum.studies.performance import PERFORMANCE
from ketum.studies.pool import pools_folder
from ketum.studies.searching import Effort
from ketum.studies.sizes import Question, Sized
from ketum.studying import Studied, study
from small_studies import OWN, SMALL, STUDY_FILES, contents, results, text_of, written

InProcess = Callable[..., tuple[int, str, str]]
pytestmark = pytest.mark.usefixtures("no_study_report")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Studied]:
    """A small study of each design, with its report."""
    place = tmp_path_factory.mktemp("studies")
    return {
        design: study(written(place, text_of(design), f"{design}.toml"), place / design, workers=1) for design in SMALL
    }


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, keep_default_na=False, na_values=[""])  # "null" is a setting


# the folder


def test_every_design_has_its_small_study() -> None:
    assert list(SMALL) == list(DESIGNS)


def test_pools_of_these_tests_are_not_those_of_the_user(pools: Path) -> None:
    assert pools_folder() == pools


@pytest.mark.parametrize("design", SMALL)
def test_study_folder_is_complete(design: str, made: dict[str, Studied]) -> None:
    folder = made[design].folder
    more = {"scenario.toml"} if design == "scenario_trial" else set()
    assert {path.name for path in folder.iterdir()} == STUDY_FILES | more
    assert not folder.with_name(f"{design}.partial").exists()
    replicates, table = read(folder / "replicates.csv"), read(folder / "performance.csv")
    assert tuple(replicates.columns) == COLUMNS
    assert tuple(table.columns) == PERFORMANCE
    assert list(dict.fromkeys(replicates["setting"])) == ["null", "harm"]
    assert set(replicates["replicate"]) == set(range(6))
    asked = made[design].study.table
    estimators = asked.analysis.estimators if hasattr(asked, "analysis") else ("before_after",)
    assert set(replicates["estimator"]) == set(estimators)
    key = ["setting", "replicate", "unit", "estimand", "estimator"]
    assert not replicates.duplicated(key).any()
    groups = replicates.groupby(["setting", "estimand", "estimator"], sort=False)
    assert table["replicates"].tolist() == groups.size().tolist()
    assert table["failed"].sum() == (~replicates["converged"]).sum()
    assert replicates.loc[~replicates["converged"], "note"].notna().all()
    assert len(read(folder / "example.csv")) > 4


@pytest.mark.parametrize("design", SMALL)
def test_estimates_lie_within_their_limits(design: str, made: dict[str, Studied]) -> None:
    table = read(made[design].folder / "replicates.csv")
    there = table[table["converged"]]
    assert len(there) > 0
    assert (there["low"] <= there["value"]).all()
    assert (there["value"] <= there["high"]).all()
    assert (there["se"] >= 0.0).all()
    assert there["p"].dropna().between(0.0, 1.0).all()
    assert np.isfinite(table["truth"]).all()


@pytest.mark.parametrize("design", SMALL)
def test_account_of_a_study(design: str, made: dict[str, Studied]) -> None:
    folder = made[design].folder
    told, made_of = (json.loads((folder / name).read_text()) for name in ("study.json", "provenance.json"))
    table = read(folder / "performance.csv")
    assert [one["name"] for one in told["estimands"]] == list(dict.fromkeys(table["estimand"]))
    verdicts = {
        (estimand, one["name"]): said for one in told["estimators"] for estimand, said in one["identified"].items()
    }
    for row in table.to_dict("records"):
        said = verdicts[row["estimand"], row["estimator"]]
        assert row["identified"] == ("yes" if said["yes"] else "no")
        assert said["assumption"]
    assert [pool["setting"] for pool in made_of["pools"]] == ["null", "harm"]
    assert made_of["pools"][0]["persons"] == told["pool"]["persons"]
    assert told["sampling"]["reuse"] == pytest.approx(made_of["pools"][0]["used"], rel=0.2)
    assert "hypothes" in (folder / "report.html").read_text()


@pytest.mark.parametrize("design", SMALL)
def test_resolved_study_gives_the_same_results(design: str, made: dict[str, Studied], tmp_path: Path) -> None:
    folder = made[design].folder
    text = (folder / "study.toml").read_text()
    again = study(folder / "study.toml", tmp_path / "again", workers=1)
    assert results(again.folder) == results(folder)
    assert (again.folder / "study.toml").read_text() == text


def test_resolved_study_of_a_scenario_runs_from_its_folder(
    made: dict[str, Studied], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("study.toml", "scenario.toml"):
        (moved / name).write_bytes((made["scenario_trial"].folder / name).read_bytes())
    monkeypatch.chdir(moved)
    again = study("study.toml", tmp_path / "again", workers=1)
    assert results(again.folder) == results(made["scenario_trial"].folder)


def test_parameters_of_a_scenario_count(tmp_path: Path) -> None:
    found = []
    for m_W in (15, 150):
        path = written(tmp_path / f"{m_W}", text_of("scenario_trial", settings=["pharmacology"]))
        (path.parent / "own.toml").write_text(OWN.replace("[[arm]]", f"[parameters]\nm_W = {m_W}\n[[arm]]", 1))
        with suppress(ScenarioError):  # that they are refused would do as well
            found.append(study(path, tmp_path / f"out{m_W}", workers=1).replicates)
    assert not found or not found[0].equals(found[1])


def test_every_option_changes_the_study(small_trial: Path, tmp_path: Path) -> None:
    changes = ["sampling.per_arm=10", "setting.causal=benefit"]
    done = study(small_trial, tmp_path / "out", overrides=changes, replicates=3, seed=9, workers=1)
    found = tomllib.loads((done.folder / "study.toml").read_text())
    assert (found["replicates"], found["seed"], found["sampling"]["per_arm"]) == (3, 9, 10)
    assert found["setting"]["causal"] == ["benefit"]
    assert set(done.replicates["participants"]) == {20}
    assert done.performance["replicates"].tolist() == [3, 3, 3, 3]


# the command


def test_command_shows_tables_and_where_the_report_is(
    small_trial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: InProcess
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = in_process("study", str(small_trial), "--workers", "1")
    assert code == 0
    assert "kratom minus control, week 4" in out
    assert "hypotheses; none of them is the finding" in out
    assert "never a recommendation" in out
    assert out.splitlines()[-1] == "Report: runs/small/report.html"
    assert "Traceback" not in err
    assert max(map(len, out.splitlines()[:-6])) <= 80
    assert (tmp_path / "runs" / "small" / "study.json").is_file()


def test_json(small_trial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: InProcess) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = in_process("study", str(small_trial), "--workers", "1", "--json", "--out", "there")
    assert (code, err) == (0, "")
    assert "NaN" not in out
    told = json.loads(out)
    assert told["folder"] == "there"
    assert told["planning"] is None
    table = read(tmp_path / "there" / "performance.csv")
    assert len(told["performance"]) == len(table) == 8
    for row, of_file in zip(told["performance"], table.to_dict("records"), strict=True):
        assert row["setting"] == of_file["setting"]
        assert row["bias"] == pytest.approx(of_file["bias"])
    assert {finding["severity"] for finding in told["findings"]} <= {"note", "caution", "warning", "danger"}


def test_json_of_shares_has_no_numbers_that_are_none(
    made: dict[str, Studied],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    in_process: InProcess,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = made["self_report"].folder.with_suffix(".toml")
    code, out, _ = in_process("study", str(path), "--workers", "1", "--json")
    assert code == 0
    rows = json.loads(out, parse_constant=lambda name: pytest.fail(name))["performance"]
    assert [row["rejection"] for row in rows if row["estimand"].startswith("share")] == [None] * 6


def test_dry_run_prints_the_resolved_study_and_runs_nothing(
    small_trial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: InProcess
) -> None:
    monkeypatch.chdir(tmp_path)
    before = contents(tmp_path)
    code, out, err = in_process("study", str(small_trial), "--dry-run", "--replicates", "77", "--set", "score=hamd17")
    assert (code, err) == (0, "")
    assert contents(tmp_path) == before
    assert not (tmp_path / "pools").exists()
    (tmp_path / "resolved.toml").write_text(out)
    again = load_study(tmp_path / "resolved.toml")
    assert to_toml(again) == out
    assert again.table == load_study(small_trial, ["score=hamd17"], 77).table.model_copy(update={"title": "small"})
    assert (again.replicates, again.table.score) == (77, "hamd17")


# a size


TRIAL = 'visits = ["8 wk"]\n[treatment]\nfor = "8 wk"\n[pool]\npersons = 4000\n[sampling]\nper_arm = 20\n'
SERIES = (
    '[crossover]\nexperience = "26 wk"\npairs = 2\nperiod = "14 d"\n[pool]\npersons = 256\n[sampling]\npersons = 8\n'
)
COHORT = f"{SMALL['new_user_cohort'].replace('persons = 200', 'persons = 1500')}"


@pytest.mark.parametrize(
    ("design", "tables", "question", "budget", "outcome"),
    [
        # 8 weeks of harm are 1.5 points of an SD of 5: about 180 an arm for 80% power, 40 for 25%
        ("parallel_trial", TRIAL, Question("participants", Power(0.25), "harm", largest=300), 600, "found"),
        ("parallel_trial", TRIAL, Question("participants", Power(0.99), "harm", largest=40), 400, "not reached"),
        ("parallel_trial", TRIAL, Question("participants", Power(0.8), "null", largest=60), 400, "no effect"),
        ("parallel_trial", TRIAL, Question("participants", SmallBias(9.0), "harm", largest=60), 400, "smallest"),
        ("n_of_1", SERIES, Question("participants", Power(0.8), "harm", estimator="mixed", largest=60), 400, "biased"),
        # washout by the bias that is left
        ("n_of_1", SERIES, Question("washout", SmallBias(0.01), "harm", largest=4), 400, "not reached"),
        ("parallel_trial", TRIAL, Question("weeks", SmallBias(9.0), "harm", largest=8), 400, "smallest"),
    ],
    ids=["found", "not reached", "no effect", "smallest", "biased", "washout", "weeks"],
)
def test_size_that_is_looked_for(
    design: str,
    tables: str,
    question: Question,
    budget: int,
    outcome: str,
    tmp_path: Path,
) -> None:
    path = written(tmp_path, text_of(design, tables))
    done = study(
        path, tmp_path / "out", workers=1, question=question, effort=Effort(budget, check=budget // 5), replicates=2
    )
    assert done.answer is not None
    plan = done.answer.plan
    assert plan.outcome == outcome
    assert plan.spent <= budget
    told = json.loads((done.folder / "study.json").read_text())["planning"]
    assert told["setting"] == question.setting
    if outcome == "found":
        assert plan.low <= plan.x <= plan.high
        assert 10 <= plan.x <= 100
        # power by the normal approximation: 1.96 + Phi^-1(0.25) over the standardised effect
        assert plan.at_x is not None
        assert plan.at_x.power.value == pytest.approx(0.25, abs=4 * plan.at_x.power.mcse)


def test_search_is_the_same_again(tmp_path: Path) -> None:
    path = written(tmp_path, text_of("parallel_trial", TRIAL))
    options = {"question": Question("participants", Power(0.25), "harm", largest=300), "effort": Effort(300, 60)}
    one, two = (study(path, tmp_path / name, workers=1, replicates=2, **options) for name in ("one", "two"))  # type: ignore[arg-type]
    assert one.answer is not None
    assert two.answer is not None
    assert one.answer.plan.path == two.answer.plan.path
    first, second = (json.loads((done.folder / "study.json").read_text())["planning"] for done in (one, two))
    assert first == second


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--in", "harm", "--power", "0.25", "--up-to", "300"], "with"),
        (["--in", "harm", "--power", "0.99", "--up-to", "40"], "is not reached up to 40"),
        (["--in", "null", "--up-to", "60"], "the truth is zero"),
        (["--in", "harm", "--bias", "9", "--up-to", "40"], "already with 10"),
    ],
    ids=["found", "not reached", "no effect", "smallest"],
)
def test_command_tells_what_came_of_a_search(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    in_process: InProcess,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path, text_of("parallel_trial", TRIAL))
    command = ("study", str(path), "--workers", "1", "--replicates", "2", "--find", "participants", "--budget", "400")
    code, out, _ = in_process(*command, *arguments)
    assert code == 0
    assert words in " ".join(out.split())
    code, out, _ = in_process(*command, *arguments, "--json")
    assert code == 0
    told = json.loads(out, parse_constant=lambda name: pytest.fail(name))["planning"]
    assert told["estimator"] == "ancova"


def searched(design: str, tables: str, question: Question, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Studied:
    """Look for a size with a small budget, and write the report of it."""
    monkeypatch.setattr("ketum.reports.study.write_study_report", write_study_report)
    path = written(folder, text_of(design, tables, settings=["harm"]))
    return study(path, folder / "out", workers=1, question=question, effort=Effort(200, check=40), replicates=2)


@pytest.mark.parametrize("estimand", ["", "difference_week_8"])
def test_weeks_that_are_not_in_the_file_are_looked_for(
    estimand: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = Question("weeks", Power(0.2), "harm", estimand, largest=12)
    done = searched("parallel_trial", TRIAL, question, tmp_path, monkeypatch)
    assert done.answer is not None
    assert {one.x for one in done.answer.plan.path} >= {1, 12}


@pytest.mark.parametrize(
    ("design", "tables", "question"),
    [
        ("new_user_cohort", COHORT, Question("participants", SmallBias(9.0), largest=200)),
        ("target_trial", SMALL["target_trial"], Question("weeks", SmallBias(99.0), largest=10)),
        ("n_of_1", SERIES.replace("14 d", "28 d"), Question("weeks", SmallBias(99.0), largest=3)),
    ],
    ids=["cohort", "target trial", "single persons"],
)
def test_search_stays_within_what_a_file_allows(
    design: str, tables: str, question: Question, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = searched(design, tables.replace("pairs = 2", 'pairs = 2\ndiscard = "7 d"'), question, tmp_path, monkeypatch)
    assert done.answer is not None


@pytest.mark.parametrize(
    ("design", "estimand", "few"),
    [("case_series", "mean_effect_users", 5), ("self_report", "mean_change", 10)],
    ids=["no choice of estimators", "a choice"],
)
def test_each_size_is_judged_by_studies_of_that_size(design: str, estimand: str, few: int, tmp_path: Path) -> None:
    """The standard error falls with the square root of the number asked, and further where the pool is small."""
    path = written(tmp_path, text_of(design, settings=["harm"]))
    sized = Sized(path, (), Question("participants", SmallBias(1.0), "harm", estimand, "before_after", largest=4 * few))
    spread = [sized.replicates(size, 0, 60).values.std() for size in (few, 4 * few)]
    assert 1.6 < spread[0] / spread[1] < 5.0


def test_power_of_a_share_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, text_of("self_report", settings=["harm"]))
    question = Question("participants", Power(0.8), largest=50)
    with pytest.raises(ScenarioError, match="share_better"):
        study(path, tmp_path / "out", workers=1, question=question, effort=Effort(200, check=40), replicates=2)


def test_interval_of_a_size_is_finite_or_told_as_open(tmp_path: Path) -> None:
    path = written(tmp_path, text_of("parallel_trial", TRIAL))
    question = Question("participants", Power(0.25), "harm", largest=300)
    done = study(path, tmp_path / "out", workers=1, question=question, effort=Effort(200, check=40), replicates=2)
    assert done.answer is not None
    plan = done.answer.plan
    assert plan.outcome in ("found", "open")
    assert plan.x is None or math.isfinite(plan.low)

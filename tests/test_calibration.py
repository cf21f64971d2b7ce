"""The calibrated parameters come out of the calibration rows; their studies measure what the rows say.

Numbers of the specification stand beside the assertion, with a tolerance for the few persons of a test.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer

from ketum.calibration.calibrate import BlockResult, calibrate
from ketum.calibration.fitting import Predictor, Problem
from ketum.calibration.identifiability import (
    correlations,
    flat_directions,
    posterior_sd,
    standard_errors,
    trades,
)
from ketum.calibration.parameters import FitParameter, load_fit_parameters, value_of, with_values
from ketum.calibration.rows import FitRow, load_rows, set_apart, study_sizes
from ketum.cli.calibrate import calibrate_command
from ketum.engine.cohort import shipped_tables
from ketum.engine.mind import Mind
from ketum.engine.prepare import prepare_group
from ketum.engine.simulate import Window, resting_states, simulate
from ketum.errors import EvidenceError, RunFolderError
from ketum.evidence import load_calibration_targets
from ketum.mood import causal_settings
from ketum.people import draw_persons
from ketum.people.covariates import draw_traits
from ketum.regimens.schedule import NATURAL, Schedule
from ketum.studies.lives.people import adults, take
from ketum.studies.lives.spells import days_of_use, likely_starters
from ketum.validation.catalogue import STUDIES
from ketum.validation.comparisons import load_comparisons

TABLES = shipped_tables()
TARGETS = {target.id: target for target in load_calibration_targets()}


def predicted(study: str, persons: int) -> dict[str, float]:
    """Return the calibration rows that a study predicts."""
    found = STUDIES[study](TABLES, persons, 1)
    return {row: one.number(found) for row, one in load_comparisons().items() if one.study == study and one.calibration}


# --- what is fitted to what -----------------------------------------------------------------------


def test_every_row_is_predicted_by_a_study_and_belongs_to_one_block() -> None:
    rows = load_rows(load_calibration_targets())
    assert len(rows) == len(TARGETS)
    assert {row.target.id for row in rows} == TARGETS.keys() <= load_comparisons().keys()
    for row, one in load_comparisons().items():
        if one.target:
            assert one.unit == one.target.unit, row
            assert one.study in study_sizes(), row


def test_parameters_are_fitted_to_calibration_rows_only_and_start_elsewhere() -> None:
    block_of = {row.target.id: row.block for row in load_rows(load_calibration_targets())}
    for p in load_fit_parameters(TABLES):
        assert {block_of[target] for target in p.targets} == {p.block}, p.key
        assert p.low <= p.shipped <= p.high, p.key
        if p.role == "fitted":
            assert abs(p.place(p.shipped) - p.start) > 0.1, p.key
            assert p.place(p.value(p.start)) == pytest.approx(p.start)


def test_what_is_set_apart_is_fitted_nowhere() -> None:
    apart = {row.parameter for row in set_apart()}
    assert apart.isdisjoint(p.key for p in load_fit_parameters(TABLES) if p.role == "fitted")
    assert {"mood.m_E", "mood.m_W", "mood.w_P", "body.p_WP"} <= apart
    assert all(value_of(TABLES, key) is not None for key in apart)


def test_a_spread_is_changed_and_nothing_else() -> None:
    changed = with_values(TABLES, {"body.g_W:cv": 0.5})
    differing = [p.symbol for p in changed.body.values() if p != TABLES.body[p.symbol]]
    assert differing == ["g_W"]
    assert changed.body["g_W"].between_person.bp_1 == 0.5
    with pytest.raises(EvidenceError, match="does not vary between persons"):
        value_of(TABLES, "body.Q_MG:cv")


# --- studies --------------------------------------------------------------------------------------


def test_tea_and_extract_against_the_typical_person() -> None:
    """Medians of healthy adults lie near the typical person of S1 in `body.md`: 83.4 nM at 0.95 h, 45.3 h, 5332."""
    tea = predicted("tea", 512)
    assert tea["K1"] == pytest.approx(83.4, rel=0.15)
    assert tea["K2"] == pytest.approx(0.95, abs=0.06)
    assert tea["K4"] == pytest.approx(45.3, rel=0.04)
    assert tea["K7"] == pytest.approx(5332, rel=0.12)
    extract = predicted("extract", 512)
    assert extract["K8c"] / extract["K8a"] == pytest.approx(59.2 / 9.9)  # linear while gut_auto is off
    heavier = STUDIES["tea"](with_values(TABLES, {"body.V1_MG": 480.0}), 64, 1)["Cmax:mitragynine"]
    assert np.all(heavier < STUDIES["tea"](TABLES, 64, 1)["Cmax:mitragynine"])


def test_midazolam_with_tea() -> None:
    assert predicted("probes", 12)["K10"] == pytest.approx(1.39, abs=0.005)  # S12


def test_relapse_takes_those_who_are_well_and_stopping_is_worse() -> None:
    """Row 14 of `mood.md`: 21.9% and 37.6%."""
    found = STUDIES["relapse"](TABLES, 3000, 1)
    taken = np.isfinite(found["relapse|drug kept"])
    assert 0.2 < taken.mean() < 0.6
    assert np.array_equal(taken, np.isfinite(found["relapse|drug stopped"]))
    assert 100 * np.nanmean(found["relapse|drug kept"]) == pytest.approx(21.9, abs=5)
    assert 100 * np.nanmean(found["relapse|drug stopped"]) == pytest.approx(37.6, abs=6)


def test_regular_users_are_the_same_whoever_else_takes_part() -> None:
    few, many = (STUDIES["regular_users"](TABLES, count, 1) for count in (64, 96))
    for name, values in few.items():
        assert np.array_equal(values, many[name][:64], equal_nan=True), name
    assert 1.5 < few["servings_per_day"].mean() < 4.0
    again = STUDIES["regular_users"](with_values(TABLES, {"body.kud_tol": 1.0}), 64, 1)
    assert np.array_equal(again["sows_peak"], few["sows_peak"])  # use disorder does not act back
    assert np.nansum(again["tolerance"]) == 0.0


def test_tolerance_of_chronic_opioid_users() -> None:
    """S4 of `body.md`: 4.32 in the typical person."""
    assert predicted("opioid_users", 512)["C20"] == pytest.approx(4.32, rel=0.05)


def test_spells_are_those_of_the_engine() -> None:
    """Natural use on the never-use severity gives the engine's own spells day by day, and misses no starter."""
    days, more = 728, 40.0
    people = adults(TABLES, 0, 640, 1)
    mood = TABLES.mood.with_values({"h_0": more * TABLES.mood.value("h_0")})
    tables = replace(TABLES, mood=mood)
    persons = draw_persons(people.keys, 1, tables.body, people, tables.covariates, mood)
    group = prepare_group(persons, tables.body, 0.5, tables, 1)
    mind = Mind(causal_settings()["null"], (), np.full(days, NATURAL, dtype=np.int64))
    window, start = Window(0, 24 * days), resting_states(group)
    lived = simulate(group, Schedule(), window, seed=1, start=start, resting=True, mind=mind).days
    using = lived["in_spell"].T > 0.0
    places = likely_starters(people, TABLES, 1, days, more)
    severity = lived["severity"].T[places].astype(np.float32)
    traits = draw_traits(take(people, places), 1, TABLES.covariates, TABLES.mood)
    found = days_of_use(take(people, places), traits.trier, severity, TABLES, 1, more)
    assert using.any(axis=1).sum() > 50
    assert np.diff(using.astype(int), axis=1).min() == -1  # some stop
    assert len(places) < len(people.keys)
    assert not np.delete(using, places, axis=0).any()
    assert np.array_equal(found, using[places])


@pytest.mark.slow
def test_world_gives_the_published_shares() -> None:
    """Rows 15, 16 and 20 of `mood.md`."""
    found = predicted("world", 60_000)
    assert found["C16b"] == pytest.approx(1.71, abs=0.15)
    assert found["C16a"] == pytest.approx(0.83, abs=0.12)
    assert found["C17b"] == pytest.approx(37.3, abs=1.2)
    assert found["C18a"] == pytest.approx(67, abs=6)


# --- identifiability on toys with known answers ---------------------------------------------------


def test_errors_and_correlation_of_a_line() -> None:
    """A straight line through four points with unit errors: the textbook covariance of slope and intercept."""
    x = np.array([0.0, 1.0, 2.0, 3.0])
    J = np.column_stack([x, np.ones(4)])
    spread = ((x - x.mean()) ** 2).sum()
    assert standard_errors(J) == pytest.approx([math.sqrt(1 / spread), math.sqrt(1 / 4 + x.mean() ** 2 / spread)])
    assert correlations(J)[0, 1] == pytest.approx(-x.mean() / math.sqrt((x**2).mean()))


def test_only_a_product_is_told() -> None:
    """One number that depends on a + b: each is unknown, their difference is flat, and a prior halves the variance."""
    J = np.array([[20.0, 20.0]])
    assert standard_errors(J).tolist() == [math.inf, math.inf]
    (flat,) = flat_directions(J, ["a", "b"])
    assert flat.words == "a up with b down leaves the rows as they are"
    assert posterior_sd(J, np.array([0.3, 0.3])) == pytest.approx([0.3 / math.sqrt(2)] * 2, rel=0.01)
    assert [t.words for t in trades(np.array([[5.0, 0.2], [0.0, 0.3]]), ["a", "b"], 1)] == [
        "b: the rows say nothing about it"
    ]


# --- fits -----------------------------------------------------------------------------------------


def recovered(block: str, truth: dict[str, float], people: int) -> BlockResult:
    """Fit a block to targets that were made with other parameters, with other random numbers."""
    sizes = {study: max(round(count * people / 3072), 32) for study, count in study_sizes().items()}
    rows = [row for row in load_rows(load_calibration_targets()) if row.block == block]
    made = Predictor(TABLES, sizes, 2)(truth, [row.target.id for row in rows])
    targets = []
    for row in rows:
        t, value = row.target, made[row.target.id]
        low, high = t.accept_low or 0.0, t.accept_high or math.inf
        targets.append(replace(t, value=value, accept_low=value * low / t.value, accept_high=value * high / t.value))
    (result,) = calibrate(targets=targets, block=block, people=people)
    return result


def test_parameters_are_recovered_from_what_they_made() -> None:
    truth = {"body.CL_MG": 80.0, "body.V1_MG": 200.0, "body.F_rel_tea": 0.25, "body.V_7": 450.0, "body.CL_SP": 1.1}
    result = recovered("pharmacokinetics", truth, 320)
    found = {e.parameter.key: e for e in result.estimates}
    for key, value in truth.items():
        e = found[key]
        assert abs(e.parameter.place(e.value) - e.parameter.place(value)) < max(e.se, 0.1), key
    assert result.chi2[2] < 2.0 < result.chi2[0]
    assert found["body.CL_SP"].distance < -1.0  # and it tells that the shipped value is another


def test_a_shipped_value_that_does_not_come_out_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A target of twice the potency shift: the fit ends at the end of its range, and the command with 1."""
    header = "id,quantity,output,value,unit,accept_low,accept_high,source,observation,note"
    path = tmp_path / "targets.csv"
    path.write_text(f"{header}\nC20,potency shift,tolerance,7.9,fold,7.7,8.1,algera2020,,\n")
    with pytest.raises(typer.Exit) as left:
        calibrate_command(path, None, people=96, seed=1, out=tmp_path / "tables", as_json=True)
    assert left.value.exit_code == 1
    told = json.loads(capsys.readouterr().out)
    assert told["good"] is False
    assert told["blocks"][0]["missed"] == ["C20"]
    assert told["blocks"][0]["does_not_come_out"] == ["body.phi_T"]
    assert (tmp_path / "tables" / "parameters.csv").read_text().splitlines()[1].startswith("body.phi_T,opioids,1,C20,6")


@pytest.mark.parametrize("block", ["gut", "remission", "opioids"])
def test_blocks_come_out(block: str) -> None:
    (result,) = calibrate(block=block, people=600)
    assert result.good
    assert [e.told for e in result.estimates] != ["not"]
    assert result.untold == ()
    assert result.chi2[2] <= result.chi2[0]
    for e in result.estimates:
        assert abs(e.parameter.place(e.value) - e.parameter.start) > 0.1, "the fit left its start"


def test_what_no_row_tells_does_not_come_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """C13 alone is checked and fitted to nothing: no parameter of the block is put to a test."""
    header = "id,quantity,output,value,unit,accept_low,accept_high,source,observation,note"
    path = tmp_path / "targets.csv"
    path.write_text(f"{header}\nC13,ratio of slopes,withdrawal,1,ratio,0.001,,rogers2024,,\n")
    for as_json in (True, False):
        with suppress(typer.Exit):  # with so few persons the order may be another
            calibrate_command(path, None, people=96, seed=1, out=None, as_json=as_json)
    printed, _, words = capsys.readouterr().out.partition("\n")
    told = json.loads(printed)
    assert [row["comes_out"] for row in told["parameters"]] == [None] * 5
    assert told["blocks"][0]["not_told"] == [row["parameter"] for row in told["parameters"]]
    assert "tell none of the 5 fitted parameters" in words
    assert "come out: " not in words


def test_clearance_of_speciociliatine_has_the_closed_form() -> None:
    """One row, one parameter: area = dose/clearance, so that its log residual is linear and known."""
    p = next(q for q in load_fit_parameters(TABLES) if q.key == "body.CL_SP")
    row = next(r for r in load_rows(load_calibration_targets()) if r.target.id == "K7")
    problem = Problem((p,), (row,), Predictor(TABLES, {"tea": 64}, 1))
    best = problem.solve()
    area = Predictor(TABLES, {"tea": 64}, 1)({}, ["K7"])["K7"]
    assert p.value(float(best[0])) == pytest.approx(p.shipped * area / row.target.value, rel=0.01)
    slope = -math.log(p.high / p.low) / (math.log(6400 / 4000) / 4)
    assert problem.jacobian(best)[0, 0] == pytest.approx(slope, rel=0.02)


def test_unknown_blocks_and_targets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="'withdrawl' is not known; nearest known: 'withdrawal'"):
        calibrate(block="withdrawl")
    with pytest.raises(EvidenceError, match="X1: fitted in no block"):
        calibrate(targets=[replace(TARGETS["K1"], id="X1")])
    with pytest.raises(EvidenceError, match="there is none; give at least one row"):
        calibrate(targets=[])
    with pytest.raises(EvidenceError, match="--people: 8 is not allowed"):
        calibrate_command(None, None, people=8, seed=1, out=None, as_json=True)
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "under"):  # before the fit, which would take minutes
        with pytest.raises(RunFolderError, match=str(out)):
            calibrate_command(None, None, people=3072, seed=1, out=out, as_json=True)


def test_sides_of_an_accepted_range() -> None:
    """C16b: 1.3%, accepted from 1 to 2: one SD of 0.25 for both sides, or 0.15 below and 0.35 above."""
    rows = {row.target.id: row for row in load_rows(load_calibration_targets())}
    row = rows["C16b"]
    assert row.residual(1.7) == pytest.approx(0.4 / 0.25)
    assert row.residual(1.7, two_sided=True) == pytest.approx(0.4 / 0.35)
    assert row.residual(1.15, two_sided=True) == pytest.approx(-1.0)
    assert sorted(name for name, row in rows.items() if row.role == "fitted" and row.lopsided) == ["C16b", "C17b", "C6"]
    end = replace(row, target=replace(row.target, accept_low=1.3))
    assert end.residual(1.2, two_sided=True) == end.residual(1.2)  # no SD of nothing


def test_a_fit_with_two_sides_follows_the_wider_side() -> None:
    """Two rows ask one parameter for 1 and 3; from 1 up the range is three times as wide, so that it gives way there.

    Weighted mean of 1 (SD 0.9 above) and 3 (SD 0.6 below): (1/0.81 + 3/0.36)/(1/0.81 + 1/0.36) = 2.385; with one SD of
    0.6 each it is 2.
    """
    p = FitParameter("b", "x", "fitted", 0.25, 0.0, 4.0, False, 0.3, ("A", "B"), "1", 1.0, "")
    target = replace(TARGETS["C20"], value=1.0, accept_low=0.4, accept_high=2.8)
    rows = (
        FitRow(replace(target, id="A"), "b", "fitted", False),
        FitRow(replace(target, id="B", value=3.0, accept_low=1.8, accept_high=4.2), "b", "fitted", False),
    )

    def predict(values: Mapping[str, float], ids: Sequence[str]) -> dict[str, float]:
        return dict.fromkeys(ids, values["x"])

    problem = Problem((p,), rows, predict)  # type: ignore[arg-type]
    assert p.value(float(problem.solve()[0])) == pytest.approx(2.0, abs=0.02)
    both = replace(problem, two_sided=True)
    assert p.value(float(both.solve(problem.solve())[0])) == pytest.approx(2.385, abs=0.02)


@pytest.mark.slow
def test_everything_comes_out() -> None:
    results = calibrate()
    assert sum(len(result.rows) for result in results) == len(TARGETS)
    assert [result.name for result in results if not result.good] == []


def test_a_parameter_is_measured_on_its_own_scale() -> None:
    p = FitParameter("b", "body.ka", "fitted", 0.5, 1.0, 16.0, True, 0.3, (), "1/h", 4.0, "")
    assert [p.value(u) for u in (0.0, 0.5, 1.0)] == pytest.approx([1.0, 4.0, 16.0])
    assert replace(p, log=False).value(0.5) == 8.5

"""End points and readings where a rule is easy to get wrong: first readings, last servings, lots, small rises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from numpy.testing import assert_allclose

from ketum.engine.endpoints import withdrawal_course
from ketum.errors import ScenarioError
from ketum.evidence import load_parameters
from ketum.people import draw_persons, lot_factors
from ketum.running import run
from ketum.scenario import load_scenario

HEAD = 'title = "t"\nseed = 3\n[people]\ncount = {count}\npopulation = "{population}"\n'
TABLE = load_parameters("body").plain()


def lived(folder: Path, arms: str, record: str, *, count: int = 40, population: str = "us_adults") -> Path:
    """Run a scenario and return its run folder."""
    path = folder / "scenario.toml"
    path.write_text(HEAD.format(count=count, population=population) + arms + "[record]\n" + record)
    return run(path, folder / "out").folder


def persons(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "persons.csv")


def test_first_reading_of_a_late_record_holds_no_totals(tmp_path: Path) -> None:
    arms = '[[arm]]\nname = "a"\nuse = [{ product = "leaf_powder", dose = "4 g", per_day = 3 }]\n'
    folder = lived(tmp_path, arms, 'for = "9 d"\nstart = "7 d"\nevery = "1 h"\noutputs = ["servings", "dose_mg"]\n')
    with xr.open_dataset(folder / "results.nc") as found:
        servings = found["servings"].isel(arm=0, setting=0, draw=0).sel(statistic="mean").values
        assert found["servings"].attrs["units"] == "count"
        assert found["dose_mg"].attrs["units"] == "mg alkaloid"
    assert servings[0] == 0.0
    assert servings.sum() == pytest.approx(6.0)


def test_onset_is_sought_from_the_last_serving() -> None:
    hours, lead = 100, 20
    curve = np.full((hours, 1), 2.0, dtype=np.float32)
    curve[lead - 6 :, 0] = 2.0 + 10.0 * np.minimum(np.arange(hours - lead + 6) + 1, 20) / 20
    found = withdrawal_course(curve, lead, np.array([2.0]), np.array([10.0]), TABLE)
    # the last serving lies 10 h before the stop; SOWS rises from 6 h before it, by 0.5 points an hour
    assert found["withdrawal_peak"] == 12.0
    assert found["withdrawal_peak_h"] == 10 - 6 + 20
    assert found["withdrawal_onset_h"] == 10 - 6 + 5  # 20% of 10 points are passed in the fifth hour of the rise
    assert found["withdrawal_point_days"] == pytest.approx((sum(0.5 * k for k in range(7, 20)) + 10 * 67) / 24)


@pytest.mark.parametrize(("rise", "since"), [(0.5, 10.0), (30.0, 1e9)])
def test_no_times_without_a_rise_or_a_last_serving(rise: float, since: float) -> None:
    curve = np.linspace(2.0, 2.0 + rise, 50, dtype=np.float32)[:, None]
    found = withdrawal_course(curve, 0, np.array([2.0]), np.array([since]), TABLE)
    assert found["withdrawal_peak"] == pytest.approx(2.0 + rise)
    for name in ("withdrawal_peak_h", "withdrawal_onset_h", "withdrawal_tenth_d", "withdrawal_near_background_d"):
        assert np.isnan(found[name]).all(), name


def test_withdrawal_that_outlasts_the_record_has_no_end() -> None:
    curve = np.array([2.0, 12.0, 9.0, 5.0], dtype=np.float32)[:, None].repeat(3, axis=1)
    curve[3] = [5.0, 3.5, 2.5]
    found = withdrawal_course(curve, 0, np.full(3, 2.0), np.zeros(3), TABLE)
    assert found["withdrawal_tenth_d"].tolist() == [np.inf, np.inf, 4 / 24]  # a tenth of the rise is one point
    assert found["withdrawal_near_background_d"].tolist() == [np.inf, 4 / 24, 4 / 24]


def test_times_beyond_the_record_are_told_as_such(tmp_path: Path) -> None:
    """Six weeks after a stop mood of some is not back: they count, in the quantiles and in the share that is."""
    use = '{ product = "leaf_powder", dose = "8 g", per_day = 4, for = "26 wk" }'
    arms = f'[[arm]]\nname = "a"\nuse = [{use}, {{ stop = true }}]\n'
    folder = lived(tmp_path, arms, 'for = "32 wk"\nevery = "1 d"\n', count=200)
    table = pd.read_csv(folder / "endpoints.csv").set_index(["endpoint", "statistic"])["value"]
    single = persons(folder)["back_to_baseline_d [a]"]
    told = table["back_to_baseline_d"]
    assert told["n"] == single.notna().sum() == 200
    assert 0.0 < told["share reached"] == np.isfinite(single).mean() < 1.0
    assert told["p95"] == np.inf
    assert told["p50"] == np.sort(single)[99]
    assert "mean" not in told


def test_clearance_counts_the_lot_that_was_taken(tmp_path: Path) -> None:
    """A dose in grams and the same dose in exact milligrams give the same CL/F, whatever the lot holds."""
    arms = ""
    for name, dose in (("grams", "4 g"), ("exact", "56 mg mitragynine")):
        arms += f'[[arm]]\nname = "{name}"\nuse = [{{ product = "leaf_powder", dose = "{dose}", times = 1 }}]\n'
    table = persons(lived(tmp_path, arms, 'for = "5 d"\nevery = "30 min"\npk = true\n', count=64))
    clearance = [table[f"mitragynine:CL/F [{name}]"] for name in ("grams", "exact")]
    assert_allclose(clearance[0], clearance[1], rtol=1e-4)
    lots = lot_factors(np.arange(64), 3, 1, TABLE["lot_cv"])[0]
    contents = draw_persons(np.arange(64), 3, load_parameters("body")).parameters["c_leaf"]
    taken = table["mitragynine:Cmax [grams]"] / table["mitragynine:Cmax [exact]"]
    assert_allclose(taken, contents * lots * 4 / 56, rtol=1e-4)


def test_steady_state_of_kratom_leaves_a_medicine_beside_it(tmp_path: Path) -> None:
    rows = "ID TIME AMT EVID II SS\\n1 72 20 1 8 {ss}"
    arms = ""
    for ss in (0, 1):
        text = rows.format(ss=ss).replace("\\n", "\n")
        arms += (
            f'[[arm]]\nname = "ss {ss}"\nproduct = "leaf_powder"\nevents = """\n{text}\n"""\n'
            'medicines = [{ name = "methadone", dose = "40 mg", at = ["08:00"] }]\n'
        )
    folder = lived(tmp_path, arms, 'for = "5 d"\nevery = "1 h"\noutputs = ["mor_activation", "mitragynine"]\n')
    with xr.open_dataset(folder / "results.nc") as found:
        plain, steady = found["mor_activation"].isel(setting=0, draw=0).sel(statistic="p05").values
    assert (steady[72:] >= plain[72:] - 1e-9).all()  # more kratom, the same methadone
    assert plain[:72] == pytest.approx(steady[:72])


def test_reading_at_a_steady_state_of_hour_zero(tmp_path: Path) -> None:
    arms = '[[arm]]\nname = "a"\nproduct = "leaf_powder"\nevents = """\nTIME AMT II SS\n0 40 8 1\n"""\n'
    folder = lived(tmp_path, arms, 'for = "2 d"\nevery = "1 h"\noutputs = ["speciociliatine"]\n')
    with xr.open_dataset(folder / "results.nc") as found:
        curve = found["speciociliatine"].isel(arm=0, setting=0, draw=0).sel(statistic="p50").values
    assert curve[0] > 0.5 * curve.max()


def test_survey_of_kratom_users_is_not_asked_of_morphine(tmp_path: Path) -> None:
    arms = '[[arm]]\nname = "m"\nuse = [{ product = "morphine", dose = "30 mg", per_day = 2 }]\n'
    columns = set(persons(lived(tmp_path, arms, 'for = "14 d"\nevery = "1 d"\n')).columns)
    assert not any(
        "adverse" in name or "use_disorder" in name or "leaf_g" in name for name in columns if name.endswith("[m]")
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("WT = 90", "weight follows sex"),
        ("Dist = 0.5", "distress comes from mood"),
        ("beta_S = 1.0", "setting.causal"),
        ("cov_pain = 0.3", "what the population comes to"),
        ("k_dose = 0.0", "not in the joined model"),
        ("mood.ka = 1.0", "is not a parameter"),
        ("body.lam_m = 1.0", "is not a parameter"),
        ("b_E = 1.0", "no output of this version depends on it"),
        ("V1_MG = 0", "give a finite number"),
        ("lot_days = 0", "give a finite number"),
        ("t_side = 9", "give a finite number"),
        ("t_review = 1.5", "whole hours"),
        ("sows_max = -5", "give a finite number"),
    ],
)
def test_parameters_that_could_not_work_are_refused(line: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    arm = '[[arm]]\nname = "a"\n[record]\nfor = "1 d"\n'
    path.write_text(HEAD.format(count=3, population="us_adults") + f"[parameters]\n{line}\n" + arm)
    with pytest.raises(ScenarioError, match=said):
        load_scenario(path)


def test_a_set_wake_up_time_holds_for_everybody(tmp_path: Path) -> None:
    arms = (
        "[parameters]\nt_wake = 10\n"
        '[[arm]]\nname = "a"\nuse = [{ product = "leaf_powder", dose = "2 g", per_day = 1 }]\n'
    )
    folder = lived(tmp_path, arms, 'for = "1 d"\nevery = "1 h"\noutputs = ["servings", "withdrawal", "distress"]\n')
    with xr.open_dataset(folder / "results.nc") as found:
        servings = found["servings"].isel(arm=0, setting=0, draw=0).sel(statistic="mean").values
        start = found.isel(arm=0, setting=0, draw=0, time_h=0).sel(statistic="mean")
    assert np.flatnonzero(servings).tolist() == [11]  # the reading at 11 h holds the serving of 10 h
    background = TABLE["sows_0"] + TABLE["sows_D"] * float(start["distress"])
    assert float(start["withdrawal"]) == pytest.approx(background, rel=1e-6)


def test_profiles_need_a_common_last_dose(tmp_path: Path) -> None:
    arms = '[[arm]]\nname = "a"\nuse = [{ product = "leaf_powder", dose = "4 g", per_day = 3 }]\n'
    with pytest.raises(ScenarioError, match="no arm has a last dose"):
        lived(tmp_path, arms, 'for = "2 d"\nevery = "1 h"\npk = true\n')


@pytest.mark.parametrize(
    ("product", "dose", "milligrams"),
    [
        ("leaf_powder", "4 g", 4 * 14),
        ("leaf_tea", "4 g", 4 * 14),
        ("extract", "100 mg", 0.1 * 395),
        ("7oh_tablet", "2 tablets", 2 * 20),
        ("leaf_powder", "39 mg mitragynine", 39),
        ("extract", "39 mg mitragynine", 39),
        ("7oh_tablet", "15 mg 7-hydroxymitragynine", 15),
    ],
)
def test_a_dose_brings_its_milligrams(product: str, dose: str, milligrams: float, tmp_path: Path) -> None:
    """Content is 14 mg/g of leaf, 395 mg/g of extract, 20 mg a tablet; here without spread between persons and lots."""
    fixed = "[parameters]\nlot_cv = 0\n"
    arms = f'[[arm]]\nname = "a"\nuse = [{{ product = "{product}", dose = "{dose}", times = 1 }}]\n'
    folder = lived(tmp_path, fixed + arms, 'for = "2 d"\nevery = "1 d"\noutputs = ["dose_mg"]\n', count=400)
    with xr.open_dataset(folder / "results.nc") as found:
        taken = float(found["dose_mg"].isel(arm=0, setting=0, draw=0, time_h=0).sel(statistic="p50"))
    assert taken == pytest.approx(milligrams, rel=0.06 if "mg " not in dose else 0.03)


def test_receptor_occupancy_by_every_ligand_adds_up_to_less_than_one(tmp_path: Path) -> None:
    names = ["mitragynine", "7-hydroxymitragynine", "speciociliatine", "morphine", "methadone", "buprenorphine"]
    names += ["naloxone", "naltrexone"]
    outputs = ", ".join(f'"mor_occupancy:{name}"' for name in names)
    given = ", ".join(
        f'{{ name = "{name}", dose = "{mg} mg", per_day = 1 }}'
        for name, mg in zip(names[3:], (30, 40, 8, 1, 50), strict=True)
    )
    use = '[{ product = "leaf_powder", dose = "4 g", per_day = 3 }]'
    arms = f'[[arm]]\nname = "a"\nuse = {use}\nmedicines = [{given}]\n'
    folder = lived(tmp_path, arms, f'for = "3 d"\nevery = "1 h"\ntrajectories = 10\noutputs = [{outputs}]\n')
    with xr.open_dataset(folder / "results.nc") as found:
        single = np.array([found[f"person:mor_occupancy:{name}"].values for name in names])
    assert single.sum(axis=0).max() < 1.0
    assert (single.reshape(len(names), -1).max(axis=1) > 1e-4).all()

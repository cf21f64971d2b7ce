"""Run folders: complete or absent, with the statistics of all persons, the same bits for any chunks and workers."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from ketum.engine.outputs import output_catalogue
from ketum.evidence import load_parameters
from ketum.results.catalogue import endpoint_catalogue
from ketum.results.folder import FINDINGS_COLUMNS
from ketum.running import run
from ketum.scenario import load_scenario
from run_folders import (
    AS_NEEDED,
    BIN,
    DAYS,
    FILES,
    NEVER,
    TEA,
    USE_THEN_STOP,
    Array,
    chunks_of,
    differing,
    left,
    scenario,
)

# what a run folder holds


def test_run_folder_is_complete(tmp_path: Path) -> None:
    record = 'for = "2 d"\nevery = "15 min"\npk = true'
    seen: list[tuple[int, int]] = []
    done = run(
        scenario(tmp_path, TEA, count=40, record=record),
        tmp_path / "out",
        progress=lambda ready, count: seen.append((ready, count)),
    )
    folder = done.folder
    assert folder == tmp_path / "out"
    assert left(tmp_path) == {"out"}
    assert {path.name for path in folder.iterdir()} == FILES | {"pk.csv"}
    assert list(pd.read_csv(folder / "findings.csv")) == list(FINDINGS_COLUMNS)
    assert seen[0] == (0, 40)
    assert seen[-1] == (40, 40)

    summary = pd.read_csv(folder / "summary.csv")
    assert list(summary) == ["arm", "setting", "output", "unit", "time_h", "statistic", "value", "low", "high"]
    assert set(summary["statistic"]) == {"mean", "p05", "p25", "p50", "p75", "p95"}
    assert set(summary["output"]) == set(done.scenario.record.outputs)
    assert sorted(set(summary["time_h"])) == [k / 4 for k in range(193)]

    pk = pd.read_csv(folder / "pk.csv")
    assert list(pk) == ["arm", "analyte", "quantity", "unit", "statistic", "value", "low", "high"]
    units = {"Cmax": "nM", "Tmax": "h", "AUClast": "nM*h", "AUCinf": "nM*h", "t1/2": "h", "CL/F": "L/h", "Vz/F": "L"}
    assert dict(zip(pk["quantity"], pk["unit"], strict=True)) == units
    assert set(pk["analyte"]) == {"mitragynine", "7-hydroxymitragynine", "speciociliatine"}

    persons = pd.read_csv(folder / "persons.csv")
    assert list(persons["person"]) == list(range(40))
    assert list(persons)[:4] == ["person", "age_y", "sex", "weight_kg"]
    assert set(persons["sex"]) == {"female", "male"}

    facts = json.loads((folder / "provenance.json").read_text())
    assert facts["seed"] == 7
    assert {"ketum", "python", "libraries", "scenario_sha256", "tables_sha256", "seconds", "rests_on"} <= facts.keys()
    assert set(facts["rests_on"]) == set(done.scenario.record.outputs)


@pytest.mark.usefixtures("no_report")
def test_no_pk_table_unless_asked_for(tmp_path: Path) -> None:
    folder = run(scenario(tmp_path, TEA, count=3), tmp_path / "out").folder
    assert {path.name for path in folder.iterdir()} == FILES


@pytest.mark.usefixtures("no_report")
def test_returned_run_is_what_the_folder_holds(tmp_path: Path) -> None:
    done = run(scenario(tmp_path, USE_THEN_STOP + NEVER, count=20), tmp_path / "out")
    with xr.open_dataset(done.folder / "results.nc") as stored:
        xr.testing.assert_identical(stored.load(), done.dataset)
    pd.testing.assert_frame_equal(
        pd.read_csv(done.folder / "endpoints.csv"), done.endpoints, rtol=1e-6, check_dtype=False
    )
    assert set(done.endpoints["endpoint"]) <= endpoint_catalogue().keys()
    by_hand = run(load_scenario(tmp_path / "small.toml"), tmp_path / "again")
    assert differing(by_hand.folder, done.folder) == []


@pytest.mark.usefixtures("no_report")
def test_the_folders_scenario_runs_again_to_the_same_bits(tmp_path: Path) -> None:
    table = "ID TIME AMT EVID II ADDL SS\n1 0 15 1 12 3 0\n2 6 20 1 8 0 1\n2 30 . 3 . . .\n"
    (tmp_path / "doses.csv").write_text(table)
    arms = (
        USE_THEN_STOP
        + AS_NEEDED
        + '[[arm]]\nname = "table"\nproduct = "leaf_powder"\nevents = "doses.csv"\n'
        + 'medicines = [{ name = "ketoconazole", from = "1 d", for = "36 h" }]\n'
        + '[[arm]]\nname = "taper"\nuse = [{ product = "7oh_tablet", dose = "1 tablet", every = "8 h", for = "1 d" }, '
        + '{ taper_by = "30 %/wk" }]\n'
        + '[parameters]\ntheta = 2.6180339887\nh_Ton = "fixed"\n'
    )
    first = run(scenario(tmp_path, arms, count=37, population="regular_users", experience="7 d"), tmp_path / "out")
    (tmp_path / "doses.csv").unlink()
    second = run(first.folder / "scenario.toml", tmp_path / "again")
    assert differing(second.folder, first.folder) == []
    third = run(second.folder / "scenario.toml", tmp_path / "third")
    assert (third.folder / "scenario.toml").read_bytes() == (first.folder / "scenario.toml").read_bytes()


# statistics


def assert_statistics(found: Array, values: Array, resolution: float, top: float, blur: float) -> None:
    """Compare (statistic, record) with (person, record) values that are known to within `blur`."""
    assert np.all(np.abs(found[0] - values.mean(axis=0)) <= blur + 1e-10 * top)
    shares = (0.05, 0.25, 0.5, 0.75, 0.95)
    for row, share in zip(found[1:], shares, strict=True):
        low = np.quantile(values, share, axis=0, method="lower") - blur
        high = np.quantile(values, share, axis=0, method="higher") + blur
        slack = 1.001 * BIN * (np.maximum(np.abs(low), np.abs(high)) + resolution)
        assert np.all(row >= low - slack)
        assert np.all(row <= high + slack)


@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize("record", [DAYS, 'for = "2 d"\nevery = "1 h"'], ids=["daily", "hourly"])
def test_statistics_agree_with_the_trajectories_of_all_persons(record: str, tmp_path: Path) -> None:
    count = 64
    path = scenario(
        tmp_path, USE_THEN_STOP + NEVER + AS_NEEDED, count=count, record=f"{record}\ntrajectories = {count}"
    )
    dataset = run(path, tmp_path / "out").dataset
    compared = 0
    for name in [str(n) for n in dataset.data_vars if f"person:{n}" in dataset]:
        output = output_catalogue()[name]
        single = dataset[f"person:{name}"].values[:, 0, 0].astype(float)
        assert single.shape[1] == count
        blur = 1e-7 * np.abs(single).max()
        for arm in range(3):
            found = dataset[name].values[arm, 0, 0]
            assert_statistics(found, single[arm], output.resolution, output.top, blur)
            compared += 1
        if output.paired:
            for pair, (b, a) in enumerate([(1, 0), (2, 0), (2, 1)]):
                found = dataset[f"difference:{name}"].values[pair, 0, 0]
                assert_statistics(found, single[b] - single[a], output.resolution, output.top, 2 * blur)
                compared += 1
    assert compared > 50
    assert list(dataset["pair"].values) == ["never minus leaf", "as needed minus leaf", "as needed minus never"]


@pytest.mark.usefixtures("no_report")
def test_every_output_stands_in_dataset_and_summary(tmp_path: Path) -> None:
    done = run(scenario(tmp_path, USE_THEN_STOP + NEVER, count=3), tmp_path / "out")
    assert set(done.scenario.record.outputs) == set(output_catalogue()) - {
        name
        for name in output_catalogue()
        if name.startswith(("mor_occupancy:", "occupancy:", "gut_cyp3a", "cyp2d6", "exposure:"))
    }
    assert set(done.scenario.record.outputs) <= set(done.dataset.data_vars)
    assert set(pd.read_csv(done.folder / "summary.csv")["output"]) == set(done.scenario.record.outputs)


@pytest.mark.usefixtures("no_report")
def test_summary_and_persons_agree_with_the_dataset(tmp_path: Path) -> None:
    path = scenario(tmp_path, USE_THEN_STOP + NEVER, count=33, record=DAYS + "\ntrajectories = 33")
    done = run(path, tmp_path / "out")
    summary = pd.read_csv(done.folder / "summary.csv")
    arrays = [done.dataset[name] for name in done.scenario.record.outputs if name != "dose"]
    assert len(summary[summary["output"] != "dose"]) == sum(array.size for array in arrays)
    for array in arrays:
        rows = summary[summary["output"] == array.name]
        assert set(rows["unit"]) == {array.attrs["units"]}
        tidy = rows.set_index(["arm", "setting", "statistic", "time_h"])["value"].sort_index()
        for arm in done.dataset["arm"].values:
            for statistic in done.dataset["statistic"].values:
                expected = array.sel(arm=arm, statistic=statistic).values[0, 0]
                assert tidy[arm, "pharmacology", statistic].to_numpy() == pytest.approx(
                    expected, rel=1e-6, abs=1e-300, nan_ok=True
                )

    persons = pd.read_csv(done.folder / "persons.csv")
    single = {name: done.dataset[f"person:{name}"].values[:, 0, 0] for name in done.scenario.record.outputs}
    for k, arm in enumerate(["leaf", "never"]):
        highest = single["withdrawal"][k].max(axis=1)
        assert persons[f"withdrawal_highest [{arm}]"].to_numpy() == pytest.approx(highest, rel=1e-5)
        effect = single["mor_activation"][k].max(axis=1)
        assert persons[f"mor_activation_highest [{arm}]"].to_numpy() == pytest.approx(effect, rel=1e-5)
    assert set(persons["servings_per_day [leaf]"]) == {3}
    assert set(persons["servings_per_day [never]"]) == {0}
    milligrams = single["dose_mg"][0][:, :3].mean(axis=1)
    assert persons["alkaloid_mg_per_day [leaf]"].to_numpy() == pytest.approx(milligrams, rel=1e-5)

    endpoints = done.endpoints.set_index(["arm", "endpoint", "statistic"])["value"].sort_index()
    for name in ("withdrawal_highest", "adapted", "alkaloid_mg_per_day"):
        column = persons[f"{name} [leaf]"]
        assert endpoints["leaf", name, "n"] == 33
        assert endpoints["leaf", name, "mean"] == pytest.approx(column.mean(), rel=1e-5)
        assert endpoints["leaf", name, "p95"] == pytest.approx(column.quantile(0.95), rel=1e-5)
        difference = persons[f"{name} [never]"] - column
        found = endpoints["never minus leaf", name]
        assert found["p50"] == pytest.approx(difference.median(), rel=1e-4, abs=2e-5)  # six digits in the file
    pairs = persons["adapted [never]"] - persons["adapted [leaf]"]
    assert endpoints["never minus leaf", "adapted", "share below"] == pytest.approx((pairs < 0).mean()) == 1.0
    assert endpoints["never minus leaf", "adapted", "share above"] == 0.0


# the same bits everywhere


@pytest.mark.usefixtures("no_report")
def test_chunks_and_workers_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = DAYS + "\ntrajectories = 70"
    path = scenario(
        tmp_path,
        USE_THEN_STOP + AS_NEEDED + NEVER,
        count=150,
        population="regular_users",
        experience="7 d",
        record=record,
    )
    whole = run(path, tmp_path / "one").folder
    for people in (32, 64, 96):
        chunks_of(monkeypatch, people)
        assert differing(run(path, tmp_path / "small", workers=1).folder, whole) == []
    ranges: list[tuple[int, int]] = []
    found = run(path, tmp_path / "two", workers=2, progress=lambda *numbers: ranges.append(numbers))
    assert [ready for ready, _ in ranges] in ([0, 96, 150], [0, 54, 150])
    assert differing(found.folder, whole) == []


@pytest.mark.usefixtures("no_report")
def test_memory_of_a_chunk_does_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = scenario(tmp_path, TEA, count=70, record='for = "1 d"\nevery = "15 min"\npk = true')
    whole = run(path, tmp_path / "one").folder
    monkeypatch.setattr("ketum.engine.experiment._CHUNK_BYTES", 1.0)
    seen: list[int] = []
    small = run(path, tmp_path / "two", progress=lambda ready, _: seen.append(ready))
    assert seen == [0, 32, 64, 70]
    assert differing(small.folder, whole) == []
    assert (whole / "pk.csv").is_file()


def rows_of(folder: Path, people: int) -> list[bytes]:
    return (folder / "persons.csv").read_bytes().splitlines()[: people + 1]


def same_persons(tmp_path: Path, many: int) -> None:
    arms = USE_THEN_STOP + AS_NEEDED
    few = scenario(tmp_path, arms, count=10, population="regular_users", experience="14 d", name="few")
    lots = scenario(tmp_path, arms, count=many, population="regular_users", experience="14 d", name="lots")
    one, other = run(few, tmp_path / "one").folder, run(lots, tmp_path / "other").folder
    assert rows_of(one, 10) == rows_of(other, 10)
    assert len(set(rows_of(other, many))) == many + 1


@pytest.mark.usefixtures("no_report")
def test_person_is_the_same_among_ten_and_two_thousand(tmp_path: Path) -> None:
    same_persons(tmp_path, 2000)


@pytest.mark.slow
@pytest.mark.usefixtures("no_report")
def test_person_is_the_same_among_ten_and_ten_thousand(tmp_path: Path) -> None:
    same_persons(tmp_path, 10_000)


@pytest.mark.usefixtures("no_report")
def test_another_seed_gives_other_persons(tmp_path: Path) -> None:
    folders = [run(scenario(tmp_path, TEA, count=5, seed=seed), tmp_path / f"{seed}").folder for seed in (1, 2)]
    assert set(rows_of(folders[0], 5)[1:]).isdisjoint(rows_of(folders[1], 5)[1:])


@pytest.mark.usefixtures("no_report")
def test_all_arms_hold_the_same_persons(tmp_path: Path) -> None:
    twin = AS_NEEDED.replace('"as needed"', '"twin"')
    options = {"count": 40, "population": "regular_users", "experience": "7 d"}
    together = scenario(tmp_path, AS_NEEDED + USE_THEN_STOP + twin, **options, name="together")  # type: ignore[arg-type]
    alone = scenario(tmp_path, AS_NEEDED, **options, name="alone")  # type: ignore[arg-type]
    table = pd.read_csv(run(together, tmp_path / "together").folder / "persons.csv")
    by_itself = pd.read_csv(run(alone, tmp_path / "alone").folder / "persons.csv")
    of = {arm: table.filter(regex=rf" \[{arm}\]$") for arm in ("as needed", "twin", "leaf")}
    assert of["twin"].shape[1] > 8
    assert of["twin"].equals(of["as needed"].set_axis(of["twin"].columns, axis=1))
    assert not of["leaf"].iloc[:, 0].equals(of["twin"].iloc[:, 0])
    pd.testing.assert_frame_equal(table[by_itself.columns], by_itself, rtol=0.0, atol=0.0)
    # The run-in is shared: on the first day, before the arms part, the habit of each person is its own.
    assert table["servings_per_day [as needed]"].nunique() > 5


@pytest.mark.usefixtures("no_report")
def test_never_used_arm_stays_at_background(tmp_path: Path) -> None:
    count = 48
    path = scenario(
        tmp_path,
        USE_THEN_STOP + NEVER,
        count=count,
        population="regular_users",
        experience="28 d",
        record=DAYS + f"\ntrajectories = {count}",
    )
    dataset = run(path, tmp_path / "out").dataset
    body = load_parameters("body")
    never = dataset.sel(arm="never", setting="pharmacology", draw="table values")
    rooms = {name: output.room for name, output in output_catalogue().items()}
    background = body.value("sows_0") + body.value("sows_D") * never["person:distress"].values
    for name in [str(n) for n in dataset.data_vars if f"person:{n}" in dataset]:
        single = never[f"person:{name}"].values
        if name == "withdrawal":
            assert single == pytest.approx(background, rel=1e-6)
        elif (rooms[name] != "mood" and not name.startswith("symptom:") and name != "use_disorder") or name in (
            "in_use",
            "mood_lift",
        ):
            assert np.all(single == 0.0), name
    user = dataset.sel(arm="leaf")
    assert user["person:withdrawal"].max() > 2 * background.max()
    assert float(user["person:tolerance"].min()) > 0.0

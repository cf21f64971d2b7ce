"""Run folders: complete or absent, the same bits for any chunks and workers, and resumed where they broke."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from numpy.typing import NDArray

from ketum.engine.outputs import output_catalogue
from ketum.errors import KetumError, RunFolderError
from ketum.evidence import load_parameters
from ketum.results.catalogue import endpoint_catalogue
from ketum.running import run
from ketum.scenario import load_scenario

Array = NDArray[np.float64]

FILES = {
    *("scenario.toml", "results.nc", "summary.csv", "persons.csv", "findings.csv", "provenance.json", "report.html"),
    "endpoints.csv",
}
"""What scenario.md promises, and the end points; pk.csv only when asked for."""
USE_THEN_STOP = """
[[arm]]
name = "leaf"
use = [{ product = "leaf_powder", dose = "4 g", per_day = 3, for = "3 d" }, { stop = true }]
"""
AS_NEEDED = '[[arm]]\nname = "as needed"\nuse = [{ product = "leaf_powder", dose = "3 g", as_needed = true }]\n'
NEVER = '[[arm]]\nname = "never"\n'
TEA = '[[arm]]\nname = "tea"\nuse = [{ product = "leaf_tea", dose = "39 mg mitragynine", times = 1 }]\n'
DAYS = 'for = "5 d"\nevery = "1 d"'
BIN = 1 / 32
"""Width of a bin of the sketches, as a share of |x| + resolution."""


def scenario(
    folder: Path,
    arms: str,
    *,
    count: int,
    population: str = "healthy_adults",
    experience: str | None = None,
    record: str = DAYS,
    seed: int = 7,
    name: str = "small",
) -> Path:
    more = f'experience = "{experience}"\n' if experience else ""
    path = folder / f"{name}.toml"
    path.write_text(
        f'seed = {seed}\n[people]\ncount = {count}\npopulation = "{population}"\n{more}{arms}[record]\n{record}\n',
        encoding="utf-8",
    )
    return path


def print_of(folder: Path) -> dict[str, object]:
    """Everything numerical that a run folder holds, bit for bit."""
    with xr.open_dataset(folder / "results.nc") as dataset:
        found: dict[str, object] = {
            str(name): (
                array.dims,
                array.dtype.str,
                array.values.tobytes() if array.dtype != object else [*array.values],
            )
            for name, array in dataset.variables.items()
        }
    for table in ("persons.csv", "endpoints.csv", "summary.csv", "pk.csv"):
        if (folder / table).exists():
            found[table] = (folder / table).read_bytes()
    return found


def differing(one: Path, other: Path) -> list[str]:
    """Names of variables and tables whose bits differ."""
    mine, others = print_of(one), print_of(other)
    assert len(mine) > 20
    return [name for name in mine.keys() | others.keys() if mine.get(name) != others.get(name)]


def chunks_of(monkeypatch: pytest.MonkeyPatch, people: int) -> None:
    monkeypatch.setattr("ketum.engine.experiment._LARGEST_CHUNK", people)


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix != ".toml"}


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
    assert (folder / "findings.csv").read_text() == "severity,arm,text,source\n"
    assert seen[0] == (0, 40)
    assert seen[-1] == (40, 40)

    summary = pd.read_csv(folder / "summary.csv")
    assert list(summary) == ["arm", "setting", "output", "unit", "time_h", "statistic", "value"]
    assert set(summary["statistic"]) == {"mean", "p05", "p25", "p50", "p75", "p95"}
    assert set(summary["output"]) == set(done.scenario.record.outputs)
    assert sorted(set(summary["time_h"])) == [k / 4 for k in range(193)]

    pk = pd.read_csv(folder / "pk.csv")
    assert list(pk) == ["arm", "analyte", "quantity", "unit", "statistic", "value"]
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
        name for name in output_catalogue() if "occupancy:" in name
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


# interrupted runs


class Broken:
    """A progress callback that interrupts after some chunks."""

    def __init__(self, after: int) -> None:
        self.after = after + 1  # the first call tells what was ready before

    def __call__(self, ready: int, count: int) -> None:
        self.after -= 1
        if self.after == 0 and ready < count:
            raise KeyboardInterrupt


def interrupt(path: Path, out: Path, *, after: int = 1, resume: bool = False) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(path, out, workers=1, progress=Broken(after), resume=resume)


@pytest.fixture
def four_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_report: None) -> Path:  # noqa: ARG001
    """A scenario of four chunks, the last not full."""
    chunks_of(monkeypatch, 32)
    return scenario(tmp_path, USE_THEN_STOP + AS_NEEDED, count=110, record=DAYS + "\ntrajectories = 50")


def test_interrupted_run_leaves_nothing_but_what_resumes(four_chunks: Path, tmp_path: Path) -> None:
    whole = run(four_chunks, tmp_path / "whole", workers=1).folder
    out = tmp_path / "out"
    interrupt(four_chunks, out)
    assert left(tmp_path) == {"whole", "out.partial"}
    seen: list[tuple[int, int]] = []
    folder = run(four_chunks, out, workers=1, resume=True, progress=lambda *numbers: seen.append(numbers)).folder
    assert seen == [(32, 110), (64, 110), (96, 110), (110, 110)]
    assert left(tmp_path) == {"whole", "out"}
    assert {path.name for path in folder.iterdir()} == FILES
    assert differing(folder, whole) == []


INTERRUPT_WORKERS = """
import sys
import ketum.engine.experiment
from ketum.running import run

calls = 0

def broken(ready, count):
    global calls
    calls += 1
    if calls == 2:
        raise KeyboardInterrupt

if __name__ == "__main__":
    ketum.engine.experiment._LARGEST_CHUNK = 32
    for _ in range(4):
        calls = 0
        try:
            run(sys.argv[1], sys.argv[2], workers=2, progress=broken)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    print("finished", flush=True)
"""


def test_interrupted_workers_end_at_once_and_resume(four_chunks: Path, tmp_path: Path) -> None:
    script, out = tmp_path / "interrupt.py", tmp_path / "out"
    script.write_text(INTERRUPT_WORKERS)
    with (tmp_path / "stderr.toml").open("w+") as told:
        process = subprocess.Popen(
            [sys.executable, str(script), str(four_chunks), str(out)], stdout=subprocess.PIPE, stderr=told, text=True
        )
        try:
            assert process.stdout is not None
            assert [process.stdout.readline() for _ in range(5)] == ["interrupted\n"] * 4 + ["finished\n"]
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()
            process.communicate()
        told.seek(0)
        assert told.read() == ""
    script.unlink()
    assert left(tmp_path) == {"out.partial"}
    whole = run(four_chunks, tmp_path / "whole", workers=1).folder
    assert differing(run(four_chunks, out, workers=1, resume=True).folder, whole) == []


POOL = """
import operator
from ketum.engine.pool import Pool

if __name__ == "__main__":
    with Pool(2, operator.truediv, 12) as pool:
        for process in pool._workers.values():
            with open(f"/proc/{process.pid}/status") as file:
                print(*[line.split()[1] for line in file if line.startswith(("SigBlk", "SigIgn"))])
        print(sorted(pool.results([1, 2, 3, 4, 6])))
    print([process.exitcode for process in pool._workers.values()])
    try:
        with Pool(2, operator.truediv, 12) as pool:
            list(pool.results([3, 0, 4]))
    except ZeroDivisionError:
        print([process.is_alive() for process in pool._workers.values()])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the masks of processes from /proc")
def test_workers_never_see_an_interrupt(tmp_path: Path) -> None:
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    ended = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=True)
    *masks, results, codes, alive = ended.stdout.splitlines()
    assert (results, codes, alive) == ("[2.0, 3.0, 4.0, 6.0, 12.0]", "[0, 0]", "[False, False]")
    assert ended.stderr == ""
    assert len(masks) == 2
    for mask in masks:
        blocked, ignored = (int(word, 16) for word in mask.split())
        assert (blocked | ignored) >> (signal.SIGINT - 1) & 1


def test_interrupt_waits_for_the_running_chunk(four_chunks: Path, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(
            four_chunks,
            tmp_path / "out",
            workers=1,
            progress=lambda ready, _: signal.raise_signal(signal.SIGINT) if ready == 32 else None,
        )
    assert signal.getsignal(signal.SIGINT) is before
    seen: list[int] = []
    folder = run(
        four_chunks, tmp_path / "out", workers=1, resume=True, progress=lambda ready, _: seen.append(ready)
    ).folder
    assert seen == [64, 96, 110]
    whole = run(four_chunks, tmp_path / "whole", workers=1).folder
    assert differing(folder, whole) == []


def test_run_interrupted_again_and_again(four_chunks: Path, tmp_path: Path) -> None:
    whole = run(four_chunks, tmp_path / "whole", workers=1).folder
    out = tmp_path / "out"
    interrupt(four_chunks, out)
    interrupt(four_chunks, out, resume=True)
    interrupt(four_chunks, out, resume=True)
    seen: list[int] = []
    folder = run(four_chunks, out, workers=1, resume=True, progress=lambda ready, _: seen.append(ready)).folder
    assert seen == [96, 110]
    assert differing(folder, whole) == []


def test_run_interrupted_before_its_first_chunk(four_chunks: Path, tmp_path: Path) -> None:
    def at_once(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(four_chunks, tmp_path / "out", workers=1, progress=at_once)
    assert left(tmp_path) == {"out.partial"}
    whole = run(four_chunks, tmp_path / "whole", workers=1).folder
    assert differing(run(four_chunks, tmp_path / "out", workers=1, resume=True).folder, whole) == []


def test_without_resume_an_interrupted_run_starts_anew(four_chunks: Path, tmp_path: Path) -> None:
    interrupt(four_chunks, tmp_path / "out", after=2)
    seen: list[int] = []
    run(four_chunks, tmp_path / "out", workers=1, progress=lambda ready, _: seen.append(ready))
    assert seen == [0, 32, 64, 96, 110]
    assert left(tmp_path) == {"out"}


def test_only_the_interrupted_run_is_resumed(four_chunks: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    interrupt(four_chunks, out)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out.partial").iterdir()}
    for options in (
        {"seed": 8},
        {"people": 111},
        {"overrides": ["arm.0.use.0.dose=5 g"]},
        {"overrides": ["record.every=1 h"]},
    ):
        with pytest.raises(RunFolderError, match="another scenario"):
            run(four_chunks, out, workers=1, resume=True, **options)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out.partial").iterdir()} == before
    with pytest.raises(RunFolderError, match="no interrupted run to resume"):
        run(four_chunks, tmp_path / "other", resume=True)
    assert left(tmp_path) == {"out.partial"}
    run(four_chunks, out, workers=1, resume=True)
    with pytest.raises(RunFolderError, match="no interrupted run to resume"):
        run(four_chunks, out, resume=True)
    assert {path.name for path in out.iterdir()} == FILES


def test_run_interrupted_while_a_chunk_is_merged(
    four_chunks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(four_chunks, tmp_path / "whole", workers=1).folder
    save: Callable[..., None] = np.save
    calls = 0

    def save_twice(*arguments: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        save(*arguments)

    monkeypatch.setattr(np, "save", save_twice)
    with pytest.raises(KeyboardInterrupt):
        run(four_chunks, tmp_path / "out", workers=1)
    monkeypatch.setattr(np, "save", save)
    assert differing(run(four_chunks, tmp_path / "out", workers=1, resume=True).folder, whole) == []


# places where no run can stand


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def tea(tmp_path: Path, no_report: None) -> Path:  # noqa: ARG001
    """A scenario in a folder of its own."""
    (tmp_path / "in").mkdir()
    return scenario(tmp_path / "in", TEA, count=3, record='for = "1 d"\nevery = "1 d"')


def refused(path: Path, out: Path, words: str, **options: object) -> None:
    with pytest.raises(RunFolderError, match=words) as caught:
        run(path, out, **options)  # type: ignore[arg-type]
    assert str(out) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_out_that_is_a_file(tea: Path, tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.write_text("mine")
    before = contents(tmp_path)
    refused(tea, place, "is a file")
    refused(tea, place / "below", "cannot be written")
    assert contents(tmp_path) == before


def test_out_with_files_of_somebody_else(tea: Path, tmp_path: Path) -> None:
    place = tmp_path / "thesis"
    place.mkdir()
    (place / "chapter.txt").write_text("mine")
    before = contents(tmp_path)
    refused(tea, place, "no run of ketum")
    assert contents(tmp_path) == before


def test_empty_folder_is_taken(tea: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    run(tea, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_out_where_nothing_may_be_written(tea: Path, tmp_path: Path) -> None:
    place = tmp_path / "locked"
    place.mkdir(mode=0o500)
    refused(tea, place / "out", "cannot be written")
    assert list(place.iterdir()) == []


def test_old_run_is_replaced_only_by_a_whole_one(four_chunks: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    path = scenario(tmp_path, TEA, count=5, record='for = "1 d"\nevery = "1 h"\npk = true', name="old")
    run(path, out)
    old = contents(out)
    assert "pk.csv" in old
    interrupt(four_chunks, out)
    assert contents(out) == old
    run(four_chunks, out, workers=1, resume=True)
    assert left(tmp_path) == {"out"}
    assert contents(out).keys() == FILES
    assert contents(out)["persons.csv"] != old["persons.csv"]


def test_failing_report_leaves_the_old_run(tea: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    run(tea, out)
    old = contents(out)

    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ketum.reports.page.write_report", full)
    refused(tea, out, "No space left on device", seed=9)
    assert contents(out) == old


def test_full_disk_while_simulating(tea: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    refused(tea, tmp_path / "out", "No space left on device")


@pytest.mark.parametrize("place", [".", ""])
def test_out_that_is_the_empty_folder_one_stands_in(
    place: str, tea: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    try:
        run(tea, place)
    except RunFolderError:
        assert list((tmp_path / "here").iterdir()) == []
    else:
        assert {path.name for path in (tmp_path / "here").iterdir()} == FILES


def test_out_with_a_name_too_long(tea: Path, tmp_path: Path) -> None:
    refused(tea, tmp_path / ("x" * 300), "cannot be written")


@pytest.mark.parametrize("suffix", ["partial", "old"])
def test_neighbours_of_out_are_not_removed(suffix: str, tea: Path, tmp_path: Path) -> None:
    place = tmp_path / f"thesis.{suffix}"
    place.mkdir()
    (place / "chapter.txt").write_text("mine")
    for seed in (1, 2):
        with suppress(RunFolderError):
            run(tea, tmp_path / "thesis", seed=seed)
    assert (place / "chapter.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("arms", "words", "workers"),
    [
        (TEA + "[parameters]\nh_Ton = 0.5\n", "h_Ton", 1),
        (TEA.replace("39 mg", "900000 mg"), "person 0 at 1 h", 1),
        (TEA.replace("39 mg", "900000 mg"), "person 0 at 1 h", 2),
    ],
    ids=["half-time", "dose", "dose in a worker"],
)
def test_scenario_refused_while_it_runs_leaves_nothing(arms: str, words: str, workers: int, tmp_path: Path) -> None:
    path = scenario(tmp_path, arms, count=3, record='for = "1 d"\nevery = "1 h"')
    with pytest.raises(KetumError, match=words):
        run(path, tmp_path / "out", workers=workers)
    assert left(tmp_path) == set()

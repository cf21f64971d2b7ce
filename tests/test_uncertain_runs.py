"""Runs with parameter sets: the same bits for any workers and after interruptions; spread and uncertainty apart."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from ketum.engine.cohort import shipped_tables
from ketum.errors import ScenarioError
from ketum.results.folder import partial_folder
from ketum.running import Run, run
from ketum.scenario import load_scenario
from ketum.scenario.build import build_experiment
from ketum.uncertainty.draws import uncertain_parameters
from run_folders import print_of

EXAMPLE = Path(__file__).parents[1] / "examples" / "uncertainty.toml"
SMALL = """
seed = 3
[people]
count = 32
population = "regular_users"
experience = "28 d"
[uncertainty]
draws = 12
shares = 8
{more}
[[arm]]
name = "never"
[[arm]]
name = "use"
use = [{{ product = "leaf_powder", dose = "4 g", per_day = 3, for = "4 wk" }}, {{ stop = true }}]
[record]
for = "8 wk"
outputs = ["withdrawal", "mor_activation", "phq9", "severity", "in_episode", "tolerance"]
"""
KEYS = ["arm", "setting", "endpoint", "statistic"]


def written(folder: Path, more: str = "") -> Path:
    path = folder / "small.toml"
    path.write_text(SMALL.format(more=more))
    return path


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("uncertain")
    return run(written(folder), folder / "run", workers=1)


def facts(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "provenance.json").read_text())["uncertainty"]
    return found


def tables_of(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in ("endpoints.csv", "draws.csv", "summary.csv", "persons.csv")]


def singles(found: Run) -> set[str]:
    """The parameters that were looked at one by one."""
    quantities = facts(found.folder)["quantities"]
    return {s["of"] for q in quantities for s in q["by_parameter"] if not s["of"].startswith("other")}  # type: ignore[attr-defined]


def test_workers_change_no_bit(done: Run, tmp_path: Path) -> None:
    other = run(written(tmp_path), tmp_path / "run", workers=2)
    assert print_of(other.folder) == print_of(done.folder)
    assert tables_of(other.folder) == tables_of(done.folder)
    assert facts(other.folder) == facts(done.folder)


def test_interrupted_sets_are_taken_up(done: Run, tmp_path: Path) -> None:
    path, seen = written(tmp_path), []

    def stop_later(ready: int, count: int) -> None:
        seen.append((ready, count))
        if ready > 32 * 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(path, tmp_path / "run", workers=1, progress=stop_later)
    partial = partial_folder(tmp_path / "run")
    kept = {file.name for file in partial.glob("draw-*.npz")}
    assert 5 <= len(kept) < 12
    cut = partial / "draw-00000002.npz"
    cut.write_bytes(cut.read_bytes()[:100])  # as a machine that lost its power leaves it: lived once more
    again = run(path, tmp_path / "run", workers=1, resume=True)
    assert print_of(again.folder) == print_of(done.folder)
    assert tables_of(again.folder) == tables_of(done.folder)
    assert not list(again.folder.glob("*.npz"))
    assert seen == sorted(seen)


def test_table_values_are_those_of_the_run_without_sets(done: Run, tmp_path: Path) -> None:
    path = tmp_path / "plain.toml"
    path.write_text(SMALL.format(more="").replace("[uncertainty]\ndraws = 12\nshares = 8\n", ""))
    plain = run(path, tmp_path / "plain", workers=1)
    of_sets = done.endpoints[~done.endpoints["endpoint"].str.startswith("channel")]
    of_plain = plain.endpoints[~plain.endpoints["endpoint"].str.startswith("channel")]
    pd.testing.assert_frame_equal(of_sets[[*KEYS, "value"]], of_plain[[*KEYS, "value"]])
    assert plain.endpoints[["low", "high"]].isna().all(axis=None)
    assert plain.draws is None
    for name in ("withdrawal", "severity"):
        there = done.dataset[name].sel(draw="table values").values
        assert there == pytest.approx(plain.dataset[name].sel(draw="table values").values, rel=1e-6)


def test_bounds_are_percentiles_over_the_sets(done: Run) -> None:
    assert done.draws is not None
    table = done.endpoints.set_index(KEYS)
    of_sets = done.draws.set_index([*KEYS, "draw"])["value"].unstack("draw")
    assert list(of_sets.columns) == list(range(1, 13))
    for endpoint, statistic in product(("withdrawal_peak", "tolerance"), ("mean", "p50", "p95")):
        key = ("use", "pharmacology", endpoint, statistic)  # tolerance is an output as well, with another mean
        expected = np.percentile(of_sets.loc[key], [5, 95])
        assert table.loc[key, ["low", "high"]].to_numpy(dtype=float) == pytest.approx(expected)
        assert table.loc[key, "low"] < table.loc[key, "value"] < table.loc[key, "high"]
    summary = pd.read_csv(done.folder / "summary.csv")
    chosen = summary[(summary["arm"] == "use") & (summary["output"] == "withdrawal") & (summary["statistic"] == "p50")]
    with xr.open_dataset(done.folder / "results.nc") as dataset:
        assert dataset.sizes["draw"] == 13
        assert list(dataset["draw"].values[:2]) == ["table values", "1"]
        median = dataset["withdrawal"].sel(arm="use", setting="pharmacology", statistic="p50").values[1:]
    low, high = np.percentile(median, [5, 95], axis=0)
    assert chosen["low"].to_numpy() == pytest.approx(low, rel=1e-5, abs=1e-6)
    assert chosen["high"].to_numpy() == pytest.approx(high, rel=1e-5, abs=1e-6)


def test_without_uncertainty_the_sets_are_alike(tmp_path: Path) -> None:
    """All parameters fixed but those of a scale that is not recorded: every interval has no width."""
    symbols = [p.symbol for p in uncertain_parameters(shipped_tables()) if not p.symbol.startswith("pcl")]
    more = "[parameters]\n" + "\n".join(f'{symbol} = "fixed"' for symbol in symbols)
    same = run(written(tmp_path, more), tmp_path / "run", workers=1)
    known = same.endpoints.dropna(subset=["low", "high"])
    assert len(known) > 100
    finite = np.isfinite(known["value"])
    assert (known["low"] == known["high"])[finite].all()
    assert known["low"][finite].to_numpy() == pytest.approx(known["value"][finite].to_numpy(), rel=1e-12, abs=1e-12)
    assert facts(same.folder)["quantities"] == []


def test_a_fixed_parameter_has_no_share(done: Run, tmp_path: Path) -> None:
    looked_at = singles(done)
    chosen = sorted(key for key in looked_at if key.startswith("body."))[0]
    more = f'[parameters]\n{chosen.removeprefix("body.")} = "fixed"'
    fixed = run(written(tmp_path, more), tmp_path / "run", workers=1)
    assert facts(fixed.folder)["fixed"] == [chosen]
    assert chosen not in singles(fixed)


def test_what_is_shared_out_may_be_chosen(tmp_path: Path) -> None:
    path = written(tmp_path, 'of = ["withdrawal_peak", "severity"]')
    chosen = run(path, tmp_path / "run", workers=1)
    told = {(q["arm"], q["endpoint"]) for q in facts(chosen.folder)["quantities"]}  # type: ignore[attr-defined]
    assert told == {("use", "withdrawal_peak"), ("use", "severity"), ("never", "severity")}
    for quantity in facts(chosen.folder)["quantities"]:  # type: ignore[attr-defined]
        classes = {share["of"] for share in quantity["by_class"]}
        assert quantity["leading"] in classes
        assert "assumption" in classes


def test_no_shares_where_none_are_wanted(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text().replace("shares = 8", "shares = 0"))
    bands = run(path, tmp_path / "run", workers=1)
    assert facts(bands.folder)["shares"] is None
    verdicts = {c["verdict"] for c in facts(bands.folder)["conclusions"]}  # type: ignore[attr-defined]
    assert verdicts <= {"holds", "open"}


def test_effect_of_nothing_is_no_conclusion(tmp_path: Path) -> None:
    """In the setting `null` kratom changes severity in no set: there is no sign to be certain of."""
    path = written(tmp_path)
    path.write_text(path.read_text().replace("[uncertainty]", '[setting]\ncausal = "null"\n[uncertainty]'))
    null = run(path, tmp_path / "run", workers=1)
    told = {c["endpoint"] for c in facts(null.folder)["conclusions"]}  # type: ignore[attr-defined]
    assert not told & {"excess_use", "excess_end", "phq9_end", "remission"}
    assert "withdrawal_highest" in told


def test_outputs_without_differences(tmp_path: Path) -> None:
    path = written(tmp_path)
    text = path.read_text().replace("shares = 8", "shares = 0")
    path.write_text(re.sub(r"outputs = .*", 'outputs = ["adapted"]', text))
    plain = run(path, tmp_path / "run", workers=1)
    assert plain.dataset["adapted"].sizes["draw"] == 13
    assert not [name for name in plain.dataset.data_vars if str(name).startswith("difference")]


def test_too_many_sets_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text().replace("draws = 12", "draws = 10000").replace('for = "8 wk"', 'for = "500 wk"'))
    with pytest.raises(ScenarioError, match=r"record: .* GB of memory .*; allowed: .* fewer uncertainty.draws"):
        build_experiment(load_scenario(path))


@pytest.mark.slow
def test_example_ends_within_a_minute(tmp_path: Path) -> None:
    """Bands and shares together on two cores, the engine compiled."""
    example = run(EXAMPLE, tmp_path / "run")
    assert example.seconds < 60
    assert len(set(example.draws["draw"])) == 100  # type: ignore[index]

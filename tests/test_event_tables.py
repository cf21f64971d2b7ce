"""Event tables through a scenario against sums of single doses, the closed steady state and long run-ups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import oracle
from ketum.engine.layout import LANES
from ketum.engine.prepare import prepare_group
from ketum.engine.simulate import Window, resting_states, simulate
from ketum.running import run
from ketum.scenario import load_scenario
from ketum.scenario.build import build_experiment

Array = NDArray[np.float64]
LONG_H = 3000
"""Run-up to a steady state: the slowest half-life here is below 75 h, so 1e-12 of it is left to come."""
AMOUNTS = {
    "kratom": (
        *("amt_gut1", "amt_gut2", "amt_7gut1", "amt_7gut2"),
        *("amt_mg", "amt_mg_periph", "amt_7oh"),
    ),
    "sp": ("amt_sp_gut", "amt_sp"),
    "met": ("amt_met_depot", "amt_met_central", "amt_met_periph"),
}
"""The kernel's names of the states of each block of the oracle."""
PRODUCTS = {"leaf_powder": ("kratom", "sp"), "7oh_tablet": ("kratom",), "methadone": ("met",)}


def write(
    folder: Path, arms: Mapping[str, str], hours: int, *, record: str = "", count: int = 8, more: str = ""
) -> Path:
    """A scenario whose arms follow event tables: "product: rows" by name of the arm."""
    tables = []
    for name, text in arms.items():
        product, _, rows = text.partition(":")
        (folder / f"{name}.csv").write_text(rows.strip() + "\n")
        tables.append(f'[[arm]]\nname = "{name}"\nproduct = "{product.strip()}"\nevents = "{name}.csv"\n{more}')
    path = folder / "tables.toml"
    settings = record if "every" in record else f'every = "1 h"\n{record}'
    path.write_text(
        f'seed = 11\n[people]\ncount = {count}\npopulation = "healthy_adults"\n{"".join(tables)}'
        f'[record]\nfor = "{hours} h"\n{settings}\n'
    )
    return path


@dataclass(frozen=True)
class Lived:
    """What the kernel made of one arm: (hour, person) arrays of states right before each hour, and of outputs."""

    amounts: dict[str, Array]
    outputs: dict[str, Array]
    people: dict[str, Array]

    def person(self, number: int) -> dict[str, float]:
        return {symbol: float(values[number]) for symbol, values in self.people.items()}


def live(path: Path, overrides: Sequence[str] = ()) -> dict[str, Lived]:
    """Run the arms of a scenario with a block of its persons, in full precision."""
    experiment = build_experiment(load_scenario(path, overrides))
    cohort = experiment.cohort
    persons = cohort.persons(0, LANES)
    group = prepare_group(persons, cohort.tables.body, experiment.dt)
    names = [name for block in AMOUNTS.values() for name in block] + ["gut_3a", "tolerance"]
    outputs = ("mitragynine", "7-hydroxymitragynine", "speciociliatine", "servings", "dose", "dose_mg")
    found = {}
    for arm in experiment.arms:
        window = Window(
            0, experiment.hours, outputs, 0, experiment.steps_per_hour, snapshots=tuple(range(experiment.hours))
        )
        simulated = simulate(group, arm.schedule, window, seed=cohort.seed, start=resting_states(group))
        states = {name: np.array([simulated.snapshot(k, name) for k in range(experiment.hours)]) for name in names}
        found[arm.name] = Lived(states, simulated.outputs, dict(persons.parameters))
    return found


def expected(
    p: Mapping[str, float],
    product: str,
    doses: Sequence[tuple[float, float]],
    hours: int,
    *,
    resets: Sequence[float] = (),
    gut_auto: bool = False,
    factor: float = 1.0,
) -> dict[str, Array]:
    """Amounts right before each hour as a sum over single doses (h, mg); a reset forgets the doses before it."""
    found: dict[str, Array] = {}
    gut, since = 1.0, 0.0
    added: list[tuple[float, dict[str, float]]] = []
    for at, mg in doses:
        for reset in resets:
            if since <= reset <= at:
                gut = 1.0
        gut = 1.0 + (gut - 1.0) * np.exp(-p["k_deg"] * (at - max([since, *(r for r in resets if since <= r <= at)])))
        x = dict.fromkeys(oracle.STATE_NAMES, 0.0) | {"Ge": gut}
        oracle.add_dose(p, x, product, mg, i_G=factor, i_L=factor, gut_auto=gut_auto)
        gut, since = x["Ge"], at
        added.append((at, x))
    for block in PRODUCTS[product]:
        matrix = oracle.pk_matrix(p, block, factor)
        states = oracle.BLOCKS[block]
        table = np.zeros((hours, len(states)))
        for first, last in zip([0.0, *resets], [*resets, float(hours)], strict=True):
            inside = np.flatnonzero((np.arange(hours) > first) & (np.arange(hours) <= last))
            part = [(at, np.array([x[name] for name in states])) for at, x in added if first <= at < last]
            table[inside] = oracle.superposition(matrix, part, inside.astype(float))
        found.update(zip(AMOUNTS[block], table.T, strict=True))
    return found


def assert_amounts(lived: Lived, number: int, wanted: Mapping[str, Array], rtol: float = 1e-9) -> None:
    assert wanted
    for name, values in wanted.items():
        found = lived.amounts[name][:, number]
        assert np.abs(values).max() > 0.0 or name.startswith(("amt_gut", "amt_mg")), name
        np.testing.assert_allclose(found, values, rtol=rtol, atol=1e-13 * values.max() + 1e-300, err_msg=name)


# doses, resets


@pytest.mark.parametrize("product", PRODUCTS)
def test_additional_doses(product: str, tmp_path: Path) -> None:
    rows = "TIME AMT II ADDL EVID\n2 30 8 5 1\n3 12.5 . . 1\n3 12.5 . . 1\n20 . . . 2\n44.5 50 0 0 1"
    lived = live(write(tmp_path, {"a": f"{product}: {rows}"}, 72))["a"]
    doses = sorted([(2 + 8 * k, 30) for k in range(6)] + [(3, 12.5), (3, 12.5), (44.5, 50)])
    for number in (0, 17):
        assert_amounts(lived, number, expected(lived.person(number), product, doses, 72))


def test_a_table_with_commas_points_and_observations_means_the_same(tmp_path: Path) -> None:
    plain = "leaf_powder: TIME AMT\n0 20\n12 20\n24 20"
    wordy = (
        'leaf_powder: # a comment\n"ID","TIME","AMT","EVID","CMT","II","ADDL"\n1,0,20,1,1,12,2\n1,6,.,0,.,.,.\nC,,,,,,'
    )
    lived = live(write(tmp_path, {"plain": plain, "wordy": wordy}, 36))
    for name, values in lived["plain"].amounts.items():
        assert np.array_equal(values, lived["wordy"].amounts[name]), name


@pytest.mark.parametrize("product", PRODUCTS)
def test_reset_forgets_what_was_there(product: str, tmp_path: Path) -> None:
    rows = "TIME AMT EVID\n0 30 1\n10 0 3\n12 40 1\n30 0 3"
    lived = live(write(tmp_path, {"a": f"{product}: {rows}"}, 40))["a"]
    for number in (1, 30):
        wanted = expected(lived.person(number), product, [(0, 30), (12, 40)], 40, resets=[10, 30])
        assert_amounts(lived, number, wanted)
    last = AMOUNTS[PRODUCTS[product][0]][-1]
    assert np.all(lived.amounts[last][10] > 0.0)
    assert np.all(lived.amounts[last][[11, 12, 31, 39]] == 0.0)


@pytest.mark.parametrize("product", PRODUCTS)
def test_reset_and_dose(product: str, tmp_path: Path) -> None:
    rows = "TIME AMT EVID II ADDL\n0 30 1 . .\n10 40 4 6 2"
    twice = "TIME AMT EVID II ADDL\n0 30 1 . .\n10 . 3 . .\n10 40 1 6 2"
    lived = live(write(tmp_path, {"a": f"{product}: {rows}", "b": f"{product}: {twice}"}, 40))
    wanted = expected(lived["a"].person(5), product, [(0, 30), (10, 40), (16, 40), (22, 40)], 40, resets=[10])
    assert_amounts(lived["a"], 5, wanted)
    for name, values in lived["a"].amounts.items():
        assert np.array_equal(values, lived["b"].amounts[name]), name


def test_reset_lets_gut_and_brain_be(tmp_path: Path) -> None:
    rows = "TIME AMT EVID II ADDL\n0 60 1 6 7\n45 0 3 . ."
    lived = live(write(tmp_path, {"a": f"leaf_powder: {rows}"}, 60))["a"]
    assert np.all(lived.amounts["tolerance"][46] > 0.9 * lived.amounts["tolerance"][45])
    assert np.all(lived.amounts["tolerance"][45] > 0.05)


# several IDs


def test_person_follows_the_id_of_its_number(tmp_path: Path) -> None:
    rows = (
        "ID TIME AMT EVID II ADDL\n3 0 30 1 6 2\n8 5 20 1 . .\n8 9 . 3 . .\n8 20 10 4 . .\n21 1 . 0 . .\n40 5 77 1 . ."
    )
    lived = live(write(tmp_path, {"a": f"leaf_powder: {rows}"}, 36))["a"]
    tables: list[tuple[list[tuple[float, float]], list[float]]] = [
        ([(0, 30), (6, 30), (12, 30)], []),
        ([(5, 20), (20, 10)], [9, 20]),
        ([], []),
        ([(5, 77)], []),
    ]
    for number in (*range(5), 14, 31):
        doses, resets = tables[number % 4]
        if doses:
            assert_amounts(lived, number, expected(lived.person(number), "leaf_powder", doses, 36, resets=resets))
        else:
            assert all(np.all(lived.amounts[name][:, number] == 0.0) for name in AMOUNTS["kratom"])
        assert lived.outputs["dose_mg"][:, number].sum() == sum(mg for _, mg in doses)


@pytest.mark.parametrize("product", ["leaf_powder", "extract", "7oh_tablet"])
def test_amounts_are_exact_milligrams(product: str, tmp_path: Path) -> None:
    rows = "TIME AMT II ADDL\n3 17.3 12 90"
    lived = live(write(tmp_path, {"a": f"{product}: {rows}"}, 1100))["a"]
    taken = lived.outputs["dose_mg"]
    hours = np.flatnonzero(taken[:, 0])
    assert list(hours) == [4 + 12 * k for k in range(91)]  # a reading counts what was taken since the one before
    assert np.all(taken[hours] == 17.3)
    assert np.all(lived.outputs["servings"][hours] == 1.0)
    assert lived.outputs["servings"].sum() == 91 * LANES
    assert np.all(lived.outputs["dose"] == 0.0)


def test_medicine_of_a_table_is_no_serving(tmp_path: Path) -> None:
    lived = live(write(tmp_path, {"a": "methadone: TIME AMT\n1 80"}, 12))["a"]
    assert np.all(lived.outputs["dose_mg"] == 0.0)
    assert np.all(lived.amounts["amt_met_central"][2] > 0.0)


# steady state


def run_up(product: str, mg: float, interval: int) -> str:
    return f"{product}: TIME AMT II ADDL\n0 {mg} {interval} {LONG_H // interval + 20}"


def steady(product: str, mg: float, interval: int, at: int = 0, additional: int = 20) -> str:
    return f"{product}: TIME AMT II ADDL SS\n{at} {mg} {interval} {additional} 1"


def assert_same_later(ss: Lived, long: Lived, shift: int, hours: int, *, rtol: float = 1e-9) -> None:
    compared = 0
    for names in AMOUNTS.values():
        for name in names:
            early, late = ss.amounts[name][1 : hours + 1], long.amounts[name][shift + 1 : shift + hours + 1]
            assert late.shape == early.shape == (hours, LANES)
            if late.max() > 0.0:
                np.testing.assert_allclose(early, late, rtol=rtol, err_msg=name)
                compared += 1
    assert compared >= 3
    gut = long.amounts["gut_3a"]
    np.testing.assert_allclose(ss.amounts["gut_3a"][1 : hours + 1], gut[shift + 1 : shift + hours + 1], rtol=rtol)


@pytest.mark.parametrize("gut_auto", [0, 1])
@pytest.mark.parametrize(
    ("product", "mg", "interval"), [("leaf_powder", 61, 8), ("7oh_tablet", 20, 6), ("methadone", 80, 24)]
)
def test_steady_state_is_that_of_a_long_run_up(
    product: str, mg: float, interval: int, gut_auto: int, tmp_path: Path
) -> None:
    path = write(
        tmp_path, {"ss": steady(product, mg, interval), "long": run_up(product, mg, interval)}, LONG_H + 5 * interval
    )
    lived = live(path, [f"parameters.gut_auto={gut_auto}"])
    assert_same_later(lived["ss"], lived["long"], LONG_H // interval * interval, 3 * interval)


def test_gut_auto_inactivation_shows_in_the_steady_state(tmp_path: Path) -> None:
    path = write(tmp_path, {"ss": steady("leaf_powder", 61, 8)}, 24)
    off, on = (live(path, [f"parameters.gut_auto={k}"])["ss"] for k in (0, 1))
    assert np.all(on.amounts["amt_mg"][1:] > 1.05 * off.amounts["amt_mg"][1:])
    assert np.array_equal(on.amounts["gut_3a"], off.amounts["gut_3a"])


@pytest.mark.parametrize(("product", "block"), [("leaf_powder", "kratom"), ("leaf_powder", "sp"), ("methadone", "met")])
def test_steady_state_is_the_closed_one(product: str, block: str, tmp_path: Path) -> None:
    lived = live(write(tmp_path, {"ss": steady(product, 50, 12)}, 24))["ss"]
    for number in (2, 9):
        p = lived.person(number)
        x = dict.fromkeys(oracle.STATE_NAMES, 0.0) | {"Ge": 1.0}
        oracle.add_dose(p, x, product, 50)
        matrix = oracle.pk_matrix(p, block)
        after = oracle.steady_state(matrix, np.array([x[name] for name in oracle.BLOCKS[block]]), 12.0)
        hours = np.arange(1.0, 12.0)
        wanted = oracle.single_dose(matrix, after, hours)
        for name, values in zip(AMOUNTS[block], wanted.T, strict=True):
            np.testing.assert_allclose(lived.amounts[name][1:12, number], values, rtol=1e-9, err_msg=name)


def test_steady_state_under_ketoconazole(tmp_path: Path) -> None:
    shift = LONG_H // 12 * 12
    tables = {"ss": steady("leaf_powder", 20, 12), "long": run_up("leaf_powder", 20, 12)}
    lived = live(write(tmp_path, tables, shift + 48, more='medicines = [{ name = "ketoconazole" }]\n'))
    without = live(write(tmp_path, tables, 48))
    assert_same_later(lived["ss"], lived["long"], shift, 36, rtol=1e-6)  # a slower terminal phase than elsewhere
    assert np.all(lived["ss"].amounts["amt_mg"][1] > 1.3 * without["ss"].amounts["amt_mg"][1])


def test_steady_state_begins_with_the_medicines_of_its_hour(tmp_path: Path) -> None:
    ketoconazole = 'medicines = [{ name = "ketoconazole", from = "%d h", for = "12 h" }]\n'
    table = {"ss": steady("leaf_powder", 20, 12, at=24, additional=0)}
    acting, over, never = (
        live(write(tmp_path, table, 36, more=more))["ss"].amounts["amt_mg"][25]
        for more in (ketoconazole % 24, ketoconazole % 12, "")
    )
    assert np.all(acting > 1.3 * never)
    assert np.array_equal(over, never)


def test_steady_state_in_the_middle_replaces_what_was_there(tmp_path: Path) -> None:
    rows = "TIME AMT II ADDL SS\n0 90 . . .\n30 50 12 0 1"
    lived = live(
        write(tmp_path, {"late": f"leaf_powder: {rows}", "ss": steady("leaf_powder", 50, 12, additional=0)}, 60)
    )
    for name in AMOUNTS["kratom"] + AMOUNTS["sp"]:
        assert np.array_equal(lived["late"].amounts[name][31:60], lived["ss"].amounts[name][1:30]), name


def test_steady_state_is_of_one_id_alone(tmp_path: Path) -> None:
    rows = "ID TIME AMT II SS\n1 0 30 . .\n2 0 50 12 1"
    lived = live(write(tmp_path, {"a": f"leaf_powder: {rows}", "ss": steady("leaf_powder", 50, 12, additional=0)}, 24))
    a, ss = lived["a"].amounts["amt_mg"], lived["ss"].amounts["amt_mg"]
    assert np.array_equal(a[1:, 1::2], ss[1:, 1::2])
    single = expected(lived["a"].person(4), "leaf_powder", [(0, 30)], 24)
    assert_amounts(lived["a"], 4, single)


def test_steady_state_leaves_the_brain_as_it_was(tmp_path: Path) -> None:
    path = write(tmp_path, {"ss": steady("leaf_powder", 61, 8), "long": run_up("leaf_powder", 61, 8)}, LONG_H + 24)
    lived = live(path)
    assert np.all(lived["ss"].amounts["tolerance"][1] < 0.05)
    assert np.all(lived["long"].amounts["tolerance"][LONG_H] > 0.15)


def test_steady_state_cancels_pending_doses(tmp_path: Path) -> None:
    rows = "TIME AMT II ADDL SS\n0 90 4 20 .\n30 50 12 0 1"
    lived = live(
        write(tmp_path, {"late": f"leaf_powder: {rows}", "ss": steady("leaf_powder", 50, 12, additional=0)}, 60)
    )
    assert np.array_equal(lived["late"].amounts["amt_mg"][31:60], lived["ss"].amounts["amt_mg"][1:30])


# non-compartmental quantities of event tables


def pk_of(path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> "pd.Series[float]":
    monkeypatch.setattr("ketum.reports.page.write_report", lambda _: None)
    table = pd.read_csv(run(path, out).folder / "pk.csv")
    return table[table["analyte"] == "mitragynine"].set_index(["quantity", "statistic"])["value"]


def test_pk_of_ids_counts_from_the_dose_of_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = write(tmp_path, {"a": "leaf_tea: ID TIME AMT\n1 0 39\n2 10 39"}, 72, record="pk = true", count=40)
    together = pk_of(one, tmp_path / "out", monkeypatch)
    two = write(tmp_path, {"a": "leaf_tea: TIME AMT\n0 39"}, 62, record="pk = true", count=40)
    alone = pk_of(two, tmp_path / "again", monkeypatch)
    assert together["Tmax", "p95"] == alone["Tmax", "p95"] < 3.0
    assert together["Cmax", "p50"] == pytest.approx(alone["Cmax", "p50"], rel=1e-6)


def test_no_clearance_from_a_dose_at_steady_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, {"a": "leaf_tea: TIME AMT II SS\n0 39 8 1"}, 72, record="pk = true")
    found = pk_of(path, tmp_path / "out", monkeypatch)
    assert found["Cmax", "p50"] > 0.0
    assert "CL/F" not in found.index.get_level_values(0)
    assert "AUCinf" not in found.index.get_level_values(0)


def test_area_counts_from_the_dose_between_two_readings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = 'every = "30 min"\npk = true'
    areas = [
        pk_of(
            write(tmp_path, {"a": f"leaf_tea: TIME AMT\n{at} 39"}, 96, record=record, count=40),
            tmp_path / f"out-{at}",
            monkeypatch,
        )["AUCinf", "p50"]
        for at in (0, 0.25)
    ]
    assert areas[1] == pytest.approx(areas[0], rel=0.02)

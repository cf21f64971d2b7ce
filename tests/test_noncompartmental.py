"""Non-compartmental analysis against closed forms, numbers worked out by hand, and regressions of another library."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import linregress

import oracle
from ketum.body.noncompartmental import QUANTITIES, UNITS, noncompartmental
from ketum.engine.cohort import Cohort, shipped_tables
from ketum.running import run

Array = NDArray[np.float64]


def analyse(time: Array | list[float], values: Array | list[float], dose: float = np.nan) -> dict[str, float]:
    found = noncompartmental(np.array(time, dtype=float), np.array(values, dtype=float)[:, None], np.array([dose]))
    return dict(zip(QUANTITIES, found[:, 0], strict=True))


def test_six_points_by_hand() -> None:
    found = analyse([0, 1, 2, 4, 8, 12], [0, 10, 8, 4, 2, 1], dose=485.875)
    assert (found["Cmax"], found["Tmax"]) == (10.0, 1.0)
    # 5 rising (linear), then 2/ln(10/8) = 8.96284, 4 x 2/ln 2 = 11.54156 twice, 1 x 4/ln 2 = 5.77078
    assert found["AUClast"] == pytest.approx(42.81674, abs=2e-5)
    # The last three points halve every 4 h exactly; a fourth does not fit them.
    assert found["t1/2"] == pytest.approx(4.0, rel=1e-12)
    # + 1/(ln 2/4) = 5.77078
    assert found["AUCinf"] == pytest.approx(48.58752, abs=2e-5)
    assert found["CL/F"] == pytest.approx(10.0, abs=1e-5)
    assert found["Vz/F"] == pytest.approx(57.7078, abs=1e-4)


def test_second_rise_and_a_zero_at_the_end_by_hand() -> None:
    found = analyse([0, 1, 2, 3, 4, 5], [0, 6, 3, 4, 2, 0])
    # 3 up, 3/ln 2 = 4.32809 down, 3.5 up, 2/ln 2 = 2.88539 down; the zero after the last reading does not count
    assert found["AUClast"] == pytest.approx(13.71348, abs=2e-5)
    # ln 3, ln 4, ln 2 at 2, 3, 4 h: slope (ln 3 - ln 2)/2 = 0.202733 per h
    assert found["t1/2"] == pytest.approx(np.log(2) / 0.2027326, rel=1e-6)
    assert found["AUCinf"] == pytest.approx(13.71348 + 2 / 0.2027326, abs=1e-4)


def test_plateau_by_hand() -> None:
    assert analyse([0, 2, 5], [4, 4, 4])["AUClast"] == 20.0


def test_units_belong_to_the_quantities() -> None:
    units = {"Cmax": "nM", "Tmax": "h", "AUClast": "nM*h", "AUCinf": "nM*h", "t1/2": "h", "CL/F": "L/h", "Vz/F": "L"}
    assert dict(zip(QUANTITIES, UNITS, strict=True)) == units


# closed forms


@pytest.mark.parametrize("points", [4, 13, 200, 5000])
@pytest.mark.parametrize("k", [0.02, 0.3])
def test_one_compartment_given_at_once(k: float, points: int) -> None:
    time = np.linspace(0.0, 48.0, points)
    found = analyse(time, 250.0 * np.exp(-k * time), dose=5000.0)
    assert (found["Cmax"], found["Tmax"]) == (250.0, 0.0)
    assert found["AUClast"] == pytest.approx(250 / k * (1 - np.exp(-48 * k)), rel=1e-9)
    assert found["AUCinf"] == pytest.approx(250 / k, rel=1e-9)
    assert found["t1/2"] == pytest.approx(np.log(2) / k, rel=1e-9)
    assert found["Vz/F"] == pytest.approx(5000 / 250, rel=1e-9)
    assert found["CL/F"] == pytest.approx(k * 20, rel=1e-9)


def test_one_compartment_swallowed() -> None:
    ka, k, volume, dose = 1.2, 0.15, 30.0, 9000.0
    time = np.arange(0.0, 72.01, 0.1)
    found = analyse(time, dose / volume * ka / (ka - k) * (np.exp(-k * time) - np.exp(-ka * time)), dose=dose)
    highest = np.log(ka / k) / (ka - k)
    assert abs(found["Tmax"] - highest) <= 0.05 + 1e-9
    assert found["Cmax"] == pytest.approx(dose / volume * np.exp(-k * highest), rel=1e-3)
    assert found["AUCinf"] == pytest.approx(dose / (k * volume), rel=1e-3)
    assert found["t1/2"] == pytest.approx(np.log(2) / k, rel=1e-3)
    assert found["CL/F"] == pytest.approx(k * volume, rel=1e-3)
    assert found["Vz/F"] == pytest.approx(volume, rel=2e-3)


def test_terminal_phase_of_two_exponentials() -> None:
    time = np.arange(0.0, 120.01, 0.25)
    found = analyse(time, 90 * np.exp(-time) + 10 * np.exp(-0.05 * time))
    assert found["t1/2"] == pytest.approx(np.log(2) / 0.05, rel=1e-3)
    assert found["AUCinf"] == pytest.approx(90 + 200, rel=1e-2)


# which points the slope is made of


def best_slope(time: Array, values: Array) -> float:
    """The slope of the regression with the best adjusted r2 over the last three or more points after the highest."""
    peak = int(np.argmax(values))
    best, slope = -np.inf, np.nan
    for first in range(len(time) - 3, peak, -1):
        fit = linregress(time[first:], np.log(values[first:]))
        n = len(time) - first
        adjusted = 1 - (1 - fit.rvalue**2) * (n - 1) / (n - 2)
        if fit.slope < 0 and adjusted > best:
            best, slope = adjusted, -fit.slope
    return slope


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(
    noise=st.lists(st.floats(-0.6, 0.6), min_size=5, max_size=30),
    k=st.floats(0.02, 0.4),
)
def test_slope_is_that_of_the_best_regression(noise: list[float], k: float) -> None:
    time = np.arange(len(noise), dtype=float) ** 1.3
    values = 50 * np.exp(-k * time + np.array(noise))
    wanted = best_slope(time, values)
    found = analyse(time, values)["t1/2"]
    assert np.isnan(found) == np.isnan(wanted)
    if not np.isnan(wanted):
        assert found == pytest.approx(np.log(2) / wanted, rel=1e-6)


def test_noisy_end_takes_more_points() -> None:
    time = np.arange(0.0, 13.0)
    values = 100 * np.exp(-0.2 * time)
    values[-3:] *= [1.0, 1.15, 0.95]
    last_three = -linregress(time[-3:], np.log(values[-3:])).slope
    found = analyse(time, values)
    assert found["t1/2"] == pytest.approx(np.log(2) / best_slope(time, values), rel=1e-9)
    assert abs(np.log(2) / found["t1/2"] - 0.2) < 0.25 * abs(last_three - 0.2)


# what cannot be found


@pytest.mark.parametrize(
    ("time", "values"),
    [
        ([0, 1, 2, 3], [0, 1, 2, 3]),
        ([0, 1, 2], [0, 5, 4]),
        ([0, 1, 2, 3], [0, 5, 4, 3]),
        ([0, 1, 2, 3, 4, 5], [0, 9, 2, 2, 2, 2]),
        ([0, 1, 2, 3, 4], [0, 9, 2, 3, 4]),
    ],
    ids=["rising", "one point after the peak", "two points", "flat", "rising again"],
)
def test_no_terminal_slope(time: list[float], values: list[float]) -> None:
    found = analyse(time, values, dose=100.0)
    assert found["Cmax"] == max(values)
    assert found["AUClast"] > 0.0
    assert all(np.isnan(found[name]) for name in ("AUCinf", "t1/2", "CL/F", "Vz/F"))


def test_nothing_in_plasma() -> None:
    found = analyse([0, 1, 2, 3, 4], [0, 0, 0, 0, 0], dose=100.0)
    assert (found["Cmax"], found["AUClast"]) == (0.0, 0.0)
    assert all(np.isnan(found[name]) for name in ("AUCinf", "t1/2", "CL/F", "Vz/F"))


def test_persons_do_not_mix() -> None:
    time = np.linspace(0.0, 24.0, 49)
    curves = np.stack([10 * np.exp(-0.1 * time), 5 * time * np.exp(-0.4 * time), np.zeros(49)], axis=1)
    doses = np.array([100.0, np.nan, 100.0])
    together = noncompartmental(time, curves, doses)
    for k in range(3):
        alone = noncompartmental(time, curves[:, k : k + 1], doses[k : k + 1])[:, 0]
        np.testing.assert_array_equal(together[:, k], alone)
    assert np.isfinite(together[3, 1])
    assert np.isnan(together[5:, 1]).all()


# of the model


def test_quantities_of_simulated_persons_are_those_of_their_equations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tea.toml"
    path.write_text(
        'seed = 21\n[people]\ncount = 12\npopulation = "healthy_adults"\n'
        '[[arm]]\nname = "tea"\n'
        'use = [{ product = "leaf_tea", dose = "39 mg mitragynine", times = 1, at = ["06:00"] }]\n'
        '[record]\nfor = "15 d"\nevery = "15 min"\npk = true\n'
    )
    monkeypatch.setattr("ketum.reports.page.write_report", lambda _: None)
    table = pd.read_csv(run(path, tmp_path / "out").folder / "persons.csv")
    persons = Cohort(12, 21, "healthy_adults", shipped_tables()).persons(0, 12)
    given = 39 / 398.5 * 1e6
    for number in range(12):
        p = {symbol: float(values[number]) for symbol, values in persons.parameters.items()}
        x = dict.fromkeys(oracle.STATE_NAMES, 0.0) | {"Ge": 1.0}
        oracle.add_dose(p, x, "leaf_tea", 39.0)
        start = np.array([x[name] for name in oracle.BLOCKS["kratom"]])
        matrix = oracle.pk_matrix(p, "kratom")
        volume = p["V1_MG"] * (p["WT"] / p["WT_ref"]) ** p["b_V"]
        area = oracle.auc_inf(matrix, start)[4] / volume
        curve = oracle.single_dose(matrix, start, np.arange(0, 24, 0.25))[:, 4] / volume
        slowest = -np.linalg.eigvals(matrix[4:6, 4:6]).real.max()

        def of(quantity: str, row: int = number) -> float:
            return float(table[f"mitragynine:{quantity} [tea]"][row])

        assert of("Cmax") == pytest.approx(curve.max(), rel=1e-5)
        assert of("Tmax") == pytest.approx(0.25 * curve.argmax())
        assert of("AUCinf") == pytest.approx(area, rel=0.01)
        assert of("CL/F") == pytest.approx(given / area, rel=0.01)
        assert of("t1/2") == pytest.approx(np.log(2) / slowest, rel=1e-3)
        assert of("Vz/F") == pytest.approx(given / area / slowest, rel=0.01)

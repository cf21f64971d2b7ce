"""Parameter sets: draws from the uncertainty columns, inside physical ranges, the same for every number of sets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ketum.brain.withdrawal import chronicity_half
from ketum.engine.chunk import run_range
from ketum.engine.cohort import shipped_tables
from ketum.evidence import load_parameters
from ketum.scenario import load_scenario
from ketum.scenario.build import build_experiment
from ketum.uncertainty.draws import (
    drawn_tables,
    quantile,
    set_values,
    tables_at,
    uncertain_parameters,
    unit_points,
)
from run_folders import AS_NEEDED, scenario

TABLES = shipped_tables()
UNCERTAIN = uncertain_parameters(TABLES)


@pytest.mark.parametrize("parameter", UNCERTAIN, ids=lambda p: p.key)
def test_quantiles_are_those_of_the_table(parameter) -> None:  # type: ignore[no-untyped-def]
    """u_low and u_high are the range of uniform kinds and the 5th and 95th percentile of normal ones (README)."""
    kind, low, high = parameter.uncertainty.kind, parameter.uncertainty.low, parameter.uncertainty.high
    p_low = -np.inf if parameter.p_low is None else parameter.p_low
    p_high = np.inf if parameter.p_high is None else parameter.p_high
    found = quantile(parameter, np.array([1e-6, 0.05, 0.5, 0.95, 1 - 1e-6]))
    assert np.all(np.diff(found) >= 0)
    assert p_low <= found[0] <= found[-1] <= p_high
    if kind in ("uniform", "loguniform"):
        assert found[[0, -1]] == pytest.approx([max(low, p_low), min(high, p_high)], rel=1e-4, abs=1e-5 * (high - low))
    elif kind == "bernoulli":
        assert quantile(parameter, (np.arange(1000) + 0.5) / 1000).mean() == pytest.approx(high, abs=1e-3)
    else:
        cut = stats.norm.cdf(4)  # where the physical range lies further out than four spreads it does not matter
        wide = quantile(replace(parameter, p_low=None, p_high=None), np.array([1 - cut, cut]))
        if p_low < wide[0] and wide[1] < p_high:
            assert found[1:4] == pytest.approx([low, parameter.value, high], rel=2e-3, abs=1e-9)


def test_two_halves_meet_at_the_value() -> None:
    """A lognormal whose upper side is wider: log-quantiles are z times the spread of their own side."""
    theta = load_parameters("body")["g_W"]
    z = stats.norm.ppf([0.2, 0.8])
    below = np.log(theta.value / theta.uncertainty.low) / stats.norm.ppf(0.95)
    above = np.log(theta.uncertainty.high / theta.value) / stats.norm.ppf(0.95)
    expected = theta.value * np.exp(z * [below, above])
    assert quantile(theta, np.array([0.2, 0.8])) == pytest.approx(expected, rel=1e-6)


@settings(max_examples=20, deadline=None)
@given(number=st.integers(1, 300), fixed=st.sets(st.sampled_from([p.key for p in UNCERTAIN]), max_size=5))
def test_a_set_depends_on_its_number_alone(number: int, fixed: set[str]) -> None:
    """Not on how many sets there are, nor on which other parameters are fixed."""
    alone = drawn_tables(TABLES, number, fixed=fixed, seed=3)
    among = unit_points(TABLES, np.arange(1, 301), 3)[number - 1]
    values = set_values(TABLES, among)
    for key, value in values.items():
        table, _, symbol = key.partition(".")
        expected = getattr(TABLES, table).value(symbol) if key in fixed else value
        assert getattr(alone, table).value(symbol) == expected


def test_sets_fill_the_cube_better_than_chance() -> None:
    """Means of 128 quasi-random points are 10 times nearer to one half than those of random points (0.0255)."""
    points = unit_points(TABLES, np.arange(1, 129), 1)
    assert points.shape == (128, len(UNCERTAIN))
    assert np.abs(points.mean(axis=0) - 0.5).max() < 0.0255 / 10
    assert not np.array_equal(points, unit_points(TABLES, np.arange(1, 129), 2))


def test_what_is_not_drawn() -> None:
    """Hypotheses of the causal setting, and what the joined model does not use."""
    keys = {p.key for p in UNCERTAIN}
    assert not keys & {"mood.beta_S", "mood.beta_L", "mood.th_S", "mood.cov_pain", "body.b_E"}
    assert {"body.theta", "body.gut_auto", "mood.w_P"} <= keys


def test_gain_of_withdrawal_is_set_again_in_every_set() -> None:
    """P_W = p_WP / (1 + h_Pon/(E_WP h_Poff)) uses the values of the set (body.md section 6)."""
    body = drawn_tables(TABLES, 5).body.plain()
    expected = body["p_WP"] / (1 + body["h_Pon"] / (body["E_WP"] * body["h_Poff"]))
    assert chronicity_half(body) == pytest.approx(expected, rel=1e-12)
    assert chronicity_half(body) != pytest.approx(chronicity_half(TABLES.body.plain()), rel=1e-3)


def test_extreme_sets_can_be_lived(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Corners of the cube, where half-times are shortest and effects largest, give finite numbers."""
    path = scenario(tmp_path, AS_NEEDED, count=8, population="regular_users", experience="14 d")
    experiment = build_experiment(load_scenario(path))
    for k in range(12):
        corner = np.where(np.random.default_rng(k).random(len(UNCERTAIN)) < 0.5, 1e-4, 1 - 1e-4)
        tables = tables_at(TABLES, set_values(TABLES, corner))
        other = replace(experiment, cohort=replace(experiment.cohort, tables=tables))
        tally, rows = run_range(other, 0, 8)
        assert all(np.isfinite(sketch.mean()).any() for sketch in tally.arms[0].by_name.values())
        assert len(rows[0].persons) == 8

"""What must hold whatever is taken, by whomever (`design/body.md` section 12)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import oracle
from helpers import BODY, DAY, STOP, daily, mg, once, plan, single, typical
from ketum.body import fields as body_fields
from ketum.engine.outputs import output_catalogue
from ketum.engine.prepare import Group, prepare_group
from ketum.engine.simulate import Simulated, Window, simulate
from ketum.people import draw_persons
from ketum.regimens import Medicine, Phase

AMOUNTS = tuple(name for name in body_fields.STATES if name.startswith("amt_"))
LEVELS = (
    *("effect", "tolerance", "adapted", "recruited", "protracted_delay", "protracted"),
    *("withdrawal_level", "reward_slow", "arousal_drive", "arousal_habit", "gut_3a"),
)
BODY_AND_BRAIN = {name: output for name, output in output_catalogue().items() if output.room != "mood"}
HOURLY = tuple(name for name in BODY_AND_BRAIN if not name.startswith("side_effect:"))
FRACTIONS = tuple(name for name, output in BODY_AND_BRAIN.items() if output.unit in ("0-1", "probability", "share"))
TOTALS = ("servings", "dose", "dose_mg")
SIDE_EFFECTS = tuple(name for name in output_catalogue() if name.startswith("side_effect:"))


def group_of(first: int, count: int, seed: int, dt: float = 0.5) -> Group:
    return prepare_group(draw_persons(np.arange(first, first + count), seed, BODY), BODY, dt)


# --- any regimen, anybody --------------------------------------------------------------------------

LARGEST = {"leaf_tea": 400.0, "leaf_powder": 400.0, "extract": 400.0, "7oh_tablet": 200.0, "morphine": 200.0}


@st.composite
def phases(draw: st.DrawFn) -> Phase:
    product = draw(st.sampled_from(sorted(LARGEST)))
    days = draw(st.integers(1, 6))
    if product != "morphine" and draw(st.booleans()):
        return Phase(mode="as_needed", product=product, for_h=days * 24.0)
    clock = draw(st.lists(st.integers(0, 47), min_size=1, max_size=6, unique=True))
    amount = draw(st.floats(0.1, LARGEST[product]))
    return daily(product, amount, sorted(0.5 * half_hour for half_hour in clock), days)


MEDICINES = st.sampled_from(
    [
        (),
        (single("naloxone", 2, 60),),
        (single("naltrexone", 50, 75), single("naloxone", 0.4, 80)),
        (Medicine(name="ketoconazole", from_h=24, for_h=72),),
        (Medicine(name="rifampicin", from_h=48), single("buprenorphine", 16, 50), single("methadone", 80, 70)),
    ]
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    parts=st.lists(phases(), min_size=1, max_size=3),
    medicines=MEDICINES,
    seed=st.integers(0, 2**31),
    dt=st.sampled_from([0.25, 0.5]),
)
def test_amounts_and_levels_stay_in_their_range(
    parts: list[Phase], medicines: Sequence[Medicine], seed: int, dt: float
) -> None:
    days = 20
    schedule = plan([*parts, STOP], days, dt, medicines)
    window = Window(0, days * DAY, FRACTIONS, 0, round(1 / dt), snapshots=tuple(range(0, days * DAY, 3)))
    run = simulate(group_of(0, 32, seed, dt), schedule, window, seed=seed)
    for k in range(len(run.snapshots)):
        for name in AMOUNTS:
            assert run.snapshot(k, name).min() >= 0, name
        for name in LEVELS:
            values = run.snapshot(k, name)
            assert 0 <= values.min() <= values.max() <= 1, name
    for name in FRACTIONS:  # among them the effect, sedation, symptoms and anhedonia, 1 - R
        values = run.outputs[name]
        assert 0 <= values.min() <= values.max() <= 1, name


def test_without_a_product_nothing_ever_happens() -> None:
    days = 400
    outputs = ("mor_activation", "stimulation", "sedation", "withdrawal", "cows", "anhedonia")
    group = group_of(0, 64, 9)
    run = simulate(group, plan([STOP], days, 0.5), Window(0, days * DAY, outputs, 0, 2))
    for name in set(outputs) - {"withdrawal"}:
        assert_array_equal(run.outputs[name], 0.0, err_msg=name)
    p = group.persons.parameters
    background = p["sows_0"] + p["sows_D"] * p["Dist"]
    readings = run.outputs["withdrawal"]
    assert_array_equal(readings, np.broadcast_to(readings[0], readings.shape))
    assert_allclose(readings[0], background, rtol=1e-15)
    assert_array_equal(run.state("reward_slow"), 1.0)
    assert_array_equal(run.state("arousal_drive") - run.state("arousal_habit"), 0.0)


# --- directions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("antagonist", "dose"), [("naloxone", 0.4), ("naltrexone", 50)])
def test_effect_falls_when_an_antagonist_is_added(antagonist: str, dose: float) -> None:
    at = 10 * DAY + 9
    window = Window(0, 12 * DAY, ("mor_activation",), at, 2)
    group, leaf = group_of(0, 32, 2), [daily("leaf_powder", 61, (7, 13, 19))]
    with_it, without = (
        simulate(group, plan(leaf, 12, 0.5, given_too), window).outputs["mor_activation"]
        for given_too in ((single(antagonist, dose, at),), ())
    )
    assert_array_equal(with_it[0], without[0])  # the moment of the dose
    assert np.all(with_it[1:7] < without[1:7])
    assert np.all(with_it[1:4] < 0.8 * without[1:4])


def test_speciociliatine_without_efficacy_lowers_the_effect() -> None:
    peaks = []
    for ratio in (0.0, 0.263, 1.0):
        body = BODY.with_values({"tau_SP": 0.0, "r_SP": ratio})
        run = typical([once("leaf_powder", 61)], 1, outputs=["mor_activation"], every=0.25, body=body)
        assert np.all(np.diff([0.0, *run["mor_activation"][:3]]) >= 0)
        peaks.append(run["mor_activation"][1:])
    assert np.all(peaks[1] < peaks[0])
    assert np.all(peaks[2] < peaks[1])


def test_one_medicine_less_gives_the_run_without_it() -> None:
    # A medicine that is planned but starts after the end, or has factor 1, changes nothing at all.
    group, leaf = group_of(0, 32, 2), [daily("leaf_powder", 61, (7, 13, 19))]
    window = Window(0, 10 * DAY, HOURLY, 0, 2)
    base = simulate(group, plan(leaf, 10, 0.5), window)
    for medicine in (
        single("naltrexone", 50, 11 * DAY),
        Medicine(name="ketoconazole", from_h=11 * DAY),
        Medicine(name="fluoxetine"),
        single("naloxone", 0.0, 5 * DAY),
    ):
        other = simulate(group, plan(leaf, 10, 0.5, [medicine]), window)
        for name in HOURLY:
            assert_array_equal(other.outputs[name], base.outputs[name], err_msg=f"{medicine.name} {name}")
    together = simulate(group, plan(leaf, 10, 0.5, [Medicine(name="ketoconazole")]), window)
    assert np.all(together.outputs["mitragynine"][DAY:] > base.outputs["mitragynine"][DAY:])


# --- step and restart ------------------------------------------------------------------------------

LEAF_YEAR, TABLET_YEAR = (
    daily("leaf_powder", 61, (7, 13, 19), 365),
    daily("7oh_tablet", 20, (7, 13, 19), 365),
)
MORPHINE_YEAR = daily("morphine", 60, (0, 6, 12, 18), 365)


@pytest.mark.parametrize(
    ("phase", "last_clock", "allowed"),
    [
        # E, T, D, SOWS: the errors of the accuracy table at both steps together
        pytest.param(LEAF_YEAR, 19, (6.0e-4, 6.1e-4, 3.3e-4, 0.065), id="leaf"),
        pytest.param(MORPHINE_YEAR, 18, (3.4e-3, 4.4e-3, 3.3e-3, 0.65), id="morphine"),
        pytest.param(TABLET_YEAR, 19, (3.4e-4, 5.0e-4, 2.3e-4, 0.025), id="tablet"),
    ],
)
def test_doubling_the_step_changes_a_year_and_a_stop_little(
    phase: Phase, last_clock: int, allowed: tuple[float, ...]
) -> None:
    outputs = ("mor_activation", "tolerance", "adapted", "withdrawal")
    fine, coarse = (
        typical([phase, STOP], 365 + 30, dt, outputs=(*outputs, "protracted"), since=363 * DAY) for dt in (0.25, 0.5)
    )
    for name, most in zip(outputs, allowed, strict=True):
        assert np.abs(fine[name] - coarse[name]).max() <= most, name
    # The error of P grows over the whole year, the table's runs last a month: the tolerance of the check table.
    assert_allclose(coarse["protracted"], fine["protracted"], rtol=0.01)
    stops = [oracle.stop_summary(run.t, run["withdrawal"], 364 * DAY + last_clock) for run in (fine, coarse)]
    assert stops[0]["t_peak"] == pytest.approx(stops[1]["t_peak"], abs=2)
    assert stops[0]["t_10"] == pytest.approx(stops[1]["t_10"], abs=0.3 * DAY)


AS_NEEDED = Phase(mode="as_needed", product="leaf_powder", for_h=40.0 * DAY)
RESTARTS: dict[str, tuple[list[Phase], list[Medicine]]] = {
    "fixed": ([daily("leaf_powder", 61, (7, 13, 19), 20), STOP], []),
    "lots": ([Phase(mode="per_day", product="leaf_powder", dose=mg("leaf_powder", 61), count=3), STOP], []),
    "as needed": ([AS_NEEDED, STOP], []),
    "medicines": (
        [AS_NEEDED, STOP],
        [
            single("naltrexone", 50, 10 * DAY + 4),
            Medicine(name="fluvoxamine", from_h=5 * DAY, for_h=8 * DAY),
            Medicine(name="morphine", dose_mg=30, at_h=(8.0, 20.0), from_h=2 * DAY, for_h=30 * DAY),
        ],
    ),
}


def broken_run(regimen: str, cut: int, outputs: tuple[str, ...]) -> tuple[Simulated, Simulated]:
    """An unbroken run and the second part of one that was saved at hour `cut` and started again."""
    parts, medicines = RESTARTS[regimen]
    days = 50
    group, schedule = group_of(0, 32, 3), plan(parts, days, 0.5, medicines)
    unbroken = simulate(group, schedule, Window(0, days * DAY, outputs, cut, 2), seed=4)
    saved = simulate(group, schedule, Window(0, cut, leads_to=outputs), seed=4).states
    return unbroken, simulate(group, schedule, Window(cut, days * DAY, outputs, cut, 2), seed=4, start=saved)


@pytest.mark.parametrize("cut", [10 * DAY, 10 * DAY + 13, 35 * DAY + 6])
@pytest.mark.parametrize("regimen", RESTARTS)
def test_restart_equals_an_unbroken_run_bit_for_bit(regimen: str, cut: int) -> None:
    unbroken, restarted = broken_run(regimen, cut, HOURLY)
    assert_array_equal(restarted.states, unbroken.states)
    for name in HOURLY:
        first = 1 if name in TOTALS else 0  # the total at the cut counts the hour before it
        assert_array_equal(restarted.outputs[name][first:], unbroken.outputs[name][first:], err_msg=name)


@pytest.mark.parametrize("cut", [10 * DAY, 10 * DAY + 13])
def test_restart_keeps_side_effects(cut: int) -> None:
    unbroken, restarted = broken_run("as needed", cut, SIDE_EFFECTS)
    for name in SIDE_EFFECTS:
        assert_array_equal(restarted.outputs[name][1:], unbroken.outputs[name][1:], err_msg=name)


def test_a_series_of_distress_moves_the_background_and_the_decisions() -> None:
    days = 60
    group = group_of(0, 64, 9)
    p = group.persons.parameters
    hours = np.arange(days * DAY)
    low, high = np.zeros(len(hours)), np.ones(len(hours))
    schedule, window = plan([STOP], days, 0.5), Window(0, days * DAY, ("withdrawal",), 0, 2)
    calm, upset = (simulate(group, schedule, window, distress=d).outputs["withdrawal"] for d in (low, high))
    assert_allclose(calm[1:], np.broadcast_to(p["sows_0"], calm[1:].shape), rtol=1e-15)
    assert_allclose(upset[1:], np.broadcast_to(p["sows_0"] + p["sows_D"], upset[1:].shape), rtol=1e-15)
    fixed = np.broadcast_to(p["Dist"], (len(hours), 64))
    needed = plan([AS_NEEDED], days, 0.5)
    day = Window(0, days * DAY, ("servings", "withdrawal"), 0, 48)
    own, given = simulate(group, needed, day), simulate(group, needed, day, distress=fixed)
    assert_array_equal(own.outputs["withdrawal"], given.outputs["withdrawal"])
    more = simulate(group, needed, day, distress=high).outputs["servings"].mean()
    assert more > simulate(group, needed, day, distress=low).outputs["servings"].mean() * 1.1

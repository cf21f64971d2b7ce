"""Person 17 is the same in every run, bit for bit; random numbers and small functions are what they are said to be."""

from __future__ import annotations

import math

import numba
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from helpers import BODY, DAY, STOP, Array, plan, single
from ketum import numerics
from ketum.engine.prepare import prepare_group
from ketum.engine.simulate import Simulated, Window, simulate
from ketum.people import draw_persons
from ketum.people.streams import philox, uniforms
from ketum.regimens import Amount, Medicine, Phase

DAYS = 60
OUTPUTS = ("mitragynine", "mor_activation", "withdrawal", "anhedonia", "servings", "dose", "side_effect:nausea")
ANTAGONIST = [single("naltrexone", 50, 30 * DAY + 9), Medicine(name="fluvoxamine", from_h=5 * DAY, for_h=20 * DAY)]
FIXED = [
    Phase(mode="per_day", product="leaf_powder", dose=Amount(4.0, "g leaf"), count=3, for_h=40.0 * DAY),
    STOP,
]
AS_NEEDED = [Phase(mode="as_needed", product="leaf_powder", for_h=40.0 * DAY), STOP]
REGIMENS = {"fixed": (FIXED, []), "as needed": (AS_NEEDED, []), "antagonist": (AS_NEEDED, ANTAGONIST)}


def run(numbers: NDArray[np.int64], regimen: str, seed: int = 6) -> Simulated:
    """The persons of these numbers; two months, hourly outputs of the last 30 days."""
    phases, medicines = REGIMENS[regimen]
    group = prepare_group(draw_persons(numbers, seed, BODY), BODY, 0.5)
    window = Window(0, DAYS * DAY, OUTPUTS, 30 * DAY, 2, 30 * DAY, 30 * DAY, (20 * DAY,))
    return simulate(group, plan(phases, DAYS, 0.5, medicines), window, seed=seed)


def assert_same(one: Simulated, many: Simulated, where: NDArray[np.int64]) -> None:
    """Everything kept of `one` equals what is kept of the persons at places `where` of `many`."""
    for name in OUTPUTS:
        assert_array_equal(one.outputs[name], many.outputs[name][:, where], err_msg=name)
    assert_array_equal(one.trace, many.trace[:, where])
    assert_array_equal(one.snapshots, many.snapshots[:, :, where])


@pytest.fixture(scope="module", params=REGIMENS)
def crowd(request: pytest.FixtureRequest) -> tuple[str, Simulated]:
    return request.param, run(np.arange(1024), request.param)


def test_alone_or_in_a_crowd(crowd: tuple[str, Simulated]) -> None:
    regimen, many = crowd
    assert many.outputs["mor_activation"].std(axis=1).max() > 0.01  # persons differ
    for block in (0, 17, 31):
        numbers = np.arange(32 * block, 32 * block + 32)
        assert_same(run(numbers, regimen), many, numbers)


def test_blocks_in_another_order(crowd: tuple[str, Simulated]) -> None:
    regimen, many = crowd
    numbers = np.random.default_rng(1).permutation(np.arange(256).reshape(8, 32)).reshape(-1)
    assert not np.array_equal(numbers, np.arange(256))
    assert_same(run(numbers, regimen), many, numbers)


def test_some_persons_in_any_lane(crowd: tuple[str, Simulated]) -> None:
    regimen, many = crowd
    numbers = np.random.default_rng(2).choice(1024, 64, replace=False)
    assert_same(run(numbers, regimen), many, numbers)


def test_another_seed_gives_other_persons_lots_and_decisions() -> None:
    numbers = np.arange(32)
    persons = draw_persons(numbers, 6, BODY)
    group, schedule = prepare_group(persons, BODY, 0.5), plan(AS_NEEDED, DAYS, 0.5)
    window = Window(0, DAYS * DAY, ("servings", "mitragynine"), 0, 2)
    runs = [simulate(group, schedule, window, seed=seed).outputs for seed in (6, 6, 7)]
    assert_array_equal(runs[0]["servings"], runs[1]["servings"])
    assert np.any(runs[0]["servings"] != runs[2]["servings"])  # decisions; the persons are the same
    others = draw_persons(numbers, 7, BODY).parameters
    assert np.all(others["g_W"] != persons.parameters["g_W"])


# --- random numbers --------------------------------------------------------------------------------


@numba.njit
def words(counter: NDArray[np.uint64], key: NDArray[np.uint64]) -> tuple[int, int, int, int]:
    return philox(counter[0], counter[1], counter[2], counter[3], key[0], key[1])


@pytest.mark.parametrize(
    ("counter", "key", "published"),
    [  # known answers of the authors' Random123 library, kat_vectors, philox4x32 with 10 rounds
        ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_philox_known_answers(counter: tuple[int, ...], key: tuple[int, ...], published: str) -> None:
    found = words(np.array(counter, dtype=np.uint64), np.array(key, dtype=np.uint64))
    assert " ".join(f"{int(word):08x}" for word in found) == published


def test_uniforms_are_open_spread_and_independent_of_their_company() -> None:
    persons, counters = np.arange(2000), np.arange(50)
    u = uniforms(3, persons, 202, counters)
    assert 0 < u.min() < u.max() < 1
    assert u.mean() == pytest.approx(0.5, abs=4 / math.sqrt(12 * u.size))
    assert np.abs(np.corrcoef(u[:10])[np.triu_indices(10, 1)]).max() < 5 / math.sqrt(2000)
    assert len(np.unique(u)) == u.size
    assert_array_equal(uniforms(3, persons[[1700, 4]], 202, counters[[49, 0, 7]]), u[np.ix_([49, 0, 7], [1700, 4])])
    for other in (uniforms(4, persons, 202, counters), uniforms(3, persons, 203, counters)):
        assert not np.any(other == u)


# --- small functions -------------------------------------------------------------------------------


@numba.njit
def exp_of(x: Array) -> Array:
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = numerics.exp(x[i])
    return out


def test_exp_is_the_library_exp_to_two_units_in_the_last_place() -> None:
    spread = np.random.default_rng(3).uniform(-1, 1, 100_000)
    x = np.concatenate([708 * spread, spread, 1e-3 * spread, 0.5 * math.log(2) * np.arange(-2000, 2001)])
    expected = np.array([math.exp(value) for value in x])
    assert np.abs(exp_of(x) / expected - 1).max() < 4e-16


def test_exp_is_clipped_at_708() -> None:
    x = np.array([-np.inf, -1e6, -708.0, 708.0, 1e6, np.inf])
    found = exp_of(x)
    assert_array_equal(found[:3], found[2])
    assert_array_equal(found[3:], found[3])
    assert found[[2, 3]] == pytest.approx([math.exp(-708), math.exp(708)], rel=4e-16)
    assert exp_of(np.zeros(1))[0] == 1.0


@numba.njit
def relaxed(x: float, gain: float, loss: float) -> tuple[float, float]:
    return numerics.relax8(x, gain, loss), numerics.relax4(x, gain, loss)


@pytest.mark.parametrize("x", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
@pytest.mark.parametrize(
    ("place", "largest", "truncation"),
    [(0, numerics.SERIES_BOUND_FAST, 2e-8), (1, numerics.SERIES_BOUND_SLOW, 1e-6)],
    ids=["relax8", "relax4"],
)
def test_relaxation_is_exact_within_its_bound(
    x: float, share: float, place: int, largest: float, truncation: float
) -> None:
    for loss in largest * np.array([1e-6, 0.01, 0.1, 0.5, 1.0]):
        gain = share * loss  # the state tends to `share`
        increment = (share - x) * -math.expm1(-loss)
        found = relaxed(x, gain, loss)[place] - x
        assert abs(found - increment) <= truncation * abs(increment) + 3e-16

"""The two population tables of the specification (`design/body.md` section 11) at their stated size.

Persons come from the draws of the body table alone. Conventions below the table: regular use is at least 0.4 servings
a day over the last 15 days; the first serving of a day counts if it follows a gap of 6 h or more; days after the stop
count from its midnight.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers import BODY, DAY, STOP, YEAR, Array, plan
from ketum.brain.use_disorder import use_disorder_class, withdrawal_potential
from ketum.brain.withdrawal import chronicity_half
from ketum.engine.prepare import prepare_group
from ketum.engine.simulate import Simulated, Window, simulate
from ketum.people import Persons, draw_persons
from ketum.people.streams import USE_DISORDER, uniforms
from ketum.regimens import Amount, Phase

SEED, DT, CHUNK = 1, 0.5, 256
LAST_DAYS, DAYS_AFTER = 15, 30
TABLE = BODY.plain()


def background(persons: Persons) -> Array:
    p = persons.parameters
    return np.asarray(p["sows_0"] + p["sows_D"] * p["Dist"])


def sows(persons: Persons, level: NDArray[np.floating]) -> Array:
    """SOWS from withdrawal levels (hour, person)."""
    b = background(persons)
    return np.asarray(b + (TABLE["sows_max"] - b) * level.astype(float))


def states_by_hour(run: Simulated, name: str) -> Array:
    return np.array([run.snapshot(k, name) for k in range(len(run.snapshots))])


# --- as-needed use for a year, then a stop ---------------------------------------------------------


@dataclass(frozen=True)
class Users:
    """One number per person, or (day, person) for what happens around a day's first serving (nan: none counts)."""

    frequency: Array
    grams: Array
    before: Array
    fall: Array
    gain: Array
    E: Array
    T: Array
    D: Array
    P: Array
    peak: Array
    hours_to_peak: Array
    on_days: Array
    disorder: Array


DAYS_READ = (1, 2, 3, 5, 7, 10, 14)


def as_needed(numbers: NDArray[np.int64]) -> Users:
    """A year of as-needed leaf powder, then 30 days without."""
    persons = draw_persons(numbers, SEED, BODY)
    phase = Phase(mode="as_needed", product="leaf_powder", for_h=float(YEAR))
    schedule = plan([phase, STOP], 365 + DAYS_AFTER, DT)
    window = Window(
        0,
        YEAR + DAY * DAYS_AFTER,
        trace_from=YEAR - 1,  # the trace holds SOWS at the end of each hour
        trace_hours=DAY * DAYS_AFTER + 1,
        snapshots=tuple(range(YEAR - DAY * LAST_DAYS, YEAR + 1)),
    )
    run = simulate(prepare_group(persons, BODY, DT), schedule, window, seed=SEED)
    p = persons.parameters
    E, P, W = (states_by_hour(run, name) for name in ("effect", "protracted", "withdrawal_level"))
    since = states_by_hour(run, "since_serving")
    arousal = states_by_hour(run, "arousal_drive") - states_by_hour(run, "arousal_habit")
    A = p["a_A"] * arousal - p["s_E"] * E**2
    m = p["b_E"] * E + p["b_A"] * A - p["b_W"] * W - p["b_P"] * P
    score = sows(persons, W)

    taken = (since[1:] == 1.0).reshape(LAST_DAYS, DAY, -1)  # one hour has passed since a serving of this hour
    first = taken.argmax(axis=1) + DAY * np.arange(LAST_DAYS)[:, None]
    who = np.arange(len(numbers))
    counts = taken.any(axis=1) & (since[first, who] >= 6)
    later = np.minimum(first + np.arange(1, 4)[:, None, None], len(since) - 1)
    after = run.trace.astype(float)
    last = [states_by_hour(run, name)[-1] for name in ("tolerance", "adapted", "protracted")]
    potential = withdrawal_potential(last[1], last[2], p["g_W"], chronicity_half(TABLE), TABLE)
    u = uniforms(SEED, numbers, USE_DISORDER, np.array([0]))[0]
    return Users(
        frequency=taken.sum(axis=(0, 1)) / LAST_DAYS,
        grams=states_by_hour(run, "serving")[-1],
        before=np.where(counts, score[first, who], np.nan),
        fall=np.where(counts, score[first, who] - score[later, who].min(axis=0), np.nan),
        gain=np.where(counts, m[later, who].max(axis=0) - m[first, who], np.nan),
        E=E[:-1].mean(axis=0),
        T=last[0],
        D=last[1],
        P=last[2],
        peak=after.max(axis=0),
        hours_to_peak=after.argmax(axis=0) + since[-1],
        on_days=after[[DAY * day for day in DAYS_READ]],
        disorder=(use_disorder_class(potential, u, TABLE) > 0).astype(float),
    )


@pytest.fixture(scope="module")
def users() -> Users:
    """2,000 persons, in chunks that keep memory small; regular users only."""
    chunks = [as_needed(np.arange(first, first + CHUNK)) for first in range(0, 2000, CHUNK)]
    joined = {
        field.name: np.concatenate([getattr(chunk, field.name) for chunk in chunks], axis=-1)[..., :2000]
        for field in fields(Users)
    }
    regular = joined["frequency"] >= 0.4
    assert regular.mean() > 0.95
    return Users(**{name: values[..., regular] for name, values in joined.items()})


def test_use(users: Users) -> None:
    assert users.frequency.mean() == pytest.approx(2.58, abs=0.15)
    assert np.median(users.grams) == pytest.approx(4.3, abs=0.4)
    assert users.grams.mean() == pytest.approx(6.0, abs=0.5)


def test_first_serving_of_the_day(users: Users) -> None:
    assert np.nanmean(users.before) == pytest.approx(5.3, abs=0.5)
    assert np.nanmean(users.fall) == pytest.approx(3.2, abs=0.4)
    assert np.nanmean(users.gain) == pytest.approx(0.27, abs=0.05)


def test_states_at_the_stop(users: Users) -> None:
    assert users.E.mean() == pytest.approx(0.167, rel=0.05)
    assert users.T.mean() == pytest.approx(0.43, rel=0.05)
    assert users.D.mean() == pytest.approx(0.15, rel=0.05)
    assert users.P.mean() == pytest.approx(0.25, rel=0.05)


def test_withdrawal_after_the_stop(users: Users) -> None:
    assert users.peak.mean() == pytest.approx(13.3, abs=1.2)
    assert users.peak.std() == pytest.approx(12.1, abs=1.5)
    assert list(np.quantile(users.peak, [0.1, 0.5, 0.9])) == pytest.approx([2.1, 9.3, 31], rel=0.1, abs=0.3)
    assert list(np.quantile(users.hours_to_peak, [0.1, 0.5, 0.9])) == pytest.approx([45, 56, 69], abs=4)
    published = [10.5, 12.8, 11.4, 8.0, 5.7, 3.7, 2.6]
    assert list(users.on_days.mean(axis=1)) == pytest.approx(published, rel=0.1)


def test_use_disorder(users: Users) -> None:
    assert users.disorder.mean() == pytest.approx(0.255, abs=0.025)


def test_frequency_matters_more_than_grams(users: Users) -> None:
    def z(values: Array) -> Array:
        return np.asarray((values - values.mean()) / values.std())

    predictors = np.column_stack([z(users.frequency), z(users.grams)])
    slopes = np.linalg.lstsq(predictors, z(users.peak), rcond=None)[0]
    assert list(slopes) == pytest.approx([0.39, 0.06], abs=0.06)


# --- 4 g three times a day for half a year, then a stop or a taper ---------------------------------

HALF_YEAR = 182
FOUR_GRAMS = Phase(
    mode="per_day",
    product="leaf_powder",
    dose=Amount(4.0, "g leaf"),
    count=3,
    for_h=float(HALF_YEAR * DAY),
)
TAPER = Phase(mode="taper_over", for_h=56.0 * DAY)


@dataclass(frozen=True)
class Stopped:
    """One number per person."""

    last_day: Array
    D: Array
    largest: Array
    days_to_peak: Array
    point_days: Array


def half_year(phases: list[Phase]) -> Stopped:
    """1,000 persons; readings from the stop, or the start of the taper, on."""
    persons = draw_persons(np.arange(1024), SEED, BODY)
    days, stop = HALF_YEAR + 56 + 60, HALF_YEAR * DAY
    window = Window(
        0,
        days * DAY,
        trace_from=stop - DAY,
        trace_hours=days * DAY - stop + DAY,
        snapshots=(stop,),
    )
    run = simulate(prepare_group(persons, BODY, DT), plan(phases, days, DT), window, seed=SEED)
    score = run.trace.astype(float)[:, :1000]
    after = score[DAY - 1 :]
    return Stopped(
        last_day=score[:DAY].max(axis=0),
        D=run.snapshot(0, "adapted")[:1000],
        largest=after.max(axis=0),
        days_to_peak=(after.argmax(axis=0) + run.snapshot(0, "since_serving")[:1000]) / DAY,
        point_days=(after - background(persons)[:1000]).sum(axis=0) / DAY,
    )


@pytest.fixture(scope="module")
def abrupt() -> Stopped:
    return half_year([FOUR_GRAMS, STOP])


def test_fixed_use_and_an_abrupt_stop(abrupt: Stopped) -> None:
    assert abrupt.largest.mean() == pytest.approx(15.1, abs=1.2)
    assert abrupt.largest.std() == pytest.approx(12.4, abs=1.2)
    assert list(np.quantile(abrupt.largest, [0.1, 0.5, 0.9])) == pytest.approx([2.8, 11.4, 33], rel=0.1)
    assert np.median(abrupt.days_to_peak) == pytest.approx(2.2, abs=2 / DAY)
    assert abrupt.D.mean() == pytest.approx(0.17, abs=0.005)
    assert abrupt.last_day.mean() == pytest.approx(5.4, abs=1.2)
    assert abrupt.point_days.mean() == pytest.approx(73, rel=0.1)


def test_fixed_use_and_a_taper(abrupt: Stopped) -> None:
    taper = half_year([FOUR_GRAMS, TAPER, STOP])
    assert taper.largest.mean() == pytest.approx(7.4, abs=1.2)
    assert taper.largest.std() == pytest.approx(6.5, abs=1.2)
    assert list(np.quantile(taper.largest, [0.1, 0.5, 0.9])) == pytest.approx([2.1, 5.3, 15], rel=0.1)
    assert taper.point_days.mean() == pytest.approx(72, rel=0.1)
    assert taper.largest.mean() < 0.6 * abrupt.largest.mean()

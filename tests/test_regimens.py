"""From phases of a protocol to doses: every form of a phase against times counted by hand (body.md section 9)."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ketum.engine.experiment import Experiment
from ketum.engine.layout import LANES
from ketum.engine.prepare import prepare_group
from ketum.engine.simulate import Window, resting_states, simulate
from ketum.regimens.schedule import DOSE, Schedule, spread_hours
from ketum.scenario import load_scenario
from ketum.scenario.build import build_experiment

Array = NDArray[np.float64]
LEAF = 'product = "leaf_powder", dose = "4 g"'
DAY = 24
WAKES = (6, 7, 8)
"""Wake-up times of the parameter table."""


def experiment(folder: Path, use: str, days: int, *, more: str = "", people: str = "", record: str = "") -> Experiment:
    path = folder / "regimen.toml"
    path.write_text(
        f'seed = 5\n[people]\ncount = 32\n{people}\n[[arm]]\nname = "arm"\nuse = [{use}]\n{more}\n'
        f'[record]\nfor = "{days} d"\nevery = "1 h"\n{record}\n'
    )
    return build_experiment(load_scenario(path))


def schedule(folder: Path, use: str, days: int, **options: str) -> Schedule:
    return experiment(folder, use, days, **options).arms[0].schedule


def doses(found: Schedule, wake: int = -1, steps_per_hour: int = 2) -> list[float]:
    """Hours of the servings of everybody, or of those who wake up at an hour."""
    return [e.step / steps_per_hour for e in found.events if e.kind == DOSE and e.wake == wake]


def amounts(found: Schedule, wake: int = -1) -> list[float]:
    return [e.amount for e in found.events if e.kind == DOSE and e.wake == wake]


# fixed phases


@pytest.mark.parametrize(
    ("count", "hours"),
    [
        (1, [0]),
        (2, [0, 8]),
        (3, [0, 5, 11]),
        (4, [0, 4, 8, 12]),
        (5, [0, 3, 6, 10, 13]),
        (6, [0, 3, 5, 8, 11, 13]),
        (7, [0, 2, 5, 7, 9, 11, 14]),
        (8, [0, 2, 4, 6, 8, 10, 12, 14]),
    ],
)
def test_servings_a_day_spread_over_waking_hours(count: int, hours: list[int], tmp_path: Path) -> None:
    found = schedule(tmp_path, f'{{ {LEAF}, per_day = {count}, for = "3 d" }}', 5)
    for wake in WAKES:
        assert doses(found, wake) == [DAY * day + wake + hour for day in range(3) for hour in hours]
    assert doses(found) == []
    assert {e.amount for e in found.events} == {4.0}
    assert len(found.events) == 3 * 3 * count


@settings(max_examples=50, deadline=None, database=None)
@given(count=st.integers(1, 24), awake=st.integers(1, 20))
def test_spread_servings_lie_within_waking_hours(count: int, awake: int) -> None:
    hours = spread_hours(count, awake)
    assert len(hours) == count
    assert hours == sorted(hours)
    assert hours[0] == 0
    assert hours[-1] <= awake - awake / count + 0.5


def test_servings_at_clock_times(tmp_path: Path) -> None:
    found = schedule(tmp_path, f'{{ {LEAF}, per_day = 2, at = ["08:00", "20:30"], for = "2 d" }}', 3)
    assert doses(found) == [8.0, 20.5, 32.0, 44.5]


def test_day_zero_is_a_monday(tmp_path: Path) -> None:
    weekend = f'{{ {LEAF}, per_day = 1, at = ["09:00"], on_days = ["sat", "sun"] }}'
    assert doses(schedule(tmp_path, weekend, 15)) == [DAY * day + 9 for day in (5, 6, 12, 13)]
    monday = weekend.replace('["sat", "sun"]', '["mon"]')
    assert doses(schedule(tmp_path, monday, 15)) == [DAY * day + 9 for day in (0, 7, 14)]


def test_weekdays_are_those_of_the_record_in_a_later_phase(tmp_path: Path) -> None:
    later = f'{{ {LEAF}, per_day = 1, at = ["09:00"], on_days = ["wed"], for = "14 d" }}'
    found = schedule(tmp_path, f'{{ {LEAF}, times = 1 }}, {{ pause = "3 d" }}, {later}', 30)
    # The last phase begins on day 4, a Friday; Wednesdays within its 14 days are days 9 and 16.
    assert doses(found) == [0, *(DAY * day + 9 for day in (9, 16))]


def test_record_begins_on_a_monday_whatever_the_run_in(tmp_path: Path) -> None:
    weekend = f'{{ {LEAF}, per_day = 1, at = ["09:00"], on_days = ["sat"] }}'
    people = 'population = "regular_users"\nexperience = "10 d"'
    found = schedule(tmp_path, weekend, 14, people=people)
    assert doses(found) == [240 + DAY * day + 9 for day in (5, 12)]


@pytest.mark.parametrize(
    ("keys", "hours"),
    [
        ('every = "3 d", for = "10 d"', [0, 72, 144, 216]),
        ('every = "3 d", at = ["08:00"], for = "10 d"', [8, 80, 152, 224]),
        ('every = "3 d", at = ["08:00"], first_day = 2, for = "10 d"', [56, 128, 200]),
        ('every = "36 h", for = "5 d"', [0, 36, 72, 108]),
        ('every = "90 min", for = "1 d"', [1.5 * k for k in range(16)]),
        ('every = "12 h", on_days = ["tue", "fri"], for = "7 d"', [24, 36, 96, 108]),
        ("times = 1", [0]),
        ('times = 1, at = ["21:30"]', [21.5]),
        ("times = 3", [0, 24, 48]),
        ('times = 4, every = "8 h"', [0, 8, 16, 24]),
        ('times = 2, every = "8 h", first_day = 3, at = ["20:00"]', [92, 100]),
        ('per_day = 1, at = ["07:00"], first_day = 3, for = "5 d"', [79, 103]),
    ],
)
def test_intervals_and_counts(keys: str, hours: list[float], tmp_path: Path) -> None:
    found = schedule(tmp_path, f"{{ {LEAF}, {keys} }}", 21)
    assert doses(found) == hours
    assert set(amounts(found)) == {4.0}


def test_thirds_of_an_hour_do_not_drift(tmp_path: Path) -> None:
    found = schedule(tmp_path, f'{{ {LEAF}, every = "100 min", for = "30 d" }}', 30, record='step = "20 min"')
    assert [e.step for e in found.events] == list(range(0, 30 * 72, 5))


def test_record_cuts_what_lies_beyond_it(tmp_path: Path) -> None:
    found = schedule(tmp_path, f'{{ {LEAF}, per_day = 1, at = ["23:00"], for = "9 d" }}', 3)
    assert doses(found) == [23, 47, 71]


# one phase after another


def test_phases_follow_one_another(tmp_path: Path) -> None:
    use = (
        f'{{ {LEAF}, per_day = 1, at = ["08:00"], for = "2 d" }}, '
        '{ pause = "3 d" }, '
        '{ product = "7oh_tablet", dose = "2 tablet", every = "12 h", for = "1 d" }, '
        '{ stop = true, for = "2 d" }, '
        '{ product = "extract", dose = "250 mg", times = 2 }, '
        f"{{ {LEAF}, as_needed = true }}"
    )
    found = schedule(tmp_path, use, 14)
    assert doses(found) == [8, 32, 120, 132, 192, 216]
    assert amounts(found) == [4, 4, 2, 2, 250, 250]
    products = [found.columns[e.column].product for e in found.events]
    assert products == ["leaf_powder"] * 2 + ["7oh_tablet"] * 2 + ["extract"] * 2
    (needed,) = found.as_needed
    assert (needed.first_hour, needed.last_hour, needed.amount) == (240, 336, 4.0)
    assert found.stop_hour is None


@pytest.mark.parametrize(
    ("use", "stop_day"),
    [
        (f'{{ {LEAF}, per_day = 2, for = "3 d" }}, {{ stop = true }}', 3),
        (f'{{ {LEAF}, per_day = 2, for = "3 d" }}, {{ stop = true, for = "2 d" }}, {{ {LEAF}, per_day = 1 }}', None),
        (
            f'{{ {LEAF}, per_day = 2, for = "3 d" }}, {{ stop = true, for = "2 d" }}, '
            f'{{ {LEAF}, as_needed = true, for = "4 d" }}, {{ stop = true }}',
            9,
        ),
        (f'{{ {LEAF}, per_day = 2, for = "3 d" }}', 3),
        (f'{{ {LEAF}, as_needed = true, for = "4 d" }}', 4),
        (f"{{ {LEAF}, per_day = 2 }}", None),
        (f'{{ {LEAF}, per_day = 2, for = "99 d" }}, {{ stop = true }}', None),
        ("{ stop = true }", 0),
    ],
)
def test_when_regular_use_ends(use: str, stop_day: int | None, tmp_path: Path) -> None:
    found = schedule(tmp_path, use, 20)
    assert found.stop_hour == (None if stop_day is None else DAY * stop_day)
    assert found.taper_end_hour is None
    people = 'population = "regular_users"\nexperience = "7 d"'
    later = schedule(tmp_path, use, 20, people=people)
    assert later.stop_hour == (None if stop_day is None else DAY * stop_day + 168)


# tapers


def test_linear_taper(tmp_path: Path) -> None:
    use = f'{{ {LEAF}, per_day = 1, at = ["08:00"], for = "7 d" }}, {{ taper_over = "56 d" }}'
    found = schedule(tmp_path, use, 90)
    # Day d of the taper brings 1 - (d + 1)/56. Day 53: 2/56 = 0.036; day 54: 1/56 = 0.018, below 0.02: it has ended.
    assert doses(found)[7:] == [DAY * (7 + day) + 8 for day in range(54)]
    assert amounts(found)[7:] == pytest.approx([4 * (55 - day) / 56 for day in range(54)], rel=1e-12)
    assert amounts(found)[7] == pytest.approx(4 * 55 / 56)
    assert amounts(found)[-1] == pytest.approx(4 * 2 / 56)
    assert found.stop_hour == 7 * DAY
    assert found.taper_end_hour == (7 + 54) * DAY


def test_linear_taper_that_meets_its_end_exactly(tmp_path: Path) -> None:
    use = f'{{ {LEAF}, per_day = 1, at = ["08:00"], for = "7 d" }}, {{ taper_over = "50 d" }}'
    found = schedule(tmp_path, use, 90)
    # Day 48 brings 1 - 49/50 = 0.02, which is not below 0.02; day 49 brings nothing.
    assert len(doses(found)) == 7 + 49
    assert found.taper_end_hour == (7 + 49) * DAY


def test_taper_by_a_share_a_week(tmp_path: Path) -> None:
    use = f'{{ {LEAF}, per_day = 2, for = "7 d" }}, {{ taper_by = "10 %/wk" }}, {{ stop = true }}'
    found = schedule(tmp_path, use, 300)
    # 0.9^37 = 0.0203 and 0.9^38 = 0.0182: 37 weeks of servings, the first at 90%.
    for wake in WAKES:
        assert len(doses(found, wake)) == 2 * 7 * 38
        assert doses(found, wake)[-1] == DAY * (7 + 37 * 7 - 1) + wake + 8
        weekly = amounts(found, wake)[14::14]
        assert weekly == pytest.approx([4 * 0.9 ** (week + 1) for week in range(37)], rel=1e-12)
        assert amounts(found, wake)[14:28] == [weekly[0]] * 14
    assert found.stop_hour == DAY * (7 + 37 * 7)
    assert found.taper_end_hour is None


def test_taper_by_a_share_at_the_end_of_the_record(tmp_path: Path) -> None:
    found = schedule(tmp_path, f'{{ {LEAF}, per_day = 1, for = "7 d" }}, {{ taper_by = "50 %/wk" }}', 90)
    # 0.5^5 = 0.031, 0.5^6 = 0.016: five weeks.
    assert amounts(found, 7)[7::7] == [2.0, 1.0, 0.5, 0.25, 0.125]
    assert (found.stop_hour, found.taper_end_hour) == (7 * DAY, 42 * DAY)


def test_end_of_a_taper_can_be_set(tmp_path: Path) -> None:
    use = f'{{ {LEAF}, per_day = 1, at = ["08:00"], for = "1 d" }}, {{ taper_over = "10 d" }}'
    found = schedule(tmp_path, use, 20, more="[parameters]\ntaper_end = 0.35")
    assert amounts(found) == pytest.approx([4, 3.6, 3.2, 2.8, 2.4, 2.0, 1.6])
    assert found.taper_end_hour == 7 * DAY


def test_taper_keeps_the_rhythm_of_its_phase(tmp_path: Path) -> None:
    use = f'{{ {LEAF}, every = "3 d", at = ["08:00"], for = "7 d" }}, {{ taper_over = "14 d" }}'
    found = schedule(tmp_path, use, 30)
    # Servings on days 0, 3, 6; then on days 9, 12, 15, 18, which are days 2, 5, 8, 11 of the taper.
    assert doses(found) == [DAY * day + 8 for day in (0, 3, 6, 9, 12, 15, 18)]
    assert amounts(found)[3:] == pytest.approx([4 * 11 / 14, 4 * 8 / 14, 4 * 5 / 14, 4 * 2 / 14])
    days = f'{{ {LEAF}, per_day = 1, at = ["08:00"], on_days = ["mon"], for = "7 d" }}, {{ taper_over = "21 d" }}'
    weekly = schedule(tmp_path, days, 30)
    assert doses(weekly) == [DAY * day + 8 for day in (0, 7, 14, 21)]
    assert amounts(weekly)[1:] == pytest.approx([4 * 20 / 21, 4 * 13 / 21, 4 * 6 / 21])


# medicines


def test_windows_of_medicines_that_change_cyp3a(tmp_path: Path) -> None:
    more = (
        'medicines = [{ name = "ketoconazole", from = "1 d", for = "36 h" }, '
        '{ name = "rifampicin", from = "48 h" }, { name = "ketoconazole", from = "4 d", for = "1 d" }]'
    )
    found = schedule(tmp_path, f"{{ {LEAF}, times = 1 }}", 6, more=more)
    both, keto, rif = frozenset({"ketoconazole", "rifampicin"}), frozenset({"ketoconazole"}), frozenset({"rifampicin"})
    assert found.comedication == [(24, keto), (48, both), (60, rif), (96, both), (120, rif)]
    assert len(doses(found)) == 1
    people = 'population = "regular_users"\nexperience = "5 d"'
    later = schedule(tmp_path, f"{{ {LEAF}, times = 1 }}", 6, more=more, people=people)
    assert later.comedication == [(hour + 120, names) for hour, names in found.comedication]


def test_doses_of_medicines(tmp_path: Path) -> None:
    more = (
        'medicines = [{ name = "methadone", dose = "80 mg", at = ["08:00", "20:00"], from = "1 d", for = "36 h" }, '
        '{ name = "naltrexone", dose = "50 mg", per_day = 1, from = "3 d" }]'
    )
    found = schedule(tmp_path, f"{{ {LEAF}, times = 1 }}", 5, more=more)
    of = {found.columns[k].product: k for k in range(len(found.columns))}
    methadone = [(e.step / 2, e.amount) for e in found.events if e.column == of["methadone"]]
    assert methadone == [(32.0, 80.0), (44.0, 80.0), (56.0, 80.0)]
    for wake in WAKES:
        naltrexone = [e.step / 2 for e in found.events if e.column == of["naltrexone"] and e.wake == wake]
        assert naltrexone == [72 + wake, 96 + wake]
    serving = {found.columns[k].product: found.columns[k].serving for k in of.values()}
    assert serving == {"leaf_powder": True, "methadone": False, "naltrexone": False}
    assert found.comedication == []
    assert [e.step for e in found.events] == sorted(e.step for e in found.events)


def test_medicine_beyond_the_record_is_not_given(tmp_path: Path) -> None:
    more = (
        'medicines = [{ name = "methadone", dose = "80 mg", per_day = 1, from = "9 d" }, '
        '{ name = "rifampicin", from = "9 d" }]'
    )
    found = schedule(tmp_path, f"{{ {LEAF}, times = 1 }}", 5, more=more)
    assert len(found.events) == 1
    assert all(names == frozenset() for _, names in found.comedication)


# what persons do with it


def servings(plan: Experiment, *outputs: str) -> tuple[Array, dict[str, Array]]:
    """Wake-up time of each person, and outputs by the hour in which they happen, (hour, person)."""
    cohort = plan.cohort
    group = prepare_group(cohort.persons(0, 4 * LANES), cohort.tables.body, plan.dt)
    window = Window(0, plan.hours, outputs, 0, plan.steps_per_hour)
    found = simulate(group, plan.arms[0].schedule, window, seed=cohort.seed, start=resting_states(group)).outputs
    # A reading counts what was taken since the one before it; the first reads the start.
    return group.persons.parameters["t_wake"], {name: values[1:] for name, values in found.items()}


def test_everybody_serves_by_their_own_wake_up_time(tmp_path: Path) -> None:
    wake, found = servings(experiment(tmp_path, f"{{ {LEAF}, per_day = 3 }}", 2), "servings")
    assert set(wake) == set(WAKES)
    for person, taken in enumerate(found["servings"].T):
        hours = wake[person] + np.array([0, 5, 11])
        assert list(np.flatnonzero(taken)) == [*hours, *(hours + DAY)]
        assert taken.sum() == 6


EAGER = "[parameters]\nlam_0 = 3.0\ngap_min = %s"


@pytest.mark.parametrize("gap", [1, 2, 5])
def test_as_needed_keeps_to_waking_hours_and_gaps(gap: int, tmp_path: Path) -> None:
    plan = experiment(tmp_path, f"{{ {LEAF}, as_needed = true }}", 6, more=EAGER % gap)
    wake, found = servings(plan, "servings", "dose")
    taken = found["servings"]
    assert set(np.unique(taken)) == {0.0, 1.0}
    clock = np.arange(len(taken)) % DAY
    awake = (clock[:, None] >= wake) & (clock[:, None] < wake + 16)
    assert not np.any(taken[~awake])
    assert np.any(taken[clock == 6])
    assert np.any(taken[clock == 23])
    shortest = min(np.diff(np.flatnonzero(person)).min() for person in taken.T)
    assert shortest == gap
    first = [found["dose"][np.flatnonzero(person)[0], k] for k, person in enumerate(taken.T)]
    assert set(first) == {4.0}


def test_as_needed_stops_at_its_daily_limit(tmp_path: Path) -> None:
    text = f"{{ {LEAF}, as_needed = true%s }}"
    _, free = servings(experiment(tmp_path, text % "", 6, more=EAGER % 2), "servings")
    _, held = servings(experiment(tmp_path, text % ", at_most_per_day = 3", 6, more=EAGER % 2), "servings")
    daily = [taken["servings"].reshape(6, DAY, -1).sum(axis=1) for taken in (free, held)]
    assert daily[0].max() > 5
    assert daily[1].max() == 3
    assert np.mean(daily[1] == 3) > 0.5
    # Up to the third serving of the first day both do the same.
    before = np.cumsum(held["servings"][:DAY], axis=0) < 3
    assert np.array_equal(free["servings"][:DAY][before], held["servings"][:DAY][before])


def test_as_needed_begins_and_ends_with_its_phase(tmp_path: Path) -> None:
    use = f'{{ {LEAF}, as_needed = true, first_day = 1, for = "3 d" }}, {{ pause = "1 d" }}, '
    use += '{ product = "7oh_tablet", dose = "1 tablet", as_needed = true, for = "1 d" }, { stop = true }'
    _, found = servings(experiment(tmp_path, use, 7, more=EAGER % 2), "servings", "dose", "dose_mg")
    daily = found["servings"].reshape(7, DAY, -1).sum(axis=(1, 2))
    assert list(daily > 0) == [False, True, True, False, True, False, False]
    leaf = found["dose"].reshape(7, DAY, -1).sum(axis=(1, 2))
    assert list(leaf > 0) == [False, True, True, False, False, False, False]
    assert found["dose_mg"].reshape(7, DAY, -1).sum(axis=(1, 2))[4] > 0.0

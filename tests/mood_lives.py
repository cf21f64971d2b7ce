"""The compiled mood half alone, in the terms of `mood_oracle.py`: chosen adults, every day of their lives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables, shipped_tables
from ketum.engine.layout import LANES, PLACES
from ketum.engine.measure import Answers, hamd17, phq9
from ketum.engine.mind import Mind
from ketum.engine.prepare import Group, prepare_group
from ketum.engine.simulate import Simulated, Window, resting_states, simulate
from ketum.mood import CausalSetting, Course, causal_settings
from ketum.people import Candidates, draw_candidates, draw_persons
from ketum.regimens import Amount, Phase
from ketum.regimens.schedule import NATURAL, Schedule, build_schedule
from ketum.scenario.build import grid

Array = NDArray[np.float64]
SEED = 1
NULL = causal_settings()["null"]


def adults(count: int, tables: Tables | None = None) -> Candidates:
    """Draw US adults by number."""
    t = tables or shipped_tables()
    return draw_candidates(np.arange(count, dtype=np.int64), SEED, t.covariates, t.mood, t.rules.value("S_cap"))


def take(people: Candidates, chosen: NDArray[np.bool_]) -> Candidates:
    """Return some of the people."""
    return Candidates(**{name: getattr(people, name)[chosen] for name in Candidates.__slots__})


@dataclass
class Lives:
    """A group of people whose mood is run without kratom; the group is filled up to whole blocks."""

    people: Candidates
    tables: Tables

    def __post_init__(self) -> None:
        self.count = len(self.people.keys)

    @cached_property
    def group(self) -> Group:
        missing = -self.count % LANES
        filled = Candidates(
            **{
                name: np.concatenate([values, values[:missing]]) if missing else values
                for name in Candidates.__slots__
                for values in [getattr(self.people, name)]
            }
        )
        t = self.tables
        persons = draw_persons(filled.keys, SEED, t.body, filled, t.covariates, t.mood)
        return prepare_group(persons, t.body, 0.5, t, SEED)

    def run(
        self,
        days: int,
        courses: tuple[Course, ...] = (),
        *,
        setting: CausalSetting = NULL,
        natural: bool = False,
        states: dict[str, Array] | None = None,
        schedule: Schedule | None = None,
        snapshots: tuple[int, ...] = (),
        outputs: tuple[str, ...] = (),
    ) -> Simulated:
        """Run whole days; `natural` lets hazards of spells act, `states` replace states at the start."""
        start = resting_states(self.group)
        for name, values in (states or {}).items():
            padded = np.resize(values, len(self.group.persons.numbers))
            start[:, PLACES[name] : PLACES[name] + LANES] = padded.reshape(-1, LANES)
        modes = np.full(days, NATURAL, dtype=np.int64) if natural else None
        window = Window(0, 24 * days, outputs, 0, 48, snapshots=snapshots)
        mind = Mind(setting, courses, modes)
        rests = schedule is None
        return simulate(self.group, schedule or Schedule(), window, seed=SEED, start=start, resting=rests, mind=mind)

    def days(self, days: int, courses: tuple[Course, ...] = (), **more: object) -> dict[str, Array]:
        """Return every day by name, (day, person)."""
        found = self.run(days, courses, **more).days  # type: ignore[arg-type]
        return {name: values[:, : self.count] for name, values in found.items()}

    def answers(self, visit: int, survey: int = 0) -> Answers:
        """Return whose answers at which visit."""
        return Answers(SEED, self.people.keys, np.array([visit]), survey)

    def phq9(self, severity: Array, visit: int, survey: int = 0) -> Array:
        """Return PHQ-9 of one visit, (person,)."""
        return phq9(self.answers(visit, survey), severity[None], self.tables)[0]

    def hamd(self, severity: Array, visit: int, survey: int = 0) -> Array:
        """Return measured HAM-D17 before rounding, (person,)."""
        return hamd17(self.answers(visit, survey), severity[None], self.tables, whole=False)[0]


def lives(people: Candidates, tables: Tables | None = None) -> Lives:
    """Return the lives of people."""
    return Lives(people, tables or shipped_tables())


def enriched(factor: float) -> Tables:
    """Return the tables with another hazard of starting to use."""
    tables = shipped_tables()
    more = tables.mood.with_values({"h_0": tables.mood.value("h_0") * factor})
    return replace(tables, mood=more)


def nearly_nothing(these: Lives, days: int) -> Schedule:
    """Return a schedule with one dose at the very end, so that the body is run and with it every hour."""
    dose = Amount(1.0, "g leaf")
    late = Phase(mode="per_day", product="leaf_powder", dose=dose, count=1, at_h=(23.5,), first_day=days - 1)
    return build_schedule([late], grid(these.tables.body, 24 * days, 0, 2))


def noise_at(these: Lives, days: int, clock: Iterable[int]) -> Array:
    """Return the momentary deviation at clock hours of some days, (day, hour, person)."""
    hours = tuple(24 * day + hour for day in range(days) for hour in clock)
    run = these.run(days, snapshots=hours, outputs=("momentary_mood",), schedule=nearly_nothing(these, days))
    found = np.array([run.snapshot(k, "mood_noise")[: these.count] for k in range(len(hours))])
    return found.reshape(days, -1, these.count)

"""Regular users: how often and how much, the morning before the first serving, withdrawal, use disorder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Cohort, Tables
from ketum.engine.endpoints import dependence, withdrawal_course
from ketum.engine.mind import Mind
from ketum.engine.observe import Scene
from ketum.engine.prepare import Group, prepare_group
from ketum.engine.simulate import Simulated, Window, resting_states, simulate
from ketum.evidence import group_of
from ketum.mood import causal_settings
from ketum.people import Persons
from ketum.regimens import Phase
from ketum.regimens.phases import HOURS_PER_DAY
from ketum.regimens.schedule import FORCED, NO_SPELL
from ketum.studies.lives.living import STEP_H, STEPS_PER_HOUR
from ketum.studies.lives.people import filled
from ketum.validation.protocols import one
from ketum.validation.studies.living import laid_out, zero_or_one

Array = NDArray[np.float64]
_CHUNK = 2048
"""Persons who are lived at once."""
SETTING = "pharmacology"
"""The causal setting in which users are lived: the default of scenarios."""


class _Life:
    """A chunk of regular users: a year of use as needed, its last days read hourly, then a stop for good."""

    def __init__(self, group: Group, seed: int) -> None:
        assert group.tables is not None
        body = group.tables.body
        self.group, self.seed = group, seed
        self.days = round(body.value("run_in_days"))
        self.after = round(body.value("wd_days"))
        hours = HOURS_PER_DAY * (self.days + self.after)
        use = Phase(mode="as_needed", product="leaf_powder", for_h=float(HOURS_PER_DAY * self.days))
        self.schedule = laid_out(group.tables, (use, Phase(mode="stop")), hours, STEPS_PER_HOUR)

    def run(self, first: int, last: int, window: Window, start: Array | None = None) -> Simulated:
        """Run days `first` to `last` of this life."""
        modes = np.array([FORCED if day < self.days else NO_SPELL for day in range(first, last)], dtype=np.int64)
        mind = Mind(causal_settings()[SETTING], (), modes, NO_SPELL if first == 0 else FORCED)
        begin = resting_states(self.group) if start is None else start
        return simulate(self.group, self.schedule, window, seed=self.seed, start=begin, resting=False, mind=mind)


@dataclass(frozen=True, slots=True)
class _Lived:
    """What is kept of regular users: what was measured, and the states at the stop that use disorder is read from."""

    measured: dict[str, Array]
    persons: Persons
    states: dict[str, Array]


_kept: dict[object, list[_Lived]] = {}
"""The last lives; use disorder, which does not act back on them, is read from them with new thresholds."""
_READ_AFTERWARDS = "use_disorder"


def _lives(tables: Tables, persons: int, seed: int) -> list[_Lived]:
    body = tuple(p for p in tables.body.values() if group_of(p.symbol) != _READ_AFTERWARDS)
    others = (tables.mood, tables.covariates, tables.scales, tables.rules)
    key = (persons, seed, body, *(tuple(table.values()) for table in others))
    if key not in _kept:
        cohort = Cohort(persons, seed, "regular_users", tables)
        found = []
        for first in range(0, filled(persons), _CHUNK):
            people = cohort.persons(first, min(_CHUNK, filled(persons) - first))
            found.append(_live(prepare_group(people, tables.body, STEP_H, tables, seed), seed))
        _kept.clear()
        _kept[key] = found
    return _kept[key]


def regular_users(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Live a year of use as needed, then a stop, and read users in the last weeks, at the stop and after it.

    "servings_per_day" and "serving_g" over and at the end of the last ``use_days`` days; "sows_before" and "sows_fall",
    each person's mean over morning servings (the first of a day after a gap); "sows_peak" after a stop;
    "use_disorder", and with it "tolerance" and "withdrawal" as criteria (not a number without the disorder).
    """
    found = [{**part.measured, **_disorder(part, tables, seed)} for part in _lives(tables, persons, seed)]
    return {name: np.concatenate([some[name] for some in found])[:persons] for name in found[0]}


def _disorder(part: _Lived, tables: Tables, seed: int) -> dict[str, Array]:
    states = (part.states[name] for name in ("adapted", "protracted", "tolerance"))
    held = dependence(Scene(part.persons, tables.body.plain(), seed, tables), *states)
    disorder = held["use_disorder_class"] > 0.0
    return {
        "use_disorder": zero_or_one(disorder),
        "tolerance": np.where(disorder, held["tolerance_criterion"], np.nan),
        "withdrawal": np.where(disorder, held["withdrawal_criterion"], np.nan),
    }


def _live(group: Group, seed: int) -> _Lived:
    table = group.table
    life = _Life(group, seed)
    lead, gap, fall = (round(one("regular", name)) for name in ("lead_days", "gap_h", "fall_h"))
    month = round(table["use_days"])
    stop = HOURS_PER_DAY * life.days
    early = HOURS_PER_DAY * (life.days - max(month, lead))
    use = life.run(0, life.days, Window(0, stop, ("withdrawal", "servings"), early, STEPS_PER_HOUR))
    sows, servings = use.outputs["withdrawal"], use.outputs["servings"]
    since_morning = -HOURS_PER_DAY * lead - 1
    hours = HOURS_PER_DAY * life.after
    traced = Window(stop, stop + hours, trace_from=stop, trace_hours=hours)
    rest = life.run(life.days, life.days + life.after, traced, use.states)
    background = rest.state("trace_background")
    course = withdrawal_course(rest.trace, 0, background, use.state("since_serving"), table)
    measured = {
        "servings_per_day": servings[-HOURS_PER_DAY * month :].sum(axis=0) / month,
        "serving_g": use.state("serving").copy(),
        **_mornings(sows[since_morning:], servings[since_morning:], gap, fall),
        "sows_peak": course["withdrawal_peak"],
    }
    states = {name: use.state(name).copy() for name in ("adapted", "protracted", "tolerance")}
    return _Lived(measured, group.persons, states)


def _mornings(sows: Array, servings: Array, gap: int, fall: int) -> dict[str, Array]:
    """Return each person's mean SOWS before the first serving of a day after a gap, and its fall some hours later.

    `sows` are readings at full hours, (hour + 1, person); `servings` those of the hour before each reading.
    """
    days = (len(sows) - 1) // HOURS_PER_DAY
    taken = servings[1:] > 0.0
    by_day = taken.reshape(days, HOURS_PER_DAY, -1)
    first = by_day.argmax(axis=1) + HOURS_PER_DAY * np.arange(days)[:, None]
    who = np.arange(taken.shape[1])
    before = np.concatenate([np.ones((gap, len(who)), dtype=bool), taken])  # what came before the days is not known
    rested = ~np.array([before[first + back, who] for back in range(gap)]).any(axis=0)
    counts = by_day.any(axis=1) & rested
    at = sows[first, who]
    later = sows[np.minimum(first + fall, len(sows) - 1), who]
    number = counts.sum(axis=0)

    def mean(values: Array) -> Array:
        total = np.where(counts, values, 0.0).sum(axis=0)
        found: Array = np.divide(total, number, out=np.full(len(who), np.nan), where=number > 0)
        return found

    return {"sows_before": mean(at), "sows_fall": mean(at - later)}

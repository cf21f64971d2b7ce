"""Who starts to use kratom, why, for how long: a world of eight years from no use (mood.md section 6).

In the `null` setting kratom does nothing to severity, so a person's severity is that of the never-use life whatever
the person takes, and neither body nor brain need be run. Few ever start: who could not at the worst severity there is
is left out, which changes nothing. Paths of severity are lived once and kept for the next set of hazards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.engine.measure import Answers, phq9
from ketum.errors import EvidenceError
from ketum.evidence import Parameter, group_of
from ketum.people import Candidates, motives
from ketum.people.covariates import DAYS_PER_YEAR, MOTIVES, draw_traits
from ketum.studies.lives.people import adults, take
from ketum.studies.lives.spells import days_of_use, likely_starters
from ketum.validation.protocols import one
from ketum.validation.studies.living import Minds, zero_or_one

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
_OF_SPELLS, _OF_MOTIVES = "spells", "motives"
"""Groups of parameters that the never-use life does not know; motives are not known to spells either."""
_BATCH = 1024


class _World:
    """Severity of every day of adults by number, lived when first asked for, and the last history of use.

    Severity is kept with single precision, to spare memory.
    """

    def __init__(self, tables: Tables, seed: int, days: int) -> None:
        self.tables, self.seed, self.days = tables, seed, days
        self._keys = np.empty(0, dtype=np.int64)
        self._paths: list[NDArray[np.float32]] = []
        self._last = np.empty(0)
        self.history: tuple[object, _History] | None = None

    def severity(self, people: Candidates) -> tuple[NDArray[np.float32], Array]:
        """Return severity at the end of each day, (person, day), and that of the last two weeks, (person,)."""
        missing = np.flatnonzero(~np.isin(people.keys, self._keys))
        for first in range(0, len(missing), _BATCH):
            some = take(people, missing[first : first + _BATCH])
            lived = Minds(some, self.tables, self.seed).days(self.days)
            self._paths += list(np.ascontiguousarray(lived["severity"].T, dtype=np.float32))
            self._last = np.concatenate([self._last, lived["severity_14d"][-1]])
        self._keys = np.concatenate([self._keys, people.keys[missing]])
        order = np.argsort(self._keys)
        places = order[np.searchsorted(self._keys, people.keys, sorter=order)]
        found = np.empty((len(places), self.days), dtype=np.float32)
        for row, place in zip(found, places, strict=True):
            row[:] = self._paths[place]
        return found, self._last[places]


_kept: dict[object, _World] = {}
"""The last world that was lived."""


def _parameters(tables: Tables, without: frozenset[str]) -> tuple[Parameter, ...]:
    """Return all rows on which a life may depend, but those of some groups."""
    own = [p for p in tables.mood.values() if group_of(p.symbol) not in without]
    return (*own, *tables.covariates.values(), *tables.rules.values(), *tables.scales.values())


def _world(tables: Tables, seed: int, days: int) -> _World:
    key = (seed, days, _parameters(tables, frozenset({_OF_SPELLS, _OF_MOTIVES})))
    if key not in _kept:
        _kept.clear()
        _kept[key] = _World(tables, seed, days)
    return _kept[key]


@dataclass(frozen=True, slots=True)
class _History:
    """Use of people over the days of the world, each (person,): flags, and what else is asked of users.

    `before` is severity on the day before the first use, `years` since that day, `last` the two-week severity at the
    end.
    """

    recent: Flags
    current: Flags
    ever: Flags
    before: Array
    years: Array
    last: Array


def _history(people: Candidates, trier: Flags, tables: Tables, seed: int) -> _History:
    """Return who used in the last year, uses now, ever used, and what goes with it."""
    days, year = round(one("world", "days")), round(one("world", "year_days"))
    world = _world(tables, seed, days)
    key = (_parameters(tables, frozenset({_OF_MOTIVES})), people.keys.tobytes())
    if world.history is None or world.history[0] != key:
        count = len(people.keys)
        recent, current, ever = (np.zeros(count, dtype=bool) for _ in range(3))
        before, years, last = people.severity.copy(), np.zeros(count), np.zeros(count)
        for first in range(0, count, _BATCH):
            here = np.arange(first, min(first + _BATCH, count))
            some = take(people, here)
            severity, last[here] = world.severity(some)
            using = days_of_use(some, trier[here], severity, tables, seed, _enrichment())
            recent[here], current[here], ever[here] = using[:, -year:].any(1), using[:, -1], using.any(1)
            began = using.argmax(axis=1)
            years[here] = (days - began) / DAYS_PER_YEAR
            later = np.flatnonzero(began > 0)
            before[here[later]] = severity[later, began[later] - 1]
        world.history = key, _History(recent, current, ever, before, years, last)
    return world.history[1]


def _enrichment() -> int:
    """Return by how much hazards of starting are raised: for how many adults each then stands."""
    factor = one("world", "enrichment")
    if factor < 1.0 or factor != round(factor):
        raise EvidenceError(f"protocols.csv: world, enrichment: {factor:g} is not allowed; a whole number from 1 on")
    return round(factor)


def _of_everybody(flags: Flags, places: NDArray[np.int64], persons: int) -> Array:
    """Return flags over all adults for whom the persons stand, as 0 or 1.

    With the hazard of starting times e, one in e of those who start would have. Each person therefore stands for e
    adults of whom e - 1 do not start. A share among so many has the mean of the population and, drawn by chance, the
    variance p(1-p)/n of a survey of n adults; shares over e of the persons themselves would vary less.

    Examples
    --------
    >>> found = _of_everybody(np.array([True, False]), np.array([3, 7]), 10)
    >>> int(found.sum()), len(found) == 10 * _enrichment()
    (1, True)
    """
    found = np.zeros(persons * _enrichment())
    found[places] = flags
    return found


def world(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Live eight years of US adults from no use on, in the `null` setting.

    "past year" and "lifetime" use (0 or 1, of all adults for whom the persons stand); of past-year users (else not a
    number) "man|user", "age|user", "prior opioid|user", "pain|user"; of current users "motive <name>" (one of several
    answers) and "main motive <name>".
    """
    people = adults(tables, 0, persons, seed)
    places = likely_starters(people, tables, seed, round(one("world", "days")), _enrichment())
    some = take(people, places)
    traits = draw_traits(some, seed, tables.covariates, tables.mood)
    use = _history(some, traits.trier, tables, seed)
    strength = motives(some, traits, use.before, tables.covariates, tables.mood)
    largest = strength.argmax(axis=0)

    def of(whom: Flags, values: Array | Flags) -> Array:
        found = np.full(persons, np.nan)
        found[places] = np.where(whom, values, np.nan)
        return found

    return {
        "past year": _of_everybody(use.recent, places, persons),
        "lifetime": _of_everybody(use.ever, places, persons),
        "man|user": of(use.recent, ~some.female),
        "age|user": of(use.recent, some.age),
        "prior opioid|user": of(use.recent, some.opioid),
        "pain|user": of(use.recent, some.pain),
        **{f"motive {name}": of(use.current, strength[k] > 0.0) for k, name in enumerate(MOTIVES)},
        **{f"main motive {name}": of(use.current, largest == k) for k, name in enumerate(MOTIVES)},
    }


def population_survey(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Ask US adults after eight years of availability how long they have used, and let them fill in the PHQ-9.

    "current|ever used" (0 or 1); "years|current users" since the first day of use; "phq9 10+|users" and
    "phq9 10+|others" (0 or 1) of past-year users and of those who never used.
    """
    days = round(one("world", "days"))
    people = adults(tables, 0, persons, seed)
    places = likely_starters(people, tables, seed, days, _enrichment())
    some = take(people, places)
    trier = draw_traits(some, seed, tables.covariates, tables.mood).trier
    use = _history(some, trier, tables, seed)
    current, ever, recent = (np.zeros(persons, dtype=bool) for _ in range(3))
    current[places], ever[places], recent[places] = use.current, use.ever, use.recent
    years = np.full(persons, np.nan)
    years[places] = np.where(use.current, use.years, np.nan)
    severity = people.severity.copy()  # the population is stationary: that of the others is read at the start
    severity[places] = use.last
    answers = Answers(seed, people.keys, np.array([days], dtype=np.int64))
    ill = zero_or_one(phq9(answers, severity[None], tables)[0] >= tables.scales.value("phq9_band_2"))
    return {
        "current|ever used": np.where(ever, current, np.nan),
        "years|current users": years,
        "phq9 10+|users": np.where(recent, ill, np.nan),
        "phq9 10+|others": np.where(ever, np.nan, ill),
    }

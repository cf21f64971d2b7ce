"""Who starts to use kratom, and why: a world of eight years from no use (mood.md section 6).

In the `null` setting kratom does nothing to severity, so a person's severity is that of the never-use life whatever
the person takes, and neither body nor brain need be run. Few ever start: who could not at the worst severity there is
is left out, which changes nothing. Paths of severity are lived once and kept for the next set of hazards.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.evidence import Parameter, group_of
from ketum.people import Candidates, motives
from ketum.people.covariates import MOTIVES, draw_traits
from ketum.validation.protocols import protocols
from ketum.validation.studies.living import Minds, adults, take
from ketum.validation.studies.spells import days_of_use, likely_starters

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
        self.history: tuple[object, tuple[Flags, Flags, Flags, Array]] | None = None

    def severity(self, people: Candidates) -> NDArray[np.float32]:
        """Return severity at the end of each day, (person, day)."""
        missing = np.flatnonzero(~np.isin(people.keys, self._keys))
        for first in range(0, len(missing), _BATCH):
            some = take(people, missing[first : first + _BATCH])
            severity = Minds(some, self.tables, self.seed).days(self.days)["severity"]
            self._paths += list(np.ascontiguousarray(severity.T, dtype=np.float32))
        self._keys = np.concatenate([self._keys, people.keys[missing]])
        order = np.argsort(self._keys)
        places = order[np.searchsorted(self._keys, people.keys, sorter=order)]
        found = np.empty((len(places), self.days), dtype=np.float32)
        for row, place in zip(found, places, strict=True):
            row[:] = self._paths[place]
        return found


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


def _history(people: Candidates, trier: Flags, tables: Tables, seed: int) -> tuple[Flags, Flags, Flags, Array]:
    """Return who used in the last year, uses now, ever used, and severity before the first day of use."""
    p = protocols()["world"]
    world = _world(tables, seed, round(p["days"]))
    key = (_parameters(tables, frozenset({_OF_MOTIVES})), people.keys.tobytes())
    if world.history is None or world.history[0] != key:
        year = round(p["year_days"])
        found = [np.zeros(len(people.keys), dtype=bool) for _ in range(3)]
        before = people.severity.copy()
        for first in range(0, len(people.keys), _BATCH):
            here = np.arange(first, min(first + _BATCH, len(people.keys)))
            severity = world.severity(take(people, here))
            using = days_of_use(take(people, here), trier[here], severity, tables, seed, p["enrichment"])
            for flags, values in zip(found, (using[:, -year:].any(1), using[:, -1], using.any(1)), strict=True):
                flags[here] = values
            began = using.argmax(axis=1)
            later = np.flatnonzero(began > 0)
            before[here[later]] = severity[later, began[later] - 1]
        world.history = key, (found[0], found[1], found[2], before)
    return world.history[1]


def world(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Live eight years of US adults from no use on, in the `null` setting.

    "past year" and "lifetime" use (0 or 1 over the enrichment, so that their mean is the prevalence); of past-year
    users (else not a number) "man|user", "age|user", "prior opioid|user", "pain|user"; of current users "motive <name>"
    (one of several answers) and "main motive <name>".
    """
    p = protocols()["world"]
    enrichment = p["enrichment"]
    people = adults(tables, 0, persons, seed)
    places = likely_starters(people, tables, seed, round(p["days"]), enrichment)
    some = take(people, places)
    traits = draw_traits(some, seed, tables.covariates, tables.mood)
    recent, current, ever, before = _history(some, traits.trier, tables, seed)
    strength = motives(some, traits, before, tables.covariates, tables.mood)
    largest = strength.argmax(axis=0)

    def spread(values: Array | Flags, known: Flags, other: float) -> Array:
        found = np.full(persons, other)
        found[places] = np.where(known, values, other)
        return found

    everybody = np.ones(len(places), dtype=bool)
    return {
        "past year": spread(recent / enrichment, everybody, 0.0),
        "lifetime": spread(ever / enrichment, everybody, 0.0),
        "man|user": spread(~some.female, recent, np.nan),
        "age|user": spread(some.age, recent, np.nan),
        "prior opioid|user": spread(some.opioid, recent, np.nan),
        "pain|user": spread(some.pain, recent, np.nan),
        **{f"motive {name}": spread(strength[k] > 0.0, current, np.nan) for k, name in enumerate(MOTIVES)},
        **{f"main motive {name}": spread(largest == k, current, np.nan) for k, name in enumerate(MOTIVES)},
    }

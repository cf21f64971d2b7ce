"""Who takes part in a study, and how their days are lived: short ways into the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Cohort, Tables
from ketum.engine.layout import LANES, PLACES
from ketum.engine.measure import Answers, hamd17
from ketum.engine.simulate import resting_states
from ketum.mood import Course, causal_settings
from ketum.people import Candidates, Persons
from ketum.regimens import Amount, Phase
from ketum.regimens.schedule import Schedule, build_schedule
from ketum.scenario.build import grid
from ketum.studies.lives.living import Living, never
from ketum.studies.lives.people import TRIAL, filled

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Study = Callable[[Tables, int, int], Mapping[str, Array]]
"""(tables, participants, seed) -> name -> (participant,) array."""
ANALYTES = ("mitragynine", "7-hydroxymitragynine", "speciociliatine")
NG_PER_UG = 1e3


def zero_or_one(flags: Flags) -> Array:
    """Return flags as numbers."""
    return flags.astype(float)


class Minds(Living):
    """People whose mood is lived without kratom, day by day.

    Parameters
    ----------
    people : Candidates
    tables : Tables
    seed : int
    """

    def __init__(self, people: Candidates, tables: Tables, seed: int) -> None:
        super().__init__(people, tables, causal_settings()["null"], seed)

    def days(
        self, days: int, courses: Sequence[Course] = (), begin: Mapping[str, float] = MappingProxyType({})
    ) -> Mapping[str, Array]:
        """Run whole days with treatments.

        Parameters
        ----------
        days : int
        courses : sequence of Course, optional
        begin : mapping of str to float, optional
            Fields of the engine that are alike in everybody at the start.

        Returns
        -------
        mapping of str to (day, person) array
            By name of `ketum.mood.fields.KEPT_BY_DAY`.
        """
        start = resting_states(self.group)
        for name, value in begin.items():
            start[:, PLACES[name] : PLACES[name] + LANES] = value
        return self.live(never(), 0, days, courses=courses, states=start).days

    def answers(self, visits: int | Sequence[int], survey: int = 0) -> Answers:
        """Return whose answers at which visits."""
        return Answers(self.seed, self.people.keys, np.atleast_1d(np.asarray(visits, dtype=np.int64)), survey)

    def hamd(self, severity: Array, week: int) -> Array:
        """Return measured HAM-D17, before rounding, of one weekly visit of a trial, (person,)."""
        rated: Array = hamd17(self.answers(week, TRIAL), severity[None], self.tables, whole=False)[0]
        return rated


def volunteers(tables: Tables, count: int, seed: int, population: str = "healthy_adults") -> Persons:
    """Return the persons of a population preset, filled up to whole blocks."""
    return Cohort(count, seed, population, tables).persons(0, filled(count))


def one_dose(product: str, milligrams: float, at_h: float = 0.0) -> Phase:
    """Return one dose, mg mitragynine."""
    amount = Amount(milligrams, "mg mitragynine")
    return Phase(mode="times", product=product, dose=amount, count=1, at_h=(at_h,))


def laid_out(tables: Tables, phases: Sequence[Phase], hours: int, per_hour: int) -> Schedule:
    """Return the doses of phases from hour 0 on, with so many steps an hour."""
    return build_schedule(tuple(phases), grid(tables.body, hours, 0, per_hour))

"""What self-report and case series share: people who use now, how they were when they began, what use did to them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ketum.studies.designs.design import Array, Design, Places
from ketum.studies.lives.recipe import Recipe
from ketum.studies.lives.users import RegularUsers, SurveyWorld
from ketum.studies.schema import WorldTable
from ketum.studies.shapes import DAY_H, CaseSeries, SelfReport

_YEAR_DAYS = 364
_OTHERS = 20_000
"""Adults of whom those who never use are lived as well: a sample of the population."""
_BEFORE, _NOW = 1, 2
"""Visits: when use began, and the survey."""


def survey_world(design: Design, world: WorldTable) -> Recipe:
    """Return years of natural use in so many adults: one pool for all studies of users and others in it."""
    return SurveyWorld(
        **design.of_pool,
        days=round(world.for_h / DAY_H),
        recent_days=_YEAR_DAYS,
        enrichment=world.enrichment,
        others=min(design.study.persons, _OTHERS),
    )


class OfUsers(Design):
    """A study of current users."""

    @property
    def _file(self) -> SelfReport | CaseSeries:
        table: Any = self.study.table
        found: SelfReport | CaseSeries = table
        return found

    def recipe(self) -> Recipe:
        """Return a world of years of natural use, or regular users after a year."""
        if self._file.source == "regular_users":
            return RegularUsers(**self.of_pool, days=round(self.tables.body.value("run_in_days")))
        return survey_world(self, self._file.world)

    def effect(self, places: Places) -> Array:
        """Return what use did to two-week severity: with use minus the same person's never-use life."""
        found: Array = self.people.at("now", places) - self.people.at("never", places)
        return found

    def told(self, places: Places, emptied: int) -> tuple[Array, Array]:
        """Return the PHQ-9 now, and how that of the time before the first use is told."""
        p, instruments, recall = self.people, self.instruments(places, emptied), self._file.recall
        now = instruments.phq9(p.at("now", places)[None], [_NOW])[0]
        then = instruments.phq9(p.at("before", places)[None], [_BEFORE])[0]
        if recall.error or recall.towards_now:
            then = instruments.recalled(then, now, recall.error, recall.towards_now)
        return now, then

    def says_it_helps(self, places: Places) -> Array:
        """Return who says that kratom helps: relief by servings plus noise above a threshold (mood.md section 4.4)."""
        m = self.tables.mood
        felt = self.people.at("relief", places) + m.value("s_help") * self.people.at("help_noise", places)
        yes: Array = (felt > m.value("c_help")).astype(float)
        return np.where(np.isfinite(felt), yes, 0.0)

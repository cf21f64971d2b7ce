"""Users after years of use, and people who never used: what surveys and case series draw from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ketum.people.streams import HELP, normals
from ketum.regimens.phases import DAYS_PER_WEEK
from ketum.studies.lives.living import Living, as_needed, covariates, laid_out, never
from ketum.studies.lives.natural import natural_use
from ketum.studies.lives.people import of_preset, take
from ketum.studies.lives.recipe import Keys, Lives, Recipe, enriched
from ketum.studies.lives.spells import likely_starters

_NOT_KNOWN = np.nan


@dataclass(frozen=True, kw_only=True)
class SurveyWorld(Recipe):
    """US adults after years of natural use from no use on (mood.md section 6).

    Everybody who could have started is lived, and of those who could not the first `others`; the numbers of adults
    below `others` are therefore a sample of the whole population, from which people who never used are drawn.

    Attributes
    ----------
    days, recent_days : int
        Length of the world, and of the last year.
    enrichment : float
        Factor on the hazard of starting.
    others : int
    """

    days: int
    recent_days: int
    enrichment: float
    others: int

    chunk: ClassVar[int] = 8192

    def keys(self) -> Keys:
        """Return all adults by number."""
        return np.arange(self.persons, dtype=np.int64)

    def live(self, keys: Keys) -> Lives:
        """Live those who matter; columns as of `users`."""
        more = enriched(self.tables, self.enrichment)
        people = self.people(keys)
        likely = likely_starters(people, self.tables, self.seed, self.days, self.enrichment)
        wanted = keys < self.others
        wanted[likely] = True
        some = take(people, wanted)
        help_days = round(self.tables.rules.value("help_days"))
        lived = natural_use(some, more, self.setting, self.seed, self.days, [0, self.days], self.recent_days, help_days)
        return {
            **covariates(some),
            "sampled": (some.keys < self.others).astype(float),
            "ever": (lived.first_day >= 0).astype(float),
            "recent": (lived.recent > 0.0).astype(float),
            "current": lived.current.astype(float),
            "use_days": np.where(lived.first_day >= 0, self.days - lived.first_day, 0).astype(float),
            "before": lived.before,
            "now": lived.with_use[-1],
            "never": lived.never[-1],
            "relief": np.where(lived.current, lived.relief, _NOT_KNOWN),
            "help_noise": normals(self.seed, some.keys, HELP, np.array([0]))[0],
        }


@dataclass(frozen=True, kw_only=True)
class RegularUsers(Recipe):
    """The preset of regular users after its run-in of use as needed; all of them use now.

    Attributes
    ----------
    days : int
        Length of the run-in.
    """

    days: int

    def keys(self) -> Keys:
        """Return the first persons of the preset."""
        return of_preset("regular_users", self.tables, self.persons, self.seed, selection=self.setting.selection).keys

    def live(self, keys: Keys) -> Lives:
        """Return what `SurveyWorld` tells of users; everybody began on day 0."""
        living = Living(self.people(keys), self.tables, self.setting, self.seed)
        last = self.days - round(self.tables.rules.value("help_days"))
        use = laid_out(self.tables, [as_needed(self.days)], self.days)
        lived = living.live(use, 0, last)
        end = living.live(use, last, self.days, after=lived, relief_from=last)
        without = living.live(never(), 0, self.days)
        one = np.ones(living.count)
        return {
            **covariates(living.people),
            "sampled": np.zeros(living.count),
            "ever": one,
            "recent": one,
            "current": one,
            "use_days": one * self.days,
            "before": without.start,
            "now": end.after("severity_14d", [self.days])[0],
            "never": without.after("severity_14d", [self.days])[0],
            "relief": living.relief(end),
            "help_noise": normals(self.seed, keys, HELP, np.array([0]))[0],
        }


def weeks(count: int) -> list[int]:
    """Return the days at which weeks end, from day 0 on.

    Examples
    --------
    >>> weeks(2)
    [0, 7, 14]
    """
    return [DAYS_PER_WEEK * week for week in range(count + 1)]

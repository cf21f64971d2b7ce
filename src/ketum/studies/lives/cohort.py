"""People who consider use, week by week: natural use, never, and always (cohorts and target trials)."""

from __future__ import annotations

from dataclasses import dataclass

from ketum.studies.lives.living import Living, as_needed, covariates, laid_out
from ketum.studies.lives.natural import natural_use
from ketum.studies.lives.recipe import Keys, Lives, OfEntry, enriched
from ketum.studies.lives.users import weeks


@dataclass(frozen=True, kw_only=True)
class Considering(OfEntry):
    """Adults whose hazard of starting is raised, followed by weeks.

    Attributes
    ----------
    weeks : int
    enrichment : float
        Factor on the hazard of starting.
    always : bool
        Whether their life with use as needed from day 0 on is lived as well.
    """

    weeks: int
    enrichment: float
    always: bool

    def live(self, keys: Keys) -> Lives:
        """Return two-week severity by week with natural use, never and (if asked for) always; (week, person).

        "since" is the mean daily severity of each week of natural use.
        """
        people = self.people(keys)
        days = weeks(self.weeks)[-1]
        more = enriched(self.tables, self.enrichment)
        lived = natural_use(people, more, self.setting, self.seed, days, weeks(self.weeks))
        found = {
            **covariates(people),
            "first_day": lived.first_day.astype(float),
            "using": lived.using,
            "since": lived.since,
            "natural": lived.with_use,
            "never": lived.never,
        }
        if self.always:
            living = Living(people, self.tables, self.setting, self.seed)
            use = laid_out(self.tables, [as_needed(days)], days)
            found["always"] = living.live(use, 0, days).after("severity_14d", weeks(self.weeks))
        return found

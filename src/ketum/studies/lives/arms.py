"""Arms of a trial: the same persons in each of them, after a lead that all share, and without kratom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ketum.mood import Course
from ketum.regimens import Phase
from ketum.regimens.schedule import Schedule
from ketum.studies.lives.living import Lived, Living, covariates, laid_out, never
from ketum.studies.lives.recipe import Keys, Lives, OfEntry
from ketum.studies.lives.users import weeks

SCORED, OF_THE_DAY = "two_week", "day"
"""What is kept of an arm: two-week severity, and that of the day."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One arm.

    Attributes
    ----------
    name : str
    phases : tuple of Phase
        Use after the lead.
    courses : tuple of Course
        Treatments; their days count from the end of the lead.
    never_used : bool
        Whether the lead is lived without kratom, too.
    """

    name: str
    phases: tuple[Phase, ...] = ()
    courses: tuple[Course, ...] = ()
    never_used: bool = False


@dataclass(frozen=True, kw_only=True)
class Arms(OfEntry):
    """Persons in all arms of a trial.

    Attributes
    ----------
    lead : tuple of Phase
        Use before the arms part; none for persons who never used.
    lead_days : int
    branches : tuple of Branch
    weeks : int
        Length of the arms.
    """

    lead: tuple[Phase, ...]
    lead_days: int
    branches: tuple[Branch, ...]
    weeks: int

    def live(self, keys: Keys) -> Lives:
        """Return "<arm>:two_week" and "<arm>:day", severity by week since the lead, (week, person)."""
        living = Living(self.people(keys), self.tables, self.setting, self.seed)
        found = covariates(living.people)
        days = weeks(self.weeks)
        end = self.lead_days + days[-1]
        before: dict[bool, Lived | None] = {}
        for branch in self.branches:
            idle = branch.never_used or not self.lead
            if idle not in before:
                schedule = never() if idle else self._schedule(self.lead, end)
                before[idle] = living.live(schedule, 0, self.lead_days) if self.lead_days else None
            used = () if branch.never_used else self.lead
            schedule = self._schedule((*used, *branch.phases), end)
            lived = living.live(schedule, self.lead_days, end, courses=branch.courses, after=before[idle], rests=idle)
            start = before[idle]
            for kept, signal in ((SCORED, "severity_14d"), (OF_THE_DAY, "severity")):
                rows = lived.after(signal, [self.lead_days + day for day in days[1:]])
                first = lived.start if start is None else start.after(signal, [self.lead_days])[0]
                found[f"{branch.name}:{kept}"] = np.concatenate([first[None], rows])
        return found

    def _schedule(self, phases: tuple[Phase, ...], days: int) -> Schedule:
        return laid_out(self.tables, phases, days) if phases else never()

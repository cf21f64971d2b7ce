"""New users and people who do not begin, from the start of use on (mood.md section 9.3).

Starters begin within a window of weeks after enrolment. Comparators do not begin within it; their start of follow-up is
a week of the window by lot. Dropping comparators who begin later keeps the contrast start against not start; keeping
them dilutes an effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ketum.people.streams import START_WEEK
from ketum.studies.designs.design import Array, Design, Places, Row, known
from ketum.studies.draw import Urn
from ketum.studies.estimate import failed
from ketum.studies.estimators.linear import mean_difference
from ketum.studies.lives.cohort import Considering
from ketum.studies.lives.recipe import Recipe
from ketum.studies.measure import missing_as
from ketum.studies.shapes import WEEK_H, NewUserCohort


@dataclass(frozen=True)
class Followed:
    """Participants of one cohort after exclusions, (person,): PHQ-9 at each time, exposure, truth of starters."""

    places: Places
    starts: Array
    week: NDArray[np.int64]
    enrolment: Array
    lead: Array
    start: Array
    outcome: Array
    effect: Array


class Cohort(Design):
    """A cohort of people who consider use."""

    @property
    def table(self) -> NewUserCohort:
        """The file."""
        return cast(NewUserCohort, self.study.table)

    def _weeks(self, key: str) -> int:
        hours: float = getattr(self.table.cohort, key)
        return round(hours / WEEK_H)

    @property
    def follow(self) -> int:
        """Weeks from the start of use to the outcome."""
        return self._weeks("follow")

    def recipe(self) -> Recipe:
        """Return people whose hazard of starting is raised, long enough for the last starter."""
        return Considering(
            **self.of_pool,
            entry=self.entry,
            weeks=self._weeks("start_until") + self.follow,
            enrichment=self.table.cohort.enrichment,
            always=False,
        )

    def urns(self) -> Sequence[tuple[Urn, int]]:
        """Return everybody."""
        return ((self._urn, self.table.sampling.participants),)

    def followed(self, replicate: int) -> Followed:
        """Return the participants of a replicate."""
        p = self.people
        places, emptied = self._urn.draw(replicate, self.table.sampling.participants)
        first, last, follow = self._weeks("start_from"), self._weeks("start_until"), self.follow
        began = p.at("first_day", places)
        day_one, day_end = 7 * first, 7 * last
        starts = (began >= day_one) & (began < day_end)
        never_in_window = (began < 0) | (began >= day_end)
        instruments = self.instruments(places, emptied)
        by_lot = first + np.floor(instruments.uniform(START_WEEK, [0])[0] * (last - first)).astype(int)
        week = np.where(starts, began // 7, by_lot).astype(np.int64)
        late = never_in_window & (began >= 0) & (began < 7 * (week + follow))
        if self.table.cohort.late_starters == "drop":
            never_in_window &= ~late
        kept = starts | never_in_window
        chosen, week = np.flatnonzero(kept), week[kept]
        latent = p.at("natural", places[chosen])
        visits = list(range(len(latent)))
        asked = self.instruments(places[chosen], emptied)
        scores = asked.phq9(latent, visits)
        taken = asked.seen(latent, [7 * v for v in visits], self.table.dropout)
        scores = missing_as(scores, taken, self.table.dropout.handled)
        who = np.arange(len(chosen))
        effect = (latent - p.at("never", places[chosen]))[week + follow, who]
        return Followed(
            places[chosen],
            starts[chosen].astype(float),
            week,
            scores[0],
            scores[week - self._weeks("lead"), who],
            scores[week, who],
            scores[week + follow, who],
            effect,
        )

    def rows(self, replicate: int) -> list[Row]:
        """Return crude and adjusted differences by the time at which the PHQ-9 before use was taken."""
        f = self.followed(replicate)
        truth = float(f.effect[f.starts > 0.0].mean()) if f.starts.any() else float("nan")
        told = self.covariates(f.places, self.table.analysis.adjust)
        sets = {
            "crude": (),
            "adjusted_enrolment": (f.enrolment,),
            "adjusted_lead": (f.enrolment, f.lead),
            "adjusted_start": (f.enrolment, f.lead, f.start),
        }
        found = []
        for name in self.table.analysis.estimators:
            before = sets[name]
            there = known(f.outcome, *before)
            covariates = np.column_stack([told, *before])[there] if before else None
            if f.starts[there].any():
                estimate = mean_difference(f.outcome[there], f.starts[there], covariates)
            else:
                estimate = failed("nobody starts")
            found.append(Row(f"effect_{self.follow}wk", name, truth, estimate, int(there.sum())))
        return found

    def example(self) -> pd.DataFrame:
        """Return the first cohort."""
        f = self.followed(0)
        return pd.DataFrame(
            {
                "starts": np.where(f.starts > 0.0, "starts kratom", "does not start"),
                "week_of_start": f.week,
                "phq9_at_enrolment": f.enrolment,
                "phq9_at_start": f.start,
                f"phq9_after_{self.follow}wk": f.outcome,
                "true_effect": f.effect.round(2),
            }
        )

"""Always against never using, emulated from a cohort in which use varies in time (mood.md section 9.4)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
import pandas as pd

from ketum.studies.designs.design import Array, Design, Places, Row
from ketum.studies.draw import Urn
from ketum.studies.estimate import Estimate
from ketum.studies.estimators.gformula import g_formula
from ketum.studies.estimators.linear import mean_difference
from ketum.studies.estimators.marginal_structural import HISTORIES, marginal_structural
from ketum.studies.lives.cohort import Considering
from ketum.studies.lives.recipe import Recipe
from ketum.studies.shapes import WEEK_H, TargetTrial

_RECALL_H = 2 * WEEK_H
"""Over which the PHQ-9 looks back: use up to then counts to the outcome (mood.md section 9.4)."""
_HISTORY = {
    "iptw_last": "last",
    "iptw_4": "mean_of_4",
    "iptw_12": "mean_of_12",
    "iptw_same": "same_visit",
}
ESTIMAND = "always_never"


class Target(Design):
    """A target trial of sustained strategies."""

    @property
    def table(self) -> TargetTrial:
        """The file."""
        return cast(TargetTrial, self.study.table)

    @property
    def weeks(self) -> list[int]:
        """Weeks of the visits, from enrolment (before anybody uses) on."""
        every, last = (round(x / WEEK_H) for x in (self.table.cohort.visits_every, self.table.cohort.follow))
        return list(range(0, last + 1, every))

    def recipe(self) -> Recipe:
        """Return people whose hazard of starting is raised, and their lives with use from day 0 on."""
        return Considering(
            **self.of_pool,
            entry=self.entry,
            weeks=self.weeks[-1],
            enrichment=self.table.cohort.enrichment,
            always=True,
        )

    def urns(self) -> Sequence[tuple[Urn, int]]:
        """Return everybody."""
        return ((self._urn, self.table.sampling.participants),)

    def _visits(self, replicate: int) -> tuple[Places, Array, Array, Array]:
        """Return places, and (visit, person) use, PHQ-9, and mean true severity of the days since the visit before."""
        places, emptied = self._urn.draw(replicate, self.table.sampling.participants)
        latent, using = self.people.at("natural", places), self.people.at("using", places)
        scores = self.instruments(places, emptied).phq9(latent[self.weeks], self.weeks)
        weekly = self.people.at("since", places)
        spans = zip([0, *self.weeks], self.weeks, strict=False)
        since = [weekly[before + 1 : week + 1].mean(axis=0) if week else weekly[0] for before, week in spans]
        return places, using[self.weeks], scores, np.array(since)

    def rows(self, replicate: int) -> list[Row]:
        """Return the estimates of one cohort."""
        places, using, scores, severity = self._visits(replicate)
        last = self.weeks[-1]
        truth = float((self.people.at("always", places)[last] - self.people.at("never", places)[last]).mean())
        told = self.covariates(places, self.table.analysis.adjust)
        return [
            Row(ESTIMAND, name, truth, self._estimate(name, replicate, using, scores, severity, told), len(places))
            for name in self.table.analysis.estimators
        ]

    def _estimate(
        self, name: str, replicate: int, using: Array, scores: Array, severity: Array, told: Array
    ) -> Estimate:
        a = self.table.analysis
        if name == "g_formula":
            return g_formula(using, scores, told, resamples=a.bootstrap, seed=self.seed + replicate)[0]
        if name == "naive_regression":
            share = using[: -self._lag].mean(axis=0)
            during = scores[1:-1].mean(axis=0)
            return mean_difference(scores[-1], share, np.column_stack([told, scores[0], during]))
        return marginal_structural(
            scores[-1],
            using,
            scores,
            told,
            scores[0],
            lag=self._lag,
            history=HISTORIES[_HISTORY.get(name, "last")],
            severity_before=severity if name == "iptw_oracle" else None,
            truncate=(a.truncate, 1.0 - a.truncate),
        )[0]

    @property
    def _lag(self) -> int:
        """Visits from the last whose use counts: those of two weeks, rounded up."""
        return math.ceil(_RECALL_H / self.table.cohort.visits_every)

    def example(self) -> pd.DataFrame:
        """Return the first cohort: use and PHQ-9 of each person at each visit."""
        places, using, scores, _ = self._visits(0)
        visits = len(self.weeks)
        return pd.DataFrame(
            {
                "person": np.tile(np.arange(len(places)), visits),
                "week": np.repeat(self.weeks, len(places)),
                "uses": using.ravel().astype(int),
                "phq9": scores.ravel().astype(int),
            }
        )

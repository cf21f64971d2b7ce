"""Randomised arms: kratom against placebo, or arms of one's own scenario (mood.md section 9.5)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ketum.mood import NEVER_ENDS, Course
from ketum.regimens import Phase
from ketum.studies.designs.design import Array, Design, Places, Row, known
from ketum.studies.draw import Urn
from ketum.studies.estimators.linear import interaction, mean_difference
from ketum.studies.lives.arms import OF_THE_DAY, SCORED, Arms, Branch
from ketum.studies.lives.recipe import Recipe
from ketum.studies.lives.scenario import ScenarioArms
from ketum.studies.measure import missing_as
from ketum.studies.shapes import WEEK_H, ParallelTrial, ScenarioTrial

KRATOM, CONTROL = "kratom", "control"


class Randomised(Design):
    """Persons in arms by lot, scored at visits of whole weeks."""

    @property
    @abstractmethod
    def arms(self) -> tuple[str, ...]:
        """Names of the arms; the first against the second."""

    @property
    def _file(self) -> Any:
        return self.study.table

    @property
    def weeks(self) -> list[int]:
        """Weeks of the visits, the first at randomisation."""
        return [0, *(round(hours / WEEK_H) for hours in self._file.visits)]

    def urns(self) -> Sequence[tuple[Urn, int]]:
        """Return everybody."""
        return ((self._urn, len(self.arms) * self._file.sampling.per_arm),)

    def latent(self, arm: str, signal: str, places: Places) -> Array:
        """Return severity at the visits in one arm, (visit, person); before randomisation all are alike."""
        return np.asarray(self.people.columns[f"{arm}:{signal}"][self.weeks][:, places], dtype=float)

    def effect(self, first: str, second: str, places: Places) -> Array:
        """Return the paired difference of the score between two arms at the visits, (visit, person)."""
        hamd = self._file.score == "hamd17"
        signal = OF_THE_DAY if hamd else SCORED
        scale = self.tables.mood.value("ham_1") if hamd else 1.0
        return scale * (self.latent(first, signal, places) - self.latent(second, signal, places))

    def randomised(self, replicate: int) -> tuple[Places, NDArray[np.int64], Array]:
        """Return the participants of a replicate, their arms, and their scores (visit, person)."""
        urn, size = self.urns()[0]
        places, emptied = urn.draw(replicate, size)
        instruments = self.instruments(places, emptied)
        arm = instruments.arms(len(self.arms))
        two_week, day = (
            np.choose(arm, [self.latent(name, signal, places) for name in self.arms]) for signal in (SCORED, OF_THE_DAY)
        )
        if self._file.score == "hamd17":
            scores = instruments.hamd17(day, self.weeks)
        else:
            scores = instruments.phq9(two_week, self.weeks)
        taken = instruments.seen(two_week, [7 * week for week in self.weeks], self._file.dropout)
        return places, arm, missing_as(scores, taken, self._file.dropout.handled)

    def rows(self, replicate: int) -> list[Row]:
        """Return differences at each visit."""
        places, arm, scores = self.randomised(replicate)
        if "factorial" in self._file.analysis.estimators:
            return self._factorial(places, arm, scores)
        effect = self.effect(self.arms[0], self.arms[1], places).mean(axis=1)
        exposed = (arm == 0).astype(float)
        found = []
        for k, week in enumerate(self.weeks[1:], start=1):
            there = known(scores[k])
            for name in self._file.analysis.estimators:
                before = scores[0, there][:, None] if name == "ancova" else None
                estimate = mean_difference(scores[k, there], exposed[there], before)
                found.append(Row(f"difference_week_{week}", name, float(effect[k]), estimate, int(there.sum())))
        return found

    def _factorial(self, places: Places, arm: NDArray[np.int64], scores: Array) -> list[Row]:
        """Return the interaction of two treatments: both minus one minus the other plus neither."""
        neither, one, other, both = self.arms
        effect = (self.effect(both, one, places) - self.effect(other, neither, places)).mean(axis=1)
        first, second = np.isin(arm, (1, 3)).astype(float), np.isin(arm, (2, 3)).astype(float)
        found = []
        for k, week in enumerate(self.weeks[1:], start=1):
            there = known(scores[k])
            estimate = interaction(scores[k, there], first[there], second[there], scores[0, there][:, None])
            found.append(Row(f"interaction_week_{week}", "factorial", float(effect[k]), estimate, int(there.sum())))
        return found

    def example(self) -> pd.DataFrame:
        """Return the first trial, one row a person and visit."""
        _, arm, scores = self.randomised(0)
        visits, persons = scores.shape
        return pd.DataFrame(
            {
                "person": np.tile(np.arange(persons), visits),
                "arm": np.tile(np.array(self.arms)[arm], visits),
                "week": np.repeat(self.weeks, persons),
                self._file.score: scores.ravel(),
            }
        )


class Parallel(Randomised):
    """Kratom against placebo (or nothing) in persons who never used."""

    @property
    def table(self) -> ParallelTrial:
        """The file."""
        return cast(ParallelTrial, self.study.table)

    @property
    def arms(self) -> tuple[str, ...]:
        """Kratom and its control."""
        return (KRATOM, CONTROL)

    def recipe(self) -> Recipe:
        """Return both arms; expectancy acts in both where they cannot be told apart, else with kratom alone."""
        expecting = (Course("placebo", 0, NEVER_ENDS),)
        return Arms(
            **self.of_pool,
            entry=self.entry,
            lead=(),
            lead_days=0,
            branches=(
                Branch(KRATOM, (*self.study.use, Phase(mode="stop")), expecting),
                Branch(CONTROL, (), expecting if self.table.treatment.blinded else ()),
            ),
            weeks=self.weeks[-1],
        )


class OfScenario(Randomised):
    """Arms of one's own scenario."""

    @property
    def table(self) -> ScenarioTrial:
        """The file."""
        return cast(ScenarioTrial, self.study.table)

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that the file names."""
        return tuple(self.table.arms)

    def recipe(self) -> Recipe:
        """Return all arms of the scenario."""
        return ScenarioArms(
            **self.of_pool,
            text=self.study.scenario,
            weeks=self.weeks[-1],
        )

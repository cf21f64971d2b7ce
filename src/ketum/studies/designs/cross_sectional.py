"""A survey of users and of people who never used, at one time (mood.md section 9.1)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import cast

import numpy as np
import pandas as pd

from ketum.people.streams import CONCEALED
from ketum.studies.designs.design import Array, Design, Places, Row
from ketum.studies.designs.users import survey_world
from ketum.studies.draw import Urn
from ketum.studies.estimators.correlation import weighted_correlation
from ketum.studies.estimators.logistic import odds_ratio
from ketum.studies.lives.recipe import Recipe
from ketum.studies.measure import chance_at_least
from ketum.studies.shapes import CrossSectional

ESTIMAND, CORRELATION = "log_odds_ratio", "correlation"


class Survey(Design):
    """Current, recent or former users against people who never used."""

    @property
    def table(self) -> CrossSectional:
        """The file."""
        return cast(CrossSectional, self.study.table)

    def recipe(self) -> Recipe:
        """Return a world of years of natural use."""
        return survey_world(self, self.table.world)

    def settle(self) -> None:
        """Find who used, and each person's chance of the outcome with and without use."""
        p, least = self.people, self.table.outcome.phq9_at_least
        used = {"past_year": "recent", "current": "current", "ever": "ever"}[self.table.exposure.counts]
        self._users = p[used] > 0.0
        self._never = (p["ever"] == 0.0) & (p["sampled"] > 0.0)
        self._with, self._without = (chance_at_least(p[name], least, self.tables) for name in ("now", "never"))
        everybody = p["sampled"] > 0.0
        self._prevalence = float(self._users[everybody].mean()) / self.table.world.enrichment

    def urns(self) -> Sequence[tuple[Urn, int]]:
        """Return users who tell and those who say that they never used."""
        return self._both

    @cached_property
    def _both(self) -> Sequence[tuple[Urn, int]]:
        s = self.table.sampling
        drawn = self.instruments(np.arange(len(self.people)), 0).uniform(CONCEALED, [0, 1])
        concealed = self._users & (drawn[0] < self.table.exposure.concealed)
        # among people who say that they never used, as rare as in the population: not enriched
        among_others = concealed & (self.people["sampled"] > 0.0) & (drawn[1] < 1.0 / self.table.world.enrichment)
        return ((self.urn(self._users & ~concealed, 1), s.users), (self.urn(self._never | among_others, 2), s.others))

    def _data(self, replicate: int) -> tuple[Places, Array, Array]:
        """Return the places of the participants, whether each says to use, and the PHQ-9."""
        parts, scores = [], []
        for urn, size in self._both:
            places, emptied = urn.draw(replicate, size)
            day = 1  # one survey, after the years
            scores.append(self.instruments(places, emptied).phq9(self.people.at("now", places)[None], [day])[0])
            parts.append(places)
        exposed = np.repeat([1.0, 0.0], [len(part) for part in parts])
        return np.concatenate(parts), exposed, np.concatenate(scores)

    def rows(self, replicate: int) -> list[Row]:
        """Return the estimates of one survey."""
        places, exposed, score = self._data(replicate)
        ill = (score >= self.table.outcome.phq9_at_least).astype(float)
        users = places[exposed > 0.0]
        truth = _log_odds(self._with[users].mean()) - _log_odds(self._without[users].mean())
        found = []
        for name in self.table.analysis.estimators:
            if name in ("crude", "adjusted"):
                adjust = self.covariates(places, self.table.analysis.adjust) if name == "adjusted" else None
                found.append(Row(ESTIMAND, name, truth, odds_ratio(ill, exposed, adjust), len(places)))
            else:
                share = self._prevalence if name == "correlation_prevalence" else 1 / 2
                weights = np.where(exposed > 0.0, share / exposed.mean(), (1 - share) / (1 - exposed.mean()))
                true = self._causal_correlation(users, share)
                estimate = weighted_correlation(exposed, score, weights, errors="linearised")
                found.append(Row(CORRELATION, name, true, estimate, len(places)))
        return found

    def _causal_correlation(self, users: Places, share: float) -> float:
        """Return the correlation of use and severity if the groups differed by what use does to users alone.

        The share of users times that of the others times the squared effect, over the variance of severity.
        """
        effect = float((self.people.at("now", users) - self.people.at("never", users)).mean())
        spread = float(self.people.at("never", users).std()) or 1.0
        between = share * (1 - share)
        return float(effect * np.sqrt(between) / np.sqrt(spread**2 + between * effect**2))

    def example(self) -> pd.DataFrame:
        """Return the first survey."""
        places, exposed, score = self._data(0)
        return pd.DataFrame(
            {
                "uses": np.where(exposed > 0.0, "uses kratom", "never used"),
                "phq9": score.astype(int),
                "age": self.people.at("age", places).round(1),
                "sex": np.where(self.people.at("female", places) > 0.0, "female", "male"),
            }
        )


def _log_odds(share: float) -> float:
    return float(np.log(share / (1.0 - share)))

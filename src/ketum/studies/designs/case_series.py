"""Long-term users who are seen because they are severely depressed (mood.md section 9.9)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import cast

import pandas as pd

from ketum.studies.designs.design import Places, Row
from ketum.studies.designs.users import OfUsers
from ketum.studies.draw import Urn
from ketum.studies.estimators.means import mean, proportion
from ketum.studies.shapes import DAY_H, CaseSeries

_SEEN = 3
"""Visit at which a case is seen: the score that makes it one."""


class Cases(OfUsers):
    """A case series; the score that makes a case is the one that is reported."""

    @property
    def table(self) -> CaseSeries:
        """The file."""
        return cast(CaseSeries, self.study.table)

    def settle(self) -> None:
        """Let everybody be seen, and find what use did to all who use now."""
        p = self.people
        everybody = self.instruments(self.urn().places, 0)
        self._score = everybody.phq9(p["now"][None], [_SEEN])[0]
        self._before = everybody.phq9(p["before"][None], [_SEEN - 1])[0]
        self._of_users = float(self.effect(self.urn(p["current"] > 0.0).places).mean())

    @cached_property
    def _urn(self) -> Urn:
        """Long-term users whose score makes them cases."""
        p, s = self.people, self.table.sampling
        long = (p["current"] > 0.0) & (p["use_days"] > s.used_for / DAY_H)
        return self.urn(long & (self._score >= s.phq9_at_least))

    def urns(self) -> Sequence[tuple[Urn, int]]:
        """Return the cases."""
        return ((self._urn, self.table.sampling.cases),)

    def _change(self, places: Places, emptied: int) -> tuple[pd.Series, pd.Series]:
        recall = self.table.recall
        now, then = self._score[places], self._before[places]
        if recall.error or recall.towards_now:
            then = self.instruments(places, emptied).recalled(then, now, recall.error, recall.towards_now)
        return pd.Series(now), pd.Series(then)

    def rows(self, replicate: int) -> list[Row]:
        """Return what one series says beside what is true of its cases, and of all current users."""
        places, emptied = self._urn.draw(replicate, self.table.sampling.cases)
        now, then = self._change(places, emptied)
        change = (now - then).to_numpy()
        effect = self.effect(places)
        by = self.table.outcome.worse_by
        count = len(places)
        return [
            Row(
                "share_worse",
                "before_after",
                float((effect >= by).mean()),
                proportion((change >= by).astype(float)),
                count,
            ),
            Row("mean_effect", "before_after", float(effect.mean()), mean(change), count),
            Row("mean_effect_users", "before_after", self._of_users, mean(change), count),
        ]

    def example(self) -> pd.DataFrame:
        """Return the first series."""
        places, emptied = self._urn.draw(0, self.table.sampling.cases)
        now, then = self._change(places, emptied)
        return pd.DataFrame(
            {
                "phq9_at_start": then.astype(int),
                "phq9_now": now.astype(int),
                "years_of_use": (self.people.at("use_days", places) / 365.25).round(1),
                "true_effect": self.effect(places).round(2),
            }
        )

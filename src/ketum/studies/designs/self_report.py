"""Current users tell whether kratom helps, and how they were when they began (mood.md section 9.2)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import cast

import numpy as np
import pandas as pd

from ketum.studies.designs.design import Row
from ketum.studies.designs.users import OfUsers
from ketum.studies.draw import Urn
from ketum.studies.estimators.means import mean, proportion
from ketum.studies.shapes import SelfReport


class Telling(OfUsers):
    """A survey of current users."""

    @property
    def table(self) -> SelfReport:
        """The file."""
        return cast(SelfReport, self.study.table)

    @cached_property
    def _urn(self) -> Urn:
        """Those who use now."""
        return self.urn(self.people["current"] > 0.0)

    def urns(self) -> Sequence[tuple[Urn, int]]:
        """Return current users."""
        return ((self._urn, self.table.sampling.users),)

    def rows(self, replicate: int) -> list[Row]:
        """Return what one survey says beside what is true."""
        places, emptied = self._urn.draw(replicate, self.table.sampling.users)
        effect = self.effect(places)
        o = self.table.outcome
        worse, better = float((effect > o.true_change).mean()), float((effect < -o.true_change).mean())
        found = []
        for name in self.table.analysis.estimators:
            if name == "help_question":
                found.append(Row("share_better", name, better, proportion(self.says_it_helps(places)), len(places)))
                continue
            now, then = self.told(places, emptied)
            change = now - then
            found += [
                Row("share_better", name, better, proportion((change <= -o.told_change).astype(float)), len(places)),
                Row("share_worse", name, worse, proportion((change >= o.told_change).astype(float)), len(places)),
                Row("mean_change", name, float(effect.mean()), mean(change), len(places)),
            ]
        return found

    def example(self) -> pd.DataFrame:
        """Return the first survey."""
        places, emptied = self._urn.draw(0, self.table.sampling.users)
        now, then = self.told(places, emptied)
        helps = self.says_it_helps(places)
        return pd.DataFrame(
            {
                "phq9_at_start": then.astype(int),
                "phq9_now": now.astype(int),
                "says_it_helps": np.where(helps > 0.0, "yes", "no"),
                "true_effect": self.effect(places).round(2),
            }
        )

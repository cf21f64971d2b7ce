"""Regular users go on or stop by lot (mood.md section 9.6): two estimands, of stopping and of having used."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ketum.regimens import Phase
from ketum.studies.designs.design import Array, Places, Row, known
from ketum.studies.designs.trial import Randomised
from ketum.studies.estimators.linear import mean_difference
from ketum.studies.estimators.means import mean
from ketum.studies.estimators.survival import hazard_ratio, risk_difference
from ketum.studies.lives.arms import OF_THE_DAY, Arms, Branch
from ketum.studies.lives.recipe import Recipe
from ketum.studies.shapes import DAY_H, WEEK_H, RandomisedWithdrawal

STOP, GO_ON, NEVER = "stop", "go_on", "never_used"


class Withdrawal(Randomised):
    """A randomised withdrawal."""

    @property
    def table(self) -> RandomisedWithdrawal:
        """The file."""
        return cast(RandomisedWithdrawal, self.study.table)

    @property
    def arms(self) -> tuple[str, ...]:
        """Stopping against going on."""
        return (STOP, GO_ON)

    def recipe(self) -> Recipe:
        """Return regular use, then both arms, and the same persons without any use."""
        use, w = self.study.use[0], self.table.withdrawal
        lead = replace(use, for_h=w.lead)
        after = replace(use, dose=None) if use.mode == "as_needed" else use
        return Arms(
            **self.of_pool,
            entry=self.entry,
            lead=(lead,),
            lead_days=round(w.lead / DAY_H),
            branches=(
                Branch(STOP, (Phase(mode="stop"),)),
                Branch(GO_ON, (after,)),
                Branch(NEVER, never_used=True),
            ),
            weeks=max(self.weeks[-1], round(w.relapse_until / WEEK_H)),
        )

    def rows(self, replicate: int) -> list[Row]:
        """Return differences at each visit, and relapse."""
        names = self.table.analysis.estimators
        places, arm, scores = self.randomised(replicate)
        stopped = (arm == 0).astype(float)
        stopping = self.effect(STOP, GO_ON, places).mean(axis=1)
        used = self.effect(GO_ON, NEVER, places).mean(axis=1)
        found: list[Row] = []
        for k, week in enumerate(self.weeks[1:], start=1):
            there = known(scores[k])
            for name in ("ancova", "unadjusted"):
                if name in names:
                    before = scores[0, there][:, None] if name == "ancova" else None
                    estimate = mean_difference(scores[k, there], stopped[there], before)
                    number = int(there.sum())
                    found.append(Row(f"stop_continue_week_{week}", name, float(stopping[k]), estimate, number))
                    if name == "ancova":  # read as if going on minus stopping told what use had done
                        turned = mean_difference(scores[k, there], 1.0 - stopped[there], before)
                        found.append(Row(f"used_never_week_{week}", name, float(used[k]), turned, number))
            if "before_after" in names:
                here = there & (stopped > 0.0)
                change = mean((scores[k] - scores[0])[here])
                truth = float(self.effect(STOP, GO_ON, places[here]).mean(axis=1)[k])
                found.append(Row(f"stop_continue_week_{week}", "before_after", truth, change, int(here.sum())))
        return found + self._survival(replicate, places, stopped)

    def _visits(self) -> list[int]:
        w = self.table.withdrawal
        every = round(w.relapse_every / WEEK_H)
        return list(range(0, round(w.relapse_until / WEEK_H) + 1, every))

    def _relapses(self, arm: str, places: Places, emptied: int) -> tuple[Array, Array]:
        """Return the week of relapse or of the end, and whether it was a relapse, (person,).

        A relapse is a HAM-D17 of ``relapse_hamd17`` or more at ``relapse_visits`` visits running (mood.md section 5);
        persons who are as ill at randomisation are followed all the same.
        """
        visits, rules = self._visits(), self.tables.rules
        latent = np.asarray(self.people.columns[f"{arm}:{OF_THE_DAY}"][visits][:, places], dtype=float)
        rated = self.instruments(places, emptied).hamd17(latent, visits)[1:]
        ill = rated >= rules.value("relapse_hamd17")
        running = round(rules.value("relapse_visits"))
        met = np.ones((len(ill) - running + 1, len(places)), dtype=bool)
        for back in range(running):
            met &= ill[back : len(ill) - running + 1 + back]
        has = met.any(axis=0)
        at = np.array(visits[1:])[met.argmax(axis=0) + running - 1]
        return np.where(has, at, visits[-1]).astype(float), has.astype(float)

    def _survival(self, replicate: int, places: Places, stopped: Array) -> list[Row]:
        names = self.table.analysis.estimators
        if not {"cox", "kaplan_meier"} & set(names):
            return []
        emptied = self._urn.draw(replicate, len(places))[1]
        by_arm = [self._relapses(arm, places, emptied) for arm in self.arms]
        time, event = (np.where(stopped > 0.0, by_arm[0][part], by_arm[1][part]) for part in (0, 1))
        end = float(self._visits()[-1])
        found = []
        if "cox" in names:
            estimate = hazard_ratio(time, event, stopped)
            found.append(Row("relapse_hazard", "cox", self._true_hazard, estimate, len(places)))
        if "kaplan_meier" in names:
            true = float(by_arm[0][1].mean() - by_arm[1][1].mean())
            found.append(
                Row("relapse_risk", "kaplan_meier", true, risk_difference(time, event, stopped, end), len(places))
            )
        return found

    @cached_property
    def _true_hazard(self) -> float:
        """The log hazard ratio between both lives of everybody in the pool: a ratio is no mean over persons."""
        everybody = np.arange(len(self.people))
        (t1, e1), (t0, e0) = (self._relapses(arm, everybody, 0) for arm in self.arms)
        if np.array_equal(t1, t0) and np.array_equal(e1, e0):
            return 0.0
        both = np.repeat([1.0, 0.0], [len(t1), len(t0)])
        return hazard_ratio(np.concatenate([t1, t0]), np.concatenate([e1, e0]), both).value

    def example(self) -> pd.DataFrame:
        """Return relapse in the first trial, one row a person."""
        places, arm, scores = self.randomised(0)
        by_arm = [self._relapses(name, places, 0) for name in self.arms]
        chosen: NDArray[np.bool_] = arm == 0
        return pd.DataFrame(
            {
                "arm": np.where(chosen, "stop", "go on"),
                "phq9_at_randomisation": scores[0],
                "week": np.where(chosen, by_arm[0][0], by_arm[1][0]),
                "relapse": np.where(chosen, by_arm[0][1], by_arm[1][1]).astype(int),
            }
        )

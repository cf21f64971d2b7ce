"""What a study file and a causal setting switch on: facts for diagrams, identification and limitations."""

from __future__ import annotations

import math
from typing import Any

from ketum.engine.cohort import Tables
from ketum.mood import CausalSetting
from ketum.scenario import Scenario, scenario_of_text
from ketum.studies.graph import DesignFacts, acting
from ketum.studies.model import Study
from ketum.studies.shapes import (
    DAY_H,
    WEEK_H,
    CaseSeries,
    CrossSectional,
    Ema,
    NewUserCohort,
    NOf1,
    ParallelTrial,
    RandomisedWithdrawal,
    ScenarioTrial,
    SelfReport,
    TargetTrial,
)

_EARLY_H = 4 * WEEK_H
"""Until when after a stop withdrawal may still act on a score."""
_LEFT = 1 / 20
"""Share of a state that counts as gone."""


def design_facts(study: Study, setting: CausalSetting) -> DesignFacts:
    """Return what a study is, as far as diagrams and limitations go.

    Parameters
    ----------
    study : Study
    setting : CausalSetting
    """
    table: Any = study.table
    crossover = isinstance(table, NOf1)
    analysis = getattr(table, "analysis", None)
    return DesignFacts(
        study.design,
        acting(setting),
        setting.selection,
        tuple(getattr(analysis, "adjust", ())),
        frozenset(_options(study)),
        carry_over_d(setting, study.tables) if crossover else 0.0,
        table.crossover.washout / DAY_H if crossover else 0.0,
        table.crossover.discard / DAY_H if crossover else 0.0,
    )


def carry_over_d(setting: CausalSetting, tables: Tables) -> float:
    """Return for how long use of an earlier period acts on severity, d: until a twentieth of the slowest state is left.

    The protracted state falls with half-time h_Poff (h), slow exposure with tau_X (d); both act only where the setting
    lets them. Withdrawal of a stop is followed for no longer.
    """
    body, mood = tables.body, tables.mood
    found = [0.0]
    if setting.acts("protracted") or setting.acts("withdrawal"):
        found.append(body.value("h_Poff") / DAY_H * math.log2(1 / _LEFT))
    if setting.acts("longrun"):
        found.append(mood.value("tau_X") * math.log(1 / _LEFT))
    return max(found)


def _options(study: Study) -> set[str]:
    table: Any = study.table
    found: set[str] = set()
    dropout = getattr(table, "dropout", None)
    if dropout is not None:
        missing = dropout.share > 0.0 or dropout.missed > 0.0
        found |= {"dropout"} if dropout.share > 0.0 and dropout.by_severity != 1.0 else set()
        found |= {"missing_answers"} if missing else set()
        found |= {"carried_forward"} if missing and dropout.handled == "last_observation" else set()
    if isinstance(table, CrossSectional):
        found |= {"concealed"} if table.exposure.concealed else set()
        found |= {"ever_users"} if table.exposure.counts == "ever" else set()
        found |= {"enriched"} if table.world.enrichment > 1.0 else set()
    if isinstance(table, SelfReport | CaseSeries):
        found |= {"recall"} if table.recall.towards_now else set()
        found |= {"recall_error"} if table.recall.error else set()
        regular = table.source == "regular_users"
        found |= {"regular_user"} if regular else {"enriched"} if table.world.enrichment > 1.0 else set()
    if isinstance(table, NewUserCohort | TargetTrial):
        found |= {"enriched"} if table.cohort.enrichment > 1.0 else set()
    if isinstance(table, NewUserCohort) and table.cohort.late_starters == "keep":
        found.add("later_starters_kept")
    if isinstance(table, TargetTrial) and table.cohort.visits_every > WEEK_H:
        found.add("rare_visits")
    if isinstance(table, ParallelTrial) and not table.treatment.blinded:
        found.add("unblinded")
    if getattr(table, "score", "") == "hamd17":
        found.add("hamd17")
    if isinstance(table, RandomisedWithdrawal) and table.visits[0] <= _EARLY_H:
        found.add("early_window")
    if (isinstance(table, NOf1) and table.crossover.experience) or (
        isinstance(table, Ema) and table.moments.experience
    ):
        found.add("regular_user")
    if isinstance(table, Ema) and "micro_randomised" in table.analysis.estimators:
        found.add("micro_randomised")
    if isinstance(table, ScenarioTrial):
        found |= _of_scenario(study, table)
    return found


def _of_scenario(study: Study, table: ScenarioTrial) -> set[str]:
    """Return facts of a scenario: two factors, doses left out, arms that expect help to a different extent."""
    found = {"factorial"} if "factorial" in table.analysis.estimators else set()
    arms = [arm for arm in scenario_of(study).arms if arm.name in table.arms]
    if any(treatment.adherence < 1.0 for arm in arms for treatment in arm.treatments):
        found.add("imperfect_adherence")
    if len({bool(arm.treatments) for arm in arms}) > 1:
        found.add("unblinded")
    return found


def scenario_of(study: Study) -> Scenario:
    """Return the scenario of a trial between its arms."""
    return scenario_of_text(study.scenario)

"""One file a design: its data set, what is true of its participants, and which estimators a statistician would use."""

from __future__ import annotations

from ketum.mood import CausalSetting
from ketum.studies.designs.case_series import Cases
from ketum.studies.designs.cross_sectional import Survey
from ketum.studies.designs.design import Design, Row
from ketum.studies.designs.ema import WithinPersons
from ketum.studies.designs.n_of_1 import SinglePersons
from ketum.studies.designs.new_user_cohort import Cohort
from ketum.studies.designs.randomised_withdrawal import Withdrawal
from ketum.studies.designs.self_report import Telling
from ketum.studies.designs.target_trial import Target
from ketum.studies.designs.trial import OfScenario, Parallel
from ketum.studies.model import Study

DESIGNS: dict[str, type[Design]] = {
    "cross_sectional": Survey,
    "self_report": Telling,
    "case_series": Cases,
    "new_user_cohort": Cohort,
    "target_trial": Target,
    "parallel_trial": Parallel,
    "randomised_withdrawal": Withdrawal,
    "n_of_1": SinglePersons,
    "ema": WithinPersons,
    "scenario_trial": OfScenario,
}
"""Designs by name."""


def design_of(study: Study, setting: CausalSetting) -> Design:
    """Return the design of a study in a causal setting."""
    return DESIGNS[study.design](study, setting)


__all__ = ["DESIGNS", "Design", "Row", "design_of"]

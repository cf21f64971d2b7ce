"""How the first data set of a design is drawn."""

from __future__ import annotations

import pandas as pd

from ketum.reports.study_facts import Example
from ketum.studies.model import Study

_SCORE = "PHQ-9 points"


def example_of(study: Study, table: pd.DataFrame) -> Example | None:
    """Return how a data set is drawn; None if there is nothing to draw."""
    if table.empty:
        return None
    found = _EXAMPLES[study.design]
    if study.design == "new_user_cohort":
        outcome = next(name for name in table if str(name).startswith("phq9_after_"))
        weeks = str(outcome).removeprefix("phq9_after_").removesuffix("wk")
        return found.model_copy(update={"y": str(outcome), "y_label": f"PHQ-9 {weeks} weeks later"})
    if "hamd17" in table:
        return found.model_copy(update={"y": "hamd17", "y_label": "HAM-D17 points"})
    return found


_ARMS = Example(
    kind="series",
    title="The first trial: each person and the mean of each arm",
    x="week",
    y="phq9",
    group="arm",
    unit="person",
    x_label="weeks since randomisation",
    y_label=_SCORE,
)
_EXAMPLES = {
    "cross_sectional": Example(
        kind="bars",
        title="The first survey: PHQ-9 of users and of people who never used",
        x="phq9",
        group="uses",
        x_label=_SCORE,
        y_label="share of the group",
    ),
    "self_report": Example(
        kind="scatter",
        title="The first survey: PHQ-9 when use began and now",
        x="phq9_at_start",
        y="phq9_now",
        group="says_it_helps",
        x_label="PHQ-9 when use began",
        y_label="PHQ-9 now",
        groups={"yes": "says that it helps", "no": "does not say so"},
    ),
    "case_series": Example(
        kind="scatter",
        title="The first series: PHQ-9 when use began and now",
        x="phq9_at_start",
        y="phq9_now",
        x_label="PHQ-9 when use began",
        y_label="PHQ-9 now",
    ),
    "new_user_cohort": Example(
        kind="scatter",
        title="The first cohort: PHQ-9 at the start of follow-up and later",
        x="phq9_at_start",
        y="phq9",
        group="starts",
        x_label="PHQ-9 at the start of follow-up",
        y_label="PHQ-9 later",
    ),
    "target_trial": Example(
        kind="series",
        title="The first cohort: mean scores of those who use at a visit and of those who do not",
        x="week",
        y="phq9",
        group="uses",
        x_label="weeks since enrolment",
        y_label=_SCORE,
        groups={"0": "does not use at the visit", "1": "uses at the visit"},
    ),
    "parallel_trial": _ARMS,
    "scenario_trial": _ARMS,
    "randomised_withdrawal": Example(
        kind="survival",
        title="The first trial: free of relapse",
        x="week",
        y="relapse",
        group="arm",
        x_label="weeks since randomisation",
        y_label="share without relapse",
    ),
    "n_of_1": Example(
        kind="scatter",
        title="The days of the first person",
        x="day",
        y="mood",
        group="state",
        x_label="day of the trial",
        y_label="mean mood of the day (0–100)",
    ),
    "ema": Example(
        kind="scatter",
        title="The prompts of one person",
        x="hour",
        y="mood",
        group="recent",
        x_label="hours since the start of the diary",
        y_label="momentary mood (0–100)",
        groups={"yes": "a serving within the last three hours", "no": "none"},
    ),
}

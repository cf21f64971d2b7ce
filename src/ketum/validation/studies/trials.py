"""Trials of treatments of depression: every participant in every arm, measured at the same visits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.engine.measure import hamd17, phq9
from ketum.mood import Course
from ketum.validation.protocols import protocols
from ketum.validation.studies.living import NEVER_ENDS, TRIAL, Minds, in_trial

Array = NDArray[np.float64]
_DAYS_PER_WEEK = 7


def _arms(tables: Tables) -> dict[str, tuple[Course, ...]]:
    drug = Course("sertraline", 0, NEVER_ENDS)
    therapy = Course("cbt", 0, round(tables.rules.value("cbt_days")))
    return {
        "placebo": (Course("placebo", 0, NEVER_ENDS),),
        "drug": (drug,),
        "CBT": (therapy,),
        "drug and CBT": (drug, therapy),
        "usual care": (Course("usual_care", 0, NEVER_ENDS),),
    }


def trial(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Treat adults with depression in five arms.

    "hamd17 at the end|<arm>" (points), "phq9 after therapy|<arm>" (points), "response|<arm>" (0 or 1), "fall on
    placebo|<visit>" and "drug-placebo gap|<visit>" (points of HAM-D17). HAM-D17 is the measurement before rounding.
    """
    p = protocols()["trial"]
    early, second, full, end, response, therapy = (
        round(p[f"{name}_week"]) for name in ("early", "placebo", "full", "end", "response", "therapy")
    )
    minds = Minds(in_trial(tables, persons, seed), tables, seed)
    entry = minds.hamd(minds.people.severity, 0)
    days = _DAYS_PER_WEEK * max(full, end, response, therapy)
    lived = {name: minds.days(days, courses) for name, courses in _arms(tables).items()}

    def rated(arm: str, week: int) -> Array:
        return minds.hamd(lived[arm]["severity"][_DAYS_PER_WEEK * week - 1], week)

    def scored(arm: str, week: int) -> Array:
        recalled = lived[arm]["severity_14d"][_DAYS_PER_WEEK * week - 1]
        score: Array = phq9(minds.answers(week, TRIAL), recalled[None], tables)[0]
        return score

    bound = (1.0 - tables.rules.value("response_share")) * entry
    return {
        **{f"hamd17 at the end|{arm}": rated(arm, end) for arm in ("placebo", "drug")},
        **{f"fall on placebo|week {week}": entry - rated("placebo", week) for week in (second, full)},
        **{f"drug-placebo gap|week {week}": rated("placebo", week) - rated("drug", week) for week in (early, full)},
        **{f"phq9 after therapy|{arm}": scored(arm, therapy) for arm in ("usual care", "CBT")},
        **{f"hamd17 after therapy|{arm}": rated(arm, therapy) for arm in ("usual care", "CBT")},
        **{
            f"response|{arm}": (rated(arm, response) <= bound).astype(float)
            for arm in ("drug", "drug and CBT", "placebo", "CBT")
        },
    }


def relapse(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Keep or stop a drug after 24 weeks: relapsed within the follow-up, "relapse|drug <kept or stopped>".

    Not a number in those whom the trial does not take. Relapse: HAM-D17 at or above ``relapse_hamd17`` at
    ``relapse_visits`` visits running, ``relapse_days`` apart (mood.md section 5).
    """
    rules = tables.rules
    lead, every = round(rules.value("relapse_lead_days")), round(rules.value("relapse_days"))
    running = round(rules.value("relapse_visits"))
    follow_up = round(protocols()["relapse"]["follow_up_days"])
    minds = Minds(in_trial(tables, persons, seed), tables, seed)
    visits = np.arange(lead, lead + follow_up + 1, every)
    found: dict[str, Array] = {}
    for arm, off in (("kept", NEVER_ENDS), ("stopped", lead)):
        severity = minds.days(lead + follow_up, (Course("sertraline", 0, off),))["severity"][visits - 1]
        weeks = [int(day) // _DAYS_PER_WEEK for day in visits]
        rated = hamd17(minds.answers(weeks, TRIAL), severity, tables, whole=False)
        ill = rated[1:] >= rules.value("relapse_hamd17")
        in_a_row = np.array([ill[k : k + running].all(axis=0) for k in range(len(ill) - running + 1)]).any(axis=0)
        taken = rated[0] <= rules.value("relapse_eligible")
        found[f"relapse|drug {arm}"] = np.where(taken, in_a_row.astype(float), np.nan)
    return found

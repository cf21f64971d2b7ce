"""Trials of treatments of depression: every participant in every arm, measured at the same visits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.engine.measure import hamd17, phq9
from ketum.mood import NEVER_ENDS, Course
from ketum.regimens.phases import DAYS_PER_WEEK
from ketum.studies.lives.people import TRIAL, in_trial, rated_at_least
from ketum.validation.protocols import one
from ketum.validation.studies.living import Minds, zero_or_one

Array = NDArray[np.float64]
_STOPPED = "drug, then none"
_SHORT = ("first", "second", "full", "end", "response", "therapy")
"""Visits up to the end of a course of therapy (`protocols.csv`)."""
_LONG = (*_SHORT, "after")


def _week(visit: str) -> int:
    return round(one("trial", f"{visit}_week"))


def _arms(tables: Tables) -> dict[str, tuple[Course, ...]]:
    end = round(tables.rules.value("cbt_days"))
    drug, therapy = Course("sertraline", 0, NEVER_ENDS), Course("cbt", 0, end)
    return {
        "placebo": (Course("placebo", 0, NEVER_ENDS),),
        "drug": (drug,),
        "CBT": (therapy,),
        "drug and CBT": (drug, therapy),
        "usual care": (Course("usual_care", 0, NEVER_ENDS),),
        _STOPPED: (Course("sertraline", 0, end),),
    }


def _followed(
    tables: Tables, persons: int, seed: int, arms: Mapping[str, Sequence[Course]], visits: Sequence[str]
) -> dict[str, Array]:
    weeks = {visit: _week(visit) for visit in visits}
    minds = Minds(in_trial(tables, persons, seed), tables, seed)
    entry = minds.hamd(minds.people.severity, 0)
    bound = (1.0 - tables.rules.value("response_share")) * entry
    found: dict[str, Array] = {}
    for arm, courses in arms.items():
        lived = minds.days(DAYS_PER_WEEK * max(weeks.values()), courses)
        for visit, week in weeks.items():
            rated = minds.hamd(lived["severity"][DAYS_PER_WEEK * week - 1], week)
            found[f"hamd17 {visit}|{arm}"] = rated
            found[f"fall on {arm}|{visit} week"] = entry - rated
            found[f"response {visit}|{arm}"] = zero_or_one(rated <= bound)
        last = _week("therapy")
        recalled = lived["severity_14d"][DAYS_PER_WEEK * last - 1]
        found[f"phq9 therapy|{arm}"] = phq9(minds.answers(last, TRIAL), recalled[None], tables)[0]
    for visit in visits:
        gap = found[f"hamd17 {visit}|placebo"] - found[f"hamd17 {visit}|drug"]
        found[f"drug-placebo gap|{visit} week"] = gap
    return found


def trial(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Treat adults with depression in five arms, to the end of a course of therapy.

    "hamd17 <visit>|<arm>" in points before rounding; "fall on <arm>|<visit> week" from entry; "response <visit>|<arm>"
    (0 or 1); "drug-placebo gap|<visit> week" (points of HAM-D17); "phq9 therapy|<arm>" (points).
    """
    arms = {name: courses for name, courses in _arms(tables).items() if name != _STOPPED}
    return _followed(tables, persons, seed, arms, _SHORT)


def after_treatment(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Follow all arms until nine months after a course, that of a drug taken as long as the course too."""
    return _followed(tables, persons, seed, _arms(tables), _LONG)


def relapse(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Keep or stop a drug after 24 weeks: relapsed within the follow-up, "relapse|drug <kept or stopped>".

    Not a number in those whom the trial does not take. Relapse: HAM-D17 at or above ``relapse_hamd17`` at
    ``relapse_visits`` visits running, ``relapse_days`` apart (mood.md section 5).
    """
    rules = tables.rules
    lead, every = round(rules.value("relapse_lead_days")), round(rules.value("relapse_days"))
    running = round(rules.value("relapse_visits"))
    follow_up = round(one("relapse", "follow_up_days"))
    minds = Minds(in_trial(tables, persons, seed), tables, seed)
    visits = np.arange(lead, lead + follow_up + 1, every)
    found: dict[str, Array] = {}
    for arm, off in (("kept", NEVER_ENDS), ("stopped", lead)):
        severity = minds.days(lead + follow_up, (Course("sertraline", 0, off),))["severity"][visits - 1]
        weeks = [int(day) // DAYS_PER_WEEK for day in visits]
        rated = hamd17(minds.answers(weeks, TRIAL), severity, tables, whole=False)
        ill = rated[1:] >= rules.value("relapse_hamd17")
        in_a_row = np.array([ill[k : k + running].all(axis=0) for k in range(len(ill) - running + 1)]).any(axis=0)
        taken = rated[0] <= rules.value("relapse_eligible")
        found[f"relapse|drug {arm}"] = np.where(taken, in_a_row, np.nan)
    return found


def stepped_care(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Give outpatients with depression a drug openly: "remission" by PHQ-9 at the end (0 or 1)."""
    week, entry = round(one("stepped care", "week")), one("stepped care", "entry")
    people = rated_at_least(entry, tables, persons, seed, group="outpatients with depression")
    minds = Minds(people, tables, seed)
    recalled = minds.days(DAYS_PER_WEEK * week, (Course("citalopram", 0, NEVER_ENDS),))["severity_14d"][-1]
    score = phq9(minds.answers(week, TRIAL), recalled[None], tables)[0]
    return {"remission": zero_or_one(score <= one("stepped care", "remission"))}

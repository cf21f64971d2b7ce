"""Depression beyond the calibration rows: screening, retest, new episodes, and other end points of trials."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.engine.layout import LANES, PLACES
from ketum.engine.measure import Answers, hamd17, phq9
from ketum.engine.mind import Mind
from ketum.engine.prepare import prepare_group
from ketum.engine.simulate import Window, resting_states, simulate
from ketum.mood import Course, causal_settings
from ketum.people import Candidates
from ketum.people.streams import EPISODE_SEVERITY, FRAILTY, TRANSITIONS, normals, uniforms
from ketum.regimens.schedule import Schedule
from ketum.validation.studies.heldout_protocols import one
from ketum.validation.studies.living import (
    HOURS_PER_DAY,
    MOOD_STEP,
    NEVER_ENDS,
    TRIAL,
    Minds,
    adults,
    adults_who,
    in_trial,
)

Array = NDArray[np.float64]
_DAYS_PER_WEEK = 7


def _share(flags: NDArray[np.bool_]) -> Array:
    return flags.astype(float)


def population(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """US adults who fill in the PHQ-9 twice: scores, and whether 10 or more finds those in an episode.

    "phq9|first", "phq9|later" (the retest, same severity); "found|in an episode" and "passed|not in an episode" (0 or
    1: sensitivity and specificity); "phq9 10+" (0 or 1).
    """
    people = adults(tables, 0, persons, seed)
    visits = np.array([0, round(one("population", "retest_days"))], dtype=np.int64)
    twice = np.broadcast_to(people.severity, (2, persons))
    scores = phq9(Answers(seed, people.keys, visits), twice.copy(), tables)
    high = scores[0] >= tables.scales.value("phq9_band_2")
    return {
        "phq9|first": scores[0],
        "phq9|later": scores[1],
        "found|in an episode": np.where(people.now, _share(high), np.nan),
        "passed|not in an episode": np.where(people.now, np.nan, _share(~high)),
        "phq9 10+": _share(high),
    }


def new_episodes(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Adults in whom a depressive episode begins, followed without treatment for three years.

    "months" until the episode is over (the end of the record where it is not), "not over" (0 or 1).
    """
    days = round(one("new episodes", "days"))
    people = adults(tables, 0, persons, seed)
    minds = Minds(people, tables, seed)
    keys = minds.persons.numbers
    m = tables.mood
    spread = m["M"].between_person.bp_1 or 0.0
    sigma = float(np.sqrt(np.log1p(spread**2)))
    drawn = normals(seed, keys, EPISODE_SEVERITY, np.array([1]))[0]
    frailty = -np.log(uniforms(seed, keys, FRAILTY, np.array([2, 3]))).sum(axis=0)
    begins = {
        "in_episode": np.ones(len(keys)),
        "ever_episode": np.ones(len(keys)),
        "transitions": np.ones(len(keys)),
        "activation": np.zeros(len(keys)),
        "episode_excess": m.value("M") * np.exp(sigma * drawn - sigma**2 / 2),
        "recovery_hazard": m.value("c_fr") / one("new episodes", "days_per_month") * frailty,
        "hazard_threshold": -np.log(uniforms(seed, keys, TRANSITIONS, np.array([1]))[0]),
    }
    group = prepare_group(minds.persons, tables.body, MOOD_STEP, tables, seed)
    start = resting_states(group)
    for name, values in begins.items():
        start[:, PLACES[name] : PLACES[name] + LANES] = values.reshape(-1, LANES)
    mind = Mind(causal_settings()["null"])
    window = Window(0, HOURS_PER_DAY * days)
    found = simulate(group, Schedule(), window, seed=seed, start=start, resting=True, mind=mind)
    in_episode = np.minimum.accumulate(found.days["in_episode"][:, :persons], axis=0)
    lasted = in_episode.sum(axis=0)
    return {
        "months": lasted / one("new episodes", "days_per_month"),
        "not over": _share(lasted >= days),
    }


def _arms(tables: Tables) -> dict[str, tuple[Course, ...]]:
    end = round(tables.rules.value("cbt_days"))
    therapy = Course("cbt", 0, end)
    drug = Course("sertraline", 0, NEVER_ENDS)
    return {
        "placebo": (Course("placebo", 0, NEVER_ENDS),),
        "drug": (drug,),
        "therapy": (therapy,),
        "both": (drug, therapy),
        "usual care": (Course("usual_care", 0, NEVER_ENDS),),
        "drug, then none": (Course("sertraline", 0, end),),
    }


def treatments(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Adults with depression, each in every arm of a trial, at the visits that meta-analyses ask for.

    "hamd17 <end, therapy, after>|<arm>" in points before rounding; "fall on <arm>|<visit> week" from entry;
    "response <first, end, response>|<arm>" (0 or 1).
    """
    weeks = {
        name: round(one("treatments", f"{name}_week"))
        for name in ("first", "second", "full", "end", "response", "therapy", "after")
    }
    minds = Minds(in_trial(tables, persons, seed), tables, seed)
    entry = minds.hamd(minds.people.severity, 0)
    bound = (1.0 - tables.rules.value("response_share")) * entry
    found: dict[str, Array] = {}
    for arm, courses in _arms(tables).items():
        severity = minds.days(_DAYS_PER_WEEK * max(weeks.values()), courses)["severity"]
        for name, week in weeks.items():
            rated = minds.hamd(severity[_DAYS_PER_WEEK * week - 1], week)
            found[f"hamd17 {name}|{arm}"] = rated
            found[f"fall on {arm}|{name} week"] = entry - rated
            found[f"response {name}|{arm}"] = _share(rated <= bound)
    return found


def stepped_care(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Outpatients with HAM-D17 of 14 or more who take a drug openly: "remission" by PHQ-9 at the end (0 or 1)."""
    least = one("treatments", "stepped_entry")
    week = round(one("treatments", "stepped_week"))

    def enters(people: Candidates) -> NDArray[np.bool_]:
        ill = np.flatnonzero(people.now)
        answers = Answers(seed, people.keys[ill], np.zeros(1, dtype=np.int64), TRIAL)
        flags = np.zeros(len(people.keys), dtype=bool)
        flags[ill] = hamd17(answers, people.severity[ill][None], tables, whole=False)[0] >= least
        return flags

    minds = Minds(adults_who(enters, tables, persons, seed, group="outpatients with depression"), tables, seed)
    days = _DAYS_PER_WEEK * week
    recalled = minds.days(days, (Course("citalopram", 0, NEVER_ENDS),))["severity_14d"][-1]
    score = phq9(minds.answers(week, TRIAL), recalled[None], tables)[0]
    return {"remission": _share(score <= one("treatments", "stepped_remission"))}

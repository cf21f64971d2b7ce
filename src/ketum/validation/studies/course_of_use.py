"""Use from the first serving to the stop, as users tell it: habits, change over a year, disorder, withdrawal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.engine.mood_aftermath import time_back
from ketum.regimens.phases import DAYS_PER_WEEK
from ketum.validation.protocols import one, protocol
from ketum.validation.studies.living import zero_or_one
from ketum.validation.studies.scenarios import Lived, arm, live, scenario

Array = NDArray[np.float64]
_POWDER = 'product = "leaf_powder", as_needed = true'
_MILD, _SEVERE = 1, 3


def user_survey(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Live a year of as-needed leaf powder, the last weeks of it read, then a stop.

    Use: "servings a day", "daily" (0 or 1), "mg a serving", "mg a day", "usual serving" (0 or 1: within the asked
    bounds). Use disorder: "any", "moderate or severe", "none to moderate" (0 or 1), "withdrawal criterion",
    "tolerance criterion" (0 or 1). After the stop: "SOWS", "onset", "peak" (h), "over" (d), "mood back" (wk; infinite
    where it is not by the end of the record). "sought care" (0 or 1).
    """
    lead, read, after = (one("user survey", f"{name}_weeks") for name in ("lead", "read", "after"))
    use = f'use = [{{ {_POWDER}, for = "{read:g} wk" }}, {{ stop = true }}]'
    text = scenario(
        "regular_users",
        arm("stop", use),
        read + after,
        '"withdrawal", "servings", "dose", "dose_mg"',
        people=f'experience = "{lead:g} wk"',
    )
    lived = live(text, tables, persons, seed, excess=True)["stop"]
    points = lived.points
    days = round(read * DAYS_PER_WEEK)
    took = (lived.outputs["servings"][:days] > 0.0).mean(axis=0)
    per_day = points["servings_per_day"]
    grams = points["leaf_g_per_serving"]
    low, high = one("user survey", "usual_low_g"), one("user survey", "usual_high_g")
    uses = per_day > 0.0
    a_serving = np.divide(points["alkaloid_mg_per_day"], per_day, out=np.full_like(per_day, np.nan), where=uses)
    disorder = points["use_disorder_class"]
    rules = tables.rules
    back = time_back(lived.excess[days:], rules.value("baseline_points"), round(rules.value("baseline_days")))
    return {
        "servings a day": per_day,
        "daily": zero_or_one(took >= one("user survey", "daily_share")),
        "mg a serving": a_serving,
        "mg a day": points["alkaloid_mg_per_day"],
        "usual serving": np.where(uses, zero_or_one((grams >= low) & (grams <= high)), np.nan),
        "any": zero_or_one(disorder >= _MILD),
        "moderate or severe": zero_or_one(disorder > _MILD),
        "none to moderate": zero_or_one(disorder < _SEVERE),
        "withdrawal criterion": points["withdrawal_criterion"],
        "tolerance criterion": points["tolerance_criterion"],
        "sought care": points["sought_care"],
        "SOWS": points["withdrawal_peak"],
        "onset": points["withdrawal_onset_h"],
        "peak": points["withdrawal_peak_h"],
        "over": points["withdrawal_tenth_d"],
        "mood back": back / DAYS_PER_WEEK,
        "tolerance": points["tolerance"],
        "grams a serving": grams,
    }


def first_year(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Live the first year of later regular users: their dose late against early, and a stop early or late.

    "dose ratio", "changed|raised" and "changed|lowered" (0 or 1), "SOWS|short use", "SOWS|a year".
    """
    weeks, part, short, after = (
        one("first year", name) for name in ("weeks", "part_weeks", "short_weeks", "after_weeks")
    )
    arms = arm("a year", f'use = [{{ {_POWDER}, for = "{weeks:g} wk" }}, {{ stop = true }}]')
    arms += arm("short", f'use = [{{ {_POWDER}, for = "{short:g} wk" }}, {{ stop = true }}]')
    text = scenario("regular_users", arms, weeks + after, '"withdrawal", "dose"', people='experience = "0 h"')
    lived = live(text, tables, persons, seed)
    dose = lived["a year"].outputs["dose"]
    days, end = round(part * DAYS_PER_WEEK), round(weeks * DAYS_PER_WEEK)
    early, late = dose[:days].mean(axis=0), dose[end - days : end].mean(axis=0)
    ratio = np.divide(late, early, out=np.full_like(early, np.nan), where=early > 0.0)
    change = one("first year", "changed_share")
    known = np.isfinite(ratio)
    return {
        "dose ratio": ratio,
        "changed|raised": np.where(known, zero_or_one(ratio > 1.0 + change), np.nan),
        "changed|lowered": np.where(known, zero_or_one(ratio < 1.0 - change), np.nan),
        "SOWS|a year": lived["a year"].points["withdrawal_peak"],
        "SOWS|short use": lived["short"].points["withdrawal_peak"],
    }


def first_serving(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Net arousal and analgesia an hour after a first serving of leaf powder, by grams: where arousal turns negative.

    "turning serving" in g: the largest serving up to which net arousal an hour later is above zero.
    """
    p = protocol("arousal")
    read = round(one("arousal", "read_h"))
    grams = p["grams"]
    arms = "".join(
        arm(f"{g:g} g", f'use = [{{ product = "leaf_powder", dose = "{g:g} g", times = 1 }}]') for g in grams
    )
    text = scenario("us_adults", arms, 1 / DAYS_PER_WEEK, '"stimulation", "sedation"', every="1 h")
    lived = live(text, tables, persons, seed)
    net = np.array([_arousal(lived[f"{g:g} g"], tables, read) for g in grams])
    positive = np.minimum.accumulate(net > 0.0, axis=0).sum(axis=0)
    found = np.where(positive > 0, np.array([0.0, *grams])[positive], 0.0)
    return {"turning serving": np.where(positive == len(grams), np.inf, found)}


def _arousal(lived: Lived, tables: Tables, hour: int) -> Array:
    """Return net arousal of body.md section 7 in persons who never used: habituation is small within the hour."""
    body = tables.body
    stimulation, sedation = (lived.outputs[name][hour] for name in ("stimulation", "sedation"))
    return np.asarray(body.value("a_A") * stimulation - body.value("s_E") * sedation)

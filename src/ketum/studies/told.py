"""A study file in words: what fills the placeholders of a protocol table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ketum.regimens import Amount, Phase
from ketum.scenario.grid import in_words
from ketum.studies.facts import scenario_of
from ketum.studies.model import Study
from ketum.studies.shapes import DAY_H, WEEK_H, ScenarioTrial
from ketum.studies.words import estimator_words

_POPULATIONS = {
    "us_adults": "US adults",
    "healthy_adults": "healthy US adults",
    "regular_users": "regular users of kratom",
    "adults_with_depression": "US adults in a depressive episode",
    "adults_with_ptsd": "US adults with a PTSD-type syndrome",
    "trial_entrants": "US adults in a depressive episode",
}
_ENTRY = {
    "healthy_adults": "not in an episode, without prior opioid use, PHQ-9 below 10",
    "adults_with_depression": "PHQ-9 of 10 or more",
    "adults_with_ptsd": "PCL-5 of 33 or more",
    "trial_entrants": "HAM-D17 of 18 or more",
}
_SCORES = {"phq9": "PHQ-9", "hamd17": "HAM-D17"}
_COUNTS = {"past_year": "Use in the past year", "current": "Use at present", "ever": "Use at any time"}
_NAMES = {
    "opioid": "prior opioid use",
    "ptsd": "PTSD-type syndrome",
    "alcohol": "alcohol use disorder",
    "pain": "chronic pain",
}


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def long_time(hours: float) -> str:
    """Return a time in words.

    Examples
    --------
    >>> long_time(26 * 7 * 24.0), long_time(10 * 24.0), long_time(24.0)
    ('26 weeks', '10 days', '1 day')
    """
    number, unit = (hours / WEEK_H, "week") if hours >= 2 * WEEK_H and not hours % WEEK_H else (hours / DAY_H, "day")
    return f"{number:g} {unit}{'' if number == 1 else 's'}"


def regimen(phases: Iterable[Phase]) -> str:
    """Return how kratom is taken, in words.

    Examples
    --------
    >>> regimen([Phase(mode="per_day", product="leaf_powder", dose=Amount(3.0, "g leaf"), count=2)])
    'leaf powder, 3 g leaf, 2 a day'
    """
    told = []
    for phase in phases:
        parts = [(phase.product or "").replace("_", " ")]
        if phase.dose:
            parts.append(f"{phase.dose.value:.4g} {phase.dose.basis}")
        how = {
            "as_needed": "as needed",
            "per_day": f"{phase.count} a day",
            "every": f"every {in_words(phase.every_h or 0)}",
        }
        told.append(", ".join([*parts, how.get(phase.mode, phase.mode)]))
    return "; then ".join(told)


def values(study: Study) -> dict[str, str]:
    """Return all placeholders that the protocol of this study may ask for."""
    table: Any = study.table
    found = {"analysis": _analysis(table), **_people(study), **_dropout(table), **_measured(table)}
    for key, make in _OF.items():
        if hasattr(table, key):
            found |= make(study, table)
    if isinstance(table, ScenarioTrial):
        scenario = scenario_of(study)
        found["population"] = _POPULATIONS[scenario.people.population]
        found["arms"] = listed([f"“{name}”" for name in table.arms])
        found["expectancy"] = "Expectancy follows the treatments of each arm; kratom itself carries none"
    return found


def _analysis(table: Any) -> str:
    names = table.analysis.estimators if hasattr(table, "analysis") else ("before_after",)
    return "; ".join(estimator_words(name).label for name in names)


def _people(study: Study) -> dict[str, str]:
    table: Any = study.table
    sampling = table.sampling
    found = {}
    if study.entry is not None:
        found["population"] = _POPULATIONS[study.entry.population]
        if study.entry.population == "regular_users" and _without_use(table):
            found["population"] = "people who would become regular users, before they begin"
        least = study.entry.phq9_at_least
        found["entry"] = (
            f"PHQ-9 of {least:g} or more" if least else _ENTRY.get(study.entry.population, "no further criterion")
        )
    if hasattr(sampling, "per_arm"):
        found["participants"] = f"{sampling.per_arm:,} in each arm"
    for name in ("participants", "persons", "cases"):
        if hasattr(sampling, name):
            found["participants"] = f"{getattr(sampling, name):,} {'cases' if name == 'cases' else 'persons'}"
    for name in ("users", "others"):
        if hasattr(sampling, name):
            found[name] = f"{getattr(sampling, name):,}"
    if hasattr(table, "analysis") and hasattr(table.analysis, "adjust"):
        found["covariates"] = listed([_NAMES.get(name, name) for name in table.analysis.adjust])
    return found


def _without_use(table: Any) -> bool:
    """Whether nobody used before a study of this design begins."""
    experience = [getattr(getattr(table, name, None), "experience", None) for name in ("crossover", "moments")]
    return hasattr(table, "treatment") or 0.0 in experience


def _dropout(table: Any) -> dict[str, str]:
    if not hasattr(table, "dropout"):
        return {}
    d = table.dropout
    leaves = "nobody leaves"
    if d.share:
        leaves = f"{100 * d.share:g}% of those of mean severity leave by the last visit"
        if d.by_severity != 1.0:
            leaves += f"; five points more PHQ-9 multiply the rate by {d.by_severity:g}"
    if d.missed:
        leaves += f"; {100 * d.missed:g}% of other visits are missed"
    nothing = not d.share and not d.missed
    handled = (
        "left out of the analysis of that visit" if d.handled == "complete_case" else "the last score stands for them"
    )
    return {"dropout": leaves, "missing": "none" if nothing else handled}


def _measured(table: Any) -> dict[str, str]:
    found = {}
    if hasattr(table, "visits"):
        found["visits"] = f"week {listed([f'{hours / WEEK_H:g}' for hours in table.visits])}"
    if hasattr(table, "score"):
        found["score"] = _SCORES[table.score]
    return found


def _survey(_: Study, table: Any) -> dict[str, str]:
    found = {"years": f"{table.world.for_h / (52 * WEEK_H):.3g}", "population": "US adults"}
    if getattr(table, "source", "survey") == "regular_users":
        found["population"] = "Regular users of kratom after a year of use as needed"
    if hasattr(table, "exposure"):
        found["counts"] = _COUNTS[table.exposure.counts]
        found["outcome"] = f"PHQ-9 of {table.outcome.phq9_at_least} or more"
        if table.exposure.concealed:
            found["counts"] += f", which {100 * table.exposure.concealed:g}% do not tell"
    return found


def _recall(_: Study, table: Any) -> dict[str, str]:
    r = table.recall
    told = "as it was measured then"
    if r.error or r.towards_now:
        told = f"told from memory, with an error of SD {r.error:g}"
        if r.towards_now:
            told += f" and {100 * r.towards_now:g}% of the way towards how it is now"
    found = {"recall": told}
    if hasattr(table.sampling, "phq9_at_least"):
        found |= {
            "cutoff": f"{table.sampling.phq9_at_least}",
            "least_use": long_time(table.sampling.used_for) if table.sampling.used_for else "any time",
            "rise": f"{table.outcome.worse_by:g}",
        }
    return found


def _cohort(_: Study, table: Any) -> dict[str, str]:
    c = table.cohort
    if hasattr(c, "visits_every"):
        return {"follow": long_time(c.follow), "visits": f"every {long_time(c.visits_every)}"}
    later = {
        "drop": "those who do not start in that window, from a week of it by lot; who starts later, before the "
        "outcome, is left out",
        "keep": "those who do not start in that window, from a week of it by lot; later starters are kept",
    }
    return {
        "follow": long_time(c.follow),
        "window": f"in weeks {c.start_from / WEEK_H:g} to {c.start_until / WEEK_H - 1:g} after enrolment",
        "comparators": later[c.late_starters],
    }


def _treatment(study: Study, table: Any) -> dict[str, str]:
    blind = table.treatment.blinded
    return {
        "use": regimen(study.use),
        "treatment": long_time(table.treatment.for_h),
        "control": "placebo" if blind else "no treatment",
        "expectancy": "Blinded: help is expected alike in both arms, from the first day to the end"
        if blind
        else "Open: only those who get kratom expect help",
    }


def _withdrawal(study: Study, table: Any) -> dict[str, str]:
    rules, w = study.tables.rules, table.withdrawal
    return {
        "run_in": f"{long_time(w.lead)} of use ({regimen(study.use)})",
        "relapse": f"HAM-D17 of {rules.value('relapse_hamd17'):g} or more at {rules.value('relapse_visits'):g} visits "
        f"running, every {long_time(w.relapse_every)} up to {long_time(w.relapse_until)}",
        "expectancy": "Open; neither arm expects anything of it",
    }


def _experience(hours: float) -> str:
    return f"{long_time(hours)} of use as needed" if hours else "no use before"


def _crossover(study: Study, table: Any) -> dict[str, str]:
    c = table.crossover
    between = f"{long_time(c.washout)} without kratom before every period" if c.washout else "No days between periods"
    out = f"the first {long_time(c.discard)} of each are left out" if c.discard else "no day of a period is left out"
    return {
        "run_in": _experience(c.experience),
        "use": regimen(study.use),
        "periods": f"{2 * c.pairs}",
        "period": long_time(c.period),
        "washout": f"{between}; {out}",
        "expectancy": "Blinded in effect: nobody expects help of a period",
    }


def _moments(study: Study, table: Any) -> dict[str, str]:
    s, m = study.tables.scales, table.moments
    dose: Amount | None = study.lot_dose
    lot = f"; in the micro-randomised part {dose.value:.4g} {dose.basis} at 8, 13 and 19 h by lot" if dose else ""
    asked = f"{s.value('prompt_count'):g} prompts a day, {100 * study.tables.mood.value('p_resp'):g}% answered"
    return {
        "run_in": _experience(m.experience),
        "diary": long_time(m.for_h),
        "prompts": asked,
        "servings": f"As needed, as the person feels{lot}",
    }


_OF = {
    "world": _survey,
    "recall": _recall,
    "cohort": _cohort,
    "treatment": _treatment,
    "withdrawal": _withdrawal,
    "crossover": _crossover,
    "moments": _moments,
}

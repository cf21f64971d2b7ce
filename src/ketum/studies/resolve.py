"""From the tables of a study file to a `Study`: defaults filled in, and what values must be to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ketum.engine.cohort import Tables
from ketum.errors import ScenarioError
from ketum.evidence import load_parameters
from ketum.products import products
from ketum.regimens import Amount, Phase
from ketum.scenario import Scenario, load_scenario, to_toml
from ketum.scenario.build import tables_with
from ketum.scenario.doses import parse_amount
from ketum.scenario.grid import in_words
from ketum.scenario.parameters import resolve_parameters
from ketum.scenario.schema import SettingTable, UseTable
from ketum.scenario.setting import resolve_setting, settings_of
from ketum.scenario.use import resolve_phases
from ketum.scenario.wording import KeyPath, MistakeError, refusal, shown, unknown
from ketum.studies import shapes
from ketum.studies.lives.recipe import Entry
from ketum.studies.model import Study
from ketum.studies.schema import EntryTable, RunTable
from ketum.studies.shapes import WEEK_H

_STEP_H = 0.5
_SYMPTOMS = 5.0
"""PHQ-9 from which adults take part where a file does not say (mood.md section 9)."""
_SERVINGS_A_DAY = 3
_SURVEY_POOL = dict.fromkeys(("cross_sectional", "self_report", "case_series"), 300_000)
_REGULAR_POOL = 20_000
_LEAST_POOL, _MOST_POOL = 100, 250_000


def shape_of(document: Mapping[str, object]) -> type[RunTable]:
    """Return the shape that a file of its design must have.

    Raises
    ------
    MistakeError
        If the file names no known design.
    """
    design = document.get("design")
    if design is None:
        hint = " (this looks like a scenario: ketum run)" if "arm" in document or "record" in document else ""
        raise MistakeError(("design",), f"is missing{hint}; allowed: {', '.join(shapes.SHAPES)}")
    if not isinstance(design, str) or design not in shapes.SHAPES:
        raise MistakeError(("design",), unknown(design, "a design", shapes.SHAPES))
    return shapes.SHAPES[design]


def resolve(table: RunTable, path: Path) -> Study:
    """Return the study that the tables of a file mean.

    Raises
    ------
    MistakeError
        If values contradict one another or name something unknown.
    """
    own = resolve_parameters(table.parameters)
    for symbol, value in own.items():
        if isinstance(value, str):
            raise MistakeError(("parameters", symbol), f"{shown(value)} is not allowed here; allowed: a number")
    scenario = _scenario(table, path) if isinstance(table, shapes.ScenarioTrial) else None
    laid_under = scenario.parameters if scenario else {}
    tables = tables_with({s: float(v) for s, v in {**laid_under, **own}.items() if not isinstance(v, str)})
    chosen = SettingTable(
        causal=list(table.setting.causal), selection=table.setting.selection, channels=table.setting.channels
    )
    settings = settings_of(resolve_setting(chosen))
    entry = getattr(table, "entry", None)
    more: dict[str, Any] = {}
    if isinstance(entry, EntryTable):
        found = _entry(entry, 0.0 if table.design == "parallel_trial" else _SYMPTOMS)
        more["entry"] = found
        if found.population == "us_adults":
            written = entry.model_copy(update={"phq9_at_least": found.phq9_at_least})
            table = table.model_copy(update={"entry": written})
    if table.design in _MORE:
        more |= _MORE[table.design](table, tables)
    if scenario is not None:
        more["scenario"] = to_toml(scenario)
    needed = participants(table)
    persons = table.pool.persons if table.pool else _default_pool(table, needed)
    if persons < needed and table.design not in _SURVEY_POOL:
        raise MistakeError(
            ("pool", "persons"), f"{persons} persons are fewer than one study asks for; allowed: at least {needed}"
        )
    if getattr(table, "source", "") == "regular_users" and "world" in table.model_fields_set:
        raise MistakeError(("world",), 'means nothing with source = "regular_users"; allowed: with source = "survey"')
    title = table.title or path.stem[:100].strip() or "study"
    return Study(table=table, title=title, settings=settings, tables=tables, persons=persons, **more)


def participants(table: RunTable) -> int:
    """Return how many persons take part in one replicate."""
    whole: Any = table
    sampling = whole.sampling
    if isinstance(sampling, shapes.PerArm):
        arms = len(table.arms) if isinstance(table, shapes.ScenarioTrial) else 2
        return arms * sampling.per_arm
    counts = [value for name, value in sampling if name in ("users", "others", "cases", "participants", "persons")]
    return sum(counts)


def _default_pool(table: RunTable, needed: int) -> int:
    """Return a pool in which nobody need take part twice, if that can be had in reasonable time."""
    if table.design in _SURVEY_POOL:
        regular = getattr(table, "source", "survey") == "regular_users"
        return max(_REGULAR_POOL, 2 * needed) if regular else _SURVEY_POOL[table.design]
    return max(min(needed * table.replicates, _MOST_POOL), needed, _LEAST_POOL)


def _entry(table: EntryTable, least: float) -> Entry:
    """Return who may take part; `least` is the PHQ-9 that the design asks of US adults if the file does not say."""
    if table.phq9_at_least and table.population != "us_adults":
        raise MistakeError(
            ("entry", "phq9_at_least"),
            f"means nothing with {table.population}, which has a rule of its own; allowed: with us_adults",
        )
    given = table.phq9_at_least
    return Entry(table.population, given or 0.0 if given is not None or table.population != "us_adults" else least)


def _whole(hours: float, unit: float, path: KeyPath, of: str) -> None:
    if hours % unit:
        raise MistakeError(path, f"{in_words(hours)} is not allowed; allowed: a multiple of {of}")


def _phases(use: list[UseTable] | None, path: KeyPath) -> tuple[Phase, ...]:
    taper_end = load_parameters("body").value("taper_end")
    return resolve_phases(use or (), path, _STEP_H, taper_end)


def _one_phase(use: list[UseTable] | None, path: KeyPath, default: Phase) -> Phase:
    """Return the single phase of ongoing use; its length is the design's."""
    if use is None:
        return default
    phases = _phases(use, path)
    if len(phases) != 1 or phases[0].for_h is not None or phases[0].mode not in ("per_day", "every", "as_needed"):
        raise MistakeError(
            path, 'is not one way of ongoing use; allowed: one phase of per_day, every or as_needed without "for"'
        )
    if phases[0].stopping:
        raise MistakeError((*path, 0, "stopping"), "means nothing here; allowed: use that goes on")
    return phases[0]


def reference_regimen(tables: Tables) -> Phase:
    """Return leaf powder, D_ref/3 mg mitragynine three times a day (joined.md section 5)."""
    dose = Amount(tables.mood.value("D_ref") / _SERVINGS_A_DAY, "mg mitragynine")
    return Phase(mode="per_day", product="leaf_powder", dose=dose, count=_SERVINGS_A_DAY)


_AS_NEEDED = Phase(mode="as_needed", product="leaf_powder")


def _cohort(table: Any, _: Tables) -> dict[str, Any]:
    c = table.cohort
    for key in ("start_from", "start_until", "follow", "lead"):
        _whole(getattr(c, key), WEEK_H, ("cohort", key), "a week")
    if c.start_from >= c.start_until:
        raise MistakeError(
            ("cohort", "start_from"),
            f"{in_words(c.start_from)} is not before start_until; allowed: less than {in_words(c.start_until)}",
        )
    if c.lead > c.start_from:
        raise MistakeError(
            ("cohort", "lead"),
            f"{in_words(c.lead)} reaches back before enrolment; allowed: at most {in_words(c.start_from)}",
        )
    return {}


def _target(table: Any, _: Tables) -> dict[str, Any]:
    c = table.cohort
    _whole(c.visits_every, WEEK_H, ("cohort", "visits_every"), "a week")
    _whole(c.follow, WEEK_H, ("cohort", "follow"), "a week")
    _whole(c.follow, c.visits_every, ("cohort", "follow"), in_words(c.visits_every))
    if c.follow / c.visits_every < 6:  # the g-formula looks back on six visits
        raise MistakeError(
            ("cohort", "follow"), f"{in_words(c.follow)} holds too few visits; allowed: seven visits or more"
        )
    return {}


def _trial(table: Any, tables: Tables) -> dict[str, Any]:
    given = table.treatment
    path: KeyPath = ("treatment", "use")
    if given.use is None:
        return {"use": (_until(reference_regimen(tables), given.for_h),)}
    phases = _phases(given.use, path)
    lengths = [phase.for_h or 0.0 for phase in phases]
    for number, phase in enumerate(phases):
        if phase.product is None or products()[phase.product].kind not in ("kratom", "7oh"):
            raise MistakeError(
                (*path, number),
                "is no use of kratom; allowed: phases of per_day, every, times or as_needed with a kratom product",
            )
    if not phases or phases[-1].for_h is not None or sum(lengths) >= given.for_h:
        raise MistakeError(
            path,
            f'does not fill {in_words(given.for_h)}; allowed: phases whose last has no "for" and goes on to the end of '
            "treatment.for",
        )
    return {"use": (*phases[:-1], _until(phases[-1], given.for_h - sum(lengths)))}


def _until(phase: Phase, hours: float) -> Phase:
    return replace(phase, for_h=hours)


def _withdrawal(table: Any, tables: Tables) -> dict[str, Any]:
    w = table.withdrawal
    for key in ("relapse_every", "relapse_until"):
        _whole(getattr(w, key), WEEK_H, ("withdrawal", key), "a week")
    _whole(w.relapse_until, w.relapse_every, ("withdrawal", "relapse_until"), "relapse_every")
    least = tables.rules.value("relapse_visits") * w.relapse_every
    if w.relapse_until < least:
        raise MistakeError(
            ("withdrawal", "relapse_until"),
            f"{in_words(w.relapse_until)} holds too few visits for a relapse; allowed: {in_words(least)} or more",
        )
    return {"use": (_one_phase(w.use, ("withdrawal", "use"), _AS_NEEDED),)}


def _crossover(table: Any, _: Tables) -> dict[str, Any]:
    c = table.crossover
    if c.discard >= c.period:
        raise MistakeError(
            ("crossover", "discard"),
            f"{in_words(c.discard)} leaves nothing of a period; allowed: less than {in_words(c.period)}",
        )
    return {"use": (_one_phase(c.use, ("crossover", "use"), _AS_NEEDED),)}


def _moments(table: Any, tables: Tables) -> dict[str, Any]:
    text = table.moments.dose
    if text is None:
        return {"lot_dose": reference_regimen(tables).dose}
    try:
        return {"lot_dose": parse_amount(text, "leaf_powder", products()["leaf_powder"].bases)}
    except ValueError as error:
        raise MistakeError(("moments", "dose"), str(error)) from None


def _scenario(table: shapes.ScenarioTrial, path: Path) -> Scenario:
    """Return the scenario of a trial between its arms, without what a study does not read."""
    if not table.scenario.strip() or "\0" in table.scenario:
        raise MistakeError(("scenario",), refusal(table.scenario, "a file", 'a name such as "self-medication.toml"'))
    try:
        scenario = load_scenario(path.parent / table.scenario)
    except ScenarioError as error:
        raise MistakeError(("scenario",), str(error)) from None
    if scenario.setting.channels or not scenario.setting.selection:
        raise MistakeError(
            ("scenario",),
            f"[setting] of {table.scenario} is not read here; allowed: its selection and channels in the study file",
        )
    names = [arm.name for arm in scenario.arms]
    for number, arm in enumerate(table.arms):
        if arm not in names:
            raise MistakeError(("arms", number), unknown(arm, f"an arm of {table.scenario}", names))
        if arm in table.arms[:number]:
            raise MistakeError(("arms", number), f"{shown(arm)} stands twice; allowed: each arm once")
    factorial = "factorial" in table.analysis.estimators
    if len(table.arms) == 3 or factorial != (len(table.arms) == 4):
        raise MistakeError(
            ("arms",),
            f"{len(table.arms)} arms; allowed: two with ancova or unadjusted, or four with factorial alone",
        )
    if factorial and len(table.analysis.estimators) > 1:
        raise MistakeError(("analysis", "estimators"), "factorial stands alone; allowed: it, or ancova and unadjusted")
    if table.visits[-1] > scenario.record.for_h:
        raise MistakeError(
            ("visits",),
            f"{in_words(table.visits[-1])} is after the end of the scenario; allowed: up to "
            f"{in_words(scenario.record.for_h)}",
        )
    return replace(scenario, uncertainty=None, monitor=None)


_MORE = {
    "new_user_cohort": _cohort,
    "target_trial": _target,
    "parallel_trial": _trial,
    "randomised_withdrawal": _withdrawal,
    "n_of_1": _crossover,
    "ema": _moments,
}

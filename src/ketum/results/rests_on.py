"""Which parameters stand behind an output, and of which provenance class they are."""

from __future__ import annotations

from collections.abc import Iterable

from ketum.engine.experiment import Experiment
from ketum.evidence import group_of, provenance_of
from ketum.mood import treatments
from ketum.products import products
from ketum.regimens.schedule import NATURAL, STOPPING
from ketum.results.dossier_outputs import groups_behind

BEHAVIOUR, COMEDICATION, REFERENCE = "behaviour", "comedication", "reference_drugs"
MOOD = ("depression", "momentary")
"""Groups behind the distress that drives symptom-driven use."""


def _also(experiment: Experiment) -> set[str]:
    """Return the groups that the arms bring in: symptom-driven use, co-medication, reference drugs."""
    schedules = [arm.schedule for arm in experiment.arms]
    needed = experiment.run_in is not None or any(schedule.as_needed for schedule in schedules)
    found = {BEHAVIOUR} if needed else set()
    if any(names for schedule in schedules for _, names in schedule.comedication):
        found.add(COMEDICATION)
    columns = [column for schedule in schedules for column in schedule.columns]
    given = {name for column in columns for name in (column.product, *(held.product for held in column.besides))}
    if any(products()[name].suffix for name in given):
        found.add(REFERENCE)
    if needed:
        found.update(MOOD)
    kinds = {treatments()[course.name].kind for arm in experiment.arms for course in arm.courses}
    if kinds:
        found.add("expectancy")
    if kinds & {"SSRI", "SNRI", "CBT", "exercise"}:
        found.add("treatment")
    if "substitution" in kinds:
        found.add("substitution")
    if experiment.cohort.population == "regular_users" or any(
        mode in (STOPPING, NATURAL) for schedule in schedules for _, _, mode in schedule.spells
    ):
        found.add("spells")
    return found


def rests_on(experiment: Experiment, outputs: Iterable[str]) -> dict[str, dict[str, int]]:
    """Return for each output how many of the parameters behind it are of each provenance class.

    With symptom-driven use everything that drives servings stands behind every output.
    """
    tables = experiment.cohort.tables
    also = _also(experiment)
    driving = set(groups_behind("withdrawal")) if BEHAVIOUR in also else set()
    grouped = [(p, group_of(symbol)) for table in (tables.body, tables.mood) for symbol, p in table.items()]
    counted: dict[frozenset[str], dict[str, int]] = {}
    found = {}
    for output in outputs:
        groups = frozenset(groups_behind(output)) | also | driving
        if groups not in counted:
            counts = provenance_of(p for p, group in grouped if group in groups)
            counted[groups] = {name: count for name, count in counts.items() if count}
        found[output] = dict(counted[groups])
    return found

"""Whether a condition of a safety rule is met by what came out of a run: shares of persons, by arm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from ketum.engine.experiment import ArmPlan
from ketum.evidence.safety import ConditionKind, SafetyCondition, figure
from ketum.findings.words import shares
from ketum.results.endpoints import Array, Columns, person_values

ByArm = dict[str, tuple[float, float]]
"""Share of persons in each arm, lowest and highest of the causal settings."""
_NM_PER_NG_ML = 1000.0
"""nM = ng/mL / (g/mol) x 1000."""
_HIGHEST = "_highest"


def outcome(condition: SafetyCondition, collected: Columns) -> tuple[str, ByArm] | None:
    """Return what met a condition in words, and the share of persons in each arm in which there are any; or None.

    Parameters
    ----------
    condition : SafetyCondition
    collected : Columns
        End points of single persons.
    """
    kind = _KINDS.get(condition.kind)
    by_arm = kind(condition, collected) if kind is not None else {}
    if not by_arm:
        return None
    arms = 1 if condition.kind == "trait" else len(collected.experiment.arms)
    words = condition.words.format(
        what=_what(condition, collected),
        limit=_limit(condition),
        share=shares(by_arm, arms),
    )
    return words, by_arm


def _survey(condition: SafetyCondition, collected: Columns) -> ByArm:
    """Return the share of persons whose questionnaire met a rule at some visit."""
    return _by_arm(collected, lambda cell: person_values(collected, cell, condition.of))


def _exposure(condition: SafetyCondition, collected: Columns) -> ByArm:
    """Return the share of persons whose recorded plasma concentration is above a figure."""
    value, unit = figure(condition)
    if unit == "ng/mL":
        value *= _NM_PER_NG_ML / collected.experiment.cohort.tables.body.value("MW_MG")
    return _by_arm(collected, lambda cell: _above(person_values(collected, cell, condition.of + _HIGHEST), value))


def _trait(condition: SafetyCondition, collected: Columns) -> ByArm:
    """Return the share of persons with a trait, for the arms in which kratom is taken."""
    share = float(collected.column(condition.of).mean())
    takes = [arm.name for arm in collected.experiment.arms if _takes(collected, arm)]
    return dict.fromkeys(takes, (share, share)) if share > 0.0 else {}


def _takes(collected: Columns, arm: ArmPlan) -> bool:
    return not arm.never_used and (arm.takes_kratom or collected.experiment.run_in is not None)


def _above(values: Array | None, least: float) -> Array | None:
    return None if values is None else np.where(np.isnan(values), np.nan, values > least)


def _by_arm(collected: Columns, values: Callable[[str], Array | None]) -> ByArm:
    experiment = collected.experiment
    found: ByArm = {}
    for arm in experiment.arms:
        each = [values(experiment.label(setting, arm.name)) for setting in experiment.settings]
        known = [float(np.nanmean(one)) for one in each if one is not None and not np.isnan(one).all()]
        if known and max(known) > 0.0:
            found[arm.name] = (min(known), max(known))
    return found


def _what(condition: SafetyCondition, collected: Columns) -> str:
    mean = "24-hour mean of " if collected.experiment.over_days else ""
    return f"{mean}plasma {condition.of}"


def _limit(condition: SafetyCondition) -> str:
    if "{limit}" not in condition.words:
        return ""
    value, unit = figure(condition)
    return f"{value:,g} {unit.removeprefix('PHQ-9 ')}"


_KINDS: Final[Mapping[ConditionKind, Callable[[SafetyCondition, Columns], ByArm]]] = MappingProxyType(
    {"survey": _survey, "exposure": _exposure, "trait": _trait}
)

"""The findings of a scenario and of what came out of it, the most serious first."""

from __future__ import annotations

from collections.abc import Iterator

from ketum.evidence import SafetyRule
from ketum.evidence.records import SEVERITIES
from ketum.evidence.safety import SafetyCondition, legal_places, safety_conditions, safety_rules
from ketum.findings.conditions import met
from ketum.findings.course import Course, course
from ketum.findings.finding import LAW, Finding
from ketum.findings.outcomes import ByArm, outcome
from ketum.findings.words import listed, percent, sentence
from ketum.results.endpoints import Columns
from ketum.scenario import Scenario

_ARMS = "; "


def find(scenario: Scenario, collected: Columns | None = None) -> tuple[Finding, ...]:
    """Return the safety findings of a scenario.

    Parameters
    ----------
    scenario : Scenario
    collected : Columns, optional
        End points of single persons; without it, only what stands in the scenario is looked at.

    Returns
    -------
    tuple of Finding
        Danger, warning, caution, in each the order of the table of rules; arms with the same finding are joined.
    """
    courses = [course(scenario, arm) for arm in scenario.arms]
    by_rule: dict[str, list[SafetyCondition]] = {}
    for condition in safety_conditions():
        by_rule.setdefault(condition.rule, []).append(condition)
    found = [
        finding
        for rule in safety_rules().values()
        for finding in (
            *_of_scenario(rule, by_rule[rule.id], courses, scenario),
            *(_of_outcome(rule, by_rule[rule.id], collected) if collected is not None else ()),
            *_of_law(rule, by_rule[rule.id], scenario),
        )
    ]
    return tuple(sorted(found, key=lambda finding: -SEVERITIES.index(finding.severity)))


def _of_scenario(
    rule: SafetyRule, conditions: list[SafetyCondition], courses: list[Course], scenario: Scenario
) -> Iterator[Finding]:
    """Yield what stands in the scenario; arms that meet a rule in the same way are one finding."""
    arms: dict[tuple[str, ...], list[str]] = {}
    for one in courses:
        words = _words(conditions, one, scenario)
        if words:
            arms.setdefault(words, []).append(one.arm)
    for words, names in arms.items():
        yield _finding(rule, sentence(words), _ARMS.join(names))


def _words(conditions: list[SafetyCondition], one: Course, scenario: Scenario) -> tuple[str, ...]:
    """Return in how many ways an arm meets a rule, each in words; names that meet it in the same way are listed."""
    whats: dict[str, list[str]] = {}
    others: dict[str, None] = {}
    for condition in conditions:
        template = condition.words.replace("{within}", f"{condition.within_d or 0.0:g}")
        for words in met(condition, one, scenario.context):
            if "what" in words:
                names = whats.setdefault(template, [])
                names += [words["what"]] if words["what"] not in names else []
            else:
                others[template.format(**words)] = None
    return (*others, *(template.format(what=listed(names)) for template, names in whats.items()))


def _of_outcome(rule: SafetyRule, conditions: list[SafetyCondition], collected: Columns) -> Iterator[Finding]:
    """Yield what came out of the run: one finding for all arms, with the share of persons in each."""
    told: list[str] = []
    arms: ByArm = {}
    for condition in conditions:
        found = outcome(condition, collected)
        if found is not None:
            told.append(found[0])
            arms |= {arm: max(share, arms.get(arm, share), key=lambda ends: ends[1]) for arm, share in found[1].items()}
    if told:
        order = [arm.name for arm in collected.experiment.arms if arm.name in arms]
        most = max(high for _, high in arms.values())
        brief = (
            sentence(told)
            if len(told) == 1
            else f"{sentence([rule.applies_when])}, in up to {percent(most)} of persons"
        )
        yield _finding(rule, sentence(told), _ARMS.join(order), brief, most)


def _finding(rule: SafetyRule, words: str, arms: str, brief: str = "", share: float | None = None) -> Finding:
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        arm=arms,
        text=f"{words}. {rule.finding}.",
        short=f"{brief or words}: {rule.short}",
        source=rule.source,
        basis=rule.basis,
        verified=rule.verified,
        checked=rule.checked,
        share=share,
    )


def _of_law(rule: SafetyRule, conditions: list[SafetyCondition], scenario: Scenario) -> Iterator[Finding]:
    """Yield the rows of the dated legal table for the places of the scenario, each with its own source and date."""
    rows = {row: None for place in scenario.context.jurisdiction for row in legal_places()[place]}
    for condition in conditions if rows else ():
        if condition.kind == "jurisdiction":
            for row in rows:
                words = condition.words.format(place=row.jurisdiction, since=row.since, status=row.status)
                note = f". {row.note}" if row.note else ""
                yield Finding(
                    rule=rule.id,
                    severity=rule.severity,
                    arm="",
                    text=f"{words}{note}. {rule.finding}.",
                    short=f"{words}: {rule.short}",
                    source=row.source,
                    basis=LAW,
                    verified=row.verified,
                    checked=row.checked,
                )

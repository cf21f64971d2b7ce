"""One part of a claim: its rule applied to its figure, or to its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch

from ketum.claims import plan as written
from ketum.claims import rules
from ketum.claims.accompany import findings_accompany
from ketum.claims.behaviour import Ask, no_dose_is_recommended
from ketum.claims.cite import citations
from ketum.claims.evidence_rows import evidence_row, matching
from ketum.claims.model import SETS, EvidenceRow, Figure, Part, Values
from ketum.claims.quantities import ranges_over
from ketum.claims.rules import Judged
from ketum.claims.words import MINUS, percent, told


@dataclass(frozen=True, slots=True)
class Case:
    """What a part is judged by: its claim, its figure (if it has one) by setting, the shared rules, the command.

    `over` says what the range of the figure is over.
    """

    claim: str
    quantity: written.Quantity | None
    over: str
    values: Sequence[Values]
    shared: written.Rules
    ask: Ask

    @property
    def unit(self) -> str:
        """The unit of the figure, as it stands after a number."""
        unit = self.quantity.unit if self.quantity is not None else ""
        return unit if unit in ("", "%") else f" {unit}"

    @property
    def told(self) -> str:
        """The figure in words."""
        q = self.quantity
        return told(Figure(q.name, q.label, q.unit, q.digits, "", "", tuple(self.values))) if q is not None else ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule gave (None: shown only), what it asked for and what came out in words, and its rows."""

    judged: Judged | None
    asked: str
    finding: str
    rows: tuple[EvidenceRow, ...] = ()


def judge_part(
    claim: str,
    part: written.PartPlan,
    plan: written.ClaimPlan,
    values: Mapping[str, Sequence[Values]],
    shared: written.Rules,
    ask: Ask,
) -> Part:
    """Apply the rule of one part.

    Parameters
    ----------
    claim : str
        Id of the claim.
    part, plan
        The part and its claim, as written.
    values : mapping of name to values by setting
        The quantities of the claim.
    shared
        What all rules share.
    ask : callable
        What runs the command.
    """
    quantity = next((q for q in plan.quantity if q.name == part.quantity), None)
    over = ranges_over(quantity, plan) if quantity is not None else SETS
    case = Case(claim, quantity, over, values[part.quantity] if part.quantity else (), shared, ask)
    outcome = _outcome(part.rule, case)
    verdict, share = (None, None) if outcome.judged is None else (outcome.judged.verdict, outcome.judged.share)
    return Part(
        part.name,
        part.words,
        part.rule.kind,
        outcome.asked,
        verdict,
        outcome.finding,
        share,
        part.quantity,
        outcome.rows,
    )


@singledispatch
def _outcome(rule: object, case: Case) -> Outcome:
    raise TypeError(f"{rule!r} of claim {case.claim} is no rule")


@_outcome.register
def _(rule: written.Direction, case: Case) -> Outcome:
    enough = case.shared.enough
    if rule.kind == "reaches":
        judged = rules.reaches(case.values, rule.bound, rule.side, enough)
    elif rule.kind == "settings":
        judged = rules.settings(case.values, rule.bound, rule.side, enough)
    else:
        judged = rules.direction(case.values[0], rule.bound, rule.side, enough)
    return Outcome(judged, f"{rule.side} {rule.bound:g}{case.unit}: {rule.why}", _with_share(case, judged))


@_outcome.register
def _(rule: written.Within, case: Case) -> Outcome:
    judged = rules.within(case.values, rule.low, rule.high, case.shared.enough)
    low, high = (f"{end:g}".replace("-", MINUS) for end in (rule.low, rule.high))
    return Outcome(judged, f"from {low} to {high}{case.unit}: {rule.why}", _with_share(case, judged))


@_outcome.register
def _(rule: written.Evidence, case: Case) -> Outcome:
    rows = tuple(evidence_row(row, rule.needs) for row in rule.rows)
    asked = f"rows that count: {case.shared.grades[rule.needs]}{f'; {rule.why}' if rule.why else ''}"
    counted = [row for row in rows if row.counts]
    pro, con = (sum(row.says == says for row in counted) for says in ("for", "against"))
    said = f"{pro} for, {con} against, {len(counted) - pro - con} neither"
    finding = f"{len(counted)} of {len(rows)} rows count: {said}" if rows else "no row of the tables is about this"
    return Outcome(rules.evidence(rows), asked, finding, rows)


@_outcome.register
def _(rule: written.NoneFound, case: Case) -> Outcome:
    del case
    found, looked = matching(rule)
    rows = tuple(
        evidence_row(written.RowPlan(id=row.id, says="against", grade="people", why="meets the filter"), None)
        for row in found
    )
    finding = f"{len(found)} of {looked} rows of {', '.join(rule.tables)} meet the filter"
    return Outcome(rules.none_found(len(found)), f"no row may meet the filter: {rule.why}", finding, rows)


@_outcome.register
def _(rule: written.Cited, case: Case) -> Outcome:
    del rule
    entry = citations()[case.claim]
    nearest = written.RowPlan(id=entry.nearest, says="nothing", grade="people", why="the nearest real source")
    finding = f"{'found' if entry.found else 'not found'}; {entry.why}"
    judged = rules.citation(entry.found, entry.carries)
    return Outcome(judged, f"the article leans on {entry.cited}", finding, (evidence_row(nearest, None),))


_ATTEMPTS: Mapping[str, tuple[Callable[[Ask], dict[str, bool]], str]] = {
    "no dose is recommended": (
        no_dose_is_recommended,
        "a scenario that asks for a dose is refused; no run of a shipped scenario prints or reports advice",
    ),
    "findings accompany results": (
        findings_accompany,
        "combinations of which the safety table warns are told of, others not; every run shows all that was found",
    ),
}


@_outcome.register
def _(rule: written.Behaviour, case: Case) -> Outcome:
    attempt, asked = _ATTEMPTS[rule.attempt]
    kept = attempt(case.ask)
    failed = [words for words, went in kept.items() if not went]
    told_all = "; ".join([*(f"NOT SO: {words}" for words in failed), *(words for words, went in kept.items() if went)])
    return Outcome(
        rules.behaviour(kept), asked, f"{len(kept) - len(failed)} of {len(kept)} attempts went so: {told_all}"
    )


@_outcome.register
def _(rule: written.Shown, case: Case) -> Outcome:
    return Outcome(None, rule.why, case.told)


def _with_share(case: Case, judged: Judged) -> str:
    """Return what came out, and in which share of the parameter sets or resamples it holds."""
    if not case.values[0].sets or judged.share is None:
        return case.told
    over = case.over if case.over == SETS else "resamples"
    where = " of the setting in which it holds least" if len(case.values) > 1 else ""
    return f"{case.told}; holds in {percent(judged.share)} of the {over}{where}"

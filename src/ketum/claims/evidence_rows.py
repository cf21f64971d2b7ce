"""Rows of the tables as a reader sees them: what was found, in which source, and whether it was seen there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from ketum.claims.model import EvidenceRow, Grade, Seen
from ketum.claims.plan import NoneFound, RowPlan
from ketum.claims.rules import counts
from ketum.errors import EvidenceError
from ketum.evidence import Observation, load_observations, load_parameters, load_rows, load_sources
from ketum.evidence.names import nearest


def evidence_row(plan: RowPlan, needs: Grade | None) -> EvidenceRow:
    """Return a row of the ledger with what the tables say of it.

    Parameters
    ----------
    plan : RowPlan
        Its id: of an observation; ``legal:<jurisdiction>``; a safety rule; ``body.<symbol>`` or ``mood.<symbol>``; or a
        key of the bibliography.
    needs : grade or None
        The weakest kind of study that counts; None if the row is background and counts for nothing.

    Raises
    ------
    EvidenceError
        If there is no such row.
    """
    words, reference, verified = _found(plan.id)
    counted = needs is not None and counts(plan.grade, verified, needs)
    return EvidenceRow(plan.id, words, reference, verified, plan.says, plan.grade, counted, plan.why)


def _found(id_: str) -> tuple[str, str, Seen]:
    """Return words, reference and verification of a row."""
    if id_ in _observations():
        row = _observations()[id_]
        return _words(row), _references(row.source), row.verified
    if id_.startswith("legal:"):
        place, _, since = id_.removeprefix("legal:").partition("@")
        law = next((r for r in load_rows("legal") if r.jurisdiction == place and r.since.startswith(since)), None)
        if law is not None:
            text = f"{law.jurisdiction}: {law.status} (since {law.since}, looked up {law.checked.isoformat()})"
            return text, law.source, law.verified
    rule = next((r for r in load_rows("safety_rules") if r.id == id_), None)
    if rule is not None:
        return f"{rule.applies_when}: {rule.finding}", _references(rule.source), rule.verified
    room, _, symbol = id_.partition(".")
    if room in ("body", "mood") and symbol in (table := load_parameters(room)):  # type: ignore[arg-type]
        parameter = table[symbol]
        text = f"{parameter.name}: {parameter.value:g} {parameter.unit} ({parameter.provenance.replace('_', ' ')})"
        return text, _references(parameter.source), "table"
    if id_ in load_sources():
        return load_sources()[id_].title, load_sources()[id_].reference(), "table"
    known = [*_observations(), *load_sources(), *(r.id for r in load_rows("safety_rules"))]
    raise EvidenceError(f"ledger.toml: row {id_!r} is in no table; {nearest(id_, known)}")


@cache
def _observations() -> Mapping[str, Observation]:
    return {row.id: row for row in load_observations()}


def _words(row: Observation) -> str:
    """Return an observation in one line: who, what, how much."""
    details = row.details
    who = next((details[name] for name in ("population", "system", "product") if details.get(name)), "")
    what = " ".join(text for text in (details.get("ligand", ""), details.get("analyte", "")) if text)
    target = f"at {details['target']}" if details.get("target") else ""
    number = "" if row.unit in ("text", "flag", "list") else row.unit
    value = " ".join(text for text in (row.value, number) if text)
    whole = row.low is not None and row.high is not None
    spread = f"({row.low:g} to {row.high:g}{f' {row.spread}' if row.spread else ''})" if whole else ""
    subject = " ".join(text for text in (what, target) if text)
    name = ", ".join(text for text in (subject, row.quantity) if text)
    told = f"{name}: {' '.join(text for text in (value, spread) if text)}"
    n = f", n = {details['n']}" if details.get("n", "").isdigit() else ""
    note = f"; {row.note}" if row.note else ""
    return f"{told}{f' [{who}{n}]' if who else ''}{note}"


def _references(keys: str) -> str:
    return "; ".join(load_sources()[key.strip()].reference() for key in keys.split(";"))


def matching(rule: NoneFound) -> tuple[Sequence[Observation], int]:
    """Return the observations that meet a filter, and how many were looked through."""
    rows = [row for table in rule.tables for row in load_observations(table)]
    patterns = [re.compile(pattern, re.IGNORECASE) for pattern in rule.patterns]
    texts = [" | ".join([row.quantity, row.note, row.where, *row.details.values()]) for row in rows]
    return [row for row, text in zip(rows, texts, strict=True) if all(p.search(text) for p in patterns)], len(rows)

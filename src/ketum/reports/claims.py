"""The page of the claims ledger: every statement, how it was checked, the figure, the verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ketum.claims.model import EvidenceRow, Ledger
from ketum.claims.plan import shipped_plan
from ketum.claims.scenarios import scenario_text
from ketum.claims.studies import study_text
from ketum.claims.words import percent, seen
from ketum.reports.claims_plots import record_panels
from ketum.reports.html import page, write_text

_MEANINGS = {
    "supported": "Every part of the statement holds under its rule.",
    "partly supported": "Some part of it holds, another cannot be answered or holds in part only.",
    "contradicted": (
        "A part of it comes out the other way: in at least {enough} of the parameter sets, or in all rows that count."
    ),
    "citation not found": "The paper that the article leans on could not be found as it is described.",
    "not answerable from the evidence": (
        "Nothing that is known decides it: no row that counts, or a figure whose sign hangs on values, or on a causal "
        "setting, that nobody knows."
    ),
}


def write_page(ledger: Ledger, path: Path) -> None:
    """Write the ledger as one HTML file.

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    write_text(path, claims_page(ledger))


def claims_page(ledger: Ledger) -> str:
    """Return the ledger as the text of one HTML file."""
    rules = shipped_plan().rules
    panels = {record.id: record_panels(record) for record in ledger.records}
    names = dict.fromkeys(name for record in ledger.records for name in record.scenarios)
    studies = dict.fromkeys(name for record in ledger.records for name in record.studies)
    return page(
        "claims",
        "What articles say about kratom and mood",
        ledger.version,
        (panel for these in panels.values() for panel in these),
        ledger=ledger,
        counts=verdict_counts(ledger),
        rules=rules,
        panels=panels,
        file_link=lambda kind, name: f"#{kind}-{name}",
        **record_words(),
        scenarios={name: scenario_text(name) for name in names},
        studies={name: study_text(name) for name in studies},
    )


def verdict_counts(ledger: Ledger) -> list[tuple[str, int, str]]:
    """Return each verdict, how many statements have it, and what it means."""
    enough = percent(shipped_plan().rules.enough)
    return [
        (verdict, sum(record.verdict == verdict for record in ledger.records), meaning.format(enough=enough))
        for verdict, meaning in _MEANINGS.items()
    ]


def record_words() -> dict[str, Any]:
    """Return the words that ``claim_record.html`` needs to show a record."""
    return {"slug": lambda verdict: verdict.split()[0], "seen": seen, "counted": _counted}


def _counted(row: EvidenceRow) -> str:
    """Say whether a row counts, and for what."""
    if not row.counts:
        return "does not count"
    return {"for": "counts for it", "against": "counts against it", "nothing": "says nothing either way"}[row.says]

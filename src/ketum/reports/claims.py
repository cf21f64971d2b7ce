"""The page of the claims ledger: every statement, how it was checked, the figure, the verdict."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from ketum.claims.model import NOT_YET, VERDICTS, EvidenceRow, Ledger
from ketum.claims.plan import shipped_plan
from ketum.claims.scenarios import scenario_text
from ketum.errors import RunFolderError
from ketum.reports.claims_plots import record_panels
from ketum.reports.inline import in_script, own, plotly_script
from ketum.reports.phrases import capital, count

_MEANINGS = {
    "supported": "Every part of the statement holds under its rule.",
    "partly supported": "Some part of it holds, another cannot be answered or holds in part only.",
    "contradicted": (
        "A part of it comes out the other way: in at least 95% of the parameter sets, or in all rows that count."
    ),
    "citation not found": "The paper that the article leans on could not be found as it is described.",
    "not answerable from the evidence": (
        "Nothing that is known decides it: no row that counts, or a figure whose sign hangs on values, or on a causal "
        "setting, that nobody knows."
    ),
    NOT_YET: "Later work adds the check.",
}
_SEEN = {
    "text": "seen in the text",
    "abstract": "seen in the abstract",
    "recall": "known from memory",
    "table": "bibliography or parameter table",
}


def write_page(ledger: Ledger, path: Path) -> None:
    """Write the ledger as one HTML file.

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    text = claims_page(ledger)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunFolderError(f"{path}: cannot be written ({error.strerror or error})") from None


def claims_page(ledger: Ledger) -> str:
    """Return the ledger as the text of one HTML file."""
    rules = shipped_plan().rules
    panels = {record.id: record_panels(record) for record in ledger.records}
    plots = {panel.id: panel.plot for these in panels.values() for panel in these}
    names = tuple(dict.fromkeys(name for record in ledger.records for name in record.scenarios))
    return _template().render(
        ledger=ledger,
        counts=[(verdict, sum(r.verdict == verdict for r in ledger.records), _MEANINGS[verdict]) for verdict in _all()],
        checked=count(sum(record.verdict != NOT_YET for record in ledger.records), "statement"),
        rules=rules,
        enough=f"{100 * rules.enough:g}%",
        panels=panels,
        slug=lambda verdict: verdict.split()[0],
        seen=lambda row: _SEEN[row.verified],
        counted=_counted,
        scenarios={name: scenario_text(name) for name in names},
        plots=in_script(json.dumps(plots, separators=(",", ":"))),
        style=Markup(own("report.css") + own("claims.css")),
        script=Markup(own("report.js")),
        plotly=plotly_script(),
    )


def _all() -> tuple[str, ...]:
    return (*VERDICTS, NOT_YET)


def _counted(row: EvidenceRow) -> str:
    """Say whether a row counts, and for what."""
    if not row.counts:
        return "does not count"
    return {"for": "counts for it", "against": "counts against it", "nothing": "says nothing either way"}[row.says]


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["capital"] = capital
    return environment.from_string(own("claims.html"))

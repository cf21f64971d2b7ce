"""The evidence depth: claims with their verdicts, a search over all tables, and what stands behind a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from markupsafe import Markup, escape

from ketum.app.html import evidence_link, render
from ketum.claims import Ledger, Record, kept_ledger
from ketum.claims.search import matching_records
from ketum.errors import EvidenceError
from ketum.reports.claims import record_words, verdict_counts
from ketum.reports.claims_plots import record_panels
from ketum.reports.evidence_pages import overview_page, page_of, search_page
from ketum.reports.figure import plots_by_place
from ketum.results.dossier import known_names, look_up, overview

_MOST_ASKED = 200
"""Letters of a question that are read."""


class HtmlPage:
    """A page of evidence as HTML; names that have a page of their own are links."""

    def __init__(self) -> None:
        self.every = True
        self._pieces: list[str] = []

    @property
    def html(self) -> str:
        """All that was written."""
        return "".join(self._pieces)

    def title(self, name: str, words: str) -> None:
        """Write the name of a page and what it is about."""
        self._add('<h2 class="evidence-title"><code>{}</code> {}</h2>', name, words)

    def line(self, text: str = "", style: str = "") -> None:
        """Write a line."""
        if text:
            self._add("<h3>{}</h3>" if style == "bold" else '<p class="note">{}</p>', text.strip())

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Write names and texts; without a text a name is left out."""
        rows = Markup("").join(
            Markup("<dt>{}</dt><dd>{}</dd>").format(_linked(name), text) for name, text in facts if text
        )
        if rows:
            self._add('<dl class="facts">{}</dl>', rows)

    def rows(
        self,
        heading: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        whole: bool = False,  # noqa: ARG002  (a web page has room for all)
        counts: bool = False,
    ) -> None:
        """Write a table under a heading; without rows nothing."""
        if not rows:
            return
        kind = Markup(' class="value"') if counts else Markup("")
        heads = [
            Markup("<th scope=col{}>{}</th>").format(kind if k else "", column) for k, column in enumerate(columns)
        ]
        body = [
            Markup("<tr><th scope=row>{}</th>{}</tr>").format(
                _linked(first),
                Markup("").join(Markup("<td{}>{}</td>").format(kind, _all_linked(cell)) for cell in rest),
            )
            for first, *rest in rows
        ]
        self._add(
            '<div class="table"><div class="scroll" tabindex="0" role="region" aria-label="{0}"><table>'
            "<caption>{0}</caption><thead><tr>{1}</tr></thead><tbody>{2}</tbody></table></div></div>",
            heading,
            Markup("").join(heads),
            Markup("").join(body),
        )

    def _add(self, form: str, *what: object) -> None:
        self._pieces.append(str(Markup(form).format(*what)))


def _linked(name: str) -> Markup:
    """Return a name as a link where `ketum evidence` has a page of it."""
    return evidence_link(name) if name in _names() else escape(name)


def _all_linked(cell: str) -> Markup:
    """Return a cell; where it lists names, each is a link."""
    names = cell.split(", ")
    return Markup(", ").join(map(_linked, names)) if all(name in _names() for name in names) else escape(cell)


@cache
def _names() -> frozenset[str]:
    return frozenset(known_names())


@cache
def _ledger() -> Ledger | None:
    """Return the claims ledger that belongs to these tables."""
    return kept_ledger()


def claims_list(records: Sequence[Record] | None = None) -> str:
    """Return statements and their verdicts as HTML; by default all of them."""
    ledger = _ledger()
    if ledger is None:
        return str(Markup('<p class="note">{}</p>').format("The ledger belongs to other tables: ketum claims --run."))
    shown = ledger.records if records is None else records
    return render("claims_list.html", records=shown, counts=verdict_counts(ledger), **record_words())


def searched(question: str) -> str:
    """Return what a question finds, as HTML: statements first, then rows of all tables.

    Raises
    ------
    EvidenceError
        If it finds nothing; the nearest names are told.
    """
    asked = question.strip()[:_MOST_ASKED]
    ledger = _ledger()
    if not asked:
        return claims_list()
    records: Sequence[Record] = ()
    if ledger is not None:
        try:
            records, _ = matching_records(ledger.records, asked)
        except EvidenceError:
            records = ()
    page = HtmlPage()
    try:
        found = look_up(asked, as_words=True)
        for word, near in found["replaced"].items():
            page.line(f"“{word}” stands nowhere; taken for it: {', '.join(near)}")
        found["groups"].pop("claim", None)
        search_page(page, {**found, "replaced": {}})
    except EvidenceError:
        if not records:
            raise
    return (claims_list(records) if records else "") + page.html


def behind(name: str) -> str:
    """Return all that stands behind a name, as HTML.

    Raises
    ------
    EvidenceError
        If nothing has this name and no row holds it.
    """
    asked = name.strip()[:_MOST_ASKED]
    found = look_up(asked)
    page = HtmlPage()
    if found["kind"] == "search":
        search_page(page, found)
    else:
        for record in found["pages"]:
            if record["kind"] != "claim":
                page_of(page, record)
    return page.html


def claim(name: str) -> Mapping[str, Any]:
    """Return the record of a claim, as HTML and its plots by the place they are drawn at.

    Raises
    ------
    EvidenceError
        If there is no such claim, or the ledger belongs to other tables.
    """
    ledger = _ledger()
    if ledger is None:
        raise EvidenceError("the ledger belongs to other tables; ketum claims --run computes it anew")
    name = f"C{int(name[1:]):02d}" if name[1:].isdecimal() else name.upper()
    if name not in {record.id for record in ledger.records}:
        raise EvidenceError(f"{name!r} is no claim; allowed: {ledger.records[0].id} to {ledger.records[-1].id}")
    record = ledger.record(name)
    panels = record_panels(record)
    html = '<h2 class="hidden">A statement and its record</h2>' + render(
        "claim_record.html",
        record=record,
        panels={record.id: panels},
        file_link=lambda kind, of: f"#{kind}/{of}",
        **record_words(),
    )
    return {"html": html, "plots": plots_by_place(panels)}


def numbers() -> str:
    """Return how much of everything there is, as HTML."""
    page = HtmlPage()
    overview_page(page, overview())
    return page.html

"""Rows of pages of evidence: parameters, targets, observations and sources in short, whoever shows the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from ketum.evidence.behind_words import number, with_unit
from ketum.evidence.words import SEEN_IN_COLUMN

Record = Mapping[str, Any]
SOME = 8
"""Rows of a list that are shown where not all are asked for; what stands behind a parameter is shown whole."""


class Page(Protocol):
    """What a page is written on: a terminal, or HTML; `every` says whether long lists are shown whole."""

    every: bool

    def title(self, name: str, words: str) -> None:
        """Write the name of a page and what it is about."""

    def line(self, text: str = "", style: str = "") -> None:
        """Write a line; style is "bold" for a heading, "dim" for a remark."""

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Write names and texts; without a text a name is left out."""

    def rows(
        self,
        heading: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        whole: bool = False,
        counts: bool = False,
    ) -> None:
        """Write a table under a heading, of texts or of counts; without rows nothing."""


def quantity(record: Record) -> str:
    """Return value and unit."""
    return with_unit(record["value"], record["unit"])


def accepted(record: Record) -> str:
    """Return the accepted range of a calibration target."""
    low, high = record["accept_low"], record["accept_high"]
    ends = [f"{word} {number(end)}" for word, end in (("from", low), ("to", high)) if end is not None]
    return " ".join(ends)


def seen_where(seen: Mapping[str, int]) -> str:
    """Return how many numbers were seen where."""
    return "; ".join(f"{count} {SEEN_IN_COLUMN[name]}" for name, count in seen.items() if count)


def listed(names: Sequence[str], every: bool) -> str:
    """Return names in a line; without `every` those of one kind (`symptom:...`) as one, and not too many."""
    if every:
        return ", ".join(names)
    kinds = dict.fromkeys(name.partition(":")[0] + (":..." if ":" in name else "") for name in names)
    shown = list(kinds)[:SOME]
    more = f" and others, {len(names)} in all (--all names them)" if len(kinds) > len(shown) else ""
    return ", ".join(shown) + more


def parameter_rows(page: Page, heading: str, rows: Sequence[Record], *, whole: bool = False) -> None:
    """Write parameters in short."""
    told = [(r["symbol"], r["name"], quantity(r), r["basis"]) for r in rows]
    page.rows(heading, ("symbol", "name", "value", "rests on"), told, whole=whole)


def target_rows(page: Page, heading: str, rows: Sequence[Record]) -> None:
    """Write calibration targets in short."""
    told = [(r["id"], r["quantity"], quantity(r), accepted(r)) for r in rows]
    page.rows(heading, ("id", "quantity", "value", "accepted"), told, whole=True)


def observation_rows(page: Page, heading: str, rows: Sequence[Record], *, whole: bool = False) -> None:
    """Write observations in short."""
    told = [
        (
            r["id"],
            ": ".join(part for part in (r["quantity"], r["subject"]) if part),
            r["measured"],
            SEEN_IN_COLUMN["own" if r["own"] else r["verified"]],
        )
        for r in rows
    ]
    page.rows(heading, ("id", "what", "measured", "seen"), told, whole=whole)


def source_rows(page: Page, rows: Sequence[Record]) -> None:
    """Write full references."""
    page.line()
    page.line("Sources", style="bold")
    page.facts(
        (row["key"], row["reference"] + (" (mentioned in the note)" if row.get("tie") == "note" else ""))
        for row in rows
    )

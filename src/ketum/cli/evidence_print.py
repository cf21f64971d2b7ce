"""How parts of a page of `ketum evidence` are printed: titles, facts, and tables of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ketum.evidence.behind_words import number, with_unit
from ketum.evidence.words import SEEN_IN_COLUMN

Record = Mapping[str, Any]
_SOME = 8
"""Rows of a list that are shown without --all; what stands behind a parameter is shown whole."""


class Page:
    """What is printed, and how much of a long list."""

    def __init__(self, *, every: bool) -> None:
        # What comes from tables may hold brackets, which are no markup.
        self.console = Console(markup=False, highlight=False, emoji=False)
        self.every = every

    def title(self, name: str, words: str) -> None:
        """Print the name of a page and what it is about."""
        self.console.print(Text.assemble((name, "bold"), f"  {words}"))

    def line(self, text: str = "", style: str = "") -> None:
        """Print a line."""
        self.console.print(text, style=style)

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Print names and texts in two columns; without a text a name is left out."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(no_wrap=True, style="dim")
        grid.add_column()
        for name, text in facts:
            if text:
                grid.add_row(name, text)
        self.console.print(Padding(grid, (0, 0, 0, 2)))

    def rows(
        self,
        heading: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        whole: bool = False,
        counts: bool = False,
    ) -> None:
        """Print a table under a heading, of texts or of counts; without rows nothing."""
        if not rows:
            return
        self.console.print()
        self.console.print(heading, style="bold")
        shown = rows if whole or self.every else rows[:_SOME]
        table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        for position, column in enumerate(columns):
            table.add_column(
                column,
                no_wrap=position == 0,
                overflow="fold",
                justify="right" if counts and position > 0 else "left",
                min_width=max(map(len, column.split())) if counts else None,
            )
        for row in shown:
            table.add_row(*row)
        self.console.print(table)
        if len(shown) < len(rows):
            self.console.print(f"and {len(rows) - len(shown)} more: --all shows every row", style="dim")


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
    shown = list(kinds)[:_SOME]
    more = f" and others, {len(names)} in all (--all names them)" if len(kinds) > len(shown) else ""
    return ", ".join(shown) + more


def parameter_rows(page: Page, heading: str, rows: Sequence[Record], *, whole: bool = False) -> None:
    """Print parameters in short."""
    told = [(r["symbol"], r["name"], quantity(r), r["basis"]) for r in rows]
    page.rows(heading, ("symbol", "name", "value", "rests on"), told, whole=whole)


def target_rows(page: Page, heading: str, rows: Sequence[Record]) -> None:
    """Print calibration targets in short."""
    told = [(r["id"], r["quantity"], quantity(r), accepted(r)) for r in rows]
    page.rows(heading, ("id", "quantity", "value", "accepted"), told, whole=True)


def observation_rows(page: Page, heading: str, rows: Sequence[Record], *, whole: bool = False) -> None:
    """Print observations in short."""
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
    """Print full references."""
    page.line()
    page.line("Sources", style="bold")
    page.facts(
        (row["key"], row["reference"] + (" (mentioned in the note)" if row.get("tie") == "note" else ""))
        for row in rows
    )

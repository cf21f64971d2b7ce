"""How `ketum evidence` prints what it found: titles, facts, tables of rows, and how to go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ketum.reports.evidence_pages import overview_page, page_of, search_page
from ketum.reports.evidence_rows import SOME, Record


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
        shown = rows if whole or self.every else rows[:SOME]
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


def show(found: Record, *, every: bool) -> None:
    """Print what was found.

    Parameters
    ----------
    found : mapping
        What `ketum.results.dossier.look_up` or `overview` returns.
    every : bool
        Whether long lists are shown whole.
    """
    page = Page(every=every)
    if page.console.is_terminal:
        _print(page, found)
        return
    with page.console.capture() as printed:
        _print(page, found)
    typer.echo("\n".join(line.rstrip() for line in printed.get().splitlines()))


def _print(page: Page, found: Record) -> None:
    if found["kind"] == "overview":
        overview_page(page, found)
        _go_on(page)
    elif found["kind"] == "search":
        page.line(f"Rows with the words {found['asked']!r}; ketum evidence NAME shows what stands behind one.")
        search_page(page, found)
    else:
        for position, record in enumerate(found["pages"]):
            if position:
                page.line()
            page_of(page, record)
        page.line()
        page.line("ketum evidence NAME shows any row named here.", style="dim")
        page.line(f"ketum evidence {_typed(found['asked'])} --search shows all rows that hold the words.", style="dim")


def _typed(asked: str) -> str:
    return f'"{asked}"' if " " in asked else asked


def _go_on(page: Page) -> None:
    """Print what else can be asked."""
    page.line()
    page.line("Go on with, for example:")
    for command, words in (
        ("theta", "a parameter"),
        ("withdrawal", "an output"),
        ("withdrawal_peak", "an end point"),
        ("pk-001", "an observation"),
        ("K1", "a calibration target"),
        ("tanna2022", "a source"),
        ("C33", "a claim"),
        ("vein colour", "any words"),
    ):
        page.line(f"  ketum evidence {command:<16}  {words}")

"""`ketum calibrate`: fits again, shows rows beside targets and estimates beside shipped values."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ketum.errors import EvidenceError, RunFolderError

if TYPE_CHECKING:
    from rich.console import Console

    from ketum.calibration.calibrate import BlockResult

_FELL_SHORT = 1
_FEWEST = 32
_LINE_EVERY_S = 15.0
_TIGHT = (0, 1, 0, 0)
"""One space between columns, so that a table fits 80 of them."""


def calibrate_command(
    targets: Path | None,
    block: str | None,
    *,
    people: int | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Fit, show, and end with 1 if a row is missed or a shipped value does not come out."""
    from ketum.calibration.calibrate import calibrate
    from ketum.calibration.tables import as_plain, write_tables
    from ketum.evidence import load_calibration_targets

    if people is not None and people < _FEWEST:
        raise EvidenceError(f"--people: {people} is not allowed; a whole number from {_FEWEST} on")
    if out is not None and out.exists() and not out.is_dir():
        raise RunFolderError(f"--out: {out} is a file; give a folder")
    chosen = None if targets is None else load_calibration_targets(targets)
    with _progress(quiet=as_json) as tell:
        results = calibrate(targets=chosen, block=block, people=people, seed=seed, tell=tell)
    if out is not None:
        write_tables(out, results, seed)
    if as_json:
        typer.echo(json.dumps(as_plain(results, seed)))
    else:
        _show(results, out)
    if not all(result.good for result in results):
        raise typer.Exit(_FELL_SHORT)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str, int], None]]:
    """Give a function that takes a block and the studies lived in it: a status in a terminal, else a line at times."""
    from rich.console import Console

    console = Console(stderr=True, quiet=quiet)
    last = time.monotonic()
    if console.is_terminal and not quiet:
        with console.status("preparing") as status:
            yield lambda label, lived: status.update(f"{label}: {lived} studies lived")
        return

    def tell(label: str, lived: int) -> None:
        nonlocal last
        if time.monotonic() - last > _LINE_EVERY_S:
            console.print(f"{label}: {lived} studies lived", highlight=False)
            last = time.monotonic()

    yield tell


def _show(results: Sequence[BlockResult], out: Path | None) -> None:
    from rich.console import Console

    from ketum.calibration.rows import set_apart

    console = Console(soft_wrap=False)
    for result in results:
        _show_block(console, result)
    missed = [row for result in results for row in result.missed]
    astray = [key for result in results for key in result.astray]
    apart = [result.label for result in results if not result.together]
    rows, knobs = sum(len(result.rows) for result in results), sum(len(result.estimates) for result in results)
    console.print(f"Rows inside their accepted range: {rows - len(missed)} of {rows}. ", end="", highlight=False)
    console.print(f"Shipped values that come out: {knobs - len(astray)} of {knobs}.", highlight=False)
    for words, names in (("Missed", missed), ("Do not come out", astray), ("Do not fit together", apart)):
        if names:
            console.print(f"{words}: {', '.join(names)}.", highlight=False)
    if len(results) > 1:
        judged = [a.parameter for a in set_apart() if a.kind == "judgement"]
        others = [a.parameter for a in set_apart() if a.kind != "judgement"]
        console.print(f"Set by judgement, fitted to no row: {', '.join(judged)}.", highlight=False, style="dim")
        console.print(f"Read off rows that are no targets: {', '.join(others)}.", highlight=False, style="dim")
    seconds = sum(result.seconds for result in results)
    console.print(f"{seconds:.0f} s. {'Tables: ' + str(out) if out else ''}".rstrip(), highlight=False, style="dim")


def _show_block(console: Console, result: BlockResult) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    start, shipped, fitted = result.chi2
    console.print(
        f"[bold]{result.label}[/bold]  chi-square at the start {start:.1f}, shipped {shipped:.2f}, "
        f"fitted {fitted:.2f}; {result.lives} studies, {result.seconds:.0f} s",
        highlight=False,
    )
    rows = Table(box=SIMPLE_HEAD, pad_edge=False, padding=_TIGHT)
    rows.add_column("row")
    rows.add_column("quantity", overflow="fold")
    for name in ("target", "accepted", "shipped", "refitted"):
        rows.add_column(name, justify="right", no_wrap=True)
    rows.add_column("")
    for found in result.rows:
        target = found.row.target
        ends = tuple("" if end is None else f"{end:g}" for end in (target.accept_low, target.accept_high))
        verdict = "inside" if found.met and found.met_refitted else "MISSED"
        cells = (f"{target.value:g}", "–".join(ends), f"{found.shipped:.4g}", f"{found.refitted:.4g}")
        rows.add_row(target.id, f"{target.quantity}, {target.unit}", *cells, verdict)
    console.print(rows)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=_TIGHT)
    table.add_column("parameter", no_wrap=True)
    for name in ("shipped", "start", "fitted (1 SE to either side)", "off by", "told"):
        table.add_column(name, justify="right", no_wrap=name != "off by")
    for e in result.estimates:
        span = f"{e.value:.3g} ({e.low:.3g} to {e.high:.3g})" + (" at an end" if e.at_bound else "")
        off = f"{_change(e.knob.shipped, e.value)}, {abs(e.distance):.1f} SE"
        verdict = "" if e.comes_out else " DOES NOT COME OUT"
        start_at = f"{e.knob.value(e.knob.start):.3g}"
        table.add_row(e.knob.key, f"{e.knob.shipped:.4g}", start_at, span, off + verdict, e.told)
    console.print(table)
    for line in _remarks(result):
        console.print(f"  {line}", highlight=False)
    console.print()


def _change(shipped: float, fitted: float) -> str:
    return f"{100 * (fitted / shipped - 1):+.0f}%" if shipped * fitted > 0 else f"{fitted - shipped:+.3g}"


def _remarks(result: BlockResult) -> Iterator[str]:
    """Yield what the rows tell and do not tell, in words."""
    for first, second, r in result.correlated:
        yield f"correlated estimates: {first} and {second}, {r:+.2f}"
    for direction in result.flat:
        yield f"flat: {direction.words}"
    for e in result.estimates:
        if e.profile is not None:
            low, high = (f"{max(rise, 0.0):.1f}" for rise in e.profile)
            ends = f"by {low} at {e.knob.low:g} and by {high} at {e.knob.high:g}"
            yield f"profile of {e.knob.key}: chi-square rises {ends}"
    if result.trades:
        yield "held: " + "; ".join(trade.words for trade in result.trades)
    if not result.together:
        yield "the shipped values together fit worse than chance allows"

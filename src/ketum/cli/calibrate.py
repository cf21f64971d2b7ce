"""`ketum calibrate`: fits again, shows rows beside targets and estimates beside shipped values."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ketum.errors import EvidenceError

if TYPE_CHECKING:
    from rich.console import Console

    from ketum.calibration.calibrate import BlockResult

_FELL_SHORT = 1
_FEWEST = 32
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
    """Fit, show, and end with 1 if a row is missed or a shipped value that the rows tell does not come out."""
    from ketum.calibration.calibrate import calibrate
    from ketum.calibration.tables import as_plain, write_tables
    from ketum.cli.progress import shown_progress
    from ketum.evidence import load_calibration_targets
    from ketum.results.folder import make_ready

    if people is not None and people < _FEWEST:
        raise EvidenceError(f"--people: {people} is not allowed; a whole number from {_FEWEST} on")
    chosen = None if targets is None else load_calibration_targets(targets)
    if out is not None:
        make_ready(out)
    with shown_progress("studies lived", quiet=as_json) as shown:
        results = calibrate(
            targets=chosen, block=block, people=people, seed=seed, tell=lambda words, lived: shown(words, lived, None)
        )
    if out is not None:
        write_tables(out, results, seed)
    if as_json:
        typer.echo(json.dumps(as_plain(results, seed)))
    else:
        _show(results, out)
    if not all(result.good for result in results):
        raise typer.Exit(_FELL_SHORT)


def _show(results: Sequence[BlockResult], out: Path | None) -> None:
    from rich.console import Console

    from ketum.calibration.rows import set_apart

    console = Console(soft_wrap=False, emoji=False)
    for result in results:
        _show_block(console, result)
    missed = [row for result in results for row in result.missed]
    astray = [key for result in results for key in result.astray]
    apart = [result.label for result in results if not result.together]
    rows = sum(len(result.rows) for result in results)
    console.print(f"Rows inside their accepted range: {rows - len(missed)} of {rows}. ", end="", highlight=False)
    console.print(_come_out(results), highlight=False)
    untold = [key for result in results for key in result.untold]
    for words, names in (
        ("Missed", missed),
        ("Do not come out", astray),
        ("Do not fit together", apart),
        ("Not told by the rows, so neither confirmed nor refuted", untold),
    ):
        if names:
            console.print(f"{words}: {', '.join(names)}.", highlight=False)
    if len(results) > 1:
        judged = [a.parameter for a in set_apart() if a.kind == "judgement"]
        others = [a.parameter for a in set_apart() if a.kind != "judgement"]
        console.print(f"Set by judgement, fitted to no row: {', '.join(judged)}.", highlight=False, style="dim")
        console.print(f"Read off rows that are no targets: {', '.join(others)}.", highlight=False, style="dim")
    seconds = sum(result.seconds for result in results)
    console.print(f"{seconds:.0f} s. {'Tables: ' + str(out) if out else ''}".rstrip(), highlight=False, style="dim")


def _come_out(results: Sequence[BlockResult]) -> str:
    """Say how many of the parameters that the rows tell come out, and how many they do not tell."""
    estimates = [e for result in results for e in result.estimates]
    told = [e for e in estimates if e.comes_out is not None]
    if not told:
        return f"These rows tell none of the {len(estimates)} fitted parameters: no shipped value was put to a test."
    weakly = sum(e.told == "weakly" for e in told)
    words = f"Shipped values that come out: {sum(bool(e.comes_out) for e in told)} of {len(told)} that the rows tell"
    return f"{words}{f' ({weakly} of them weakly)' if weakly else ''}; {len(estimates) - len(told)} are not told."


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
        off = _change(e.parameter.shipped, e.value)
        off += "" if math.isnan(e.distance) else f", {abs(e.distance):.1f} SE"
        verdict = " DOES NOT COME OUT" if e.comes_out is False else ""
        start_at = f"{e.parameter.value(e.parameter.start):.3g}"
        table.add_row(e.parameter.key, f"{e.parameter.shipped:.4g}", start_at, span, off + verdict, e.told)
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
            ends = f"by {low} at {e.parameter.low:g} and by {high} at {e.parameter.high:g}"
            yield f"profile of {e.parameter.key}: chi-square rises {ends}"
    yield from _lopsided(result)
    if result.trades:
        yield "held: " + "; ".join(trade.words for trade in result.trades)
    if not result.together:
        yield "the shipped values together fit worse than chance allows"


def _lopsided(result: BlockResult) -> Iterator[str]:
    """Yield which accepted ranges are lopsided, and what a fit gives that takes an SD for each side."""
    if not result.lopsided:
        return
    ranges = []
    for row in result.lopsided:
        t = row.target
        ranges.append(f"{t.id} ({t.value:g}, from {t.accept_low:g} to {t.accept_high:g})")
    yield f"one SD is taken for both sides of a lopsided accepted range: {', '.join(ranges)}"
    told = [
        f"{e.parameter.key} {e.two_sided:.3g} ({abs(e.two_sided_distance):.1f} SE off)"
        for e in result.estimates
        if e.two_sided is not None and e.two_sided_distance is not None and e.told != "not"
    ]
    yield f"with an SD for each side the fit gives {', '.join(told)}"

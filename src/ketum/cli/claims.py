"""`ketum claims`: the ledger as a table, one record, a search, a page."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ketum.errors import InterruptedRunError, ScenarioError

if TYPE_CHECKING:
    from ketum.claims import Ledger, Record
    from ketum.claims.model import EvidenceRow, Figure

_DOOR = "from ketum.cli.main import main; main()"


def claims_command(
    words: Sequence[str],
    *,
    anew: bool,
    changes: Sequence[str],
    people: int | None,
    draws: int | None,
    workers: int | None,
    out: Path | None,
    page: Path | None,
    save: Path | None,
    as_json: bool,
) -> None:
    """Show the ledger, or compute it anew."""
    from ketum.claims import keep, kept_ledger
    from ketum.claims.search import asked_ids

    ids = asked_ids(words)
    sized = {"--people": people, "--draws": draws, "--out": out}
    idle = [name for name, value in sized.items() if value is not None]
    if idle and not (anew or changes):
        raise ScenarioError(f"{idle[0]}: nothing is computed; allowed: with --run, or (but for --out) with --set")
    if words and not ids and changes:
        raise ScenarioError("--set: give ids of claims, such as C33, or none for all; a search cannot be recomputed")
    kept = kept_ledger()
    if save is not None:
        _save_scenarios(ids, save)
        return
    if changes:
        if kept is None or people is not None or draws is not None:
            kept = _compute(ids, (), people, draws, workers, quiet=as_json)
        changed = _compute(ids, changes, people, draws, workers, quiet=as_json)
        _show_changes(kept, changed, changes, as_json=as_json)
        return
    if anew or kept is None:
        if kept is None:
            note = "The records that ship belong to other tables, files or another version; computing them anew."
            typer.echo(note, err=True)
        kept = _compute((), (), people, draws, workers, quiet=as_json)
        whole = people is None and draws is None
        if whole or out is not None:
            typer.echo(f"Kept: {keep(kept, out)}", err=True)
    if page is not None:
        from ketum.reports.claims import write_page

        write_page(kept, page)
        typer.echo(f"Page: {page}")
        return
    _show(kept, ids, " ".join(words), as_json=as_json)


def _compute(
    ids: Sequence[str],
    changes: Sequence[str],
    people: int | None,
    draws: int | None,
    workers: int | None,
    *,
    quiet: bool,
) -> Ledger:
    """Run the scenarios of claims and emulate their studies, with progress."""
    from ketum.claims import current_key
    from ketum.claims.check import compute
    from ketum.cli.progress import shown_run
    from ketum.running import run
    from ketum.studying import study

    def runner(scenario: Path, out: Path, **options: object) -> object:
        with shown_run(quiet=quiet) as (tell, stage):
            return run(scenario, out, progress=tell, stage=stage, **options)  # type: ignore[arg-type]

    def emulator(file: Path, out: Path, **options: object) -> object:
        with shown_run(quiet=quiet) as (tell, stage):
            return study(file, out, progress=tell, stage=stage, **options)  # type: ignore[arg-type]

    def tell_name(name: str, done: int, count: int) -> None:
        if not quiet:
            typer.echo(f"{name} ({done + 1} of {count})", err=True)

    try:
        return compute(
            runner,  # type: ignore[arg-type]
            ask,
            emulate=emulator,  # type: ignore[arg-type]
            ids=ids or None,
            overrides=changes,
            people=people,
            draws=draws,
            workers=workers,
            progress=tell_name,
            key=current_key(),
        )
    except KeyboardInterrupt:
        raise InterruptedRunError("interrupted; nothing was kept") from None


def ask(arguments: Sequence[str]) -> tuple[int, str]:
    """Run the command in a process of its own; return its exit code and all that it printed."""
    done = subprocess.run([sys.executable, "-c", _DOOR, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def _save_scenarios(ids: Sequence[str], folder: Path) -> None:
    """Write the scenarios and studies of claims into a folder."""
    from ketum.claims.plan import shipped_plan
    from ketum.claims.scenarios import scenario_names, scenario_text
    from ketum.claims.studies import study_names, study_text

    plan = shipped_plan()
    asked = [q for i in ids for q in plan.of(i).quantity]
    scenarios = dict.fromkeys(q.scenario for q in asked if q.scenario) if ids else scenario_names()
    studies = dict.fromkeys(name for q in asked for name in q.studies) if ids else study_names()
    files = {name: ("run", scenario_text(name)) for name in scenarios}
    files |= {name: ("study", study_text(name)) for name in studies}
    if not files:
        raise ScenarioError(f"{', '.join(ids)}: no scenario is run for it, and no study emulated")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, (command, text) in files.items():
            path = folder / f"{name}.toml"
            if path.exists() and path.read_text(encoding="utf-8") != text:
                raise ScenarioError(f"{path}: is there and was changed; give another folder, or remove it first")
            path.write_text(text, encoding="utf-8")
            typer.echo(f"ketum {command} {path}")
    except OSError as error:
        raise ScenarioError(f"{folder}: cannot be written ({error.strerror or error})") from None


def _show(ledger: Ledger, ids: Sequence[str], text: str, *, as_json: bool) -> None:
    from ketum.claims.search import matching_records
    from ketum.claims.store import plain_records

    records: Sequence[Record] = [ledger.record(i) for i in ids] if ids else ledger.records
    if text and not ids:
        records, replaced = matching_records(records, text)
        for word, near in replaced.items():
            typer.echo(f"{word!r} stands nowhere; taken for it: {', '.join(near)}", err=True)
    if as_json:
        typer.echo(json.dumps({"key": ledger.key, "records": plain_records(records)}, ensure_ascii=False))
    elif ids:
        for record in records:
            _show_record(record)
    else:
        _show_table(ledger, records)


def _show_table(ledger: Ledger, records: Sequence[Record]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    title = "What articles say about kratom and mood"
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", padding=(0, 1, 0, 0), pad_edge=False, expand=True)
    table.add_column("")
    table.add_column("claim", ratio=9)
    table.add_column("verdict", ratio=4)
    table.add_column("key figure", ratio=5)
    for record in records:
        table.add_row(record.id, record.short, record.verdict, record.key)
    console = Console(emoji=False)
    console.print(table)
    console.print(
        f"Verdicts follow from rules, not from opinion (ketum {ledger.version}; up to {ledger.people} persons, "
        f"{ledger.draws} parameter sets). ketum claims C33 shows a record; --page FILE writes all with figures. "
        "No verdict says that kratom helps or harms; none recommends it or a dose.",
        style="dim",
    )


def _show_record(record: Record) -> None:
    from rich.console import Console
    from rich.padding import Padding

    console = Console(highlight=False, emoji=False)

    def tell(heading: str, text: str) -> None:
        if text:
            console.print(f"[bold]{heading}[/bold]", markup=True)
            console.print(Padding(text, (0, 0, 0, 2)), markup=False)

    console.print(f"{record.id}  “{record.claim}”", style="bold", markup=False)
    console.print(f"Article {record.article}; {record.kind}", style="dim")
    tell("Verdict", record.verdict)
    tell("Reason", record.reason)
    tell("How it was checked", record.checked)
    for part in record.parts:
        verdict = part.verdict or "shown, not judged"
        tell(f"Part: {part.words}", f"{verdict}. {part.finding}\nRule “{part.rule}”: {part.threshold}")
        for row in part.rows:
            console.print(Padding(_row(row), (0, 0, 0, 4)), markup=False)
    usual = _usual_range(record)
    figures = [_figure_lines(figure, usual) for figure in record.figures]
    tell(f"Figures, at table values (5th to 95th percentile over {usual})", "\n".join(figures))
    tell("Background", "\n".join(_row(row) for row in record.background))
    tell("Scenarios", _file_lines(record.id, record.scenarios, "run"))
    tell("Studies", _file_lines(record.id, record.studies, "study"))
    tell("What would change the verdict", record.would_change)
    console.print()


def _file_lines(id_: str, names: Sequence[str], command: str) -> str:
    """Return which files a record comes from, and how to run them."""
    if not names:
        return ""
    how = "run" if command == "run" else "emulate"
    saved = f"ketum claims {id_} --save DIR, then ketum {command} DIR/{names[0]}.toml"
    return f"{', '.join(names)}. To {how} them: {saved}"


def _usual_range(record: Record) -> str:
    """Return what the ranges of the figures of a record are over, where they do not say otherwise."""
    from ketum.claims.model import SETS

    ranges = {figure.over for figure in record.figures}
    return ranges.pop() if len(ranges) == 1 else SETS


def _figure_lines(figure: Figure, usual: str) -> str:
    from ketum.claims.words import told_by_setting

    over = f" (range over {figure.over})" if figure.over != usual else ""
    return "\n".join([f"{figure.label}{over}:", *(f"  {line}" for line in told_by_setting(figure))])


def _row(row: EvidenceRow) -> str:
    from ketum.claims.words import seen

    counts = "counts" if row.counts else "does not count"
    return f"{row.id}: says {row.says} ({row.why}); {counts}; {seen(row)}. {row.words}. {row.reference}"


def _show_changes(kept: Ledger, changed: Ledger, changes: Sequence[str], *, as_json: bool) -> None:
    """Show which verdicts other parameters give."""
    rows = [(after, kept.record(after.id)) for after in changed.records]
    if as_json:
        plain = [
            {"id": a.id, "before": b.verdict, "after": a.verdict, "key_before": b.key, "key_after": a.key}
            for a, b in rows
        ]
        typer.echo(json.dumps({"set": list(changes), "claims": plain}, ensure_ascii=False))
        return
    other = sum(after.verdict != old.verdict for after, old in rows)
    typer.echo(f"With {', '.join(changes)}: {other} of {len(rows)} verdicts change.")
    for after, old in rows:
        moved = "" if old.key == after.key else f"; {old.key} becomes {after.key}"
        if after.verdict != old.verdict:
            typer.echo(f"{after.id}  {old.verdict}  ->  {after.verdict}{moved}")
        elif moved:
            typer.echo(f"{after.id}  stays {after.verdict}{moved}")

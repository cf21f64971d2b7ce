"""`ketum run` and `ketum report`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ketum.cli.outcome import NOTHING, STYLES, check_workers, interrupted
from ketum.errors import RunFolderError

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from ketum.running import Run

_LATER = "not yet"
_EVERY = "every"
_MOST_RANGES = 4
"""Arms times settings up to which a cell of the terminal's table shows a range."""


def run_command(
    file: Path,
    out: Path | None,
    *,
    people: int | None,
    seed: int | None,
    workers: int | None,
    changes: Sequence[str],
    dry_run: bool,
    resume: bool,
    as_json: bool,
) -> None:
    """Run a scenario, show its progress, a short table and where the report is."""
    check_workers(workers)
    if dry_run:
        from ketum.scenario import load_scenario, to_toml

        typer.echo(to_toml(load_scenario(file, changes, people, seed)), nl=False)
        return
    if not file.is_file():
        from ketum.scenario import load_scenario

        load_scenario(file, changes, people, seed)
    from ketum.cli.progress import shown_run
    from ketum.running import run

    try:
        with shown_run(quiet=as_json) as (progress, stage):
            done = run(
                file,
                out,
                overrides=changes,
                people=people,
                seed=seed,
                workers=workers,
                resume=resume,
                progress=progress,
                stage=stage,
            )
    except KeyboardInterrupt:
        raise interrupted(file, out) from None
    _show(done, as_json=as_json)


def report_command(folder: Path) -> None:
    """Rebuild the report of a run or study folder."""
    from ketum.results.folder import RUN, STUDY

    if STUDY.stands_in(folder):
        from ketum.reports.study import write_study_report

        write_study_report(folder)
    elif RUN.stands_in(folder):
        from ketum.reports.page import write_report

        write_report(folder)
    else:
        marks = "provenance.json beside results.nc, or study.json"
        raise RunFolderError(f"{folder}: is no run folder and no study folder (they hold {marks})")
    typer.echo(f"Report: {folder / 'report.html'}")


def _show(done: Run, *, as_json: bool) -> None:
    if as_json:
        rows = done.endpoints.to_dict("records")
        for row in rows:
            row |= {name: row[name] if math.isfinite(row[name]) else None for name in ("value", "low", "high")}
        findings = [finding.row() for finding in done.findings]
        whole = {"folder": str(done.folder), "seconds": done.seconds, "findings": findings, "endpoints": rows}
        typer.echo(json.dumps(whole))
        return
    from rich.console import Console

    from ketum.results.dataset import NOTE

    arms = done.scenario.arms
    console = Console(emoji=False)
    console.print(_table(done))
    _tell_findings(done, console)
    console.print(
        f"{_count(done.scenario.people.count, 'person')}, {_count(len(arms), 'arm')}, {done.seconds:.1f} s. {NOTE}",
        style="dim",
        soft_wrap=True,
    )
    typer.echo(f"Report: {done.folder / 'report.html'}")


def _tell_findings(done: Run, console: Console) -> None:
    """Print one line for each danger and warning, how many cautions there are, and where all of them stand."""
    from rich.text import Text

    folded = [finding for finding in done.findings if finding.severity not in STYLES]
    for finding in done.findings:
        if finding.severity in STYLES:
            arms = f" ({finding.arm})" if finding.arm and len(done.scenario.arms) > 1 else ""
            line = Text.assemble(
                (f"{finding.severity.capitalize()}:", STYLES[finding.severity]), f" {finding.short}{arms}"
            )
            console.print(line, soft_wrap=True)
    if done.findings:
        more = f"{_count(len(folded), 'caution')}; " if folded else ""
        console.print(f"{more}safety findings with their sources stand in the report.", style="dim", soft_wrap=True)


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _table(done: Run) -> object:
    """Return a short table: median and 90% range over persons, or shares, by arm."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    from ketum.results.catalogue import endpoint_catalogue

    catalogue = endpoint_catalogue()
    arms = [arm.name for arm in done.scenario.arms]
    settings = done.scenario.setting.causal
    short = len(settings) * len(arms) > _MOST_RANGES
    table = Table(
        title=escape(done.scenario.title),
        caption=_caption(done, short=short),
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
    )
    table.add_column("", ratio=1 if short else None)
    if len(settings) > 1:
        table.add_column("setting", no_wrap=True)
    for arm in arms:
        table.add_column(escape(arm), justify="right", overflow="fold")
    tapered = {arm.name for arm in done.scenario.arms if any(p.mode.startswith("taper") for p in arm.phases)}
    rows = done.endpoints[done.endpoints["arm"].isin(arms)]
    if done.scenario.record.pk:
        for words, *cells in _pk_rows(done.folder / "pk.csv", arms):
            table.add_row(words, *([_EVERY] if len(settings) > 1 else []), *cells)
    for point in catalogue.values():
        of_name = rows[rows["endpoint"] == point.name]
        if not point.terminal or not len(of_name):
            continue
        told: list[tuple[str, list[str]]] = []
        for setting in settings:
            here = of_name[of_name["setting"] == setting]
            cells = [
                # hours and days of a taper count from its start: not beside those of a stop
                _cell(here[here["arm"] == arm], point.digits, share=point.share, short=short)
                if arm not in tapered or not point.name.startswith("withdrawal_") or point.unit not in ("h", "d")
                else NOTHING
                for arm in arms
            ]
            told.append((setting, cells))
        if len(settings) == 1:
            table.add_row(point.terminal, *told[0][1])
        elif all(cells == told[0][1] for _, cells in told):
            table.add_row(point.terminal, _EVERY, *told[0][1])
        else:
            for k, (setting, cells) in enumerate(told):
                table.add_row("" if k else point.terminal, setting, *cells)
    return table


def _caption(done: Run, *, short: bool) -> str:
    """Say what stands in a cell."""
    if short:
        return "median of persons, or share"
    asked = done.scenario.uncertainty
    known = f"\\[how well it is known: 5%–95% of {asked.draws:,} parameter sets]" if asked else ""
    return f"median (5%–95% of persons) {known}".strip()


def _cell(rows: pd.DataFrame, digits: int, *, share: bool, short: bool = False) -> str:
    if not len(rows):
        return NOTHING
    values, low, high = (dict(zip(rows["statistic"], rows[name], strict=True)) for name in ("value", "low", "high"))

    def form(value: float) -> str:
        if not math.isfinite(value):
            return _LATER
        return f"{100 * value:.0f}%" if share else f"{value:.{digits}f}"

    told = "mean" if share else "p50"
    text = form(values[told])
    if not share and not short:
        text += f" ({form(values['p05'])}–{form(values['p95'])})"
    if not short and not math.isnan(low[told]):
        text += f"\n\\[{form(low[told])}–{form(high[told])}]"  # a bracket alone would be markup
    return text


def _pk_rows(path: Path, arms: Sequence[str]) -> Iterator[list[str]]:
    import pandas as pd

    table = pd.read_csv(path)
    chosen = table[table["quantity"].isin(["Cmax", "Tmax", "AUCinf", "t1/2"])]
    for (analyte, quantity, unit), rows in chosen.groupby(["analyte", "quantity", "unit"], sort=False):
        cells = [_cell(rows[rows["arm"] == arm], 2 if unit == "h" else 1, share=False) for arm in arms]
        yield [f"{analyte} {quantity}, {unit}", *cells]

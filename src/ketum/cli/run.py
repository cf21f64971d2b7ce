"""`ketum run` and `ketum report`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ketum.errors import RunFolderError, ScenarioError

if TYPE_CHECKING:
    import pandas as pd

    from ketum.running import Run

_MOST_WORKERS = 256
_NOTHING = "–"


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
    if workers is not None and not 1 <= workers <= _MOST_WORKERS:
        raise ScenarioError(f"--workers: {workers} is not allowed; a whole number from 1 to {_MOST_WORKERS}")
    if dry_run:
        from ketum.scenario import load_scenario, to_toml

        typer.echo(to_toml(load_scenario(file, changes, people, seed)), nl=False)
        return
    if not file.is_file():
        from ketum.scenario import load_scenario

        load_scenario(file, changes, people, seed)
    from ketum.cli.progress import shown_progress
    from ketum.running import run

    with shown_progress(quiet=as_json) as (progress, stage):
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
    _show(done, as_json=as_json)


def report_command(folder: Path) -> None:
    """Rebuild the report of a run folder."""
    from ketum.reports.page import write_report
    from ketum.results.folder import is_run_folder

    if not is_run_folder(folder):
        raise RunFolderError(f"{folder}: is no run folder (a run folder holds results.nc and provenance.json)")
    write_report(folder)
    typer.echo(f"Report: {folder / 'report.html'}")


def _show(done: Run, *, as_json: bool) -> None:
    if as_json:
        rows = done.endpoints.to_dict("records")
        for row in rows:
            row["value"] = None if not math.isfinite(row["value"]) else row["value"]
        typer.echo(json.dumps({"folder": str(done.folder), "seconds": done.seconds, "endpoints": rows}))
        return
    from rich.console import Console

    arms = done.scenario.arms
    console = Console()
    console.print(_table(done))
    console.print(
        f"{_count(done.scenario.people.count, 'person')}, {_count(len(arms), 'arm')}, {done.seconds:.1f} s. "
        "For research, teaching and study planning; never a recommendation of a dose or of kratom.",
        style="dim",
        soft_wrap=True,
    )
    typer.echo(f"Report: {done.folder / 'report.html'}")


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _table(done: Run) -> object:
    """Return a short table: median and 90% range over persons, or shares, by arm."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from ketum.results.catalogue import endpoint_catalogue

    catalogue = endpoint_catalogue()
    arms = [arm.name for arm in done.scenario.arms]
    table = Table(
        title=done.scenario.title,
        caption="median (5%–95% of persons)",
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
    )
    table.add_column("")
    for arm in arms:
        table.add_column(arm, justify="right", overflow="fold")
    tapered = {arm.name for arm in done.scenario.arms if any(p.mode.startswith("taper") for p in arm.phases)}
    rows = done.endpoints[done.endpoints["arm"].isin(arms)]
    if done.scenario.record.pk:
        for cells in _pk_rows(done.folder / "pk.csv", arms):
            table.add_row(*cells)
    for point in catalogue.values():
        of_name = rows[rows["endpoint"] == point.name]
        if point.terminal and len(of_name):
            cells = [
                # hours and days of a taper count from its start: not beside those of a stop
                _cell(of_name[of_name["arm"] == arm], point.digits, share=point.share)
                if arm not in tapered or point.unit not in ("h", "d")
                else _NOTHING
                for arm in arms
            ]
            table.add_row(point.terminal, *cells)
    return table


def _cell(rows: pd.DataFrame, digits: int, *, share: bool) -> str:
    values = dict(zip(rows["statistic"], rows["value"], strict=True))
    if not values:
        return _NOTHING
    if share:
        return f"{100 * values['mean']:.0f}%"
    return f"{values['p50']:.{digits}f} ({values['p05']:.{digits}f}–{values['p95']:.{digits}f})"


def _pk_rows(path: Path, arms: Sequence[str]) -> Iterator[list[str]]:
    import pandas as pd

    table = pd.read_csv(path)
    chosen = table[table["quantity"].isin(["Cmax", "Tmax", "AUCinf", "t1/2"])]
    for (analyte, quantity, unit), rows in chosen.groupby(["analyte", "quantity", "unit"], sort=False):
        cells = [_cell(rows[rows["arm"] == arm], 2 if unit == "h" else 1, share=False) for arm in arms]
        yield [f"{analyte} {quantity}, {unit}", *cells]

"""`ketum validate`: predicts, judges, shows, and writes the qualification report."""

from __future__ import annotations

import csv
import json
import math
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ketum.errors import InterruptedRunError

if TYPE_CHECKING:
    from rich.table import Table

    from ketum.validation.validate import Validation

FELL_SHORT = 1
_WIDTH = 80


def validate_command(domain: str | None, out: Path | None, *, people: int, draws: int, as_json: bool) -> None:
    """Validate and show; ends with exit code 1 if a required criterion fell short."""
    from ketum.cli.progress import shown_progress
    from ketum.reports.qualification import write_qualification
    from ketum.results.folder import make_ready
    from ketum.validation.validate import check_domain, validate

    check_domain(domain)
    folder = out if out is not None else Path("runs") / "validation"
    make_ready(folder)
    try:
        with shown_progress("studies", quiet=as_json) as shown:
            found = validate(
                people=people,
                draws=draws,
                domain=domain,
                progress=lambda done, count, words: shown(words, done, count),
            )
    except KeyboardInterrupt:
        raise InterruptedRunError("interrupted") from None
    path = write_qualification(folder, found, _numerics())
    if as_json:
        typer.echo(json.dumps(_facts(found, folder), indent=2))
    else:
        _show(found)
        typer.echo(f"Report: {path}")
    if found.fell_short:
        if not as_json:
            short = ", ".join(result.criterion.id for result in found.fell_short)
            typer.echo(f"Required criteria that fell short: {short}", err=True)
        raise typer.Exit(FELL_SHORT)


def _numerics() -> list[dict[str, str]]:
    text = resources.files("ketum.reference").joinpath("accuracy.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _show(found: Validation) -> None:
    from rich.console import Console

    console = Console(width=_WIDTH if not Console().is_terminal else None, emoji=False)
    console.print(_domains(found))
    console.print(_criteria(found))
    for result in found.unjudged:
        console.print(f"{result.criterion.id} cannot be judged: {result.unjudged}.", highlight=False)
    failed = found.predictions.failed
    if failed:
        console.print(
            f"Studies that could not be run in some parameter sets: {', '.join(sorted(failed))}.", style="dim"
        )
    predicted = sum(bool(one.predicted) for one in found.covered)
    console.print(
        f"{len(found.rows)} rows shown; of {len(found.covered):,} rows of the evidence {predicted} are predicted and "
        f"{len(found.covered) - predicted:,} are not (reasons in the report). {found.seconds:.0f} s.",
        style="dim",
    )


def _table(title: str, *heads: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for k, head in enumerate(heads):
        table.add_column(head, justify="left" if k == 0 else "right", overflow="fold")
    return table


def _domains(found: Validation) -> Table:
    from ketum.reports.qualification_rows import fold_text, share_text
    from ketum.validation.validate import summaries

    table = _table(
        "Predicted against observed; inside: 90% interval of chance, and with parameters",
        "domain",
        "rows",
        "n",
        "GMFE",
        "within rule",
        "inside",
        "with par.",
    )
    for s in summaries(found.rows):
        kind = "calibration" if s.calibration else "other"
        shares = (share_text(value) for value in (s.within, s.inside, s.inside_all))
        table.add_row(s.domain, kind, str(s.rows), fold_text(s.gmfe), *shares)
    return table


def _criteria(found: Validation) -> Table:
    from ketum.reports.qualification_criteria import criterion_text

    table = _table("Acceptance criteria (written before the run; * required)", "criterion", "limit", "found", "verdict")
    table.expand = True
    table.columns[0].ratio = 1
    for column in table.columns[1:]:
        column.no_wrap = True
    for result in found.results:
        text = criterion_text(result)
        style = None if result.met is not False else "bold red" if result.criterion.required else "yellow"
        star = "*" if text.required else " "
        found_alone = text.found.partition(" ")[0]
        table.add_row(f"{text.id}{star} {text.what}", text.limit, found_alone, text.verdict, style=style)
    return table


def _facts(found: Validation, folder: Path) -> dict[str, object]:
    from ketum.validation.validate import summaries, table_rows

    def plain(value: float) -> float | None:
        return value if math.isfinite(value) else None

    return {
        "folder": str(folder),
        "seconds": round(found.seconds, 1),
        "people": found.people,
        "parameter_sets": found.sets,
        "domains": [
            {
                "domain": s.domain,
                "rows": "calibration" if s.calibration else "other",
                "number": s.rows,
                "gmfe": plain(s.gmfe),
                "within": plain(s.within),
                "inside": plain(s.inside),
                "inside_with_parameters": plain(s.inside_all),
            }
            for s in summaries(found.rows)
        ],
        "criteria": [
            {
                "id": o.criterion.id,
                "domain": o.criterion.domain,
                "rows": o.criterion.rows,
                "measure": o.criterion.measure,
                "at_least": o.criterion.at_least,
                "at_most": o.criterion.at_most,
                "required": o.criterion.required,
                "value": plain(o.value),
                "counted": o.rows,
                "met": o.met,
                "not_judged_because": o.unjudged,
            }
            for o in found.results
        ],
        "predictions": table_rows(found),
        "not_predicted": [
            {"row": one.row.id, "verdict": line.verdict, "reason": line.reason}
            for one in found.covered
            for line in one.lines
        ],
    }

"""The page: one HTML file from the files of a run folder alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import metadata, resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ketum.errors import RunFolderError
from ketum.reports.aftermath import after_figure, arms_that_stop, day_table, symptom_figure
from ketum.reports.basis import basis, limits
from ketum.reports.figures import ACUTE, ANALYTES, SLOW, Figure, Figures
from ketum.reports.phrases import count, duration, glued, number
from ketum.reports.reader import RunFolder, read_folder
from ketum.reports.regimen import population
from ketum.reports.tables import Table, difference_table, endpoint_table, pk_table
from ketum.reports.words import accounts, comparisons

REPORT = "report.html"
_SOWS = "Subjective Opiate Withdrawal Scale (SOWS)"


def write_report(folder: Path) -> None:
    """Write ``report.html`` into a run folder, from what the folder holds.

    Parameters
    ----------
    folder : Path
        A run folder, or the folder in which a run is prepared.

    Raises
    ------
    RunFolderError
        If a file is missing or broken, or the report cannot be written.
    """
    text = report(read_folder(Path(folder)))
    path = Path(folder) / REPORT
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunFolderError(f"{path}: cannot be written ({error.strerror or error})") from None


def report(run: RunFolder) -> str:
    """Return the report of a run as the text of one HTML file."""
    figures = Figures(run)
    sections = list(_sections(figures))
    panels = [panel for _, _, items in sections for item in items if isinstance(item, Figure) for panel in item.panels]
    plots = {panel.id: panel.plot for panel in panels}
    return _template().render(
        run=run,
        facts=_facts(run),
        population=population(str(run.scenario["people"]["population"])),
        persons="One person" if run.persons == 1 else f"{run.persons:,} people",
        experience=_experience(run),
        accounts=accounts(run),
        colours=[figures.colour(k) for k in range(len(run.arms))],
        comparisons=comparisons(run),
        sections=sections,
        left_out=figures.left_out(),
        basis=basis(run),
        limits=limits(run),
        arms=count(len(run.arms), "arm"),
        is_figure=lambda item: isinstance(item, Figure),
        plots=_in_script(json.dumps(plots, separators=(",", ":"))),
        style=Markup(_own("report.css")),
        script=Markup(_own("report.js")),
        plotly=_plotly(),
    )


def _sections(figures: Figures) -> Iterator[tuple[str, str, list[Figure | Table]]]:
    """Yield title, anchor, figures and tables of each section of results."""
    run = figures.run
    tables = iter(range(1, 100))
    stops = any(stop is not None for stop in run.stop_h)
    found: list[tuple[str, str, list[Figure | Table | None]]] = []
    withdrawal = ("Withdrawal", "withdrawal", list(_withdrawal(figures, tables)) if stops else [])
    if stops:
        found.append(withdrawal)
    if run.pk or not run.over_days:
        found.append(("Concentrations", "concentrations", [*_dense(figures), _pk(run, tables)]))
    found.append(("Effects", "effects", list(_effects(figures, stops=stops))))
    if run.over_days and not run.pk:
        found.append(("Concentrations", "concentrations", list(_sparse(figures))))
    found.append(("Further outputs", "further", list(_further(figures))))
    if run.pairs:
        found.append(("Differences between arms", "differences", list(_differences(figures))))
    found.append(("End points", "endpoints", [endpoint_table(run, next(tables)), _second(run, tables)]))
    for title, anchor, items in found:
        kept = [item for item in items if item is not None]
        if kept:
            yield title, anchor, kept


def _pk(run: RunFolder, tables: Iterator[int]) -> Table | None:
    return pk_table(run, next(tables)) if run.pk else None


def _second(run: RunFolder, tables: Iterator[int]) -> Table | None:
    return difference_table(run, next(tables)) if run.pairs else None


def _withdrawal(figures: Figures, tables: Iterator[int]) -> Iterator[Figure | Table | None]:
    run = figures.run
    if figures.has("withdrawal"):
        yield figures.by_arm("withdrawal", "Withdrawal", f"{_SOWS} over the whole record.")
    yield after_figure(figures)
    for taper in (False, True):
        if arms_that_stop(run, taper=taper) and figures.has("withdrawal"):
            yield day_table(run, next(tables), taper=taper)
    yield symptom_figure(figures)


def _dense(figures: Figures) -> Iterator[Figure]:
    names = figures.moving(*ANALYTES)
    for log in (False, True) if names else ():
        yield from figures.concentrations(names, log=log)


def _sparse(figures: Figures) -> Iterator[Figure]:
    for name in figures.moving(*ANALYTES):
        label = figures.run.output(name).label.partition(" in plasma")[0]
        yield figures.by_arm(name, f"{label} in plasma", "Total concentration.", both=True)


def _effects(figures: Figures, *, stops: bool) -> Iterator[Figure]:
    run = figures.run
    alone = len(run.arms) == 1
    first = [] if stops else figures.moving("withdrawal")
    if alone and not run.over_days:
        names = figures.moving("mor_activation", *ACUTE, *SLOW) + first
        if names:
            yield figures.side_by_side(names, "Effects over time", "Each from 0 (none) to 1 (full).")
        return
    if figures.moving("mor_activation"):
        text = "What is left of the signal of the mu receptor after tolerance, from 0 to 1."
        yield figures.by_arm("mor_activation", "Opioid effect", text)
    for name in first:
        yield figures.by_arm(name, "Withdrawal", f"{_SOWS}.")
    slow, acute = figures.moving(*SLOW), figures.moving(*ACUTE)
    if slow:
        text = (
            "The slow states of the brain, each from 0 to 1: tolerance weakens the opioid effect; the adapted level is "
        )
        text += "what withdrawal comes from; the protracted state outlasts it."
        yield figures.together(slow, "Tolerance, adaptation and the protracted state", text, "State")
    if acute:
        yield figures.together(
            acute, "Stimulation, sedation and analgesia", "Each from 0 (none) to 1 (full).", "Effect"
        )
    if figures.moving("anhedonia"):
        yield figures.by_arm("anhedonia", "Anhedonia", "One minus the responsiveness to reward, from 0 to 1.")


def _further(figures: Figures) -> Iterator[Figure]:
    run = figures.run
    groups = (
        ("Occupancy of the mu receptor", "Share of receptors that each ligand holds.", "mor_occupancy:", "Occupied"),
        ("Side effects", "How likely each is.", "side_effect:", "Probability"),
    )
    for title, text, start, quantity in groups:
        names = figures.moving(*(name for name in run.curves if name.startswith(start)))
        if names:
            yield figures.together(names, title, text, quantity)
    for name in figures.moving(*(n for n in run.curves if run.output(n).room == "mood")):
        yield figures.by_arm(name, run.output(name).label, "")


def _differences(figures: Figures) -> Iterator[Figure]:
    run = figures.run
    for name in ("withdrawal", "mor_activation", "anhedonia", "severity"):
        curves = run.differences.get(name)
        if curves and figures.moving(name) and any(abs(c.mean).max() > 0 for c in curves):
            yield figures.differences(name)


def _experience(run: RunFolder) -> str:
    """Say what came before the record."""
    length = str(run.scenario["people"].get("experience", "0 h"))
    if length.startswith("0 "):
        return ""
    text = f"Before the start, everyone lived through {duration(length)} of regular use of their own"
    never = [a for a, phases in zip(run.arms, run.phases, strict=True) if not phases]
    return f"{text}, except in arms without any use." if never else f"{text}."


def _facts(run: RunFolder) -> dict[str, Any]:
    """Return what repeats the run: command, versions, hashes, time."""
    made = run.provenance
    record = run.scenario["record"]
    versions = {"ketum": made["ketum"], "Python": made["python"], **made["libraries"]}
    hashes = {
        "scenario file": made.get("scenario_sha256", ""),
        "resolved scenario": made.get("resolved_scenario_sha256", ""),
        **made.get("tables_sha256", {}),
    }
    return {
        "versions": versions,
        "hashes": {name: value for name, value in hashes.items() if value},
        "seconds": number(float(made["seconds"]), 1),
        "platform": made.get("platform", ""),
        "every": duration(str(record.get("every", ""))) if record.get("every") else "",
        "length": duration(str(record.get("for", ""))) if record.get("for") else "",
        "step": duration(str(record.get("step", ""))) if record.get("step") else "",
    }


def _in_script(text: str) -> Markup:
    """Return JSON that cannot end the script element in which it stands."""
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


@cache
def _own(name: str) -> str:
    return resources.files("ketum.reports").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _plotly() -> Markup:
    """Return plotly.js as it ships in the plotly package, found without importing the package."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise RunFolderError("the report needs the plotly package, which is not installed")
    path = Path(spec.origin).parent / "package_data" / "plotly.min.js"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        version = metadata.version("plotly")
        raise RunFolderError(f"{path}: plotly {version} does not bring it ({error.strerror or error})") from None
    return Markup(text.replace("</script", "<\\/script"))


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["glued"] = glued
    return environment.from_string(_own("report.html"))

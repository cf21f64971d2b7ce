"""The page: one HTML file from the files of a run folder alone."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ketum.reports.accounts import accounts
from ketum.reports.arm import uses
from ketum.reports.basis import basis, limits
from ketum.reports.behind import anchor, behind
from ketum.reports.certainty import answers, unanswered
from ketum.reports.comparisons import comparisons
from ketum.reports.figure import Figure, Panel
from ketum.reports.figures import Figures
from ketum.reports.findings import findings
from ketum.reports.html import page, write_text
from ketum.reports.mood_words import follows_mood
from ketum.reports.phrases import count, duration, number, percent
from ketum.reports.reader import RunFolder, read_folder
from ketum.reports.regimen import population
from ketum.reports.rests import rests
from ketum.reports.sections import Section, sections
from ketum.reports.settings import changed, meanings, stands
from ketum.uncertainty.conclusions import LEAST_AGREEING, LEAST_SETS, MOST_TURNED

REPORT = "report.html"


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
    write_text(Path(folder) / REPORT, text)


def report(run: RunFolder) -> str:
    """Return the report of a run as the text of one HTML file."""
    told = pieces(run)
    facts = _facts(run)
    return page(
        "report",
        run.title,
        facts["versions"]["ketum"],
        [panel for section in told["sections"] for panel in panels(section)],
        note=run.note,
        facts=facts,
        population=population(str(run.scenario["people"]["population"])),
        persons="One person" if run.persons == 1 else f"{run.persons:,} people",
        scenario=on_one_line(run.scenario_text),
        arms=count(len(run.arms), "arm"),
        anchor=anchor,
        look_up=lambda name: Markup("<code>ketum evidence {}</code>").format(name),
        **told,
    )


def pieces(run: RunFolder) -> dict[str, Any]:
    """Return all that is told of a run, by the names under which ``report_*.html`` show it."""
    figures = Figures(run)
    told = list(sections(figures))
    arms = accounts(run)
    compared = comparisons(run)
    concluded = answers(run)
    return {
        "run": run,
        "experience": _experience(run),
        "findings": findings(run),
        "accounts": arms,
        "colours": [figures.colour(k) for k in range(len(run.arms))],
        "comparisons": compared,
        "answers": concluded,
        "agreeing": percent(LEAST_AGREEING),
        "least_sets": LEAST_SETS,
        "turned": percent(MOST_TURNED, 1),
        "unanswered": unanswered(concluded),
        "rests": rests(run),
        "kept": ", ".join((run.provenance.get("uncertainty") or {}).get("fixed", ())),
        "behind": behind(arms, [*(n for told in compared for n in told.about), *(a.about for a in concluded)]),
        "sections": told,
        "stands": stands(run) if follows_mood(run) else "",
        "meanings": meanings(run),
        "changed": changed(run),
        "left_out": figures.left_out(),
        "basis": basis(run),
        "limits": limits(run),
        "contents": _contents,
        "is_figure": lambda item: isinstance(item, Figure),
    }


def panels(section: Section) -> list[Panel]:
    """Return the plots of a section."""
    return [panel for item in section.items if isinstance(item, Figure) for panel in item.panels]


def _experience(run: RunFolder) -> str:
    """Say what came before the record."""
    length = str(run.scenario["people"].get("experience", "0 h"))
    if length.startswith("0 "):
        return ""
    who, whose = ("the person", "person’s") if run.persons == 1 else ("everyone", "people’s")
    text = f"Before the start, {who} lived through {duration(length)} of regular use of their own"
    if all(uses(run, k) for k in range(len(run.arms))):
        return f"{text}."
    return f"{text}. Arms without kratom show the same {whose} life had they never used it, in those weeks or later."


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


def _contents(section: Section) -> str:
    """Say what is in a section that is closed on the screen."""
    figures = [item.title for item in section.items if isinstance(item, Figure)]
    tables = [item.caption for item in section.items if not isinstance(item, Figure)]
    return "; ".join([*figures, *tables])


def on_one_line(scenario: str) -> str:
    r"""Return a scenario with its lists of words on one line each, which TOML reads alike.

    Examples
    --------
    >>> on_one_line('outputs = [\n  "adapted",\n  "severity",\n]\npk = false')
    'outputs = ["adapted", "severity"]\npk = false'
    """
    item = r'[ \t]*"[^"\\\n]*",?[ \t]*\n'

    def joined(found: re.Match[str]) -> str:
        return f"{found[1]}[{', '.join(line.strip(' ,') for line in found[2].splitlines())}]"

    made = re.sub(rf"^(\w+ = )\[\n((?:{item})+)\]$", joined, scenario, flags=re.MULTILINE)
    return made if tomllib.loads(made) == tomllib.loads(scenario) else scenario

"""What the page shows of a run, part by part: pieces of HTML and the plots in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ketum.app.compare import compared
from ketum.app.html import render
from ketum.app.lines import line
from ketum.app.questions import Question
from ketum.reports.figure import Figure, plots_by_place
from ketum.reports.figures import MOST_PANELS, Figures
from ketum.reports.lines import by_output
from ketum.reports.page import panels, pieces
from ketum.reports.phrases import count, duration
from ketum.reports.reader import RunFolder
from ketum.reports.regimen import population, regimen

_OVERVIEW, _BETWEEN, _BASIS = "summary", "between", "basis"
_BY_DAY = ("withdrawal", "severity", "tolerance", "servings")
_BY_HOUR = ("mitragynine", "7-hydroxymitragynine", "mor_activation", "withdrawal")
"""What is shown at a glance, the first few of them that move."""
_MOST_PANELS = 3


def parts(run: RunFolder, first: str) -> Iterator[bytes]:
    """Yield the parts of a run as lines, the one called `first` before the others.

    The first line, ``{kind: "parts", parts: [[name, title], ...], head, arms, findings}``, names all parts in their
    order, and the arms with their regimens in words; each part is ``{kind: "part", name, html, plots}``, with plots
    by the place they are drawn at.
    """
    told = pieces(run)
    sections = {section.anchor: section for section in told["sections"]}
    titles = {_OVERVIEW: "Overview"}
    if run.pairs:
        titles[_BETWEEN] = "Compare arms"
    titles |= {name: section.title for name, section in sections.items()}
    titles[_BASIS] = "What it rests on"
    findings = render("report_findings.html", **told)
    arms = [[arm["name"], regimen(arm)] for arm in run.scenario["arm"]]
    yield line("parts", parts=list(titles.items()), head=_head(run), arms=arms, findings=findings)
    for name in sorted(titles, key=lambda name: name != first):
        section = sections.get(name)
        if section is not None:
            plots = plots_by_place(panels(section))
            yield line("part", name=name, html=render("report_section.html", section=section, **told), plots=plots)
        elif name == _OVERVIEW:
            yield line("part", name=name, **_overview(told, run))
        elif name == _BETWEEN:
            yield line("part", name=name, html=render("between.html", pairs=compared(run), **told), plots={})
        else:
            yield line("part", name=name, html=render("report_basis.html", **told), plots={})


def _overview(told: dict[str, Any], run: RunFolder) -> dict[str, Any]:
    """Return what matters most: one figure with all arms, then each arm in words and numbers."""
    figures = Figures(run)
    names = figures.moving(*(_BY_DAY if run.over_days else _BY_HOUR))[:_MOST_PANELS]
    if len(run.arms) > MOST_PANELS or not names:
        return {"html": render("overview.html", glance=None, **told), "plots": {}}
    figure = by_output(
        figures, names, "All arms at a glance", "Mean over people; the other parts show how they differ."
    )
    glance = replace(figure, panels=[replace(panel, id=f"glance-{panel.id}") for panel in figure.panels])
    return {"html": render("overview.html", glance=glance, **told), "plots": plots_by_place(glance.panels)}


def answer_part(question: Question, run: RunFolder) -> bytes:
    """Return the answer to a question as one part."""
    told = pieces(run)
    figures = {section.anchor: [i for i in section.items if isinstance(i, Figure)] for section in told["sections"]}
    chosen = [figures[name][k] for name, k in question.pictures if k < len(figures.get(name, ()))]
    pictures = [replace(figure, number=k + 1) for k, figure in enumerate(chosen)]
    html = render("answer.html", question=question, pictures=pictures, **told)
    plots = plots_by_place(panel for figure in pictures for panel in figure.panels)
    return line("part", name="answer", html=html, plots=plots)


def _head(run: RunFolder) -> str:
    """Say who was simulated, for how long, and from which seed."""
    people = "one person" if run.persons == 1 else f"{run.persons:,} people"
    of = population(str(run.scenario["people"]["population"]))
    arms = f", {count(len(run.arms), 'arm')}" if len(run.arms) > 1 else ""
    return f"{people} drawn from {of}{arms}, {duration(str(run.scenario['record']['for']))}, seed {run.seed}"

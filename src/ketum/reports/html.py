"""One HTML file that opens without a network: what all pages share, and how they are written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from ketum.errors import RunFolderError
from ketum.reports.figure import Panel, plots_by_place
from ketum.reports.inline import in_script, own, plotly_script
from ketum.reports.phrases import capital, glued
from ketum.results.dataset import NOTE


def page(
    name: str, title: str, version: str, panels: Iterable[Panel] | None, /, *, note: str = NOTE, **facts: object
) -> str:
    """Return a page as text.

    Parameters
    ----------
    name : str
        Its template, which fills the body of ``page.html``; a style of the same name adds to that of the report.
    title, version : str
        Title of the page, and the version of ketum that made what it shows.
    panels : iterable of Panel or None
        Its plots; a page without any needs no scripts.
    note : str
        What stands under the page.
    facts
        What else the template shows.
    """
    scripts: dict[str, object] = {"plots": ""}
    if panels is not None:
        plots = plots_by_place(panels)
        scripts = {
            "plots": in_script(json.dumps(plots, separators=(",", ":"))),
            "plotly": plotly_script(),
            "script": Markup(own("plots.js") + own("report.js")),
        }
    styles = dict.fromkeys(("report.css", f"{name}.css"))
    template = environment().get_template(f"{name}.html")
    return template.render(
        title=title,
        note=note,
        version=version,
        style=Markup("".join(map(own, styles))),
        **scripts,
        **facts,
    )


def write_text(path: Path, text: str) -> None:
    """Write a page.

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunFolderError(f"{path}: cannot be written ({error.strerror or error})") from None


@cache
def environment(find: Callable[[str], str] = own) -> jinja2.Environment:
    """Return where templates are made into pages; `find` gives the text of a template by its name."""
    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FunctionLoader(find),
    )
    environment.filters |= {"capital": capital, "glued": glued}
    return environment

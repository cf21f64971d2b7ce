"""Templates of the explorer, and those of the reports, as pieces of HTML."""

from __future__ import annotations

from functools import cache
from importlib import resources

from markupsafe import Markup

from ketum.reports.html import environment
from ketum.reports.inline import own

_HERE = "ketum.app"


@cache
def _find(name: str) -> str:
    """Return a template of the explorer, or else one of the reports."""
    mine = resources.files(_HERE).joinpath("templates", name)
    return mine.read_text(encoding="utf-8") if mine.is_file() else own(name)


def render(template: str, **facts: object) -> str:
    """Return a piece of HTML.

    Parameters
    ----------
    template : str
        Its template.
    facts
        What it shows.
    """
    facts = {"anchor": evidence_anchor, "look_up": evidence_link, **facts}
    return environment(_find).get_template(template).render(**facts)


def evidence_anchor(name: str) -> str:
    """Return where the page shows what stands behind a name.

    Examples
    --------
    >>> evidence_anchor("withdrawal_peak")
    'evidence/withdrawal_peak'
    """
    return f"evidence/{name}"


def evidence_link(name: str) -> Markup:
    """Return a link to what stands behind a name."""
    return Markup('<a href="#{}">{}</a>').format(evidence_anchor(name), name)

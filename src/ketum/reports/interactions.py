"""Interactions of kratom and medicines as one HTML page that prints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from ketum.evidence import load_sources
from ketum.interactions import Interaction, Serving
from ketum.interactions.severity import STATED
from ketum.interactions.severity import bounds as severity_bounds
from ketum.interactions.table import Estimate
from ketum.interactions.words import (
    BASES,
    PURPOSE,
    READING,
    RECALLED,
    observed,
    ratio_words,
    serving_words,
    without_kinetics,
)
from ketum.reports.html import page, write_text
from ketum.reports.phrases import capital
from ketum.version import __version__

_WIDTH = 144
_SPAN = 1.0  # powers of ten on either side of no change


def interactions_page(found: Sequence[Interaction], serving: Serving) -> str:
    """Return interactions as the text of one HTML file, without scripts.

    Parameters
    ----------
    found : sequence of Interaction
    serving : Serving
    """
    keys = sorted({key for one in found for key in (*one.sources, *(o.source for o in one.measured)) if ";" not in key})
    return page(
        "interactions",
        "Kratom and medicines",
        __version__,
        None,
        note=PURPOSE,
        ratio=ratio_words,
        observed=observed,
        strip=_strip,
        plain_name=_plain,
        serving=capital(serving_words(serving)),
        kinetic=[one for one in found if one.kinetic],
        groups=without_kinetics(found),
        found=found,
        stated=STATED,
        bounds=severity_bounds(),
        bases=BASES,
        reading=READING,
        recalled=RECALLED,
        purpose=PURPOSE,
        sources={key: load_sources()[key].reference() for key in keys},
    )


def write_page(found: Sequence[Interaction], serving: Serving, path: Path) -> None:
    """Write the page.

    Raises
    ------
    RunFolderError
        If the file cannot be written.
    """
    write_text(path, interactions_page(found, serving))


def _strip(estimate: Estimate) -> Markup:
    """Return a small drawing of a ratio and its range on a logarithmic scale, from a tenth to ten."""

    def place(ratio: float) -> float:
        share = (math.log10(ratio) + _SPAN) / (2 * _SPAN) if ratio > 0.0 else 0.0
        return round(_WIDTH * min(max(share, 0.0), 1.0), 1)

    low, high, value, one = (place(x) for x in (estimate.low, estimate.high, estimate.value, 1.0))
    dot = f'<circle cx="{value}" cy="7" r="4"/>' if estimate.basis == "clinical" else ""
    return Markup(
        f'<svg class="strip" viewBox="0 0 {_WIDTH} 14" role="img" aria-label="{ratio_words(estimate)}">'
        f'<line x1="0" y1="13" x2="{_WIDTH}" y2="13"/><line class="one" x1="{one}" y1="0" x2="{one}" y2="13"/>'
        f'<line class="range" x1="{low}" y1="7" x2="{max(high, low + 1)}" y2="7"/>{dot}</svg>'
    )


def _plain(name: str) -> str:
    return name.replace("_", " ")

"""A figure as the page needs it: number, words, legend, and panels with their plots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ketum.reports.plots import Json


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot: its heading, the colour that stands for its arm, what it shows in words, and the plot."""

    id: str
    heading: str
    colour: str
    alt: str
    plot: Json


def plots_by_place(panels: Iterable[Panel]) -> dict[str, Json]:
    """Return plots by the id of the place at which a page draws them."""
    return {panel.id: panel.plot for panel in panels}


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a legend: what is drawn, its words, and for lines the colour and the dash."""

    kind: str
    text: str
    colour: str = ""
    dash: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: number, title, caption, legend, panels; `log` offers a switch of the upright axis."""

    number: int
    title: str
    caption: str
    keys: Sequence[Key]
    panels: Sequence[Panel]
    log: bool = False

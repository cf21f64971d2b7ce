"""A causal diagram as a drawing: boxes in columns of time, arrows, and the paths that bias an estimator.

The drawing is inline SVG without scripts or identifiers, so that a page may hold several; lines and letters take the
colours of the page.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise

import networkx as nx

from ketum.reports.dag_routes import Box, Point, arrow_head, route, smooth
from ketum.studies.graph import diagrams
from ketum.studies.identification import Identified, in_words, on_causal_paths

WIDTH = 700
_COLUMN, _FIRST, _ROW, _TOP = 187, 69, 74, 36
_BOX, _LINE, _LETTERS, _PAD, _BELOW = 134, 15, 18, 7, 36
_EFFECT = "var(--accent, #0072b2)"
_OPEN = "var(--dag-open, #d55e00)"
_INK = "currentColor"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A box that stands for a node, or for the nodes of a group.

    `held` is whether the estimator holds it; `aside` are labels of members that it does not hold.
    """

    kind: str
    lines: tuple[str, ...]
    aside: tuple[str, ...]
    held: bool
    box: Box


def draw(graph: nx.DiGraph, verdict: Identified | None = None) -> str:
    """Return a causal diagram as inline SVG, 700 px wide at its natural size.

    Parameters
    ----------
    graph : networkx.DiGraph
        From `ketum.studies.graph.causal_graph`.
    verdict : Identified, optional
        Of an estimator: what it holds is filled, and open biasing paths are marked.

    Examples
    --------
    >>> from ketum.studies.graph import DesignFacts, causal_graph
    >>> draw(causal_graph(DesignFacts("ema"))).startswith('<svg class="dag" role="img" viewBox="0 0 700 ')
    True
    """
    held = frozenset(verdict.adjusted) if verdict else frozenset()
    names = {name: node["group"] or name for name, node in graph.nodes(data=True)}
    boxes = _placed({name: _drawn(graph, name, held) for name in dict.fromkeys(names.values())})
    low = max(drawn.box.y + drawn.box.height / 2 for drawn in boxes.values())
    page = Box(WIDTH / 2, (_TOP + low) / 2 + _BELOW / 2, WIDTH - 4, low - _TOP + _BELOW + 12)
    arrows = list(dict.fromkeys((names[a], names[b]) for a, b in graph.edges if names[a] != names[b]))
    marked = _marked(graph, verdict, names)
    effect = {(names[a], names[b]) for a, b in _effect(graph)}
    curves = {pair: _curve(pair, boxes, page) for pair in arrows}
    parts = _times(graph.graph["times"])
    parts += [_line(curves[pair], _OPEN, 'stroke-width="8" stroke-opacity="0.55"') for pair in arrows if pair in marked]
    for pair in sorted(arrows, key=lambda pair: pair in effect):
        strong = pair in effect
        look = 'stroke-width="2.2"' if strong else 'stroke-width="1.2" stroke-opacity="0.8"'
        parts += [_line(curves[pair], colour := _EFFECT if strong else _INK, look), _head(curves[pair], colour)]
    parts += [_box(drawn) for drawn in boxes.values()]
    low = max([low, *(y for curve in curves.values() for _, y in curve)])
    legend, height = _legend(boxes, bool(marked), bool(effect), low + 28)
    parts += legend
    return (
        f'<svg class="dag" role="img" viewBox="0 0 {WIDTH} {math.ceil(height)}" width="{WIDTH}" '
        f'style="max-width:100%;height:auto;color:var(--ink, inherit)" '
        f'font-family="var(--sans, system-ui, sans-serif)" font-size="12" fill="{_INK}">'
        f"<title>{escape(_title(graph))}</title><desc>{escape(_description(graph, verdict))}</desc>"
        f"{''.join(parts)}</svg>"
    )


def _title(graph: nx.DiGraph) -> str:
    return f"Causal diagram: {graph.graph['title'][:1].lower()}{graph.graph['title'][1:]}"


def _description(graph: nx.DiGraph, verdict: Identified | None) -> str:
    """Return the diagram in words, for those who cannot see it."""
    labels = graph.nodes(data="label")
    said = [f"{labels[name]} acts on {', '.join(labels[to] for to in graph.successors(name))}" for name in graph]
    text = ". ".join(words for words, name in zip(said, graph, strict=True) if graph.out_degree(name))
    kept = [labels[name] for name, kind in graph.nodes(data="kind") if kind == "selection"]
    if kept:
        text += f". Conditioned on: {', '.join(kept)}"
    if verdict and verdict.adjusted:
        text += f". Held by the estimator: {', '.join(labels[n] for n in verdict.adjusted if n in graph)}"
    if verdict and (paths := _shown(graph, verdict)):
        text += f". Open biasing paths: {'; '.join(in_words(graph, path) for path in paths)}"
    return text + "."


def _effect(graph: nx.DiGraph) -> list[tuple[str, str]]:
    """Return the arrows through which the exposure acts on the outcome."""
    kinds = dict(graph.nodes(data="kind"))
    exposure = [name for name, kind in kinds.items() if kind == "exposure" and graph.out_degree(name)]
    found: list[tuple[str, str]] = []
    for outcome in [name for name, kind in kinds.items() if kind == "outcome"]:
        between = on_causal_paths(graph, exposure, outcome) if exposure else set()
        found += [(a, b) for a, b in graph.edges if b in between and (a in between or a in exposure)]
    return found


def _shown(graph: nx.DiGraph, verdict: Identified) -> list[tuple[str, ...]]:
    """Return the open paths that are in the diagram: in a setting without an effect some are not."""
    skeleton = graph.to_undirected(as_view=True)
    return [path for path in verdict.open_paths if nx.is_path(skeleton, path)]


def _marked(graph: nx.DiGraph, verdict: Identified | None, names: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return the drawn arrows of the open biasing paths."""
    pairs = [pair for path in (_shown(graph, verdict) if verdict else ()) for pair in pairwise(path)]
    both = [*pairs, *((b, a) for a, b in pairs)]
    return {(names[a], names[b]) for a, b in both if graph.has_edge(a, b)}


def _drawn(graph: nx.DiGraph, name: str, held: frozenset[str]) -> Drawn:
    """Return the box of a node or group at its place."""
    nodes = graph.nodes
    members = [name] if name in graph else [node for node in diagrams().groups[name] if node in graph]
    labels = {node: nodes[node]["label"] for node in members}
    chosen = [labels[node] for node in members if node in held]
    left = [labels[node] for node in members if node not in held]
    split = bool(chosen) and bool(left)
    letters = _LETTERS - 2 if nodes[members[0]]["kind"] in ("exposure", "outcome", "selection") else _LETTERS
    lines = _wrapped(chosen if split else list(labels.values()), letters)
    aside = _wrapped(["not held: " + ", ".join(left)]) if split else ()
    column, row = graph.graph["at"][name]
    height = 2 * _PAD + _LINE * (len(lines) + len(aside))
    box = Box(_FIRST + _COLUMN * column, _TOP + _ROW * row, _BOX, height)
    return Drawn(nodes[members[0]]["kind"], lines, aside, bool(chosen), box)


def _wrapped(labels: Sequence[str], letters: int = _LETTERS) -> tuple[str, ...]:
    text = ", ".join(labels)
    return tuple(textwrap.wrap(text[:1].upper() + text[1:], letters, break_long_words=False, break_on_hyphens=False))


def _placed(boxes: Mapping[str, Drawn]) -> dict[str, Drawn]:
    """Return the boxes moved up or down so that the highest stands at the top."""
    down = _TOP - min(drawn.box.y - drawn.box.height / 2 for drawn in boxes.values())
    return {name: replace(drawn, box=replace(drawn.box, y=drawn.box.y + down)) for name, drawn in boxes.items()}


def _curve(pair: tuple[str, str], boxes: Mapping[str, Drawn], page: Box) -> list[Point]:
    source, target = pair
    others = [drawn.box for name, drawn in boxes.items() if name not in pair]
    return route(boxes[source].box, boxes[target].box, others, page)


def _times(times: Sequence[str]) -> list[str]:
    """Return what the columns are, over a line that stands for time."""
    words = [
        f'<text x="{_FIRST + _COLUMN * k}" y="13" text-anchor="middle" font-size="11.5" opacity="0.75">'
        f"{escape(time)}</text>"
        for k, time in enumerate(times)
    ]
    return [*words, f'<path d="M4 21H{WIDTH - 4}" stroke="{_INK}" stroke-opacity="0.3" fill="none"/>']


def _line(curve: Sequence[Point], colour: str, look: str) -> str:
    return f'<path d="{smooth(curve)}" fill="none" stroke="{colour}" {look}/>'


def _head(curve: Sequence[Point], colour: str) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in arrow_head(curve))
    return f'<polygon points="{points}" fill="{colour}"/>'


def _frame(kind: str, box: Box, *, held: bool) -> str:
    """Return the outline of a box, by which its kind is known without colour."""
    colour = _EFFECT if kind in ("exposure", "outcome") else _INK
    width = 2.4 if kind in ("exposure", "outcome") else 1.2
    corner = {"selection": 0.0, "outcome": min(box.height, 40) / 2, "exposure": 3.0}.get(kind, 6.0)
    dash = ' stroke-dasharray="4 3"' if kind == "unmeasured" else ""
    fill = f'fill="{_EFFECT}" fill-opacity="0.17"' if held else 'fill="none"'
    shape = _rectangle(box, 0.0, corner, f'{fill} stroke="{colour}" stroke-width="{width}"{dash}')
    if kind == "selection":
        shape += _rectangle(box, 3.0, 0.0, f'fill="none" stroke="{colour}" stroke-width="{width}"')
    return shape


def _rectangle(box: Box, inset: float, corner: float, look: str) -> str:
    x, y = box.x - box.width / 2 + inset, box.y - box.height / 2 + inset
    size = f'width="{box.width - 2 * inset:g}" height="{box.height - 2 * inset:g}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} rx="{corner:g}" {look}/>'


def _box(drawn: Drawn) -> str:
    box = drawn.box
    first = box.y - box.height / 2 + _PAD + _LINE * 0.78
    weight = ' font-weight="600"' if drawn.kind in ("exposure", "outcome") else ""
    looks = [weight] * len(drawn.lines) + [' font-style="italic" opacity="0.75"'] * len(drawn.aside)
    lines = [
        f'<text x="{box.x:.1f}" y="{first + _LINE * k:.1f}" text-anchor="middle"{look}>{escape(line)}</text>'
        for k, (line, look) in enumerate(zip((*drawn.lines, *drawn.aside), looks, strict=True))
    ]
    return _frame(drawn.kind, box, held=drawn.held) + "".join(lines)


_KINDS = {
    "exposure": "exposure",
    "outcome": "outcome",
    "covariate": "measured",
    "unmeasured": "not measured",
    "selection": "who is in the data (conditioned on)",
}


def _legend(boxes: Mapping[str, Drawn], marked: bool, effect: bool, y: float) -> tuple[list[str], float]:
    """Return the legend and where it ends, with what is drawn and nothing else."""
    kinds = {"covariate" if drawn.kind == "time_varying" else drawn.kind for drawn in boxes.values()}
    entries = [
        (_frame(kind, Box(0, 0, 24, 15), held=False), words, 24.0) for kind, words in _KINDS.items() if kind in kinds
    ]
    if any(drawn.held for drawn in boxes.values()):
        entries.append((_frame("covariate", Box(0, 0, 24, 15), held=True), "held by the estimator", 24.0))
    curve = [(-15.0, 0.0), (11.0, 0.0)]
    if effect:
        arrow = _line(curve, _EFFECT, 'stroke-width="2.2"') + _head(curve, _EFFECT)
        entries.append((arrow, "how use acts on the outcome", 30.0))
    if marked:
        band = _line([(-15.0, 0.0), (15.0, 0.0)], _OPEN, 'stroke-width="8" stroke-opacity="0.55"')
        arrow = _line(curve, _INK, 'stroke-width="1.2"') + _head(curve, _INK)
        entries.append((band + arrow, "open path that biases the estimate", 30.0))
    parts: list[str] = []
    x = 4.0
    for swatch, words, width in entries:
        wide = width + 7 + 6.5 * len(words)
        if x + wide > WIDTH:
            x, y = 4.0, y + 23
        parts.append(
            f'<g transform="translate({x + width / 2:.1f} {y:.1f})">{swatch}'
            f'<text x="{width / 2 + 7:.1f}" y="4" font-size="11.5">{escape(words)}</text></g>'
        )
        x += wide + 14
    return parts, y + 16

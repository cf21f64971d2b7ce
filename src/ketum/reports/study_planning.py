"""The planning of a study in words, and its figure: power or bias by size, with every size that was tried."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ketum.reports.figure import Figure, Key, Panel
from ketum.reports.phrases import capital, count, number, percent
from ketum.reports.plots import COLOURS, NEUTRAL, Json, rgba
from ketum.reports.study_facts import Estimand, Estimator, Evaluation, Planning
from ketum.reports.study_marks import escaped
from ketum.reports.study_reader import StudyFolder
from ketum.reports.study_scales import (
    NONE,
    bias_unit,
    error,
    factor,
    log_ticks,
    plain,
    share,
    share_error,
    shown,
    signed,
    title,
    with_unit,
)
from ketum.reports.tables import Cell
from ketum.studies.performance import BEYOND

_HEIGHT, _PAPER_HEIGHT = 330, 190
_SIDES = ("bottom right", "top left")
"""Where the numbers of sizes stand, by turns from small to large, so that near ones stay apart."""
_LOG_FROM = 8.0
"""Largest over smallest size from which the axis of sizes is logarithmic."""
_STAGES = {
    "largest": "the largest that can be had",
    "smallest": "the smallest asked about",
    "halving": "halving the range",
    "search": "near the goal",
    "check": "check of the size found",
}


@dataclass(frozen=True, slots=True)
class Tried:
    """A row of the path: its number, size, why it was tried, and what it gave."""

    number: int
    size: str
    stage: str
    value: Cell
    replicates: str


@dataclass(frozen=True, slots=True)
class Planned:
    """The section of planning: what was looked for, what came of it, the figure, every size that was tried."""

    aim: str
    result: str
    more: tuple[str, ...]
    head: str
    figure: Figure | None
    path: tuple[Tried, ...]


def planned_words(study: StudyFolder, first: int) -> Planned | None:
    """Return the section of planning; None where nothing was planned. Its figure has the number `first`."""
    planning = study.facts.planning
    if planning is None:
        return None
    estimand = next(e for e in study.estimands if e.name == planning.estimand)
    estimator = next(e for e in study.facts.estimators if e.name == planning.estimator)
    path = tuple(
        Tried(
            k,
            f"{one.size:,}",
            _STAGES.get(one.stage, one.stage),
            _cell(planning, estimand, one),
            f"{one.replicates:,}" + (f" ({one.failed:,} failed)" if one.failed else ""),
        )
        for k, one in enumerate(planning.evaluations, start=1)
    )
    head = "Power" if planning.goal == "power" else "Bias"
    result, *more = _result(planning, estimand, estimator)
    figure = (
        _figure(planning, estimand, result, first) if any(e.value is not None for e in path_values(planning)) else None
    )
    return Planned(_aim(planning, estimand, estimator), result, tuple(more), head, figure, path)


def path_values(planning: Planning) -> list[Evaluation]:
    """Return the evaluations that gave a value."""
    return [one for one in planning.evaluations if one.value is not None]


def _aim(planning: Planning, estimand: Estimand, estimator: Estimator) -> str:
    goal = (
        f"a power of {percent(planning.target)} (two-sided test at 5%, on the side of the truth)"
        if planning.goal == "power"
        else f"a bias of at most {with_unit(estimand, plain(estimand, planning.target))}"
    )
    return (
        f"How many {planning.of} give {goal}, for “{title(estimand)}” by “{estimator.label}”, if “{planning.setting}” "
        f"holds? Searched from {planning.smallest:,} to {planning.largest:,}. The setting is a hypothesis: the answer "
        "holds under it and no other."
    )


def _result(planning: Planning, estimand: Estimand, estimator: Estimator) -> Iterator[str]:
    """Say what came of the search: first the sentence that counts, then what goes with it."""
    goal = "this power" if planning.goal == "power" else "so small a bias"
    of = planning.of
    if planning.outcome == "smallest":
        yield f"The smallest size asked about, {planning.size or planning.smallest:,} {of}, does already."
    elif planning.outcome == "found" and planning.size is not None:
        yield f"{planning.size:,} {of}{_between(planning, ' (95% interval {})')}."
    elif planning.outcome == "not reached":
        yield f"None: not even {planning.largest:,} {of}, the most that can be had, give {goal}."
    elif planning.outcome == "biased":
        found = ""
        if planning.mean is not None and planning.truth is not None:
            truth = shown(estimand, planning.truth)
            found = (
                f": with {planning.largest:,} {of} it comes to {shown(estimand, planning.mean)}, the truth is {truth}"
            )
        yield f"None: no number of {of} helps, because “{estimator.label}” does not come to the truth{found}."
        yield "A larger study would only be surer of a wrong value. Power towards it is no power."
    elif planning.outcome == "no effect":
        yield f"None: in “{planning.setting}” there is no effect, so there is nothing to find."
    elif planning.outcome == "failed":
        yield f"None: with {planning.largest:,} {of} every fit failed."
    else:
        where = _between(planning, "; if at all, it lies {}")
        yield f"Open: the repetitions were spent before it could be told{where}."
    if planning.outcome in ("found", "smallest") and planning.check is not None:
        yield _checked(planning, estimand, planning.check)
    if planning.outcome == "found" and not planning.narrow:
        yield "The interval is wider than was asked for: more repetitions would narrow it."
    if planning.agrees is False:
        yield "New repetitions at this size do not agree with the fitted curve: take the size with care."
    if planning.biased:
        yield (
            "At this size the estimator is biased, which larger studies are not: part of the power is towards a wrong "
            "value."
        )
    if planning.note:
        yield planning.note


def _between(planning: Planning, words: str) -> str:
    """Return where the size lies, put into some words; empty if nothing is known."""
    if planning.low is None and planning.high is None:
        return ""
    if planning.high is None or planning.high > planning.largest:
        return words.format(f"above {number(planning.low or 0.0, 0)}")
    if planning.low is None:
        return words.format(f"below {number(planning.high, 0)}")
    return words.format(f"{number(planning.low, 0)} to {number(planning.high, 0)}")


def _checked(planning: Planning, estimand: Estimand, one: Evaluation) -> str:
    cell = _cell(planning, estimand, one)
    what = "power" if planning.goal == "power" else "bias"
    return (
        f"{count(one.replicates, 'repetition')} of that size, apart from the search: {what} {cell.text} {cell.small}."
    )


def _cell(planning: Planning, estimand: Estimand, one: Evaluation) -> Cell:
    if one.value is None:
        return Cell(NONE, "all fits failed")
    mcse = math.nan if one.mcse is None else one.mcse
    if planning.goal == "power":
        return Cell(share(one.value), share_error(mcse))
    return Cell(signed(estimand, one.value), error(estimand, mcse))


def _figure(planning: Planning, estimand: Estimand, result: str, first: int) -> Figure:
    power = planning.goal == "power"
    unit = bias_unit(estimand)
    what = "Power" if power else f"Size of the bias{f' ({unit})' if unit else ''}"
    said = (
        f"Dots: sizes tried, numbered in their order as in the table, with 95% Monte-Carlo intervals. Broken line: "
        f"what was asked for. {'Curve: the line that was fitted near the goal. ' if planning.curve else ''}"
    )
    if planning.size is not None:
        said += "Upright line and band: the size found and its 95% interval."
    tried = "; ".join(
        f"{one.size:,}: {_cell(planning, estimand, one).text}"
        for one in sorted(path_values(planning), key=lambda e: e.size)
    )
    alt = f"{what} by {planning.of}. {result} Tried: {tried}."
    keys = [Key("line", "fitted curve", COLOURS[0], "solid")] if planning.curve else []
    panel = Panel("plot-planning", f"{what}, setting {planning.setting}", NEUTRAL, alt, _plot(planning, estimand, what))
    return Figure(first, f"{what} by number of {planning.of}", said.strip(), keys, [panel])


def _plot(planning: Planning, estimand: Estimand, what: str) -> Json:
    power = planning.goal == "power"
    scale = 100.0 if power else factor(estimand)
    told = path_values(planning)
    sizes = [float(one.size) for one in told]
    sizes_in_order = sorted(set(sizes))
    values = [scale * (one.value or 0.0 if power else abs(one.value or 0.0)) for one in told]
    reach = [scale * BEYOND * (one.mcse or 0.0) for one in told]
    up = [min(r, 100.0 - v) if power else r for r, v in zip(reach, values, strict=True)]
    down = [min(r, v) for r, v in zip(reach, values, strict=True)]
    traces: list[Json] = []
    if planning.curve:
        traces.append(
            {
                **{"type": "scatter", "mode": "lines", "hoverinfo": "skip", "line": {"color": COLOURS[0], "width": 2}},
                "x": [point.size for point in planning.curve],
                "y": [scale * point.value for point in planning.curve],
            }
        )
    traces.append(
        {
            **{"type": "scatter", "mode": "markers+text", "x": sizes, "y": values},
            "text": [str(k) for k, one in enumerate(planning.evaluations, start=1) if one.value is not None],
            "textposition": [_SIDES[sizes_in_order.index(size) % len(_SIDES)] for size in sizes],
            "error_y": {
                **{"type": "data", "symmetric": False, "array": up, "arrayminus": down},
                **{"color": COLOURS[1], "thickness": 1.3, "width": 0},
            },
            "marker": {"color": COLOURS[1], "size": 8},
            "hovertemplate": f"%{{x:,}}: %{{y:.3g}}{'%' if power else ''}<extra></extra>",
        }
    )
    goal = {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": scale * planning.target,
        "y1": scale * planning.target,
    }
    shapes: list[Json] = [{**goal, "line": {"color": NEUTRAL, "width": 1.5, "dash": "5px,4px"}}]
    low, high = _ends([*sizes, *([float(planning.size)] if planning.size else [])])
    if planning.size is not None:
        line = {"type": "line", "x0": planning.size, "x1": planning.size, "yref": "paper", "y0": 0, "y1": 1}
        shapes.append({**line, "line": {"color": COLOURS[2], "width": 2}})
        if planning.low is not None:
            band = {"type": "rect", "x0": planning.low, "x1": min(planning.high or high, high), "yref": "paper"}
            fill = {"fillcolor": rgba(COLOURS[2], 0.14), "line": {"width": 0}, "layer": "below"}
            shapes.append({**band, "y0": 0, "y1": 1, **fill})
    log = low > 0 and high / low > _LOG_FROM
    ticks = log_ticks(low, high) if log else []
    axis: Json = {
        **{"title": {"text": escaped(capital(planning.of)), "standoff": 8}, "ticks": "outside", "ticklen": 4},
        **{"showgrid": False, "zeroline": False, "exponentformat": "none"},
        "range": [math.log10(low), math.log10(high)] if log else [low, high],
    }
    if log:
        text = [f"{tick:,g}" for tick in ticks]
        axis |= {"type": "log", "tickmode": "array", "tickvals": ticks, "ticktext": text}
    most = 103.0 if power else 1.08 * max([*(v + u for v, u in zip(values, up, strict=True)), scale * planning.target])
    layout: Json = {
        **{"height": _HEIGHT, "meta": {"paperHeight": _PAPER_HEIGHT}, "margin": {"l": 62, "r": 22, "t": 8, "b": 46}},
        **{"showlegend": False, "hovermode": "closest", "shapes": shapes, "xaxis": axis},
        "yaxis": {
            **{"title": {"text": f"{escaped(what)}{', %' if power else ''}", "standoff": 6}, "zeroline": False},
            **{"range": [0, most], "nticks": 6, "rangemode": "tozero"},
        },
    }
    return {"data": traces, "layout": layout, "ranges": {}}


def _ends(sizes: list[float]) -> tuple[float, float]:
    """Return the range of the axis of sizes."""
    low, high = min(sizes), max(sizes)
    if low > 0 and high / low > _LOG_FROM:
        return low / 1.2, high * 1.25
    room = 0.08 * (high - low) or 1.0
    return max(low - room, 0.0), high + 1.5 * room

"""Where the uncertainty of the results comes from: shares of variance, in the words and bars of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from ketum.engine.outputs import output_catalogue
from ketum.evidence import PROVENANCES, TableName, load_parameters
from ketum.evidence.words import CLASSES
from ketum.reports.basis import CLASS_COLOURS
from ketum.reports.phrases import capital, count, listed, number
from ketum.reports.reader import RunFolder
from ketum.results.catalogue import endpoint_catalogue

MOST_ROWS = 12
"""Results whose shares stand in the report; provenance.json holds all."""
_MOST_PARAMETERS = 6
_FEW_BASE = 64
"""Base samples below which the errors of shares are large."""
_FIRST = ("excess_use", "withdrawal_peak", "pk:mitragynine:AUCinf", "remission")
"""Which result the sentence is about, where the run has it."""
_OTHER = "other "
_TOGETHER = "var(--line)"


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar: its words, its colour and its width, %."""

    words: str
    colour: str
    width: float


@dataclass(frozen=True, slots=True)
class ShareCell:
    """First-order and total share with its Monte-Carlo error, in words."""

    first: str
    total: str


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One result: its words, spread over the sets, bar, a cell a class, and the parameters of its leading class."""

    label: str
    arm: str
    spread: str
    bar: Sequence[Segment]
    cells: Sequence[ShareCell]
    leading: str
    parameters: Sequence[tuple[str, str, str, str]]


@dataclass(frozen=True, slots=True)
class Rests:
    """Shares of variance: how they were made, a sentence, heads of the classes, one row a result."""

    made: str
    sentence: str
    classes: Sequence[Segment]
    rows: Sequence[ShareRow]
    more: str


def rests(run: RunFolder) -> Rests | None:
    """Return where the uncertainty of the main results comes from; None where it was not asked."""
    facts: Mapping[str, Any] = run.provenance.get("uncertainty") or {}
    made, quantities = facts.get("shares"), facts.get("quantities") or []
    if not made or not quantities:
        return None
    here = [q for q in quantities if q["setting"] == run.setting] or quantities
    whole = [q for q in here if q["arm"] in run.arms] + [q for q in here if q["arm"] not in run.arms]
    rows = [_row(q) for q in whole[:MOST_ROWS]]
    people = count(int(made["persons"]), "person", "people")
    text = (
        f"Shares of variance after Saltelli and Sobol (SALib): {made['base']:,} base samples, {made['sets']:,} "
        f"parameter sets, {people} in each. “Alone” (first-order) is the share of the variance of a mean that would go "
        "if this class were known; “in all” (total) the share that would stay if everything else were known, which "
        "counts what classes do together. ± is one standard error of the Monte-Carlo estimate; chance lets single "
        "values fall below zero and sums rise above one."
    )
    if made["base"] < _FEW_BASE:
        text += " So few base samples tell little: take more shares."
    left = len(quantities) - len(rows)
    setting = f" Setting “{run.setting}”." if len(run.settings) > 1 else ""
    more = f"provenance.json holds {left:,} more results, and every number of these.{setting}" if left else setting
    gone = dict.fromkeys(label(q["endpoint"]) for q in facts.get("without_shares", ()))
    if gone:
        more += f" Without shares, as some sets do not reach them within the record: {listed(list(gone))}."
    classes = [Segment(CLASSES[name], CLASS_COLOURS[name], 0.0) for name in PROVENANCES]
    return Rests(text, _sentence(whole), classes, rows, more)


def label(name: str) -> str:
    """Return the words for an end point, output or pharmacokinetic quantity.

    Examples
    --------
    >>> label("pk:mitragynine:Cmax")
    'Cmax of mitragynine'
    """
    if name.startswith("pk:"):
        _, analyte, quantity = name.split(":")
        return f"{quantity} of {analyte}"
    if name in endpoint_catalogue():
        return endpoint_catalogue()[name].label
    return f"{output_catalogue()[name].label}, mean of the record"


def _row(quantity: Mapping[str, Any]) -> ShareRow:
    shares = {share["of"]: share for share in quantity["by_class"]}
    alone = {name: max(float(share["first"]), 0.0) for name, share in shares.items()}
    sum_alone = sum(alone.values())
    scale = 100.0 / max(sum_alone, 1.0)
    bar = [Segment(CLASSES[n], CLASS_COLOURS[n], scale * alone[n]) for n in PROVENANCES if alone.get(n)]
    if sum_alone < 1.0:
        bar.append(Segment("several classes together", _TOGETHER, 100.0 * (1.0 - sum_alone)))
    cells = [_cell(shares.get(name)) for name in PROVENANCES]
    point = endpoint_catalogue().get(quantity["endpoint"])
    scale, unit = (100.0, "%") if point and point.share else (1.0, f" {point.unit}" if point else "")
    unit = "" if unit == " 0-1" else unit
    digits = 0 if point and point.share else max(point.digits, 1) if point else 2
    spread = f"{number(scale * quantity['mean'], digits)} ± {number(scale * quantity['sd'], digits)}{unit}"
    parameters = [
        (
            _parameter(share["of"]),
            "" if share["of"].startswith(_OTHER) else share["of"],
            _percent(share["first"]),
            _percent(share["total"], share["total_se"]),
        )
        for share in quantity["by_parameter"][:_MOST_PARAMETERS]
        if share["total"] > 0.005
    ]
    leading = CLASSES[quantity["leading"]]
    return ShareRow(capital(label(quantity["endpoint"])), quantity["arm"], spread, bar, cells, leading, parameters)


def _cell(share: Mapping[str, Any] | None) -> ShareCell:
    if share is None:
        return ShareCell("–", "")
    return ShareCell(
        _percent(share["first"], share["first_se"]), f"in all {_percent(share['total'], share['total_se'])}"
    )


def _percent(share: float, error: float | None = None) -> str:
    text = number(100.0 * share, 0)
    return f"{text}%" if error is None else f"{text} ± {number(100.0 * error, 0)}%"


def _parameter(key: str) -> str:
    """Return the words for a parameter, or for all others of a class."""
    if key.startswith(_OTHER):
        return f"all others that rest on {CLASSES[key.removeprefix(_OTHER)]}"
    table, _, symbol = key.partition(".")
    tables = {name: load_parameters(name) for name in get_args(TableName)}
    return tables[table][symbol].name if table in tables and symbol in tables[table] else ""


def _sentence(quantities: Sequence[Mapping[str, Any]]) -> str:
    """Say what the uncertainty of the result that matters most comes from."""
    by_name = {q["endpoint"]: q for q in reversed(quantities)}
    chosen = next((by_name[name] for name in _FIRST if name in by_name), quantities[0])
    ordered = sorted(chosen["by_class"], key=lambda share: -share["total"])
    parts = [f"{_percent(s['total'], s['total_se'])} on {CLASSES[s['of']]}" for s in ordered if s["total"] > 0.02]
    return (
        f"The uncertainty of “{label(chosen['endpoint'])}” (mean, in “{chosen['arm']}”) rests: "
        f"{listed(parts)}. These shares count what classes do together, so they may sum to more than 100%."
    )

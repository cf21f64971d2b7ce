"""The qualification report: what the model was asked, for what it may be used, and how it stands to the evidence.

Sections follow the order of ASME V&V 40 and ICH M15: question of interest, context of use, model influence,
verification, validation, uncertainty, applicability.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ketum.errors import RunFolderError
from ketum.evidence import load_parameters, load_sources
from ketum.evidence.provenance import provenance_of
from ketum.evidence.sources import cited_keys
from ketum.reports.figure import Figure
from ketum.reports.inline import in_script, own, plotly_script
from ketum.reports.phrases import capital, significant
from ketum.reports.qualification_plots import MARKS, panels
from ketum.reports.qualification_rows import DomainTable, RowText, domain_tables, row_text, shown
from ketum.validation.acceptance import Judged, Outcome, Rules, counted
from ketum.validation.scope import MEANINGS, VERDICTS, Line, load_scope
from ketum.validation.validate import Summary, Validation, domains, summaries, table
from ketum.version import __version__

REPORT, TABLE = "qualification.html", "predictions.csv"
_FEW_ROWS = 5
_MEASURES = {
    "gmfe": "geometric mean fold error",
    "share_within": "rows within the rule",
    "share_inside": "rows inside the interval of chance",
    "share_inside_all": "rows inside the interval with parameter uncertainty",
    "share_direction": "findings in words with the predicted direction",
    "share_accepted": "rows in the accepted range",
}
_CLASSES = {
    "human_trial": "trials in people",
    "human_observational": "observation of people",
    "animal": "animals",
    "in_vitro": "cells and receptors",
    "theory": "theory or definition",
    "assumption": "assumption",
}


@dataclass(frozen=True, slots=True)
class CriterionText:
    """A criterion in words: what was asked, what was found, the verdict."""

    id: str
    what: str
    limit: str
    found: str
    rows: int
    verdict: str
    good: bool | None
    required: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ScopeText:
    """Lines of one verdict: what it means, how many rows, each line with its rows and their number."""

    verdict: str
    meaning: str
    rows: int
    lines: Sequence[tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the validation supports in one domain, in words."""

    domain: str
    words: str


def write_qualification(folder: Path, validation: Validation, numerics: Sequence[Mapping[str, str]]) -> Path:
    """Write ``qualification.html`` and ``predictions.csv`` into a folder and return the report's path.

    Parameters
    ----------
    folder : Path
    validation : Validation
    numerics : sequence of mappings
        Largest errors of the stepper against an independent solver: run, step_h, signal, largest_error.

    Raises
    ------
    RunFolderError
        If a file cannot be written.
    """
    text = qualification(validation, numerics)
    path = folder / REPORT
    try:
        folder.mkdir(parents=True, exist_ok=True)
        table(validation).to_csv(folder / TABLE, index=False, float_format="%.6g")
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunFolderError(f"{folder}: cannot be written ({error.strerror or error})") from None
    return path


def qualification(validation: Validation, numerics: Sequence[Mapping[str, str]]) -> str:
    """Return the report as the text of one HTML file."""
    rules = validation.acceptance.rules
    here = [d for d in domains() if validation.domain in ("", d)]
    tables = domain_tables(validation.rows, here, rules)
    drawn = panels(validation.rows, here, rules.fold)
    figure = Figure(
        1,
        "Predicted against observed, by domain",
        "One point a row that is compared as a fold, on logarithmic axes, each in the unit of its row. Bars: 90% "
        "predictive interval of the study’s own statistic for its own number of participants, with parameter "
        "uncertainty. Solid line: predicted equals observed; dashed lines: two-fold.",
        (),
        drawn,
    )
    scope = scope_texts(validation)
    return _template().render(
        version=__version__,
        validation=validation,
        record=validation.acceptance.record,
        rules=rules,
        criteria=[criterion_text(outcome) for outcome in validation.outcomes],
        verdict=_verdict(validation),
        summaries=[_summary_cells(summary) for summary in summaries(validation.rows)],
        tables=tables,
        missed=missed(validation.rows, rules),
        figure=figure,
        marks=[(colour, symbol, words) for colour, symbol, words in MARKS.values()],
        numerics=_numerics(numerics),
        counts=_counts(validation),
        failed=sorted(validation.predictions.failed.items()),
        classes=_classes(),
        scope=scope,
        standings=standings(validation),
        tuned=next((text for text in scope if text.verdict == "tuned"), None),
        sources=_sources(validation),
        facts={"python": platform.python_version(), "seconds": f"{validation.seconds:.0f}"},
        plots=in_script(json.dumps({panel.id: panel.plot for panel in drawn}, separators=(",", ":"))),
        style=Markup(own("report.css") + own("qualification.css")),
        script=Markup(own("report.js")),
        plotly=plotly_script(),
        capital=capital,
    )


def criterion_text(outcome: Outcome) -> CriterionText:
    """Return a criterion in words."""
    c = outcome.criterion
    where = "all domains" if c.domain == "*" else c.domain
    rows = "calibration rows" if c.rows == "calibration" else "other rows"
    limit = c.at_least if c.at_least is not None else c.at_most
    assert limit is not None
    as_share = c.measure != "gmfe"
    word = "at least" if c.at_least is not None else "at most"
    verdict = "no row" if outcome.met is None else "met" if outcome.met else "fell short"
    found = "–" if outcome.met is None else f"{100 * outcome.value:.0f}%" if as_share else f"{outcome.value:.2f}"
    return CriterionText(
        c.id,
        f"{capital(where)}, {rows}: {_MEASURES[c.measure]}",
        f"{word} {100 * limit:.0f}%" if as_share else f"{word} {limit:.2f}",
        found + (f" ({outcome.where})" if outcome.where else ""),
        outcome.rows,
        verdict,
        outcome.met,
        c.required,
        c.reason,
    )


def _verdict(validation: Validation) -> str:
    required = [o for o in validation.outcomes if o.criterion.required and o.met is not None]
    others = [o for o in validation.outcomes if not o.criterion.required and o.met is not None]
    short = [o for o in required if not o.met]
    met = sum(bool(o.met) for o in others)
    text = f"{len(required) - len(short)} of {len(required)} required criteria are met"
    if short:
        text += f" ({', '.join(o.criterion.id for o in short)} fell short)"
    return f"{text}, and {met} of {len(others)} of the others."


def _summary_cells(summary: Summary) -> dict[str, Any]:
    def share(value: float) -> str:
        return "–" if math.isnan(value) else f"{100 * value:.0f}%"

    return {
        "domain": capital(summary.domain),
        "rows": "calibration" if summary.calibration else "other",
        "count": summary.rows,
        "gmfe": "–" if math.isnan(summary.gmfe) else f"{summary.gmfe:.2f}",
        "within": share(summary.within),
        "inside": share(summary.inside),
        "inside_all": share(summary.inside_all),
    }


def missed(rows: Sequence[Judged], rules: Rules) -> list[RowText]:
    """Return the other rows that the model misses: outside the rule, or outside the interval with parameters.

    The worst fold comes first.
    """
    some = [
        row
        for row in counted(rows)
        if not row.predicted.case.calibration and (row.within is False or row.inside_all is False)
    ]
    size = {id(row): -abs(math.log10(row.fold)) if not math.isnan(row.fold) else 0.0 for row in some}
    some.sort(key=lambda row: (row.within is not False, size[id(row)]))
    return [row_text(row, rules) for row in some]


def _numerics(numerics: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return errors at the steps that runs take, one row a run and step."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in numerics:
        if row["step_h"] != "1":
            found.setdefault((row["run"], row["step_h"]), {})[row["signal"]] = significant(
                float(row["largest_error"]), 2
            )
    return [{"run": run, "step": step, **values} for (run, step), values in found.items()]


def _counts(validation: Validation) -> dict[str, int]:
    covered = validation.covered
    return {
        "all": len(covered),
        "calibration": sum(row.predicted.case.calibration for row in validation.rows),
        "other": sum(
            not row.predicted.case.calibration and row.predicted.case.kind != "hearsay" for row in validation.rows
        ),
        "words": sum(row.predicted.case.scale == "direction" for row in validation.rows),
        "hearsay": sum(row.predicted.case.kind == "hearsay" for row in validation.rows),
        "predicted": sum(bool(one.cases) for one in covered),
        "not": sum(not one.cases for one in covered),
    }


def _classes() -> list[tuple[str, int, str]]:
    """Return how many parameters of body and mood rest on each class of evidence."""
    counts: dict[str, int] = {}
    for name in ("body", "mood"):
        for kind, n in provenance_of(load_parameters(name).values()).items():
            counts[kind] = counts.get(kind, 0) + n
    total = sum(counts.values())
    return [(_CLASSES[kind], n, f"{100 * n / total:.0f}%") for kind, n in counts.items()]


def scope_texts(validation: Validation) -> list[ScopeText]:
    """Return the rows that are not predicted, by verdict."""
    numbers: dict[Line, int] = {}
    for one in validation.covered:
        for line in one.lines:
            numbers[line] = numbers.get(line, 0) + 1
    found = []
    for verdict in VERDICTS:
        lines = [line for line in load_scope() if line.verdict == verdict and numbers.get(line)]
        if lines:
            told = [(_which(line), line.reason, numbers[line]) for line in lines]
            found.append(ScopeText(verdict, MEANINGS[verdict], sum(n for *_, n in told), told))
    return found


def _which(line: Line) -> str:
    """Return which rows a line is about."""
    ranges = ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in line.numbers)
    patterns = "; ".join(f"{column}: {' or '.join(values)}" for column, values in line.patterns)
    return " ".join(
        part for part in (line.table.replace("_", " "), ranges, f"({patterns})" if patterns else "") if part
    )


def standings(validation: Validation) -> list[Standing]:
    """Return what the validation supports, domain by domain."""
    by_domain: dict[str, dict[bool, Summary]] = {}
    for summary in summaries(validation.rows):
        by_domain.setdefault(summary.domain, {})[summary.calibration] = summary
    found = []
    for domain, both in by_domain.items():
        other = both.get(False)
        if other is None:
            words = "only calibration rows: reproduced, not tested"
        elif math.isnan(other.gmfe):
            words = f"{other.rows} other rows, none of them compared as a fold: directions and differences only"
        else:
            words = f"{other.rows} other rows, GMFE {other.gmfe:.2f}, {100 * other.within:.0f}% within the rule"
            if other.rows < _FEW_ROWS:
                words += "; few rows"
        short = [o.criterion.id for o in validation.outcomes if o.criterion.domain == domain and o.met is False]
        if short:
            words += f"; fell short of {', '.join(short)}"
        found.append(Standing(capital(domain), words))
    return found


def _sources(validation: Validation) -> list[str]:
    keys = {key for row in validation.rows for key in cited_keys(row.predicted.case.source)}
    known = load_sources()
    return sorted(known[key].reference() for key in keys)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.globals["shown"] = shown
    return environment.from_string(own("qualification.html"))


__all__ = ["DomainTable", "qualification", "write_qualification"]

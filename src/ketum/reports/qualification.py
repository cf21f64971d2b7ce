"""The qualification report: what the model was asked, for what it may be used, and how it stands to the evidence.

Sections follow the order of ASME V&V 40 and ICH M15: question of interest, context of use, model influence,
verification, validation, uncertainty, applicability.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from ketum.evidence import load_parameters, load_sources
from ketum.evidence.provenance import provenance_of
from ketum.evidence.sources import cited_keys
from ketum.evidence.words import CLASSES
from ketum.reports.figure import Figure
from ketum.reports.html import page, write_text
from ketum.reports.phrases import capital, significant
from ketum.reports.qualification_criteria import criterion_text, missed, standings, summary_cells, verdict_text
from ketum.reports.qualification_plots import MARKS, panels
from ketum.reports.qualification_rows import domain_tables, shown
from ketum.reports.qualification_scope import row_counts, scope_texts
from ketum.validation.validate import Validation, domains, summaries, table
from ketum.version import __version__

REPORT, TABLE = "qualification.html", "predictions.csv"


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
    path = folder / REPORT
    write_text(path, qualification(validation, numerics))
    write_text(folder / TABLE, table(validation).to_csv(index=False, float_format="%.6g"))
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
    return page(
        "qualification",
        "Qualification of the model",
        __version__,
        drawn,
        validation=validation,
        record=validation.acceptance.record,
        rules=rules,
        criteria=[criterion_text(found) for found in validation.results],
        verdict=verdict_text(validation),
        summaries=[summary_cells(summary) for summary in summaries(validation.rows)],
        tables=tables,
        missed=missed(validation.rows, rules),
        figure=figure,
        marks=[(colour, symbol, words) for colour, symbol, words in MARKS.values()],
        numerics=_numerics(numerics),
        counts=row_counts(validation),
        failed=sorted(validation.predictions.failed.items()),
        classes=_classes(),
        scope=scope,
        standings=standings(validation),
        tuned=next((text for text in scope if text.verdict == "tuned"), None),
        sources=_sources(validation),
        facts={"python": platform.python_version(), "seconds": f"{validation.seconds:.0f}"},
        capital=capital,
        shown=shown,
    )


def _numerics(numerics: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return errors at the steps that runs take, one row a run and step."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in numerics:
        if row["step_h"] != "1":
            found.setdefault((row["run"], row["step_h"]), {})[row["signal"]] = significant(
                float(row["largest_error"]), 2
            )
    return [{"run": run, "step": step, **values} for (run, step), values in found.items()]


def _classes() -> list[tuple[str, int, str]]:
    """Return how many parameters of body and mood rest on each class of evidence."""
    counts: dict[str, int] = {}
    for name in ("body", "mood"):
        for kind, n in provenance_of(load_parameters(name).values()).items():
            counts[kind] = counts.get(kind, 0) + n
    total = sum(counts.values())
    return [(CLASSES[kind], n, f"{100 * n / total:.0f}%") for kind, n in counts.items()]


def _sources(validation: Validation) -> list[str]:
    keys = {key for row in validation.rows for key in cited_keys(row.comparison.source)}
    known = load_sources()
    return sorted(known[key].reference() for key in keys)

"""The tables of a study: what the main analysis finds against the truth, and the whole performance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ketum.engine.outputs import output_catalogue
from ketum.evidence import PROVENANCES
from ketum.evidence.words import CLASSES
from ketum.reports.basis import CLASS_COLOURS
from ketum.reports.phrases import capital, listed, number
from ketum.reports.plots import COLOURS, NEUTRAL
from ketum.reports.study_apart import Concluded, concluded
from ketum.reports.study_facts import Estimand
from ketum.reports.study_reader import Scored, StudyFolder
from ketum.reports.study_scales import (
    NONE,
    bias_unit,
    error,
    is_ratio,
    plain,
    ratio_name,
    share,
    share_error,
    shown,
    signed,
    title,
    unit,
)
from ketum.reports.tables import Cell, Group, Row
from ketum.results.catalogue import endpoint_catalogue

NOTHING = "var(--neither)"
"""Colour of what a study does not find; the style of the page knows it."""
KEY_HEADS = ("Truth", "Mean estimate", "Bias", "Coverage of 95% intervals", "Rejects “no effect”", "Would report")
FULL_HEADS = (
    *("Truth", "Mean estimate", "Bias", "Empirical SE", "Model SE", "RMSE"),
    *("Coverage", "Rejects “no effect”", "Failed fits", "Participants"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: its words, colour and width, %."""

    words: str
    colour: str
    width: float


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A row of the key table: its cells, and a bar of what the study would report with its words."""

    label: str
    cells: Sequence[Cell]
    bar: Sequence[Part]
    reports: str


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """The rows of one estimand, in the main analysis."""

    heading: str
    rows: Sequence[KeyRow]


@dataclass(frozen=True, slots=True)
class Behind:
    """An output and the parameters behind it by class."""

    words: str
    counts: Sequence[int]
    total: int
    bar: Sequence[Part]


def key_table(study: StudyFolder) -> list[KeyGroup]:
    """Return the key table: estimand by setting, in the main analysis."""
    return [_key_group(study, estimand) for estimand in study.estimands]


def _key_group(study: StudyFolder, estimand: Estimand) -> KeyGroup:
    main = study.main(estimand)
    rows = []
    for setting, row in study.rows(estimand, main):
        drawn = None
        repeated = study.repeated[setting.name, estimand.name, main.name]
        if row.answered and repeated.tested:
            drawn = concluded(repeated)
        cells = [truth_cell(estimand, row), mean_cell(estimand, row), bias_cell(estimand, row), *share_cells(row)]
        reports = _reports(estimand, drawn) if drawn or not row.answered else "nothing is tested"
        rows.append(KeyRow(setting.name, cells, _bar(estimand, drawn), reports))
    about = ", ".join(filter(None, (title(estimand), unit(estimand))))
    return KeyGroup(f"{about} (by “{main.label}”)", rows)


def _bar(estimand: Estimand, drawn: Concluded | None) -> list[Part]:
    if drawn is None:
        return []
    sides = ((estimand.above, COLOURS[1], drawn.above), (estimand.neither, NOTHING, drawn.neither))
    parts = [*sides, (estimand.below, COLOURS[0], drawn.below)]
    return [Part(words, colour, 100.0 * times / drawn.total) for words, colour, times in parts if times]


def _reports(estimand: Estimand, drawn: Concluded | None) -> str:
    """Return what the study would report, as words under the bar."""
    if drawn is None:
        return "no estimate"
    told = ((estimand.above, drawn.above), (estimand.neither, drawn.neither), (estimand.below, drawn.below))
    return "; ".join(f"{words}: {times:,}" for words, times in told if times) + f" (of {drawn.total:,})"


def truth_cell(estimand: Estimand, row: Scored) -> Cell:
    """Return the truth, with its Monte-Carlo error; of a ratio also its logarithm."""
    return _value_cell(estimand, row.truth, row.truth_mcse)


def mean_cell(estimand: Estimand, row: Scored) -> Cell:
    """Return the mean estimate; of a ratio the geometric mean, and its logarithm."""
    return _value_cell(estimand, row.mean, math.nan)


def _value_cell(estimand: Estimand, value: float, mcse: float) -> Cell:
    small = error(estimand, mcse)
    if is_ratio(estimand) and math.isfinite(value):
        small = f"log {plain(estimand, value)} {small}".strip()
    return Cell(shown(estimand, value), small)


def bias_cell(estimand: Estimand, row: Scored) -> Cell:
    """Return the bias, with its Monte-Carlo error."""
    return Cell(signed(estimand, row.bias), error(estimand, row.bias_mcse))


def share_cells(row: Scored) -> list[Cell]:
    """Return coverage and rejection; the latter says whether it is power or type I error."""
    is_what = row.rejection_is if math.isfinite(row.rejection) else ""
    return [
        Cell(share(row.coverage), share_error(row.coverage_mcse)),
        Cell(share(row.rejection), f"{share_error(row.rejection_mcse)} {is_what}".strip()),
    ]


def full_table(study: StudyFolder) -> list[Group]:
    """Return the whole performance: a group an estimand and setting, a row an estimator; with one, a row a setting."""
    groups = []
    for estimand in study.estimands:
        estimators = study.estimators(estimand)
        about = ", ".join(filter(None, (title(estimand), bias_unit(estimand))))
        if len(estimators) == 1:
            rows = study.rows(estimand, estimators[0])
            found = [Row(setting.name, "", _full_cells(estimand, row)) for setting, row in rows]
            groups.append(Group(f"{about} (by “{estimators[0].label}”)", found))
            continue
        for setting in study.settings:
            keys = [(e, (setting.name, estimand.name, e.name)) for e in estimators]
            found = [
                Row(_marked(e.label, study.scored[key]), "", _full_cells(estimand, study.scored[key]))
                for e, key in keys
                if key in study.scored
            ]
            if found:
                which = f"{about}: setting" if len(study.estimands) > 1 else "Setting"
                groups.append(Group(f"{which} “{setting.name}”", found))
    return groups


def _marked(label: str, row: Scored) -> str:
    """Return the label of an estimator, marked where it does not identify the estimand."""
    return label if row.identified else f"{label} †"


def _full_cells(estimand: Estimand, row: Scored) -> list[Cell]:
    errors = (
        (row.empirical_se, row.empirical_se_mcse),
        (row.model_se, row.model_se_mcse),
        (row.rmse, row.rmse_mcse),
    )
    return [
        truth_cell(estimand, row),
        mean_cell(estimand, row),
        bias_cell(estimand, row),
        *(Cell(plain(estimand, value), error(estimand, mcse)) for value, mcse in errors),
        *share_cells(row),
        Cell(f"{row.failed:,}", f"of {row.replicates:,}"),
        Cell(number(row.participants, 0) if math.isfinite(row.participants) else NONE),
    ]


def notes(study: StudyFolder, *, full: bool = False) -> list[str]:
    """Return what has to be said under a table of performance."""
    said = [
        "± is one Monte-Carlo standard error: how far the number may be off because the design was repeated "
        f"{study.facts.sampling.replicates:,} times and not for ever."
    ]
    ratios = list(dict.fromkeys(ratio_name(e) for e in study.estimands if is_ratio(e)))
    if ratios:
        every = "bias, SE and RMSE" if full else "bias and its error"
        said.append(
            f"{capital(listed([f'{name}s' for name in ratios]))} are exponentiated, means geometric; {every} "
            "stand on the log scale (0 is no bias)."
        )
    if full and not all(row.identified for row in study.scored.values()):
        said.append("† does not identify the estimand in this design; what it would need stands with the estimators.")
    said.append(
        "Rejections of no effect (two-sided, 5%) are power where there is an effect and type I error where there is "
        "none."
    )
    return said


def reports_legend(study: StudyFolder) -> list[Part]:
    """Return the legend of the bars; empty where estimands use different words."""
    words = {(e.above, e.neither, e.below) for e in study.estimands}
    if len(words) > 1:
        return []
    colours = (COLOURS[1], NOTHING, COLOURS[0])
    return [Part(word, colour, 0.0) for word, colour in zip(next(iter(words)), colours, strict=True)]


def behind(rests_on: Mapping[str, Mapping[str, int]]) -> list[Behind]:
    """Return how many parameters of each class stand behind each output."""
    found = []
    for name, by_class in rests_on.items():
        counts = [int(by_class.get(kind, 0)) for kind in PROVENANCES]
        total = sum(counts)
        bar = [
            Part(CLASSES[kind], CLASS_COLOURS[kind], 100.0 * n / total)
            for kind, n in zip(PROVENANCES, counts, strict=True)
            if n
        ]
        found.append(Behind(_words(name), counts, total, bar))
    return found


def classes() -> list[Part]:
    """Return the classes of evidence with their colours."""
    return [Part(CLASSES[kind], CLASS_COLOURS.get(kind, NEUTRAL), 0.0) for kind in PROVENANCES]


def _words(name: str) -> str:
    """Return the words for an output or end point; a name that is neither stands for itself."""
    if name in endpoint_catalogue():
        return capital(endpoint_catalogue()[name].label)
    return capital(output_catalogue()[name].label if name in output_catalogue() else name)

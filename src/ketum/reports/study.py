"""The report of a study: one HTML file from the files of a study folder alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ketum.reports.figure import Figure
from ketum.reports.html import page, write_text
from ketum.reports.page import on_one_line
from ketum.reports.phrases import capital, count, number
from ketum.reports.study_apart import LEAST_IN_ORDER
from ketum.reports.study_example import example_figure
from ketum.reports.study_facts import Identification
from ketum.reports.study_marks import Mark, marks
from ketum.reports.study_planning import planned_words
from ketum.reports.study_plots import TRUTH, bias_panels, estimate_panels
from ketum.reports.study_reader import StudyFolder, read_study
from ketum.reports.study_scales import bias_unit, is_ratio, title
from ketum.reports.study_svg import formula, inline_svg
from ketum.reports.study_tables import (
    FULL_HEADS,
    KEY_HEADS,
    behind,
    classes,
    full_table,
    key_table,
    notes,
    reports_legend,
)
from ketum.reports.study_words import opening, people, stands, verdicts
from ketum.reports.study_zip import COVERS, MISSES, left_out, zips
from ketum.results.dataset import NOTE

REPORT = "report.html"
_MOST_PATHS = 3
"""Open paths of an estimator that are told; the diagram marks all."""


@dataclass(slots=True)
class _Figures:
    """Figures in the making, numbered in the order in which they stand."""

    made: list[Figure] = field(default_factory=list)

    @property
    def next(self) -> int:
        return len(self.made) + 1

    def add(self, title: str, caption: str, panels: Sequence[object]) -> Figure:
        figure = Figure(self.next, title, caption, (), panels)  # type: ignore[arg-type]
        self.made.append(figure)
        return figure


def write_study_report(folder: Path) -> Path:
    """Write ``report.html`` into a study folder, from what the folder holds, and return its path.

    Parameters
    ----------
    folder : Path
        Holds ``study.json`` (`ketum.reports.study_facts`), ``study.toml``, ``performance.csv``, ``replicates.csv``
        and, where ``study.json`` asks for it, ``example.csv``.

    Raises
    ------
    RunFolderError
        If a file is missing or broken, files are of different studies, or the report cannot be written.
    """
    path = Path(folder) / REPORT
    write_text(path, study_report(read_study(Path(folder))))
    return path


def study_report(study: StudyFolder) -> str:
    """Return the report of a study as the text of one HTML file."""
    facts = study.facts
    figures = _Figures()
    ratio = any(is_ratio(estimand) for estimand in study.estimands)
    bias = figures.add("Bias by setting", _bias_caption(ratio=ratio), bias_panels(study))
    estimates = figures.add("Estimates against the truth", _estimates_caption(), estimate_panels(study))
    zipped = zips(study, figures.next)
    figures.made += [one.figure for one in zipped]
    example = example_figure(study, figures.next)
    figures.made += [example[0]] if example else []
    planning = planned_words(study, figures.next)
    figures.made += [planning.figure] if planning and planning.figure else []
    return page(
        "study",
        facts.title,
        facts.versions.get("ketum", ""),
        [panel for figure in figures.made for panel in figure.panels],
        note=NOTE,
        study=study,
        facts=facts,
        opening=opening(study),
        stands=stands(study),
        verdicts=verdicts(study),
        threshold=f"{100 * LEAST_IN_ORDER:g}%",
        key_heads=KEY_HEADS,
        key_groups=key_table(study),
        key_notes=notes(study),
        reports=reports_legend(study),
        bias=bias,
        estimates=estimates,
        estimators=marks(study),
        truth=Mark("tick", TRUTH, "truth"),
        zips=zipped,
        zips_left=left_out(study),
        zip_marks=[Mark("line", COVERS, "covers the truth"), Mark("line", MISSES, "misses it")],
        example=example,
        diagrams=[
            (one, inline_svg(one.svg, f"dag-{k}", f"{one.heading}: {one.text}", f"study.json: dag.{k}.svg"))
            for k, one in enumerate(facts.dag)
        ],
        target=any(row.target is not None for row in facts.protocol),
        full_heads=FULL_HEADS,
        full_groups=full_table(study),
        full_caption=_full_caption(study),
        full_notes=notes(study, full=True),
        planning=planning,
        behind=behind(facts.rests_on),
        classes=classes(),
        scenario=on_one_line(study.study_text),
        sampling=list(_sampling(study)),
        identifies=_identifies(study),
        seconds=number(facts.seconds, 1),
        pool_seconds=number(facts.pool.seconds, 1),
        count=count,
        capital=capital,
        heading=title,
        formula=formula,
    )


def _bias_caption(*, ratio: bool) -> str:
    text = (
        "Mean of estimate minus truth. Bars: 95% Monte-Carlo intervals, that is how well the bias is known from so "
        "many repetitions, not how estimates scatter. Upright line: no bias."
    )
    return f"{text} The bias of odds and hazard ratios is that of their logarithm." if ratio else text


def _estimates_caption() -> str:
    return (
        "Where the estimates of single studies lie: mean (symbol), the middle 50% of repetitions (thick) and the "
        "middle 95% (thin), against the truth of each setting (upright line)."
    )


def _full_caption(study: StudyFolder) -> str:
    alone = study.estimands[0]
    if len(study.estimands) > 1 or len(study.estimators(alone)) == 1:
        return "Performance of all estimators"
    return f"Performance of all estimators: {title(alone)}" + (f", {bias_unit(alone)}" if bias_unit(alone) else "")


def _sampling(study: StudyFolder) -> Iterator[tuple[str, str]]:
    """Yield the facts of sampling, each with its name."""
    sampling, pool = study.facts.sampling, study.facts.pool
    yield "Data set", people(sampling.participants) + (f": {sampling.words}" if sampling.words else "")
    yield "Repetitions", f"{sampling.replicates:,} in each setting, drawn without replacement within a data set"
    yield "Pool", f"{pool.persons:,} simulated people" + (f": {pool.words}" if pool.words else "")
    share = sampling.participants / pool.persons if pool.persons else 0.0
    text = f"each person of the pool is in {number(sampling.reuse, 1)} data sets on average"
    if share > 0:
        text += (
            f"; a data set takes {number(100 * share, 1)}% of the pool, so repetitions share people and the spread of "
            "estimates is somewhat too small"
            if share >= _SHARED
            else f"; a data set takes {number(100 * share, 1)}% of the pool"
        )
    yield "Reuse", capital(text)


_SHARED = 0.05
"""Share of the pool in a data set from which the overlap of repetitions is said."""


@dataclass(frozen=True, slots=True)
class _Identifies:
    """Whether an estimator identifies some estimands: which (empty if all), a verdict, what has to hold, open paths."""

    of: str
    verdict: str
    assumption: str
    paths: Sequence[str]


def _identifies(study: StudyFolder) -> Mapping[str, Sequence[_Identifies]]:
    """Return for each estimator what is said of the estimands that it estimates; the same is said once."""
    found = {}
    for estimator in study.facts.estimators:
        groups: dict[Identification, list[str]] = {}
        for estimand in study.estimands:
            if estimand.name in estimator.identified:
                groups.setdefault(estimator.identified[estimand.name], []).append(title(estimand))
        found[estimator.name] = [
            _Identifies(
                "; ".join(labels) if len(groups) > 1 else "", _verdict(told), told.assumption, _some(told.open_paths)
            )
            for told, labels in groups.items()
        ]
    return found


def _some(paths: Sequence[str]) -> list[str]:
    """Return the first paths, and how many more there are."""
    left = len(paths) - _MOST_PATHS
    return [*paths[:_MOST_PATHS], *([f"and {count(left, 'more', 'more')}"] if left > 0 else [])]


def _verdict(told: Identification) -> str:
    if told.yes:
        return "yes"
    return "no; where there is no effect it finds none" if told.under_null else "no"

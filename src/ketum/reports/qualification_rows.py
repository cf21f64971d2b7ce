"""Rows of the qualification report in words: what was observed, what is predicted, how they stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ketum.evidence import load_sources
from ketum.evidence.sources import cited_keys
from ketum.evidence.words import SEEN
from ketum.reports.phrases import capital, number, significant
from ketum.validation.agreement import Agreement, Rules
from ketum.validation.comparisons import Comparison

_NOTHING = "–"
_FIGURES = 3
_AGREES = 0.5
_FOLDS = {2.0: "two", 3.0: "three"}


@dataclass(frozen=True, slots=True)
class RowText:
    """One row of the table: what it is, the line under it, and the cells; `good` is None where nothing is judged."""

    id: str
    what: str
    under: str
    observed: str
    observed_small: str
    predicted: str
    predicted_small: str
    all_small: str
    compared: str
    stands: str
    good: bool | None


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading."""

    heading: str
    rows: Sequence[RowText]


@dataclass(frozen=True, slots=True)
class DomainTable:
    """The table of one domain."""

    domain: str
    title: str
    groups: Sequence[Group]


def shown(value: float) -> str:
    """Return a number with three significant figures, or in words where it is not finite.

    Examples
    --------
    >>> shown(16591.4), shown(float("inf")), shown(float("nan")), shown(0.0)
    ('16,600', 'never', '–', '0')
    """
    if math.isnan(value):
        return _NOTHING
    if math.isinf(value):
        return "never"
    return significant(value, _FIGURES)


def between(low: float, high: float) -> str:
    """Return an interval.

    Examples
    --------
    >>> between(1.0, 2.5), between(float("nan"), 1.0)
    ('1.00 to 2.50', '–')
    """
    return _NOTHING if math.isnan(low) or math.isnan(high) else f"{shown(low)} to {shown(high)}"


def fold_text(value: float) -> str:
    """Return a mean fold error.

    Examples
    --------
    >>> fold_text(1.256), fold_text(float("inf")), fold_text(float("nan"))
    ('1.26', 'infinite', '–')
    """
    return _NOTHING if math.isnan(value) else "infinite" if math.isinf(value) else f"{value:.2f}"


def share_text(value: float) -> str:
    """Return a share in percent.

    >>> share_text(0.955), share_text(float("nan"))
    ('96%', '–')
    """
    return _NOTHING if math.isnan(value) else f"{100 * value:.0f}%"


def domain_tables(rows: Sequence[Agreement], domains: Sequence[str], rules: Rules) -> list[DomainTable]:
    """Return the tables of all domains, calibration rows, other rows and hearsay apart."""
    found = []
    for domain in domains:
        here = [row for row in rows if row.comparison.domain == domain]
        parts = (
            ("Calibration rows", [row for row in here if row.comparison.calibration]),
            ("Other rows: nothing was fitted to them", [row for row in here if _is_other(row)]),
            ("Hearsay: no measurement, outside the criteria", [row for row in here if _is_hearsay(row)]),
        )
        groups = [Group(heading, [row_text(row, rules) for row in some]) for heading, some in parts if some]
        if groups:
            found.append(DomainTable(domain, capital(domain), groups))
    return found


def _is_hearsay(row: Agreement) -> bool:
    return row.comparison.kind == "hearsay"


def _is_other(row: Agreement) -> bool:
    return not row.comparison.calibration and not _is_hearsay(row)


def row_text(row: Agreement, rules: Rules) -> RowText:
    """Return a row in words."""
    p, one = row.predicted, row.comparison
    if one.scale == "direction":
        return _direction(row)
    stands, good = _stands(row, rules)
    return RowText(
        one.row,
        capital(one.title),
        _under(one),
        _observed(one),
        _observed_interval(one),
        f"{shown(p.middle)}",
        between(p.low, p.high) if one.n is not None else "n not known",
        between(p.low_all, p.high_all),
        _compared(row, one),
        stands,
        good,
    )


def _direction(row: Agreement) -> RowText:
    p, one = row.predicted, row.comparison
    agrees = p.agreeing > _AGREES
    return RowText(
        one.row,
        capital(one.title),
        _under(one),
        one.note.partition(";")[0] or "direction",
        "direction only",
        "same direction" if p.middle * one.observed.value > 0 else "opposite direction",
        "",
        "",
        _NOTHING,
        f"published direction in {100 * p.agreeing:.0f}% of replicates",
        agrees,
    )


def _under(one: Comparison) -> str:
    parts = [source_name(one.source)]
    if one.verified:
        parts.append(f"number {SEEN[one.verified]}")
    parts.append(f"n {one.n:,}" if one.n is not None else "n not known")
    parts.append(one.statistic)
    if one.calibration and one.observation:
        parts.append(f"row {one.observation}")
    if one.note:
        parts.append(one.note)
    return " · ".join(parts)


def source_name(keys: str) -> str:
    """Return authors and year of a row's sources.

    Examples
    --------
    >>> source_name("tanna2022")
    'Tanna et al. 2022'
    """
    names = []
    for key in cited_keys(keys):
        source = load_sources()[key]
        families = [name.split(",")[0] for name in source.authors if name != "others"]
        first = families[0].strip("{}") if families else source.title
        more = " et al." if len(source.authors) > 1 else ""
        names.append(f"{first}{more}{f' {source.year}' if source.year else ''}")
    return "; ".join(names)


def _observed(one: Comparison) -> str:
    sign = {"above": "≥ ", "below": "≤ ", "": ""}[one.observed.bound]
    return f"{sign}{_plain(one.observed.value)} {one.unit}"


def _plain(value: float) -> str:
    """Return an observed number as printed, with up to four figures."""
    text = f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return text.replace("-", "−")


def _observed_interval(one: Comparison) -> str:
    seen = one.observed
    parts = []
    if seen.low is not None and seen.high is not None:
        parts.append(f"{_plain(seen.low)} to {_plain(seen.high)}")
    if one.target is not None:
        low, high = one.target.accept_low, one.target.accept_high
        parts.append(
            f"accepted {_plain(low)} to {_plain(high)}"
            if low is not None and high is not None
            else f"accepted from {_plain(low or 0.0)}"
        )
    return "; ".join(parts)


def _compared(row: Agreement, one: Comparison) -> str:
    if math.isinf(row.fold):
        return "infinite"
    if not math.isnan(row.fold):
        return f"{significant(row.fold, _FIGURES)} ×"
    unit = "points" if one.unit == "%" else one.unit
    sign = "+" if row.difference > 0 else ""
    return f"{sign}{number(row.difference, 1 if abs(row.difference) >= 1 else 2)} {unit}"


def _stands(row: Agreement, rules: Rules) -> tuple[str, bool | None]:
    """Return how a row stands in words, and whether well: within the rule and inside; None where only within."""
    parts = []
    if row.accepted is not None:
        parts.append("accepted" if row.accepted else "not accepted")
    fold = not math.isnan(row.fold)
    near = f"{_FOLDS.get(rules.fold, f'{rules.fold:g}')}-fold" if fold else "the rule"
    if row.within is not None:
        parts.append(f"within {near}" if row.within else f"outside {near}")
    where = _where(row.inside, row.inside_all)
    if where:
        parts.append(where)
    if row.overlaps is not None:
        parts.append("intervals overlap" if row.overlaps else "intervals apart")
    if row.accepted is not None:
        return "; ".join(parts), row.accepted
    good = None if row.within and row.inside_all is False else row.within
    return "; ".join(parts), good


def _where(chance: bool | None, everything: bool | None) -> str:
    """Say in which intervals the observed number lies."""
    if chance is None or everything is None:
        which = "with parameter uncertainty" if chance is None else "of chance"
        flag = everything if chance is None else chance
        return "" if flag is None else f"{'inside' if flag else 'outside'} the interval {which}"
    if chance and everything:
        return "inside both intervals"
    if everything:
        return "inside only with parameter uncertainty"
    return "inside the interval of chance only" if chance else "outside both intervals"

"""Criteria, domains and misses of the qualification report in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ketum.reports.phrases import capital
from ketum.reports.qualification_rows import RowText, fold_text, row_text, share_text
from ketum.validation.acceptance import CriterionResult, counted
from ketum.validation.agreement import Agreement, Rules
from ketum.validation.validate import Summary, Validation, summaries

_FEW_ROWS = 5
_MEASURES = {
    "gmfe": "geometric mean fold error",
    "share_within": "rows within the rule",
    "share_inside": "rows inside the interval of chance",
    "share_inside_all": "rows inside the interval with parameter uncertainty",
    "share_direction": "findings in words with the predicted direction",
    "share_accepted": "rows in the accepted range",
}


@dataclass(frozen=True, slots=True)
class CriterionText:
    """A criterion in words: what was asked, what was found, the verdict, and why there is none."""

    id: str
    what: str
    limit: str
    found: str
    rows: int
    verdict: str
    good: bool | None
    required: bool
    reason: str
    unjudged: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What the validation supports in one domain, in words."""

    domain: str
    words: str


def criterion_text(result: CriterionResult) -> CriterionText:
    """Return a criterion in words."""
    c = result.criterion
    where = "all domains" if c.domain == "*" else c.domain
    rows = "calibration rows" if c.rows == "calibration" else "other rows"
    limit = c.at_least if c.at_least is not None else c.at_most
    assert limit is not None
    as_share = c.measure != "gmfe"
    word = "at least" if c.at_least is not None else "at most"
    verdict = "not judged" if result.met is None else "met" if result.met else "fell short"
    found = share_text(result.value) if as_share else fold_text(result.value)
    return CriterionText(
        c.id,
        f"{capital(where)}, {rows}: {_MEASURES[c.measure]}",
        f"{word} {100 * limit:.0f}%" if as_share else f"{word} {limit:.2f}",
        found + (f" ({result.where})" if result.where else ""),
        result.rows,
        verdict,
        result.met,
        c.required,
        c.reason,
        result.unjudged,
    )


def verdict_text(validation: Validation) -> str:
    """Return how many criteria are met, and which cannot be judged."""
    required = [found for found in validation.results if found.criterion.required and found.met is not None]
    others = [found for found in validation.results if not found.criterion.required and found.met is not None]
    short = [found for found in required if not found.met]
    met = sum(bool(found.met) for found in others)
    text = f"{len(required) - len(short)} of {len(required)} required criteria are met"
    if short:
        text += f" ({', '.join(found.criterion.id for found in short)} fell short)"
    text += f", and {met} of {len(others)} of the others."
    if validation.unjudged:
        text += f" Not judged: {', '.join(found.criterion.id for found in validation.unjudged)}."
    return text


def summary_cells(summary: Summary) -> dict[str, Any]:
    """Return the cells of one line of the table of domains."""
    return {
        "domain": capital(summary.domain),
        "rows": "calibration" if summary.calibration else "other",
        "count": summary.rows,
        "gmfe": fold_text(summary.gmfe),
        "within": share_text(summary.within),
        "inside": share_text(summary.inside),
        "inside_all": share_text(summary.inside_all),
    }


def missed(rows: Sequence[Agreement], rules: Rules) -> list[RowText]:
    """Return the other rows that the model misses: outside the rule, or outside the interval with parameters.

    The worst fold comes first.
    """
    some = [
        row
        for row in counted(rows)
        if not row.comparison.calibration and (row.within is False or row.inside_all is False)
    ]
    size = {id(row): -abs(math.log10(row.fold)) if not math.isnan(row.fold) else 0.0 for row in some}
    some.sort(key=lambda row: (row.within is not False, size[id(row)]))
    return [row_text(row, rules) for row in some]


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
            words = f"{other.rows} other rows, GMFE {fold_text(other.gmfe)}, {share_text(other.within)} within the rule"
            if other.rows < _FEW_ROWS:
                words += "; few rows"
        here = [result for result in validation.results if result.criterion.domain == domain]
        short = [result.criterion.id for result in here if result.met is False]
        if short:
            words += f"; fell short of {', '.join(short)}"
        words += "".join(f"; {result.criterion.id} cannot be judged" for result in here if result.met is None)
        found.append(Standing(capital(domain), words))
    return found

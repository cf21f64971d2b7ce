"""Which rows of the evidence are predicted, which are not, and why: the qualification report in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ketum.validation.scope import MEANINGS, VERDICTS, Line, load_scope
from ketum.validation.validate import Validation


@dataclass(frozen=True, slots=True)
class ScopeText:
    """Lines of one verdict: what it means, how many rows, each line with its rows and their number."""

    verdict: str
    meaning: str
    rows: int
    lines: Sequence[tuple[str, str, int]]


def row_counts(validation: Validation) -> dict[str, int]:
    """Return how many rows of each sort there are."""
    covered = validation.covered
    return {
        "all": len(covered),
        "calibration": sum(row.comparison.calibration for row in validation.rows),
        "other": sum(not row.comparison.calibration and row.comparison.kind != "hearsay" for row in validation.rows),
        "words": sum(row.comparison.scale == "direction" for row in validation.rows),
        "hearsay": sum(row.comparison.kind == "hearsay" for row in validation.rows),
        "predicted": sum(bool(one.predicted) for one in covered),
        "not": sum(not one.predicted for one in covered),
    }


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

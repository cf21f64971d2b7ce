"""The closed list of rules that turn figures and rows into a verdict.

Each rule is a few lines of arithmetic on what a run or a table gave; what it asks of a claim (a bound, the kind of
study that counts) stands in the ledger with its reason. The words that a reader sees stand there too (`[rules]`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ketum.claims.model import GRADES, EvidenceRow, Grade, Values, Verdict

Side = Literal["above", "below"]
OPEN: Verdict = "not answerable from the evidence"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a rule gave, and the share of parameter sets in which the claim holds (of settings: the least).

    The share is None where there is none: of rows, and where the figure exists in no set.
    """

    verdict: Verdict
    share: float | None = None


def direction(values: Values, bound: float, side: Side, enough: float) -> Judged:
    """Judge a figure by the side of a bound on which it stands.

    Supported if it is on the claimed side in at least `enough` of the parameter sets, contradicted if it is on the
    other in as many, else not answerable: the sign then hangs on values that nobody knows. A figure on the bound is on
    neither side.

    Examples
    --------
    >>> direction(Values("pharmacology", 1.0, (1.0, 2.0, 3.0)), 0.0, "above", 0.95)
    Judged(verdict='supported', share=1.0)
    >>> direction(Values("pharmacology", 1.0, (1.0, -2.0, 3.0)), 0.0, "above", 0.95).verdict
    'not answerable from the evidence'
    """
    here, there = _share(values, bound, side), _share(values, bound, "below" if side == "above" else "above")
    if here is not None and here >= enough:
        return Judged("supported", here)
    if there is not None and there >= enough:
        return Judged("contradicted", here)
    return Judged(OPEN, here)


def settings(values: Sequence[Values], bound: float, side: Side, enough: float) -> Judged:
    """Judge a figure in every causal setting: it must come out the same in all of them.

    The settings are hypotheses and no human data separate them; so where they disagree nothing is known.

    Examples
    --------
    >>> better, worse = Values("benefit", -1.0, (-1.0, -2.0)), Values("harm", 2.0, (2.0, 3.0))
    >>> settings([better, worse], 0.0, "below", 0.95)
    Judged(verdict='not answerable from the evidence', share=0.0)
    """
    each = [direction(one, bound, side, enough) for one in values]
    verdicts = {judged.verdict for judged in each}
    return Judged(verdicts.pop() if len(verdicts) == 1 else OPEN, _least([judged.share for judged in each]))


def reaches(values: Sequence[Values], bound: float, side: Side, enough: float) -> Judged:
    """Judge whether a figure reaches a size: supported, or else not answerable.

    For figures that the model can only show in part, so that a small one does not speak against the claim.

    Examples
    --------
    >>> reaches([Values("pharmacology", 0.0, (0.0, 0.1))], 0.5, "above", 0.95)
    Judged(verdict='not answerable from the evidence', share=0.0)
    """
    least = _least([_share(one, bound, side) for one in values])
    return Judged("supported" if least is not None and least >= enough else OPEN, least)


def within(values: Sequence[Values], low: float, high: float, enough: float) -> Judged:
    """Judge a figure against a range.

    Supported if it lies inside at the values of the tables, contradicted if it lies outside in at least `enough` of the
    parameter sets, else not answerable; of several settings, in each.

    Examples
    --------
    >>> within([Values("pharmacology", 25.0, (20.0, 40.0))], 20.5, 30.5, 0.95).verdict
    'supported'
    """
    shares = [_count(one, lambda v: low <= v <= high) for one in values]
    least = _least(shares)
    if all(low <= one.table <= high for one in values):
        return Judged("supported", least)
    outside = all(share is not None and 1.0 - share >= enough for share in shares)
    return Judged("contradicted" if outside else OPEN, least)


def evidence(rows: Iterable[EvidenceRow]) -> Judged:
    """Judge by the rows that count: supported if all speak for the claim, contradicted if all speak against it.

    Partly supported if both occur; not answerable if no row that counts says anything.

    Examples
    --------
    >>> evidence([]).verdict
    'not answerable from the evidence'
    """
    said = {row.says for row in rows if row.counts} - {"nothing"}
    if said == {"for"}:
        return Judged("supported")
    if said == {"against"}:
        return Judged("contradicted")
    return Judged("partly supported" if said else OPEN)


def counts(grade: Grade, verified: str, needs: Grade) -> bool:
    """Return whether a row counts: its kind of study is as asked for or better, and it was seen in its source.

    Examples
    --------
    >>> counts("trial", "abstract", "people"), counts("trial", "recall", "people"), counts("cell", "text", "people")
    (True, False, False)
    """
    return verified != "recall" and GRADES.index(grade) <= GRADES.index(needs)


def none_found(found: int) -> Judged:
    """Judge a statement that something has not been studied: supported if no row of the tables meets the filter."""
    return Judged("contradicted" if found else "supported")


def citation(found: bool, carries: bool) -> Judged:
    """Judge a cited paper: it must be found, and say what it is cited for."""
    if not found:
        return Judged("citation not found")
    return Judged("supported" if carries else "contradicted")


def behaviour(kept: Mapping[str, bool]) -> Judged:
    """Judge what the tool does when it is tried: supported if every attempt went as stated, else contradicted."""
    return Judged("supported" if all(kept.values()) else "contradicted", sum(kept.values()) / len(kept))


def combine(parts: Sequence[Verdict | None]) -> Verdict:
    """Return the verdict on a claim from those on its parts; parts that are shown only (None) do not count.

    If all parts agree: what they say. Otherwise contradicted if any part is; partly supported if any part is supported
    or partly supported; else not answerable from the evidence.

    Examples
    --------
    >>> combine(["supported", "not answerable from the evidence"])
    'partly supported'
    >>> combine(["supported", "contradicted"])
    'contradicted'
    >>> combine(["citation not found", "not answerable from the evidence"])
    'not answerable from the evidence'
    """
    judged = [part for part in parts if part is not None]
    kinds = set(judged)
    if len(kinds) == 1:
        return judged[0]
    if "contradicted" in kinds:
        return "contradicted"
    return "partly supported" if kinds & {"supported", "partly supported"} else OPEN


def _least(shares: Sequence[float | None]) -> float | None:
    """Return the least of some shares, None if one of them is not known."""
    known = [share for share in shares if share is not None]
    return min(known) if len(known) == len(shares) else None


def _share(values: Values, bound: float, side: Side) -> float | None:
    return _count(values, lambda v: v > bound if side == "above" else v < bound)


def _count(values: Values, holds: Callable[[float], bool]) -> float | None:
    """Return the share of parameter sets in which something holds.

    Sets in which the figure does not exist (such as the end of a lift where there is none) are left out; None if it
    exists in none of them.
    """
    return sum(map(holds, values.known)) / len(values.known) if values.known else None

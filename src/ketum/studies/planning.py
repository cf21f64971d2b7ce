"""The smallest size of a study that does: participants for a power, weeks or days of washout for a small bias.

Every answer to "does size x do" costs simulated studies and is noisy. The search (`ketum.studies.searching`) first asks
the largest size that can be had, then the smallest, then halves the range between them until a size can no longer be
told from the goal. From there it asks sizes below and above the crossing by turns, fits a line to what was found near
it (`ketum.studies.crossing`), and ends when the interval of the crossing is as narrow as asked or the replicates are
spent. Replicates kept for the end say what the study does at the size found; if they contradict the line and there are
replicates left, the search goes on with them.

It is assumed that more is never worse - power rises with x, or the size of bias falls - and that power rises smoothly
over a factor of two in x, as it does with participants; a curve that jumps between two sizes can be missed by a few. No
replicate number is used twice, so evaluations are independent, and with the same ``evaluate`` the result is the same.

Power towards a wrong value is no power. Before any search for a power, the largest size is asked whether the estimator
is biased: its bias lies beyond 1.96 Monte-Carlo standard errors, and beyond ``share_of_truth`` of the truth (where the
truth is zero: any bias, as every rejection is then a false alarm), and a second, independent set of replicates says so
again, in the same direction, so that chance alone does so in one search of 800. This refuses estimators that point the
wrong way, that reject because of their bias alone, and that reach the goal too soon because of it. Rejections count
only on the side of the truth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ketum.errors import ScenarioError
from ketum.studies.crossing import Goal, Line, Power
from ketum.studies.searching import Effort, Evaluate, Evaluation, Progress, Search, responses

Outcome = Literal["found", "smallest", "not reached", "biased", "no effect", "open", "failed"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the search found.

    Attributes
    ----------
    outcome : str
        `found`; `smallest`: the smallest size asked about does already; `not reached`: the largest that can be had does
        not; `biased`: no size does, because the estimator does not come to the truth (for a power only); `no effect`:
        the truth is zero and the estimator unbiased, so there is nothing to find; `open`: the replicates are spent
        before it could be told; `failed`: every fit failed at the largest size.
    x : int or None
        The smallest whole number that does, for `found` and `smallest`.
    low, high : float
        95% interval of it. Above ``largest`` or infinite where it may not be reached. For `open` and `not reached`
        what is known of where the crossing lies; not a number for `biased`, `no effect` and `failed`.
    narrow : bool
        Whether the interval became as narrow as asked.
    at_x : Evaluation or None
        The study at x, from replicates that took no part in the search (`smallest`: all of that size).
    agrees : bool or None
        Whether these agree, at 99%, with the fitted line, or where x - 1 surely falls short and x surely does, with
        that; if not, the curve is not what the search takes it for.
    biased_at_x : bool or None
        Whether the bias at x lies beyond 1.96 Monte-Carlo standard errors and the share of the truth, from the
        replicates of ``at_x`` alone: a bias of small studies, which the largest does not have.
    at_largest : Evaluation
        All replicates of the largest size. For `biased`, ``mean`` is what the estimator comes to where the truth is
        ``truth``, up to what bias would still shrink with size.
    line : Line or None
        The last line, for a figure: probit of power, or minus the size of bias, against sqrt(x).
    spent : int
        Replicates.
    path : tuple of Evaluation
        All evaluations in order.
    """

    outcome: Outcome
    x: int | None
    low: float
    high: float
    narrow: bool
    at_x: Evaluation | None
    agrees: bool | None
    biased_at_x: bool | None
    at_largest: Evaluation
    line: Line | None
    spent: int
    path: tuple[Evaluation, ...]


def find(
    evaluate: Evaluate,
    goal: Goal,
    smallest: int,
    largest: int,
    *,
    share_of_truth: float,
    effort: Effort | None = None,
    first: int = 0,
    progress: Progress | None = None,
) -> Plan:
    """Return the smallest whole number x from ``smallest`` to ``largest`` with which a study reaches a goal.

    Parameters
    ----------
    evaluate : callable
        evaluate(x, first, count) gives a `Batch`; replicates of different numbers must be independent.
    goal : Power or SmallBias
    smallest, largest : int
        Of participants, weeks or days.
    share_of_truth : float
        Bias above this share of the truth makes power worthless (see the module); not used for a bias.
    effort : Effort, optional
    first : int
        Number of the first replicate.
    progress : callable, optional
        Told (replicates done, replicates at most, what was done).

    Raises
    ------
    ScenarioError
        If there is no range.
    """
    if not 0 <= smallest < largest:
        raise ScenarioError(f"smallest {smallest} and largest {largest}: 0 <= smallest < largest is needed")
    search = Search(evaluate, goal, smallest, largest, effort or Effort(), first, progress)
    outcome = _at_largest(search, share_of_truth)
    if outcome is not None:
        return _plan(search, outcome, low=largest + 1.0 if outcome == "not reached" else math.nan)
    search.ask(smallest, "smallest", search.effort.batch)
    if smallest not in search.known:
        return _plan(search, "open", low=smallest)
    if search.settle(smallest) == "reached":
        at_x, low = search.pooled(smallest), float(smallest)
        biased = _biased(search, at_x, share_of_truth)
        return _plan(search, "smallest", x=smallest, low=low, high=low, at_x=at_x, narrow=True, biased_at_x=biased)
    plan = _crossing(search, search.narrow_down(search.halve()), share_of_truth)
    while plan.x is not None and plan.agrees is False and search.left("search") > 0:
        plan = _crossing(search, search.narrow_down(plan.x), share_of_truth)
    return plan


def _at_largest(search: Search, share_of_truth: float) -> Outcome | None:
    """Say what the largest size alone decides."""
    search.ask(search.largest, "largest", 2 * search.effort.batch)
    known = search.path[0]
    if known.failed == known.count:
        return "failed"
    if isinstance(search.goal, Power):
        if known.biased(share_of_truth) and search.left("largest") > 0:
            search.ask(search.largest, "largest", 2 * search.effort.batch)
            again = search.path[-1]
            if again.biased(share_of_truth) and known.bias.value * again.bias.value > 0.0:
                return "biased"
        if search.pooled(search.largest).null:
            return "no effect"
    return "not reached" if search.settle(search.largest) == "short" else None


def _crossing(search: Search, line: Line | None, share_of_truth: float) -> Plan:
    """Turn what was found around the crossing into a plan, after a check at the size found."""
    smallest, largest = search.smallest, search.largest
    short, reached = search.bracket()
    outcome: Outcome = "found"
    beside = reached - short == 1
    if short == largest:
        return _plan(search, "not reached", low=largest + 1.0, line=line)
    if beside:
        x, low, high = reached, float(reached), float(reached)
    elif line is None or not line.rises:
        return _plan(search, "open", low=short + 1.0, high=float(reached) if reached <= largest else math.inf)
    else:
        low, high = (max(float(smallest), float(np.ceil(end))) for end in line.interval())
        if line.root > largest:
            return _plan(search, "not reached" if low > largest else "open", low=low, high=high, line=line)
        x = max(smallest, math.ceil(line.root))
        if high <= smallest:
            outcome = "smallest"
    narrow, at_x, agrees, before = search.narrow or low == high, None, None, len(search.path)
    search.ask(x, "check", search.effort.check)
    if len(search.path) > before:
        at_x, new = search.path[-1], responses(search.goal, search.batches[-1])
        if beside or line is None:
            agrees = search.goal.judge(new) != "short"
        else:
            agrees = bool(len(new)) and search.goal.agrees(line, x, new)
    return _plan(
        search,
        outcome,
        x=x,
        low=low,
        high=high,
        narrow=narrow,
        at_x=at_x,
        agrees=agrees,
        biased_at_x=None if at_x is None else _biased(search, at_x, share_of_truth),
        line=line,
    )


def _biased(search: Search, known: Evaluation, share_of_truth: float) -> bool | None:
    return known.biased(share_of_truth) if isinstance(search.goal, Power) else None


def _plan(
    search: Search,
    outcome: Outcome,
    *,
    low: float = math.nan,
    high: float = math.inf,
    x: int | None = None,
    narrow: bool = False,
    at_x: Evaluation | None = None,
    agrees: bool | None = None,
    biased_at_x: bool | None = None,
    line: Line | None = None,
) -> Plan:
    return Plan(
        outcome=outcome,
        x=x,
        low=low,
        high=math.nan if math.isnan(low) else high,
        narrow=narrow,
        at_x=at_x,
        agrees=agrees,
        biased_at_x=biased_at_x,
        at_largest=search.pooled(search.largest),
        line=line,
        spent=search.spent,
        path=tuple(search.path),
    )

"""Which conclusions hold, and which turn round within what is assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Verdict = Literal["holds", "not answerable from the evidence", "open"]
Why = Literal["", "assumptions", "settings"]

LEAST_AGREEING: Final = 0.95
"""Share of parameter sets in which a sign must be the same for a conclusion to hold."""
MOST_TURNED: Final = 2.0 * LEAST_AGREEING * (1.0 - LEAST_AGREEING)
"""Share of pairs that turn round by chance where 95% of the sets agree: two independent sets, one of each sign."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The sign of a difference over parameter sets.

    Attributes
    ----------
    sign : int
        +1 or -1: the sign in most of the sets; 0 where there is no difference in most.
    agreeing : float
        Share of the sets with that sign.
    turned : float
        Share of pairs of sets, alike in everything but assumptions, whose signs differ; nan if it was not asked.
    verdict
        `holds`: the sign is the same in 95% of the sets. `not answerable from the evidence`: it is not, and it turns
        round within what is assumed, or it differs between causal settings. `open`: it is not the same, and
        assumptions alone do not explain it, or it was not asked whether they do.
    why
        What a question that is not answerable hangs on: `assumptions` or `settings`.
    """

    sign: int
    agreeing: float
    turned: float
    verdict: Verdict
    why: Why = ""


def conclude(values: Array, pairs: tuple[Array, Array] | None = None) -> Conclusion:
    """Return what the sign of a difference is worth.

    Parameters
    ----------
    values : (set,) array
        The difference in each parameter set.
    pairs : two (n,) arrays, optional
        The difference in sets that agree in all but the parameters which are assumptions.

    Examples
    --------
    >>> conclude(np.array([1.0] * 19 + [-1.0])).verdict
    'holds'
    >>> mixed = np.array([1.0, -1.0] * 10)
    >>> conclude(mixed, (mixed, -mixed)).verdict
    'not answerable from the evidence'
    >>> conclude(mixed, (mixed, mixed)).verdict
    'open'
    """
    signs = np.sign(values)
    counts = {s: float((signs == s).mean()) for s in (1, -1, 0)}
    sign = max(counts, key=lambda s: counts[s])
    turned = float((np.sign(pairs[0]) != np.sign(pairs[1])).mean()) if pairs is not None else float("nan")
    if counts[sign] >= LEAST_AGREEING:
        return Conclusion(sign, counts[sign], turned, "holds")
    if turned > MOST_TURNED:
        return Conclusion(sign, counts[sign], turned, "not answerable from the evidence", "assumptions")
    return Conclusion(sign, counts[sign], turned, "open")


def across_settings(conclusions: Sequence[Conclusion]) -> list[Conclusion]:
    """Return conclusions on one question in several causal settings.

    The settings are hypotheses that no human data tell apart: where a sign holds in one and another sign in another,
    the question is not answerable from the evidence.

    Examples
    --------
    >>> up, down = conclude(np.ones(20)), conclude(-np.ones(20))
    >>> [c.why for c in across_settings([up, down])], across_settings([up, up])[0].verdict
    (['settings', 'settings'], 'holds')
    """
    if len({c.sign for c in conclusions if c.verdict == "holds"}) < 2:
        return list(conclusions)
    turned: Verdict = "not answerable from the evidence"
    return [replace(c, verdict=turned, why="settings") if c.verdict == "holds" else c for c in conclusions]

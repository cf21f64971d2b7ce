"""Which conclusions hold, and which turn round within what is assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Verdict = Literal["holds", "not answerable from the evidence", "open"]
Why = Literal["", "assumptions", "settings", "few sets", "not asked"]

LEAST_SETS: Final = 20
"""Parameter sets below which no sign is said to hold."""
BEYOND_CHANCE: Final = 1.645
"""Standard errors over persons beyond which a difference has a sign (one-sided 5%)."""
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
        +1 or -1: the sign in most of the sets; 0 where most have no difference beyond chance among persons.
    agreeing : float
        Share of the sets with that sign.
    turned : float
        Share of pairs of sets, alike in everything but assumptions, whose signs differ; nan if it was not asked.
    verdict
        `holds`: the sign is the same in 95% of the sets. `not answerable from the evidence`: it is not, and it turns
        round within what is assumed, or it differs between causal settings. `open`: it is not the same, and
        assumptions alone do not explain it, or it was not asked whether they do.
    why
        What a question that is not answerable hangs on: `assumptions` or `settings`. Of one that is open: whether there
        were too few sets, or it was not asked how much assumptions explain.
    """

    sign: int
    agreeing: float
    turned: float
    verdict: Verdict
    why: Why = ""


def conclude(values: Array, pairs: tuple[Array, Array] | None = None, errors: Array | float = 0.0) -> Conclusion:
    """Return what the sign of a difference is worth.

    Parameters
    ----------
    values : (set,) array
        The difference in each parameter set.
    errors : (set,) array or float
        Its standard error over persons in each set: the same persons live in every set, so a difference that could be
        chance among them has no sign.
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
    signs = np.where(np.abs(values) > BEYOND_CHANCE * np.asarray(errors), np.sign(values), 0.0)
    counts = {s: float((signs == s).mean()) for s in (1, -1, 0)}
    sign = max(counts, key=lambda s: counts[s])
    turned = float((np.sign(pairs[0]) != np.sign(pairs[1])).mean()) if pairs is not None else float("nan")
    if len(values) < LEAST_SETS:
        return Conclusion(sign, counts[sign], turned, "open", "few sets")
    if counts[sign] >= LEAST_AGREEING and (sign or not np.any(values)):
        return Conclusion(sign, counts[sign], turned, "holds")
    if turned > MOST_TURNED:
        return Conclusion(sign, counts[sign], turned, "not answerable from the evidence", "assumptions")
    return Conclusion(sign, counts[sign], turned, "open", "" if pairs is not None else "not asked")


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

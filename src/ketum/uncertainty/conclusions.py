"""Which conclusions hold, and which turn round within what is assumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Verdict = Literal["holds", "not answerable from the evidence", "open"]

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
        round within what is assumed. `open`: it is not, and assumptions alone do not explain it.
    """

    sign: int
    agreeing: float
    turned: float
    verdict: Verdict


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
        verdict: Verdict = "holds"
    else:
        verdict = "not answerable from the evidence" if turned > MOST_TURNED else "open"
    return Conclusion(sign, counts[sign], turned, verdict)

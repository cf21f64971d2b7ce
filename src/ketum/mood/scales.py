"""What instruments would record: links from severity to scales (mood.md section 4.1 and 4.2).

GAD-7 and PCL-5 are specified, not calibrated.
"""

from __future__ import annotations

import numpy as np

from ketum.compiled import inlined
from ketum.numerics import exp, log


@inlined
def item_nine(share: float, offset: float) -> float:
    """Return the chance of each of the three points of item 9: logit p9 = logit p + o_9, p = S14/27."""
    odds = exp(offset) * share / (1.0 - share)
    return odds / (1.0 + odds)


@inlined
def other_items(share: float, ninth: float, most: float, item_most: float) -> float:
    """Return the chance of each of the other 24 points, (27 p - 3 p9)/24: the sum is unbiased for S14."""
    return (most * share - item_most * ninth) / (most - item_most)


@inlined
def rounded(score: float, most: float) -> float:
    """Return a score as an instrument prints it: a whole number within its range."""
    whole: float = np.floor(score + 0.5)
    return min(max(whole, 0.0), most)


@inlined
def anxiety_14d(
    trait_anxiety: float, gad_1: float, severity_14d: float, trait: float, gad_W: float, withdrawal_14d: float
) -> float:
    """Return the two-week mean of latent anxiety: trait + gad_1 (S14 - b) + c2 gad_W W14, GAD-7 points."""
    return trait_anxiety + gad_1 * (severity_14d - trait) + gad_W * withdrawal_14d


@inlined
def binomial_quantile(u: float, n: int, p: float) -> float:
    """Return the smallest k with P(X <= k) >= u of a binomial(n, p)."""
    if p <= 0.0:
        return 0.0
    if p >= 1.0:
        return float(n)
    odds = p / (1.0 - p)
    term = exp(n * log(1.0 - p))
    total = term
    k = 0
    while total < u and k < n:
        term *= odds * (n - k) / (k + 1)
        total += term
        k += 1
    return float(k)


@inlined
def trauma_14d(
    person_mean: float,
    pcl_1: float,
    severity_14d: float,
    trait: float,
    syndrome: float,
    by_SSRI: float,
    g_SSRI: float,
    by_CBT: float,
    g_CBT: float,
) -> float:
    """Return latent PCL-5: person mean + pcl_1 (S14 - b) + specific effects of treatment with PTSD-type syndrome."""
    return person_mean + pcl_1 * (severity_14d - trait) + syndrome * (by_SSRI * g_SSRI + by_CBT * g_CBT)

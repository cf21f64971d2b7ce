"""Small numerical functions that vectorise over lanes, where the library's do not."""

from __future__ import annotations

import numpy as np

from ketum.compiled import inlined

_LOG2_E = 1.4426950408889634
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_MAGIC = 6755399441055744.0  # 1.5 x 2^52: adding it rounds to the nearest integer, kept in the low bits
_LARGEST = 708.0


@inlined
def exp(x: float) -> float:
    """Return e to the x for |x| <= 708 (clipped), to a relative error below 4e-16.

    Range reduction x = n ln 2 + r, a Taylor polynomial of degree 13 in r, and 2^n put into the exponent bits.
    """
    x = min(max(x, -_LARGEST), _LARGEST)
    shifted = x * _LOG2_E + _MAGIC
    n = shifted - _MAGIC
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    bits = (np.float64(shifted).view(np.int64) + np.int64(1023)) << np.int64(52)
    return p * np.int64(bits).view(np.float64)


@inlined
def relax8(x: float, gain: float, loss: float) -> float:
    """Return the exact first-order update of x' = gain - loss x over one step (both already times dt).

    x + (gain - loss x) phi(loss) with phi(l) = (1 - e^-l)/l as a series to l^7; for loss <= 0.25 its truncation is
    below 5e-11 of the increment.
    """
    p = 1.0 - loss * (1.0 / 8.0)
    p = 1.0 - loss * (1.0 / 7.0) * p
    p = 1.0 - loss * (1.0 / 6.0) * p
    p = 1.0 - loss * (1.0 / 5.0) * p
    p = 1.0 - loss * (1.0 / 4.0) * p
    p = 1.0 - loss * (1.0 / 3.0) * p
    p = 1.0 - loss * (1.0 / 2.0) * p
    return x + (gain - loss * x) * p


@inlined
def relax4(x: float, gain: float, loss: float) -> float:
    """Return the same update as `relax8` with a series to l^3; for loss <= 0.01 the truncation is below 1e-10."""
    p = 1.0 - loss * (1.0 / 4.0)
    p = 1.0 - loss * (1.0 / 3.0) * p
    p = 1.0 - loss * (1.0 / 2.0) * p
    return x + (gain - loss * x) * p


SERIES_BOUND_FAST = 0.25
"""Largest loss x dt that `relax8` takes."""
SERIES_BOUND_SLOW = 0.01
"""Largest loss x dt that `relax4` takes."""

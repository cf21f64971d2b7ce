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

    x + (gain - loss x) phi(loss) with phi(l) = (1 - e^-l)/l as a series to l^7; for loss <= 0.5 its truncation is
    below 2e-8 of the increment.
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
    """Return the same update as `relax8` with a series to l^3; for loss <= 0.1 the truncation is below 1e-6."""
    p = 1.0 - loss * (1.0 / 4.0)
    p = 1.0 - loss * (1.0 / 3.0) * p
    p = 1.0 - loss * (1.0 / 2.0) * p
    return x + (gain - loss * x) * p


SERIES_BOUND_FAST = 0.5
"""Largest loss x dt that `relax8` takes."""
SERIES_BOUND_SLOW = 0.1
"""Largest loss x dt that `relax4` takes."""


_MANTISSA = np.int64(0x000FFFFFFFFFFFFF)
_HALF_EXPONENT = np.int64(0x3FE0000000000000)
_SQRT_HALF = 0.7071067811865476


@inlined
def log(x: float) -> float:
    """Return the natural logarithm of a normal positive number, to a relative error below 1e-15 away from one.

    x = m 2^k with m in [sqrt(1/2), sqrt(2)); log m = 2 atanh(s), s = (m - 1)/(m + 1), as a series in s^2.
    """
    bits = np.float64(x).view(np.int64)
    exponent = np.float64((bits >> np.int64(52)) - np.int64(1022))
    m = np.int64((bits & _MANTISSA) | _HALF_EXPONENT).view(np.float64)
    low = m < _SQRT_HALF
    m = m + m if low else m
    exponent = exponent - 1.0 if low else exponent
    s = (m - 1.0) / (m + 1.0)
    q = s * s
    p = 1.0 / 21.0
    p = p * q + 1.0 / 19.0
    p = p * q + 1.0 / 17.0
    p = p * q + 1.0 / 15.0
    p = p * q + 1.0 / 13.0
    p = p * q + 1.0 / 11.0
    p = p * q + 1.0 / 9.0
    p = p * q + 1.0 / 7.0
    p = p * q + 1.0 / 5.0
    p = p * q + 1.0 / 3.0
    p = p * q + 1.0
    return exponent * _LN2_HIGH + (2.0 * s * p + exponent * _LN2_LOW)


@inlined
def normal_quantile(u: float) -> float:
    """Return the standard normal deviate of a uniform in (0, 1), to a relative error below 1e-15.

    Rational approximations of Wichura (1988, algorithm AS 241, PPND16): one for the middle, two for the tails; all
    three are computed and one is selected, so that the function vectorises.
    """
    q = u - 0.5
    r = 0.180625 - q * q
    a = 2.5090809287301226727e3
    a = a * r + 3.3430575583588128105e4
    a = a * r + 6.7265770927008700853e4
    a = a * r + 4.5921953931549871457e4
    a = a * r + 1.3731693765509461125e4
    a = a * r + 1.9715909503065514427e3
    a = a * r + 1.3314166789178437745e2
    a = a * r + 3.3871328727963666080e0
    b = 5.2264952788528545610e3
    b = b * r + 2.8729085735721942674e4
    b = b * r + 3.9307895800092710610e4
    b = b * r + 2.1213794301586595867e4
    b = b * r + 5.3941960214247511077e3
    b = b * r + 6.8718700749205790830e2
    b = b * r + 4.2313330701600911252e1
    b = b * r + 1.0
    tail = np.sqrt(-log(min(u, 1.0 - u)))
    near = tail - 1.6
    c = 7.74545014278341407640e-4
    c = c * near + 2.27238449892691845833e-2
    c = c * near + 2.41780725177450611770e-1
    c = c * near + 1.27045825245236838258e0
    c = c * near + 3.64784832476320460504e0
    c = c * near + 5.76949722146069140550e0
    c = c * near + 4.63033784615654529590e0
    c = c * near + 1.42343711074968357734e0
    d = 1.05075007164441684324e-9
    d = d * near + 5.47593808499534494600e-4
    d = d * near + 1.51986665636164571966e-2
    d = d * near + 1.48103976427480074590e-1
    d = d * near + 6.89767334985100004550e-1
    d = d * near + 1.67638483018380384940e0
    d = d * near + 2.05319162663775882187e0
    d = d * near + 1.0
    far = tail - 5.0
    e = 2.01033439929228813265e-7
    e = e * far + 2.71155556874348757815e-5
    e = e * far + 1.24266094738807843860e-3
    e = e * far + 2.65321895265761230930e-2
    e = e * far + 2.96560571828504891230e-1
    e = e * far + 1.78482653991729133580e0
    e = e * far + 5.46378491116411436990e0
    e = e * far + 6.65790464350110377720e0
    f = 2.04426310338993978564e-15
    f = f * far + 1.42151175831644588870e-7
    f = f * far + 1.84631831751005468180e-5
    f = f * far + 7.86869131145613259100e-4
    f = f * far + 1.48753612908506148525e-2
    f = f * far + 1.36929880922735805310e-1
    f = f * far + 5.99832206555887937690e-1
    f = f * far + 1.0
    outer = c / d if tail <= 5.0 else e / f
    signed = outer if q > 0.0 else -outer
    return q * a / b if abs(q) <= 0.425 else signed

"""Between which values a result lies over parameter sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_BOUNDS: Final = (0.05, 0.95)


def quantiles(values: Array, shares: Sequence[float], *, attained: bool = False) -> Array:
    """Return quantiles over the first axis, (share, ...); what is no number is left out.

    Where some are infinite (not reached within the record), or with `attained`, a quantile is one of the values.

    Examples
    --------
    >>> quantiles(np.array([1.0, 3.0, np.nan, np.inf]), (0.5, 0.9)).tolist()
    [3.0, inf]
    """
    flat = values.reshape(len(values), int(np.prod(values.shape[1:])))
    missing, unreached = (np.asarray(which(flat).any(axis=0)) for which in (np.isnan, np.isinf))
    found = np.full((len(shares), flat.shape[1]), np.nan)
    whole = ~missing & (attained | ~unreached)
    usual: Literal["linear", "inverted_cdf"] = "inverted_cdf" if attained else "linear"
    if len(flat):
        found[:, whole] = np.quantile(flat[:, whole], shares, axis=0, method=usual)
    for k in np.flatnonzero(~whole):  # few: quantiles that leave out what is missing are slow
        known = flat[~np.isnan(flat[:, k]), k]
        if len(known):
            found[:, k] = np.quantile(known, shares, method="inverted_cdf" if unreached[k] else usual)
    shaped: Array = found.reshape(len(shares), *values.shape[1:])
    return shaped


def bounds(values: Array) -> tuple[Array, Array]:
    """Return the 5th and 95th percentile over parameter sets, the first axis; sets without a number are left out.

    Examples
    --------
    >>> low, high = bounds(np.arange(101.0))
    >>> float(low), float(high)
    (5.0, 95.0)
    """
    low, high = quantiles(values, _BOUNDS)
    return low, high

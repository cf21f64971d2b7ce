"""What the uncertainty of a result comes from: its variance shared out among groups of parameters.

Sobol indices by the design of Saltelli: from two independent samples A and B of all uncertain parameters, for each
group the sample A with that group's columns from B. The first-order index of a group is the share of variance that
goes if the group were known; its total index is the share that stays if everything else were known. Indices and their
Monte-Carlo errors come from SALib (Saltelli et al. 2010, Comput Phys Commun 181:259-270).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_RESAMPLES = 200
_ONE_SIGMA = 0.6826894921370859
"""Confidence at which SALib's interval is one standard error."""


@dataclass(frozen=True, slots=True)
class Share:
    """The share of one group in the variance of a result: first-order and total index with their standard errors."""

    group: str
    first: float
    first_se: float
    total: float
    total_se: float


@dataclass(frozen=True, slots=True)
class Design:
    """A sampling design over the unit cube.

    Attributes
    ----------
    groups : tuple of str
        The group of each dimension.
    base : int
        Number of base samples, a power of two.
    seed : int

    Notes
    -----
    Rows come in blocks of (groups + 2): the point of A, one point a group, the point of B. The points of A and B depend
    on dimensions, base and seed only, so designs that group the same dimensions otherwise share them.
    """

    groups: tuple[str, ...]
    base: int
    seed: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the groups, in the order in which they first stand."""
        return tuple(dict.fromkeys(self.groups))

    def points(self) -> Array:
        """Return all points, (base x (groups + 2), dimension), none on the border.

        Examples
        --------
        >>> Design(("a", "a", "b"), 8, 1).points().shape
        (32, 3)
        """
        return _sampled(self.groups, self.base, self.seed)

    def alternates(self, group: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows of A, and the rows that differ from them in one group only."""
        block = len(self.names) + 2
        first = np.arange(self.base, dtype=np.int64) * block
        return first, first + 1 + self.names.index(group)

    def ends(self) -> NDArray[np.int64]:
        """Return the rows of A and of B: points in which all groups vary independently."""
        block = len(self.names) + 2
        first = np.arange(self.base, dtype=np.int64) * block
        return np.concatenate([first, first + block - 1])

    def shares(self, values: Array) -> tuple[Share, ...]:
        """Return the share of each group in the variance of values at the points, (point,).

        A value that does not vary has shares of zero.
        """
        problem = _problem(self.groups)
        groups = self.names
        if not np.ptp(values) > np.finfo(float).eps * np.abs(values).max(initial=0.0):
            return tuple(Share(name, 0.0, 0.0, 0.0, 0.0) for name in groups)
        # Imported here because it is slow to import and needed only by runs that share out variance.
        from SALib.analyze import sobol

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about groups without any effect: their share is zero
            found = sobol.analyze(
                problem,
                values,
                calc_second_order=False,
                num_resamples=_RESAMPLES,
                conf_level=_ONE_SIGMA,
                seed=self.seed + 1,
            )
        columns = (found["S1"], found["S1_conf"], found["ST"], found["ST_conf"])
        return tuple(Share(name, *(float(column[k]) for column in columns)) for k, name in enumerate(groups))


def _problem(groups: Sequence[str]) -> dict[str, object]:
    dimensions = len(groups)
    return {
        "num_vars": dimensions,
        "names": [f"x{k}" for k in range(dimensions)],
        "bounds": [[0.0, 1.0]] * dimensions,
        "groups": list(groups),
    }


@lru_cache(maxsize=2)
def _sampled(groups: tuple[str, ...], base: int, seed: int) -> Array:
    from SALib.sample import sobol

    points: Array = sobol.sample(_problem(groups), base, calc_second_order=False, seed=seed)
    return np.clip(points, np.finfo(float).eps, 1.0 - np.finfo(float).eps)


def leading(shares: Sequence[Share]) -> Share:
    """Return the group with the largest total share."""
    return max(shares, key=lambda share: share.total)


def rank_correlations(points: Array, values: Array) -> Array:
    """Return the size of Spearman's rank correlation of each dimension with values, (dimension,).

    Ties, which means over few persons are full of, take the mean of their ranks.

    Examples
    --------
    >>> x = np.random.default_rng(1).random((64, 3))
    >>> rank_correlations(x, x[:, 1] ** 3).round(2)[1]
    np.float64(1.0)
    """
    from scipy.stats import rankdata

    ranks = rankdata(points, axis=0)
    of_values = rankdata(values)
    ranks -= ranks.mean(axis=0)
    of_values -= of_values.mean()
    spread = np.sqrt((ranks**2).sum(axis=0) * (of_values**2).sum())
    size: Array = np.abs(ranks.T @ of_values) / np.where(spread > 0.0, spread, 1.0)
    return size

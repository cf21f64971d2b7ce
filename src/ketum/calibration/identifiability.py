"""What rows can tell about parameters, from the sensitivities at the best fit.

The Jacobian J holds the change of each residual (in its SD) over the whole range of each parameter (unit coordinate 0
to 1). The information is J'J (Fisher); its inverse gives standard errors and correlations, with prior and likelihood
together (Laplace) the posterior widths. A singular value below one is a direction along which one may cross the whole
range while no row changes by more than one SD: a flat direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
FLAT = 1.0
"""Singular value below which a direction is flat, SD per range."""
_MOVED = 0.1
_SHOWN = 0.3
"""Share of a direction from which a parameter is named in it."""


@dataclass(frozen=True, slots=True)
class Direction:
    """A combination of parameters that the rows do not tell: its singular value, and each parameter's part (signed)."""

    strength: float
    parts: tuple[tuple[str, float], ...]

    @property
    def words(self) -> str:
        """Return the direction in words."""
        lead = np.sign(self.parts[0][1])
        told = [f"{name} {'up' if part * lead > 0 else 'down'}" for name, part in self.parts]
        if len(told) == 1:
            return f"the rows do not tell {self.parts[0][0]}"
        return f"{', '.join(told[:-1])} with {told[-1]} leaves the rows as they are"


def standard_errors(J: Array) -> Array:
    """Return the standard error of each parameter in its unit coordinate; infinite where no row tells it.

    Parameters
    ----------
    J : (row, parameter) array

    Examples
    --------
    >>> standard_errors(np.array([[10.0, 0.0], [0.0, 4.0], [0.0, 3.0]])).tolist()
    [0.1, 0.2]
    >>> standard_errors(np.array([[1.0, 1.0]])).tolist()
    [inf, inf]
    """
    return np.sqrt(np.diag(_covariance(J)))


def correlations(J: Array) -> Array:
    """Return the correlations of the estimates, (parameter, parameter); not a number where a variance is infinite."""
    covariance = _covariance(J)
    spread = np.sqrt(np.diag(covariance))
    with np.errstate(invalid="ignore"):
        found: Array = covariance / np.outer(spread, spread)
    return found


def _covariance(J: Array) -> Array:
    """Return (J'J)^-1, with infinite variances where a parameter has a part in a direction of no information."""
    count = J.shape[1]
    _, s, v = np.linalg.svd(np.concatenate([J, np.zeros((count, count))]))
    bound = s.max(initial=0.0) * np.sqrt(np.finfo(float).eps)
    seen = s > bound
    covariance: Array = (v[seen].T / s[seen] ** 2) @ v[seen]
    lost = (np.abs(v[~seen]) > np.sqrt(np.finfo(float).eps)).any(axis=0)
    covariance[np.diag_indices(count)] = np.where(lost, np.inf, np.diag(covariance))
    return covariance


def posterior_sd(J: Array, prior_sd: Array) -> Array:
    """Return the posterior SD of each parameter in its unit coordinate (Laplace), prior and rows together.

    Parameters
    ----------
    J : (row, parameter) array
    prior_sd : (parameter,) array
        Infinite where there is no prior.

    Examples
    --------
    >>> posterior_sd(np.array([[4.0, 0.0]]), np.array([1 / 3, 0.3])).round(6).tolist()
    [0.2, 0.3]
    """
    with_prior = np.concatenate([J, np.diag(1.0 / prior_sd)])
    return standard_errors(with_prior)


def flat_directions(J: Array, names: Sequence[str]) -> tuple[Direction, ...]:
    """Return the directions that the rows do not tell, the flattest first.

    Examples
    --------
    >>> J = np.array([[5.0, 5.0, 0.0], [0.0, 0.0, 3.0]])
    >>> [direction.words for direction in flat_directions(J, ["a", "b", "c"])]
    ['a up with b down leaves the rows as they are']
    """
    count = J.shape[1]
    _, s, v = np.linalg.svd(np.concatenate([J, np.zeros((count, count))]))
    found = []
    for strength, direction in sorted(zip(s, v, strict=False), key=lambda pair: float(pair[0])):
        if strength < FLAT:
            order = np.argsort(-np.abs(direction), kind="stable")
            parts = [(names[k], float(direction[k])) for k in order if abs(direction[k]) >= _SHOWN]
            found.append(Direction(float(strength), tuple(parts)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Trade:
    """What a held parameter would do, moved over its whole range, with the fitted ones free to answer.

    Attributes
    ----------
    name : str
    seen : float
        By how many SD (root of the sum of squares) the rows move.
    left : float
        By how many they are still off after the fitted parameters have answered.
    answer : tuple of (name, share of its own range)
        How the fitted parameters move; those of more than a tenth of their range.
    """

    name: str
    seen: float
    left: float
    answer: tuple[tuple[str, float], ...]

    @property
    def words(self) -> str:
        """Return what the rows say about it, in words."""
        if self.seen < FLAT:
            return f"{self.name}: the rows say nothing about it"
        if self.left >= FLAT:
            return f"{self.name}: the rows resist, by {self.left:.1f} SD over its range"
        told = ", ".join(f"{name} {share:+.2f}" for name, share in self.answer)
        return f"{self.name}: traded for {told} (in shares of their ranges)"


def trades(J: Array, names: Sequence[str], fitted: int) -> tuple[Trade, ...]:
    """Return what each held parameter would do; the first `fitted` columns of J are those that are fitted.

    Examples
    --------
    >>> J = np.array([[5.0, 0.0, 2.5], [0.0, 4.0, 0.0]])
    >>> [trade.words for trade in trades(J, ["clearance", "volume", "share"], 2)]
    ['share: traded for clearance -0.50 (in shares of their ranges)']
    """
    free, found = J[:, :fitted], []
    for k in range(fitted, J.shape[1]):
        answer = np.linalg.lstsq(free, -J[:, k], rcond=None)[0]
        left = float(np.linalg.norm(J[:, k] + free @ answer))
        moved = [(names[i], float(share)) for i, share in enumerate(answer) if abs(share) >= _MOVED]
        moved.sort(key=lambda pair: -abs(pair[1]))
        found.append(Trade(names[k], float(np.linalg.norm(J[:, k])), left, tuple(moved)))
    return tuple(found)

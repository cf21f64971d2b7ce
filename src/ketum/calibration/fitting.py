"""Weighted least squares with common random numbers, in unit coordinates (scipy's trust-region reflective method)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from ketum.calibration.parameters import FitParameter, with_values
from ketum.calibration.rows import FitRow
from ketum.engine.cohort import Tables
from ketum.validation.catalogue import STUDIES
from ketum.validation.comparisons import load_comparisons

Array = NDArray[np.float64]
STEP = 0.06
"""Half width of a central difference, unit coordinate: wide, as shares of persons move in steps."""
_ENOUGH = 5e-3
"""Relative change of chi-square + 1, and of the parameters, at which the fit ends."""
_MOST_STEPS = 15


class Predictor:
    """Predictions of rows with changed parameters; every study with the same persons and seed each time.

    Parameters
    ----------
    tables : Tables
    sizes : mapping of study to int
        With how many persons each study is lived.
    seed : int
    told : callable, optional
        Called with the number of studies lived so far, after each.
    """

    def __init__(
        self, tables: Tables, sizes: Mapping[str, int], seed: int, told: Callable[[int], None] | None = None
    ) -> None:
        self.tables, self.sizes, self.seed, self.told = tables, sizes, seed, told
        self.lived = 0

    def __call__(self, values: Mapping[str, float], rows: Sequence[str]) -> dict[str, float]:
        """Return the prediction of each row, with some parameters at other values (by key)."""
        tables = with_values(self.tables, values)
        asked = {row: load_comparisons()[row] for row in rows}
        found: dict[str, float] = {}
        for study in dict.fromkeys(one.study for one in asked.values()):
            measured = STUDIES[study](tables, self.sizes[study], self.seed)
            found |= {row: one.number(measured) for row, one in asked.items() if one.study == study}
            self.lived += 1
            if self.told is not None:
                self.told(self.lived)
        return found


@dataclass
class Problem:
    """The rows of a block as residuals of its parameters.

    Attributes
    ----------
    parameters : tuple of FitParameter
        Those that are fitted.
    rows : tuple of FitRow
        Those that are fitted to.
    predict : Predictor
    two_sided : bool
        Whether a residual is counted in the SD of its own side of the accepted range.
    """

    parameters: tuple[FitParameter, ...]
    rows: tuple[FitRow, ...]
    predict: Predictor
    two_sided: bool = False

    def __post_init__(self) -> None:
        self._last: tuple[tuple[float, ...], Array] | None = None

    def values(self, u: Array) -> dict[str, float]:
        """Return the parameters at unit coordinates."""
        return {parameter.key: parameter.value(float(x)) for parameter, x in zip(self.parameters, u, strict=True)}

    def residuals(self, u: Array) -> Array:
        """Return the residuals of all rows, in SD."""
        key = tuple(float(x) for x in u)
        if self._last is None or self._last[0] != key:
            self._last = key, self._of(self.values(u), self.rows)
        return self._last[1]

    def _of(self, values: Mapping[str, float], rows: Sequence[FitRow]) -> Array:
        found = self.predict(values, [row.target.id for row in rows])
        return np.array([row.residual(found[row.target.id], two_sided=self.two_sided) for row in rows])

    def jacobian(self, u: Array, also: Sequence[FitParameter] = ()) -> Array:
        """Return the change of each residual over the range of each parameter, (row, parameter), by differences.

        `also` are held parameters, at their shipped values. A parameter is moved only for the rows on which it acts.
        """
        here = self.values(u)
        places = [*(float(x) for x in u), *(parameter.place(parameter.shipped) for parameter in also)]
        J = np.zeros((len(self.rows), len(places)))
        for k, (parameter, place) in enumerate(zip((*self.parameters, *also), places, strict=True)):
            acted = [j for j, row in enumerate(self.rows) if row.target.id in parameter.targets]
            if not acted:
                continue
            low, high = max(place - STEP, 0.0), min(place + STEP, 1.0)
            rows = [self.rows[j] for j in acted]
            below, above = (self._of({**here, parameter.key: parameter.value(x)}, rows) for x in (low, high))
            J[acted, k] = (above - below) / (high - low)
        return J

    def solve(self, start: Array | None = None) -> Array:
        """Return the unit coordinates of the best fit, from each parameter's start."""
        begin = np.array([parameter.start for parameter in self.parameters]) if start is None else start

        def with_one(u: Array) -> Array:
            return np.append(self.residuals(u), 1.0)  # makes the relative tolerance one of chi-square + 1

        def sensitivities(u: Array) -> Array:
            return np.vstack([self.jacobian(u), np.zeros(len(begin))])

        found = least_squares(
            with_one,
            begin,
            jac=sensitivities,
            bounds=(0.0, 1.0),
            method="trf",
            xtol=_ENOUGH,
            ftol=_ENOUGH,
            gtol=_ENOUGH,
            max_nfev=_MOST_STEPS,
        )
        best: Array = found.x
        return best


def profile(problem: Problem, best: Array, J: Array, which: int, place: float, least: float) -> float:
    """Return by how much chi-square rises with one parameter at `place` and the others fitted again.

    The others move by two Gauss-Newton steps with the sensitivities of the best fit, whose chi-square is `least`, so
    that a point of the profile costs three evaluations.
    """
    others = [k for k in range(len(best)) if k != which]
    u = best.copy()
    u[which] = place
    for _ in range(2):
        if not others:
            break
        step = np.linalg.lstsq(J[:, others], -problem.residuals(u), rcond=None)[0]
        u[others] = np.clip(u[others] + step, 0.0, 1.0)
    return float((problem.residuals(u) ** 2).sum()) - least

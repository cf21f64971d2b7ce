"""All blocks fitted one after another: estimates beside shipped values, rows beside targets."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from ketum.calibration.fitting import Predictor, Problem, profile
from ketum.calibration.identifiability import (
    Direction,
    Trade,
    correlations,
    flat_directions,
    posterior_sd,
    standard_errors,
    trades,
)
from ketum.calibration.parameters import UNIFORM_SD, FitParameter, load_fit_parameters
from ketum.calibration.rows import FitRow, block_labels, load_rows, study_sizes
from ketum.engine.cohort import Tables, shipped_tables
from ketum.engine.layout import LANES
from ketum.errors import EvidenceError
from ketum.evidence import CalibrationTarget, load_calibration_targets
from ketum.evidence.names import nearest

Array = NDArray[np.float64]
Tell = Callable[[str, int], None]
COMES_OUT = 2.0
"""Standard errors within which a shipped value counts as coming out of the rows."""
_STRONG = 0.7
"""Correlation of estimates from which it is told."""
_AT_BOUND = 1e-3
_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class RowResult:
    """A row with what the model says: with shipped parameters, and with those fitted again."""

    row: FitRow
    shipped: float
    refitted: float

    @property
    def met(self) -> bool:
        """Whether the accepted range holds the prediction with shipped parameters."""
        return self.row.target.accepts(self.shipped)

    @property
    def met_refitted(self) -> bool:
        """Whether it holds the prediction with parameters fitted again."""
        return self.row.target.accepts(self.refitted)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A fitted parameter.

    Attributes
    ----------
    parameter : FitParameter
    value, low, high : float
        Estimate, and one standard error below and above it (infinite errors: the range); in the parameter's unit.
    se : float
        Standard error in the unit coordinate, infinite where no row tells it.
    distance : float
        (estimate - shipped)/se; not a number where no row tells it.
    profile : (float, float) or None
        Rise of chi-square at the lower and the upper end of the range, the others fitted again; only of parameters
        that the rows tell no better than their uncertainty.
    learned : float or None
        1 - posterior SD/prior SD; None where the table gives no uncertainty. Of the parameters held as well.
    at_bound : bool
        Whether the fit ended at an end of the range.
    two_sided : float or None
        The estimate where each side of a lopsided accepted range has an SD of its own; None where no range is.
    two_sided_distance : float or None
        The same, (estimate - shipped)/se.
    """

    parameter: FitParameter
    value: float
    low: float
    high: float
    se: float
    distance: float
    profile: tuple[float, float] | None
    learned: float | None
    at_bound: bool
    two_sided: float | None = None
    two_sided_distance: float | None = None

    @property
    def comes_out(self) -> bool | None:
        """Whether the shipped value lies within two standard errors; None where the rows do not tell it."""
        return None if self.told == "not" else abs(self.distance) <= COMES_OUT

    @property
    def told(self) -> str:
        """How well the rows tell it: `well`, `weakly` (no better than its uncertainty) or `not` (beyond its range)."""
        if self.se >= 1.0:
            return "not"
        return "well" if self.se < (self.parameter.prior_sd or UNIFORM_SD) else "weakly"


@dataclass(frozen=True, slots=True)
class BlockResult:
    """A block: its rows, estimates, correlations of estimates, flat directions, and run time."""

    name: str
    label: str
    rows: tuple[RowResult, ...]
    estimates: tuple[Estimate, ...]
    held: tuple[FitParameter, ...]
    correlated: tuple[tuple[str, str, float], ...]
    flat: tuple[Direction, ...]
    trades: tuple[Trade, ...]
    chi2: tuple[float, float, float]
    lives: int
    seconds: float

    @property
    def together(self) -> bool:
        """Whether the shipped values together fit no worse than chance allows (95% point of chi-square)."""
        return self.chi2[1] - self.chi2[2] <= float(chi2.ppf(_LEVEL, len(self.estimates)))

    @property
    def good(self) -> bool:
        """Whether every row is met, every shipped value that the rows tell comes out, and all of them fit together."""
        return not self.missed and not self.astray and self.together

    @property
    def missed(self) -> tuple[str, ...]:
        """Rows whose accepted range does not hold the prediction."""
        return tuple(r.row.target.id for r in self.rows if not (r.met and r.met_refitted))

    @property
    def astray(self) -> tuple[str, ...]:
        """Parameters whose shipped value does not come out."""
        return tuple(e.parameter.key for e in self.estimates if e.comes_out is False)

    @property
    def untold(self) -> tuple[str, ...]:
        """Fitted parameters that the rows do not tell: their shipped values come out of nothing."""
        return tuple(e.parameter.key for e in self.estimates if e.comes_out is None)

    @property
    def lopsided(self) -> tuple[FitRow, ...]:
        """Rows that were fitted to whose accepted range is lopsided."""
        return tuple(found.row for found in self.rows if found.row.role == "fitted" and found.row.lopsided)


def blocks_of(rows: Sequence[FitRow]) -> tuple[str, ...]:
    """Return the blocks that have rows, in their order."""
    return tuple(name for name in block_labels() if any(row.block == name for row in rows))


def calibrate(
    *,
    targets: Sequence[CalibrationTarget] | None = None,
    block: str | None = None,
    people: int | None = None,
    seed: int = 1,
    tables: Tables | None = None,
    tell: Tell | None = None,
) -> tuple[BlockResult, ...]:
    """Fit every block (or one) to the calibration rows and compare with the shipped values.

    Parameters
    ----------
    targets : sequence of CalibrationTarget, optional
        Instead of those of the evidence.
    block : str, optional
    people : int, optional
        Persons of the study of regular users; those of the others in proportion.
    seed : int
        Seed of all studies; the optimiser draws nothing.
    tables : Tables, optional
        Instead of the shipped ones: start values and bounds stay those of their ranges.
    tell : callable, optional
        Told the label of the block and the studies lived in it so far.

    Raises
    ------
    EvidenceError
        If there is no such block.
    """
    rows = load_rows(load_calibration_targets() if targets is None else targets)
    names = blocks_of(rows)
    if block is not None and block not in names:
        raise EvidenceError(f"--block: {block!r} is not known; {nearest(block, names)}")
    base = tables or shipped_tables()
    sizes = _sizes(people)
    return tuple(_fit(name, rows, base, sizes, seed, tell) for name in names if block in (None, name))


def _sizes(people: int | None) -> dict[str, int]:
    sizes = dict(study_sizes())
    if people is None:
        return sizes
    share = people / sizes["regular_users"]
    return {study: max(round(count * share), LANES) for study, count in sizes.items()}


def _fit(
    name: str, rows: Sequence[FitRow], tables: Tables, sizes: dict[str, int], seed: int, tell: Tell | None
) -> BlockResult:
    began = time.monotonic()
    label = block_labels()[name]
    predict = Predictor(tables, sizes, seed, None if tell is None else lambda lived: tell(label, lived))
    of_block = [row for row in rows if row.block == name]
    fitted_to = tuple(row for row in of_block if row.role == "fitted")
    parameters = [p for p in load_fit_parameters(tables) if p.block == name]
    free = tuple(p for p in parameters if p.role == "fitted")
    held = tuple(p for p in parameters if p.role == "held")
    problem = Problem(free, fitted_to, predict)
    best = problem.solve()
    J = problem.jacobian(best, held)
    ids = [row.target.id for row in of_block]
    before, after = predict({}, ids), predict(problem.values(best), ids)
    places = np.array([p.start for p in free]), np.array([p.place(p.shipped) for p in free]), best
    start, shipped, fitted = (float((problem.residuals(u) ** 2).sum()) for u in places)
    own = J[:, : len(free)]
    estimates = [_estimate(problem, best, J, k, held, fitted) for k in range(len(free))]
    if any(row.lopsided for row in fitted_to):
        estimates = _two_sided(replace(problem, two_sided=True), best, estimates)
    return BlockResult(
        name,
        label,
        tuple(RowResult(row, before[row.target.id], after[row.target.id]) for row in of_block),
        tuple(estimates),
        held,
        _correlated(own, free),
        flat_directions(own, [p.key for p in free]),
        trades(J, [p.key for p in (*free, *held)], len(free)),
        (start, shipped, fitted),
        predict.lived,
        time.monotonic() - began,
    )


def _estimate(problem: Problem, best: Array, J: Array, k: int, held: Sequence[FitParameter], least: float) -> Estimate:
    parameter, u = problem.parameters[k], float(best[k])
    own = J[:, : len(best)]
    se = float(standard_errors(own)[k])
    ends = [parameter.value(min(max(u + side * se, 0.0), 1.0)) for side in (-1.0, 1.0)]
    priors = np.array([np.inf if p.prior_sd is None else p.prior_sd for p in (*problem.parameters, *held)])
    learned = None if parameter.prior_sd is None else 1.0 - float(posterior_sd(J, priors)[k]) / parameter.prior_sd
    rises = None
    if se >= (parameter.prior_sd or UNIFORM_SD):
        rises = profile(problem, best, own, k, 0.0, least), profile(problem, best, own, k, 1.0, least)
    at_bound = min(u, 1.0 - u) < _AT_BOUND
    distance = _distance(parameter, u, se)
    return Estimate(parameter, parameter.value(u), ends[0], ends[1], se, distance, rises, learned, at_bound)


def _distance(parameter: FitParameter, u: float, se: float) -> float:
    return (u - parameter.place(parameter.shipped)) / se if np.isfinite(se) else float("nan")


def _two_sided(problem: Problem, best: Array, estimates: Sequence[Estimate]) -> list[Estimate]:
    """Return the estimates with what a fit gives in which each side of an accepted range has its own SD."""
    place = problem.solve(best)
    errors = standard_errors(problem.jacobian(place))
    return [
        replace(
            e, two_sided=e.parameter.value(float(u)), two_sided_distance=_distance(e.parameter, float(u), float(se))
        )
        for e, u, se in zip(estimates, place, errors, strict=True)
    ]


def _correlated(J: Array, free: Sequence[FitParameter]) -> tuple[tuple[str, str, float], ...]:
    r = correlations(J)
    return tuple(
        (free[i].key, free[j].key, float(r[i, j]))
        for i in range(len(free))
        for j in range(i + 1, len(free))
        if abs(r[i, j]) >= _STRONG
    )

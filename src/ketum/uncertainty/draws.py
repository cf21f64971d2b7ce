"""Parameter sets: every uncertain value of the tables drawn from its uncertainty column."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import fields, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from ketum.engine.cohort import Tables
from ketum.evidence import Parameter, ParameterTable, group_of

Array = NDArray[np.float64]
NOT_DRAWN = frozenset({"mood alone", "produced", "body alone"})
"""Groups of parameters on which nothing depends in the joined model."""
SET_ELSEWHERE = frozenset({"mood.beta_S", "mood.beta_L"})
"""What the causal setting sets: a hypothesis, not a parameter of unknown value."""
_TAIL = 0.95
"""Normal and lognormal: u_high is this quantile, u_low its mirror."""
_MOST_SETS = 2**20


def uncertain_parameters(tables: Tables) -> tuple[Parameter, ...]:
    """Return the parameters whose value is uncertain, in the order of tables and rows.

    >>> from ketum.engine.cohort import shipped_tables
    >>> [p.key for p in uncertain_parameters(shipped_tables())][0]
    'body.ka'
    """
    rooms: list[ParameterTable] = [getattr(tables, f.name) for f in fields(tables)]
    return tuple(
        p
        for table in rooms
        for p in table.values()
        if p.uncertainty.kind != "fixed"
        and p.key not in SET_ELSEWHERE
        and not (table.name in ("body", "mood") and group_of(p.symbol) in NOT_DRAWN)
    )


def quantile(parameter: Parameter, u: Array) -> Array:
    """Return the values of a parameter at quantiles of its uncertainty, inside its physical range.

    Parameters
    ----------
    parameter : Parameter
    u : array of numbers in (0, 1)

    Returns
    -------
    array
        In the parameter's unit. Uniform and loguniform: over the whole range from u_low to u_high. Normal and
        lognormal: two halves that meet at the value, which is the median, with u_low and u_high as 5th and 95th
        percentile; cut off at the physical range, beyond which nothing is drawn. Bernoulli: 1 with probability u_high.

    Examples
    --------
    >>> from ketum.evidence import load_parameters
    >>> body = load_parameters("body")
    >>> [round(float(x), 6) for x in quantile(body["lam_0"], np.array([0.05, 0.5, 0.95]))]
    [0.1, 0.145, 0.2]
    >>> quantile(body["gut_auto"], np.array([0.2, 0.8])).tolist()
    [0.0, 1.0]
    """
    spread, value = parameter.uncertainty, parameter.value
    low, high = spread.low, spread.high
    if spread.kind == "fixed" or low is None or high is None:
        return np.full_like(u, value)
    if spread.kind == "bernoulli":
        return (u > 1.0 - high).astype(float)
    if spread.kind in ("uniform", "loguniform"):
        low = low if parameter.p_low is None else max(low, parameter.p_low)
        high = high if parameter.p_high is None else min(high, parameter.p_high)
    if spread.kind == "uniform":
        return low + u * (high - low)
    if spread.kind == "loguniform":
        drawn: Array = low * (high / low) ** u
        return drawn
    logs = spread.kind == "lognormal"
    z = float(ndtri(_TAIL))
    middle, below, above = (float(np.log(x)) if logs else x for x in (value, low, high))
    sides = (middle - below) / z, (above - middle) / z
    first = _share_below(parameter.p_low, middle, sides, logs=logs, where_open=0.0)
    last = _share_below(parameter.p_high, middle, sides, logs=logs, where_open=1.0)
    normal = ndtri(first + u * (last - first))
    found: Array = middle + normal * np.where(normal < 0.0, *sides)
    return np.exp(found) if logs else found


def _share_below(
    bound: float | None, middle: float, sides: tuple[float, float], *, logs: bool, where_open: float
) -> float:
    """Return the probability below a bound of a two-piece normal (of the logarithm)."""
    if bound is None:
        return where_open
    if logs:
        if bound <= 0.0:
            return 0.0
        bound = float(np.log(bound))
    side = sides[0] if bound < middle else sides[1]
    return float(ndtr((bound - middle) / side)) if side > 0.0 else float(bound >= middle)


@lru_cache(maxsize=4)
def _points(dimensions: int, seed: int, count: int) -> Array:
    """Return the first `count` points of a scrambled Sobol sequence, (point, dimension), none on the border."""
    from scipy.stats.qmc import Sobol

    points: Array = Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed)).random(count)
    return np.clip(points, np.finfo(float).eps, 1.0 - np.finfo(float).eps)


def unit_points(tables: Tables, numbers: NDArray[np.int64], seed: int) -> Array:
    """Return the points in the unit cube of parameter sets 1, 2, ...: (set, uncertain parameter).

    Set k is the same whatever the number of sets, and whichever parameters are fixed.
    """
    if len(numbers) and not 1 <= numbers.min() <= numbers.max() <= _MOST_SETS:
        raise ValueError(f"parameter sets are numbered from 1 to {_MOST_SETS}")
    rounded = 1 << (int(numbers.max(initial=1)) - 1).bit_length()
    return _points(len(uncertain_parameters(tables)), seed, rounded)[numbers - 1]


def tables_at(tables: Tables, values: Mapping[str, float]) -> Tables:
    """Return tables with other values, by key such as ``body.ka``."""
    by_table: dict[str, dict[str, float]] = {}
    for key, value in values.items():
        name, _, symbol = key.partition(".")
        by_table.setdefault(name, {})[symbol] = value
    return replace(tables, **{name: getattr(tables, name).with_values(own) for name, own in by_table.items()})


def set_values(tables: Tables, point: Array, fixed: Set[str] = frozenset()) -> dict[str, float]:
    """Return the values by key of the parameter set at a point of the unit cube; fixed ones (by key) are left out."""
    parameters = uncertain_parameters(tables)
    return {p.key: float(quantile(p, point[k : k + 1])[0]) for k, p in enumerate(parameters) if p.key not in fixed}


def drawn_tables(tables: Tables, number: int, *, fixed: Set[str] = frozenset(), seed: int = 1) -> Tables:
    """Return parameter set `number` (1, 2, ...) of a seed.

    Parameters
    ----------
    tables : Tables
    number : int
    fixed : set of str
        Keys (such as ``body.theta``) that keep their value.
    seed : int
        Seed of the quasi-random sequence.

    Examples
    --------
    >>> from ketum.engine.cohort import shipped_tables
    >>> shipped = shipped_tables()
    >>> drawn = drawn_tables(shipped, 3, fixed={"body.theta"})
    >>> drawn.body.value("theta") == shipped.body.value("theta"), drawn.body.value("ka") == shipped.body.value("ka")
    (True, False)
    """
    point = unit_points(tables, np.array([number]), seed)[0]
    return tables_at(tables, set_values(tables, point, fixed))

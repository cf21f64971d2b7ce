"""Virtual persons: covariates and parameter draws, keyed by seed and person number (`joined.md` section 7 and 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri

from ketum.evidence import Parameter, ParameterTable
from ketum.people.covariates import Candidates, Traits, draw_traits
from ketum.people.streams import (
    ADULTERATED,
    CONTAMINANTS,
    LABELS,
    LOTS,
    PERSON_PARAMETERS,
    WEIGHT,
    normals,
    uniforms,
)

Array = NDArray[np.float64]
CANDIDATE_SHIFT = 32
"""Bits by which the number of a candidate stands above the number of the person, in a key."""


@dataclass(frozen=True, slots=True)
class Persons:
    """A group of virtual persons.

    Attributes
    ----------
    numbers : (P,) int64
        Keys of all their random numbers: person number + candidate number x 2^32.
    parameters : mapping of symbol to (P,) array
        Every symbol of the body table; the median where nothing varies between persons.
    candidates, traits : Candidates and Traits, or None
        Covariates and mood; None for body and brain alone.
    """

    numbers: NDArray[np.int64]
    parameters: Mapping[str, Array]
    candidates: Candidates | None = None
    traits: Traits | None = None

    @property
    def index(self) -> NDArray[np.int64]:
        """Person numbers, (P,)."""
        return self.numbers & ((1 << CANDIDATE_SHIFT) - 1)

    @property
    def weight(self) -> Array:
        """Body weight, kg."""
        return self.parameters["WT"]

    def first(self, count: int) -> Persons:
        """Return the first persons.

        Examples
        --------
        >>> from ketum.evidence import load_parameters
        >>> typical_persons(64, load_parameters("body")).first(32).weight.shape
        (32,)
        """
        return self.take(slice(count))

    def take(self, which: slice | NDArray[np.int64]) -> Persons:
        """Return some persons, by their places.

        Examples
        --------
        >>> from ketum.evidence import load_parameters
        >>> typical_persons(64, load_parameters("body")).take(np.array([3, 1])).numbers
        array([3, 1])
        """
        return Persons(
            self.numbers[which],
            {symbol: values[which] for symbol, values in self.parameters.items()},
            self.candidates and _taken(self.candidates, which),
            self.traits and _taken(self.traits, which),
        )


_Held = TypeVar("_Held", Candidates, Traits)


def _taken(held: _Held, which: slice | NDArray[np.int64]) -> _Held:
    """Return arrays of persons, and mappings of such arrays, of some persons: their places along the last axis."""
    cut: dict[str, Any] = {}
    for field in fields(held):
        values = getattr(held, field.name)
        if isinstance(values, Mapping):
            cut[field.name] = {name: of_each[..., which] for name, of_each in values.items()}
        else:
            cut[field.name] = values[..., which]
    return replace(held, **cut)


def _draw(parameter: Parameter, u: Array) -> Array:
    """Return person values of a symbol from uniforms: of a lognormal the value is the median."""
    spread = parameter.between_person
    first = spread.bp_1 if spread.bp_1 is not None else 0.0
    second = spread.bp_2 if spread.bp_2 is not None else 0.0
    if spread.kind == "lognormal":
        drawn: Array = parameter.value * np.exp(np.sqrt(np.log1p(first**2)) * ndtri(u))
        return drawn
    if spread.kind == "integers":
        return first + np.floor(u * (second - first + 1.0))
    if spread.kind == "beta":
        return betaincinv(first, second, u)
    message = f"{parameter.key}: between-person distribution {spread.kind!r} is not drawn here"
    raise ValueError(message)


def draw_persons(
    numbers: NDArray[np.int64],
    seed: int,
    body: ParameterTable,
    candidates: Candidates | None = None,
    covariates: ParameterTable | None = None,
    mood: ParameterTable | None = None,
) -> Persons:
    """Draw persons.

    Parameters
    ----------
    numbers : (P,) int64
        Keys of the persons.
    seed : int
        Seed of the scenario.
    body : ParameterTable
        Body parameters; each symbol with a between-person entry is drawn from stream 200 at its table position.
    candidates, covariates, mood : Candidates, ParameterTable, ParameterTable, optional
        With these, persons have a mood, and weight follows sex (``wt_f``, ``wt_m``); without, weight is drawn from
        the body table alone.

    Returns
    -------
    Persons

    Examples
    --------
    >>> import numpy as np
    >>> from ketum.evidence import load_parameters
    >>> few = draw_persons(np.arange(3), 1, load_parameters("body"))
    >>> many = draw_persons(np.arange(64), 1, load_parameters("body"))
    >>> bool(few.parameters["theta"][2] == many.parameters["theta"][2])
    True
    """
    n = len(numbers)
    varying = [p for p in body.values() if p.between_person.kind != "none"]
    u = uniforms(seed, numbers, PERSON_PARAMETERS, np.array([p.position for p in varying]))
    parameters = {p.symbol: np.full(n, p.value) for p in body.values()}
    parameters.update({p.symbol: _draw(p, u[k]) for k, p in enumerate(varying)})
    if candidates is None or covariates is None or mood is None:
        return Persons(numbers, parameters)
    u_weight = uniforms(seed, numbers, WEIGHT, np.array([0]))[0]
    parameters["WT"] = np.where(candidates.female, _draw(mood["wt_f"], u_weight), _draw(mood["wt_m"], u_weight))
    return Persons(numbers, parameters, candidates, draw_traits(candidates, seed, covariates, mood))


def typical_persons(count: int, body: ParameterTable) -> Persons:
    """Return copies of the typical person: reference weight, every other symbol at its table value."""
    parameters = {p.symbol: np.full(count, p.value) for p in body.values()}
    parameters["WT"] = parameters["WT_ref"].copy()
    return Persons(np.arange(count, dtype=np.int64), parameters)


def lot_factors(numbers: NDArray[np.int64], seed: int, lots: int, lot_cv: float) -> Array:
    """Return content factors of lots, lognormal with mean one, (lots, P); stream 201, counter the lot's number."""
    sigma = np.sqrt(np.log1p(lot_cv**2))
    factors: Array = np.exp(sigma * normals(seed, numbers, LOTS, np.arange(lots)) - 0.5 * sigma**2)
    return factors


def lot_labels(numbers: NDArray[np.int64], seed: int, lots: int, excess: Parameter) -> Array:
    """Return what lots of tablets hold for each mg on their label, (lots, P); stream 209, counter the lot's number."""
    return _draw(excess, uniforms(seed, numbers, LABELS, np.arange(lots)))


def lot_chances(numbers: NDArray[np.int64], seed: int, lots: int) -> Array:
    """Return a uniform for each lot, (lots, P): below the share of lots that hold something, this one does.

    Stream 210, counter the lot's number; a lot that holds it at one share holds it at every larger one.
    """
    return uniforms(seed, numbers, ADULTERATED, np.arange(lots))


def lot_contents(numbers: NDArray[np.int64], seed: int, lots: int, contaminant: Parameter) -> Array:
    """Return the content of a contaminant in lots, in the parameter's unit, (lots, P); stream 220 + its position."""
    return _draw(contaminant, uniforms(seed, numbers, CONTAMINANTS + contaminant.position, np.arange(lots)))

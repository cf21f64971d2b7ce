"""The variance of the main results shared out: by class of evidence, and by parameter within the leading class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from ketum.evidence import PROVENANCES, Parameter, group_of
from ketum.results.catalogue import endpoint_catalogue
from ketum.results.dossier_outputs import endpoint_basis, groups_behind, output_basis
from ketum.results.quantities import Quantity
from ketum.results.sets import SetResult
from ketum.uncertainty.shares import Design, Share, leading, rank_correlations

Array = NDArray[np.float64]
Evaluate = Callable[[int, Array], list[SetResult]]
"""Number of the first set and points in the unit cube to the results of each."""
ASSUMED = "assumption"
BEHAVIOUR = "behaviour"
"""The group of parameters that drive as-needed use: behind everything after a run-in."""
OTHER = "other "
SINGLES = 16
"""Parameters that are looked at one by one; the others of a class stay together."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Where the variance of one result comes from.

    Attributes
    ----------
    quantity : Quantity
    mean, sd : float
        Over all sampled parameter sets.
    by_class : tuple of Share
    leading : str
        The class with the largest total share.
    by_parameter : tuple of Share
        Parameters of that class by key, largest first, and the others of the class together.
    """

    quantity: Quantity
    mean: float
    sd: float
    by_class: tuple[Share, ...]
    leading: str
    by_parameter: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Variance:
    """Shares of all main results.

    Attributes
    ----------
    base, sets : int
        Base samples, and parameter sets lived in all.
    shared : tuple of Shared
    left_out : tuple of Quantity
        Main results that some sets do not have, such as a time that is not reached within the record.
    turned : mapping of Quantity to two arrays
        Values of a difference in sets that agree in everything but assumptions.
    """

    base: int
    sets: int
    shared: tuple[Shared, ...]
    left_out: tuple[Quantity, ...]
    turned: Mapping[Quantity, tuple[Array, Array]]

    @staticmethod
    def most_sets() -> int:
        """Return the largest number of sets for each base sample."""
        return 2 + len(PROVENANCES) + SINGLES + len(PROVENANCES)


class _Sampled:
    """Results at points of the unit cube, each point lived once."""

    def __init__(self, evaluate: Evaluate) -> None:
        self._evaluate = evaluate
        self._place: dict[bytes, int] = {}
        self.results: list[SetResult] = []

    def at(self, points: Array) -> NDArray[np.int64]:
        """Return the numbers of the results at these points."""
        known = len(self._place)
        fresh: list[int] = []
        places = np.empty(len(points), dtype=np.int64)
        for k, point in enumerate(points):
            name = point.tobytes()
            if name not in self._place:
                self._place[name] = known + len(fresh)
                fresh.append(k)
            places[k] = self._place[name]
        if fresh:
            self.results += self._evaluate(known, points[fresh])
        return places

    def values(self, quantity: Quantity, places: NDArray[np.int64]) -> Array:
        """Return a result at these places, nan where there is none."""
        return np.array([self.results[place].endpoints.get(quantity.key, np.nan) for place in places])


def share_out(
    parameters: Sequence[Parameter],
    main: Iterable[Quantity],
    signs: Iterable[Quantity],
    base: int,
    seed: int,
    evaluate: Evaluate,
    seen: tuple[Array, Sequence[SetResult]],
) -> Variance:
    """Return where the variance of the main results comes from.

    Parameters
    ----------
    parameters : sequence of Parameter
        What is uncertain: the dimensions of the unit cube.
    main, signs : iterable of Quantity
        Results whose variance is shared out, and differences whose sign is looked at.
    base : int
        Base samples, a power of two.
    seed : int
    evaluate : callable
        Lives parameter sets.
    seen : (set, parameter) array, and as many results
        Sets that were lived already: they help to choose which parameters are looked at one by one.
    """
    sampled = _Sampled(evaluate)
    coarse = Design(tuple(p.provenance for p in parameters), base, seed)
    places = sampled.at(coarse.points())
    by_class: dict[Quantity, tuple[Share, ...]] = {}
    left_out: list[Quantity] = []
    for quantity in main:
        values = sampled.values(quantity, places)
        if np.isfinite(values).all():
            if np.ptp(values) > 0.0:
                by_class[quantity] = coarse.shares(values)
        elif np.isfinite(values).any():
            left_out.append(quantity)
    singles = _singles(parameters, by_class, sampled, (coarse.points(), places, coarse.ends()), seen)
    fine = Design(tuple(p.key if p.key in singles else OTHER + p.provenance for p in parameters), base, seed)
    fine_places = sampled.at(fine.points())
    shared = []
    for quantity, shares in by_class.items():
        top = leading(shares).group
        wanted = {p.key for p in parameters if p.provenance == top} | {OTHER + top}
        finer = sampled.values(quantity, fine_places)
        if not np.isfinite(finer).all():
            left_out.append(quantity)
            continue
        of_class = [share for share in fine.shares(finer) if share.group in wanted]
        values = sampled.values(quantity, places)
        by_parameter = tuple(sorted(of_class, key=lambda share: -share.total))
        shared.append(Shared(quantity, float(values.mean()), float(values.std()), shares, top, by_parameter))
    turned = _turned(coarse, sampled, places, signs)
    return Variance(base, len(sampled.results), tuple(shared), tuple(left_out), turned)


def _singles(
    parameters: Sequence[Parameter],
    by_class: Mapping[Quantity, tuple[Share, ...]],
    sampled: _Sampled,
    coarse: tuple[Array, NDArray[np.int64], NDArray[np.int64]],
    seen: tuple[Array, Sequence[SetResult]],
) -> set[str]:
    """Return the keys of the parameters to look at one by one.

    Of each main result those of its leading class that go most with it, in turn until there are enough.
    """
    points, places, ends = coarse
    ranked: list[list[str]] = []
    for quantity, shares in by_class.items():
        top = leading(shares).group
        before = np.array([result.endpoints.get(quantity.key, np.nan) for result in seen[1]])
        values = np.concatenate([sampled.values(quantity, places[ends]), before])
        known = np.isfinite(values)
        found = rank_correlations(np.concatenate([points[ends], seen[0]])[known], values[known])
        behind = _behind(quantity.name)
        strength = {
            p.key: float(size)
            for p, size in zip(parameters, found, strict=True)
            if p.provenance == top and (group_of(p.symbol) in behind or p.table != "body")
        }
        ranked.append(sorted(strength, key=lambda key: -strength[key]))
    chosen: dict[str, None] = {}
    for of_each in zip_longest(*ranked):
        for key in of_each:
            if key is not None and len(chosen) < SINGLES:
                chosen[key] = None
    return set(chosen)


def _behind(name: str) -> frozenset[str]:
    """Return the groups of parameters behind an end point, output or pharmacokinetic quantity."""
    if name.startswith("pk:"):
        return frozenset(groups_behind(name.split(":")[1]))
    basis = endpoint_basis(name) if name in endpoint_catalogue() else output_basis(name)
    return frozenset(basis.groups) | {BEHAVIOUR}


def _turned(
    design: Design, sampled: _Sampled, places: NDArray[np.int64], signs: Iterable[Quantity]
) -> dict[Quantity, tuple[Array, Array]]:
    """Return each difference in sets that agree in everything but assumptions."""
    if ASSUMED not in design.names:
        return {}
    first, other = (places[rows] for rows in design.alternates(ASSUMED))
    found = {}
    for quantity in signs:
        pair = sampled.values(quantity, first), sampled.values(quantity, other)
        whole = np.isfinite(pair[0]) & np.isfinite(pair[1])
        if whole.any():
            found[quantity] = (pair[0][whole], pair[1][whole])
    return found

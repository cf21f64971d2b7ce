"""Parameter sets: the tables of the body, shares of clearance and inhibition constants, drawn from their ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ketum.engine.cohort import Tables, shipped_tables
from ketum.evidence.metabolism import (
    Range,
    active_metabolites,
    medicine_routes,
    mitragynine_inhibition,
)
from ketum.uncertainty.draws import drawn_tables

SETS = 64
_SEED = 1


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """Values of the body's table, and at which share of its range each other number stands (none: at its value)."""

    body: Mapping[str, float]
    shares: Mapping[str, float] | None = None

    def number(self, key: str, within: Range) -> float:
        """Return a number of the tables of medicines in this set; `key` names it."""
        return within.value if self.shares is None else within.at(self.shares[key])

    def affinity(self, route: str) -> float:
        """Return 1/Ki of mitragynine at an enzyme, 1/uM."""
        u = None if self.shares is None else self.shares[f"{route} Ki"]
        return mitragynine_inhibition()[route].affinity(self.body, u)


def _keys() -> tuple[str, ...]:
    """Return the names of all numbers that are drawn beside the body's table."""
    routes = [f"{r.substance} {r.route} {what}" for every in medicine_routes().values() for r in every for what in _OF]
    metabolites = [f"{name} {what}" for name in active_metabolites() for what in ("formed", "ratio")]
    return (*routes, *metabolites, *(f"{route} Ki" for route in mitragynine_inhibition()))


_OF = ("share", "gut")


def at_table_values(tables: Tables | None = None) -> ParameterSet:
    """Return the values of the tables as a set."""
    return ParameterSet((tables or shipped_tables()).body.plain())


@lru_cache(maxsize=4)
def drawn_sets(count: int = SETS) -> tuple[ParameterSet, ...]:
    """Return parameter sets 1, 2, ... to `count`; set 17 is the same for any number of sets.

    The body's table is drawn as in `ketum run`; the other numbers lie anywhere between low and high.
    """
    from scipy.stats.qmc import Sobol

    keys, tables = _keys(), shipped_tables()
    rounded = 1 << max(count - 1, 0).bit_length()
    points = Sobol(len(keys), scramble=True, rng=np.random.default_rng(_SEED)).random(rounded)
    return tuple(
        ParameterSet(
            drawn_tables(tables, k + 1, seed=_SEED).body.plain(),
            dict(zip(keys, map(float, points[k]), strict=True)),
        )
        for k in range(count)
    )

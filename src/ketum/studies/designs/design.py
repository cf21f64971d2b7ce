"""What every design gives to the emulator: a pool, data sets, what is true of their participants, estimates."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ketum.mood import CausalSetting
from ketum.studies.draw import Urn
from ketum.studies.estimate import Estimate
from ketum.studies.lives.recipe import Entry, Recipe
from ketum.studies.measure import Instruments
from ketum.studies.model import Study
from ketum.studies.pool import People

Array = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Row:
    """One estimate of one replicate beside what is true of its participants.

    Attributes
    ----------
    estimand, estimator : str
    truth : float
        Mean over the participants of their paired potential outcomes, on the scale of the estimand.
    estimate : Estimate
    participants : int
        How many entered the analysis.
    unit : int
        Number within the replicate where each person is a study of its own; else 0.
    """

    estimand: str
    estimator: str
    truth: float
    estimate: Estimate
    participants: int
    unit: int = 0


class Design(ABC):
    """A design in one causal setting.

    Parameters
    ----------
    study : Study
    setting : CausalSetting
    """

    def __init__(self, study: Study, setting: CausalSetting) -> None:
        self.study, self.setting = study, setting
        self.tables, self.seed = study.tables, study.seed
        self._people: People | None = None

    @abstractmethod
    def recipe(self) -> Recipe:
        """Return how the pool is lived."""

    @abstractmethod
    def rows(self, replicate: int) -> list[Row]:
        """Return the estimates of a replicate."""

    @abstractmethod
    def example(self) -> pd.DataFrame:
        """Return the data set of the first replicate."""

    @property
    def of_pool(self) -> dict[str, Any]:
        """What the recipes of all pools are told."""
        return {
            "tables": self.tables,
            "setting": self.setting,
            "seed": self.seed,
            "persons": self.study.persons,
        }

    @property
    def entry(self) -> Entry:
        """Who may take part."""
        assert self.study.entry is not None
        return self.study.entry

    @cached_property
    def _urn(self) -> Urn:
        """Who is drawn from: everybody in the pool, unless a design has a rule of its own."""
        return self.urn()

    @abstractmethod
    def urns(self) -> Sequence[tuple[Urn, int]]:
        """Return from which persons is drawn, and how many in a replicate."""

    def settle(self) -> None:  # noqa: B027
        """Compute what all replicates share, once the pool is there."""

    def open(self, people: People) -> None:
        """Take a pool."""
        self._people = people
        self.settle()

    @property
    def people(self) -> People:
        """The pool."""
        assert self._people is not None
        return self._people

    def instruments(self, places: Places, emptied: int) -> Instruments:
        """Return the instruments for persons of the pool."""
        return Instruments(self.people.at("key", places).astype(np.int64), self.seed, self.tables, emptied)

    def urn(self, flags: NDArray[np.bool_] | None = None, number: int = 0) -> Urn:
        """Return an urn of all persons of the pool, or of some."""
        places = np.arange(len(self.people)) if flags is None else np.flatnonzero(flags)
        return Urn(places, self.seed, number)

    def covariates(self, places: Places, names: Sequence[str]) -> Array:
        """Return measured covariates, (person, covariate)."""
        columns = {"sex": "female"}
        return np.column_stack([self.people.at(columns.get(name, name), places) for name in names])


def known(*columns: Array) -> NDArray[np.bool_]:
    """Return which persons have no missing value in any column."""
    found = np.ones(len(columns[0]), dtype=bool)
    for column in columns:
        found &= np.isfinite(column)
    return found

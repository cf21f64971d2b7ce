"""What a pool of lives is made of: who takes part, and how a chunk of them is lived."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.mood import CausalSetting
from ketum.people import Candidates
from ketum.studies.lives.people import of_preset, people_of, scoring_at_least
from ketum.version import __version__

Array = NDArray[np.float64]
Keys = NDArray[np.int64]
Lives = dict[str, Array]
"""By name, with persons along the last axis; "key" and the covariates always, the rest depends on the recipe."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Who may take part.

    Attributes
    ----------
    population : str
        A population preset, or ``trial_entrants``: adults in an episode with a HAM-D17 of ``entry_hamd17`` or more.
    phq9_at_least : float
        Of ``us_adults``: the least PHQ-9 on day 0; 0 takes everybody.
    """

    population: str
    phq9_at_least: float = 0.0

    def people(self, tables: Tables, count: int, seed: int, *, selection: bool) -> Candidates:
        """Return the first `count` of them."""
        if self.population == "trial_entrants":
            from ketum.studies.lives.people import in_trial

            return in_trial(tables, count, seed)
        if self.population == "us_adults":
            return scoring_at_least(self.phq9_at_least, tables, count, seed)
        return of_preset(self.population, tables, count, seed, selection=selection)


@dataclass(frozen=True, kw_only=True)
class Recipe(ABC):
    """One kind of pool in one causal setting.

    Attributes
    ----------
    tables : Tables
    setting : CausalSetting
    seed : int
    persons : int
        How many persons the pool holds (of a survey: how many adults are drawn).
    """

    tables: Tables
    setting: CausalSetting
    seed: int
    persons: int

    chunk: ClassVar[int] = 1024
    """Persons who are lived in one go; the lives do not depend on it."""

    @abstractmethod
    def keys(self) -> Keys:
        """Return the keys of those who take part."""

    @abstractmethod
    def live(self, keys: Keys) -> Lives:
        """Live some of them."""

    def people(self, keys: Keys) -> Candidates:
        """Return people by their keys."""
        return people_of(keys, self.tables, self.seed)

    @property
    def content(self) -> str:
        """Return a hash of all on which the pool depends."""
        digest = hashlib.sha256(f"{__version__} {type(self).__name__}".encode())
        for field in fields(self):
            value: Any = getattr(self, field.name)
            if field.name == "tables":
                value = [repr(list(getattr(value, part.name).values())) for part in fields(Tables)]
            elif field.name == "setting":
                value = replace(value, name="")  # what a setting is called changes nothing
            digest.update(f"{field.name}={value!r};".encode())
        return digest.hexdigest()[:24]


@dataclass(frozen=True, kw_only=True)
class OfEntry(Recipe):
    """A pool of those who meet a rule of entry.

    Attributes
    ----------
    entry : Entry
    """

    entry: Entry

    def keys(self) -> Keys:
        """Return the first persons who meet the entry rule."""
        return self.entry.people(self.tables, self.persons, self.seed, selection=self.setting.selection).keys


def enriched(tables: Tables, factor: float) -> Tables:
    """Return tables with the hazard of starting to use times a factor."""
    return replace(tables, mood=tables.mood.with_values({"h_0": factor * tables.mood.value("h_0")}))

"""A scenario after its file was read: every default filled in, quantities in internal units (h, mg, g)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ketum.regimens.phases import EventTable, Medicine, Phase

Population = Literal["us_adults", "healthy_adults", "regular_users", "adults_with_depression", "adults_with_ptsd"]


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who is simulated: how many persons, from which population, with how long a run-in of regular use."""

    count: int
    population: Population
    experience_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One course of events that every person lives through."""

    name: str
    phases: tuple[Phase, ...] = ()
    events: EventTable | None = None
    medicines: tuple[Medicine, ...] = ()

    @property
    def never_used(self) -> bool:
        """Whether no product is ever taken, run-in included: the person's own never-use life."""
        return not self.phases and self.events is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is kept: `every_h` from `start_h` to the end at `for_h`; `step_h` is the step of the model."""

    for_h: float
    every_h: float
    start_h: float
    step_h: float
    outputs: tuple[str, ...]
    pk: bool
    trajectories: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A resolved scenario."""

    title: str
    seed: int
    people: People
    arms: tuple[Arm, ...]
    record: Record
    parameters: Mapping[str, float | Literal["fixed"]] = field(default_factory=dict)

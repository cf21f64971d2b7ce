"""A scenario after its file was read: every default filled in, quantities in internal units (h, mg, g)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
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
class Treatment:
    """A treatment of an arm: dose (mg; matters for interactions only), start and length (h), share of days taken."""

    name: str
    dose_mg: float | None
    per_day: int | None
    from_h: float
    for_h: float | None
    adherence: float

    @property
    def end_h(self) -> float:
        """Hour at which it ends."""
        return float("inf") if self.for_h is None else self.from_h + self.for_h


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One course of events that every person lives through."""

    name: str
    phases: tuple[Phase, ...] = ()
    events: EventTable | None = None
    medicines: tuple[Medicine, ...] = ()
    treatments: tuple[Treatment, ...] = ()

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
class Setting:
    """What kratom is taken to do to depression: causal settings, selection into use, channels switched by hand."""

    causal: tuple[str, ...] = ("pharmacology",)
    selection: bool = True
    channels: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """A questionnaire every `every_h`, the rise that raises an alert, item 9, how many visits in a row."""

    every_h: float
    rise: float
    item_nine: bool
    consecutive: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known beside the scenario; it brings safety findings and changes no number.

    Places of the dated legal table, and whether the simulated people are pregnant, breast-feed, have liver disease, a
    disorder of heart rhythm (such as long QT) or seizures, drive or operate machines, or are under 18 (the persons of
    the model are adults all the same).
    """

    jurisdiction: tuple[str, ...] = ()
    pregnancy: bool = False
    breast_feeding: bool = False
    liver_disease: bool = False
    heart_rhythm: bool = False
    seizures: bool = False
    driving: bool = False
    age_under_18: bool = False

    @property
    def given(self) -> tuple[str, ...]:
        """The keys that are true."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) is True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """How many parameter sets are lived, from how many base samples variance is shared out (0: not), and of what."""

    draws: int
    shares: int
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A resolved scenario."""

    title: str
    seed: int
    people: People
    arms: tuple[Arm, ...]
    record: Record
    parameters: Mapping[str, float | Literal["fixed"]] = field(default_factory=dict)
    setting: Setting = field(default_factory=Setting)
    monitor: Monitor | None = None
    uncertainty: Uncertainty | None = None
    context: Context = field(default_factory=Context)

"""What happens in an arm and when, as far as safety rules ask: kratom, what is taken beside it, daily use, its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ketum.evidence import Medicine, find_substance, load_medicines
from ketum.findings.words import HOURS_PER_DAY
from ketum.products import products
from ketum.regimens.composition import AS_DRAWN, Composition
from ketum.regimens.phases import EventTable, Phase
from ketum.scenario import Arm, Scenario
from ketum.scenario.build import RUN_IN_PRODUCT

_TAPERS = ("taper_over", "taper_by")
_KRATOM = ("kratom", "7oh")
_LONG = float("inf")
EVERYBODY = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of time (h from the start of the record) in which a product is taken.

    `daily`: at least once a day, or as needed; `tapered`: less and less; `free`: whether at all is left to the person;
    `who`: the ID of an event table, or everybody.
    """

    first_h: float
    end_h: float
    product: str
    daily: bool = False
    tapered: bool = False
    free: bool = False
    who: int = EVERYBODY
    composition: Composition = AS_DRAWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A medicine or treatment, when it is taken (h); `medicine` is None for a treatment that is no substance."""

    name: str
    medicine: Medicine | None
    first_h: float
    end_h: float


@dataclass(frozen=True, slots=True)
class Regular:
    """Daily use without a gap (h); `stopped` if it ends in the record, does not fade and is not left to the person."""

    first_h: float
    end_h: float
    stopped: bool


@dataclass(frozen=True, slots=True)
class Course:
    """An arm in time.

    Attributes
    ----------
    arm : str
    kratom : tuple of Stretch
        Kratom and 7-OH, the run-in included.
    beside : tuple of Beside
    regular : tuple of Regular
    """

    arm: str
    kratom: tuple[Stretch, ...]
    beside: tuple[Beside, ...]
    regular: tuple[Regular, ...]


def course(scenario: Scenario, arm: Arm) -> Course:
    """Return an arm of a scenario in time."""
    length = scenario.record.for_h
    taken = [*_run_in(scenario, arm), *_phases(arm.phases, length)]
    if arm.events is not None:
        taken += _events(arm.events, length)
    kratom = tuple(s for s in taken if products()[s.product].kind in _KRATOM)
    beside = [
        Beside(name=s.product, medicine=find_substance(s.product), first_h=s.first_h, end_h=s.end_h)
        for s in taken
        if s not in kratom
    ]
    beside += [
        Beside(
            name=m.name,
            medicine=find_substance(m.name),
            first_h=m.from_h,
            end_h=_LONG if m.for_h is None else m.from_h + m.for_h,
        )
        for m in arm.medicines
    ]
    beside += [
        Beside(name=t.name, medicine=load_medicines().get(t.name), first_h=t.from_h, end_h=t.end_h)
        for t in arm.treatments
    ]
    return Course(arm.name, kratom, tuple(b for b in beside if b.first_h < length), tuple(_regular(kratom, length)))


def _run_in(scenario: Scenario, arm: Arm) -> Iterator[Stretch]:
    before = scenario.people.experience_h
    if before > 0.0 and not arm.never_used:
        yield Stretch(first_h=-before, end_h=0.0, product=RUN_IN_PRODUCT, daily=True)


def _phases(phases: tuple[Phase, ...], length: float) -> Iterator[Stretch]:
    """Yield the stretches of phases that run one after another."""
    begin, last = 0.0, None
    for phase in phases:
        end = min(length if phase.for_h is None else begin + phase.for_h, length)
        product = last.product if phase.mode in _TAPERS and last is not None else phase.product
        first = begin + HOURS_PER_DAY * phase.first_day
        if product is not None and first < end:
            yield Stretch(
                first_h=first,
                end_h=end,
                product=product,
                daily=_daily(phase),
                tapered=phase.mode in _TAPERS,
                free=phase.mode == "natural",
                composition=last.composition if phase.mode in _TAPERS and last is not None else phase.composition,
            )
        last = phase if phase.product is not None else last
        begin = end


def _daily(phase: Phase) -> bool:
    if phase.mode in ("as_needed", *_TAPERS):
        return True
    if phase.mode == "per_day":
        return phase.on_days is None
    often = phase.every_h is not None and phase.every_h <= HOURS_PER_DAY and phase.on_days is None
    return often and (phase.mode == "every" or (phase.mode == "times" and (phase.count or 0) > 1))


def _events(table: EventTable, length: float) -> Iterator[Stretch]:
    """Yield stretches in which a person of an event table takes doses at most a day apart."""
    for who, events in zip(table.ids, table.events, strict=True):
        doses = [event for event in events if event.amount_mg > 0.0]
        times = sorted(e.time_h + k * e.interval_h for e in doses for k in range(e.additional + 1))
        times = [time for time in times if time < length]
        for event in doses:
            if event.steady_state and event.interval_h <= HOURS_PER_DAY:
                yield Stretch(first_h=-_LONG, end_h=event.time_h, product=table.product, daily=True, who=who)
        first = 0
        for k in range(1, len(times) + 1):
            if k == len(times) or times[k] - times[k - 1] > HOURS_PER_DAY:
                end = times[k - 1] + HOURS_PER_DAY
                yield Stretch(first_h=times[first], end_h=end, product=table.product, daily=k - first > 1, who=who)
                first = k


def _regular(kratom: tuple[Stretch, ...], length: float) -> Iterator[Regular]:
    """Yield unbroken daily use: stretches of the same person that follow one another within a day."""
    for who in {s.who for s in kratom if s.who != EVERYBODY} or {EVERYBODY}:
        daily = sorted((s for s in kratom if s.daily and s.who in (EVERYBODY, who)), key=lambda s: s.first_h)
        free = [s for s in kratom if s.free]
        while daily:
            chain = [daily.pop(0)]
            while daily and daily[0].first_h < chain[-1].end_h + HOURS_PER_DAY:
                chain.append(daily.pop(0))
            end = max(s.end_h for s in chain)
            goes_on = any(s.first_h < end + HOURS_PER_DAY for s in free)
            yield Regular(chain[0].first_h, end, end < length and not chain[-1].tapered and not goes_on)

"""From the tables of a file to a `Scenario`: defaults filled in, and what values must be to one another."""

from __future__ import annotations

import math
from pathlib import Path

from ketum.errors import ScenarioError
from ketum.evidence import load_parameters
from ketum.products import products
from ketum.regimens.nonmem import check_grid, parse_event_table, read_event_table
from ketum.regimens.phases import HOURS_PER_DAY, EventTable
from ketum.scenario.context import resolve_context
from ketum.scenario.doses import find_product
from ketum.scenario.grid import in_words, whole_days
from ketum.scenario.medicines import resolve_medicines
from ketum.scenario.model import Arm, Monitor, People, Record, Scenario
from ketum.scenario.parameters import resolve_parameters
from ketum.scenario.record import resolve_record, with_exposures
from ketum.scenario.schema import ArmTable, MonitorTable, PeopleTable, ScenarioTable
from ketum.scenario.setting import resolve_setting
from ketum.scenario.treatments import check_both, resolve_treatments
from ketum.scenario.uncertainty import resolve_uncertainty
from ketum.scenario.use import resolve_phases
from ketum.scenario.wording import KeyPath, MistakeError, refusal, shown

_MOST_ANTAGONIST_STEP_H = 0.5
_MOST_PERSON_STEPS = 1e12


def resolve(table: ScenarioTable, path: Path, *, beside: bool = True) -> Scenario:
    """Return the scenario that the tables of a file mean.

    Parameters
    ----------
    table : ScenarioTable
        The file after `ketum.scenario.schema`.
    path : Path
        The file: its name is the default title, event tables are looked for beside it.
    beside : bool
        Whether there are files beside it; without them event tables stand in it as rows.

    Returns
    -------
    Scenario

    Raises
    ------
    MistakeError
        If values contradict one another or name something unknown.
    """
    people = _people(table.people)
    parameters = resolve_parameters(table.parameters)
    set_end = parameters.get("taper_end")
    taper_end = set_end if isinstance(set_end, float) else load_parameters("body").value("taper_end")
    setting = resolve_setting(table.setting)
    record = resolve_record(table.record, people.count, len(setting.causal))
    arms = tuple(
        Arm(
            name=arm.name,
            phases=resolve_phases(arm.use or (), ("arm", n, "use"), record.step_h, taper_end),
            events=_events(arm, ("arm", n), record.step_h, path.parent if beside else None),
            medicines=resolve_medicines(arm.medicines, ("arm", n, "medicines"), record.step_h),
            treatments=resolve_treatments(arm.treatments, ("arm", n, "treatments"), record.for_h),
        )
        for n, arm in enumerate(table.arm)
    )
    names = [arm.name for arm in arms]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise MistakeError(("arm", number, "name"), f"{shown(name)} stands twice; allowed: each arm its own name")
        if any(name == f"{b} minus {a}" for b in names for a in names):
            words = f"{shown(name)} is how the difference between two other arms is called; allowed: another name"
            raise MistakeError(("arm", number, "name"), words)
    for number, arm in enumerate(arms):
        check_both(arm.treatments, arm.medicines, ("arm", number))
    record = with_exposures(record, table.record, arms, len(setting.causal))
    _check_antagonists(arms, record)
    _check_size(people, arms, record, len(setting.causal))
    return Scenario(
        title=table.title or _title(path),
        seed=table.seed,
        people=people,
        arms=arms,
        record=record,
        parameters=parameters,
        setting=setting,
        monitor=_monitor(table.monitoring, record),
        uncertainty=resolve_uncertainty(table.uncertainty, record),
        context=resolve_context(table.context),
    )


def _title(path: Path) -> str:
    """Return the file's name as a title."""
    return "".join(c for c in path.stem if c.isprintable())[:100].strip() or "scenario"


def _people(table: PeopleTable) -> People:
    experience = table.experience
    if experience is None:
        run_in = load_parameters("body").value("run_in_days") * HOURS_PER_DAY
        experience = run_in if table.population == "regular_users" else 0.0
    whole_days(experience, ("people", "experience"))
    return People(count=table.count, population=table.population, experience_h=experience)


def _events(table: ArmTable, path: KeyPath, step_h: float, folder: Path | None) -> EventTable | None:
    """Return the event table of an arm: a file in a folder, or the rows themselves in a text of several lines."""
    if table.use is not None and table.events is not None:
        raise MistakeError(path, "use and events exclude each other; allowed: one of them")
    if table.events is None:
        if table.product is not None:
            raise MistakeError((*path, "product"), "belongs to a phase of use; allowed here: only beside events")
        return None
    if table.product is None:
        raise MistakeError((*path, "product"), "is missing; allowed: the product whose alkaloid AMT counts")
    try:
        product = find_product(table.product).name
    except ValueError as error:
        raise MistakeError((*path, "product"), str(error)) from None
    try:
        if "\n" in table.events:
            events = parse_event_table(table.events, "table", product)
        elif folder is None:
            raise ValueError(refusal(table.events, "rows", "the rows of the table themselves, in several lines"))
        else:
            if not table.events.strip() or "\0" in table.events:
                raise ValueError(refusal(table.events, "a file", 'the name of a table, such as "doses.csv"'))
            events = read_event_table(folder / table.events, product, table.events)
        check_grid(events, step_h)
    except (ValueError, ScenarioError) as error:
        raise MistakeError((*path, "events"), str(error)) from None
    return events


def _monitor(table: MonitorTable | None, record: Record) -> Monitor | None:
    """Return the monitoring rule; it needs a record of whole days."""
    if table is None:
        return None
    whole_days(table.every, ("monitoring", "every"))
    if record.every_h < HOURS_PER_DAY:
        raise MistakeError(("monitoring",), "needs records of whole days; allowed: with record.every of 1 d or more")
    if table.every >= record.for_h:
        raise MistakeError(
            ("monitoring", "every"),
            f"{in_words(table.every)} leaves no second visit; allowed: less than {in_words(record.for_h)}",
        )
    visits = math.ceil(record.for_h / table.every)
    if table.consecutive > visits - 1:
        follow = "visit follows" if visits == 2 else "visits follow"
        raise MistakeError(
            ("monitoring", "consecutive"),
            f"{table.consecutive} in a row, but only {visits - 1} {follow} the first; allowed: up to {visits - 1}",
        )
    rise = load_parameters("rules").value("monitor_rise") if table.rise is None else table.rise
    return Monitor(every_h=table.every, rise=rise, item_nine=table.item_9, consecutive=table.consecutive)


def _check_antagonists(arms: tuple[Arm, ...], record: Record) -> None:
    antagonists = {p.name for p in products().values() if p.kind == "antagonist"}
    for arm in arms:
        taken = {p.product for p in arm.phases if p.product is not None} | {m.name for m in arm.medicines}
        if arm.events is not None:
            taken.add(arm.events.product)
        found = sorted(taken & antagonists)
        if found and record.step_h > _MOST_ANTAGONIST_STEP_H:
            raise MistakeError(
                ("record", "step"),
                f"{in_words(record.step_h)} is too coarse with {found[0]} in arm {shown(arm.name)}; "
                f"allowed: at most {in_words(_MOST_ANTAGONIST_STEP_H)}",
            )


def _check_size(people: People, arms: tuple[Arm, ...], record: Record, settings: int) -> None:
    steps = settings * people.count * (len(arms) * record.for_h + people.experience_h) / record.step_h
    if steps > _MOST_PERSON_STEPS:
        raise MistakeError(
            ("people", "count"),
            f"{people.count} persons make {steps:.1e} steps in all; allowed: at most "
            f"{_MOST_PERSON_STEPS:.0e}: fewer people or arms, a shorter record.for or a longer record.step",
        )

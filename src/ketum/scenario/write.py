"""A resolved scenario as a file: every default written out, and read back to the same scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import tomlkit

from ketum.products import products
from ketum.regimens.phases import WEEKDAYS, Event, EventTable, Medicine, Phase
from ketum.scenario.grid import clock, in_words
from ketum.scenario.model import Arm, Context, Scenario, Treatment

_PERCENT_DIGITS = 10


def to_toml(scenario: Scenario) -> str:
    """Return a scenario as the text of a scenario file.

    Parameters
    ----------
    scenario : Scenario
        As `ketum.scenario.load_scenario` returns it.

    Returns
    -------
    str
        TOML with every default written out; loading it gives an equal scenario. An event table stands in it
        as rows, so that the file needs no other.
    """
    people, record = scenario.people, scenario.record
    lines = [f"title = {toml_value(scenario.title)}", f"seed = {scenario.seed}"]
    lines += table_lines(
        "[people]",
        {
            "count": people.count,
            "population": people.population,
            "experience": in_words(people.experience_h),
        },
    )
    setting = scenario.setting
    lines += table_lines("[setting]", {"causal": list(setting.causal), "selection": setting.selection})
    if setting.channels:
        channels = ", ".join(f"{name} = {toml_value(on)}" for name, on in setting.channels.items())
        lines.append(f"channels = {{ {channels} }}")
    if scenario.monitor is not None:
        monitor = scenario.monitor
        lines += table_lines(
            "[monitoring]",
            {
                "every": in_words(monitor.every_h),
                "rise": monitor.rise,
                "item_9": monitor.item_nine,
                "consecutive": monitor.consecutive,
            },
        )
    if scenario.uncertainty is not None:
        asked = scenario.uncertainty
        lines += table_lines("[uncertainty]", {"draws": asked.draws, "shares": asked.shares})
        lines += [f"of = {toml_value(list(asked.of))}"] if asked.of else []
    if scenario.context != Context():
        lines += table_lines(
            "[context]", {**asdict(scenario.context), "jurisdiction": list(scenario.context.jurisdiction)}
        )
    if scenario.parameters:
        lines += table_lines("[parameters]", scenario.parameters)
    for arm in scenario.arms:
        lines += _arm(arm)
    lines += table_lines(
        "[record]",
        {
            "for": in_words(record.for_h),
            "every": in_words(record.every_h),
            "start": in_words(record.start_h),
            "step": in_words(record.step_h),
            "pk": record.pk,
            "trajectories": record.trajectories,
        },
    )
    lines += ["outputs = [", *(f"  {toml_value(name)}," for name in record.outputs), "]"]
    return "\n".join(lines) + "\n"


def _arm(arm: Arm) -> list[str]:
    lines = table_lines("[[arm]]", {"name": arm.name})
    if arm.events is None:
        lines += inline_lines("use", map(_phase, arm.phases))
    else:
        rows = tomlkit.string(_rows(arm.events), multiline=True).as_string()
        lines += [f"product = {toml_value(arm.events.product)}", f"events = {rows}"]
    if arm.medicines:
        lines += inline_lines("medicines", map(_medicine, arm.medicines))
    if arm.treatments:
        lines += inline_lines("treatments", map(_treatment, arm.treatments))
    return lines


def _phase(phase: Phase) -> dict[str, object]:
    keys: dict[str, object] = {}
    if phase.product is not None:
        keys["product"] = phase.product
    if phase.dose is not None:
        keys["dose"] = f"{phase.dose.value!r} {phase.dose.basis}"
    match phase.mode:
        case "times" | "per_day":
            keys[phase.mode] = phase.count
        case "natural":
            return {"natural": True}
        case "as_needed" | "stop":
            keys[phase.mode] = True
        case "pause" | "taper_over":
            return {phase.mode: in_words(phase.for_h or 0.0)}
        case "taper_by":
            return {phase.mode: f"{round(100 * (phase.taper_share_per_week or 0.0), _PERCENT_DIGITS)!r} %/wk"}
    keys |= _times(phase.at_h, {"every": phase.every_h, "for": phase.for_h})
    if phase.on_days is not None:
        keys["on_days"] = [WEEKDAYS[day] for day in sorted(phase.on_days)]
    if phase.at_most_per_day is not None:
        keys["at_most_per_day"] = phase.at_most_per_day
    if phase.mode != "stop":
        keys["first_day"] = phase.first_day
    if phase.stopping:
        keys["stopping"] = True
    return keys | _in_hand(phase)


def _in_hand(phase: Phase) -> dict[str, object]:
    """Return what a phase says of its product; nothing where it says nothing."""
    held = phase.composition
    said = {
        "vein": phase.vein,
        "content": held.content and f"{held.content!r} {_content_unit(phase)}",
        "label": held.label_mg and f"{held.label_mg!r} mg 7-hydroxymitragynine",
        "added_7oh": held.added_7oh and f"{held.added_7oh!r} mg/g",
        "hidden_opioid": held.hidden
        and {"name": held.hidden.name, "dose": f"{held.hidden.dose_mg!r} mg", "in_share": held.hidden.in_share},
        "new_lot": phase.new_lot,
        "lot_every": phase.lot_every_h and in_words(phase.lot_every_h),
    }
    return {key: value for key, value in said.items() if value}


def _content_unit(phase: Phase) -> str:
    return "mg" if products()[phase.product or ""].content_basis == "tablet" else "mg/g"


def _medicine(medicine: Medicine) -> dict[str, object]:
    keys: dict[str, object] = {"name": medicine.name}
    if medicine.dose_mg is not None:
        keys["dose"] = f"{medicine.dose_mg!r} mg"
    if medicine.per_day is not None:
        keys["per_day"] = medicine.per_day
    return keys | _times(medicine.at_h, {"from": medicine.from_h, "for": medicine.for_h})


def _treatment(treatment: Treatment) -> dict[str, object]:
    keys: dict[str, object] = {"name": treatment.name}
    if treatment.dose_mg is not None:
        keys["dose"] = f"{treatment.dose_mg!r} mg"
    if treatment.per_day is not None:
        keys["per_day"] = treatment.per_day
    keys |= _times((), {"from": treatment.from_h, "for": treatment.for_h})
    return keys | {"adherence": treatment.adherence}


def _times(at_h: tuple[float, ...], durations: Mapping[str, float | None]) -> dict[str, object]:
    keys: dict[str, object] = {"at": [clock(time) for time in at_h]} if at_h else {}
    return keys | {key: in_words(hours) for key, hours in durations.items() if hours is not None}


def _rows(table: EventTable) -> str:
    """Return an event table as text; an ID without events keeps an observation row."""
    lines = ["", "ID TIME AMT EVID II ADDL SS"]
    for person, events in zip(table.ids, table.events, strict=True):
        lines += [f"{person} {_row(event)}" for event in events] or [f"{person} 0 0 0 0 0 0"]
    return "\n".join([*lines, ""])


def _row(event: Event) -> str:
    return (
        f"{event.time_h!r} {event.amount_mg!r} {event.evid} "
        f"{event.interval_h!r} {event.additional} {event.steady_state:d}"
    )


def table_lines(header: str, keys: Mapping[str, object]) -> list[str]:
    """Return a table under its header, a key a line."""
    return ["", header, *(f"{key} = {toml_value(value)}" for key, value in keys.items())]


def inline_lines(key: str, tables: Iterable[Mapping[str, object]]) -> list[str]:
    """Return a list of tables, one a line."""
    rows = [f"  {toml_value(table)}," for table in tables]
    return [f"{key} = [", *rows, "]"] if rows else [f"{key} = []"]


def toml_value(value: Any) -> str:
    """Return a value on one line as TOML; tables stand in braces, also in lists.

    Examples
    --------
    >>> toml_value([{"dose": "4 g", "per_day": 2}])
    '[{ dose = "4 g", per_day = 2 }]'
    """
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {toml_value(of_key)}" for key, of_key in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    text: str = tomlkit.item(value).as_string()
    return text

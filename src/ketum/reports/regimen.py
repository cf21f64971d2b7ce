"""What an arm takes, in the words of a protocol; from the resolved scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ketum.mood import treatments
from ketum.reports.in_hand import in_hand
from ketum.reports.phrases import capital, count, duration, listed, percent

_DAYS = {
    "mon": "Mondays",
    "tue": "Tuesdays",
    "wed": "Wednesdays",
    "thu": "Thursdays",
    "fri": "Fridays",
    "sat": "Saturdays",
    "sun": "Sundays",
}
Phase = Mapping[str, Any]


def population(name: str) -> str:
    """Return the name of a population in words.

    Examples
    --------
    >>> population("regular_users"), population("us_adults"), population("adults_with_ptsd")
    ('regular users', 'US adults', 'adults with PTSD')
    """
    words = {"us": "US", "ptsd": "PTSD"}
    return " ".join(words.get(word, word) for word in name.split("_"))


def product(name: str) -> str:
    """Return the name of a product in words.

    Examples
    --------
    >>> product("leaf_powder"), product("7oh_tablet")
    ('leaf powder', '7-OH tablet')
    """
    return name.replace("7oh", "7-OH").replace("_", " ")


def serving(phase: Phase) -> str:
    """Return one serving in words.

    Examples
    --------
    >>> serving({"product": "leaf_powder", "dose": "4.0 g leaf"})
    '4 g of leaf powder'
    >>> serving({"product": "7oh_tablet", "dose": "15.0 mg 7-hydroxymitragynine"})
    '7-OH tablet with 15 mg of 7-hydroxymitragynine'
    >>> serving({"product": "7oh_tablet", "dose": "2.0 tablet"})
    '2 x 7-OH tablet'
    """
    name = product(str(phase["product"]))
    if "dose" not in phase:
        return name
    value, unit, *substance = str(phase["dose"]).split()
    amount = value.removesuffix(".0")
    if unit == "tablet":
        return f"{amount} x {name}"
    if substance and substance[0] not in ("leaf", "extract"):
        return f"{name} with {amount} {unit} of {' '.join(substance)}"
    return f"{amount} {unit} of {name}"


def use_phase(phase: Phase) -> str:
    """Return one phase of use in words.

    Examples
    --------
    >>> use_phase({"product": "leaf_powder", "dose": "4.0 g leaf", "per_day": 3, "for": "26 wk"})
    'three servings a day of 4 g of leaf powder for 26 weeks'
    >>> use_phase({"natural": True})
    'use left to the person: starting, stopping, resuming and servings'
    >>> use_phase({"stop": True}), use_phase({"taper_over": "8 wk"}), use_phase({"pause": "3 d"})
    ('an abrupt stop', 'a taper over eight weeks', 'a pause of three days')
    """
    if phase.get("stop"):
        return "an abrupt stop"
    if "taper_over" in phase:
        return f"a taper over {duration(phase['taper_over'])}"
    if "taper_by" in phase:
        return f"a taper by {str(phase['taper_by']).removesuffix('/wk').replace(' ', '').replace('.0%', '%')} a week"
    if phase.get("natural"):
        return "use left to the person: starting, stopping, resuming and servings"
    if "pause" in phase:
        return f"a pause of {duration(phase['pause'])}"
    if "times" in phase:
        text = f"{count(int(phase['times']), 'serving')} of {serving(phase)}{in_hand(phase)}"
        text += f", one every {duration(phase['every'])}" if "every" in phase else ""
        return text + _when(phase)
    text = serving(phase) + in_hand(phase)
    if "per_day" in phase:
        text = f"{count(int(phase['per_day']), 'serving')} a day of {text}"
    elif "every" in phase:
        text += f" every {duration(phase['every'])}"
    elif "as_needed" in phase:
        most = phase.get("at_most_per_day")
        text += " as needed" + (f", at most {_times(int(most))} a day," if most else "")
        text += " with attempts to stop" if phase.get("stopping") else ""
    length = f" for {duration(phase['for'])}" if "for" in phase else ""
    return (text + _when(phase) + length).rstrip(",")


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n) or count(n, "time")


def _when(phase: Phase) -> str:
    text = ""
    if "at" in phase:
        text += f" at {listed([str(clock) for clock in phase['at']])}"
    if "on_days" in phase:
        text += f" on {listed([_DAYS[day] for day in phase['on_days']])}"
    if phase.get("first_day"):
        text += f", first on day {phase['first_day']},"
    return text


def regimen(arm: Mapping[str, Any]) -> str:
    """Return what an arm takes, as one sentence.

    Examples
    --------
    >>> regimen({"name": "never", "use": []})
    'No kratom at any time.'
    """
    phases: Sequence[Phase] = arm.get("use", [])
    if "events" in arm:
        text = f"doses of {product(str(arm['product']))} as the event table gives them"
    elif phases:
        text = ", then ".join(use_phase(phase) for phase in phases)
    else:
        text = "no kratom at any time"
    beside = [_medicine(m, str(m["name"])) for m in arm.get("medicines", [])]
    beside += [_medicine(t, _named(str(t["name"]))) for t in arm.get("treatments", [])]
    return capital(text + (f"; beside it {listed(beside)}" if beside else "")) + "."


def sets_steady_state(arm: Mapping[str, Any]) -> bool:
    r"""Return whether the event table of an arm has a dose that finds a steady state.

    Examples
    --------
    >>> sets_steady_state({"events": "ID TIME AMT EVID II ADDL SS\n1 0.0 50.0 1 8.0 0 1"})
    True
    """
    head, *rows = str(arm.get("events", "")).strip().split("\n")
    columns = head.split()
    if "SS" not in columns:
        return False
    place = columns.index("SS")
    return any(cells[place : place + 1] == ["1"] for cells in (row.split() for row in rows))


def _named(treatment: str) -> str:
    """Return the name of a treatment in a sentence; CBT keeps its capitals."""
    label = treatments()[treatment].label
    return label[:1].lower() + label[1:]


def _medicine(medicine: Phase, name: str) -> str:
    text = name
    if "dose" in medicine:
        amount, _, unit = str(medicine["dose"]).partition(" ")
        text += f" {amount.removesuffix('.0')} {unit}"
    if "per_day" in medicine:
        text += f" {_times(int(medicine['per_day']))} a day"
    if "at" in medicine:
        text += f" at {listed([str(clock) for clock in medicine['at']])}"
    if medicine.get("from", "0 h") != "0 h":
        text += f" from {duration(medicine['from'])} on"
    text += f" for {duration(medicine['for'])}" if "for" in medicine else ""
    share = float(medicine.get("adherence", 1.0))
    return text + (f", taken on {percent(share)} of days" if share < 1 else "")

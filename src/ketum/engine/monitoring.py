"""A questionnaire every few weeks with an alert rule: what it finds, when, and how often it is wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.engine.experiment import Monitoring
from ketum.engine.measure import Answers, phq9_items
from ketum.people import Persons
from ketum.people.covariates import DAYS_PER_YEAR

Array = NDArray[np.float64]
SURVEY = 1
"""Survey number of monitoring: its answers have random numbers of their own."""
WATCH = 2
"""The same of the visits at which findings look where a scenario has no monitoring."""
_DAYS_PER_WEEK = 7.0


def monitor(rule: Monitoring, persons: Persons, severity_14d: Array, tables: Tables, seed: int) -> dict[str, Array]:
    """Return what monitoring finds in each person.

    Parameters
    ----------
    rule : Monitoring
    persons : Persons
    severity_14d : (day, P) array
        Two-week severity of every day.
    tables : Tables
    seed : int

    Returns
    -------
    dict of (P,) arrays
        ``monitor_event``: two-week severity rises by at least the rule's points from the first visit;
        ``monitor_found``: of those, alert at or before the end of ``monitor_days`` after the event;
        ``monitor_delay_wk``: weeks from the event to that alert; ``monitor_lead_wk``: of all with an event and an
        alert, weeks from their first alert to the worst day; ``monitor_false_per_year``: alerts a year of persons
        without event; ``monitor_positive``: of those with an alert, event at most ``monitor_days`` after the first.
    """
    days, scores, ninth = _visits(rule.every_days, SURVEY, persons, severity_14d, tables, seed)
    alarm = scores >= scores[0] + rule.rise
    if rule.item_nine:
        alarm |= (ninth > 0.0) & (ninth[0] == 0.0)
    if rule.consecutive > 1:
        held = np.zeros_like(alarm)
        for k in range(rule.consecutive - 1, len(alarm)):
            held[k] = alarm[k - rule.consecutive + 1 : k + 1].all(axis=0)
        alarm = held
    alarm[0] = False
    risen = severity_14d >= severity_14d[0] + rule.rise
    event = risen.any(axis=0)
    event_day = np.where(event, risen.argmax(axis=0), np.inf)
    window = tables.rules.value("monitor_days")
    late = event_day + window
    timely = alarm & (days[:, None] >= event_day) & (days[:, None] <= late)
    complete = event & (late < len(severity_14d))
    first = np.where(timely.any(axis=0), days[timely.argmax(axis=0)], np.nan)
    alerted = alarm.any(axis=0)
    alert_day = np.where(alerted, days[alarm.argmax(axis=0)], len(severity_14d))
    known = alerted & ((event_day <= alert_day + window) | (alert_day + window < len(severity_14d)))
    peak = severity_14d.argmax(axis=0)
    years = (len(severity_14d) - 1) / DAYS_PER_YEAR
    return {
        "monitor_event": event.astype(float),
        "monitor_found": np.where(complete, timely.any(axis=0), np.nan).astype(float),
        "monitor_delay_wk": np.where(complete, (first - event_day) / _DAYS_PER_WEEK, np.nan),
        "monitor_lead_wk": np.where(event & alerted, (peak - alert_day) / _DAYS_PER_WEEK, np.nan),
        "monitor_false_per_year": np.where(event, np.nan, alarm.sum(axis=0) / years),
        "monitor_positive": np.where(known, event_day <= alert_day + window, np.nan).astype(float),
    }


def watch(
    rule: Monitoring | None, persons: Persons, severity_14d: Array, tables: Tables, seed: int
) -> dict[str, Array]:
    """Return in whom PHQ-9 rises, and in whom item 9 is above zero, at some visit.

    Parameters
    ----------
    rule : Monitoring or None
        The scenario's monitoring, whose visits are looked at; without it visits are ``visit_days`` apart.
    persons : Persons
    severity_14d : (day, P) array
        Two-week severity of every day.
    tables : Tables
    seed : int

    Returns
    -------
    dict of (P,) arrays
        ``phq9_risen``: PHQ-9 at some visit ``monitor_rise`` points or more above the first visit, whatever the
        scenario's own rule is; ``item_9_any``: item 9 above zero at some visit, the first included.
    """
    every, survey = (round(tables.rules.value("visit_days")), WATCH) if rule is None else (rule.every_days, SURVEY)
    _, scores, ninth = _visits(every, survey, persons, severity_14d, tables, seed)
    return {
        "phq9_risen": (scores >= scores[0] + tables.rules.value("monitor_rise")).any(axis=0).astype(float),
        "item_9_any": (ninth > 0.0).any(axis=0).astype(float),
    }


def _visits(
    every_days: int, survey: int, persons: Persons, severity_14d: Array, tables: Tables, seed: int
) -> tuple[NDArray[np.int64], Array, Array]:
    """Return the days of the visits, PHQ-9 and its item 9, both (visit, P)."""
    days = np.arange(0, len(severity_14d), every_days)
    answers = Answers(seed, persons.numbers, np.arange(len(days)), survey)
    return days, *phq9_items(answers, severity_14d[days], tables)

"""Monitoring by hand: lives so plain that what it finds can be told beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from ketum.engine.cohort import Cohort, shipped_tables
from ketum.engine.experiment import Monitoring
from ketum.engine.monitoring import monitor
from ketum.people import Persons

TABLES = shipped_tables()
COUNT, DAYS = 512, 7 * 40 + 1
RISE = 5.0


@pytest.fixture(scope="module")
def persons() -> Persons:
    return Cohort(COUNT, 1, "us_adults", TABLES).persons(0, COUNT)


def found(persons: Persons, severity: np.ndarray, **more: int) -> dict[str, np.ndarray]:
    """Monitor everybody by the same course of severity, (day,), every week."""
    return monitor(Monitoring(7, RISE, **more), persons, severity[:, None].repeat(COUNT, axis=1), TABLES, seed=1)


def test_a_rise_that_cannot_be_missed(persons: Persons) -> None:
    """From 2 to 22 points on day 100, the worst on day 200: the alert comes at the visit of day 105."""
    severity = np.where(np.arange(DAYS) < 100, 0.0, 22.0)
    severity[200] = 23.0
    told = found(persons, severity)
    assert (told["monitor_event"] == 1.0).all()
    assert (told["monitor_found"] == 1.0).all()
    assert (told["monitor_positive"] == 1.0).all()
    np.testing.assert_allclose(told["monitor_delay_wk"], 5 / 7)
    np.testing.assert_allclose(told["monitor_lead_wk"], (200 - 105) / 7)
    assert np.isnan(told["monitor_false_per_year"]).all()


def test_a_flat_life_has_false_alarms_only(persons: Persons) -> None:
    told = found(persons, np.full(DAYS, 9.0))
    alarmed = told["monitor_false_per_year"] > 0.0
    assert 0.0 < alarmed.mean() < 1.0
    # of an alert in the last eight weeks nobody knows whether a rise follows
    assert (told["monitor_positive"][np.isfinite(told["monitor_positive"])] == 0.0).all()
    assert np.isnan(told["monitor_positive"][~alarmed]).all()
    for name in ("monitor_found", "monitor_delay_wk", "monitor_lead_wk"):
        assert np.isnan(told[name]).all()
    again = found(persons, np.full(DAYS, 9.0), consecutive=2)
    assert again["monitor_false_per_year"].mean() < 0.5 * told["monitor_false_per_year"].mean()


def test_an_alert_before_the_rise_counts_towards_it(persons: Persons) -> None:
    """Severity rises slowly from 0 to 8: an alert is early, not wrong, if the rise is full within 8 weeks."""
    severity = 8.0 * np.arange(DAYS) / (DAYS - 1)
    told = found(persons, severity)
    event = int(np.argmax(severity >= RISE))
    alert = DAYS - 1 - 7 * told["monitor_lead_wk"]
    assert (alert < event).mean() > 0.1
    assert 0.0 < told["monitor_positive"].mean() < 1.0
    np.testing.assert_array_equal(told["monitor_positive"], event <= alert + 56)

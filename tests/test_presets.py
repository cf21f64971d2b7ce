"""Who belongs to a population: the table of `design/joined.md` section 7."""

from __future__ import annotations

import pytest

from joined import near, people, percent
from ketum.engine.cohort import Cohort, shipped_tables

COUNT = people(20_000)


@pytest.mark.parametrize(
    ("preset", "age", "female", "severity", "in_episode", "opioid"),
    [
        ("us_adults", 47.5, 51, 3.39, 5.4, 4.2),
        ("healthy_adults", 47.4, 49, 2.44, 0, 0),
        ("regular_users", 37.5, 39, 4.85, 9.4, 36),
        ("adults_with_depression", 52.8, 71, 16.4, 100, 6),
        ("adults_with_ptsd", 47.7, 67, 5.8, 16, 5.5),
    ],
)
def test_presets(preset: str, age: float, female: float, severity: float, in_episode: float, opioid: float) -> None:
    """The table has no tolerances: these are about three standard errors of its 20,000 persons and its rounding."""
    found = Cohort(COUNT, 1, preset, shipped_tables()).persons(0, COUNT).candidates
    assert found is not None
    assert found.age.mean() == near(age, 0.5)
    assert percent(found.female) == near(female, 1.5)
    assert found.severity.mean() == near(severity, 0.15)
    assert percent(found.now) == near(in_episode, 0.9)
    assert percent(found.opioid) == near(opioid, 1.3)

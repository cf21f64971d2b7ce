"""The studies by name: what `predictions.csv` may call."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ketum.validation.studies import (
    course_of_use,
    depression,
    interactions,
    opioids,
    pharmacokinetics,
    sampling,
    selection,
    trials,
    use,
)
from ketum.validation.studies.living import Study

STUDIES: Mapping[str, Study] = MappingProxyType(
    {
        "tea": pharmacokinetics.tea,
        "extract": pharmacokinetics.extract,
        "tea_samples": sampling.tea_samples,
        "capsules": sampling.capsules,
        "extract_samples": sampling.extract_samples,
        "thai_users": sampling.thai_users,
        "probes": interactions.probes,
        "bands": depression.bands,
        "population": depression.population,
        "remission": depression.remission,
        "new_episodes": depression.new_episodes,
        "trial": trials.trial,
        "after_treatment": trials.after_treatment,
        "relapse": trials.relapse,
        "stepped_care": trials.stepped_care,
        "regular_users": use.regular_users,
        "user_survey": course_of_use.user_survey,
        "first_year": course_of_use.first_year,
        "first_serving": course_of_use.first_serving,
        "world": selection.world,
        "population_survey": selection.population_survey,
        "opioid_users": opioids.opioid_users,
        "opioid_withdrawal": opioids.opioid_withdrawal,
        "occupancy": opioids.occupancy,
    }
)

WIDE: Mapping[str, int] = MappingProxyType({"bands": 20, "population": 20, "world": 40, "population_survey": 40})
"""Studies of the whole population, in which few of the participants count: so many times the participants."""

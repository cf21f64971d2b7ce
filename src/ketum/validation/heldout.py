"""The studies by name: those of the calibration rows, and those beyond them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ketum.validation.catalogue import STUDIES as CALIBRATION_STUDIES
from ketum.validation.studies import (
    heldout_depression,
    heldout_opioids,
    heldout_pharmacokinetics,
    heldout_use,
    heldout_world,
)
from ketum.validation.studies.living import Study

STUDIES: Mapping[str, Study] = MappingProxyType(
    {
        **CALIBRATION_STUDIES,
        "tea_samples": heldout_pharmacokinetics.tea_samples,
        "capsules": heldout_pharmacokinetics.capsules,
        "extract_samples": heldout_pharmacokinetics.extract_samples,
        "thai_users": heldout_pharmacokinetics.thai_users,
        "probes": heldout_opioids.probes,
        "heldout_users": heldout_use.regular_users,
        "first_year": heldout_use.first_year,
        "first_serving": heldout_use.first_serving,
        "opioid_withdrawal": heldout_opioids.opioid_withdrawal,
        "occupancy": heldout_opioids.occupancy,
        "population": heldout_depression.population,
        "new_episodes": heldout_depression.new_episodes,
        "treatments": heldout_depression.treatments,
        "stepped_care": heldout_depression.stepped_care,
        "survey": heldout_world.survey,
    }
)

WIDE: Mapping[str, int] = MappingProxyType({"bands": 20, "population": 20, "world": 40, "survey": 40})
"""Studies of the whole population, in which few of the participants count: so many times the participants."""

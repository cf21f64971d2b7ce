"""The studies by name: what `predictions.csv` may call."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ketum.validation.studies import depression, interactions, pharmacokinetics, selection, trials, use
from ketum.validation.studies.living import Study

STUDIES: Mapping[str, Study] = MappingProxyType(
    {
        "tea": pharmacokinetics.tea,
        "extract": pharmacokinetics.extract,
        "midazolam": interactions.midazolam,
        "bands": depression.bands,
        "remission": depression.remission,
        "trial": trials.trial,
        "relapse": trials.relapse,
        "regular_users": use.regular_users,
        "opioid_users": use.opioid_users,
        "world": selection.world,
    }
)

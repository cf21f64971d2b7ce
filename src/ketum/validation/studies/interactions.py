"""What kratom does to another medicine taken with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.body.perpetrator import gut_auc_ratio
from ketum.engine.cohort import Tables
from ketum.engine.layout import LANES
from ketum.engine.prepare import prepare_group
from ketum.engine.simulate import Window, resting_states, simulate
from ketum.regimens import Amount
from ketum.validation.protocols import protocols
from ketum.validation.studies.living import MOOD_STEP, single_dose, volunteers

Array = NDArray[np.float64]


def midazolam(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Give midazolam by mouth with leaf tea: ratio of its AUC to that without ("auc_ratio").

    Read with gut CYP3A as the tea leaves it, and midazolam absorbed before it recovers (body.md section 3.6). The model
    has no spread of the loss between persons, so all ratios are alike.
    """
    people = volunteers(tables, "healthy_adults", min(persons, LANES), seed)
    group = prepare_group(people, tables.body, MOOD_STEP)
    dose = Amount(protocols()["midazolam"]["dose"], "mg mitragynine")
    schedule = single_dose(tables, "leaf_tea", dose, 1, round(1.0 / MOOD_STEP))
    after = simulate(group, schedule, Window(0, 1), start=resting_states(group)).state("gut_3a")
    at_dose = 1.0 - (1.0 - after) * np.exp(tables.body.value("k_deg"))  # one hour earlier
    ratio = gut_auc_ratio(tables.body.value("Fg_MDZ"), float(at_dose[0]))
    return {"auc_ratio": np.full(persons, ratio)}

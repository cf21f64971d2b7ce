"""What kratom does to other medicines taken with it: midazolam and dextromethorphan with the tea."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.body.perpetrator import cyp2d6_auc_ratio, gut_auc_ratio
from ketum.engine.cohort import Tables
from ketum.engine.prepare import prepare_group
from ketum.engine.simulate import Window, resting_states, simulate
from ketum.studies.lives.living import STEP_H, STEPS_PER_HOUR
from ketum.validation.protocols import one
from ketum.validation.studies.living import laid_out, one_dose, volunteers

Array = NDArray[np.float64]


def probes(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Give probe drugs by mouth with leaf tea: ratios to those without it.

    "midazolam AUC", "midazolam Cmax", "midazolam half-life", "dextromethorphan AUC". Read with gut CYP3A as the tea
    leaves it, and midazolam absorbed before it recovers (body.md section 3.6). Kratom acts on the gut's CYP3A only:
    midazolam's Cmax rises with its AUC, and its half-life stays, which is a prediction of the structure. The model has
    no spread of these ratios between persons, so all are alike.
    """
    people = volunteers(tables, min(persons, 1), seed)
    group = prepare_group(people, tables.body, STEP_H)
    dose, share = one("probes", "dose"), one("probes", "share_dextromethorphan")
    schedule = laid_out(tables, [one_dose("leaf_tea", dose)], 1, STEPS_PER_HOUR)
    after = simulate(group, schedule, Window(0, 1), start=resting_states(group)).state("gut_3a")
    at_dose = 1.0 - (1.0 - float(after[0])) * float(np.exp(tables.body.value("k_deg")))  # one hour earlier
    body = tables.body.plain()
    midazolam = gut_auc_ratio(body["Fg_MDZ"], at_dose)
    return {
        "midazolam AUC": np.full(persons, midazolam),
        "midazolam Cmax": np.full(persons, midazolam),
        "midazolam half-life": np.ones(persons),
        "dextromethorphan AUC": np.full(persons, cyp2d6_auc_ratio(dose * body["F_rel_tea"], share, body)),
    }

"""Reference opioids: when withdrawal comes and goes after months of morphine or methadone; receptors in the scanner."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.body.perpetrator import cyp2d6_auc_ratio, gut_auc_ratio
from ketum.engine.cohort import Tables
from ketum.engine.prepare import prepare_group
from ketum.engine.simulate import Window, resting_states, simulate
from ketum.regimens import Amount, Phase
from ketum.regimens.schedule import build_schedule
from ketum.scenario.build import grid
from ketum.validation.studies.heldout_pharmacokinetics import HOURS_PER_DAY, healthy, once
from ketum.validation.studies.heldout_protocols import one, protocol
from ketum.validation.studies.heldout_scenarios import arm, live, scenario

Array = NDArray[np.float64]
_PER_HOUR = 4


def opioid_withdrawal(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Morphine four times a day or methadone once a day, then a stop: "onset", "peak" (h), "over" (d) by drug.

    Hours and days count from the last dose; over: a tenth of the rise of SOWS is left.
    """
    weeks, after = one("opioids", "weeks"), one("opioids", "after_weeks")
    arms = ""
    for name in ("morphine", "methadone"):
        hours = protocol("opioids")[f"{name}_at_h"]
        at = ", ".join(f'"{round(h):02d}:00"' for h in hours)
        dose = f'product = "{name}", dose = "{one("opioids", f"{name}_mg"):g} mg", per_day = {len(hours)}, at = [{at}]'
        arms += arm(name, f'use = [{{ {dose}, for = "{weeks:g} wk" }}, {{ stop = true }}]')
    lived = live(scenario("healthy_adults", arms, weeks + after, '"withdrawal"'), tables, persons, seed)
    columns = {"onset": "withdrawal_onset_h", "peak": "withdrawal_peak_h", "over": "withdrawal_tenth_d"}
    return {
        f"{short}|{name}": lived[name].points[column]
        for name in ("morphine", "methadone")
        for short, column in columns.items()
    }


def occupancy(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Share of mu receptors taken (0 to 1) hours after the last of several daily doses, "<drug>|<dose> mg"."""
    days, scan = round(one("occupancy", "days")), one("occupancy", "scan_h")
    people = healthy(tables, persons, seed)
    group = prepare_group(people, tables.body, 1.0 / _PER_HOUR)
    at = HOURS_PER_DAY * (days - 1) + scan
    found: dict[str, Array] = {}
    for name in ("buprenorphine", "naltrexone"):
        for dose in protocol("occupancy")[f"{name}_mg"]:
            phase = Phase(mode="per_day", product=name, dose=Amount(dose, "mg"), count=1, at_h=(0.0,))
            schedule = build_schedule([phase], grid(tables.body, HOURS_PER_DAY * days, 0, _PER_HOUR))
            output = f"mor_occupancy:{name}"
            window = Window(0, HOURS_PER_DAY * days, (output,), round(at), 1)
            taken = simulate(group, schedule, window, start=resting_states(group)).outputs[output][0]
            found[f"{name}|{dose:g} mg"] = taken[:persons]
    return found


def probes(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Probe drugs with the tea: ratios of Cmax and half-life of midazolam, of the AUC of dextromethorphan.

    Kratom acts on the gut's CYP3A only: midazolam's Cmax rises with its AUC, and its half-life stays, which is a
    prediction of the structure. The model has no spread of these ratios between persons.
    """
    people = healthy(tables, min(persons, 1), seed)
    group = prepare_group(people, tables.body, 1.0 / _PER_HOUR)
    dose = one("probes", "dose")
    schedule = build_schedule([once("leaf_tea", dose)], grid(tables.body, 1, 0, _PER_HOUR))
    left = simulate(group, schedule, Window(0, 1), start=resting_states(group)).state("gut_3a")
    # the dose falls at hour 0: what an hour's turnover restored is taken off again
    at_dose = 1.0 - (1.0 - float(left[0])) * float(np.exp(tables.body.value("k_deg")))
    body = tables.body.plain()
    share = one("probes", "share_dextromethorphan")
    return {
        "midazolam Cmax": np.full(persons, gut_auc_ratio(body["Fg_MDZ"], at_dose)),
        "midazolam half-life": np.ones(persons),
        "dextromethorphan AUC": np.full(persons, cyp2d6_auc_ratio(dose * body["F_rel_tea"], share, body)),
    }

"""Reference opioids: tolerance to morphine, withdrawal after morphine or methadone, receptors in the scanner."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.engine.prepare import prepare_group
from ketum.engine.simulate import Window, resting_states, simulate
from ketum.regimens import Amount, Phase
from ketum.regimens.phases import HOURS_PER_DAY
from ketum.studies.lives.living import STEP_H, STEPS_PER_HOUR
from ketum.validation.protocols import one, protocol
from ketum.validation.studies.living import laid_out, volunteers
from ketum.validation.studies.scenarios import arm, live, scenario

Array = NDArray[np.float64]
_PER_HOUR = 4


def opioid_withdrawal(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Morphine four times a day or methadone once a day, then a stop: "onset", "peak" (h), "over" (d) by drug.

    Hours and days count from the last dose; over: a tenth of the rise of SOWS is left.
    """
    weeks, after = one("stop of opioids", "weeks"), one("stop of opioids", "after_weeks")
    arms = ""
    for name in ("morphine", "methadone"):
        hours = protocol("stop of opioids")[f"{name}_at_h"]
        at = ", ".join(f'"{round(h):02d}:00"' for h in hours)
        amount = one("stop of opioids", f"{name}_mg")
        dose = f'product = "{name}", dose = "{amount:g} mg", per_day = {len(hours)}, at = [{at}]'
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
    people = volunteers(tables, persons, seed)
    group = prepare_group(people, tables.body, 1.0 / _PER_HOUR)
    at = HOURS_PER_DAY * (days - 1) + scan
    found: dict[str, Array] = {}
    for name in ("buprenorphine", "naltrexone"):
        for dose in protocol("occupancy")[f"{name}_mg"]:
            phase = Phase(mode="per_day", product=name, dose=Amount(dose, "mg"), count=1, at_h=(0.0,))
            schedule = laid_out(tables, [phase], HOURS_PER_DAY * days, _PER_HOUR)
            output = f"mor_occupancy:{name}"
            window = Window(0, HOURS_PER_DAY * days, (output,), round(at), 1)
            taken = simulate(group, schedule, window, start=resting_states(group)).outputs[output][0]
            found[f"{name}|{dose:g} mg"] = taken[:persons]
    return found


def opioid_users(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Give morphine by mouth for months: how many times less potent an opioid is then ("shift", mean of a day)."""
    people = volunteers(tables, persons, seed)
    group = prepare_group(people, tables.body, STEP_H)
    hours = HOURS_PER_DAY * round(one("morphine", "days"))
    clock = tuple(np.arange(0.0, HOURS_PER_DAY, one("morphine", "every_h")))
    dose = Amount(one("morphine", "dose"), "mg")
    phase = Phase(mode="per_day", product="morphine", dose=dose, count=len(clock), at_h=clock)
    schedule = laid_out(tables, [phase], hours, STEPS_PER_HOUR)
    window = Window(0, hours, ("tolerance",), hours - HOURS_PER_DAY, HOURS_PER_DAY * STEPS_PER_HOUR)
    level = simulate(group, schedule, window, start=resting_states(group)).outputs["tolerance"][-1]
    phi = group.persons.parameters["phi_T"]
    return {"shift": (1.0 + (phi - 1.0) * level)[:persons]}

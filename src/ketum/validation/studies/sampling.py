"""Concentrations as they were sampled: tea, capsules once and daily, extract, and daily users of tea.

Values are read at the sampling times of the study, those below an assay limit count as none, and all quantities are
those of non-compartmental analysis over these samples. Names are "<quantity>:<analyte>", nM and h unless said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ketum.body.noncompartmental import QUANTITIES, noncompartmental
from ketum.engine.cohort import Tables
from ketum.engine.prepare import prepare_group
from ketum.engine.simulate import Window, simulate
from ketum.people import Persons
from ketum.products import NMOL_PER_MG_MOLAR
from ketum.regimens import Amount, Phase
from ketum.regimens.phases import HOURS_PER_DAY
from ketum.studies.lives.people import filled
from ketum.validation.protocols import one, protocol
from ketum.validation.studies.living import ANALYTES, NG_PER_UG, laid_out, one_dose, volunteers

Array = NDArray[np.float64]
_PER_HOUR = 4
"""Steps an hour, and readings: the shortest sampling interval is a quarter of an hour."""
_MOST_TRIES = 4


def healthy_men(tables: Tables, count: int, seed: int) -> Persons:
    """Return healthy men, filled up to whole blocks."""
    wanted = filled(count)
    everybody = volunteers(tables, _MOST_TRIES * wanted, seed)
    assert everybody.candidates is not None
    men = np.flatnonzero(~everybody.candidates.female)[:wanted]
    return Persons(everybody.numbers[men], {name: values[men] for name, values in everybody.parameters.items()})


def concentrations(persons: Persons, tables: Tables, phases: Sequence[Phase], hours: float) -> dict[str, Array]:
    """Return concentrations at every quarter of an hour by analyte, (time, person), nM."""
    last = int(np.ceil(hours))
    schedule = laid_out(tables, phases, last, _PER_HOUR)
    group = prepare_group(persons, tables.body, 1.0 / _PER_HOUR)
    return simulate(group, schedule, Window(0, last, ANALYTES, 0, 1)).outputs


def sampled(
    curves: Mapping[str, Array], dose_h: float, samples: Sequence[float], limits: Mapping[str, float], dose: Array
) -> dict[str, Array]:
    """Return the quantities of non-compartmental analysis of samples after a dose.

    Parameters
    ----------
    curves : mapping of analyte to (time, person) array
        From hour 0, every quarter of an hour.
    dose_h : float
        Hour of the dose.
    samples : sequence of float
        Hours after the dose.
    limits : mapping of analyte to float
        Assay limits, nM.
    dose : (person,) array
        Mitragynine, nmol.
    """
    time = np.array([0.0, *samples])
    rows = np.round((dose_h + time) * _PER_HOUR).astype(int)
    found: dict[str, Array] = {}
    for analyte, curve in curves.items():
        read = np.where(curve[rows] < limits.get(analyte, 0.0), 0.0, curve[rows])
        given = dose if analyte == "mitragynine" else np.full_like(dose, np.nan)
        quantities = noncompartmental(time, read, given)
        found |= {f"{name}:{analyte}": row for name, row in zip(QUANTITIES, quantities, strict=True)}
    return found


def _nmol(milligrams: float, tables: Tables, persons: Persons) -> Array:
    return np.full(len(persons.numbers), milligrams / tables.body.value("MW_MG") * NMOL_PER_MG_MOLAR)


def tea_samples(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Leaf tea once, sampled to 120 h; apparent clearance and volume of speciociliatine count its own content."""
    p = protocol("tea")
    people = volunteers(tables, persons, seed)
    dose = one("tea", "dose")
    curves = concentrations(people, tables, [one_dose("leaf_tea", dose)], p["sample_h"][-1])
    found = sampled(
        curves,
        0.0,
        p["sample_h"],
        {"7-hydroxymitragynine": one("tea", "limit_7oh")},
        _nmol(dose, tables, people),
    )
    own = _nmol(dose, tables, people) * people.parameters["r_SP"]  # its molar mass is that of mitragynine
    area, half_life = found["AUCinf:speciociliatine"], found["t1/2:speciociliatine"]
    found["CL/F:speciociliatine"] = own / area
    found["Vz/F:speciociliatine"] = own / area * half_life / np.log(2.0)
    return {name: values[:persons] for name, values in found.items()}


def _over_doses(persons: int, doses: Sequence[float]) -> list[tuple[float, int]]:
    """Return each dose with the number of its participants."""
    sizes = [len(part) for part in np.array_split(np.arange(persons), len(doses))]
    return list(zip(doses, sizes, strict=True))


def _joined(parts: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """Return dose groups one after another, with the number of the group."""
    found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    sizes = [len(next(iter(part.values()))) for part in parts]
    found["dose group"] = np.repeat(np.arange(float(len(parts))), sizes)
    return found


def capsules(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Leaf powder in capsules, four dose groups: once, and once a day for 15 days.

    "... once" is after the single dose, "... daily" after the last of the daily doses; "ratio" is the AUC of
    7-hydroxymitragynine over that of mitragynine (molar; up to the last measurable sample, of daily doses over the
    dosing interval); "steady day:<analyte>" is the first day whose trough is at the stated share of the last.
    """
    p = protocol("capsules")
    repeats, share = round(one("capsules", "repeats")), one("capsules", "steady_share")
    limits = {"7-hydroxymitragynine": one("capsules", "limit_7oh"), "mitragynine": one("capsules", "limit_mg")}
    parts = []
    first = 0
    everybody = volunteers(tables, persons, seed)
    for dose, size in _over_doses(persons, p["dose"]):
        people = _some(everybody, first, size)
        first += size
        given = _nmol(dose, tables, people)
        found: dict[str, Array] = {}
        single = concentrations(people, tables, [one_dose("leaf_powder", dose)], p["sample_h"][-1])
        last_h = float(HOURS_PER_DAY * (repeats - 1))
        amount = Amount(dose, "mg mitragynine")
        for_h = float(HOURS_PER_DAY * repeats)
        every_day = Phase(mode="per_day", product="leaf_powder", dose=amount, count=1, at_h=(0.0,), for_h=for_h)
        daily = concentrations(people, tables, [every_day], last_h + p["follow_h"][-1])
        for when, curves, at, samples in (
            ("once", single, 0.0, p["sample_h"]),
            ("daily", daily, last_h, p["follow_h"]),
        ):
            here = sampled(curves, at, samples, limits, given)
            here = {f"{name} {when}": values for name, values in here.items()}
            if when == "daily":
                interval = [hour for hour in samples if hour <= HOURS_PER_DAY]
                areas = sampled(curves, at, interval, limits, given)
            else:
                areas = {name.removesuffix(f" {when}"): values for name, values in here.items()}
            mother, daughter = (areas[f"AUClast:{a}"] for a in ANALYTES[:2])
            found |= here | {f"ratio {when}": np.where(daughter > 0.0, daughter, np.nan) / mother}
        for analyte in ANALYTES[:2]:
            troughs = daily[analyte][HOURS_PER_DAY * _PER_HOUR * np.arange(1, repeats + 1)]
            steady = troughs >= share * troughs[-1]
            found[f"steady day:{analyte}"] = steady.argmax(axis=0) + 1.0
        parts.append({name: values[:size] for name, values in found.items()})
    return _joined(parts)


def _some(persons: Persons, first: int, size: int) -> Persons:
    """Return persons from one number on, filled up to whole blocks with others."""
    chosen = (first + np.arange(filled(size))) % len(persons.numbers)
    return Persons(persons.numbers[chosen], {name: values[chosen] for name, values in persons.parameters.items()})


def extract_samples(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Extract once, three dose groups."""
    p = protocol("extract")
    everybody = volunteers(tables, persons, seed)
    parts = []
    first = 0
    for dose, size in _over_doses(persons, p["dose"]):
        people = _some(everybody, first, size)
        first += size
        curves = concentrations(people, tables, [one_dose("extract", dose)], p["sample_h"][-1])
        found = sampled(curves, 0.0, p["sample_h"], {}, _nmol(dose, tables, people))
        parts.append({name: values[:size] for name, values in found.items()})
    return _joined(parts)


def thai_users(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Men who drink tea every day: a week at a fixed dose, then a test dose sampled for 24 h.

    What earlier doses left is in the samples, as it was in the study. "Vz/F per kg:mitragynine" in L/kg, "Cmax ng/mL"
    in ng/mL.
    """
    p = protocol("thai users")
    days, test = round(one("thai users", "days")), one("thai users", "test_h")
    parts = []
    first = 0
    everybody = healthy_men(tables, persons, seed)
    for dose, size in _over_doses(persons, p["dose"]):
        people = _some(everybody, first, size)
        first += size
        amount = Amount(dose, "mg mitragynine")
        before = Phase(
            mode="per_day",
            product="leaf_tea",
            dose=amount,
            count=len(p["per_day_h"]),
            at_h=p["per_day_h"],
            for_h=float(HOURS_PER_DAY * days),
        )
        at = HOURS_PER_DAY * days + test
        curves = concentrations(people, tables, [before, one_dose("leaf_tea", dose, test)], at + p["sample_h"][-1])
        found = sampled(curves, at, p["sample_h"], {}, _nmol(dose, tables, people))
        found["Vz/F per kg:mitragynine"] = found["Vz/F:mitragynine"] / people.weight
        mass = tables.body.value("MW_MG") / NG_PER_UG  # nmol/L to ng/mL
        found["Cmax ng/mL:mitragynine"] = found["Cmax:mitragynine"] * mass
        parts.append({name: values[:size] for name, values in found.items()})
    return _joined(parts)

"""Single doses in healthy adults: concentrations of mitragynine, 7-hydroxymitragynine and speciociliatine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.body.noncompartmental import QUANTITIES, noncompartmental
from ketum.engine.cohort import Tables
from ketum.engine.prepare import prepare_group
from ketum.engine.simulate import Window, resting_states, simulate
from ketum.people import Persons
from ketum.regimens.schedule import Schedule
from ketum.validation.protocols import one, protocol
from ketum.validation.studies.living import ANALYTES, NG_PER_UG, laid_out, one_dose, volunteers

Array = NDArray[np.float64]
_MOLAR_MASS = {"mitragynine": "MW_MG", "7-hydroxymitragynine": "MW_7", "speciociliatine": "MW_MG"}
_HOURLY = 1
_COARSE = 4
"""Steps an hour after the peak."""


def _profile(
    persons: Persons,
    tables: Tables,
    schedule: Schedule,
    hours: tuple[int, int],
    per_hour: int,
    every: int,
    start: Array,
) -> tuple[dict[str, Array], Array]:
    """Return concentrations (time, person) by analyte, every so many steps, and the states at the end."""
    group = prepare_group(persons, tables.body, 1.0 / per_hour)
    window = Window(*hours, ANALYTES, hours[0], every)
    found = simulate(group, schedule, window, start=start if start.size else resting_states(group))
    return found.outputs, found.states


def tea(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Give leaf tea once: non-compartmental quantities (nM, h), and the half-life over the last samples.

    Names are "<quantity>:<analyte>", with "slope half-life" for the log-linear slope over a stated window.
    """
    people = volunteers(tables, persons, seed)
    early, last, fine = (round(one("tea", name)) for name in ("early_h", "last_h", "fine_per_h"))
    schedule = laid_out(tables, [one_dose("leaf_tea", one("tea", "dose"))], last, fine)
    first, states = _profile(people, tables, schedule, (0, early), fine, 1, np.empty(0))
    then, _ = _profile(people, tables, Schedule(), (early, last), _COARSE, _COARSE * _HOURLY, states)
    time = np.concatenate([np.arange(early * fine + 1) / fine, np.arange(early + 1, last + 1, dtype=float)])
    late = time >= one("tea", "slope_from_h")
    unknown = np.full(len(people.numbers), np.nan)
    found: dict[str, Array] = {}
    for analyte in ANALYTES:
        curve = np.concatenate([first[analyte], then[analyte][1:]])
        quantities = noncompartmental(time, curve, unknown)
        found |= {f"{name}:{analyte}": row for name, row in zip(QUANTITIES, quantities, strict=True)}
        found[f"Tmax:{analyte}"] = peak_time(time[: early * fine + 1], first[analyte])
        slope = np.polynomial.polynomial.polyfit(time[late], np.log(curve[late]), 1)[1]
        found[f"slope half-life:{analyte}"] = np.log(2.0) / -slope
    return {name: values[:persons] for name, values in found.items()}


def peak_time(time: Array, curve: Array) -> Array:
    """Return the time of the highest value of each curve, between readings by the parabola through three.

    Parameters
    ----------
    time : (T,) array
        Evenly spaced times.
    curve : (T, P) array

    Returns
    -------
    (P,) array

    Examples
    --------
    >>> t = np.linspace(0.0, 4.0, 41)
    >>> round(float(peak_time(t, (4.0 - (t - 1.234) ** 2)[:, None])[0]), 3)
    1.234
    """
    who = np.arange(curve.shape[1])
    top = curve.argmax(axis=0).clip(1, len(time) - 2)
    before, here, after = (curve[top + k, who] for k in (-1, 0, 1))
    bend = before - 2.0 * here + after
    shift = np.divide(before - after, 2.0 * bend, out=np.zeros_like(bend), where=bend < 0.0)
    found: Array = time[top] + shift.clip(-1.0, 1.0) * (time[1] - time[0])
    return found


def extract(tables: Tables, persons: int, seed: int) -> dict[str, Array]:
    """Give extract once, in three doses: highest levels in ng/mL, "Cmax:<analyte>|<dose> mg"."""
    people = volunteers(tables, persons, seed)
    hours, fine = round(one("extract", "last_h")), round(one("extract", "fine_per_h"))
    found: dict[str, Array] = {}
    for dose in protocol("extract")["dose"]:
        schedule = laid_out(tables, [one_dose("extract", dose)], hours, fine)
        curves, _ = _profile(people, tables, schedule, (0, hours), fine, 1, np.empty(0))
        for analyte in ANALYTES:
            highest = curves[analyte].max(axis=0)[:persons] * tables.body.value(_MOLAR_MASS[analyte]) / NG_PER_UG
            found[f"Cmax:{analyte}|{dose:g} mg"] = highest
    return found

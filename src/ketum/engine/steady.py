"""Pharmacokinetic steady states for SS = 1 of event tables: what a dose every II hours has left behind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.body.absorption import first_pass
from ketum.body.fields import KRATOM_AMOUNTS, REFERENCE_OPIOIDS
from ketum.body.pharmacokinetics import exponentials, rate_matrix, reference_matrix, size_factors
from ketum.engine.layout import LANES, PLACES
from ketum.engine.prepare import Group, by_block
from ketum.products import content, products
from ketum.regimens.schedule import STEADY_STATE, Column, Happening, Schedule

Array = NDArray[np.float64]
_STATES_END = PLACES["driven"] // LANES


def steady_states(group: Group, schedule: Schedule, gut_auto: bool) -> Array:
    """Return the amounts right before a dose at steady state, (block, steady, field, LANES).

    Each linear block has x = (I - Q)^-1 Q d with Q = expm(M II); gut CYP3A under auto-inactivation has its own fixed
    point g = (1 - a)/(1 - a b), a = exp(-k_deg II), b = exp(-kappa mg F_rel).
    """
    wanted = [event for event in schedule.events if event.kind == STEADY_STATE]
    out = np.zeros((group.blocks, len(wanted), _STATES_END, LANES))
    for k, event in enumerate(wanted):
        amounts = _amounts(group, schedule.columns[event.column], event, _factor(group, schedule, event), gut_auto)
        for name, values in amounts.items():
            out[:, k, PLACES[name] // LANES] = by_block(values, group.blocks)
    return out


def _factor(group: Group, schedule: Schedule, event: Happening) -> float:
    names: frozenset[str] = frozenset()
    for hour, acting in schedule.comedication:
        if hour * round(1.0 / group.dt) <= event.step:
            names = acting
    return float(np.prod([group.table[f"i3A_{name}"] for name in sorted(names)]))


def _amounts(group: Group, column: Column, event: Happening, factor: float, gut_auto: bool) -> dict[str, Array]:
    p = group.persons.parameters
    product = products()[column.product]
    interval = event.interval_steps * group.dt
    brought = content(product, column.basis, p, group.table)
    if product.suffix:
        drug = product.suffix
        matrix = reference_matrix(p, drug)
        dose = np.zeros(matrix.shape[:2])
        dose[:, 0] = event.amount * brought.to_reference
        trough = _trough(matrix, dose, interval)
        places = ("depot", "central", "periph") if drug in REFERENCE_OPIOIDS else ("depot", "central")
        return {
            "gut_3a": np.ones(len(dose)),
            **{f"amt_{drug}_{q}": trough[:, k] for k, q in enumerate(places)},
        }
    after_dose = np.exp(-p["kappa_gut"] * event.amount * brought.relative_mg)
    recovered = np.exp(-p["k_deg"] * interval)
    gut_3a = (1.0 - recovered) / (1.0 - recovered * after_dose)
    acting = gut_3a if gut_auto else np.ones_like(gut_3a)
    to_c, to_m = first_pass.py_func(  # type: ignore[attr-defined]
        p["F_ind"],
        p["q_gut"],
        np.minimum(p["y_fp"], p["y_cap"]),
        p["w_gut"],
        p["a_3A"] * factor,
        p["a_3A"] * factor * acting,
    )
    nmol = event.amount * brought.to_mitragynine
    matrix = rate_matrix(p, factor)
    dose = np.zeros(matrix.shape[:2])
    dose[:, 0] = nmol * to_c
    dose[:, 2] = nmol * to_m + event.amount * brought.to_7oh
    trough = _trough(matrix, dose, interval)
    f_cl, f_v = size_factors(p)
    sp = np.zeros((len(dose), 2, 2))
    sp[:, 0, 0], sp[:, 1, 0] = -p["ka_SP"], p["ka_SP"]
    sp[:, 1, 1] = -p["CL_SP"] * f_cl / (p["V_SP"] * f_v)
    sp_dose = np.zeros((len(dose), 2))
    sp_dose[:, 0] = nmol * p["r_SP"] * p["F_ind"]
    sp_trough = _trough(sp, sp_dose, interval)
    both = np.concatenate([trough, sp_trough], axis=1)
    return {"gut_3a": gut_3a, **{name: both[:, k] for k, name in enumerate(KRATOM_AMOUNTS)}}


def _trough(matrix: Array, dose: Array, interval: float) -> Array:
    q = exponentials(matrix * interval)
    right = np.einsum("pij,pj->pi", q, dose)[..., None]
    solved: Array = np.linalg.solve(np.eye(q.shape[1]) - q, right)[..., 0]
    return solved

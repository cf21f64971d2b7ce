"""Spells of natural use on a path of severity that use does not change (mood.md section 6)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.compiled import kernel
from ketum.engine.cohort import Tables
from ketum.mood.spells import selection_score, start_hazard, stop_hazard
from ketum.numerics import log
from ketum.people import Candidates
from ketum.people.covariates import DAYS_PER_YEAR, severity_score, start_factor
from ketum.people.streams import SPELL_BEGINS, SPELL_ENDS, draw, uniforms

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


def start_base(people: Candidates, tables: Tables, enrichment: float) -> Array:
    """Return each person's hazard of starting without the part of severity, 1/d, times the enrichment."""
    factor = start_factor(people, tables.covariates, tables.mood)
    return enrichment * tables.mood.value("h_0") / DAYS_PER_YEAR * factor


def likely_starters(people: Candidates, tables: Tables, seed: int, days: int, enrichment: float) -> NDArray[np.int64]:
    """Return the places of those who would start within `days` days if severity were always the worst there is."""
    ends = severity_score(np.array([0.0, tables.rules.value("S_cap")]), tables.covariates)
    most = float(np.exp(tables.mood.value("a_S") * ends).max())
    threshold = -np.log(uniforms(seed, people.keys, SPELL_BEGINS, np.array([0]))[0])
    return np.flatnonzero(start_base(people, tables, enrichment) * most * days >= threshold)


@kernel
def _follow(
    severity: NDArray[np.float32],
    base: Array,
    trier: Flags,
    keys: NDArray[np.int64],
    seed: int,
    h_try: float,
    h_stop: float,
    h_res: float,
    a_S: float,
    d_S: float,
    reference: float,
    per: float,
    using: Flags,
) -> None:
    for i in range(severity.shape[0]):
        inside, ever, number, total = False, False, 0, 0.0
        limit = -log(draw(seed, keys[i], SPELL_BEGINS, 0))
        for day in range(severity.shape[1]):
            using[i, day] = inside
            score = selection_score(severity[i, day], reference, per)
            if inside:
                total += stop_hazard(h_try if trier[i] and number == 0 else h_stop, d_S, score)
            else:
                total += start_hazard(h_res if ever else base[i], a_S, score)
            if total >= limit:
                inside, ever, total = not inside, True, 0.0
                if inside:
                    limit = -log(draw(seed, keys[i], SPELL_ENDS, number))
                else:
                    number += 1
                    limit = -log(draw(seed, keys[i], SPELL_BEGINS, number))


def days_of_use(
    people: Candidates,
    trier: Flags,
    severity: NDArray[np.float32],
    tables: Tables,
    seed: int,
    enrichment: float,
) -> Flags:
    """Return on which days each person is in a spell of natural use, (person, day).

    Parameters
    ----------
    people : Candidates
    trier : (P,) flags
        Whether a person stops the first spell soon.
    severity : (P, day) array
        Severity at the end of each day, PHQ-9 points.
    tables : Tables
    seed : int
    enrichment : float
        Factor on the hazard of starting.

    Notes
    -----
    Hazards of a day are added up until they reach a unit-exponential threshold (streams 5 and 6 by number of spell);
    the spell then begins or ends on the next day, as in `ketum.engine.mood_spells`.
    """
    m, c = tables.mood.plain(), tables.covariates.plain()
    using = np.zeros(severity.shape, dtype=np.bool_)
    hazards = (m["h_try"], m["h_stop"] / DAYS_PER_YEAR, m["h_res"] / DAYS_PER_YEAR, m["a_S"], m["d_S"])
    base = start_base(people, tables, enrichment)
    _follow(severity, base, trier, people.keys, seed, *hazards, c["sel_ref"], 1.0 / c["sel_per"], using)
    return using

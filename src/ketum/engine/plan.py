"""What the compiled engine is told, as named groups of arrays and numbers (numba takes named tuples as they are)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketum.engine.mood_plan import MoodPlan

MEAN, MAX, TOTAL, LAST, ANY = range(5)
"""How hourly values are folded into a record."""
FOLDS = {"mean": MEAN, "max": MAX, "total": TOTAL, "last": LAST, "any": ANY}
TO_MITRAGYNINE, TO_7OH, TO_REFERENCE, RELATIVE_MG, ALKALOID_MG, LEAF_G, EQUIVALENT_MG = range(7)
"""Rows of a dose column: what one unit of amount brings.

In turn nmol x F_rel, nmol x F_rel x F_7, nmol x F, mg x F_rel, mg of alkaloid, g of leaf, leaf-equivalent mg of
mitragynine (`joined.md` section 5).
"""
COLUMN_ROWS = 7
CONTENT_FACTOR, LABEL_FACTOR, CHANCE = range(3)
"""Rows of a lot: factor on the content of the person's product, what a labelled tablet holds for each mg of its label,
and the uniform that says which lots hold a hidden opioid."""
LOT_ROWS = 3

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Clock(NamedTuple):
    """Hours from `first` (inclusive) to `last` (exclusive), counted from the start of the run-in.

    `lanes` is LANES as a number that the compiler does not know, see `ketum.engine.signals.accumulate`.
    """

    first: int
    last: int
    steps_per_hour: int
    lot: Ints  # (day,) number of the lot of each day since the start of the run-in
    lanes: int


class Events(NamedTuple):
    """Doses and resets in order of time; `wake` and `group` choose to whom they apply (-1: everybody)."""

    step: Ints
    kind: Ints
    column: Ints
    amount: Floats
    wake: Ints
    group: Ints
    slot: Ints  # number of a steady state


class Columns(NamedTuple):
    """Dose columns: products in the units in which an arm gives them."""

    brings: Floats  # (block, column, COLUMN_ROWS, lane)
    target: Ints  # (column,) offset of the depot of a reference drug, or -1
    from_lot: NDArray[np.bool_]  # (column,) whether a factor of the lot multiplies the amount
    lot_row: Ints  # (column,) which: CONTENT_FACTOR or LABEL_FACTOR
    serving: NDArray[np.bool_]  # (column,) whether it counts as a serving
    first_field: Ints  # (column,) the states that are its pharmacokinetics, from
    end_field: Ints  # (column,) to, not included
    first_besides: Ints  # (column + 1,) what a column holds besides: rows of `Besides` from here to the next number


class Besides(NamedTuple):
    """What columns hold besides their product: 7-OH that was added, an opioid that is hidden."""

    brings: Floats  # (block, row, COLUMN_ROWS, lane): by one unit of the column
    target: Ints  # (row,) as of a column
    in_share: Floats  # (row,) share of lots that hold it


class AsNeeded(NamedTuple):
    """Phases of as-needed use: hours, column, units per gram of leaf, first serving (g, NaN: keep), daily limit."""

    first: Ints
    last: Ints
    column: Ints
    units_per_gram: Floats
    serving: Floats
    limit: Floats


class Levels(NamedTuple):
    """Co-medication: from hour `hour[k]` on, the rows `rows[:, level[k]]` of `ketum.body.fields.LEVEL` hold."""

    hour: Ints
    level: Ints
    rows: Floats  # (block, level, field, lane)


class Behaviour(NamedTuple):
    """Table values of symptom-driven use (body.md section 9) and of withdrawal; symbols of the parameter table."""

    hab_1: float
    first_h: float
    awake_h: float
    k_W: float
    k_D: float
    n_sat: float
    gap_min: float
    t_review: float
    W_unrel: float
    A_sed: float
    g_min: float
    g_max: float
    n_WP: float


class Scales(NamedTuple):
    """Table values of SOWS (body.md section 6)."""

    sows_0: float
    sows_D: float
    sows_max: float


class Drugs(NamedTuple):
    """Which reference drugs an arm gives."""

    morphine: bool
    methadone: bool
    buprenorphine: bool
    naloxone: bool
    naltrexone: bool


class Signals(NamedTuple):
    """Which groups of signals are computed, and their table values."""

    acute: bool
    symptoms: bool
    occupancy: bool
    side_effects: bool
    symptom_weights: Floats  # (9, 3): on W, P and distress
    side_weights: Floats  # (5,): four momentary side effects and constipation
    side_hours: int


class Recording(NamedTuple):
    """What is kept: rows of the workspace, folds, and every how many steps from which hour on.

    Relief by servings is gathered from hour `relief_from` (-1: never) to `relief_end`, not included, and read
    `relief_ahead` hours after each.
    """

    row: Ints
    fold: Ints
    every_steps: int
    first_hour: int
    trace_from: int
    snapshots: Ints
    relief_from: int
    relief_end: int
    relief_ahead: int


class Store(NamedTuple):
    """Where it is kept; the last axis counts persons."""

    records: Floats  # (output, record, person)
    trace: NDArray[np.float32]  # (hour, person): SOWS at the end of each hour, see `keep_trace`
    snapshots: Floats  # (snapshot, state, person)
    days: Floats  # (signal, day, person): `ketum.mood.fields.KEPT_BY_DAY`


class Plan(NamedTuple):
    """All that one arm of one chunk needs."""

    seed: int
    gut_auto: bool
    clock: Clock
    events: Events
    columns: Columns
    besides: Besides
    as_needed: AsNeeded
    levels: Levels
    behaviour: Behaviour
    scales: Scales
    distress: Floats  # (hour, person) from `clock.first` on, or of no hours where it does not change
    drugs: Drugs
    signals: Signals
    recording: Recording
    mood: MoodPlan

"""What the lots of each person have: a factor on content, the truth of a label, whether something is hidden in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.engine.plan import CHANCE, CONTENT_FACTOR, LABEL_FACTOR, LOT_ROWS
from ketum.evidence import load_parameters
from ketum.people import lot_chances, lot_factors, lot_labels
from ketum.regimens.schedule import Schedule

Array = NDArray[np.float64]


def lot_rows(numbers: NDArray[np.int64], seed: int, schedule: Schedule, count: int, lot_cv: float) -> Array:
    """Return what the first lots of each person have; what no column of the schedule needs is one.

    Parameters
    ----------
    numbers : (P,) int64
        Keys of the persons.
    seed : int
    schedule : Schedule
        The arm.
    count : int
        Number of lots.
    lot_cv : float
        CV of content from lot to lot.

    Returns
    -------
    (LOT_ROWS, lot, P) array
        Rows as `ketum.engine.plan` names them; the same for a person's n-th lot in every arm.
    """
    rows = np.ones((LOT_ROWS, count, len(numbers)))
    rows[CONTENT_FACTOR] = lot_factors(numbers, seed, count, lot_cv)
    if any(column.label_mg is not None for column in schedule.columns):
        rows[LABEL_FACTOR] = lot_labels(numbers, seed, count, load_parameters("contaminants")["label_7oh"])
    if any(column.besides for column in schedule.columns):
        rows[CHANCE] = lot_chances(numbers, seed, count)
    return rows

"""When a person opens a new lot of a product (body.md sections 8 and 9, mode f).

Lots are numbered as a person opens them. The n-th lot of a person is the same in every arm, whenever it is opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LotChange:
    """A new lot on a day, and how long lots last from then on; None: as long as before."""

    day: int
    every_days: float | None = None


def lot_numbers(changes: Iterable[LotChange], days: int, lot_days: float) -> Numbers:
    """Return the number of the lot of each day.

    Parameters
    ----------
    changes : iterable of LotChange
        In order of day, counted from the start of the run-in; a change on day 0 opens the first lot.
    days : int
        Days from the start of the run-in.
    lot_days : float
        How long a lot lasts, d.

    Returns
    -------
    (days,) int64

    Examples
    --------
    >>> lot_numbers([LotChange(3)], 9, 4.0).tolist()
    [0, 0, 0, 1, 1, 1, 1, 2, 2]
    """
    numbers = np.floor(np.arange(days) / lot_days).astype(np.int64)
    every = lot_days
    for change in changes:
        if change.day >= days:
            break
        every = every if change.every_days is None else change.every_days
        first = numbers[change.day - 1] + 1 if change.day > 0 else 0
        numbers[change.day :] = first + np.floor(np.arange(days - change.day) / every).astype(np.int64)
    return numbers

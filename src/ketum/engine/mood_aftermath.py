"""What happens to mood after a stop: how bad it gets, and when it is back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables

Array = NDArray[np.float64]
Days = Mapping[str, Array]
BACK_BY_DAYS = (30, 91, 182, 350)
"""Days after the last serving by which severity may be back: 1, 3, 6 and 12 months."""


def time_back(excess: Array, near: float, days: int) -> Array:
    """Return the first day d (1 is the first row) with |excess| below `near` on days d to d + days - 1; else inf.

    Parameters
    ----------
    excess : (day, P) array

    Examples
    --------
    >>> import numpy as np
    >>> time_back(np.array([[3.0], [0.5], [0.5], [2.0], [0.1], [0.1], [0.1]]), 1.0, 3)
    array([5.])
    """
    close: NDArray[np.bool_] = np.asarray(np.less(np.abs(excess), near), dtype=np.bool_)
    held = np.zeros(close.shape, dtype=np.bool_)
    if close.shape[0] >= days:
        runs = np.lib.stride_tricks.sliding_window_view(close, days, axis=0).all(axis=-1)
        held[: runs.shape[0]] = runs
    found = np.where(held.any(axis=0), held.argmax(axis=0) + 1.0, np.inf)
    return np.asarray(found, dtype=float)


def after_stop(days: Days, excess_14d: Array, stop: int, last: int, tables: Tables) -> dict[str, Array]:
    """Return what happens to mood after a stop, by column name, each (P,).

    Parameters
    ----------
    days : mapping of (day, P) arrays
        Every day of the record.
    excess_14d : (day, P) array
        Two-week severity minus that of the same person's life without kratom.
    stop, last : int
        First day without regular use, and first day after the last serving, from which times back count; a time is
        infinite where the record ends before.
    tables : Tables
    """
    rules = tables.rules
    span = round(rules.value("after_days"))
    severity, recalled = days["severity"], days["severity_14d"]
    during, after = slice(max(stop - span, 0), stop), slice(stop, stop + span)
    found = {
        "worst_after": recalled[after].max(axis=0),
        "worst_after_d": severity[after].argmax(axis=0) + 1.0,
    }
    if stop > 0:
        found["worst_in_use"] = recalled[during].max(axis=0)
        found["worst_rise"] = found["worst_after"] - found["worst_in_use"]
        found["worst_is_after"] = (found["worst_rise"] > 0.0).astype(float)
        found["worst_day_is_after"] = (severity[after].max(axis=0) > severity[during].max(axis=0)).astype(float)
    for weeks in (4, 13, 26):
        if stop + 7 * weeks <= len(severity):
            found[f"anhedonia_after_{weeks}wk"] = days["anhedonia"][stop + 7 * weeks - 1]
    if last >= len(severity):
        return found
    hold = round(rules.value("baseline_days"))
    back = time_back(excess_14d[last:], rules.value("baseline_points"), hold)
    found["back_to_baseline_d"] = back
    for day in BACK_BY_DAYS:
        if last + day + hold <= len(severity):
            found[f"back_by_{day}d"] = (back <= day).astype(float)
    residual = round(tables.body.value("use_days"))
    if last + residual <= len(severity):
        left = excess_14d[last + residual - 1]
        found["residual_low_mood"] = (left >= rules.value("residual_points")).astype(float)
    return found

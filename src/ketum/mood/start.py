"""A person's mood at the start as fields of the engine (mood.md sections 2 and 3)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Table = Mapping[str, float]


def starting_state(
    fluct: Array, now: Array, ever: Array, trait: Array, excess: Array, mood: Table, cap: float
) -> dict[str, Array]:
    """Return the states of depression at the start, untreated and without kratom.

    Parameters
    ----------
    fluct, trait, excess : (P,) arrays
        u, b and M.
    now, ever : (P,) arrays of 0 or 1
        In an episode; ever had one.
    mood : mapping of symbol to float
    cap : float
        Highest severity, PHQ-9 points.
    """
    factor = np.exp(mood["sig_u"] * fluct - 0.5 * mood["sig_u"] ** 2)
    core = (trait + excess * now) * factor
    severity = np.minimum(core, cap)
    distress = severity / (severity + mood["S_half"])
    return {
        "fluct": fluct,
        "fluct_factor": factor,
        "in_episode": now,
        "ever_episode": ever,
        "activation": now,
        "episode_excess": excess,
        "core": core,
        "severity": severity,
        "severity_slow": severity,
        "severity_14d": severity,
        "mood_level": core,
        "distress_day": distress,
        "distress_hour": distress,
        "distress_today": distress,
        "withdrawal_kept": np.ones_like(core),
    }

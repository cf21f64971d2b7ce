"""The reference model read once a day: day means, treatments, severity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from ketum.errors import KetumError
from ketum.evidence import load_parameters
from ketum.reference.mood import DAY_VALUES, MOOD_STATES, MoodPerson
from ketum.reference.solve import simulate
from ketum.reference.text import Comed, Dose


def simulate_days(
    doses: Iterable[tuple[float, str, float] | Dose],
    days: int,
    *,
    mood: MoodPerson,
    parameters: Mapping[str, float] | None = None,
    person: Mapping[str, float] | None = None,
    comed: Iterable[tuple[float, float, float] | Comed] = (),
    initial: Mapping[str, float] | None = None,
    rel: float = 1e-9,
    abs: float = 1e-12,
) -> dict[str, NDArray[np.float64]]:
    """One person's days; entry d is what the update at the end of day d left (mood specification, section 3).

    Parameters
    ----------
    doses, mood, parameters, person, comed, initial, rel, abs
        As in `simulate`.
    days
        Number of days, from day 0 on.

    Returns
    -------
    dict
        Arrays of shape (days,): the means of the day `effect_day` (0..1), `arousal_day` (SD), `withdrawal_day` (0..1,
        after substitution), `protracted_day` (0..1), `reward_slow_day` (0..1, 1 normal); `dose_eq` (mg/day); the
        states of mood: `treat_<name>` (0..1), `activation` (0..1), `treated_excess`, `core`, `kratom_term`,
        `severity`, `severity_slow` (S*), `severity_lasting` (core + beta_S x), all in PHQ-9 points, `slow_exposure`
        (multiples of D_ref), `distress_day` (0..1, which body uses on day d + 1); and `severity_14d`, the mean of
        `severity` over the last `recall_days` days, at the start over the days so far.

    Raises
    ------
    KetumError
        If an argument cannot be used, or the package libroadrunner is missing.

    Examples
    --------
    >>> person = MoodPerson(in_episode=True, schedule=[("expectancy", 0, 56)])
    >>> run = simulate_days([(24.0 * d + 8, "leaf_powder", 61.0) for d in range(3)], 3, mood=person)
    >>> [round(float(mg), 1) for mg in run["dose_eq"]], run["severity"].shape
    ([61.0, 61.0, 61.0], (3,))
    """
    if days < 1:
        raise KetumError(f"days: {days}; 1 or more")
    run = simulate(
        doses,
        24.0 * np.arange(1, days + 1),
        parameters=parameters,
        person=person,
        comed=comed,
        initial=initial,
        names=(*DAY_VALUES, *MOOD_STATES),
        mood=mood,
        rel=rel,
        abs=abs,
    )
    del run["t"]
    values = load_parameters("scales").plain() | dict(mood.values)
    return run | {"severity_14d": trailing_mean(run["severity"], int(values["recall_days"]))}


def trailing_mean(daily: NDArray[np.float64], days: int) -> NDArray[np.float64]:
    """Mean over the last `days` entries up to each, at the start over those so far.

    >>> [float(mean) for mean in trailing_mean(np.array([1.0, 3.0, 5.0]), 2)]
    [1.0, 2.0, 4.0]
    """
    return np.array([daily[max(0, d + 1 - days) : d + 1].mean() for d in range(daily.size)])

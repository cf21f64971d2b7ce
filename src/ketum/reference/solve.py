"""The reference model solved by libRoadRunner (CVODE), independently of the compiled kernel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import exp, prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketum.errors import KetumError
from ketum.reference.mood import AREAS, DAY_VALUES, MOMENTARY, MOOD_STATES, MoodPerson
from ketum.reference.text import F_REL, Comed, Dose, additions, comed_in_order, doses_in_order, need, sbml

STATES = (
    *(
        "amt_gut1",
        "amt_gut2",
        "amt_7gut1",
        "amt_7gut2",
        "amt_mg",
        "amt_mg_periph",
        "amt_7oh",
        "amt_sp_gut",
        "amt_sp",
    ),
    *("amt_mor_gut", "amt_mor", "amt_mor_periph", "amt_met_gut", "amt_met", "amt_met_periph"),
    *("amt_bup_gut", "amt_bup", "amt_bup_periph", "amt_nal_gut", "amt_nal", "amt_ntx_gut", "amt_ntx"),
    *(
        "gut_3a",
        "tolerance",
        "adapted",
        "recruited",
        "protracted_delay",
        "protracted",
        "reward_slow",
        "arousal_habit",
    ),
)
OUTPUTS = (
    *(
        "c_MG",
        "c_7",
        "c_SP",
        "c_mor",
        "c_met",
        "c_bup",
        "c_nal",
        "c_ntx",
        "effect",
        "effect_naive",
        "stimulus",
    ),
    *("arousal", "arousal_drive", "deficit", "chronicity", "withdrawal_level", "withdrawal_potential"),
    *("sows", "cows", "reward", "calm", "mood_body"),
)

MOOD_NAMES = (*MOOD_STATES, *DAY_VALUES, *MOMENTARY)

FIRST_STEP = 1e-6  # h; CVODE's own first guess after a dose is lost in round-off of t, and it warns at each one
MAX_STEPS = 1_000_000


def _give(model: Any, dose: Dose, *, mood: bool) -> None:
    """Add a dose to the states of a loaded model; every amount reads the state before the dose."""
    added = [
        (state, mg * prod(model[factor] for factor in factors)) for state, mg, factors in additions(dose, mood=mood)
    ]
    for state, amount in added:
        model[state] = model[state] + amount
    if dose.product in F_REL:
        model["gut_3a"] = model["gut_3a"] * exp(-model["kappa_gut"] * dose.mg * model[F_REL[dose.product]])


def simulate(
    doses: Iterable[tuple[float, str, float] | Dose],
    t_out: ArrayLike,
    *,
    parameters: Mapping[str, float] | None = None,
    person: Mapping[str, float] | None = None,
    comed: Iterable[tuple[float, float, float] | Comed] = (),
    initial: Mapping[str, float] | None = None,
    names: Sequence[str] | None = None,
    mood: MoodPerson | None = None,
    rel: float = 1e-9,
    abs: float = 1e-12,
) -> dict[str, NDArray[np.float64]]:
    """One person's curves. Integration stops at each dose and change of co-medication and starts afresh.

    Parameters
    ----------
    doses
        (h, product, mg), or `Dose`; mg of mitragynine, of 7-OH or of the medicine.
    t_out
        Output times, h, ascending from 0 on. At the time of a dose the state before it is given.
    parameters, person
        As in `antimony_text`.
    comed
        (h, factor on liver CYP3A, factor on gut CYP3A), each valid from its time on.
    initial
        States at time 0 by name (amounts nmol); the others start at rest.
    names
        Quantities returned: any of `STATES` and `OUTPUTS`, and with mood of `MOOD_NAMES`; all if not given.
    mood
        Constants of this person's mood, as in `antimony_text`. At midnight the state after the daily update is given,
        before a dose at the same time.
    rel, abs
        Tolerances of CVODE, relative and absolute; the same for every state, whatever its unit.

    Returns
    -------
    dict
        ``t`` and each name, arrays of shape (time,).

    Raises
    ------
    KetumError
        If an argument cannot be used, or the package libroadrunner is missing.

    Examples
    --------
    >>> curve = simulate([(0.0, "leaf_tea", 39.0)], [0.0, 1.0, 6.0], person={"WT": 75.0})
    >>> [round(float(c)) for c in curve["c_MG"]]
    [0, 83, 11]
    """
    times = np.asarray(t_out, dtype=np.float64)
    given = doses_in_order(doses)
    factors = comed_in_order(comed)
    model = load(parameters, person=person, mood=mood, rel=rel, abs=abs)
    return integrate(model, given, times, factors=factors, initial=initial, names=names, mood=mood is not None)


def load(
    parameters: Mapping[str, float] | None = None,
    *,
    person: Mapping[str, float] | None = None,
    mood: MoodPerson | None = None,
    rel: float = 1e-9,
    abs: float = 1e-12,
) -> Any:
    """Return the model compiled by libRoadRunner, at rest; arguments as in `simulate`."""
    text = sbml(parameters, person=person, mood=mood)
    need("roadrunner", "libroadrunner")
    import roadrunner

    options = roadrunner.LoadSBMLOptions()
    options.setLLVMBackend(options.LLJIT)  # unoptimised code is ready in a fifth of the time and runs as fast
    options.setLLJitOptimizationLevel(options.NONE)
    model = roadrunner.RoadRunner(text, options)
    model.integrator.relative_tolerance = rel
    model.integrator.maximum_num_steps = MAX_STEPS
    model.integrator.initial_time_step = FIRST_STEP
    # One by one: libRoadRunner rescales a single absolute tolerance, and CVODE then fails at doses. One value
    # for all: it files the list under species first while CVODE seems to hold states with rate rules first.
    for state in (*STATES, *AREAS) if mood else STATES:
        model.integrator.setIndividualTolerance(state, abs)
    return model


def integrate(
    model: Any,
    doses: Sequence[Dose],
    times: NDArray[np.float64],
    *,
    factors: Sequence[Comed] = (),
    initial: Mapping[str, float] | None = None,
    names: Sequence[str] | None = None,
    mood: bool = False,
) -> dict[str, NDArray[np.float64]]:
    """Integrate a model of `load` from time 0 through doses in order of time; see `simulate`."""
    if times.ndim != 1 or times.size == 0 or times[0] < 0 or np.any(np.diff(times) < 0):
        raise KetumError("t_out: one or more times in h, ascending, from 0 on")
    states = (*STATES, *MOOD_STATES) if mood else STATES
    known = (*STATES, *OUTPUTS, *MOOD_NAMES) if mood else (*STATES, *OUTPUTS)
    names = known if names is None else names
    for asked, allowed in ((initial or {}, states), (names, known)):
        if unknown := sorted(set(asked) - set(allowed)):
            raise KetumError(f"not quantities of the model: {', '.join(unknown)}; allowed: {', '.join(allowed)}")
    kept = {name: np.empty(times.size) for name in names}
    end = float(times[-1])
    stops = {0.0, end, *(dose.time_h for dose in doses), *(c.time_h for c in factors)}
    midnights = {24.0 * day for day in range(1, int(end / 24) + 1)} if mood else set()
    edges = sorted(stop for stop in stops | midnights if stop <= end)
    for state, value in (initial or {}).items():
        model[state] = value
    for name in names:
        kept[name][times == 0.0] = model[name]
    for now, after in pairwise(edges):
        for c in factors:
            if c.time_h == now:
                model["liver_comed"], model["gut_comed"] = c.liver, c.gut
        for dose in doses:
            if dose.time_h == now:
                _give(model, dose, mood=mood)
        inside = np.flatnonzero((times > now) & (times <= after))
        grid, at = np.unique([now, *times[inside], after], return_inverse=True)
        rows = np.asarray(model.simulate(times=grid.tolist(), selections=["time", *names]))
        if after in midnights and model["next_midnight"] <= after:
            raise KetumError(f"libRoadRunner passed over the midnight at {after} h")
        for column, name in enumerate(names, start=1):
            kept[name][inside] = rows[at[1:-1], column]
    return {"t": times, **kept}

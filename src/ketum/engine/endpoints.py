"""End points of each person in each arm: use, withdrawal after a stop, use disorder, side effects."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ketum.brain.use_disorder import use_disorder_class, withdrawal_potential
from ketum.brain.withdrawal import chronicity_half
from ketum.compiled import kernel
from ketum.engine.observe import Scene
from ketum.engine.simulate import Simulated
from ketum.people.streams import ADVERSE_EFFECTS, USE_DISORDER, uniforms
from ketum.regimens.schedule import Schedule

Array = NDArray[np.float64]
_EVER_H = 1e6  # hours since the last serving beyond which there was none
READ_OUTPUTS = frozenset({"servings", "dose", "dose_mg", "mor_activation", "withdrawal"})
"""Recorded outputs that end points are read from."""
TRACE_LEAD_H = 168
"""Hours before a stop from which withdrawal is followed: the last serving lies within them, or withdrawal is over."""
WITHDRAWAL_COLUMNS = (
    "withdrawal_peak",
    "withdrawal_peak_h",
    "withdrawal_onset_h",
    "withdrawal_tenth_d",
    "withdrawal_near_background_d",
    "withdrawal_point_days",
)


@kernel
def _follow(
    curve: NDArray[np.float32],
    lead: int,
    background: Array,
    since: Array,
    rise_least: float,
    onset_share: float,
    end_share: float,
    near_points: float,
    out: Array,
) -> None:
    hours = curve.shape[0]
    for i in range(curve.shape[1]):
        b = background[i]
        start = max(lead - int(since[i]), 0) if since[i] < lead else 0
        peak = lead
        for t in range(start, hours):
            if curve[t, i] > curve[peak, i]:
                peak = t
        area = 0.0
        for t in range(lead, hours):
            area += max(curve[t, i] - b, 0.0)
        rise = curve[peak, i] - b
        out[0, i] = curve[peak, i]
        out[1:5, i] = np.nan
        out[5, i] = area / 24.0
        if rise < rise_least or since[i] > _EVER_H:
            continue
        onset = start
        for t in range(peak, start - 1, -1):
            if curve[t, i] <= b + onset_share * rise:
                break
            onset = t
        tenth, near = np.inf, np.inf
        for t in range(peak, hours):
            if curve[t, i] <= b + end_share * rise:
                tenth = t + 1.0
                break
        for t in range(peak, hours):
            if curve[t, i] <= b + near_points:
                near = t + 1.0
                break
        shift = since[i] - lead
        out[1, i] = peak + 1.0 + shift
        out[2, i] = onset + 1.0 + shift
        out[3, i] = (tenth + shift) / 24.0
        out[4, i] = (near + shift) / 24.0


def withdrawal_course(
    curve: NDArray[np.float32], lead: int, background: Array, since: Array, table: Mapping[str, float]
) -> dict[str, Array]:
    """Return the course of withdrawal after a stop (or from the start of a taper).

    Parameters
    ----------
    curve : (hour, P) array
        SOWS at the end of each hour, from `lead` hours before the stop on.
    lead : int
        Hours of the curve before the stop.
    background : (P,) array
        SOWS without withdrawal.
    since : (P,) array
        Hours from the last serving to the stop.
    table : mapping of symbol to float
        ``wd_rise``, ``wd_onset``, ``wd_tenth``, ``wd_near``: what counts as withdrawal, as its onset, as over and as
        back.

    Returns
    -------
    dict of (P,) arrays
        Highest SOWS; hours from the last serving to it and to onset (the last upward crossing before the peak of
        background + ``wd_onset`` of the rise); days from the last serving until ``wd_tenth`` of the rise is left and
        until SOWS is within ``wd_near`` of background; point-days above background after the stop. Times are not
        numbers where SOWS rises by less than ``wd_rise``, or where nothing was ever taken; infinite where the curve
        ends before.
    """
    out = np.empty((len(WITHDRAWAL_COLUMNS), curve.shape[1]))
    limits = (table["wd_rise"], table["wd_onset"], table["wd_tenth"], table["wd_near"])
    _follow(curve, lead, background, since, *limits, out)
    return dict(zip(WITHDRAWAL_COLUMNS, out, strict=True))


def dependence(scene: Scene, adapted: Array, protracted: Array, tolerance: Array) -> dict[str, Array]:
    """Return use-disorder class (0 none to 3 severe) and its tolerance and withdrawal criteria."""
    table = scene.table
    potential = withdrawal_potential(
        adapted, protracted, scene.persons.parameters["g_W"], chronicity_half(table), table
    )
    u = uniforms(scene.seed, scene.persons.numbers, USE_DISORDER, np.array([0]))[0]
    return {
        "use_disorder_class": use_disorder_class(potential, u, table).astype(float),
        "tolerance_criterion": (tolerance >= table["kud_tol"]).astype(float),
        "withdrawal_criterion": (potential >= table["kud_wd"]).astype(float),
    }


def survey_adverse_effects(scene: Scene, grams: Array, servings_a_week: Array) -> dict[str, Array]:
    """Return whether a survey would hear of any adverse effect, of a bad one, and of care sought (once a person)."""
    table: Mapping[str, float] = scene.table
    logit = (
        table["ae_0"]
        + table["ae_g"] * (grams >= table["ae_serving"])
        + table["ae_f"] * (servings_a_week >= table["ae_weekly"])
    )
    u = uniforms(scene.seed, scene.persons.numbers, ADVERSE_EFFECTS, np.arange(3))
    uses = servings_a_week > 0.0
    reported = uses & (u[0] < 1.0 / (1.0 + np.exp(-logit)))
    return {
        "adverse_effect": reported.astype(float),
        "adverse_effect_bad": (reported & (u[1] < table["ae_bad"])).astype(float),
        "sought_care": (uses & (u[2] < table["ae_care"])).astype(float),
    }


def within_use(times: Array, until: float, days: float) -> NDArray[np.bool_]:
    """Return which records (by their ends, h) lie in the last `days` before `until`."""
    chosen: NDArray[np.bool_] = (times <= until) & (times > until - 24.0 * days)
    return chosen


def _use(simulated: Simulated, times: Array, until: float, days: float) -> dict[str, Array]:
    """Return use in the last `days` before `until`: servings and milligrams a day, grams a serving."""
    chosen = within_use(times, until, days)
    found: dict[str, Array] = {}
    if not chosen.any():
        return found
    for name, column in (("servings", "servings_per_day"), ("dose_mg", "alkaloid_mg_per_day")):
        if name in simulated.outputs:
            found[column] = simulated.outputs[name][chosen].mean(axis=0)
    if "dose" in simulated.outputs and "servings" in simulated.outputs:
        grams = simulated.outputs["dose"][chosen].sum(axis=0)
        servings = simulated.outputs["servings"][chosen].sum(axis=0)
        if grams.any() or not servings.any():
            found["leaf_g_per_serving"] = np.divide(grams, servings, out=np.zeros_like(grams), where=servings > 0)
    return found


def arm_endpoints(
    scene: Scene,
    schedule: Schedule,
    simulated: Simulated,
    times: Array,
    start_hour: int,
    *,
    over_days: bool,
    kratom: bool,
) -> dict[str, Array]:
    """Return the end points of one arm by column name, each (P,).

    Parameters
    ----------
    scene, schedule, simulated
        The persons, their arm and what came of it.
    times : (record,) array
        Times of the records, h from the start of the record.
    start_hour : int
        Length of the run-in, h.
    over_days : bool
        Whether a record folds whole days; use and dependence are end points of such records only.
    kratom : bool
        Whether the arm is about kratom: use disorder is not read into the use of a reference opioid.

    Notes
    -----
    With a stop or taper, states are those of its start and use is that of the four weeks before it; otherwise both are
    those at the end. Times of withdrawal count from the last serving, in a taper from its start.
    """
    stop = schedule.stop_hour
    state = simulated.state if stop is None else (lambda name: simulated.snapshot(0, name))
    until = times[-1] if stop is None else float(stop - start_hour)
    found = _use(simulated, times, until, scene.table["use_days"]) if over_days else {}
    if "mor_activation" in simulated.outputs:
        found["mor_activation_highest"] = simulated.outputs["mor_activation"].max(axis=0)
    if "mitragynine" in simulated.outputs:
        found["mitragynine_highest"] = simulated.outputs["mitragynine"].max(axis=0)
    for name in ("tolerance", "adapted", "protracted"):
        found[name] = state(name).copy()
    if over_days and kratom:
        found.update(dependence(scene, state("adapted"), state("protracted"), state("tolerance")))
    if kratom and "leaf_g_per_serving" in found:
        weekly = found["servings_per_day"] * 7.0
        found.update(survey_adverse_effects(scene, found["leaf_g_per_serving"], weekly))
    if "withdrawal" in simulated.outputs:
        readings = simulated.outputs["withdrawal"]
        found["withdrawal_highest"] = readings.max(axis=0)
        daily = over_days and (len(times) < 2 or times[1] - times[0] == 24.0)
        if stop is not None and daily and times[0] <= until:
            found["withdrawal_last_day_of_use"] = readings[np.flatnonzero(times <= until)[-1]]
    if stop is not None:
        lead = min(TRACE_LEAD_H, stop - start_hour)
        since = state("since_serving") if schedule.taper_end_hour is None else np.zeros(simulated.trace.shape[1])
        background = simulated.state("trace_background")
        found.update(withdrawal_course(simulated.trace, lead, background, since, scene.table))
    return found

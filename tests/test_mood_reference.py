"""The compiled kernel against libRoadRunner with mood: one person without chance, half a year of use and a stop."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from ketum.engine.cohort import shipped_tables
from ketum.engine.layout import LANES, PLACES
from ketum.engine.mind import Mind
from ketum.engine.prepare import prepare_group
from ketum.engine.simulate import Simulated, Window, resting_states, simulate
from ketum.evidence import load_parameters
from ketum.mood import CausalSetting, Course, causal_settings
from ketum.people import typical_persons
from ketum.people.covariates import draw_traits
from ketum.reference import MoodPerson, simulate_days
from ketum.reference import simulate as simulate_reference
from ketum.regimens import Amount, Phase
from ketum.regimens.schedule import build_schedule
from ketum.scenario.build import grid
from mood_lives import adults

Array = NDArray[np.float64]
DAYS, USE = 70, 50
CLOCK = (7.0, 13.0, 19.0)
MG = 61.0
PERSON = {
    "trait": 4.0,
    "episode_excess": 9.0,
    "share_expectancy": 0.5,
    "share_antidepressant": 0.4,
    "share_cbt": 0.3,
    "share_exercise": 0.2,
    "protracted_gain": 1.5,
}
COURSES = (
    Course("sertraline", 5, 60),
    Course("cbt", 20, 132),
    Course("exercise", 30, 65),
    Course("substitution", 52, 64),
)
SCHEDULE = [
    ("expectancy", 5, 10**6),
    ("antidepressant", 5, 60),
    ("cbt", 20, 132),
    ("exercise", 30, 65),
    ("substitution", 52, 64),
]
ALLOWED = 0.006
"""Largest error of severity, PHQ-9 points; of it 0.005 is the day on which substitution begins to act."""
START = {"protracted": 0.28, "protracted_delay": 0.28}


def kernel(setting: CausalSetting, direct: float, *, dt: float, ill: bool) -> Simulated:
    """Run a block of copies of one person whose mood has no chance: no fluctuation, no transitions."""
    shipped = shipped_tables()
    tables = replace(shipped, mood=shipped.mood.with_values({"sig_u": 0.0}))
    people = adults(LANES, tables)
    typical = typical_persons(LANES, tables.body)
    persons = replace(typical, candidates=people, traits=draw_traits(people, 1, tables.covariates, tables.mood))
    group = prepare_group(persons, tables.body, dt, tables)
    now = float(ill)
    values = {name: PERSON[name] for name in ("trait", "share_expectancy", "protracted_gain")}
    values |= {"share_SSRI": 0.4, "share_SNRI": 0.4, "share_CBT": 0.3, "share_exercise": 0.2}
    values |= {"onset_base": 0.0, "recovery_hazard": 0.0, "in_episode": now, "activation": now, "fluct_factor": 1.0}
    severity = PERSON["trait"] + now * PERSON["episode_excess"]
    distress = severity / (severity + tables.mood.value("S_half"))
    values |= {"episode_excess": PERSON["episode_excess"], "severity_slow": severity, "distress_day": distress}
    for name, value in values.items():
        group.workspaces[:, PLACES[name] : PLACES[name] + LANES] = value
    phases = (
        Phase(
            mode="per_day",
            product="leaf_powder",
            dose=Amount(MG, "mg mitragynine"),
            count=3,
            at_h=CLOCK,
            for_h=24.0 * USE,
        ),
        Phase(mode="stop"),
    )
    schedule = build_schedule(phases, grid(tables.body, 24 * DAYS, 0, round(1 / dt)))
    start = resting_states(group)
    for name, value in START.items():
        start[:, PLACES[name] : PLACES[name] + LANES] = value
    fixed = replace(setting, beta_S=direct, beta_S_sd=0.0, beta_L=0.0, beta_L_sd=0.0)
    window = Window(0, 24 * DAYS, ("mor_activation", "distress"), 0, round(24 / dt))
    return simulate(group, schedule, window, start=start, mind=Mind(fixed, COURSES))


@pytest.mark.parametrize(
    ("name", "direct", "ill"), [("pharmacology", 0.0, True), ("harm", 1.0, False), ("benefit", -3.0, True)]
)
def test_kernel_agrees_with_libroadrunner(name: str, direct: float, ill: bool) -> None:
    setting = causal_settings()[name]
    person = MoodPerson(
        in_episode=ill,
        activation=float(ill),
        fluct_factor=1.0,
        c1m=setting.c1m,
        c1s=setting.c1s,
        c2=setting.c2,
        c3=setting.c3,
        direct_effect=direct,
        schedule=SCHEDULE,
        **PERSON,
    )
    doses = [(24.0 * day + hour, "leaf_powder", MG) for day in range(USE) for hour in CLOCK]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exact = simulate_days(doses, DAYS, mood=person, person={"WT": 75.0}, initial=START)
        ends = np.arange(1, 24 * DAYS + 1) - 1e-6  # right before the serving of the next hour
        level = simulate_reference(
            doses, ends, mood=person, person={"WT": 75.0}, initial=START, names=["withdrawal_level"]
        )["withdrawal_level"]
    # The kernel's mean of W is that of the ends of 24 hours (joined.md 2), the reference's an integral over the day.
    hourly = level.reshape(DAYS, 24).mean(axis=1)
    mood = load_parameters("mood")
    per_W = setting.c2 * mood.value("m_W") / mood.value("lam_m")
    severity = exact["severity"] + per_W * (hourly - exact["withdrawal_day"])
    for dt in (0.5, 0.25):
        found = kernel(setting, direct, dt=dt, ill=ill)
        assert found.days["dose_eq"][:, 0] == pytest.approx(exact["dose_eq"], abs=1e-9)
        assert found.outputs["mor_activation"][:, 0] == pytest.approx(exact["effect_day"], abs=2e-3)
        assert found.days["withdrawal_mean"][:, 0] == pytest.approx(hourly, abs=5e-4)
        assert found.outputs["distress"][1:, 0] == pytest.approx(exact["distress_day"][:-1], abs=2e-4)
        assert found.days["severity"][:, 0] == pytest.approx(severity, abs=ALLOWED)
    assert np.ptp(severity) > 1.0
    assert np.abs(severity - exact["severity"]).max() < 0.12

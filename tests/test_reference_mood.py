"""Mood in the reference model: against closed forms, and against the specification's day loop in plain Python."""

import re
from dataclasses import replace
from functools import cache
from importlib import resources
from math import exp, sqrt
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from ketum.errors import KetumError
from ketum.evidence import load_parameters
from ketum.reference import Dose, MoodPerson, antimony_text, sbml, simulate, simulate_days
from ketum.reference.solve import integrate, load
from ketum.reference.text import doses_in_order

pytest.importorskip("roadrunner")

V = {s: float(p.value) for table in ("mood", "rules", "scales") for s, p in load_parameters(table).items()}
B = {s: float(p.value) for s, p in load_parameters("body").items()}
Days = dict[str, np.ndarray[Any, np.dtype[np.float64]]]

PATIENT = MoodPerson(
    trait=3.0,
    in_episode=True,
    episode_excess=9.0,
    share_expectancy=0.5,
    share_antidepressant=0.4,
    share_cbt=0.3,
    share_exercise=0.2,
    schedule=[
        *[("expectancy", 0, 40), ("antidepressant", 5, 60), ("cbt", 10, 500), ("exercise", 20, 30)],
        *[("exercise", 45, 50), ("substitution", 3, 9)],
    ],
)
USER = replace(
    PATIENT,
    trait=4.0,
    fluct_factor=1.2,
    protracted_gain=1.5,
    direct_effect=-0.8,
    schedule=[("expectancy", 5, 12), ("antidepressant", 5, 20), ("exercise", 2, 9), ("substitution", 16, 22)],
    values={"m_A": 2.0, "lam_m": 2.5, "tau_a": 6.0},
    activation=0.25,
)
DOSES: list[Any] = [
    *[(24.0 * d + h, "leaf_powder", 61.0) for d in range(14) for h in (0, 8, 13, 19)],  # one at midnight
    *[Dose(24.0 * 3 + 11, "extract", 30.0, 4.0), (24.0 * 5, "7oh_tablet", 15.0), (24.0 * 6 + 2, "leaf_tea", 39.0)],
    (24.0 * 15 + 4, "methadone", 10.0),
]
START = {"protracted_delay": 0.3, "protracted": 0.3, "reward_slow": 0.95, "adapted": 0.1, "slow_exposure": 0.4}
DAYS = 24


@cache
def patient() -> Days:
    """No kratom, every treatment, 130 days."""
    return simulate_days([], 130, mood=PATIENT)


@cache
def user() -> Days:
    """Two weeks of kratom in several products, a stop, treatments."""
    return simulate_days(DOSES, DAYS, mood=USER, initial=START)


@cache
def exposed() -> Days:
    """Ten days of half the reference dose, ten days beyond the cap, five without; large direct benefit."""
    doses = [(24.0 * d + 8, "leaf_powder", 73.0) for d in range(10)]
    doses += [(24.0 * d + 8, "leaf_powder", 900.0) for d in range(10, 20)]
    return simulate_days(doses, 25, mood=MoodPerson(trait=0.1, direct_effect=-9.0, c2=0.0, c3=0.0))


@cache
def hours() -> Days:
    """The same person within the day: noon of every day, and times that walk through the clock."""
    t = np.unique([*(24.0 * np.arange(DAYS) + 12), *np.arange(3.0, 24.0 * DAYS, 7.0)])
    names = ("sows", "distress_day", "severity", "severity_lasting", "mood", "mood_lift", "effect", "arousal")
    more = ("withdrawal_level", "protracted", "reward_slow")
    return simulate(DOSES, t, mood=USER, initial=START, names=(*names, *more))


def clip(x: float, low: float, high: float) -> float:
    return min(high, max(low, x))


def day_loop(p: MoodPerson, v: dict[str, float], run: Days, start: dict[str, float]) -> list[dict[str, float]]:
    """Sections 3 and 5 of the mood specification, as section 3 of the joined model changes them, day by day.

    It takes from the reference only the day's means and the dose of the day.
    """

    def f(tau: str) -> float:
        return 1 - exp(-1 / v[tau])

    def on(name: str, t: int) -> bool:
        return any(n == name and a <= t < b and (n != "cbt" or t < a + v["cbt_days"]) for n, a, b in p.schedule)

    assert p.trait is not None
    assert p.episode_excess is not None
    q: list[float] = []
    for share in (p.share_expectancy, p.share_antidepressant, p.share_cbt, p.share_exercise):
        assert share is not None
        q.append(share)
    g = dict.fromkeys(("PL", "AD", "CBT", "EX", "B"), 0.0)
    a = p.activation if p.activation is not None else float(p.in_episode)
    x = start.get("slow_exposure", 0.0)
    record = []
    for t in range(run["dose_eq"].size):
        E, A, W, P, Rs = (run[f"{n}_day"][t] for n in ("effect", "arousal", "withdrawal", "protracted", "reward_slow"))
        # 2. treatments
        g["PL"] += f("tau_PL") * (1 - g["PL"]) if on("expectancy", t) else -f("tau_PL") / v["PL_fade"] * g["PL"]
        g["AD"] += f("tau_AD") * (1 - g["AD"]) if on("antidepressant", t) else -f("tau_AD_off") * g["AD"]
        g["CBT"] = g["CBT"] + f("tau_CBT") * (1 - g["CBT"]) if on("cbt", t) else g["CBT"] * (1 - 1 / v["tau_CBT_off"])
        g["EX"] += f("tau_EX") * (on("exercise", t) - g["EX"])
        g["B"] += f("tau_BUP") * (on("substitution", t) - g["B"])
        # 3. activation, 4. core
        a += f("tau_a") * (p.in_episode - a)
        e = 1.0 if on("expectancy", t) else g["PL"]
        specific = 1 - (1 - q[1] * g["AD"]) * (1 - q[2] * g["CBT"]) * (1 - q[3] * g["EX"])
        X = p.episode_excess * a * ((1 - q[0] * g["PL"]) - (1 - q[0] * e) * specific)
        core = (p.trait + X) * p.fluct_factor
        # 5. kratom term, 6. severity
        x += f("tau_X") * (min(run["dose_eq"][t] / v["D_ref"], v["x_cap"]) - x)
        late = p.c3 * (v["w_P"] * p.protracted_gain * P + v["w_R"] * (1 - Rs))
        relief = p.c1s * (v["m_E"] * E + v["m_A"] * A) / v["lam_m"]
        K = -relief + p.c2 * v["m_W"] * W / v["lam_m"] + late + p.direct_effect * x
        slow = clip(core + late + p.direct_effect * x, 0, v["S_cap"])
        record.append(
            {
                **{"treat_expectancy": g["PL"], "treat_antidepressant": g["AD"], "treat_cbt": g["CBT"]},
                **{"treat_exercise": g["EX"], "treat_substitution": g["B"], "activation": a, "treated_excess": X},
                **{"core": core, "kratom_term": K, "slow_exposure": x},
                **{"severity": clip(core + K, 0, v["S_cap"]), "severity_slow": slow},
                **{"severity_lasting": core + p.direct_effect * x, "distress_day": slow / (slow + v["S_half"])},
            }
        )
    return record


# --- closed forms without kratom ---


def test_treatments_come_and_go_by_exponentials() -> None:
    run, n = patient(), np.arange(1, 131)
    come = 1 - np.exp(-n / V["tau_PL"])
    assert_allclose(run["treat_expectancy"][:40], come[:40], rtol=1e-12)
    fade = 1 - (1 - exp(-1 / V["tau_PL"])) / V["PL_fade"]
    assert_allclose(run["treat_expectancy"][40:], come[39] * fade ** n[:90], rtol=1e-12)
    assert_array_equal(run["treat_antidepressant"][:5], 0)
    assert_allclose(run["treat_antidepressant"][5:60], 1 - np.exp(-n[:55] / V["tau_AD"]), rtol=1e-12)
    assert_allclose(
        run["treat_antidepressant"][60:],
        (1 - exp(-55 / V["tau_AD"])) * np.exp(-n[:70] / V["tau_AD_off"]),
        rtol=1e-12,
    )
    peak = 1 - exp(-10 / V["tau_EX"])
    assert run["treat_exercise"][29] == pytest.approx(peak, rel=1e-12)
    assert run["treat_exercise"][44] == pytest.approx(peak * exp(-15 / V["tau_EX"]), rel=1e-12)
    assert run["treat_substitution"][8] == pytest.approx(1 - exp(-6 / V["tau_BUP"]), rel=1e-12)


def test_a_course_of_cbt_ends_by_itself_and_fades_slowly() -> None:
    g, end = patient()["treat_cbt"], 10 + int(V["cbt_days"])
    assert g[end - 1] == pytest.approx(1 - exp(-V["cbt_days"] / V["tau_CBT"]), rel=1e-12)
    assert_allclose(g[end:], g[end - 1] * (1 - 1 / V["tau_CBT_off"]) ** np.arange(1, 131 - end), rtol=1e-12)


def test_core_follows_the_formula_of_treated_excess() -> None:
    run = patient()
    # Day 4: expectancy alone. Day 39: everything on or fading, expectancy on. Day 100: expectancy fading.
    assert run["treated_excess"][4] == pytest.approx(9 * (1 - 0.5 * (1 - exp(-5 / V["tau_PL"]))), rel=1e-12)
    for d, e in ((39, 1.0), (100, run["treat_expectancy"][100])):
        gPL, gAD, gCBT, gEX = (run[f"treat_{n}"][d] for n in ("expectancy", "antidepressant", "cbt", "exercise"))
        kept = (1 - 0.4 * gAD) * (1 - 0.3 * gCBT) * (1 - 0.2 * gEX)
        X = 9 * ((1 - 0.5 * gPL) - (1 - 0.5 * e) * (1 - kept))
        assert run["treated_excess"][d] == pytest.approx(X, rel=1e-12)
        assert run["core"][d] == pytest.approx(3 + X, rel=1e-12)
    assert_array_equal(run["activation"], 1)


def test_without_kratom_severity_is_core() -> None:
    run = patient()
    for name in ("kratom_term", "slow_exposure", "dose_eq", "effect_day", "withdrawal_day", "protracted_day"):
        assert_array_equal(run[name], 0, err_msg=name)
    for name in ("severity", "severity_slow", "severity_lasting"):
        assert_array_equal(run[name], run["core"], err_msg=name)
    assert_allclose(run["distress_day"], run["core"] / (run["core"] + V["S_half"]), rtol=1e-15)
    assert run["severity_14d"][2] == pytest.approx(run["severity"][:3].mean())
    assert run["severity_14d"][50] == pytest.approx(run["severity"][37:51].mean())


def test_medians_of_the_table_stand_in_for_what_is_not_given() -> None:
    run = simulate_days([], 20, mood=MoodPerson(in_episode=True, activation=0.0))
    a = 1 - np.exp(-np.arange(1, 21) / V["tau_a"])
    assert_allclose(run["activation"], a, rtol=1e-12)
    assert_allclose(run["severity"], exp(V["mu_b"]) + V["M"] * a, rtol=1e-12)


def test_severity_stays_within_its_range() -> None:
    high = simulate_days([], 2, mood=replace(PATIENT, trait=40.0))
    assert_array_equal(high["severity"], V["S_cap"])
    assert_array_equal(high["severity_slow"], V["S_cap"])
    assert high["core"].min() > V["S_cap"]
    low = exposed()  # a benefit of nine points
    assert_array_equal(low["severity"][10:], 0)
    assert_array_equal(low["distress_day"][10:], 0)
    assert low["severity_lasting"][10:].max() < 0


# --- exposure ---


def test_slow_exposure_approaches_dose_over_reference_up_to_the_cap() -> None:
    run = exposed()
    assert_array_equal(run["dose_eq"], [73.0] * 10 + [900.0] * 10 + [0.0] * 5)
    n, r = np.arange(1, 11), 73.0 / V["D_ref"]
    x = run["slow_exposure"]
    assert_allclose(x[:10], r * (1 - np.exp(-n / V["tau_X"])), rtol=1e-12)
    cap = V["x_cap"]
    assert_allclose(x[10:20], cap + (x[9] - cap) * np.exp(-n / V["tau_X"]), rtol=1e-12)
    assert_allclose(x[20:], x[19] * np.exp(-n[:5] / V["tau_X"]), rtol=1e-12)


def test_every_product_counts_on_one_scale() -> None:
    e7 = 1.405  # joined model, section 5, with tea 0.58 and extract 2.0
    expected = np.full(DAYS, 4 * 61.0)
    expected[14:] = 0  # the medicine counts nothing
    expected[3] += 30 * 2.0 + 4 * e7
    expected[5] += 15 * e7
    expected[6] += 39 * 0.58
    assert_allclose(user()["dose_eq"], expected, atol=4e-3)  # e7 is printed with three decimals


def test_the_scale_follows_the_table_and_never_the_person() -> None:
    def factor(text: str) -> float:
        found = re.search(r"eq_7oh_tablet = ([\d.e-]+);", text)
        assert found
        return float(found[1])

    plain = factor(antimony_text(mood=USER))
    assert factor(antimony_text(mood=USER, person={"F_7": 1.0, "CL_7": 10.0})) == plain
    assert factor(antimony_text({"F_7": 2 * B["F_7"]}, mood=USER)) == pytest.approx(2 * plain)


# --- kratom term ---


def test_every_day_agrees_with_the_day_loop_of_the_specification() -> None:
    for person, run, start in ((USER, user(), START), (PATIENT, patient(), {})):
        expected = day_loop(person, V | dict(person.values), run, start)
        for name in expected[0]:
            assert_allclose(run[name], [day[name] for day in expected], rtol=1e-12, atol=1e-13, err_msg=name)
    run = user()
    assert run["kratom_term"].max() - run["kratom_term"].min() > 1
    assert run["withdrawal_day"].max() > 0.02


def test_day_means_are_the_integrals_of_the_body_alone() -> None:
    per_day = 480
    t = np.arange(DAYS * per_day + 1) * (24.0 / per_day)
    names = ("effect", "arousal", "withdrawal_level", "protracted", "reward_slow")
    body = simulate(DOSES, t, initial={s: START[s] for s in START if s != "slow_exposure"}, names=names)
    run = user()
    bup = np.concatenate([[0.0], run["treat_substitution"][:-1]])  # set at the day's end, for the next day
    assert bup.max() > 0.5
    for name, left in (
        *[("effect", 1.0), ("arousal", 1.0), ("withdrawal_level", 1 - V["bup_W"] * bup)],
        *[("protracted", 1.0), ("reward_slow", 1.0)],
    ):
        hours = np.array([body[name][d * per_day : (d + 1) * per_day + 1] for d in range(DAYS)])
        means = np.trapezoid(hours, axis=1) / per_day * left
        assert_allclose(run[name.removesuffix("_level") + "_day"], means, atol=5e-5, err_msg=name)


def test_switches_off_leave_severity_untouched_by_kratom() -> None:
    off = replace(USER, c1m=0.0, c1s=0.0, c2=0.0, c3=0.0, direct_effect=0.0)
    used = simulate_days(DOSES, 10, mood=off, initial=START)
    never = simulate_days([], 10, mood=off)
    assert used["effect_day"].max() > 0.2
    assert_array_equal(used["kratom_term"], 0)
    for name in ("core", "severity", "severity_slow", "severity_lasting", "distress_day", "severity_14d"):
        assert_array_equal(used[name], never[name], err_msg=name)


def test_channels_add_up() -> None:
    # Distress reaches body only through the filling-in of SOWS, so the means do not depend on the switches.
    run, v = user(), V | dict(USER.values)
    parts = {
        "c1s": -(v["m_E"] * run["effect_day"] + v["m_A"] * run["arousal_day"]) / v["lam_m"],
        "c2": v["m_W"] / v["lam_m"] * run["withdrawal_day"],
        "c3": v["w_P"] * 1.5 * run["protracted_day"] + v["w_R"] * (1 - run["reward_slow_day"]),
        "direct_effect": -0.8 * run["slow_exposure"],
    }
    for channel in ("c1s", "c2", "c3"):
        model = load(mood=USER)  # set on the model, which is then not compiled again
        for switch in ("c1s", "c2", "c3"):
            model[switch] = float(switch == channel)
        model["direct_effect"] = 0.0
        midnights = 24.0 * np.arange(1.0, 4.0)
        alone = integrate(model, doses_in_order(DOSES), midnights, initial=START, names=["kratom_term"], mood=True)
        assert_allclose(alone["kratom_term"], parts[channel][:3], rtol=1e-7, atol=1e-8, err_msg=channel)
        assert np.abs(parts[channel]).max() > 0.3
    assert_allclose(run["kratom_term"], sum(parts.values()), rtol=1e-12, atol=1e-12)


# --- within the day ---


def test_distress_of_a_day_is_used_on_the_next() -> None:
    noon = hours()["t"] % 24 == 12
    got = {name: values[noon] for name, values in hours().items()}
    start = (4 + 9 * 0.25) * 1.2
    assert got["severity"][0] == start
    assert got["distress_day"][0] == pytest.approx(start / (start + V["S_half"]))
    assert_allclose(got["distress_day"][1:], user()["distress_day"][:-1], rtol=1e-8)
    b = B["sows_0"] + B["sows_D"] * got["distress_day"]
    assert_allclose(got["sows"], b + (B["sows_max"] - b) * got["withdrawal_level"], rtol=1e-9)


def test_momentary_mood_without_noise() -> None:
    got, v = hours(), V | dict(USER.values)
    lift = v["m_E"] * got["effect"] + v["m_A"] * got["arousal"]
    late = v["w_P"] * 1.5 * got["protracted"] + v["w_R"] * (1 - got["reward_slow"])
    mood = v["m_0"] - v["lam_m"] * got["severity_lasting"] + lift - v["m_W"] * got["withdrawal_level"]
    mood -= v["lam_m"] * late
    assert_allclose(got["mood"], np.clip(mood, 0, v["mood_max"]), rtol=1e-12)
    assert_allclose(got["mood_lift"], np.clip(lift / sqrt(v["sd_d"] ** 2 + v["sd_f"] ** 2), 0, 1), atol=1e-12)
    assert got["mood"].max() - got["mood"].min() > 5


def test_body_is_the_same_with_mood() -> None:
    t = np.arange(1.0, 100.0, 6.0)
    names = ("c_MG", "effect", "tolerance", "protracted", "withdrawal_level", "reward")
    body = {s: START[s] for s in START if s != "slow_exposure"}
    alone, joined = (simulate(DOSES, t, initial=body, names=names, mood=m) for m in (None, USER))
    for name in names:
        assert_allclose(joined[name], alone[name], rtol=1e-6, atol=1e-7, err_msg=name)


def test_sbml_alone_is_the_same_model() -> None:
    roadrunner = pytest.importorskip("roadrunner")
    from ketum.reference.mood import AREAS
    from ketum.reference.solve import STATES

    days = 4
    doses = [dose for dose in DOSES if dose[0] < 24 * days]
    options = roadrunner.LoadSBMLOptions()
    options.setLLVMBackend(options.LLJIT)
    options.setLLJitOptimizationLevel(options.NONE)
    model = roadrunner.RoadRunner(sbml(doses=doses, mood=USER), options)
    model.integrator.relative_tolerance = 1e-9
    for state in (*STATES, *AREAS):
        model.integrator.setIndividualTolerance(state, 1e-12)
    names = ("severity", "severity_slow", "kratom_term", "distress_day", "dose_eq", "effect_day", "slow_exposure")
    times = [0.0, *(24.0 * d + 0.5 for d in range(1, days + 1))]
    rows = np.asarray(model.simulate(times=times, selections=list(names)))[1:]
    expected = simulate_days(doses, days, mood=USER)
    for column, name in enumerate(names):
        assert_allclose(rows[:, column], expected[name], rtol=1e-6, atol=1e-7, err_msg=name)


# --- the door ---


def test_body_and_mood_name_nothing_twice() -> None:
    def named(file: str) -> set[str]:
        text = resources.files("ketum.reference").joinpath(file).read_text(encoding="utf-8")
        text = re.sub(r"//.*|(?s:\bat \(.*?;)", "", text)
        return set(re.findall(r"(\w+)'? *:?=", text)) | set(re.findall(r"^ *(\w+):", text, re.MULTILINE))

    body, mood = named("kratom.ant"), named("mood.ant")
    assert {"withdrawal_level", "absorb_mg1"} <= body
    assert {"severity", "effect_area", "day_ends"} <= mood
    assert body & mood == set()


def test_without_mood_nothing_of_it_is_there() -> None:
    assert "severity" not in antimony_text()
    with pytest.raises(KetumError, match="severity"):
        simulate([], [1.0], names=["severity"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"trait": -1.0}, "trait"),
        ({"share_cbt": 1.2}, "share_cbt.*0.0 to 1.0"),
        ({"c2": float("nan")}, "c2"),
        ({"schedule": [("sertraline", 0, 5)]}, "sertraline.*antidepressant"),
        ({"schedule": [("cbt", 5, 5)]}, "cbt on days 5 to 5"),
        ({"schedule": [("cbt", 0.5, 5)]}, "whole days"),
        ({"values": {"tau_pl": 3.0}}, "tau_pl"),
    ],
)
def test_wrong_person_is_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(KetumError, match=message):
        MoodPerson(**arguments)


def test_wrong_request_is_named() -> None:
    with pytest.raises(KetumError, match="Dist"):
        antimony_text(person={"Dist": 0.3}, mood=USER)
    with pytest.raises(KetumError, match="1 or more"):
        simulate_days([], 0, mood=USER)

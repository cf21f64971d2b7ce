"""The model written twice outside the kernel: LSODA oracle, closed forms and libRoadRunner hold each other.

Closed forms prove the oracle; the oracle and the Antimony model, written apart, prove each other; the check
table of the specification (`design/body.md` section 11) proves that both are the model that was specified.
"""

from __future__ import annotations

from math import exp, log
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import oracle
from ketum.errors import KetumError
from ketum.evidence import ParameterTable
from ketum.reference import antimony_text, sbml, simulate, text

TYPICAL = oracle.typical()
REST = dict.fromkeys(oracle.STATE_NAMES, 0.0) | {"Ge": 1.0}
SAME = {
    **{"c_MG": "c_MG", "c_7": "c_7", "c_SP": "c_SP", "c_mor": "c_mor", "c_met": "c_met", "c_bup": "c_bup"},
    **{
        "c_nal": "c_nal",
        "c_ntx": "c_ntx",
        "E": "effect",
        "E0": "effect_naive",
        "A": "arousal",
        "Ge": "gut_3a",
    },
    **{"T": "tolerance", "D": "adapted", "X": "recruited", "P0": "protracted_delay", "P": "protracted"},
    **{"Rs": "reward_slow", "U": "arousal_habit", "u": "arousal_drive", "w": "deficit", "F": "chronicity"},
    **{
        "W": "withdrawal_level",
        "Wpot": "withdrawal_potential",
        "SOWS": "sows",
        "COWS": "cows",
        "R": "reward",
    },
    **{"m": "mood_body", "calm": "calm"},
}


def dosed(block: str, product: str, mg: float, **factors: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Amounts of a block just after one dose to a person at rest."""
    x = dict(REST)
    oracle.add_dose(TYPICAL, x, product, mg, **factors)
    return np.array([x[name] for name in oracle.BLOCKS[block]])


# --- the oracle against closed forms ---


def test_single_dose_agrees_with_residues_and_matrix_exponential() -> None:
    t = np.array([0.1, 0.5, 1.0, 3.0, 12.0, 48.0, 200.0])
    p, x0 = TYPICAL, dosed("kratom", "leaf_tea", 39)
    run = oracle.simulate(p, [(0, "leaf_tea", 39)], t)
    by_residues = oracle.two_compartment(
        x0[0], p["ka"], p["CL_MG"] / p["V1_MG"], p["Q_MG"] / p["V1_MG"], p["Q_MG"] / p["V2_MG"], t
    )
    by_expm = oracle.single_dose(oracle.pk_matrix(p, "kratom"), x0, t)
    assert_allclose(by_expm[:, 4], by_residues, rtol=1e-10)
    assert_allclose(run["C"], by_residues, rtol=1e-7)
    assert_allclose(run["M"], by_expm[:, 6], rtol=1e-7)


@pytest.mark.parametrize(
    ("block", "product", "mg"),
    [
        ("kratom", "leaf_powder", 61),
        ("sp", "extract", 20),
        ("met", "methadone", 80),
        ("ntx", "naltrexone", 50),
    ],
)
def test_many_doses_agree_with_superposition(block: str, product: str, mg: float) -> None:
    at, t = [0.0, 6.5, 24.0, 31.0], np.array([0.0, 3.0, 6.5, 7.0, 30.0, 31.0, 60.0, 150.0])
    M, x0 = oracle.pk_matrix(TYPICAL, block), dosed(block, product, mg)
    run = oracle.simulate(TYPICAL, [(h, product, mg) for h in at], t)
    summed = oracle.superposition(M, [(h, x0) for h in at], t)
    assert_allclose(np.array([run[name] for name in oracle.BLOCKS[block]]).T, summed, rtol=1e-7, atol=1e-5)


def test_long_dosing_reaches_the_steady_state() -> None:
    M, x0 = oracle.pk_matrix(TYPICAL, "kratom"), dosed("kratom", "leaf_powder", 61)
    t = 8.0 * 300  # 100 days: 53 half-lives of mitragynine
    run = oracle.simulate(TYPICAL, [(8.0 * i, "leaf_powder", 61) for i in range(300)], [t])
    after = oracle.steady_state(M, x0, 8.0)
    assert run["C"][0] == pytest.approx(after[4], rel=1e-7)
    assert run["M"][0] == pytest.approx(after[6], rel=1e-7)


@pytest.mark.parametrize("factors", [(1.0, 1.0), (0.1, 0.05), (4.0, 5.0)])
def test_areas_are_dose_over_clearance(factors: tuple[float, float]) -> None:
    p, (i_L, i_G) = TYPICAL, factors
    x0 = dosed("kratom", "leaf_tea", 39, i_L=i_L, i_G=i_G)
    area = oracle.auc_inf(oracle.pk_matrix(p, "kratom", i_L), x0)
    CLt = p["CL_MG"] * (1 - p["fm_3A"] + p["fm_3A"] * i_L)
    CL7t = p["CL_7"] * (1 - p["fm_7"] + p["fm_7"] * i_L)
    assert area[4] / p["V1_MG"] == pytest.approx(x0[0] / CLt)
    formed = p["f_sys"] * i_L * p["CL_MG"] / CLt * x0[0]
    assert area[6] / p["V_7"] == pytest.approx((x0[2] + formed) / CL7t)


@pytest.mark.parametrize("product", oracle.PRODUCTS)
def test_what_is_not_in_the_body_was_eliminated(product: str) -> None:
    p, t = TYPICAL, 9.0
    run = oracle.simulate(p, [(0, product, 50)], [t])
    CLt = p["CL_MG"]
    leaving = {
        "C": CLt * (1 - p["f_sys"]) / p["V1_MG"],
        "M": p["CL_7"] / p["V_7"],
        "Sc": p["CL_SP"] / p["V_SP"],
    }
    leaving |= {f"{s}2": p[f"CL_{s}"] / p[f"V1_{s}"] for s in ("mor", "met", "bup", "nal", "ntx")}
    for block, names in oracle.BLOCKS.items():
        x0 = dosed(block, product, 50)
        area = oracle.auc(oracle.pk_matrix(p, block), x0, t)
        gone = sum(leaving.get(name, 0.0) * a for name, a in zip(names, area, strict=True))
        assert sum(run[name][0] for name in names) + gone == pytest.approx(x0.sum(), rel=1e-7, abs=1e-9)


def test_constant_effect_gives_the_exponentials_of_section_5() -> None:
    # No clearance and no tolerance of the gain: E stays where the first amount puts it.
    person = {"CL_MG": 0.0, "Q_MG": 0.0, "phi_T": 1.0}
    h = 50.0
    run = oracle.simulate(TYPICAL, [], [0.0, h], person=person, initial={"C": 60_000.0})
    E, u, k = run["E"][0], run["u"][0], {s: log(2) / TYPICAL[s] for s in TYPICAL if s.startswith("h_")}
    assert 0.1 < E < 0.9
    rate_T = k["h_Ton"] * E + k["h_Toff"]
    rate_P = k["h_Pon"] * E + k["h_Poff"]
    rate_R = k["h_R"] * (1 + TYPICAL["rho_R"] * E)
    top_R = 1 / (1 + TYPICAL["rho_R"] * E)
    expected = {
        "T": k["h_Ton"] * E / rate_T * (1 - exp(-rate_T * h)),
        "D": E * (1 - exp(-k["h_Don"] * h)),
        "X": 0.0,
        "P0": k["h_Pon"] * E / rate_P * (1 - exp(-rate_P * h)),
        "Rs": top_R + (1 - top_R) * exp(-rate_R * h),
        "U": u * (1 - exp(-k["h_U"] * h)),
    }
    for name, value in expected.items():
        assert run[name][1] == pytest.approx(value, rel=1e-8, abs=1e-12), name


def test_withdrawal_without_drug_is_a_difference_of_exponentials() -> None:
    t = np.array([1.0, 8.0, 30.0, 100.0])
    run = oracle.simulate(TYPICAL, [], t, initial={"D": 0.3, "P0": 0.4, "P": 0.4})
    kD, kX = log(2) / TYPICAL["h_Doff"], log(2) / TYPICAL["h_X"]
    kP, kl = log(2) / TYPICAL["h_Poff"], log(2) / TYPICAL["h_Pdel"]
    X = 0.3 * kX / (kX - kD) * (np.exp(-kD * t) - np.exp(-kX * t))
    P = 0.4 * np.exp(-kl * t) + 0.4 * kl / (kl - kP) * (np.exp(-kP * t) - np.exp(-kl * t))
    assert_allclose(run["X"], X, rtol=1e-8)
    assert_allclose(run["P"], P, rtol=1e-8)
    P_W = oracle.half_gain(TYPICAL)
    assert pytest.approx(0.2157, abs=5e-5) == P_W  # section 6
    F = P**6 / (P_W**6 + P**6)
    W = 1 - np.exp(-TYPICAL["g_W"] * F * np.minimum(X, 0.3 * np.exp(-kD * t)))
    assert_allclose(run["SOWS"], 2 + 62 * W, rtol=1e-7)


# --- the oracle against the check table of the specification, section 11 ---


def test_S1_tea_39_mg() -> None:
    t = np.linspace(0, 240, 24_001)
    run = oracle.simulate(TYPICAL, [(0, "leaf_tea", 39)], t)
    for name, Cmax, Tmax in (("c_MG", 83.4, 0.95), ("c_7", 14.1, 1.31), ("c_SP", 295, 2.3)):
        assert run[name].max() == pytest.approx(Cmax, rel=0.01)
        assert t[run[name].argmax()] == pytest.approx(Tmax, abs=0.05)
    assert oracle.half_life(t, run["c_MG"], (96, 240)) == pytest.approx(45.3, rel=0.01)
    assert oracle.half_life(t, run["c_7"], (4.5, 12)) == pytest.approx(4.4, rel=0.01)
    assert oracle.half_life(t, run["c_7"], (96, 240)) == pytest.approx(45.3, rel=0.01)
    assert oracle.half_life(t, run["c_SP"], (24, 72)) == pytest.approx(10.8, rel=0.01)
    assert np.trapezoid(run["c_MG"][t <= 24], t[t <= 24]) == pytest.approx(298, rel=0.01)
    assert run["E"].max() == pytest.approx(0.234, rel=0.01)
    assert np.interp([0.667, 6.0], t, run["E"]) == pytest.approx([0.207, 0.133], rel=0.01)
    assert run["A"].max() == pytest.approx(0.336, rel=0.01)
    assert run["m"].max() == pytest.approx(0.26, rel=0.01)


@pytest.mark.parametrize(("auto", "MG", "oh7"), [(False, 187, 52.9), (True, 250, 42.9)])
def test_S2_leaf_for_15_days(auto: bool, MG: float, oh7: float) -> None:
    t = np.linspace(336, 360, 481)
    doses = oracle.daily("leaf_powder", 61, (7, 11, 15, 20), 15)
    run = oracle.simulate(TYPICAL, doses, t, gut_auto=auto)
    assert np.trapezoid(run["c_MG"], t) / 24 == pytest.approx(MG, rel=0.01)
    assert np.trapezoid(run["c_7"], t) / 24 == pytest.approx(oh7, rel=0.01)
    if not auto:
        assert np.trapezoid(run["E"], t) / 24 == pytest.approx(0.222, rel=0.01)
        assert [run[s][-1] for s in "TDP"] == pytest.approx([0.506, 0.199, 0.072], rel=0.01)


@pytest.mark.parametrize(
    ("product", "mg", "clock", "before", "days", "peak", "at"),
    [
        (
            *("leaf_powder", 61, (7, 13, 19), {"T": 0.473, "D": 0.180, "P": 0.280}),
            *({1: 11.4, 2: 16.6, 3: 14.1, 4: 11.3, 5: 9.0, 7: 5.9, 10: 3.5, 14: 2.4}, 16.7, 52),
        ),
        (
            *("morphine", 60, (0, 6, 12, 18), {"T": 0.664}),  # gain shift 4.32 = 1 + 5 T
            *({1: 32.2, 2: 35.3, 3: 28.0, 5: 16.8, 7: 9.9, 10: 4.9}, 37.4, 41),
        ),
    ],
    ids=["S3", "S4"],
)
def test_S3_S4_a_year_and_a_stop(
    product: str,
    mg: float,
    clock: tuple[float, ...],
    before: dict[str, float],
    days: dict[int, float],
    peak: float,
    at: float,
) -> None:
    last = 364 * 24 + clock[-1]
    t = last + np.arange(0, 14 * 24 + 0.1, 0.5)
    run = oracle.simulate(TYPICAL, oracle.daily(product, mg, clock, 365), t)
    for name, value in before.items():
        assert run[name][0] == pytest.approx(value, rel=0.01), name
    assert run["SOWS"][[48 * d for d in days]] == pytest.approx(list(days.values()), abs=0.2)
    stop = oracle.stop_summary(t, run["SOWS"], last)
    assert stop["peak"] == pytest.approx(peak, abs=0.2)
    assert stop["t_peak"] == pytest.approx(at, abs=2)


@pytest.mark.parametrize(
    ("i_L", "i_G", "MG", "oh7"), [(0.1, 0.05, 3.37, 1.31), (0.65, 0.65, 1.45, 1.18), (4, 5, 0.15, 0.45)]
)
def test_S11_comedication(i_L: float, i_G: float, MG: float, oh7: float) -> None:
    def area(L: float, G: float) -> Any:
        x0 = dosed("kratom", "leaf_tea", 39, i_L=L, i_G=G)
        return oracle.auc_inf(oracle.pk_matrix(TYPICAL, "kratom", L), x0)

    ratio = area(i_L, i_G) / area(1, 1)
    # The table prints two decimals.
    assert ratio[[4, 6]] == pytest.approx([MG, oh7], rel=0.01, abs=0.005)


# --- the Antimony model in libRoadRunner against the oracle ---

RUNS: dict[str, dict[str, Any]] = {
    "leaf": {"doses": oracle.daily("leaf_powder", 61, (7, 13, 19), 20), "days": 30, "P": 0.28},
    "morphine and naloxone": {
        "doses": [*oracle.daily("morphine", 60, (0, 6, 12, 18), 14), (242.0, "naloxone", 0.4)],
        "days": 20,
        "P": 0.42,
    },
    "7-OH tablet": {"doses": oracle.daily("7oh_tablet", 20, (7, 13, 19), 10), "days": 16, "P": 0.22},
    "everything": {
        "doses": [
            *[(0.0, "leaf_tea", 39.0), (0.0, "extract", 20.0, 5.0), (26.0, "leaf_powder", 61.0, 0.5)],
            *[(5.0, "buprenorphine", 8.0), (30.0, "methadone", 40.0), (50.25, "naltrexone", 50.0)],
        ],
        "days": 5,
        "P": 0.3,
        "comed": [(0.0, 0.7, 0.6), (20.0, 0.1, 0.05), (49.0, 4.0, 5.0)],
        "person": {"gut_auto": 1.0, "Dist": 0.4, "WT": 60.0, "a_3A": 1.3, "y_fp": 0.97, "h_Poff": 900.0},
    },
}


@pytest.mark.parametrize("name", RUNS)
def test_roadrunner_agrees_with_lsoda(name: str) -> None:
    pytest.importorskip("roadrunner")
    run = RUNS[name]
    person, comed, P = run.get("person", {}), run.get("comed", []), run["P"]
    t = np.arange(0, run["days"] * 24 + 0.1, 0.5)
    expected = oracle.simulate(
        TYPICAL,
        run["doses"],
        t,
        person=person,
        dist=person.get("Dist", 0.25),
        gut_auto=bool(person.get("gut_auto")),
        comed=comed,
        initial={"P0": P, "P": P},
    )
    start = {"protracted_delay": P, "protracted": P}
    got = simulate(run["doses"], t, person={"WT": 75.0} | person, comed=comed, initial=start)
    assert expected["SOWS"].max() - expected["SOWS"].min() > 3 or name == "everything"
    for symbol, code in SAME.items():
        points = symbol in ("SOWS", "COWS")
        assert_allclose(
            got[code], expected[symbol], rtol=1e-6, atol=1e-5 if points else 1e-6, err_msg=f"{symbol} {code}"
        )
    for state in ("effect", "tolerance", "adapted", "protracted", "withdrawal_level", "reward"):
        assert got[state].min() > -1e-9
        assert got[state].max() <= 1


def test_sbml_with_doses_as_events_is_the_same_model() -> None:
    roadrunner = pytest.importorskip("roadrunner")
    from ketum.reference.solve import STATES

    run = RUNS["everything"]
    t = np.arange(0.125, 72, 0.25)  # away from events: there libRoadRunner gives the state after, `simulate` before
    document = sbml(person=run["person"], doses=run["doses"], comed=run["comed"])
    model = roadrunner.RoadRunner(document)
    model.integrator.relative_tolerance = 1e-9
    for state in STATES:
        model.integrator.setIndividualTolerance(state, 1e-12)
    names = ("c_MG", "c_7", "c_SP", "c_bup", "gut_3a", "effect")
    rows = np.asarray(model.simulate(times=[0.0, *t], selections=list(names)))[1:]
    expected = simulate(run["doses"], t, person=run["person"], comed=run["comed"], names=names)
    for column, name in enumerate(names):
        assert_allclose(rows[:, column], expected[name], rtol=1e-6, atol=1e-6, err_msg=name)


# --- the door ---


def test_half_gain_follows_the_table_and_never_the_person() -> None:
    plain = f"half_gain = {oracle.half_gain(TYPICAL)!r};"
    assert plain in antimony_text()
    assert plain in antimony_text(person={"h_Pon": 100.0, "p_WP": 1.0})
    assert plain not in antimony_text({"h_Pon": 100.0})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"doses": [(1.0, "red_vein", 5.0)]}, "red_vein.*leaf_tea"),
        ({"doses": [(1.0, "leaf_tea", -5.0)]}, "0 or more"),
        ({"doses": [(1.0, "leaf_tea", float("nan"))]}, "0 or more"),
        ({"comed": [(-1.0, 0.5, 0.5)]}, "0 or more"),
        ({"person": {"weight": 80.0}}, "weight"),
        ({"parameters": {"CLMG": 80.0}}, "CLMG"),
    ],
)
def test_wrong_input_is_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(KetumError, match=message):
        antimony_text(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"t_out": [2.0, 1.0]}, "ascending"),
        ({"t_out": []}, "one or more"),
        ({"t_out": [1.0], "initial": {"mood": 1.0}}, "mood"),
        ({"t_out": [1.0], "names": ["mood"]}, "mood"),
    ],
)
def test_wrong_request_is_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(KetumError, match=message):
        simulate([], **arguments)


def test_missing_symbol_and_missing_package_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = ParameterTable("body", [row for s, row in text.load_parameters("body").items() if s != "kappa_gut"])
    monkeypatch.setattr(text, "load_parameters", lambda _: lacking)
    with pytest.raises(KetumError, match="kappa_gut"):
        antimony_text()
    monkeypatch.setattr(text, "find_spec", lambda _: None)
    with pytest.raises(KetumError, match=r"pip install 'ketum\[reference\]'"):
        sbml()

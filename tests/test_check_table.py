"""The check table of the specification (`design/body.md` section 11), number by number, for the typical person.

Published numbers stand as they are printed; `about` allows 1% or half of the last printed digit. Other tolerances of
the table: 0.05 h on Tmax, 2 h on peak times, 0.2 SOWS points, 0.3 d on days.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import oracle
from helpers import BODY, DAY, STOP, YEAR, Run, arousal, daily, mg, mood, once, plan, single, typical, typical_group
from ketum.body.perpetrator import cyp2d6_auc_ratio, gut_auc_ratio
from ketum.engine.layout import LANES, PLACES
from ketum.engine.simulate import Window, simulate
from ketum.evidence import ParameterTable
from ketum.regimens import Medicine, Phase

VALUES = BODY.plain()
BACKGROUND = 2.0  # SOWS of the typical person at Dist = 0.25
KRATOM = ("mitragynine", "7-hydroxymitragynine", "speciociliatine")
BEFORE_STOP = ("mor_activation", "anhedonia", "withdrawal")


def about(*printed: str) -> Any:
    """Published numbers with the tolerance of the table."""
    half_digit = max(0.5 * 10.0 ** int(Decimal(number).as_tuple().exponent) for number in printed)
    values = [float(number) for number in printed]
    return pytest.approx(values if len(values) > 1 else values[0], rel=0.01, abs=half_digit)


def points(*printed: float, within: float = 0.2) -> Any:
    """Published SOWS points."""
    return pytest.approx(list(printed) if len(printed) > 1 else printed[0], abs=within)


def after_stop(
    phase: Phase,
    last: int,
    days_after: int,
    *,
    clock_days: Sequence[int] = (),
    outputs: Sequence[str] = (*BEFORE_STOP, "protracted"),
    medicines: Sequence[Medicine] = (),
) -> tuple[Run, dict[str, float]]:
    """A run from the day before the last serving on, and what became of withdrawal after it (section 10)."""
    assert phase.for_h is not None
    run = typical(
        [phase, STOP],
        phase.for_h / DAY + days_after,
        outputs=outputs,
        every=0.25,
        since=last - DAY,
        snapshots=[last, *(last + DAY * day for day in clock_days)],
        medicines=medicines,
    )
    return run, oracle.stop_summary(run.t, run["withdrawal"], last, BACKGROUND)


def sows_after(run: Run, last: float, *days: float) -> list[float]:
    return list(run.at("withdrawal", [last + DAY * day for day in days]))


def within(run: Run, output: str, first: float, last: float) -> tuple[float, float]:
    """Smallest and largest value between two hours."""
    values = run[output][(run.t >= first) & (run.t <= last)]
    return float(values.min()), float(values.max())


# --- S1, S2, S11, S14: concentrations and effect ---------------------------------------------------


@pytest.fixture(scope="module")
def tea() -> Run:
    outputs = (*KRATOM, "mor_activation", "stimulation", "sedation", "withdrawal", "protracted")
    return typical([once("leaf_tea", 39)], 10, 0.01, outputs=outputs, every=0.01)


def test_S1_concentrations(tea: Run) -> None:
    MG, oh7, SP = (tea[name] for name in KRATOM)
    assert [MG.max(), oh7.max(), SP.max()] == [about("83.4"), about("14.1"), about("295")]
    assert tea.t[MG.argmax()] == pytest.approx(0.95, abs=0.05)
    assert tea.t[oh7.argmax()] == pytest.approx(1.31, abs=0.05)
    assert tea.t[SP.argmax()] == pytest.approx(2.3, abs=0.05)
    assert tea.mean("mitragynine", 0, 24) * 24 == about("298")
    half_life = oracle.half_life
    assert half_life(tea.t, MG, (96, 240)) == about("45.3")
    assert half_life(tea.t, oh7, (4.5, 12)) == about("4.4")
    assert half_life(tea.t, oh7, (96, 240)) == about("45.3")
    assert half_life(tea.t, SP, (24, 72)) == about("10.8")


def test_S1_areas() -> None:
    run = typical([once("leaf_tea", 39)], 60, 0.05, outputs=KRATOM, every=0.05)
    areas = [run.mean(name, 0, 60 * DAY) * 60 * DAY for name in KRATOM]
    assert areas == [about("417"), about("118"), about("5332")]


def test_S1_effect_arousal_and_mood(tea: Run) -> None:
    E = tea["mor_activation"]
    assert E.max() == about("0.234")
    assert tea.t[E.argmax()] == pytest.approx(1.23, abs=0.05)
    assert list(tea.at("mor_activation", [0.667, 6])) == about("0.207", "0.133")
    # The clipped display signals are the parts of A itself here: after one dose u stays above U up to the peak.
    A = VALUES["a_A"] * tea["stimulation"] - VALUES["s_E"] * tea["sedation"]
    W = (tea["withdrawal"] - BACKGROUND) / (VALUES["sows_max"] - BACKGROUND)
    m = VALUES["b_E"] * E + VALUES["b_A"] * A - VALUES["b_W"] * W - VALUES["b_P"] * tea["protracted"]
    assert A.max() == about("0.336")
    assert tea.t[A.argmax()] == pytest.approx(0.4, abs=0.05)
    assert m.max() == about("0.26")


def leaf_for_15_days(body: ParameterTable = BODY) -> Run:
    outputs = (*KRATOM, "mor_activation", "tolerance", "adapted", "protracted")
    phase = daily("leaf_powder", 61, (7, 11, 15, 20))
    return typical([phase], 15, outputs=outputs, every=0.25, since=14 * DAY, body=body)


def test_S2_four_servings_a_day() -> None:
    run = leaf_for_15_days()
    first, last = 14 * DAY, 15 * DAY
    assert run.mean("mitragynine", first, last) == about("187")
    assert within(run, "mitragynine", first, last) == (about("72.6"), about("345"))
    assert run.mean("7-hydroxymitragynine", first, last) == about("52.9")
    assert within(run, "7-hydroxymitragynine", first, last) == (about("20.1"), about("80.6"))
    assert run.mean("speciociliatine", first, last) == about("2396")
    assert run.mean("mor_activation", first, last) == about("0.222")
    assert within(run, "mor_activation", first, last) == (about("0.139"), about("0.278"))
    states = [run[name][-1] for name in ("tolerance", "adapted", "protracted")]
    assert states == [about("0.506"), about("0.199"), about("0.072")]


def test_S2b_gut_auto_inactivation() -> None:
    on, off = leaf_for_15_days(BODY.with_values({"gut_auto": 1.0})), leaf_for_15_days()
    MG, oh7 = (on.mean(name, 14 * DAY, 15 * DAY) for name in KRATOM[:2])
    assert (about("250"), about("42.9")) == (MG, oh7)
    assert oh7 / MG == about("0.172")
    plain = [off.mean(name, 14 * DAY, 15 * DAY) for name in KRATOM[:2]]
    assert plain[1] / plain[0] == about("0.283")


def areas_of_tea(liver: float, gut: float) -> list[float]:
    """AUC of mitragynine and 7-OH; a_3A stands for the liver factor, the gut factor has a row of its own."""
    body = BODY.with_values({"a_3A": liver})
    group = typical_group(0.25, body)
    place = PLACES["gut_3a_comed"]
    group.workspaces[:, place : place + LANES] = gut
    simulated = simulate(group, plan([once("leaf_tea", 39)], 60, 0.25), Window(0, 60 * DAY, KRATOM[:2], every_steps=1))
    return [float(np.trapezoid(simulated.outputs[name][:, 0], dx=0.25)) for name in KRATOM[:2]]


@pytest.mark.parametrize(
    ("liver", "gut", "MG", "oh7"),
    [(0.1, 0.05, "3.37", "1.31"), (0.65, 0.65, "1.45", "1.18"), (4, 5, "0.15", "0.45")],
)
def test_S11_cyp3a_factors(liver: float, gut: float, MG: str, oh7: str) -> None:
    ratio = np.array(areas_of_tea(liver, gut)) / areas_of_tea(1.0, 1.0)
    assert list(ratio) == [about(MG), about(oh7)]


def test_S11_through_a_named_medicine() -> None:
    body = BODY.with_values({"i3A_fluvoxamine": 0.65})
    medicine = Medicine(name="fluvoxamine")
    runs = [
        typical([once("leaf_tea", 39)], 60, outputs=KRATOM[:2], every=0.25, medicines=medicines, body=body)
        for medicines in ((medicine,), ())
    ]
    with_it, without = ([run.mean(name, 0, 60 * DAY) for name in KRATOM[:2]] for run in runs)
    assert [a / b for a, b in zip(with_it, without, strict=True)] == [about("1.45"), about("1.18")]


@pytest.mark.parametrize(
    ("dose", "peak", "at_one_hour"),
    [
        (5, "0.124", "0.31"),
        (10, "0.214", "0.31"),
        (20, "0.336", "0.20"),
        (40, "0.472", "-0.02"),
        (80, "0.595", "-0.30"),
    ],
)
def test_S14_extract_in_a_new_user(dose: float, peak: str, at_one_hour: str) -> None:
    run = typical([once("extract", dose)], 1, 0.05, outputs=["mor_activation"], every=0.05, snapshots=[1])
    assert run["mor_activation"].max() == about(peak)
    assert arousal(run, VALUES)[0] == about(at_one_hour)


# --- S3 to S6, S8, S9: a year of use and a stop ----------------------------------------------------

LEAF_YEAR = daily("leaf_powder", 61, (7, 13, 19), 365)


@pytest.fixture(scope="module")
def leaf_year() -> tuple[Run, dict[str, float]]:
    last = 364 * DAY + 19
    return after_stop(LEAF_YEAR, last, 60, clock_days=(1, 2, 4, 7, 14, 28, 56))


def test_S3_before_the_stop(leaf_year: tuple[Run, dict[str, float]]) -> None:
    run, last = leaf_year[0], 364 * DAY + 19
    assert run.mean("mor_activation", last - DAY, last) == about("0.195")
    assert within(run, "mor_activation", last - DAY, last) == (about("0.115"), about("0.258"))
    before = [run.states(name)[0] for name in ("tolerance", "adapted", "protracted")]
    assert before == [about("0.473"), about("0.180"), about("0.280")]
    assert 1 - run.mean("anhedonia", last - DAY, last) == about("0.812")
    assert within(run, "withdrawal", last - DAY, last)[1] == points(4.8)


def test_S3_withdrawal(leaf_year: tuple[Run, dict[str, float]]) -> None:
    run, stop = leaf_year
    assert stop["onset"] == pytest.approx(12, abs=0.6)
    assert stop["peak"] == points(16.7)
    assert stop["t_peak"] == pytest.approx(52, abs=2)
    assert stop["t_10"] / DAY == pytest.approx(10.1, abs=0.3)
    assert sows_after(run, 364 * DAY + 19, 1, 2, 3, 4, 5, 7, 10, 14) == points(
        11.4, 16.6, 14.1, 11.3, 9.0, 5.9, 3.5, 2.4
    )


def test_S3_slow_states(leaf_year: tuple[Run, dict[str, float]]) -> None:
    run, last = leaf_year[0], 364 * DAY + 19
    P = run.at("protracted", [last + DAY * day for day in (7, 14, 28, 56)])
    assert list(P) == about("0.271", "0.246", "0.186", "0.096")
    m = mood(run, VALUES)[1:7]  # days 1, 2, 4, 7, 14, 28
    assert list(m) == about("-0.56", "-0.84", "-0.60", "-0.33", "-0.15", "-0.09")
    R = 1 - run.at("anhedonia", [last + DAY * day for day in (2, 14, 56)])
    assert list(R) == about("0.720", "0.831", "0.912")


@pytest.mark.parametrize(
    ("dose", "clock", "D", "peak"),
    [
        pytest.param(30.5, (7, 10, 13, 16, 19, 22), "0.186", 17.1, id="S3b"),
        pytest.param(183, (8,), "0.146", 13.7, id="S3c"),
    ],
)
def test_S3b_S3c_the_same_daily_amount(dose: float, clock: tuple[int, ...], D: str, peak: float) -> None:
    run, stop = after_stop(daily("leaf_powder", dose, clock, 365), 364 * DAY + clock[-1], 10)
    assert run.states("adapted")[0] == about(D)
    assert stop["peak"] == points(peak)


def test_S3d_thirty_days() -> None:
    run, stop = after_stop(daily("leaf_powder", 61, (7, 13, 19), 30), 29 * DAY + 19, 10)
    assert [run.states("adapted")[0], run.states("protracted")[0]] == [about("0.180"), about("0.141")]
    assert stop["peak"] == points(4.0)
    assert stop["t_peak"] == pytest.approx(52, abs=2)


MORPHINE_YEAR = daily("morphine", 60, (0, 6, 12, 18), 365)


def test_S4_morphine() -> None:
    last = 364 * DAY + 18
    run, stop = after_stop(MORPHINE_YEAR, last, 20, outputs=("withdrawal", "tolerance"))
    T = run.mean("tolerance", last - DAY, last)
    assert 1 + (VALUES["phi_T"] - 1) * T == about("4.32")
    assert stop["onset"] == pytest.approx(8, abs=0.6)
    assert stop["peak"] == points(37.4)
    assert stop["t_peak"] == pytest.approx(41, abs=2)
    assert stop["t_10"] / DAY == pytest.approx(9.4, abs=0.3)
    assert sows_after(run, last, 1, 2, 3, 5, 7, 10) == points(32.2, 35.3, 28.0, 16.8, 9.9, 4.9)


def test_S5_methadone() -> None:
    last = 364 * DAY + 8
    run, stop = after_stop(daily("methadone", 80, (8,), 365), last, 25)
    assert stop["onset"] == pytest.approx(27, abs=0.6)
    assert stop["peak"] == points(27.6)
    assert stop["t_peak"] == pytest.approx(94, abs=2)
    assert stop["t_10"] / DAY == pytest.approx(13.1, abs=0.3)
    assert sows_after(run, last, 1, 2, 4, 7, 10, 14) == points(5.7, 18.6, 27.5, 17.4, 8.8, 3.9)


def test_S6_buprenorphine() -> None:
    _, stop = after_stop(daily("buprenorphine", 16, (8,), 365), 364 * DAY + 8, 30)
    assert stop["onset"] == pytest.approx(40, abs=0.6)
    assert stop["peak"] == points(29.7)
    assert stop["t_peak"] == pytest.approx(154, abs=2)
    assert stop["t_10"] / DAY == pytest.approx(16.8, abs=0.3)


def test_S8_7oh_tablets() -> None:
    last = 364 * DAY + 19
    run, stop = after_stop(daily("7oh_tablet", 20, (7, 13, 19), 365), last, 15)
    assert run.mean("mor_activation", last - DAY, last) == about("0.138")
    assert run.states("adapted")[0] == about("0.120")
    assert stop["onset"] == pytest.approx(11, abs=0.6)
    assert stop["peak"] == points(9.6)
    assert stop["t_peak"] == pytest.approx(42, abs=2)
    assert stop["t_10"] / DAY == pytest.approx(8.1, abs=0.3)


def test_S9_every_third_day() -> None:
    phase = Phase(
        mode="every",
        product="leaf_powder",
        dose=mg("leaf_powder", 61),
        every_h=72.0,
        at_h=(8.0,),
        for_h=float(YEAR),
    )
    _, stop = after_stop(phase, 363 * DAY + 8, 20)
    assert stop["peak"] == points(2.0)
    assert stop["peak"] < 2.1


# --- S7, S7b: precipitated withdrawal, S10: tapers -------------------------------------------------


def test_S7_naloxone_two_hours_after_morphine() -> None:
    at = 59 * DAY + 14
    run = typical(
        [daily("morphine", 60, (0, 6, 12, 18))],
        60,
        outputs=["withdrawal"],
        every=0.25,
        since=at,
        medicines=[single("naloxone", 0.4, at)],
    )
    found = list(run.at("withdrawal", at + np.array([0, 0.5, 1, 2, 4, 8])))
    assert found == points(2.0, 18.3, 25.9, 27.3, 24.2, 3.0, within=0.7)


def test_S7b_naltrexone_after_a_year_of_leaf() -> None:
    at = 364 * DAY + 8
    run = typical(
        [LEAF_YEAR, STOP],
        367,
        outputs=["withdrawal"],
        every=0.25,
        since=at,
        medicines=[single("naltrexone", 50, at)],
    )
    found = list(run.at("withdrawal", at + np.array([0.5, 1, 2, 12, 24])))
    assert found == points(15.5, 21.7, 24.6, 21.4, 19.4, within=0.7)


@pytest.mark.parametrize(
    ("taper", "largest", "point_days", "allowance"),
    [
        pytest.param(Phase(mode="taper_over", for_h=56.0 * DAY), 5.2, 57, 0.57, id="linear over 56 d"),
        pytest.param(Phase(mode="taper_by", taper_share_per_week=0.1), 5.3, 52, 3, id="10% a week"),
        pytest.param(None, 16.7, 72, 0.72, id="abrupt"),
    ],
)
def test_S10_tapers(taper: Phase | None, largest: float, point_days: float, allowance: float) -> None:
    phases = [LEAF_YEAR, taper or STOP, STOP]
    run = typical(phases, 365 + 330, outputs=["withdrawal"], every=0.25, since=364 * DAY)
    above = run["withdrawal"] - BACKGROUND
    assert above.max() + BACKGROUND == points(largest)
    # Counted from the midnight before the last full day of use.
    assert np.trapezoid(above, run.t) / DAY == pytest.approx(point_days, abs=allowance)


# --- S12, S13: effect on other drugs ---------------------------------------------------------------


@pytest.mark.parametrize("gut_auto", [0.0, 1.0])
def test_S12_midazolam_after_tea(gut_auto: float) -> None:
    hours = [1, 5, 24, 72]
    run = typical([once("leaf_tea", 39)], 4, snapshots=hours, body=BODY.with_values({"gut_auto": gut_auto}))
    recovered = 1 - (1 - run.states("gut_3a")) * np.exp(
        VALUES["k_deg"] * np.array(hours)
    )  # back to the time of the dose
    assert list(recovered) == [about("0.349")] * 4
    assert gut_auc_ratio(VALUES["Fg_MDZ"], recovered[0]) == about("1.39")


def test_S13_venlafaxine_with_tea() -> None:
    relative_mg = 39 * VALUES["F_rel_tea"]
    assert cyp2d6_auc_ratio(relative_mg, 0.8, VALUES) == about("1.126")
    assert cyp2d6_auc_ratio(relative_mg, 1.0, VALUES) == about("1.16")

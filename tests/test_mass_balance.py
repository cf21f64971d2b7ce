"""Kinetics: nothing is lost or made, and curves equal their closed forms.

What entered a chain of compartments is still there or has left it. What left is an integral over each hour of the
kernel's amounts at its start, exact by an augmented matrix exponential; rates and doses come from `oracle.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm

import oracle
from helpers import BODY, DAY, STOP, Array, daily, once, plan, typical
from ketum.engine.prepare import prepare_group
from ketum.engine.simulate import Simulated, Window, simulate
from ketum.people import Persons, draw_persons
from ketum.regimens import Medicine

# The kernel's names of the states of `oracle.BLOCKS`.
NAMES = {
    "kratom": ("amt_gut1", "amt_gut2", "amt_7gut1", "amt_7gut2", "amt_mg", "amt_mg_periph", "amt_7oh"),
    "sp": ("amt_sp_gut", "amt_sp"),
    **{s: (f"amt_{s}_depot", f"amt_{s}_central", f"amt_{s}_periph") for s in ("mor", "met", "bup")},
    **{s: (f"amt_{s}_depot", f"amt_{s}_central") for s in ("nal", "ntx")},
}
CHAINS = {  # places of the compartments of one substance in its block
    "mitragynine": ("kratom", [0, 1, 4, 5]),
    "7-hydroxymitragynine": ("kratom", [2, 3, 6]),
    "speciociliatine": ("sp", [0, 1]),
    **{s: (s, [0, 1, 2]) for s in ("mor", "met", "bup")},
    **{s: (s, [0, 1]) for s in ("nal", "ntx")},
}

# Nine days in which everything is given, on full hours; fluvoxamine from day 2 to day 4, ketoconazole on day 6.
DAYS, DT = 9, 0.5
PHASES = [
    daily("leaf_powder", 61, (7, 13, 19), 3),
    daily("7oh_tablet", 20, (8, 20), 2),
    daily("extract", 40, (9, 21), 2),
    STOP,
]
GIVEN = [
    *oracle.daily("leaf_powder", 61, (7, 13, 19), 3),
    *[(3 * DAY + hour, product, dose) for hour, product, dose in oracle.daily("7oh_tablet", 20, (8, 20), 2)],
    *[(5 * DAY + hour, product, dose) for hour, product, dose in oracle.daily("extract", 40, (9, 21), 2)],
]
MEDICINES = [
    Medicine(name="morphine", dose_mg=60, at_h=(6.0, 18.0), from_h=0, for_h=3 * DAY),
    Medicine(name="methadone", dose_mg=80, at_h=(8.0,), from_h=0, for_h=4 * DAY),
    Medicine(name="buprenorphine", dose_mg=16, at_h=(8.0,), from_h=2 * DAY, for_h=2 * DAY),
    Medicine(name="naloxone", dose_mg=0.4, at_h=(10.0,), from_h=DAY, for_h=DAY),
    Medicine(name="naltrexone", dose_mg=50, at_h=(9.0,), from_h=5 * DAY, for_h=2 * DAY),
    Medicine(name="fluvoxamine", from_h=2 * DAY, for_h=2 * DAY),
    Medicine(name="ketoconazole", from_h=6 * DAY, for_h=DAY),
]
GIVEN += [
    (medicine.from_h + DAY * day + hour, medicine.name, medicine.dose_mg)
    for medicine in MEDICINES
    if medicine.dose_mg is not None and medicine.for_h is not None
    for day in range(int(medicine.for_h) // DAY)
    for hour in medicine.at_h
]


def factor(hour: int) -> float:
    """Factor on CYP3A of liver and gut at an hour."""
    if 2 * DAY <= hour < 4 * DAY:
        return BODY.value("i3A_fluvoxamine")
    return BODY.value("i3A_ketoconazole") if 6 * DAY <= hour < 7 * DAY else 1.0


def doses_by_hour(p: Mapping[str, float]) -> dict[int, dict[str, float]]:
    """Amounts, nmol, that each dose adds, by state of the oracle."""
    added: dict[int, dict[str, float]] = {}
    for hour, product, dose in GIVEN:
        x = added.setdefault(int(hour), dict.fromkeys(oracle.STATE_NAMES, 0.0) | {"Ge": 1.0})
        oracle.add_dose(p, x, product, dose, i_G=factor(int(hour)), i_L=factor(int(hour)))
    return added


@pytest.fixture(scope="module")
def persons() -> Persons:
    return draw_persons(np.arange(32), 7, BODY)


@pytest.fixture(scope="module")
def run(persons: Persons) -> Simulated:
    window = Window(0, DAYS * DAY, snapshots=tuple(range(DAYS * DAY)))
    return simulate(prepare_group(persons, BODY, DT), plan(PHASES, DAYS, DT, MEDICINES), window)


@pytest.mark.parametrize("substance", CHAINS)
@pytest.mark.parametrize("person", [0, 11, 31])
def test_what_entered_is_present_or_has_left(substance: str, person: int, persons: Persons, run: Simulated) -> None:
    p = {symbol: float(values[person]) for symbol, values in persons.parameters.items()}
    block, chain = CHAINS[substance]
    names = oracle.BLOCKS[block]
    given = doses_by_hour(p)
    amounts = np.array([[run.snapshot(hour, name)[person] for name in NAMES[block]] for hour in range(DAYS * DAY)])
    n = len(names)
    entered = left = 0.0
    worst = 0.0
    integrals: dict[float, tuple[Array, Array]] = {}
    for hour in range(DAYS * DAY - 1):
        i = factor(hour)
        if i not in integrals:
            M = oracle.pk_matrix(p, block, i)
            augmented = np.block([[M, np.zeros((n, n))], [np.eye(n), np.zeros((n, n))]])
            integrals[i] = M, expm(augmented)[n:, :n]
        M, integral = integrals[i]
        x = amounts[hour].copy()
        if hour in given:
            added = np.array([given[hour][name] for name in names])
            x += added
            entered += added[chain].sum()
        area = integral @ x
        others = [place for place in range(n) if place not in chain]
        left += -M[np.ix_(chain, chain)].sum(axis=0) @ area[chain]  # eliminated, or made into something else
        entered += M[np.ix_(chain, others)].sum(axis=0) @ area[others]  # made from something else
        worst = max(worst, abs(entered - amounts[hour + 1][chain].sum() - left))
    assert entered > 100  # nmol: the substance was given
    assert left > 0.3 * entered
    assert worst <= 1e-9 * entered


def one_compartment(amount: float, ka: float, k: float, t: Array) -> Array:
    """Bateman's function: amount in the body after a dose into one depot."""
    return np.asarray(amount * ka / (ka - k) * (np.exp(-k * t) - np.exp(-ka * t)))


def nmol(product: str, dose: float, state: str) -> float:
    """What one dose to the typical person adds to a state of the oracle."""
    x = dict.fromkeys(oracle.STATE_NAMES, 0.0) | {"Ge": 1.0}
    oracle.add_dose(oracle.typical(), x, product, dose)
    return float(x[state])


HOURS = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89)


@pytest.mark.parametrize("dt", [1.0, 0.25])
def test_one_dose_of_mitragynine_is_its_sum_of_exponentials(dt: float) -> None:
    p, t = oracle.typical(), np.array(HOURS, dtype=float)
    run = typical([once("leaf_tea", 39)], 4, dt, snapshots=HOURS)
    k = p["CL_MG"] / p["V1_MG"], p["Q_MG"] / p["V1_MG"], p["Q_MG"] / p["V2_MG"]
    expected = oracle.two_compartment(nmol("leaf_tea", 39, "G1"), p["ka"], *k, t)
    assert_allclose(run.states("amt_mg"), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("product", "dose", "suffix", "depot"),
    [
        ("leaf_tea", 39, "SP", "S1"),
        ("naloxone", 0.4, "nal", "nal1"),
        ("naltrexone", 50, "ntx", "ntx1"),
    ],
)
def test_one_dose_into_one_compartment_is_batemans_function(product: str, dose: float, suffix: str, depot: str) -> None:
    p, t = oracle.typical(), np.array(HOURS, dtype=float)
    run = typical([once(product, dose)], 4, snapshots=HOURS)
    volume = p["V_SP"] if suffix == "SP" else p[f"V1_{suffix}"]
    expected = one_compartment(nmol(product, dose, depot), p[f"ka_{suffix}"], p[f"CL_{suffix}"] / volume, t)
    found = run.states("amt_sp" if suffix == "SP" else f"amt_{suffix}_central")
    assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("product", "dose", "block", "clock"),
    [
        ("leaf_powder", 61, "kratom", (7, 13, 19)),
        ("leaf_powder", 61, "sp", (7, 13, 19)),
        ("extract", 20, "kratom", (8,)),
        ("7oh_tablet", 20, "kratom", (6.5, 20.25)),
        ("morphine", 60, "mor", (0, 6, 12, 18)),
        ("methadone", 80, "met", (8,)),
        ("buprenorphine", 16, "bup", (8,)),
        ("naltrexone", 50, "ntx", (9,)),
    ],
)
def test_many_doses_are_the_sum_of_single_doses(product: str, dose: float, block: str, clock: Sequence[float]) -> None:
    hours = np.array([8, 30, 47, 96, 110, 150])
    run = typical([daily(product, dose, clock, 5), STOP], 7, snapshots=tuple(map(int, hours)))
    x0 = np.array([nmol(product, dose, name) for name in oracle.BLOCKS[block]])
    given = [(hour, x0) for hour, _, _ in oracle.daily(product, dose, clock, 5)]
    expected = oracle.superposition(oracle.pk_matrix(oracle.typical(), block), given, hours)
    found = np.array([run.states(name) for name in NAMES[block]]).T
    assert_allclose(found, expected, rtol=1e-6, atol=1e-12 * x0.max())


def test_long_dosing_reaches_the_steady_state() -> None:
    hour = 8 * 400
    run = typical([daily("leaf_powder", 61, (0, 8, 16))], hour / DAY + 1, snapshots=[hour])
    x0 = np.array([nmol("leaf_powder", 61, name) for name in oracle.BLOCKS["kratom"]])
    expected = oracle.steady_state(oracle.pk_matrix(oracle.typical(), "kratom"), x0, 8.0) - x0
    found = np.array([run.states(name)[0] for name in NAMES["kratom"]])
    assert_allclose(found, expected, rtol=1e-6, atol=1e-9)

"""Servings inside the compiled engine: what a dose adds, and symptom-driven decisions (body.md sections 3.2 and 9)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.body.absorption import first_pass, inactivate
from ketum.brain.acute import arousal
from ketum.compiled import kernel
from ketum.engine import layout as L
from ketum.engine.layout import LANES
from ketum.engine.mood_places import DOSE_EQ, IN_SPELL
from ketum.engine.plan import (
    ALKALOID_MG,
    EQUIVALENT_MG,
    LEAF_G,
    RELATIVE_MG,
    TO_7OH,
    TO_MITRAGYNINE,
    TO_REFERENCE,
    Behaviour,
    Floats,
)
from ketum.engine.steps import Workspace
from ketum.people.streams import SERVINGS, uniform_pair
from ketum.regimens.as_needed import reviewed_serving, serving_probability

_SERVINGS = np.uint64(SERVINGS)


@kernel
def give(
    B: Workspace,
    brings: Floats,
    from_lot: bool,
    factor: Floats,
    target: int,
    serving: bool,
    gut_auto: bool,
    into_hour: float,
) -> None:
    """Give what the row `taken` holds to every lane.

    Parameters
    ----------
    B : workspace
    brings : (COLUMN_ROWS, LANES) array
        What one unit of the column brings.
    from_lot, target, serving : bool, int, bool
        The column's entries of `ketum.engine.plan.Columns`.
    factor : (LANES,) array
        The column's row of the lot in hand.
    gut_auto : bool
        Whether gut CYP3A auto-inactivation acts on kratom itself.
    into_hour : float
        How far into the hour the dose falls, h.
    """
    if target >= 0:
        for i in range(LANES):
            B[target + i] += B[L.TAKEN + i] * brings[TO_REFERENCE, i]
    else:
        lots = 1.0 if from_lot else 0.0
        auto = 1.0 if gut_auto else 0.0
        for i in range(LANES):
            amount = B[L.TAKEN + i] * (1.0 + lots * (factor[i] - 1.0))
            gut_3a = B[L.GUT_3A + i]
            to_c, to_m = first_pass(
                B[L.ABSORBED + i],
                B[L.Q_GUT + i],
                B[L.FIRST_PASS_YIELD + i],
                B[L.W_GUT + i],
                B[L.LIVER_3A + i],
                B[L.GUT_3A_COMED + i] * (1.0 + auto * (gut_3a - 1.0)),
            )
            nmol = amount * brings[TO_MITRAGYNINE, i]
            B[L.AMT_GUT1 + i] += nmol * to_c
            B[L.AMT_7GUT1 + i] += nmol * to_m + amount * brings[TO_7OH, i]
            B[L.AMT_SP_GUT + i] += nmol * B[L.R_SP + i] * B[L.ABSORBED + i]
            B[L.TOTAL_ALKALOID + i] += amount * brings[ALKALOID_MG, i]
            B[DOSE_EQ + i] += amount * brings[EQUIVALENT_MG, i]
            B[L.TOTAL_LEAF + i] += B[L.TAKEN + i] * brings[LEAF_G, i]
            B[L.GUT_3A + i] = inactivate(gut_3a, B[L.KAPPA_GUT + i], amount * brings[RELATIVE_MG, i])
    if serving:
        for i in range(LANES):
            took = 1.0 if B[L.TAKEN + i] > 0.0 else 0.0
            B[L.SINCE_SERVING + i] = (1.0 - took) * B[L.SINCE_SERVING + i] - took * into_hour
            B[L.SERVINGS_TODAY + i] += took
            B[L.TOTAL_SERVINGS + i] += took
            B[L.SERVED + i] += took


@kernel
def give_besides(B: Workspace, brings: Floats, target: int, in_share: float, chance: Floats) -> None:
    """Give what a product holds besides to every lane that took it, where its lot is one of those that hold it.

    Parameters
    ----------
    B : workspace
        The row `taken` holds the amount of the product.
    brings : (COLUMN_ROWS, LANES) array
        What one unit of the product brings.
    target, in_share : int, float
        The entries of `ketum.engine.plan.Besides`.
    chance : (LANES,) array
        The row CHANCE of the lot in hand.
    """
    for i in range(LANES):
        amount = B[L.TAKEN + i] if chance[i] < in_share else 0.0
        if target >= 0:
            B[target + i] += amount * brings[TO_REFERENCE, i]
        B[L.AMT_7GUT1 + i] += amount * brings[TO_7OH, i]
        B[L.TOTAL_ALKALOID + i] += amount * brings[ALKALOID_MG, i]
        B[DOSE_EQ + i] += amount * brings[EQUIVALENT_MG, i]


@kernel
def draw_hour(B: Workspace, seed: int, persons: NDArray[np.int64], hour: int, fresh: bool) -> None:
    """Put the uniform of this hour's serving decision into `uniform`; `fresh` draws a new pair of hours."""
    if fresh:
        key = np.uint64(seed)
        pair = np.uint64(hour >> 1)
        for i in range(LANES):
            first, second = uniform_pair(key, np.uint64(persons[i]), _SERVINGS, pair)
            B[L.UNIFORM + i] = first
            B[L.UNIFORM_NEXT + i] = second
    if hour & 1:
        for i in range(LANES):
            B[L.UNIFORM + i] = B[L.UNIFORM_NEXT + i]


@kernel
def general_satiety(B: Workspace, n_sat: float) -> None:
    """Put (E/E_star)^n_sat into `taken` for an exponent other than two, which `decide` computes itself."""
    for i in range(LANES):
        B[L.TAKEN + i] = (B[L.EFFECT + i] / B[L.E_STAR + i]) ** n_sat


@kernel
def decide(B: Workspace, rules: Behaviour, clock: int, units_per_gram: float, limit: float) -> bool:
    """Decide as-needed servings of one hour into `taken`; return whether anybody takes one."""
    square = 1.0 if rules.n_sat == 2.0 else 0.0
    anybody = 0
    for i in range(LANES):
        ratio = B[L.EFFECT + i] / B[L.E_STAR + i]
        satiety = square * ratio * ratio + (1.0 - square) * B[L.TAKEN + i]
        awake = clock - B[L.T_WAKE + i]
        hazard = B[L.LAM_0 + i] * (rules.hab_1 if awake < rules.first_h else 1.0)
        chance = serving_probability(
            hazard, B[L.WITHDRAWAL_LEVEL + i], rules.k_W, rules.k_D, B[L.DISTRESS_HOUR + i], satiety
        )
        allowed = (
            (awake >= 0.0)
            & (awake < rules.awake_h)
            & (B[L.SINCE_SERVING + i] >= rules.gap_min)
            & (B[L.SERVINGS_TODAY + i] < limit)
            & (B[L.UNIFORM + i] < chance)
            & (B[IN_SPELL + i] > 0.0)
        )
        took = 1.0 if allowed else 0.0
        B[L.TAKEN + i] = took * B[L.SERVING + i] * units_per_gram
    for i in range(LANES):
        anybody += 1 if B[L.TAKEN + i] > 0.0 else 0
    return anybody > 0


@kernel
def review(B: Workspace, rules: Behaviour) -> None:
    """Review the serving size where the last serving is `t_review` hours old."""
    for i in range(LANES):
        now = reviewed_serving(
            B[L.SERVING + i],
            B[L.EFFECT + i],
            B[L.WITHDRAWAL_LEVEL + i],
            arousal(B[L.AROUSAL_DRIVE + i], B[L.AROUSAL_HABIT + i], B[L.EFFECT + i], B[L.A_A + i], B[L.S_E + i]),
            B[L.TOO_WEAK + i],
            B[L.TOO_STRONG + i],
            rules.W_unrel,
            rules.A_sed,
            B[L.SERVING_UP + i],
            B[L.SERVING_DOWN + i],
            rules.g_min,
            rules.g_max,
        )
        before = B[L.SERVING + i]
        B[L.SERVING + i] = now if B[L.SINCE_SERVING + i] == rules.t_review else before

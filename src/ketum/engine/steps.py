"""One step of a block: loops over lanes that call the rooms' scalar functions.

Several short loops run faster than one long loop: each keeps the processor's reorder window full. The innermost loops
have no branches and a fixed length, so they vectorise; `tests/test_kernel.py` looks for it in the machine code.
`B` is the workspace of `ketum.engine.layout`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.body.pharmacokinetics import blood_step, gut_step, metabolite_step
from ketum.brain.acute import arousal_drive
from ketum.brain.adaptation import (
    adapted_step,
    habit_step,
    protracted_step,
    recruited_step,
    reward_step,
    tolerance_step,
)
from ketum.brain.receptors import competition, effect
from ketum.brain.withdrawal import chronicity, chronicity_sixth, withdrawal_level
from ketum.compiled import inlined, kernel
from ketum.engine import layout as L
from ketum.engine.layout import LANES
from ketum.engine.mood_places import WITHDRAWAL_KEPT
from ketum.engine.plan import Drugs
from ketum.numerics import exp

Workspace = NDArray[np.float64]


@kernel
def clear_row(B: Workspace, row: int) -> None:
    """Set a row to zero."""
    for i in range(LANES):
        B[row + i] = 0.0


@kernel
def step_kratom(B: Workspace, share: float) -> None:
    """Move mitragynine, 7-OH and speciociliatine by one step; leave receptor sums and arousal drive.

    `share` is dt/1 h: the hour's means of the amounts in plasma gather by the trapezoid rule.
    """
    half = 0.5 * share
    for i in range(LANES):
        g1 = B[L.AMT_GUT1 + i]
        g2 = B[L.AMT_GUT2 + i]
        h1 = B[L.AMT_7GUT1 + i]
        h2 = B[L.AMT_7GUT2 + i]
        c = B[L.AMT_MG + i]
        v = B[L.AMT_MG_PERIPH + i]
        m = B[L.AMT_7OH + i]
        s1 = B[L.AMT_SP_GUT + i]
        sc = B[L.AMT_SP + i]
        stay = B[L.P_G1G1 + i]
        move = B[L.P_G2G1 + i]
        c_next = blood_step(g1, g2, c, v, B[L.P_CG1 + i], B[L.P_CG2 + i], B[L.P_CC + i], B[L.P_CV + i])
        v_next = blood_step(g1, g2, c, v, B[L.P_VG1 + i], B[L.P_VG2 + i], B[L.P_VC + i], B[L.P_VV + i])
        m_next = metabolite_step(
            g1,
            g2,
            h1,
            h2,
            c,
            v,
            m,
            B[L.P_MG1 + i],
            B[L.P_MG2 + i],
            B[L.P_MH1 + i],
            B[L.P_MH2 + i],
            B[L.P_MC + i],
            B[L.P_MV + i],
            B[L.P_MM + i],
        )
        sc_next = B[L.P_SCS1 + i] * s1 + B[L.P_SCSC + i] * sc
        g1_next, g2_next = gut_step(g1, g2, stay, move)
        h1_next, h2_next = gut_step(h1, h2, stay, move)
        B[L.AMT_GUT1 + i] = g1_next
        B[L.AMT_GUT2 + i] = g2_next
        B[L.AMT_7GUT1 + i] = h1_next
        B[L.AMT_7GUT2 + i] = h2_next
        B[L.AMT_MG + i] = c_next
        B[L.AMT_MG_PERIPH + i] = v_next
        B[L.AMT_7OH + i] = m_next
        B[L.AMT_SP_GUT + i] = B[L.P_S1S1 + i] * s1
        B[L.AMT_SP + i] = sc_next
        B[L.MEAN_MG + i] += half * (c + c_next)
        B[L.MEAN_7OH + i] += half * (m + m_next)
        B[L.MEAN_SP + i] += half * (sc + sc_next)
        driven, bound = competition(
            c_next,
            m_next,
            sc_next,
            B[L.BOUND_MG + i],
            B[L.BOUND_7 + i],
            B[L.BOUND_SP + i],
            B[L.DRIVEN_MG + i],
            B[L.DRIVEN_7 + i],
            B[L.DRIVEN_SP + i],
        )
        B[L.DRIVEN + i] = driven
        B[L.BOUND + i] = bound
        before = B[L.AROUSAL_DRIVE + i]
        drive = arousal_drive(c_next, B[L.AROUSAL_HALF + i])
        B[L.AROUSAL_DRIVE + i] = drive
        B[L.DRIVE_MEAN + i] = 0.5 * (before + drive)


@inlined
def _opioid(B: Workspace, amount: int, propagator: int, bound: int, driven: int) -> None:
    """Move a reference opioid (depot, central, peripheral) by one step and add it to the receptor sums.

    The offsets of its first amount, first propagator entry and receptor constants are constants where it is called.
    """
    for i in range(LANES):
        depot = B[amount + i]
        central = B[amount + LANES + i]
        periph = B[amount + 2 * LANES + i]
        q = propagator + i
        after = B[q + LANES] * depot + B[q + 2 * LANES] * central + B[q + 3 * LANES] * periph
        outer = B[q + 4 * LANES] * depot + B[q + 5 * LANES] * central + B[q + 6 * LANES] * periph
        B[amount + i] = B[q] * depot
        B[amount + LANES + i] = after
        B[amount + 2 * LANES + i] = outer
        B[L.DRIVEN + i] += B[driven + i] * after
        B[L.BOUND + i] += B[bound + i] * after


@inlined
def _antagonist(B: Workspace, amount: int, propagator: int, bound: int) -> None:
    """Move an antagonist (depot, central) by one step; add it to the receptor sums and to `blocked` (v_N)."""
    for i in range(LANES):
        depot = B[amount + i]
        after = B[propagator + LANES + i] * depot + B[propagator + 2 * LANES + i] * B[amount + LANES + i]
        B[amount + i] = B[propagator + i] * depot
        B[amount + LANES + i] = after
        blocking = B[bound + i] * after
        B[L.BLOCKED + i] += blocking
        B[L.BOUND + i] += blocking


@kernel
def step_opioids(B: Workspace, morphine: bool, methadone: bool, buprenorphine: bool) -> None:
    """Move the reference opioids that are present."""
    if morphine:
        _opioid(B, L.AMT_MOR_DEPOT, L.P_MOR_DD, L.BOUND_MOR, L.DRIVEN_MOR)
    if methadone:
        _opioid(B, L.AMT_MET_DEPOT, L.P_MET_DD, L.BOUND_MET, L.DRIVEN_MET)
    if buprenorphine:
        _opioid(B, L.AMT_BUP_DEPOT, L.P_BUP_DD, L.BOUND_BUP, L.DRIVEN_BUP)


@kernel
def step_antagonists(B: Workspace, naloxone: bool, naltrexone: bool) -> None:
    """Move the antagonists that are present."""
    clear_row(B, L.BLOCKED)
    if naloxone:
        _antagonist(B, L.AMT_NAL_DEPOT, L.P_NAL_DD, L.BOUND_NAL)
    if naltrexone:
        _antagonist(B, L.AMT_NTX_DEPOT, L.P_NTX_DD, L.BOUND_NTX)


@kernel
def step_tolerance(B: Workspace, share: float) -> None:
    """Lines 2 to 4 of body.md section 5: effect, tolerance, effect after tolerance."""
    for i in range(LANES):
        driven = B[L.DRIVEN + i]
        bound = B[L.BOUND + i]
        phi = B[L.PHI_LESS_ONE + i]
        before = B[L.EFFECT + i]
        tolerance = B[L.TOLERANCE + i]
        predicted = effect(driven, bound, tolerance, phi)
        tolerance = tolerance_step(tolerance, 0.5 * (before + predicted), B[L.TOL_ON + i], B[L.TOL_OFF + i])
        after = effect(driven, bound, tolerance, phi)
        mean = 0.5 * (before + after)
        B[L.TOLERANCE + i] = tolerance
        B[L.EFFECT + i] = after
        B[L.EFFECT_MEAN + i] = mean
        B[L.MEAN_EFFECT + i] += share * mean
        B[L.PEAK_EFFECT + i] = max(B[L.PEAK_EFFECT + i], after)


@kernel
def step_adaptation(B: Workspace) -> None:
    """Lines 5 and 6 of section 5: adapted level, deficit, recruitment."""
    for i in range(LANES):
        mean = B[L.EFFECT_MEAN + i]
        adapted = adapted_step(B[L.ADAPTED + i], mean, B[L.KEEP_RISE + i], B[L.KEEP_FALL + i])
        deficit = max(adapted - B[L.EFFECT + i], 0.0)
        deficit_mean = 0.5 * (B[L.DEFICIT + i] + deficit)
        B[L.ADAPTED + i] = adapted
        B[L.DEFICIT + i] = deficit
        B[L.RECRUITED + i] = recruited_step(B[L.RECRUITED + i], deficit_mean, B[L.KEEP_RECRUITED + i])


@kernel
def step_adaptation_blocked(B: Workspace) -> None:
    """`step_adaptation` while an antagonist may be present: it speeds up recruitment (line 6)."""
    for i in range(LANES):
        mean = B[L.EFFECT_MEAN + i]
        adapted = adapted_step(B[L.ADAPTED + i], mean, B[L.KEEP_RISE + i], B[L.KEEP_FALL + i])
        deficit = max(adapted - B[L.EFFECT + i], 0.0)
        deficit_mean = 0.5 * (B[L.DEFICIT + i] + deficit)
        occupied = B[L.BLOCKED + i] / B[L.BOUND + i]
        keep = B[L.KEEP_RECRUITED + i] * exp(-B[L.ANTAGONIST_RATE + i] * occupied)
        B[L.ADAPTED + i] = adapted
        B[L.DEFICIT + i] = deficit
        B[L.RECRUITED + i] = recruited_step(B[L.RECRUITED + i], deficit_mean, keep)


@kernel
def step_slow(B: Workspace) -> None:
    """Lines 7 to 9 of section 5: protracted state, slow reward state, habituation of arousal."""
    for i in range(LANES):
        mean = B[L.EFFECT_MEAN + i]
        delay, protracted = protracted_step(
            B[L.PROTRACTED_DELAY + i],
            B[L.PROTRACTED + i],
            mean,
            B[L.PROT_ON + i],
            B[L.PROT_OFF + i],
            B[L.KEEP_PROTRACTED + i],
        )
        B[L.PROTRACTED_DELAY + i] = delay
        B[L.PROTRACTED + i] = protracted
        B[L.REWARD_SLOW + i] = reward_step(B[L.REWARD_SLOW + i], mean, B[L.REWARD_RATE + i], B[L.RHO_R + i])
        B[L.AROUSAL_HABIT + i] = habit_step(B[L.AROUSAL_HABIT + i], B[L.DRIVE_MEAN + i], B[L.KEEP_HABIT + i])


@inlined
def step_all(B: Workspace, drugs: Drugs, share: float, lanes: int) -> None:
    """Move everything by one step: body.md section 5, lines 1 to 9."""
    step_kratom(B, share)
    if drugs.morphine or drugs.methadone or drugs.buprenorphine:
        step_opioids(B, drugs.morphine, drugs.methadone, drugs.buprenorphine)
    if drugs.naloxone or drugs.naltrexone:
        step_antagonists(B, drugs.naloxone, drugs.naltrexone)
        step_tolerance(B, share)
        step_adaptation_blocked(B)
    else:
        step_tolerance(B, share)
        step_adaptation(B)
    step_slow(B)
    recover_gut(B, lanes)


@kernel
def read_sows(B: Workspace, sows_0: float, sows_D: float, sows_max: float, lanes: int) -> None:
    """Set SOWS = b + (sows_max - b) W with the background b = sows_0 + sows_D Dist (body.md section 6)."""
    for i in range(lanes):
        background = sows_0 + sows_D * B[L.DISTRESS_DAY + i]
        B[L.SOWS + i] = background + (sows_max - background) * B[L.WITHDRAWAL_LEVEL + i]


@kernel
def recover_gut(B: Workspace, lanes: int) -> None:
    """Let gut CYP3A return towards normal for one step; `lanes` is LANES, see `ketum.engine.signals.accumulate`."""
    for i in range(lanes):
        B[L.GUT_3A + i] = 1.0 + (B[L.GUT_3A + i] - 1.0) * B[L.GUT_3A_KEEP + i]


@kernel
def feel_withdrawal(B: Workspace, steepness: float) -> None:
    """Set W from recruitment, deficit and chronicity (body.md section 6), less what substitution takes away."""
    if steepness == 6.0:
        for i in range(LANES):
            felt = chronicity_sixth(B[L.PROTRACTED + i], B[L.CHRONICITY_HALF + i])
            level = withdrawal_level(B[L.RECRUITED + i], B[L.DEFICIT + i], B[L.G_W + i], felt)
            B[L.WITHDRAWAL_LEVEL + i] = B[WITHDRAWAL_KEPT + i] * level
    else:
        for i in range(LANES):
            felt = chronicity(B[L.PROTRACTED + i], B[L.CHRONICITY_HALF + i], steepness)
            level = withdrawal_level(B[L.RECRUITED + i], B[L.DEFICIT + i], B[L.G_W + i], felt)
            B[L.WITHDRAWAL_LEVEL + i] = B[WITHDRAWAL_KEPT + i] * level

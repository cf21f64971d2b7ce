"""Signals at the end of an hour or step, and how they are kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.brain.acute import reward, side_effect, stimulation, symptom
from ketum.compiled import inlined, kernel
from ketum.engine import layout as L
from ketum.engine.layout import LANES
from ketum.engine.plan import ANY, LAST, MAX, MEAN, TOTAL, Floats, Ints, Signals
from ketum.engine.steps import Workspace

_MOMENTARY = 4
_RING = L.SIDE_HOURS


@kernel
def acute_effects(B: Workspace, lanes: int) -> None:
    """Set stimulation, sedation and reward responsiveness."""
    for i in range(lanes):
        B[L.STIMULATION + i] = stimulation(B[L.AROUSAL_DRIVE + i], B[L.AROUSAL_HABIT + i])
        B[L.SEDATION + i] = B[L.EFFECT + i] * B[L.EFFECT + i]
        B[L.REWARD + i] = reward(
            B[L.REWARD_SLOW + i],
            B[L.WITHDRAWAL_LEVEL + i],
            B[L.PROTRACTED + i],
            B[L.C_RW + i],
            B[L.C_RP + i],
        )


@inlined
def one_symptom(B: Workspace, lanes: int, row: int, on_W: float, on_P: float, on_D: float) -> None:
    """Set one symptom of the profile."""
    for i in range(lanes):
        B[row + i] = symptom(B[L.WITHDRAWAL_LEVEL + i], B[L.PROTRACTED + i], B[L.DISTRESS_DAY + i], on_W, on_P, on_D)


@kernel
def occupancies(B: Workspace, lanes: int) -> None:
    """Set the mu-receptor occupancy by each ligand, v_i/den."""
    for i in range(lanes):
        free = 1.0 / B[L.BOUND + i]
        B[L.OCCUPIED_MG + i] = B[L.BOUND_MG + i] * B[L.AMT_MG + i] * free
        B[L.OCCUPIED_7OH + i] = B[L.BOUND_7 + i] * B[L.AMT_7OH + i] * free
        B[L.OCCUPIED_SP + i] = B[L.BOUND_SP + i] * B[L.AMT_SP + i] * free
        B[L.OCCUPIED_MOR + i] = B[L.BOUND_MOR + i] * B[L.AMT_MOR_DEPOT + LANES + i] * free
        B[L.OCCUPIED_MET + i] = B[L.BOUND_MET + i] * B[L.AMT_MET_DEPOT + LANES + i] * free
        B[L.OCCUPIED_BUP + i] = B[L.BOUND_BUP + i] * B[L.AMT_BUP_DEPOT + LANES + i] * free
        B[L.OCCUPIED_NAL + i] = B[L.BOUND_NAL + i] * B[L.AMT_NAL_DEPOT + LANES + i] * free
        B[L.OCCUPIED_NTX + i] = B[L.BOUND_NTX + i] * B[L.AMT_NTX_DEPOT + LANES + i] * free


@inlined
def compute_signals(B: Workspace, lanes: int, acute: bool, symptoms: bool, occupancy: bool, weights: Floats) -> None:
    """Set the rows of the signal groups that are asked for from the states of this instant."""
    if acute:
        acute_effects(B, lanes)
    if symptoms:
        # Constant rows, written out: a loop over a row that is known only at run time would not vectorise.
        one_symptom(B, lanes, L.SYM_DYSPHORIA, weights[0, 0], weights[0, 1], weights[0, 2])
        one_symptom(B, lanes, L.SYM_FATIGUE, weights[1, 0], weights[1, 1], weights[1, 2])
        one_symptom(B, lanes, L.SYM_IRRITABILITY, weights[2, 0], weights[2, 1], weights[2, 2])
        one_symptom(B, lanes, L.SYM_SADNESS, weights[3, 0], weights[3, 1], weights[3, 2])
        one_symptom(B, lanes, L.SYM_ANXIETY, weights[4, 0], weights[4, 1], weights[4, 2])
        one_symptom(B, lanes, L.SYM_INSOMNIA, weights[5, 0], weights[5, 1], weights[5, 2])
        one_symptom(B, lanes, L.SYM_GUT, weights[6, 0], weights[6, 1], weights[6, 2])
        one_symptom(B, lanes, L.SYM_ACHES, weights[7, 0], weights[7, 1], weights[7, 2])
        one_symptom(B, lanes, L.SYM_CRAVING, weights[8, 0], weights[8, 1], weights[8, 2])
    if occupancy:
        occupancies(B, lanes)


@kernel
def compute_side_effects(B: Workspace, signals: Signals, hour: int) -> None:
    """Close the windows of momentary side effects that end now; constipation at the end of the day."""
    now = L.RING_PEAK + (hour % _RING) * LANES
    served_now = L.RING_SERVINGS + (hour % _RING) * LANES
    for i in range(LANES):
        B[now + i] = B[L.PEAK_EFFECT + i]
        B[served_now + i] = B[L.SERVED + i]
        naive = B[L.DRIVEN + i] / (B[L.DRIVEN + i] + B[L.BOUND + i])
        B[L.EFFECT_NAIVE_DAY + i] += naive / 24.0
    opened = (hour + 1 - signals.side_hours) % _RING
    for k in range(_MOMENTARY):
        row = L.SIDE_NAUSEA + k * LANES
        for i in range(LANES):
            B[row + i] = 0.0
    for back in range(signals.side_hours):
        ring = L.RING_PEAK + ((opened + back) % _RING) * LANES
        for i in range(LANES):
            B[L.SIDE_NAUSEA + i] = max(B[L.SIDE_NAUSEA + i], B[ring + i])
    served = L.RING_SERVINGS + opened * LANES
    for k in range(_MOMENTARY - 1, -1, -1):
        weight = signals.side_weights[k]
        row = L.SIDE_NAUSEA + k * LANES
        for i in range(LANES):
            chance = side_effect(B[L.SIDE_NAUSEA + i], weight)
            B[row + i] = chance if B[served + i] > 0.0 else 0.0
    weight = signals.side_weights[_MOMENTARY]
    end_of_day = hour % 24 == 23
    for i in range(LANES):
        chance = min(weight * B[L.EFFECT_NAIVE_DAY + i], 1.0)
        B[L.SIDE_CONSTIPATION + i] = chance if end_of_day else 0.0
        naive = B[L.EFFECT_NAIVE_DAY + i]
        B[L.EFFECT_NAIVE_DAY + i] = 0.0 if end_of_day else naive


@kernel
def add_mean(sums: Workspace, acc: np.uint64, B: Workspace, row: np.uint64, lanes: np.uint64) -> None:
    """Add a row to a running sum."""
    for i in range(lanes):
        sums[acc + i] += B[row + i]


@kernel
def add_max(sums: Workspace, acc: np.uint64, B: Workspace, row: np.uint64, lanes: np.uint64) -> None:
    """Keep the larger of a row and a running maximum."""
    for i in range(lanes):
        sums[acc + i] = max(sums[acc + i], B[row + i])


@kernel
def add_any(sums: Workspace, acc: np.uint64, B: Workspace, row: np.uint64, lanes: np.uint64) -> None:
    """Join the probability in a row to that of a running record."""
    for i in range(lanes):
        sums[acc + i] += (1.0 - sums[acc + i]) * B[row + i]


@inlined
def accumulate(sums: Workspace, B: Workspace, rows: Ints, folds: Ints, lanes: int) -> None:
    """Add the signals of this hour to the sums of the running record.

    Three things let loops as short as these vectorise: the sums are an array of their own (two rows of one array at
    offsets known only at run time may overlap), offsets are unsigned (a signed index may count from the end), and
    the number of lanes comes in as a number (a loop of known length is unrolled before the vectoriser sees it).
    """
    many = np.uint64(lanes)
    for k in range(len(rows)):
        acc = np.uint64(k * LANES)
        row = np.uint64(rows[k])
        if folds[k] == MEAN:
            add_mean(sums, acc, B, row, many)
        elif folds[k] == MAX:
            add_max(sums, acc, B, row, many)
        elif folds[k] == ANY:
            add_any(sums, acc, B, row, many)


@kernel
def keep_record(
    sums: Workspace,
    B: Workspace,
    rows: Ints,
    folds: Ints,
    records: Floats,
    record: int,
    hours: float,
    first_person: int,
) -> None:
    """Write one record and empty sums and totals; `hours` is the number of hours that were folded, 0 at an instant."""
    for k in range(len(rows)):
        row = rows[k]
        acc = k * LANES
        fold = folds[k]
        if fold in (LAST, TOTAL) or hours == 0.0:
            factor = 24.0 / hours if fold == TOTAL and hours >= 24.0 else 1.0
            for i in range(LANES):
                records[k, record, first_person + i] = B[row + i] * factor
        else:
            factor = 1.0 / hours if fold == MEAN else 1.0
            for i in range(LANES):
                records[k, record, first_person + i] = sums[acc + i] * factor
                sums[acc + i] = 0.0
    for i in range(LANES):
        B[L.TOTAL_SERVINGS + i] = 0.0
        B[L.TOTAL_LEAF + i] = 0.0
        B[L.TOTAL_ALKALOID + i] = 0.0


@kernel
def keep_trace(
    B: Workspace,
    sows_0: float,
    sows_D: float,
    sows_max: float,
    trace: NDArray[np.float32],
    row: int,
    first_person: int,
) -> None:
    """Keep the course of withdrawal as SOWS at the distress with which the trace began.

    A later change of distress is no withdrawal, and must not look like a slow end of it.
    """
    if row == 0:
        for i in range(LANES):
            B[L.TRACE_BACKGROUND + i] = sows_0 + sows_D * B[L.DISTRESS_DAY + i]
    if row < trace.shape[0]:
        for i in range(LANES):
            background = B[L.TRACE_BACKGROUND + i]
            trace[row, first_person + i] = background + (sows_max - background) * B[L.WITHDRAWAL_LEVEL + i]

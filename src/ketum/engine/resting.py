"""A block of persons who never take anything: all states of body and brain are at rest, only mood is run.

Gives for mood the same bits as `ketum.engine.block.run_block` without doses, in a small part of the time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.compiled import inlined, kernel
from ketum.engine import layout as L
from ketum.engine import mood_places as M
from ketum.engine.layout import LANES
from ketum.engine.mood_days import begin_hour, close_day, open_mood
from ketum.engine.plan import MAX, MEAN, Ints, Plan, Store
from ketum.engine.signals import compute_signals, keep_record, keep_trace
from ketum.engine.steps import Workspace, read_sows

_HOURS_PER_DAY = 24


@inlined
def _accumulate_day(sums: Workspace, B: Workspace, rows: Ints, folds: Ints) -> None:
    """Add a day whose hours are all alike; momentary mood differs by the hour and is added elsewhere."""
    for k in range(len(rows)):
        if rows[k] != M.MOMENTARY_MOOD:
            for i in range(LANES):
                if folds[k] == MEAN:
                    sums[k * LANES + i] += _HOURS_PER_DAY * B[rows[k] + i]
                elif folds[k] == MAX:
                    sums[k * LANES + i] = max(sums[k * LANES + i], B[rows[k] + i])


@inlined
def _accumulate_mood(sums: Workspace, B: Workspace, rows: Ints) -> None:
    for k in range(len(rows)):
        if rows[k] == M.MOMENTARY_MOOD:
            for i in range(LANES):
                sums[k * LANES + i] += B[M.MOMENTARY_MOOD + i]


@kernel
def rest_block(B: Workspace, plan: Plan, block: int, persons: NDArray[np.int64], store: Store) -> None:
    """Take one block of persons at rest through whole days; records are of one or more days.

    Parameters as in `ketum.engine.block.run_block`.
    """
    per_hour, seed, mood, scales = plan.clock.steps_per_hour, plan.seed, plan.mood, plan.scales
    rows, folds = plan.recording.row, plan.recording.fold
    acute, symptoms, occupancy = plan.signals.acute, plan.signals.symptoms, plan.signals.occupancy
    weights, lanes, noisy = plan.signals.symptom_weights, plan.clock.lanes, mood.noisy
    slow, fast = mood.slow, mood.fast
    every_days = plan.recording.every_steps // (_HOURS_PER_DAY * per_hour)
    snapshots, trace_from = plan.recording.snapshots, plan.recording.trace_from
    first_day, last_day = plan.clock.first // _HOURS_PER_DAY, plan.clock.last // _HOURS_PER_DAY
    sums = np.zeros(max(len(rows), 1) * LANES)
    first_person = block * LANES
    record, since_record, snapshot = 0, 0, 0
    open_mood(B, mood, seed, persons, plan.clock.first)
    begin_hour(B, slow, fast, noisy, seed, persons, plan.clock.first, True)
    for day in range(first_day, last_day):
        hour = day * _HOURS_PER_DAY
        while snapshot < len(snapshots) and snapshots[snapshot] < hour + _HOURS_PER_DAY:
            for field in range(len(L.STATES)):
                for i in range(LANES):
                    store.snapshots[snapshot, field, first_person + i] = B[field * LANES + i]
            snapshot += 1
        recorded = len(rows) > 0 and hour >= plan.recording.first_hour
        read_sows(B, scales.sows_0, scales.sows_D, scales.sows_max, lanes)
        compute_signals(B, lanes, acute, symptoms, occupancy, weights)
        if recorded:
            _accumulate_day(sums, B, rows, folds)
        if trace_from >= 0:
            for row in range(max(hour - trace_from, 0), hour + _HOURS_PER_DAY - trace_from):
                keep_trace(B, scales.sows_0, scales.sows_D, scales.sows_max, store.trace, row, first_person)
        if noisy:
            for later in range(hour + 1, hour + _HOURS_PER_DAY):
                begin_hour(B, slow, fast, noisy, seed, persons, later, False)
                if recorded:
                    _accumulate_mood(sums, B, rows)
        for i in range(LANES):
            B[M.DAY_REWARD_SLOW + i] = _HOURS_PER_DAY
            B[M.DAY_REWARD + i] = _HOURS_PER_DAY
            B[L.SINCE_SERVING + i] += _HOURS_PER_DAY
        close_day(B, mood, seed, persons, day, day - first_day, store.days, first_person)
        begin_hour(B, slow, fast, noisy, seed, persons, hour + _HOURS_PER_DAY, False)
        if recorded:
            if noisy:
                _accumulate_mood(sums, B, rows)
            since_record += 1
            if since_record == every_days:
                keep_record(sums, B, rows, folds, store.records, record, since_record * 24.0, first_person)
                record += 1
                since_record = 0

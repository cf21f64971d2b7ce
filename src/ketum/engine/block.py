"""A block of persons through an arm, hour by hour (order of `joined.md` section 4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.body.fields import LEVEL
from ketum.compiled import kernel
from ketum.engine import layout as L
from ketum.engine import mood_places as M
from ketum.engine.doses import decide, draw_hour, general_satiety, give, give_besides, review
from ketum.engine.layout import LANES
from ketum.engine.mood_days import begin_hour, close_day, open_mood
from ketum.engine.mood_hour import add_mood_hour
from ketum.engine.plan import CHANCE, CONTENT_FACTOR, Floats, Plan, Store
from ketum.engine.relief import gather_relief, skip_servings
from ketum.engine.resting import rest_block
from ketum.engine.signals import accumulate, compute_side_effects, compute_signals, keep_record, keep_trace
from ketum.engine.steps import (
    Workspace,
    clear_row,
    feel_withdrawal,
    read_sows,
    step_all,
)
from ketum.regimens.schedule import DOSE, RESET

_HOURS_PER_DAY = 24
_LEVEL_FIELDS = len(LEVEL)
_LEVEL_FIRST = L.PLACES[LEVEL[0]]
_STATES = len(L.STATES)
_GUT_3A = L.PLACES["gut_3a"] // LANES


@kernel
def _take(B: Workspace, amount: float, wake: int, group: int) -> None:
    """Put the amount of an event into `taken` for those to whom it applies."""
    for i in range(LANES):
        meant = ((wake < 0) | (B[L.T_WAKE + i] == wake)) & ((group < 0) | (B[L.GROUP + i] == group))
        B[L.TAKEN + i] = amount if meant else 0.0


@kernel
def _set_amounts(B: Workspace, kind: int, first: int, end: int, group: int, steady: Floats, slot: int) -> None:
    """Empty the pharmacokinetic fields of a product (`first` to `end`) or set them to a steady state."""
    for field in range(first, end):
        for i in range(LANES):
            if group < 0 or B[L.GROUP + i] == group:
                if kind == RESET:
                    B[field * LANES + i] = 1.0 if field == _GUT_3A else 0.0
                else:
                    B[field * LANES + i] = steady[slot, field, i]


@kernel
def run_block(
    B: Workspace,
    plan: Plan,
    block: int,
    persons: NDArray[np.int64],
    lots: Floats,
    steady: Floats,
    store: Store,
) -> None:
    """Take one block from `clock.first` to `clock.last`.

    Parameters
    ----------
    B : (WORKSPACE,) array
        Workspace; states and constants filled in.
    plan : Plan
        The arm.
    block : int
        Number of the block in the chunk.
    persons : (LANES,) int64
        Keys of random numbers.
    lots : (lot, LOT_ROWS, LANES) array
        What each lot of the person has: rows of `ketum.engine.plan`.
    steady : (state, field, LANES) array
        Steady states that events of kind STEADY_STATE set.
    store : Store
        Where records, traces and snapshots go.
    """
    # Everything the hours need stands in plain variables: reading a field of a tuple counts references, which costs.
    per_hour, share = plan.clock.steps_per_hour, 1.0 / plan.clock.steps_per_hour
    lot_of_day, seed, gut_auto = plan.clock.lot, plan.seed, plan.gut_auto
    rules, signals = plan.behaviour, plan.signals
    brings, from_lot, lot_row = plan.columns.brings, plan.columns.from_lot, plan.columns.lot_row
    first_besides, besides_bring = plan.columns.first_besides, plan.besides.brings
    besides_target, besides_share = plan.besides.target, plan.besides.in_share
    target, serving = plan.columns.target, plan.columns.serving
    n_WP, awake_h, scales = rules.n_WP, rules.awake_h, plan.scales
    distress, first_hour = plan.distress, plan.clock.first
    event_step, event_kind, event_column = plan.events.step, plan.events.kind, plan.events.column
    event_slot, first_field, end_field = plan.events.slot, plan.columns.first_field, plan.columns.end_field
    event_amount, event_wake, event_group = plan.events.amount, plan.events.wake, plan.events.group
    phase_first, phase_last, phase_column = plan.as_needed.first, plan.as_needed.last, plan.as_needed.column
    phase_units, phase_serving = plan.as_needed.units_per_gram, plan.as_needed.serving
    phase_limit = plan.as_needed.limit
    level_hour, level_number, level_rows = plan.levels.hour, plan.levels.level, plan.levels.rows
    drugs = plan.drugs
    rows, folds, every_steps = plan.recording.row, plan.recording.fold, plan.recording.every_steps
    record_from, trace_from = plan.recording.first_hour, plan.recording.trace_from
    snapshots = plan.recording.snapshots
    events, phases, levels = len(event_step), len(phase_first), len(level_hour)
    outputs = len(rows)
    sums = np.zeros(max(outputs, 1) * LANES)
    side_effects = signals.side_effects
    acute, symptoms, occupancy = signals.acute, signals.symptoms, signals.occupancy
    symptom_weights = signals.symptom_weights
    first_person = block * LANES
    lanes = plan.clock.lanes
    hourly = every_steps >= per_hour
    earliest = B[L.T_WAKE]
    latest = earliest
    for i in range(LANES):
        earliest = min(earliest, B[L.T_WAKE + i])
        latest = max(latest, B[L.T_WAKE + i])
    e, phase, level, snapshot, record = 0, 0, 0, 0, 0
    joined, mood, day_zero = plan.mood.active, plan.mood, plan.clock.first // _HOURS_PER_DAY
    slow, fast, noisy = plan.mood.slow, plan.mood.fast, plan.mood.noisy
    relief_from, relief_end = plan.recording.relief_from, plan.recording.relief_end
    relief_ahead = plan.recording.relief_ahead
    shadow = np.empty(len(B) if relief_from >= 0 else 1)
    skipped = np.zeros((relief_ahead, 2, LANES))
    clear_row(B, M.RELIEF_SUM)
    clear_row(B, M.RELIEF_COUNT)
    if joined:
        open_mood(B, mood, seed, persons, plan.clock.first)
        begin_hour(B, slow, fast, noisy, seed, persons, plan.clock.first, True)
    while e < events and event_step[e] < plan.clock.first * per_hour:
        e += 1
    drawn, lot = -1, 0
    since_record = 0
    for hour in range(plan.clock.first, plan.clock.last):
        of_day = hour % _HOURS_PER_DAY
        while snapshot < len(snapshots) and snapshots[snapshot] == hour:
            for field in range(_STATES):
                for i in range(LANES):
                    store.snapshots[snapshot, field, first_person + i] = B[field * LANES + i]
            snapshot += 1
        if len(distress) > 0:
            for i in range(LANES):
                B[L.DISTRESS_DAY + i] = distress[hour - first_hour, first_person + i]
                B[L.DISTRESS_HOUR + i] = distress[hour - first_hour, first_person + i]
        # lots and co-medication
        if of_day == 0 or hour == plan.clock.first:
            lot = lot_of_day[hour // _HOURS_PER_DAY]
            for i in range(LANES):
                B[L.LOT + i] = lots[lot, CONTENT_FACTOR, i]
            if of_day == 0:
                clear_row(B, L.SERVINGS_TODAY)
        while level < levels and level_hour[level] <= hour:
            for field in range(_LEVEL_FIELDS):
                for i in range(LANES):
                    B[_LEVEL_FIRST + field * LANES + i] = level_rows[block, level_number[level], field, i]
            level += 1
        recorded = outputs > 0 and hour >= record_from
        if recorded and hour == record_from:
            clear_row(B, L.TOTAL_SERVINGS)
            clear_row(B, L.TOTAL_LEAF)
            clear_row(B, L.TOTAL_ALKALOID)
            if every_steps < _HOURS_PER_DAY * per_hour:
                # the first reading finds resets and steady states of this very moment, but no dose of it
                look = e
                while look < events and event_step[look] <= hour * per_hour:
                    if event_kind[look] != DOSE:
                        k = event_column[look]
                        _set_amounts(
                            B,
                            event_kind[look],
                            first_field[k],
                            end_field[k],
                            event_group[look],
                            steady,
                            event_slot[look],
                        )
                    look += 1
                read_sows(B, scales.sows_0, scales.sows_D, scales.sows_max, lanes)
                compute_signals(B, lanes, acute, symptoms, occupancy, symptom_weights)
                keep_record(sums, B, rows, folds, store.records, record, 0.0, first_person)
                record += 1
        clear_row(B, L.SERVED)
        if joined and relief_from >= 0 and relief_from <= hour < relief_end:
            skip_servings(B, shadow, mood, drugs, per_hour, n_WP, lanes, skipped, hour, relief_ahead)
        # as-needed use, decided with the effect and withdrawal of this instant
        while phase < phases and hour >= phase_last[phase]:
            phase += 1
        using = phase < phases and hour >= phase_first[phase]
        if using:
            if hour == phase_first[phase] and not np.isnan(phase_serving[phase]):
                for i in range(LANES):
                    B[L.SERVING + i] = phase_serving[phase]
            if earliest <= of_day and of_day < latest + awake_h:
                draw_hour(B, seed, persons, hour, drawn != hour >> 1)
                drawn = hour >> 1
                if rules.n_sat != 2.0:
                    general_satiety(B, rules.n_sat)
                if decide(B, rules, of_day, phase_units[phase], phase_limit[phase]):
                    k = phase_column[phase]
                    factor = lots[lot, lot_row[k]]
                    give(B, brings[block, k], from_lot[k], factor, target[k], serving[k], gut_auto, 0.0)
                    for j in range(first_besides[k], first_besides[k + 1]):
                        give_besides(B, besides_bring[block, j], besides_target[j], besides_share[j], lots[lot, CHANCE])
        clear_row(B, L.MEAN_MG)
        clear_row(B, L.MEAN_7OH)
        clear_row(B, L.MEAN_SP)
        clear_row(B, L.MEAN_EFFECT)
        clear_row(B, L.PEAK_EFFECT)
        for s in range(per_hour):
            now = hour * per_hour + s
            while e < events and event_step[e] <= now:
                if event_kind[e] == DOSE:
                    _take(B, event_amount[e], event_wake[e], event_group[e])
                    k = event_column[e]
                    factor = lots[lot, lot_row[k]]
                    give(B, brings[block, k], from_lot[k], factor, target[k], serving[k], gut_auto, s * share)
                    for j in range(first_besides[k], first_besides[k + 1]):
                        give_besides(B, besides_bring[block, j], besides_target[j], besides_share[j], lots[lot, CHANCE])
                else:
                    k = event_column[e]
                    _set_amounts(B, event_kind[e], first_field[k], end_field[k], event_group[e], steady, event_slot[e])
                e += 1
            step_all(B, drugs, share, lanes)
            if recorded and not hourly:
                since_record += 1
                if since_record == every_steps:
                    feel_withdrawal(B, n_WP)
                    read_sows(B, scales.sows_0, scales.sows_D, scales.sows_max, lanes)
                    compute_signals(B, lanes, acute, symptoms, occupancy, symptom_weights)
                    keep_record(sums, B, rows, folds, store.records, record, 0.0, first_person)
                    record += 1
                    since_record = 0
        feel_withdrawal(B, n_WP)
        read_sows(B, scales.sows_0, scales.sows_D, scales.sows_max, lanes)
        for i in range(lanes):
            B[L.SINCE_SERVING + i] += 1.0
        if using:
            review(B, rules)
        if side_effects:
            compute_side_effects(B, signals, hour)
        if recorded and hourly:
            compute_signals(B, lanes, acute, symptoms, occupancy, symptom_weights)
        if joined:
            add_mood_hour(B)
            if relief_from >= 0 and relief_from <= hour < relief_end + relief_ahead:
                gather_relief(B, mood, skipped, hour, relief_from, relief_end, relief_ahead)
            if of_day == _HOURS_PER_DAY - 1:
                day = hour // _HOURS_PER_DAY
                close_day(B, mood, seed, persons, day, day - day_zero, store.days, first_person)
            coming = phase + 1 if phase < phases and hour + 1 >= phase_last[phase] else phase
            deciding = coming < phases and hour + 1 >= phase_first[coming]
            begin_hour(B, slow, fast, noisy, seed, persons, hour + 1, deciding)
        if recorded and hourly:
            accumulate(sums, B, rows, folds, lanes)
            since_record += per_hour
            if since_record == every_steps:
                keep_record(sums, B, rows, folds, store.records, record, since_record * share, first_person)
                record += 1
                since_record = 0
        if trace_from >= 0 and hour >= trace_from:
            keep_trace(B, scales.sows_0, scales.sows_D, scales.sows_max, store.trace, hour - trace_from, first_person)


@kernel
def run_blocks(
    workspaces: Floats,
    plan: Plan,
    persons: NDArray[np.int64],
    lots: Floats,
    steady: Floats,
    store: Store,
    rests: bool,
) -> None:
    """Run all blocks of a chunk; arrays as in `run_block` with a leading block axis (persons: (P,)).

    `rests`: nobody ever takes anything, and records are of whole days.
    """
    for block in range(workspaces.shape[0]):
        first = block * LANES
        if rests:
            rest_block(workspaces[block], plan, block, persons[first : first + LANES], store)
            continue
        run_block(
            workspaces[block],
            plan,
            block,
            persons[first : first + LANES],
            lots[block],
            steady[block],
            store,
        )

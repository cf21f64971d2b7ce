"""Spells of use of a block: begun and ended by hazards where the arm leaves it to the person (mood.md section 6)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.compiled import kernel
from ketum.engine import mood_places as M
from ketum.engine.layout import LANES
from ketum.engine.mood_plan import MoodPlan
from ketum.engine.steps import Workspace
from ketum.mood.spells import selection_score, start_hazard, stop_hazard
from ketum.numerics import log
from ketum.people.streams import SPELL_BEGINS, SPELL_ENDS, draw
from ketum.regimens.schedule import FORCED, NATURAL, NO_SPELL, STOPPING

Keys = NDArray[np.int64]


@kernel
def _threshold(seed: int, person: int, ends: bool, number: int) -> float:
    """Return the unit-exponential threshold of the beginning or end of a spell."""
    return -log(draw(seed, person, SPELL_ENDS if ends else SPELL_BEGINS, number))


@kernel
def enter_mode(B: Workspace, seed: int, persons: Keys, before: int, mode: int) -> None:
    """Begin days of another mode than before.

    Spells forced by the arm just are. Where hazards take over, their sums start at zero: `STOPPING` begins in a spell,
    `NATURAL` goes on with a spell that is there.
    """
    for i in range(LANES):
        inside = B[M.IN_SPELL + i]
        if before in (STOPPING, NATURAL) and inside > 0.0:
            B[M.SPELLS + i] += 1.0
        if mode == NO_SPELL:
            inside = 0.0
        elif mode in (FORCED, STOPPING):
            inside = 1.0
        elif before == FORCED:
            B[M.SPELLS + i] += 1.0  # a spell of the arm is no first spell of a trier
        else:
            inside = 0.0
        B[M.IN_SPELL + i] = inside
        B[M.EVER_USED + i] = max(B[M.EVER_USED + i], inside)
        B[M.SPELL_HAZARD + i] = 0.0
        B[M.SPELL_THRESHOLD + i] = _threshold(seed, persons[i], inside > 0.0, int(B[M.SPELLS + i]))


@kernel
def _go_on(B: Workspace, plan: MoodPlan, seed: int, persons: Keys, natural: bool) -> None:
    """Add the day's hazard of stopping, resuming or starting; begin or end spells that reach their threshold."""
    spells = plan.spells
    for i in range(LANES):
        inside = B[M.IN_SPELL + i] > 0.0
        score = selection_score(B[M.SEVERITY + i], spells.sel_ref, spells.sel_per)
        trying = natural and B[M.TRIER + i] > 0.0 and B[M.SPELLS + i] == 0.0
        stop = stop_hazard(spells.h_try if trying else spells.h_stop, spells.d_S, score)
        first = natural and B[M.EVER_USED + i] == 0.0
        start = start_hazard(B[M.START_BASE + i] if first else spells.h_res, spells.a_S, score)
        B[M.SPELL_HAZARD + i] += stop if inside else start
    for i in range(LANES):
        if B[M.SPELL_HAZARD + i] >= B[M.SPELL_THRESHOLD + i]:
            inside = 1.0 - B[M.IN_SPELL + i]
            B[M.IN_SPELL + i] = inside
            B[M.SPELL_HAZARD + i] = 0.0
            B[M.SPELLS + i] += 1.0 - inside
            B[M.EVER_USED + i] = max(B[M.EVER_USED + i], inside)
            B[M.SPELL_THRESHOLD + i] = _threshold(seed, persons[i], inside > 0.0, int(B[M.SPELLS + i]))


@kernel
def end_spell_day(B: Workspace, plan: MoodPlan, seed: int, persons: Keys, row: int) -> None:
    """Step 8: decide who is in a spell tomorrow."""
    for i in range(LANES):
        B[M.IN_SPELL_TODAY + i] = B[M.IN_SPELL + i]
    today, tomorrow = abs(plan.mode[row]), plan.mode[row + 1]
    if tomorrow != today:
        enter_mode(B, seed, persons, today, abs(tomorrow))
    elif tomorrow in (STOPPING, NATURAL):
        _go_on(B, plan, seed, persons, tomorrow == NATURAL)

"""The loops over lanes are vector code: what the compiler made of each function that runs every step or hour.

A loop that LLVM refuses to vectorise gives the same numbers, only some five times slower; no other test would see it.
Each function is compiled on its own, with the options of `ketum.compiled`, and its machine code is read.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest

from helpers import typical_group
from ketum.engine import doses, mood_day, mood_hour, steps
from ketum.engine.cohort import shipped_tables
from ketum.engine.mind import Mind
from ketum.engine.prepare import build_behaviour
from ketum.mood import causal_settings

pytestmark = pytest.mark.skipif(
    not llvm.get_host_cpu_features().get("avx2"), reason="the instructions looked for are those of AVX"
)

GROUP = typical_group(0.5)
B, RULES = GROUP.workspaces[0], build_behaviour(GROUP.table)
MOOD = Mind(causal_settings()["mixed"]).plan(shipped_tables(), 1, noisy=True)
KEYS = np.arange(32)
DIVIDES: dict[Any, tuple[Any, ...]] = {
    steps.step_kratom: (B, 0.5),
    steps.step_tolerance: (B, 0.5),
    steps.step_adaptation_blocked: (B,),
    steps.feel_withdrawal: (B, 6.0),
    doses.decide: (B, RULES, 8, 1.0, 99.0),
    mood_hour.draw_noise: (B, MOOD.fast, 1, KEYS, 9),
    mood_hour.feel_distress: (B, MOOD.fast, MOOD.slow),
    mood_day._severity: (B, MOOD.slow, 1.0),
}
AHEAD = {mood_hour.feel_distress: 1, mood_day._severity: 4, mood_hour.feel_mood: 2}
"""Numbers that are computed once, ahead of the loop."""
MULTIPLIES: dict[Any, tuple[Any, ...]] = {
    steps.step_adaptation: (B,),
    steps.step_slow: (B,),
    steps.step_opioids: (B, True, True, True),
    steps.step_antagonists: (B, True, True),
    doses.review: (B, RULES),
    mood_hour.add_mood_hour: (B,),
    mood_hour.feel_mood: (B, MOOD.fast, MOOD.slow),
}


def instructions(function: Any, arguments: tuple[Any, ...]) -> Counter[str]:
    """Instructions on doubles in a function's machine code, as 'vdivpd zmm' (packed) or 'vdivsd xmm' (one number)."""
    known = function.targetoptions
    options = {name: known[name] for name in ("error_model", "fastmath", "nogil") if name in known}
    compiled = numba.njit(**options)(function.py_func)
    compiled.compile(tuple(numba.typeof(argument) for argument in arguments))
    (code,) = compiled.inspect_asm().values()
    found = re.findall(r"^\s+(v(?:div|mul|fn?m(?:add|sub)\d+)[ps]d)\s.*%([xyz]mm)\d+$", code, re.MULTILINE)
    return Counter(" ".join(pair) for pair in found)


def packed(found: Counter[str], kind: str) -> int:
    """How many instructions of a kind work on 4 or 8 numbers at once."""
    return sum(count for name, count in found.items() if re.fullmatch(rf"v{kind}\w*pd [yz]mm", name))


@pytest.mark.parametrize("function", DIVIDES, ids=lambda function: function.__name__)
def test_divisions_are_done_for_many_persons_at_once(function: Any) -> None:
    found = instructions(function, DIVIDES[function])
    assert packed(found, "div") > 0
    assert found["vdivsd xmm"] <= AHEAD.get(function, 0), "a loop was not vectorised"


@pytest.mark.parametrize("function", MULTIPLIES, ids=lambda function: function.__name__)
def test_products_are_done_for_many_persons_at_once(function: Any) -> None:
    found = instructions(function, MULTIPLIES[function])
    assert packed(found, "(?:mul|fn?m)") > 0
    single = sum(found[f"v{kind} xmm"] for kind in ("mulsd", "divsd"))
    assert single <= AHEAD.get(function, 0), "a loop was not vectorised"

"""A person's mood in the engine: fields at the start, and the plan of an arm in a causal setting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketum.engine.cohort import Tables
from ketum.engine.layout import LANES, PLACES
from ketum.engine.mood_plan import MoodPlan, fast_numbers, slow_numbers, spell_numbers
from ketum.mood import CausalSetting, Course, causal_settings, treatment_plan
from ketum.mood.start import starting_state
from ketum.people import Persons
from ketum.people.covariates import DAYS_PER_YEAR
from ketum.people.streams import TRANSITIONS, uniforms
from ketum.regimens.schedule import NO_SPELL

Array = NDArray[np.float64]
MOMENTARY = ("momentary_mood", "mood_lift", "prompted_mood")
"""Outputs for which mood is run hour by hour."""


def mood_fields(persons: Persons, tables: Tables, seed: int) -> dict[str, Array]:
    """Return the mood's constants and its states at the start by field name, each (P,)."""
    people, traits = persons.candidates, persons.traits
    assert people is not None
    assert traits is not None
    mood = tables.mood.plain()
    now, ever = people.now.astype(float), people.ever.astype(float)
    cap = tables.rules.value("S_cap")
    first = uniforms(seed, persons.numbers, TRANSITIONS, np.array([0]))[0]
    return {
        **starting_state(people.fluct, now, ever, people.trait, people.excess, mood, cap),
        "hazard_threshold": -np.log(first),
        "recovery_hazard": traits.recovery_hazard,
        "in_spell": np.zeros_like(now),
        "trait": people.trait,
        "onset_base": people.onset / DAYS_PER_YEAR,
        **{f"share_{name}": share for name, share in traits.shares.items()},
        "protracted_gain": traits.protracted_gain,
        "day_memory": traits.day_memory,
        "start_base": mood["h_0"] / DAYS_PER_YEAR * traits.start_factor,
        "trier": traits.trier.astype(float),
        "expects_usual_care": traits.expects_usual_care.astype(float),
    }


@dataclass(frozen=True, slots=True)
class Mind:
    """The mood of one arm in one causal setting.

    Attributes
    ----------
    setting : CausalSetting
    courses : tuple of Course
        Treatments; their days count from the start of the record.
    modes : (day,) int64
        Which days of the record lie in a spell of use, as in `ketum.engine.mood_plan`.
    mode_before : int
        The mode of the day before.
    """

    setting: CausalSetting
    courses: tuple[Course, ...] = ()
    modes: NDArray[np.int64] | None = None
    mode_before: int = NO_SPELL

    def plan(self, tables: Tables, days: int, *, noisy: bool) -> MoodPlan:
        """Return the plan of a window of whole days."""
        mood, rules, scales = tables.mood.plain(), tables.rules.plain(), tables.scales.plain()
        on, adherence = treatment_plan(self.courses, days)
        modes = np.full(days + 1, NO_SPELL, dtype=np.int64)
        if self.modes is not None:
            modes[:-1] = self.modes
            modes[-1] = abs(modes[-2]) if days else NO_SPELL
        return MoodPlan(
            True,
            noisy,
            bool(self.courses),
            on,
            adherence,
            modes,
            self.mode_before,
            slow_numbers(self.setting, tables.mood, rules, scales["recall_days"]),
            fast_numbers(self.setting, mood, scales),
            spell_numbers(self.setting, mood, tables.covariates.plain()),
        )

    def effects(self, persons: Persons) -> dict[str, Array]:
        """Return each person's long-run effects: beta_S,i and beta_L,i from one draw (mood.md section 7)."""
        assert persons.traits is not None
        s, causal = self.setting, persons.traits.causal
        return {
            "direct_effect": s.beta_S + s.beta_S_sd * causal,
            "direct_log_hr": s.beta_L + s.beta_L_sd * causal,
        }

    def place(self, workspaces: Array, persons: Persons) -> None:
        """Put the long-run effects into workspaces, (block, WORKSPACE)."""
        for name, effect in self.effects(persons).items():
            workspaces[:, PLACES[name] : PLACES[name] + LANES] = effect.reshape(-1, LANES)


def no_mind(tables: Tables) -> MoodPlan:
    """Return the plan of body and brain alone: nothing of it is ever read."""
    mood = Mind(causal_settings()["null"]).plan(tables, 0, noisy=False)
    return mood._replace(active=False)

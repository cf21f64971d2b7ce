"""Mood: depression as trait and episodes, momentary mood, treatments, scales, spells of use, causal settings."""

from ketum.mood.causal import CHANNELS, CausalSetting, causal_settings
from ketum.mood.treatments import NEVER_ENDS, Course, Treatment, treatment_plan, treatments

__all__ = [
    "CHANNELS",
    "NEVER_ENDS",
    "CausalSetting",
    "Course",
    "Treatment",
    "causal_settings",
    "treatment_plan",
    "treatments",
]

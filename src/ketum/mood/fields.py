"""Names of the mood's fields: one number per person each; names of `joined.md` section 9."""

from __future__ import annotations

TREATMENTS = ("expectancy", "SSRI", "SNRI", "CBT", "exercise", "substitution")
"""Kinds of treatment, in the order of the columns of a treatment plan."""
RECALL_DAYS = 14
"""Length of the rings that hold what self-report scales remember, d (the longest recall)."""

EPISODE = (
    "fluct",
    "fluct_factor",
    "in_episode",
    "ever_episode",
    "transitions",
    "hazard_sum",
    "hazard_threshold",
    "recovery_hazard",
    "activation",
    "episode_excess",
)
"""Slow fluctuation and the present episode; `hazard_sum` grows towards `hazard_threshold`."""
SEVERITY = (
    *(f"treat_{name}" for name in TREATMENTS),
    "slow_exposure",
    "core",
    "severity",
    "severity_slow",
    "severity_14d",
    "withdrawal_14d",
    "mood_level",
    "distress_today",
    "withdrawal_kept",
)
"""`severity_slow` is severity without effect and withdrawal, `mood_level` core + direct effect (S_slow of momentary
mood), `distress_today` the distress of the day just ended, `withdrawal_kept` the share that substitution leaves."""
NOISE = ("mood_day", "mood_fast", "mood_noise")
SPELL = ("in_spell", "in_spell_today", "ever_used", "spells", "spell_hazard", "spell_threshold")
RELIEF = ("relief_sum", "relief_count")
"""Contrasts of momentary mood with and without a serving, and their number."""
DAY = ("dose_eq", "day_effect", "day_arousal", "day_withdrawal", "day_protracted", "day_reward_slow", "day_reward")
"""What gathers over the day: leaf-equivalent mg, and sums over its hours."""
RINGS = tuple(f"{name}_{k}" for name in ("ring_severity", "ring_withdrawal") for k in range(RECALL_DAYS))
STATES = (*EPISODE, *SEVERITY, *NOISE, *SPELL, *DAY, *RELIEF, *RINGS)

CONSTANTS = (
    "trait",
    "onset_base",
    *(f"share_{name}" for name in TREATMENTS[:5]),
    "protracted_gain",
    "direct_effect",
    "direct_log_hr",
    "day_memory",
    "start_base",
    "trier",
    "expects_usual_care",
)
"""`onset_base` is the onset hazard of a day without an earlier episode, `start_base` that of starting to use."""

SIGNALS = ("momentary_mood", "mood_lift", "prompted", "prompt_sum", "prompt_count", "prompted_day")
KEPT_BY_DAY = ("severity", "severity_14d", "dose_eq", "anhedonia", "in_episode", "in_spell", "withdrawal_mean")
"""What the engine keeps of every day for end points."""

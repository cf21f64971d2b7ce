"""Names of the regimen's fields: one number per person each."""

STATES = ("serving", "since_serving", "servings_today", "lot")
"""Size of the next as-needed serving (g leaf), hours since the last serving, servings of the day, content factor."""

CONSTANTS = (
    "group",
    "t_wake",
    "lam_0",
    "E_star",
    "serving_up",
    "serving_down",
    "too_weak",
    "too_strong",
    "a_A",
    "s_E",
)

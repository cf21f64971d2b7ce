"""Names of the brain's fields: one number per person each; names of `joined.md` section 9."""

STATES = (
    "driven",
    "bound",
    "effect",
    "tolerance",
    "adapted",
    "deficit",
    "recruited",
    "withdrawal_level",
    "protracted_delay",
    "protracted",
    "reward_slow",
    "arousal_drive",
    "arousal_habit",
)

RECEPTOR = (
    "bound_mg",
    "bound_7",
    "bound_sp",
    "driven_mg",
    "driven_7",
    "driven_sp",
    "bound_mor",
    "bound_met",
    "bound_bup",
    "driven_mor",
    "driven_met",
    "driven_bup",
    "bound_nal",
    "bound_ntx",
    "arousal_half",
)
"""`bound` is v per nmol in plasma, `driven` is A tau v per nmol, `arousal_half` is EC_A as an amount."""

CONSTANTS = (
    *RECEPTOR,
    "phi_less_one",
    "tol_on",
    "tol_off",
    "keep_rise",
    "keep_fall",
    "keep_recruited",
    "antagonist_rate",
    "prot_on",
    "prot_off",
    "keep_protracted",
    "reward_rate",
    "rho_R",
    "keep_habit",
    "g_W",
    "chronicity_half",
    "c_RW",
    "c_RP",
)

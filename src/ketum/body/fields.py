"""Names of the body's fields: one number per person each.

Amounts are nmol; `gut_3a` is the gut CYP3A activity (1 = normal); names of `joined.md` section 9.
"""

REFERENCE_OPIOIDS = ("mor", "met", "bup")
ANTAGONISTS = ("nal", "ntx")

KRATOM_AMOUNTS = (
    "amt_gut1",
    "amt_gut2",
    "amt_7gut1",
    "amt_7gut2",
    "amt_mg",
    "amt_mg_periph",
    "amt_7oh",
    "amt_sp_gut",
    "amt_sp",
)
REFERENCE_AMOUNTS = tuple(
    f"amt_{drug}_{place}" for drug in REFERENCE_OPIOIDS for place in ("depot", "central", "periph")
) + tuple(f"amt_{drug}_{place}" for drug in ANTAGONISTS for place in ("depot", "central"))

STATES = (*KRATOM_AMOUNTS, "gut_3a", *REFERENCE_AMOUNTS)

MITRAGYNINE_PROPAGATOR = (
    # x(t + dt) = expm(M dt) x(t), entries "to_from" of body.md section 3.1; the two gut chains share g1g1 and g2g1
    "p_g1g1",
    "p_g2g1",
    "p_cg1",
    "p_cg2",
    "p_cc",
    "p_cv",
    "p_vg1",
    "p_vg2",
    "p_vc",
    "p_vv",
    "p_mg1",
    "p_mg2",
    "p_mh1",
    "p_mh2",
    "p_mc",
    "p_mv",
    "p_mm",
)
SPECIOCILIATINE_PROPAGATOR = ("p_s1s1", "p_scs1", "p_scsc")
LEVEL = (*MITRAGYNINE_PROPAGATOR, "liver_3a", "gut_3a_comed")
"""What changes with co-medication: rebuilt for every level of the CYP3A factors."""
REFERENCE_PROPAGATOR = tuple(
    f"p_{drug}_{entry}" for drug in REFERENCE_OPIOIDS for entry in ("dd", "cd", "cc", "cp", "pd", "pc", "pp")
) + tuple(f"p_{drug}_{entry}" for drug in ANTAGONISTS for entry in ("dd", "cd", "cc"))
FIRST_PASS = ("absorbed", "q_gut", "first_pass_yield", "w_gut", "r_SP", "kappa_gut", "gut_3a_keep")
"""Constants of a dose event (body.md section 3.2); `absorbed` is F_ind."""

CONSTANTS = (*LEVEL, *SPECIOCILIATINE_PROPAGATOR, *REFERENCE_PROPAGATOR, *FIRST_PASS)

"""Where each field of a person stands in the workspace of a block.

A block holds `LANES` persons. Its workspace is one flat array, field after field, each field a row of `LANES`
numbers: one array needs no alias checks and rows of a fixed length vectorise (design: kernel of lanes).
"""

from __future__ import annotations

from ketum.body import fields as body
from ketum.brain import fields as brain
from ketum.mood import fields as mood
from ketum.regimens import fields as regimens

LANES = 32
"""Persons in a block; person n sits in lane n modulo 32 of its block, in every run."""

SIDE_HOURS = 8
"""Longest window of momentary side effects, h."""
DISTRESS = ("distress_day", "distress_hour", "trace_background")
"""Distress of the day (scales, symptoms) and of the hour (serving decisions), 0..1; SOWS at no withdrawal when its
trace begins."""
RINGS = tuple(f"{name}_{k}" for name in ("ring_peak", "ring_servings") for k in range(SIDE_HOURS))
STATES = (
    *body.STATES,
    *brain.STATES,
    *regimens.STATES,
    *RINGS,
    "effect_naive_day",
    *DISTRESS,
    *mood.STATES,
)
CONSTANTS = (*body.CONSTANTS, *brain.CONSTANTS, *regimens.CONSTANTS, *mood.CONSTANTS)
SCRATCH = (
    # within a step
    "blocked",
    "drive_mean",
    "effect_mean",
    # means and peak over the hour
    "mean_mg",
    "mean_7oh",
    "mean_sp",
    "mean_effect",
    "peak_effect",
    # a dose
    "taken",
    "served",
    "uniform",
    "uniform_next",
    "uniform_fast",
    # signals at the hour
    "sows",
    "stimulation",
    "sedation",
    "reward",
    "occupied_mg",
    "occupied_7oh",
    "occupied_sp",
    *(f"occupied_{drug}" for drug in (*body.REFERENCE_OPIOIDS, *body.ANTAGONISTS)),
    "sym_dysphoria",
    "sym_fatigue",
    "sym_irritability",
    "sym_sadness",
    "sym_anxiety",
    "sym_insomnia",
    "sym_gut",
    "sym_aches",
    "sym_craving",
    "side_nausea",
    "side_dizziness",
    "side_cognitive_impairment",
    "side_drowsiness",
    "side_constipation",
    # totals since the last record
    "total_servings",
    "total_leaf",
    "total_alkaloid",
    # mood
    *mood.SIGNALS,
)
FIELDS = (*STATES, *CONSTANTS, *SCRATCH)
PLACES = {name: k * LANES for k, name in enumerate(FIELDS)}
"""Offset of each field's row."""
WORKSPACE = len(FIELDS) * LANES
"""Length of a block's workspace."""
STATE_LENGTH = len(STATES) * LANES
"""Length of the part that a restart needs: the states stand first."""

# The same offsets as plain integers, which compiled code takes as constants.
AMT_GUT1 = PLACES["amt_gut1"]
AMT_GUT2 = PLACES["amt_gut2"]
AMT_7GUT1 = PLACES["amt_7gut1"]
AMT_7GUT2 = PLACES["amt_7gut2"]
AMT_MG = PLACES["amt_mg"]
AMT_MG_PERIPH = PLACES["amt_mg_periph"]
AMT_7OH = PLACES["amt_7oh"]
AMT_SP_GUT = PLACES["amt_sp_gut"]
AMT_SP = PLACES["amt_sp"]
GUT_3A = PLACES["gut_3a"]
EFFECT = PLACES["effect"]
TOLERANCE = PLACES["tolerance"]
ADAPTED = PLACES["adapted"]
DEFICIT = PLACES["deficit"]
RECRUITED = PLACES["recruited"]
WITHDRAWAL_LEVEL = PLACES["withdrawal_level"]
PROTRACTED_DELAY = PLACES["protracted_delay"]
PROTRACTED = PLACES["protracted"]
REWARD_SLOW = PLACES["reward_slow"]
AROUSAL_DRIVE = PLACES["arousal_drive"]
AROUSAL_HABIT = PLACES["arousal_habit"]
SERVING = PLACES["serving"]
SINCE_SERVING = PLACES["since_serving"]
SERVINGS_TODAY = PLACES["servings_today"]
LOT = PLACES["lot"]
P_G1G1 = PLACES["p_g1g1"]
P_G2G1 = PLACES["p_g2g1"]
P_CG1 = PLACES["p_cg1"]
P_CG2 = PLACES["p_cg2"]
P_CC = PLACES["p_cc"]
P_CV = PLACES["p_cv"]
P_VG1 = PLACES["p_vg1"]
P_VG2 = PLACES["p_vg2"]
P_VC = PLACES["p_vc"]
P_VV = PLACES["p_vv"]
P_MG1 = PLACES["p_mg1"]
P_MG2 = PLACES["p_mg2"]
P_MH1 = PLACES["p_mh1"]
P_MH2 = PLACES["p_mh2"]
P_MC = PLACES["p_mc"]
P_MV = PLACES["p_mv"]
P_MM = PLACES["p_mm"]
LIVER_3A = PLACES["liver_3a"]
GUT_3A_COMED = PLACES["gut_3a_comed"]
P_S1S1 = PLACES["p_s1s1"]
P_SCS1 = PLACES["p_scs1"]
P_SCSC = PLACES["p_scsc"]
ABSORBED = PLACES["absorbed"]
Q_GUT = PLACES["q_gut"]
FIRST_PASS_YIELD = PLACES["first_pass_yield"]
W_GUT = PLACES["w_gut"]
R_SP = PLACES["r_SP"]
KAPPA_GUT = PLACES["kappa_gut"]
GUT_3A_KEEP = PLACES["gut_3a_keep"]
BOUND_MG = PLACES["bound_mg"]
BOUND_7 = PLACES["bound_7"]
BOUND_SP = PLACES["bound_sp"]
DRIVEN_MG = PLACES["driven_mg"]
DRIVEN_7 = PLACES["driven_7"]
DRIVEN_SP = PLACES["driven_sp"]
AROUSAL_HALF = PLACES["arousal_half"]
PHI_LESS_ONE = PLACES["phi_less_one"]
TOL_ON = PLACES["tol_on"]
TOL_OFF = PLACES["tol_off"]
KEEP_RISE = PLACES["keep_rise"]
KEEP_FALL = PLACES["keep_fall"]
KEEP_RECRUITED = PLACES["keep_recruited"]
ANTAGONIST_RATE = PLACES["antagonist_rate"]
PROT_ON = PLACES["prot_on"]
PROT_OFF = PLACES["prot_off"]
KEEP_PROTRACTED = PLACES["keep_protracted"]
REWARD_RATE = PLACES["reward_rate"]
RHO_R = PLACES["rho_R"]
KEEP_HABIT = PLACES["keep_habit"]
G_W = PLACES["g_W"]
CHRONICITY_HALF = PLACES["chronicity_half"]
C_RW = PLACES["c_RW"]
C_RP = PLACES["c_RP"]
GROUP = PLACES["group"]
T_WAKE = PLACES["t_wake"]
LAM_0 = PLACES["lam_0"]
E_STAR = PLACES["E_star"]
DISTRESS_DAY = PLACES["distress_day"]
DISTRESS_HOUR = PLACES["distress_hour"]
TRACE_BACKGROUND = PLACES["trace_background"]
SERVING_UP = PLACES["serving_up"]
SERVING_DOWN = PLACES["serving_down"]
TOO_WEAK = PLACES["too_weak"]
TOO_STRONG = PLACES["too_strong"]
A_A = PLACES["a_A"]
S_E = PLACES["s_E"]
DRIVEN = PLACES["driven"]
BOUND = PLACES["bound"]
BLOCKED = PLACES["blocked"]
DRIVE_MEAN = PLACES["drive_mean"]
EFFECT_MEAN = PLACES["effect_mean"]
MEAN_MG = PLACES["mean_mg"]
MEAN_7OH = PLACES["mean_7oh"]
MEAN_SP = PLACES["mean_sp"]
MEAN_EFFECT = PLACES["mean_effect"]
PEAK_EFFECT = PLACES["peak_effect"]
TAKEN = PLACES["taken"]
SERVED = PLACES["served"]
UNIFORM = PLACES["uniform"]
UNIFORM_NEXT = PLACES["uniform_next"]
UNIFORM_FAST = PLACES["uniform_fast"]
SOWS = PLACES["sows"]
STIMULATION = PLACES["stimulation"]
SEDATION = PLACES["sedation"]
REWARD = PLACES["reward"]
OCCUPIED_MG = PLACES["occupied_mg"]
OCCUPIED_7OH = PLACES["occupied_7oh"]
OCCUPIED_SP = PLACES["occupied_sp"]
OCCUPIED_MOR = PLACES["occupied_mor"]
OCCUPIED_MET = PLACES["occupied_met"]
OCCUPIED_BUP = PLACES["occupied_bup"]
OCCUPIED_NAL = PLACES["occupied_nal"]
OCCUPIED_NTX = PLACES["occupied_ntx"]
SYM_DYSPHORIA = PLACES["sym_dysphoria"]
SYM_FATIGUE = PLACES["sym_fatigue"]
SYM_IRRITABILITY = PLACES["sym_irritability"]
SYM_SADNESS = PLACES["sym_sadness"]
SYM_ANXIETY = PLACES["sym_anxiety"]
SYM_INSOMNIA = PLACES["sym_insomnia"]
SYM_GUT = PLACES["sym_gut"]
SYM_ACHES = PLACES["sym_aches"]
SYM_CRAVING = PLACES["sym_craving"]
SIDE_NAUSEA = PLACES["side_nausea"]
SIDE_CONSTIPATION = PLACES["side_constipation"]
EFFECT_NAIVE_DAY = PLACES["effect_naive_day"]
TOTAL_SERVINGS = PLACES["total_servings"]
TOTAL_LEAF = PLACES["total_leaf"]
TOTAL_ALKALOID = PLACES["total_alkaloid"]
RING_PEAK = PLACES["ring_peak_0"]
RING_SERVINGS = PLACES["ring_servings_0"]
AMT_MOR_DEPOT = PLACES["amt_mor_depot"]
P_MOR_DD = PLACES["p_mor_dd"]
BOUND_MOR = PLACES["bound_mor"]
DRIVEN_MOR = PLACES["driven_mor"]
AMT_MET_DEPOT = PLACES["amt_met_depot"]
P_MET_DD = PLACES["p_met_dd"]
BOUND_MET = PLACES["bound_met"]
DRIVEN_MET = PLACES["driven_met"]
AMT_BUP_DEPOT = PLACES["amt_bup_depot"]
P_BUP_DD = PLACES["p_bup_dd"]
BOUND_BUP = PLACES["bound_bup"]
DRIVEN_BUP = PLACES["driven_bup"]
AMT_NAL_DEPOT = PLACES["amt_nal_depot"]
P_NAL_DD = PLACES["p_nal_dd"]
BOUND_NAL = PLACES["bound_nal"]
AMT_NTX_DEPOT = PLACES["amt_ntx_depot"]
P_NTX_DD = PLACES["p_ntx_dd"]
BOUND_NTX = PLACES["bound_ntx"]

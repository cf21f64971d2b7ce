"""What the compiled engine is told about mood: table values of a day and an hour, schedules of treatment and spells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketum.evidence import ParameterTable
from ketum.mood import CausalSetting
from ketum.mood.fields import RECALL_DAYS
from ketum.people.covariates import DAYS_PER_YEAR, MONTHS_PER_YEAR, lognormal_sigma

Array = NDArray[np.float64]


class Slow(NamedTuple):
    """Numbers of the daily update; shares are exact fractions 1 - exp(-1/tau), symbols those of the mood table."""

    u_days: int
    fluct_memory: float
    sig_u: float
    activation: float
    expect_on: float
    expect_off: float
    drug_on: float
    drug_off: float
    cbt_on: float
    cbt_keep: float
    exercise: float
    subst: float
    exposure: float
    kap: float
    HR_AD: float
    HR_CBT: float
    D_ref: float
    x_cap: float
    S_cap: float
    S_half: float
    per_E: float
    per_A: float
    per_W: float
    per_P: float
    per_R: float
    bup_W: float
    d_BUP: float
    excess_mu: float
    excess_sigma: float
    recovery: float
    recall_days: int


class Fast(NamedTuple):
    """Numbers of the hour: noise, momentary mood, prompts; weights already times the switches of the setting."""

    sd_d: float
    sd_f: float
    fast_memory: float
    wake_hour: int
    rest_hour: int
    m_0: float
    lam_m: float
    m_E: float
    m_A: float
    m_W: float
    mood_max: float
    prompt_first: int
    prompt_every: int
    prompt_count: int
    p_resp: float


class Spells(NamedTuple):
    """Hazards of a day (1/d) of spells of use."""

    h_try: float
    h_stop: float
    h_res: float
    a_S: float
    d_S: float
    sel_ref: float
    sel_per: float


class MoodPlan(NamedTuple):
    """All that the mood of one arm needs.

    `active` is off for body and brain alone. `noisy`: the noise of every hour is wanted, because momentary mood is
    recorded; else only where servings are decided. `on` and `adherence` are (day, 6) arrays from the first day of the
    window, `mode` is (day + 1,); `mode_before` is the mode of the day before.
    """

    active: bool
    noisy: bool
    treated: bool
    on: Array
    adherence: Array
    mode: NDArray[np.int64]
    mode_before: int
    slow: Slow
    fast: Fast
    spells: Spells


def _share(tau: float) -> float:
    return -float(np.expm1(-1.0 / tau))


def slow_numbers(setting: CausalSetting, table: ParameterTable, rules: Mapping[str, float], recall_days: float) -> Slow:
    """Return the numbers of the daily update in a causal setting."""
    m = table.plain()
    per_point = 1.0 / m["lam_m"]
    spread = table["M"].between_person.bp_1
    assert spread is not None
    sigma = lognormal_sigma(spread)
    u_days = rules["u_days"]
    recall = round(recall_days)
    if recall > RECALL_DAYS:
        raise ValueError(f"recall_days: {recall}; allowed: up to {RECALL_DAYS}")
    return Slow(
        u_days=round(u_days),
        fluct_memory=float(np.exp(-u_days / m["tau_u"])),
        sig_u=m["sig_u"],
        activation=_share(m["tau_a"]),
        expect_on=_share(m["tau_PL"]),
        expect_off=_share(m["tau_PL"]) / rules["PL_fade"],
        drug_on=_share(m["tau_AD"]),
        drug_off=_share(m["tau_AD_off"]),
        cbt_on=_share(m["tau_CBT"]),
        cbt_keep=1.0 - 1.0 / m["tau_CBT_off"],
        exercise=_share(m["tau_EX"]),
        subst=_share(m["tau_BUP"]),
        exposure=_share(m["tau_X"]),
        kap=m["kap"],
        HR_AD=m["HR_AD"],
        HR_CBT=m["HR_CBT"],
        D_ref=m["D_ref"],
        x_cap=rules["x_cap"],
        S_cap=rules["S_cap"],
        S_half=m["S_half"],
        per_E=setting.c1s * m["m_E"] * per_point,
        per_A=setting.c1s * m["m_A"] * per_point,
        per_W=setting.c2 * m["m_W"] * per_point,
        per_P=setting.c3 * m["w_P"],
        per_R=setting.c3 * m["w_R"],
        bup_W=m["bup_W"],
        d_BUP=m["d_BUP"],
        excess_mu=float(np.log(m["M"]) - 0.5 * sigma**2),
        excess_sigma=sigma,
        recovery=m["c_fr"] * MONTHS_PER_YEAR / DAYS_PER_YEAR,
        recall_days=recall,
    )


def fast_numbers(setting: CausalSetting, m: Mapping[str, float], scales: Mapping[str, float]) -> Fast:
    """Return the numbers of the hour in a causal setting."""
    return Fast(
        sd_d=m["sd_d"],
        sd_f=m["sd_f"],
        fast_memory=float(np.exp(-1.0 / m["tau_f"])),
        wake_hour=round(scales["wake_hour"]),
        rest_hour=round(scales["rest_hour"]),
        m_0=m["m_0"],
        lam_m=m["lam_m"],
        m_E=setting.c1m * m["m_E"],
        m_A=setting.c1m * m["m_A"],
        m_W=setting.c2 * m["m_W"],
        mood_max=scales["mood_max"],
        prompt_first=round(scales["prompt_first"]),
        prompt_every=round(scales["prompt_every"]),
        prompt_count=round(scales["prompt_count"]),
        p_resp=m["p_resp"],
    )


def spell_numbers(setting: CausalSetting, m: Mapping[str, float], covariates: Mapping[str, float]) -> Spells:
    """Return the hazards of spells in a causal setting."""
    selecting = 1.0 if setting.selection else 0.0
    return Spells(
        h_try=m["h_try"],
        h_stop=m["h_stop"] / DAYS_PER_YEAR,
        h_res=m["h_res"] / DAYS_PER_YEAR,
        a_S=m["a_S"],
        d_S=m["d_S"],
        sel_ref=covariates["sel_ref"],
        sel_per=selecting / covariates["sel_per"],
    )

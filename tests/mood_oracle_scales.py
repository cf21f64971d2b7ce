"""Persons and what is measured on them: sections 2, 4, 6 (motives), 7 and 9.10 of `design/mood.md`.

Half of the oracle in `mood_oracle.py`. A survey v is a sequence of visits k = 0, 1, ...; its draws come from streams
1000 + v (PHQ-9) and 1100 + v (the other scales).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import exp, log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from ketum.evidence import load_parameters
from ketum.people.streams import normals, uniforms

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

YEAR, MONTH = 365.25, 30.4375
"""Days in a year and in a month, for hazards given per year and per month."""
HIGHEST = 26.5
"""Ceiling of severity."""
HAMD, MADRS, BDI, GAD, PCL = range(5)
"""Counter of each scale within the eight of a visit."""
WAKE, SLEEP = 7, 22
PROMPTS = (9, 11, 13, 15, 17, 19, 21)
MOTIVES = ("mood", "pain", "opioid", "energy", "other")


def table(**changed: float) -> dict[str, float]:
    """Values of the shipped mood table by symbol, some of them changed."""
    return {**load_parameters("mood").plain(), **changed}


def spread(symbol: str) -> float:
    """First between-person number of a row: a coefficient of variation, or an SD if the row says normal."""
    first = load_parameters("mood")[symbol].between_person.bp_1
    assert first is not None
    return first


def log_sd(cv: float) -> float:
    """SD of the logarithm of a log-normal quantity with this coefficient of variation."""
    return sqrt(log(1 + cv**2))


def logistic(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


# --- people (section 2) ---------------------------------------------------------------------------


@dataclass(frozen=True)
class People:
    """Everything about persons that does not change during a run; arrays over persons."""

    par: dict[str, float]
    seed: int
    persons: Ints
    age: Array
    female: Flags
    z: Array
    b: Array
    pain: Flags
    opioid: Flags
    ptsd: Flags
    alcohol: Flags
    ever: Flags
    now: Flags
    q_PL: Array
    q_SSRI: Array
    q_SNRI: Array
    q_CBT: Array
    q_EX: Array
    trier: Flags
    dose_factor: Array
    withdrawal_gain: Array
    protracted_gain: Array
    effect_draw: Array
    weight: Array
    trait_anxiety: Array
    pcl_mean: Array
    phi_d: Array
    usual_care_expectancy: Flags

    def __len__(self) -> int:
        return len(self.persons)

    def U(self, stream: int, counter: int) -> Array:
        return uniforms(self.seed, self.persons, stream, np.array([counter]))[0]

    def N(self, stream: int, counter: int) -> Array:
        return normals(self.seed, self.persons, stream, np.array([counter]))[0]

    def each_U(self, stream: int, counters: Ints, who: Ints) -> Array:
        """Uniforms of the persons at positions `who`, each at a counter of its own."""
        result = np.empty(len(who))
        for counter in np.unique(counters):
            at = counters == counter
            result[at] = uniforms(self.seed, self.persons[who[at]], stream, np.array([counter]))[0]
        return result

    def each_N(self, stream: int, counters: Ints, who: Ints) -> Array:
        result = np.empty(len(who))
        for counter in np.unique(counters):
            at = counters == counter
            result[at] = normals(self.seed, self.persons[who[at]], stream, np.array([counter]))[0]
        return result

    def take(self, chosen: Any) -> People:
        """The persons chosen by a mask or by positions."""
        names = [f.name for f in fields(self) if isinstance(getattr(self, f.name), np.ndarray)]
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})


def population(seed: int, persons: Ints, par: dict[str, float] | None = None) -> People:
    """Draw US adults: covariates, episode history and person gains."""
    p = table() if par is None else par
    persons = np.asarray(persons, dtype=np.int64)

    def U(stream: int, counter: int) -> Array:
        return uniforms(seed, persons, stream, np.array([counter]))[0]

    def N(stream: int, counter: int) -> Array:
        return normals(seed, persons, stream, np.array([counter]))[0]

    age = 18 + 62 * U(10, 0) ** 1.1
    female = U(10, 1) < 0.51
    z = N(10, 2) + p["d_F"] * (female - 0.51)
    score_b = p["zeta_b"] * z + sqrt(1 - p["zeta_b"] ** 2) * N(10, 3)
    b = np.exp(p["mu_b"] + p["sig_b"] * score_b)
    older = age - 47
    pain = U(10, 4) < logistic(-1.5 + 0.3 * z + 0.025 * older)
    opioid = U(10, 5) < logistic(-3.4 + 0.4 * z + 0.5 * pain - 0.015 * older)
    ptsd = U(10, 6) < logistic(-3.4 + 0.8 * z + 0.3 * female)
    alcohol = U(10, 7) < logistic(-2.7 + 0.3 * z - 0.4 * female - 0.02 * older)

    onset = p["lam0"] * np.exp(p["gam"] * z - p["gam"] ** 2 / 2)
    ratio = onset * p["kap"] / (12 * p["c_fr"])
    ever = U(11, 0) < 1 - np.exp(-onset * (age - 15))
    now = ever & (U(11, 1) < ratio / (1 + ratio))

    def share(q: str, n: str, counter: int) -> Array:
        return logistic(log(p[q] / (1 - p[q])) + p[n] * N(12, counter))

    def mean_one(sd: float, counter: int) -> Array:
        return np.exp(sd * N(13, counter) - sd**2 / 2)

    weight_sd = np.where(female, log_sd(spread("wt_f")), log_sd(spread("wt_m")))
    anxiety = p["gad_m"] * np.exp(log_sd(spread("gad_m")) * (0.6 * score_b + 0.8 * N(15, 0)))
    return People(
        par=p,
        seed=seed,
        persons=persons,
        age=age,
        female=female,
        z=z,
        b=b,
        pain=pain,
        opioid=opioid,
        ptsd=ptsd,
        alcohol=alcohol,
        ever=ever,
        now=now,
        q_PL=share("q_PL", "n_PL", 0),
        q_SSRI=share("q_SSRI", "n_TR", 1),
        q_SNRI=share("q_SNRI", "n_TR", 1),
        q_CBT=share("q_CBT", "n_TR", 2),
        q_EX=share("q_EX", "n_TR", 3),
        trier=U(13, 0) < p["p_try"],
        dose_factor=mean_one(p["sig_D"], 1),
        withdrawal_gain=mean_one(log_sd(0.8), 2),
        protracted_gain=mean_one(log_sd(spread("w_P")), 3),
        effect_draw=N(13, 4),
        weight=np.where(female, p["wt_f"], p["wt_m"]) * np.exp(weight_sd * N(14, 0)),
        trait_anxiety=anxiety + p["gad_p"] * ptsd,
        pcl_mean=np.where(ptsd, p["pcl_m"] + spread("pcl_m") * N(16, 0), 2.5 * b),
        phi_d=np.clip(p["phi_d"] + spread("phi_d") * N(17, 0), 0, 1),
        usual_care_expectancy=U(18, 0) < p["s_UC"],
    )


# --- causal settings (section 7) ------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    c1m: float = 1.0
    c1s: float = 1.0
    c2: float = 1.0
    c3: float = 1.0
    beta_S: float = 0.0
    beta_S_sd: float = 0.0
    beta_L: float = 0.0
    beta_L_sd: float = 0.0
    c_sel: float = 1.0


SETTINGS = {
    "null": Setting(c1s=0, c2=0, c3=0),
    "pharmacology": Setting(),
    "harm": Setting(beta_S=1.0, beta_S_sd=0.5, beta_L=log(1.4)),
    "benefit": Setting(beta_S=-3.0, beta_S_sd=1.5, beta_L=log(0.8)),
    "mixed": Setting(beta_S_sd=2.0, beta_L_sd=0.4),
}


# --- scales (4.1, 4.2) ----------------------------------------------------------------------------


def phq9_items(people: People, S14: Array, survey: int, visit: int) -> tuple[Ints, Ints]:
    """PHQ-9 total and item 9."""
    p = np.clip(S14 / 27, 0, 1)
    odds = exp(people.par["o_9"])
    p9 = p * odds / (1 - p + p * odds)
    others = (27 * p - 3 * p9) / 24
    u = uniforms(people.seed, people.persons, 1000 + survey, 27 * visit + np.arange(27))
    item9 = (u[:3] < p9).sum(axis=0)
    return item9 + (u[3:] < others).sum(axis=0), item9


def phq9(people: People, S14: Array, survey: int, visit: int) -> Ints:
    return phq9_items(people, S14, survey, visit)[0]


def _noisy(people: People, mean: Array, sd: float, survey: int, visit: int, scale: int) -> Array:
    return mean + sd * people.N(1100 + survey, 8 * visit + scale)


def _score(raw: Array, highest: int) -> Array:
    return np.clip(np.rint(raw), 0, highest)


def hamd_raw(people: People, S: Array, survey: int, visit: int) -> Array:
    """HAM-D17 before rounding and clipping."""
    p = people.par
    return _noisy(people, p["ham_0"] + p["ham_1"] * S, p["ham_s"], survey, visit, HAMD)


def hamd(people: People, S: Array, survey: int, visit: int) -> Array:
    return _score(hamd_raw(people, S, survey, visit), 52)


def madrs(people: People, S: Array, survey: int, visit: int) -> Array:
    p = people.par
    mean = p["mad_1"] * (p["ham_0"] + p["ham_1"] * S)
    return _score(_noisy(people, mean, p["mad_s"], survey, visit, MADRS), 60)


def bdi(people: People, S14: Array, survey: int, visit: int) -> Array:
    p = people.par
    return _score(_noisy(people, p["bdi_0"] + p["bdi_1"] * S14, p["bdi_s"], survey, visit, BDI), 63)


def gad7(people: People, S14: Array, W14: Array, setting: Setting, survey: int, visit: int) -> Ints:
    p = people.par
    mean = people.trait_anxiety + p["gad_1"] * (S14 - people.b) + setting.c2 * p["gad_W"] * W14
    chance = np.clip(mean / 21, 0, 1)
    u = people.U(1100 + survey, 8 * visit + GAD)
    return np.sum([bdtr(k, 21, chance) < u for k in range(21)], axis=0)


def pcl5(people: People, S14: Array, gSSRI: Array, gCBT: Array, survey: int, visit: int) -> Array:
    p = people.par
    specific = people.ptsd * (p["ptsd_SSRI"] * gSSRI + p["ptsd_CPT"] * gCBT)
    mean = people.pcl_mean + p["pcl_1"] * (S14 - people.b) + specific
    return _score(_noisy(people, mean, p["pcl_s"], survey, visit, PCL), 80)


# --- momentary mood and the help question (4.3, 4.4) ----------------------------------------------


def mood_noise(people: People, days: int) -> Array:
    """Momentary deviation, (days, hours 7-22, persons)."""
    p = people.par
    r = exp(-1 / p["tau_f"])
    noise = np.empty((days, SLEEP - WAKE + 1, len(people)))
    d = people.N(30, 0)
    for t in range(days):
        if t > 0:
            d = people.phi_d * d + np.sqrt(1 - people.phi_d**2) * people.N(30, t)
        fresh = normals(people.seed, people.persons, 31, 24 * t + np.arange(WAKE, SLEEP + 1))
        f = fresh[0]
        for h in range(len(fresh)):
            if h > 0:
                f = r * f + sqrt(1 - r**2) * fresh[h]
            noise[t, h] = p["sd_d"] * d + p["sd_f"] * f
    return noise


def answered(people: People, days: int) -> Flags:
    """Which prompts are answered, (days, prompts, persons): counter = 24 day + hour."""
    hours = (24 * np.arange(days)[:, None] + np.array(PROMPTS)).ravel()
    u = uniforms(people.seed, people.persons, 33, hours)
    return (u < people.par["p_resp"]).reshape(days, len(PROMPTS), len(people))


def momentary_mood(
    people: People,
    setting: Setting,
    S_slow: Array,
    noise: Array,
    effect: Array | float = 0.0,
    arousal: Array | float = 0.0,
    withdrawal: Array | float = 0.0,
    protracted: Array | float = 0.0,
    reward: Array | float = 1.0,
) -> Array:
    p = people.par
    lift = setting.c1m * (p["m_E"] * effect + p["m_A"] * arousal) - setting.c2 * p["m_W"] * withdrawal
    lasting = setting.c3 * (p["w_P"] * people.protracted_gain * protracted + p["w_R"] * (1 - np.asarray(reward)))
    return np.clip(p["m_0"] - p["lam_m"] * S_slow + noise + lift - p["lam_m"] * lasting, 0, 100)


def says_it_helps(people: People, relief: Array) -> Flags:
    return relief + people.par["s_help"] * people.N(51, 0) > people.par["c_help"]


# --- motives (section 6) --------------------------------------------------------------------------


def motives(people: People, S_first_use: Array) -> Array:
    """Liabilities (motive, person) in the order of `MOTIVES`: several answers L > 0, one answer the largest."""
    p = people.par
    e = normals(people.seed, people.persons, 50, np.arange(5))
    mood = p["mo_mood"] + 0.5 * (S_first_use - 5) / 5 + 0.4 * people.z + 0.5 * people.ptsd + e[0]
    pain = p["mo_pain"] + p["mo_sp"] * (1.2 * people.pain + e[1])
    return np.array([mood, pain, p["mo_opi"] + 1.5 * people.opioid + e[2], p["mo_en"] + e[3], p["mo_oth"] + e[4]])


# --- monitoring (9.10) ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Monitored:
    sensitivity: float
    """Share of events with an alert before the event or within 8 weeks after it (events followed that long)."""
    alerts_per_year: float
    """Visits that meet the rule while S14 is not five above its first value, per person-year."""
    delay: float
    """Median days from event to first alert, where there was one; negative if the alert came first."""
    predictive_value: float
    """Share with an event among persons alerted."""


def monitor(
    scores: Ints,
    first: Ints,
    S14: Array,
    S14_first: Array,
    every: int,
    *,
    consecutive: int = 1,
    also: Flags | None = None,
) -> Monitored:
    """PHQ-9 at least five above the first visit, against the event that S14 is five above its value at that visit.

    Parameters
    ----------
    scores
        PHQ-9 after week 1, 2, ... (weeks, persons), of which every `every`-th is a visit.
    first, S14_first
        PHQ-9 and S14 at the first visit, day 0.
    S14
        (days, persons).
    consecutive
        Visits running that must meet the rule.
    also
        A further reason for an alert, as `scores` (item 9 above 0 where it was 0 at first).
    """
    days = len(S14)
    visits = np.arange(every, len(scores) + 1, every)
    alerts = scores[visits - 1] >= first + 5
    if also is not None:
        alerts = alerts | also[visits - 1]
    for _ in range(consecutive - 1):
        alerts[1:] &= alerts[:-1]
        alerts[0] = False
    event = S14 - S14_first >= 5
    has_event = event.any(axis=0)
    when = np.where(has_event, event.argmax(axis=0) + 1, days + 1)
    alerted = alerts.any(axis=0)
    alert_day = np.where(alerted, 7 * visits[alerts.argmax(axis=0)], np.iinfo(np.int64).max)
    followed = has_event & (when + 56 <= days)
    without = alerts & ~event[7 * visits - 1]
    return Monitored(
        sensitivity=float(np.mean(alert_day[followed] <= when[followed] + 56)),
        alerts_per_year=float(without.mean(axis=1).sum() / (days / 364)),
        delay=float(np.median((alert_day - when)[has_event & alerted])),
        predictive_value=float(has_event[alerted].mean()),
    )

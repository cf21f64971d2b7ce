"""Who a person is before anything happens: covariates, history of depression, traits (mood.md section 2).

Every quantity is drawn from its own stream and counter, so a person is the same in every arm, chunk and run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from ketum.evidence import Parameter, ParameterTable
from ketum.people import streams

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
DAYS_PER_YEAR = 365.25
MONTHS_PER_YEAR = 12.0
SHARES = {"expectancy": ("q_PL", 0), "SSRI": ("q_SSRI", 1), "SNRI": ("q_SNRI", 1), "CBT": ("q_CBT", 2)} | {
    "exercise": ("q_EX", 3)
}
"""Treatment shares: symbol, and counter of stream 12 (SSRI and SNRI share one draw)."""
MOTIVES = ("mood", "pain", "opioid", "energy", "other")


@dataclass(frozen=True, slots=True)
class Candidates:
    """Covariates and starting severity, each (P,): all that decides whether somebody belongs to a population.

    Attributes
    ----------
    keys : int64
        Keys of all random numbers of a person.
    age : years; female, pain, opioid, ptsd, alcohol : flags
    vulnerability : z
    trait : b, PHQ-9 points
    ever, now : flags
        Whether there ever was a depressive episode, and is one now.
    onset : 1/year
        Hazard of a first episode.
    fluct : u at the start
    excess : M of a prevalent episode, PHQ-9 points
    severity : S at the start, PHQ-9 points
    """

    keys: NDArray[np.int64]
    age: Array
    female: Flags
    vulnerability: Array
    trait: Array
    pain: Flags
    opioid: Flags
    ptsd: Flags
    alcohol: Flags
    ever: Flags
    now: Flags
    onset: Array
    fluct: Array
    excess: Array
    severity: Array


@dataclass(frozen=True, slots=True)
class Traits:
    """Everything else about a person's mood, each (P,); see `mood.md` sections 2, 4 and 6 for the symbols."""

    recovery_hazard: Array  # of a prevalent episode, 1/d
    shares: Mapping[str, Array]
    protracted_gain: Array
    causal: Array  # standard normal that drives the direct effects
    trier: Flags
    start_factor: Array  # exp(a_pain pain + ...) without severity
    day_memory: Array
    expects_usual_care: Flags
    trait_anxiety: Array
    pcl_mean: Array
    motive_noise: Array  # (5, P)


def lognormal_sigma(cv: float) -> float:
    """Return the SD of the logarithm of a lognormal of this CV."""
    return float(np.sqrt(np.log1p(cv**2)))


def _spread(parameter: Parameter) -> float:
    spread = parameter.between_person.bp_1
    assert spread is not None
    return spread


def mean_lognormal(parameter: Parameter, normal: Array) -> Array:
    """Return lognormal draws whose mean is the parameter's value."""
    sigma = lognormal_sigma(_spread(parameter))
    drawn: Array = parameter.value * unit_lognormal(sigma, normal)
    return drawn


def unit_lognormal(sigma: float, normal: Array) -> Array:
    """Return lognormal draws whose mean is 1."""
    drawn: Array = np.exp(sigma * normal - 0.5 * sigma**2)
    return drawn


def draw_candidates(
    keys: NDArray[np.int64], seed: int, covariates: ParameterTable, mood: ParameterTable, cap: float
) -> Candidates:
    """Draw covariates and the state at the start.

    Parameters
    ----------
    keys : (P,) int64
    seed : int
    covariates, mood : ParameterTable
    cap : float
        Highest severity, PHQ-9 points.
    """
    c = covariates.plain()
    m = mood.plain()
    u = streams.uniforms(seed, keys, streams.COVARIATES, np.arange(8))
    age = c["age_min"] + c["age_span"] * u[0] ** c["age_pow"]
    female = u[1] < c["female_share"]
    years = age - c["age_ref"]
    z = ndtri(u[2]) + m["d_F"] * (female - c["female_share"])
    other = np.sqrt(1.0 - m["zeta_b"] ** 2)
    trait = np.exp(m["mu_b"] + m["sig_b"] * (m["zeta_b"] * z + other * ndtri(u[3])))
    pain = u[4] < expit(c["pain_0"] + c["pain_z"] * z + c["pain_age"] * years)
    opioid = u[5] < expit(c["opi_0"] + c["opi_z"] * z + c["opi_pain"] * pain + c["opi_age"] * years)
    ptsd = u[6] < expit(c["ptsd_0"] + c["ptsd_z"] * z + c["ptsd_f"] * female)
    alcohol = u[7] < expit(c["alc_0"] + c["alc_z"] * z + c["alc_f"] * female + c["alc_age"] * years)
    onset = m["lam0"] * np.exp(m["gam"] * z - 0.5 * m["gam"] ** 2)
    history = streams.uniforms(seed, keys, streams.HISTORY, np.arange(2))
    ever = history[0] < -np.expm1(-onset * np.maximum(age - c["ever_from"], 0.0))
    odds = onset * m["kap"] / (MONTHS_PER_YEAR * m["c_fr"])
    now = ever & (history[1] < odds / (1.0 + odds))
    fluct = streams.normals(seed, keys, streams.FLUCTUATION, np.array([0]))[0]
    excess = mean_lognormal(mood["M"], streams.normals(seed, keys, streams.EPISODE_SEVERITY, np.array([0]))[0])
    factor = unit_lognormal(m["sig_u"], fluct)
    severity = np.minimum((trait + excess * now) * factor, cap)
    return Candidates(
        keys, age, female, z, trait, pain, opioid, ptsd, alcohol, ever, now, onset, fluct, excess, severity
    )


def start_factor(people: Candidates, covariates: ParameterTable, mood: ParameterTable) -> Array:
    """Return exp(a_pain pain + ... + a_age (age - 47)/10): how covariates act on starting to use (mood.md 6)."""
    m = mood.plain()
    decades = (people.age - covariates.value("age_ref")) / 10.0
    log_factor = (
        m["a_pain"] * people.pain
        + m["a_opi"] * people.opioid
        + m["a_ptsd"] * people.ptsd
        + m["a_alc"] * people.alcohol
        + m["a_male"] * ~people.female
        + m["a_age"] * decades
    )
    factor: Array = np.exp(log_factor)
    return factor


def severity_score(severity: Array, covariates: ParameterTable) -> Array:
    """Return (S - 5)/5, by which severity acts on becoming a regular user and on its motive (mood.md section 6)."""
    return (severity - covariates.value("sel_ref")) / covariates.value("sel_per")


def draw_pcl_mean(people: Candidates, seed: int, covariates: ParameterTable, mood: ParameterTable) -> Array:
    """Return each person's PCL-5 mean: normal with PTSD-type syndrome, else proportional to trait severity."""
    row = mood["pcl_m"]
    normal = streams.normals(seed, people.keys, streams.PCL_MEAN, np.array([0]))[0]
    mean: Array = np.where(people.ptsd, row.value + _spread(row) * normal, covariates.value("pcl_b") * people.trait)
    return mean


def draw_traits(people: Candidates, seed: int, covariates: ParameterTable, mood: ParameterTable) -> Traits:
    """Draw the other traits of persons who belong to a population."""
    m = mood.plain()
    keys = people.keys

    def uniform(stream: int, counter: int) -> Array:
        drawn: Array = streams.uniforms(seed, keys, stream, np.array([counter]))[0]
        return drawn

    def normal(stream: int, counter: int) -> Array:
        drawn: Array = streams.normals(seed, keys, stream, np.array([counter]))[0]
        return drawn

    shares = {
        name: expit(logit(m[symbol]) + m["n_PL" if name == "expectancy" else "n_TR"] * normal(streams.RESPONSE, k))
        for name, (symbol, k) in SHARES.items()
    }
    memory = mood["phi_d"]
    low, high = memory.p_low or 0.0, memory.p_high or 1.0
    of_trait = (np.log(people.trait) - m["mu_b"]) / m["sig_b"]
    r = covariates.value("gad_r")
    anxiety = r * of_trait + np.sqrt(1.0 - r**2) * normal(streams.TRAIT_ANXIETY, 0)
    sigma = lognormal_sigma(_spread(mood["gad_m"]))
    return Traits(
        recovery_hazard=m["c_fr"] * MONTHS_PER_YEAR / DAYS_PER_YEAR * -np.log(uniform(streams.FRAILTY, 0)),
        shares=shares,
        protracted_gain=unit_lognormal(lognormal_sigma(_spread(mood["w_P"])), normal(streams.USER, 3)),
        causal=normal(streams.USER, 4),
        trier=uniform(streams.USER, 0) < m["p_try"],
        start_factor=start_factor(people, covariates, mood),
        day_memory=np.clip(m["phi_d"] + _spread(memory) * normal(streams.DAY_MEMORY, 0), low, high),
        expects_usual_care=uniform(streams.USUAL_CARE, 0) < m["s_UC"],
        trait_anxiety=m["gad_m"] * np.exp(sigma * anxiety) + m["gad_p"] * people.ptsd,
        pcl_mean=draw_pcl_mean(people, seed, covariates, mood),
        motive_noise=streams.normals(seed, keys, streams.MOTIVES, np.arange(len(MOTIVES))),
    )


def motives(
    people: Candidates, traits: Traits, severity: Array, covariates: ParameterTable, mood: ParameterTable
) -> Array:
    """Return the strength of each motive, (5, P) in the order of `MOTIVES` (mood.md section 6).

    Several answers: every strength above zero. One answer: the largest.

    Parameters
    ----------
    severity : (P,) array
        Severity at the start of use, PHQ-9 points.
    """
    c = covariates.plain()
    m = mood.plain()
    e = traits.motive_noise
    score = severity_score(severity, covariates)
    return np.stack(
        [
            m["mo_mood"] + c["mo_s"] * score + c["mo_z"] * people.vulnerability + c["mo_ptsd"] * people.ptsd + e[0],
            m["mo_pain"] + m["mo_sp"] * (c["mo_has_pain"] * people.pain + e[1]),
            m["mo_opi"] + c["mo_has_opi"] * people.opioid + e[2],
            m["mo_en"] + e[3],
            m["mo_oth"] + e[4],
        ]
    )

"""The mood half alone in plain numpy: what the compiled mood kernel is compared with, person by person.

Written from `design/mood.md` alone, sharing only the parameter table and the counter-based random numbers with the
package. Here: the daily update (sections 3, 5, 6), the stand-in exposure (8) and trial rules (5); persons, scales and
monitoring are in `mood_oracle_scales.py`. One Python loop over days, arrays over persons.

Day t = 0, 1, ... is the daily update with index t; the state "after d days" is that of index d - 1. `S_start` precedes
the first update. A spell that begins or ends at the end of day t holds from day t + 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from mood_oracle_scales import (
    HIGHEST,
    MONTH,
    SETTINGS,
    YEAR,
    Array,
    Flags,
    Ints,
    People,
    Setting,
    log_sd,
    spread,
)

ALWAYS = 10**9
"""Off day of what never ends."""


def step(tau: float) -> float:
    """Exact daily fraction of a first-order state with time constant tau days."""
    return 1 - exp(-1 / tau)


# --- exposure (section 8) -------------------------------------------------------------------------


@dataclass(frozen=True)
class DayExposure:
    """Day means of the body's signals; `dose` is D / `D_ref`."""

    effect: Array | float = 0.0
    arousal: Array | float = 0.0
    withdrawal: Array | float = 0.0
    protracted: Array | float = 0.0
    reward: Array | float = 1.0
    dose: Array | float = 0.0


class Exposure(Protocol):
    def day(self, t: int, using: Flags, multiplier: Array) -> DayExposure:
        """Exposure of day t, given who is in a spell of use and the dose multiplier of section 6."""


class Given:
    """A prescribed exposure path: arrays (days, persons), the dose in mg/day."""

    def __init__(self, people: People, **paths: Array) -> None:
        self.D_ref, self.paths = people.par["D_ref"], paths

    def day(self, t: int, using: Flags, multiplier: Array) -> DayExposure:  # noqa: ARG002
        today = {name: path[t] for name, path in self.paths.items()}
        if "dose" in today:
            today["dose"] = today["dose"] / self.D_ref
        return DayExposure(**today)


class StandIn:
    """The stand-in of section 8, daily layer. L adapts within the day of use: the effect reads it before, W after."""

    def __init__(self, people: People) -> None:
        n = len(people)
        self.people = people
        self.L, self.L_stop, self.P = np.zeros(n), np.zeros(n), np.zeros(n)
        self.since = np.zeros(n)

    def day(self, t: int, using: Flags, multiplier: Array) -> DayExposure:  # noqa: ARG002
        w = self.people.withdrawal_gain
        dose = np.where(using, self.people.dose_factor * multiplier, 0.0)
        effect = 0.3 * np.sqrt(np.minimum(dose, 3)) * (1 - 0.3 * self.L)
        self.L = np.where(using, self.L + (1 - self.L) * (1 - 2 ** (-1 / 30)), self.L * 2 ** (-1 / 14))
        self.L_stop = np.where(using, self.L, self.L_stop)
        self.since = np.where(using, 0, self.since + 1)
        after = 0.25 * w * self.L_stop * ((self.since / 2.5) * np.exp(1 - self.since / 2.5)) ** 2
        withdrawal = np.where(using, 0.02 * self.L * w, after)
        self.P = self.P + (log(2) / 14) * effect * (1 - self.P) - (log(2) / 28) * self.P
        return DayExposure(effect, 0.0, withdrawal, self.P, 1 - 0.4 * self.P, dose)


# --- a run (sections 3, 5, 6) ---------------------------------------------------------------------

On = int | Ints
Treatment = Literal["expectancy", "SSRI", "SNRI", "CBT", "exercise", "substitution"]
KEPT = ("S", "S14", "S_star", "core", "S_slow", "in_episode", "using", "x", "W", "W14", "SSRI", "CBT")
"""What a run can keep of a day; W is withdrawal after substitution, SSRI and CBT are treatment states."""


@dataclass
class Run:
    """What came of a run: `kept[name]` is (kept days, persons); the rest is one number per person."""

    people: People
    setting: Setting
    days: Ints
    S_start: Array
    kept: dict[str, NDArray[Any]]
    first_transition: Ints
    """Day index of the first change of episode state, -1 if none."""
    ever: Flags
    in_episode: Flags
    using: Flags
    """In a spell on the day after the last."""
    first_use: Ints
    """First day of use, -1 if none (natural use: the day after the threshold was passed)."""
    S_first_use: Array
    """S on the day before the first day of use (`S_start` if use began on day 0)."""
    last_use: Ints
    spells_ended: Ints

    def __getattr__(self, name: str) -> NDArray[Any]:
        try:
            return self.__dict__["kept"][name]
        except KeyError:
            raise AttributeError(name) from None

    def distress(self) -> Array:
        """Distress of every kept day, for symptom-driven use (section 1)."""
        return np.asarray(self.S_star / (self.S_star + self.people.par["S_half"]))


def episode_draws(people: People, j: Ints, who: Ints, *, prevalent: bool) -> tuple[Array, Array]:
    """Severity M and daily recovery hazard of the episodes that begin at transition j."""
    p = people.par
    sd = log_sd(spread("M"))
    severity = p["M"] * np.exp(sd * people.each_N(4, j, who) - sd**2 / 2)
    if prevalent:
        frailty = -np.log(people.each_U(3, j, who))
    else:
        frailty = -np.log(people.each_U(3, 2 * j, who) * people.each_U(3, 2 * j + 1, who))
    return severity, p["c_fr"] / MONTH * frailty


def start_risk(people: People) -> Array:
    """Daily hazard of starting at severity 5, without enrichment."""
    p = people.par
    score = p["a_pain"] * people.pain + p["a_opi"] * people.opioid + p["a_ptsd"] * people.ptsd
    score = score + p["a_alc"] * people.alcohol + p["a_male"] * ~people.female + p["a_age"] * (people.age - 47) / 10
    return np.asarray(p["h_0"] / YEAR * np.exp(score))


def run(
    people: People,
    days: int,
    *,
    setting: Setting = SETTINGS["null"],
    treatments: Mapping[Treatment, tuple[On, On]] | None = None,
    use: Literal["never", "natural"] | tuple[On, On] = "never",
    exposure: Exposure | None = None,
    enrichment: float = 1.0,
    new_episode: bool = False,
    record: Iterable[int] | None = None,
    keep: tuple[str, ...] = KEPT,
) -> Run:
    """Run the daily update.

    Parameters
    ----------
    treatments
        (on day, off day) of each treatment; a number or one per person.
    use
        "never", "natural" (start, stop and resume hazards) or forced use as (on day, off day).
    exposure
        The stand-in unless given.
    enrichment
        Factor on the hazard of starting.
    new_episode
        Everybody begins a new episode before day 0 (transition 1).
    record
        Day indices to keep; all of them unless given.
    keep
        Names of `KEPT` to keep.
    """
    p, n = people.par, len(people)
    everyone = np.arange(n)
    schedule = dict(treatments or {})
    exposure = StandIn(people) if exposure is None else exposure
    kratom = use != "never" or not isinstance(exposure, StandIn)
    wanted = set(range(days)) if record is None else set(record)
    beta_S = setting.beta_S + setting.beta_S_sd * people.effect_draw
    beta_L = setting.beta_L + setting.beta_L_sd * people.effect_draw
    onset = p["lam0"] * np.exp(p["gam"] * people.z - p["gam"] ** 2 / 2) / YEAR
    risk = start_risk(people) * enrichment
    phi = exp(-7 / p["tau_u"])

    # starting state
    u = people.N(1, 0)
    m = np.exp(p["sig_u"] * u - p["sig_u"] ** 2 / 2)
    j = np.full(n, int(new_episode), dtype=np.int64)
    M, rho = episode_draws(people, j, everyone, prevalent=not new_episode)
    in_episode, ever = (np.ones(n, bool), np.ones(n, bool)) if new_episode else (people.now.copy(), people.ever.copy())
    a = np.zeros(n) if new_episode else in_episode.astype(float)
    H, threshold = np.zeros(n), -np.log(people.each_U(2, j, everyone))
    S_start = np.clip((people.b + M * a) * m, 0, HIGHEST)
    g: dict[str, Array] = {name: np.zeros(n) for name in schedule}
    x, S = np.zeros(n), S_start
    using = np.zeros(n, bool)
    ended = np.zeros(n, np.int64)
    H_spell, threshold_spell = np.zeros(n), -np.log(people.U(5, 0))
    first_use, last_use, first_transition = (np.full(n, -1, np.int64) for _ in range(3))
    S_first_use = np.full(n, np.nan)
    recent_S, recent_W = np.zeros((14, n)), np.zeros((14, n))
    kept: dict[str, list[Any]] = {name: [] for name in keep}

    for t in range(days):
        # 1 slow fluctuation
        if t > 0 and t % 7 == 0:
            u = phi * u + sqrt(1 - phi**2) * people.N(1, t // 7)
            m = np.exp(p["sig_u"] * u - p["sig_u"] ** 2 / 2)

        # 2 treatment states
        on = {name: (first <= t) & (t < last) & np.ones(n, bool) for name, (first, last) in schedule.items()}
        for name, state in g.items():
            g[name] = treated(name, state, on[name], p)

        # 3 activation, 4 core severity
        a = a + step(p["tau_a"]) * (in_episode - a)
        gPL = g.get("expectancy", 0.0)
        e = np.where(on["expectancy"], 1.0, gPL) if "expectancy" in on else 0.0
        left: Array | float = 1.0
        for name, q in (("SSRI", "q_SSRI"), ("SNRI", "q_SNRI"), ("CBT", "q_CBT"), ("exercise", "q_EX")):
            if name in g:
                left = left * (1 - getattr(people, q) * g[name])
        X = M * a * ((1 - people.q_PL * gPL) - (1 - people.q_PL * e) * (1 - left))
        core = (people.b + X) * m

        # 5 kratom term; the slow exposure takes in the day's dose before it acts
        slow: Array | float = 0.0
        fast: Array | float = 0.0
        W = np.zeros(n)
        if kratom:
            if isinstance(use, tuple):
                using = (use[0] <= t) & (t < use[1]) & np.ones(n, bool)
                began = using & (first_use < 0)
                S_first_use, first_use = np.where(began, S, S_first_use), np.where(began, t, first_use)
            last_use = np.where(using, t, last_use)
            day = exposure.day(t, using, np.exp(p["th_S"] * np.clip((core - 5) / 5, -1, 2)))
            x = x + step(p["tau_X"]) * (np.minimum(day.dose, 2) - x)
            W = day.withdrawal * (1 - p["bup_W"] * g.get("substitution", 0.0)) * np.ones(n)
            fast = (
                -setting.c1s * (p["m_E"] * day.effect + p["m_A"] * day.arousal) / p["lam_m"]
                + setting.c2 * p["m_W"] / p["lam_m"] * W
            )
            slow = (
                setting.c3 * (p["w_P"] * people.protracted_gain * day.protracted + p["w_R"] * (1 - day.reward))
                + beta_S * x
            )

        # 6 severity
        S = np.clip(core + fast + slow, 0, HIGHEST)
        recent_S[t % 14], recent_W[t % 14] = S, W
        if t in wanted:
            at_hand = {
                "S": S,
                "S14": recent_S[: t + 1].mean(axis=0),
                "S_star": np.clip(core + slow, 0, HIGHEST),
                "core": core,
                "S_slow": core + beta_S * x,
                "in_episode": in_episode.copy(),
                "using": using.copy(),
                "x": x,
                "W": W,
                "W14": recent_W[: t + 1].mean(axis=0),
                "SSRI": g.get("SSRI", np.zeros(n)),
                "CBT": g.get("CBT", np.zeros(n)),
            }
            for name in keep:
                kept[name].append(at_hand[name])

        # 7 episode transitions
        protection = 1 - (1 - p["HR_AD"]) * np.maximum(g.get("SSRI", 0.0), g.get("SNRI", 0.0))
        protection = protection * (1 - (1 - p["HR_CBT"]) * g.get("CBT", 0.0)) * np.exp(beta_L * x)
        H = H + np.where(in_episode, rho, onset * np.where(ever, p["kap"], 1.0) * protection)
        crossed = np.flatnonzero(threshold <= H)
        if len(crossed):
            j[crossed] += 1
            H[crossed] = 0
            in_episode[crossed] = ~in_episode[crossed]
            threshold[crossed] = -np.log(people.each_U(2, j[crossed], crossed))
            first_transition[crossed] = np.where(first_transition[crossed] < 0, t, first_transition[crossed])
            fresh = crossed[in_episode[crossed]]
            ever[fresh] = True
            M[fresh], rho[fresh] = episode_draws(people, j[fresh], fresh, prevalent=False)

        # 8 spells of use
        if use == "natural":
            s = setting.c_sel * (S - 5) / 5
            leaving = np.where(people.trier & (ended == 0), p["h_try"], p["h_stop"] / YEAR) * np.exp(-p["d_S"] * s)
            entering = np.where(ended == 0, risk, p["h_res"] / YEAR) * np.exp(p["a_S"] * s)
            H_spell = H_spell + np.where(using, leaving, entering)
            crossed = np.flatnonzero(threshold_spell <= H_spell)
            if len(crossed):
                H_spell[crossed] = 0
                using[crossed] = ~using[crossed]
                begun, over = crossed[using[crossed]], crossed[~using[crossed]]
                threshold_spell[begun] = -np.log(people.each_U(6, ended[begun], begun))
                new = begun[first_use[begun] < 0]
                first_use[new], S_first_use[new] = t + 1, S[new]
                ended[over] += 1
                threshold_spell[over] = -np.log(people.each_U(5, ended[over], over))

    return Run(
        people=people,
        setting=setting,
        days=np.array(sorted(d for d in wanted if d < days), dtype=np.int64),
        S_start=S_start,
        kept={name: np.array(values) for name, values in kept.items()},
        first_transition=first_transition,
        ever=ever,
        in_episode=in_episode,
        using=using,
        first_use=first_use,
        S_first_use=S_first_use,
        last_use=last_use,
        spells_ended=ended,
    )


def treated(name: str, g: Array, on: Flags, p: dict[str, float]) -> Array:
    """Treatment state a day later (step 2)."""
    if name == "expectancy":
        up, down = step(p["tau_PL"]), step(p["tau_PL"]) / 4
    elif name in ("SSRI", "SNRI"):
        up, down = step(p["tau_AD"]), step(p["tau_AD_off"])
    elif name == "CBT":
        up, down = step(p["tau_CBT"]), 1 / p["tau_CBT_off"]
    else:
        up = down = step(p["tau_BUP" if name == "substitution" else "tau_EX"])
    return np.where(on, g + up * (1 - g), g * (1 - down))


# --- trials (section 5) ---------------------------------------------------------------------------


def hedges_g(control: NDArray[np.number], treated: NDArray[np.number]) -> float:
    """Standardised difference, positive if the treated score lower."""
    pooled = sqrt((np.var(control, ddof=1) + np.var(treated, ddof=1)) / 2)
    small = 1 - 3 / (4 * (len(control) + len(treated) - 2) - 1)
    return float(small * (np.mean(control) - np.mean(treated)) / pooled)


def odds_ratio(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    a, b = float(np.mean(first)), float(np.mean(second))
    return a / (1 - a) / (b / (1 - b))

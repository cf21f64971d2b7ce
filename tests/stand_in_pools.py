"""Pools for emulated studies made by the plain numpy oracle with the stand-in exposure (`design/mood.md`, section 8).

Names and shapes are those of `ketum.studies.lives`; nothing of the compiled model is used. The check table of mood.md
was made with this exposure and with the three weights that `design/joined.md` (section 10) set again later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal

import numpy as np

from ketum.people.streams import uniforms
from mood_oracle import ALWAYS, DayExposure, StandIn, run, start_risk
from mood_oracle_scales import (
    HIGHEST,
    SLEEP,
    WAKE,
    Array,
    Flags,
    People,
    Setting,
    answered,
    hamd_raw,
    logistic,
    momentary_mood,
    mood_noise,
    phq9,
    population,
    table,
)
from mood_oracle_scales import PROMPTS as PROMPT_HOURS

SEED = 1
WEIGHTS = {"m_E": 9.0, "m_W": 60.0, "w_P": 4.0}
YEAR_OF_WEEKS = 364
WORLD_DAYS = 8 * YEAR_OF_WEEKS
ENRICHMENT, CONSIDERING = 2.0, 250.0
ON = (0, ALWAYS)
TRIAL_SURVEY = 5
SLOTS = (8, 13, 19)
"""Hours at which a serving is possible."""
DAYTIME = (13, 19)
"""Midday and evening."""
Columns = dict[str, Array]
_TOGETHER = 4096
_BATCH = 50_000


# --- who ------------------------------------------------------------------------------------------


def adults(count: int, first: int = 0, **changed: float) -> People:
    """US adults by number, with the weights of the stand-in and other values changed."""
    return population(SEED, np.arange(first, first + count, dtype=np.int64), table(**{**WEIGHTS, **changed}))


def joined(parts: list[People]) -> People:
    """The persons of several groups in one."""
    names = [name for name, value in vars(parts[0]).items() if isinstance(value, np.ndarray)]
    return replace(parts[0], **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def first_who(accepts: Callable[[People], Flags], count: int) -> People:
    """The first so many US adults whom a rule accepts."""
    found: list[People] = []
    while sum(map(len, found)) < count:
        some = adults(_BATCH, _BATCH * len(found))
        found.append(some.take(accepts(some)))
    return joined(found).take(slice(0, count))


def scoring_five(count: int) -> People:
    """The first adults with a PHQ-9 of 5 or more on day 0."""
    return first_who(lambda some: phq9(some, run(some, 0).S_start, 0, 0) >= 5, count)


def trial_entrants(count: int) -> People:
    """The first adults in an episode with a measured HAM-D17 of 18 or more."""
    return first_who(lambda some: some.now & (hamd_raw(some, run(some, 0).S_start, TRIAL_SURVEY, 0) >= 18), count)


def told(people: People) -> Columns:
    """Key and covariates."""
    names = ("age", "female", "pain", "opioid", "ptsd", "alcohol")
    return {
        "key": people.persons.astype(float),
        **{name: getattr(people, name).astype(float) for name in names},
    }


def in_chunks(people: People, size: int = _TOGETHER) -> Iterator[People]:
    for first in range(0, len(people), size):
        yield people.take(slice(first, first + size))


def together(parts: list[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}


# --- surveys (9.1, 9.2, 9.9) ----------------------------------------------------------------------


def may_start(people: People, sampled: Flags) -> Flags:
    """Who would start within the world if severity were always at its ceiling; and those who are sampled anyway."""
    most = np.exp(max(people.par["a_S"], 0.0) * (HIGHEST - 5) / 5)
    return np.asarray((ENRICHMENT * start_risk(people) * most * WORLD_DAYS >= -np.log(people.U(5, 0))) | sampled)


class World:
    """Eight years of natural use. Until the first use a life is the same in every setting, so it is lived once.

    Parameters
    ----------
    everybody
        Of whom those who cannot start and are not sampled are left out.
    others
        The first so many of them are sampled: people who never used come from these.
    """

    def __init__(self, everybody: People, others: int) -> None:
        sampled = np.arange(len(everybody)) < others
        lived = may_start(everybody, sampled)
        self.people, self.sampled = everybody.take(lived), sampled[lived]
        parts = [
            run(some, WORLD_DAYS, use="natural", enrichment=ENRICHMENT, record=[WORLD_DAYS - 1], keep=("S14",))
            for some in in_chunks(self.people)
        ]
        self.never = np.concatenate([part.S14[0] for part in parts])
        first = np.concatenate([part.first_use for part in parts])
        self.first_day = np.where(first < WORLD_DAYS, first, -1)
        self.starters = np.flatnonzero(self.first_day >= 0)
        self.before = self.never.copy()
        for places in np.array_split(self.starters, -(-len(self.starters) // 1024)):
            S14 = run(self.people.take(places), WORLD_DAYS, keep=("S14",)).S14
            self.before[places] = S14[self.first_day[places] - 1, np.arange(len(places))]

    def columns(self, setting: Setting) -> Columns:
        """What came of it in a setting, as `ketum.studies.lives.users.SurveyWorld` tells it."""
        last_year = range(WORLD_DAYS - YEAR_OF_WEEKS, WORLD_DAYS)
        now, recent, current = self.never.copy(), np.zeros(len(self.people)), np.zeros(len(self.people))
        for places in np.array_split(self.starters, -(-len(self.starters) // 2048)):
            course = run(
                self.people.take(places),
                WORLD_DAYS,
                setting=setting,
                use="natural",
                enrichment=ENRICHMENT,
                record=last_year,
                keep=("S14", "using"),
            )
            assert np.array_equal(course.first_use, self.first_day[places])
            using = course.kept["using"]
            now[places], current[places], recent[places] = course.S14[-1], using[-1], using.any(axis=0)
        return {
            **told(self.people),
            "sampled": self.sampled.astype(float),
            "ever": (self.first_day >= 0).astype(float),
            "recent": recent,
            "current": current,
            "use_days": np.where(self.first_day >= 0, WORLD_DAYS - self.first_day, 0).astype(float),
            "before": self.before,
            "now": now,
            "never": self.never,
        }


def of_cohort(people: People, setting: Setting, days: int) -> Columns:
    """The same of people who consider use (9.3) at the end of a follow-up."""
    parts = []
    for some in in_chunks(people, 2048):
        natural = run(
            some,
            days,
            setting=setting,
            use="natural",
            enrichment=CONSIDERING,
            record=[days - 1],
            keep=("S14", "using"),
        )
        never = run(some, days, keep=("S14",)).S14
        used = (natural.first_use >= 0) & (natural.first_use < days)
        first = np.where(used, natural.first_use, 1)
        parts.append(
            {
                **told(some),
                "current": natural.kept["using"][-1].astype(float),
                "use_days": np.where(used, days - first, 0).astype(float),
                "before": never[first - 1, np.arange(len(some))],
                "now": natural.S14[-1],
                "never": never[-1],
            }
        )
    return together(parts)


# --- cohorts (9.3, 9.4) ---------------------------------------------------------------------------


def weekly(people: People, setting: Setting, weeks: int, use: Literal["never"] | tuple[int, int] = "never") -> Array:
    """S14 after each week, from the start on."""
    days = [7 * week - 1 for week in range(1, weeks + 1)]
    course = run(people, 7 * weeks, setting=setting, record=days, keep=("S14",), use=use)
    return np.concatenate([course.S_start[None], course.S14])


def considering(people: People, setting: Setting, weeks: int, *, always: bool) -> Columns:
    """People whose hazard of starting is raised, as `ketum.studies.lives.cohort.Considering` tells it."""
    parts = []
    for some in in_chunks(people):
        kept: tuple[str, ...] = ("S", "S14", "using")
        natural = run(some, 7 * weeks, setting=setting, use="natural", enrichment=CONSIDERING, keep=kept)
        start = natural.S_start[None]
        part = {
            **told(some),
            "first_day": np.where(natural.first_use < 7 * weeks, natural.first_use, -1).astype(float),
            "using": np.concatenate([np.zeros_like(start), natural.kept["using"][6::7]]),
            "since": np.concatenate([start, natural.S.reshape(weeks, 7, -1).mean(axis=1)]),
            "natural": np.concatenate([start, natural.S14[6::7]]),
            "never": weekly(some, setting, weeks),
        }
        if always:
            part["always"] = weekly(some, setting, weeks, ON)
        parts.append(part)
    return together(parts)


# --- trials (9.5) ---------------------------------------------------------------------------------


def parallel(people: People, setting: Setting, weeks: int = 24, weeks_of_use: int = 8) -> Columns:
    """Kratom against placebo, expectancy in both, as `ketum.studies.lives.arms.Arms` tells it."""
    days = [7 * week - 1 for week in range(1, weeks + 1)]
    parts = []
    for some in in_chunks(people):
        part = told(some)
        for arm, end in (("kratom", 7 * weeks_of_use), ("control", 0)):
            course = run(
                some,
                7 * weeks,
                setting=setting,
                treatments={"expectancy": ON},
                use=(0, end),
                record=days,
                keep=("S", "S14"),
            )
            for name, kept in (("two_week", course.S14), ("day", course.S)):
                part[f"{arm}:{name}"] = np.concatenate([course.S_start[None], kept])
        parts.append(part)
    return together(parts)


# --- single persons (9.7) -------------------------------------------------------------------------


class Periods(StandIn):
    """Use from day 0 to the trial, and then in periods: `on` is (day of the trial, person)."""

    def __init__(self, people: People, lead: int, on: Flags) -> None:
        super().__init__(people)
        self.lead, self.on = lead, on

    def day(self, t: int, using: Flags, multiplier: Array) -> DayExposure:
        return super().day(t, using if t < self.lead else self.on[t - self.lead], multiplier)


def daily_noise(people: People, days: int) -> Array:
    """Mean deviation over the answered prompts of each day, (day, person); not a number on a day without an answer."""
    there = answered(people, days)
    noise = mood_noise(people, days)[:, [hour - WAKE for hour in PROMPT_HOURS]]
    count = there.sum(axis=1)
    total = np.where(there, noise, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def crossover(people: People, setting: Setting, period: int, pairs: int = 4, lead: int = YEAR_OF_WEEKS) -> Columns:
    """Periods of use and none in pairs, as `ketum.studies.lives.crossover.Crossover` tells it."""
    days = 2 * pairs * period
    p = people.par
    parts = []
    for some in in_chunks(people, 1024):
        first = np.array([some.U(40, pair) < 0.5 for pair in range(pairs)])
        on = np.repeat(np.stack([first, ~first], axis=1).reshape(2 * pairs, -1), period, axis=0)
        record = range(lead, lead + days)
        trial, always = (
            run(some, lead + days, setting=setting, use=ON, exposure=exposure, record=record, keep=("S",)).S
            for exposure in (Periods(some, lead, on), None)
        )
        never = run(some, lead + days, record=record, keep=("S",)).S
        parts.append(
            {
                **told(some),
                "mood": p["m_0"] - p["lam_m"] * trial + daily_noise(some, days),
                "on": on.astype(float),
                "always": p["m_0"] - p["lam_m"] * always,
                "never": p["m_0"] - p["lam_m"] * never,
            }
        )
    return together(parts)


# --- hour by hour (9.8) ---------------------------------------------------------------------------


class Regular:
    """The hourly stand-in of a regular user; tau is hours since the last serving."""

    before = 19 - 24
    """Last serving before the record begins, h."""

    def signals(self, people: People, tau: Array) -> tuple[Array, Array]:
        effect = 0.2 * np.exp(-np.maximum(0, tau - 5) / 6) + 0.2 * bump(tau)
        return effect, 0.05 * people.withdrawal_gain * np.minimum(2, (tau / 12) ** 2)


class New:
    """The hourly stand-in of a new user."""

    before = -1000

    def signals(self, people: People, tau: Array) -> tuple[Array, Array]:  # noqa: ARG002
        return 0.25 * bump(tau), np.zeros_like(tau)


def bump(tau: Array) -> Array:
    return np.asarray((tau / 1.5) * np.exp(1 - tau / 1.5))


class Hours:
    """Mood hour by hour and servings, drawn as they come or by lot.

    Attributes
    ----------
    mood
        (hour, person) from hour 0 on, read before a serving; not a number at night.
    taken
        (occasion, person): three a day.
    contrast
        (occasion, person): mood two hours later, serving taken minus skipped, before mood is cut to its scale.
    """

    def __init__(self, people: People, setting: Setting, S_star: Array, user: Regular | New, *, by_lot: bool) -> None:
        days, n = S_star.shape
        p, noise = people.par, mood_noise(people, days)
        last = np.full(n, float(user.before))
        draws = uniforms(people.seed, people.persons, 32, (1000 if by_lot else 0) + np.arange(3 * days))
        self.mood = np.full((24 * days + 1, n), np.nan)
        self.taken, self.contrast = np.zeros((3 * days, n), bool), np.zeros((3 * days, n))
        for day in range(days):
            for hour in range(WAKE, SLEEP + 1):
                time, deviation = 24 * day + hour, noise[day, hour - WAKE]
                effect, withdrawal = user.signals(people, time - last)
                self.mood[time] = momentary_mood(people, setting, S_star[day], deviation, effect, 0.0, withdrawal)
                if hour not in SLOTS:
                    continue
                k = 3 * day + SLOTS.index(hour)
                self.taken[k] = draws[k] < (0.5 if by_lot else logistic(1.6 + p["k_dose"] * deviation))
                with_it, without = user.signals(people, np.full(n, 2.0)), user.signals(people, time + 2 - last)
                self.contrast[k] = setting.c1m * p["m_E"] * (with_it[0] - without[0])
                self.contrast[k] -= setting.c2 * p["m_W"] * (with_it[1] - without[1])
                last = np.where(self.taken[k], float(time), last)

    def servings(self) -> Array:
        """Servings of each hour, (hour, person)."""
        found = np.zeros((len(self.mood) - 1, self.taken.shape[1]))
        occasion = np.arange(len(self.taken))
        found[24 * (occasion // 3) + np.array(SLOTS)[occasion % 3]] = self.taken
        return found

    def relief(self, slots: tuple[int, ...] = SLOTS) -> Array:
        """Mean contrast over the servings taken at some hours of the day, (person,)."""
        chosen = self.taken & np.isin(np.array(SLOTS)[np.arange(len(self.taken)) % 3], slots)[:, None]
        count = chosen.sum(axis=0)
        total = np.where(chosen, self.contrast, 0.0).sum(axis=0)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def hours(people: People, setting: Setting, user: Regular | New, days: int = 15, *, by_lot: bool) -> Hours:
    """Days of a regular user after a year, or the first days of a new one."""
    lead = YEAR_OF_WEEKS if isinstance(user, Regular) else 0
    course = run(people, lead + days, setting=setting, use=ON, record=range(lead, lead + days), keep=("S_star",))
    # the protracted state and lasting effects are in S_star, so that they enter mood once
    return Hours(people, setting, course.S_star, user, by_lot=by_lot)


def moments(people: People, setting: Setting, user: Regular | New) -> Columns:
    """Servings as they come and by lot, as `ketum.studies.lives.moments.Moments` tells it.

    Relief as they come is that of midday and evening servings (9.8), by lot that of all.
    """
    parts = []
    for some in in_chunks(people, 1024):
        natural, lot = (hours(some, setting, user, by_lot=by_lot) for by_lot in (False, True))
        parts.append(
            {
                **told(some),
                "mood": natural.mood,
                "servings": natural.servings(),
                "relief": natural.relief(DAYTIME),
                "lot_mood": lot.mood,
                "lot_taken": lot.taken.astype(float),
                "lot_relief": lot.relief(),
            }
        )
    return together(parts)


def regular_users(people: People, setting: Setting) -> Columns:
    """Users after a year, as `ketum.studies.lives.users.RegularUsers` tells it."""
    parts = []
    for some in in_chunks(people):
        with_use, never = (
            run(some, YEAR_OF_WEEKS, setting=setting, use=use, record=[YEAR_OF_WEEKS - 1], keep=("S14",))
            for use in (ON, "never")
        )
        one = np.ones(len(some))
        parts.append(
            {
                **told(some),
                "sampled": np.zeros(len(some)),
                **dict.fromkeys(("ever", "recent", "current"), one),
                "use_days": YEAR_OF_WEEKS * one,
                "before": never.S_start,
                "now": with_use.S14[0],
                "never": never.S14[0],
                "relief": hours(some, setting, Regular(), by_lot=False).relief(DAYTIME),
                "help_noise": some.N(51, 0),
            }
        )
    return together(parts)

"""What the study rows of the check tables ask, by the designs of `ketum.studies`, from any pool of persons.

`test_study_rows.py` asks it of the pools of `stand_in_pools.py`; `study_rows.py` asks it of ketum's own lives as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import stand_in_pools as pools
from ketum.studies.designs import Design, design_of
from ketum.studies.estimators.within import fixed_effects
from ketum.studies.load import load_study
from ketum.studies.measure import chance_at_least
from ketum.studies.pool import People, people_of_study
from mood_oracle_scales import PROMPTS, answered, population
from stand_in_pools import Columns

Array = NDArray[np.float64]
Pool = Columns | None
"""Columns of a pool, or None for ketum's own lives."""
BASELINES = ("crude", "adjusted_enrolment", "adjusted_lead", "adjusted_start")
COHORT = 2000
"""Participants of a cohort."""


@dataclass(frozen=True)
class Number:
    """A number and its Monte-Carlo error."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.error:.2f})"

    def percent(self) -> Number:
        return Number(100 * self.value, 100 * self.error)


def values(numbers: Sequence[Number]) -> list[float]:
    return [number.value for number in numbers]


def mean(sample: Sequence[float] | Array | pd.Series) -> Number:
    """Mean of independent numbers, at least two."""
    x = np.asarray(sample, dtype=float)
    return Number(float(x.mean()), float(x.std(ddof=1) / np.sqrt(len(x))))


# --- studies --------------------------------------------------------------------------------------


def opened(text: str, setting: str, pool: Pool, persons: int = 0) -> Design:
    """The design of a study file on a pool, or on so many persons of ketum's own."""
    more = f"[pool]\npersons = {persons}\n" if persons and pool is None else ""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "study.toml"
        path.write_text(f'seed = {pools.SEED}\n{text}\n[setting]\ncausal = "{setting}"\n{more}', encoding="utf-8")
        study = load_study(path)
    design = design_of(study, study.settings[0])
    design.open(people_of_study(design.recipe()) if pool is None else People(pool))
    return design


def once(design: Design) -> int:
    """How many replicates one round through the pool gives."""
    return min(urn.rounds(size) for urn, size in design.urns())


def repeated(design: Design, replicates: int) -> pd.DataFrame:
    """All estimates: estimand, estimator, truth, value, bias, p."""
    rows = [row for k in range(replicates) for row in design.rows(k)]
    found = pd.DataFrame(
        [(row.estimand, row.estimator, row.truth, row.estimate.value, row.estimate.p) for row in rows],
        columns=["estimand", "estimator", "truth", "value", "p"],
    )
    assert np.isfinite(found["value"]).all()
    return found.assign(bias=found["value"] - found["truth"])


def by_estimator(found: pd.DataFrame, column: str, names: Sequence[str]) -> list[Number]:
    groups = found.groupby("estimator")[column]
    return [mean(groups.get_group(name)) for name in names]


# --- surveys (9.1, 9.2, 9.9) ----------------------------------------------------------------------


@dataclass(frozen=True)
class Ratios:
    """Odds ratios of PHQ-9 of 10 or more, and how many past-year users they come from."""

    crude: Number
    adjusted: Number
    causal: Number
    users: int


def odds_ratios(setting: str, pool: Pool, adults: int = 0, more: str = "") -> Ratios:
    """All past-year users against all sampled people who never used, four times: each time they answer anew."""
    text = 'design = "cross_sectional"\n[sampling]\nusers = {}\nothers = {}\n' + more
    people = opened(text.format(10, 10), setting, pool, adults).people
    users = people["recent"] > 0
    others = (people["ever"] == 0) & (people["sampled"] > 0)
    design = opened(text.format(users.sum(), others.sum()), setting, dict(people.columns))
    found = repeated(design, 4)
    rows = [row.estimate for row in design.rows(0)]
    crude, adjusted = (
        _ratio(found.loc[found["estimator"] == name, "value"].mean(), row.se)
        for name, row in zip(("crude", "adjusted"), rows, strict=True)
    )
    chances = [chance_at_least(people[name][users], 10, design.tables) for name in ("now", "never")]
    with_use, without = ((c - c.mean()) / (c.mean() * (1 - c.mean())) for c in chances)
    return Ratios(crude, adjusted, _ratio(found["truth"].mean(), mean(with_use - without).error), int(users.sum()))


def _ratio(log: float, error: float) -> Number:
    return Number(float(np.exp(log)), float(np.exp(log) * error))


def share_of_cases_worse(setting: str, pool: Pool, adults: int = 0) -> Number:
    """Share, %, of a case series who score 5 or more above their start of use; 10 cases each."""
    design = opened('design = "case_series"\n[sampling]\ncases = 10', setting, pool, adults)
    found = repeated(design, once(design))
    share = found.loc[found["estimand"] == "share_worse", "value"].mean()
    return Number(share, float(np.sqrt(share * (1 - share) / (10 * once(design))))).percent()


def it_helps(setting: str, pool: Pool, persons: int = 0) -> list[Number]:
    """Of regular users: % who say that it helps, % truly worse by more than 0.5, mean effect."""
    text = 'design = "self_report"\nsource = "regular_users"\n[sampling]\nusers = 100'
    design = opened(text, setting, pool, persons)
    found = repeated(design, once(design))
    told = found[found["estimator"] == "help_question"]
    truth = found[found["estimator"] == "before_after"].set_index("estimand")["truth"]
    return [mean(told["value"]).percent(), mean(truth["share_worse"]).percent(), mean(truth["mean_change"])]


# --- cohorts (9.3, 9.4) ---------------------------------------------------------------------------


def new_users(setting: str, pool: Pool, replicates: int, late: str, persons: int = 0) -> list[Number]:
    """Truth among starters, and biases in the order of `BASELINES`."""
    text = f'design = "new_user_cohort"\n[sampling]\nparticipants = {COHORT}\n[cohort]\nlate_starters = "{late}"'
    design = opened(text, setting, pool, persons)
    found = repeated(design, replicates)
    return [by_estimator(found, "truth", ["crude"])[0], *by_estimator(found, "bias", BASELINES)]


def weighted(
    setting: str, pool: Pool, replicates: int, every: str, names: Sequence[str], persons: int = 0
) -> pd.DataFrame:
    """Estimates of marginal structural models by `every` visit."""
    known = ", ".join(f'"{name}"' for name in names)
    text = f'design = "target_trial"\n[sampling]\nparticipants = {COHORT}\n[cohort]\nvisits_every = "{every}"\n'
    return repeated(opened(f"{text}[analysis]\nestimators = [{known}]", setting, pool, persons), replicates)


# --- trials (9.5) ---------------------------------------------------------------------------------


def trial(setting: str, pool: Pool, per_arm: int, persons: int = 0) -> Design:
    """A parallel trial with visits at weeks 4, 8 and 10, by analysis of covariance."""
    text = 'design = "parallel_trial"\nvisits = ["4 wk", "8 wk", "10 wk"]\n'
    text += f'[sampling]\nper_arm = {per_arm}\n[analysis]\nestimators = ["ancova"]'
    return opened(text, setting, pool, persons)


def differences(design: Design, replicates: int) -> tuple[list[Number], list[Number]]:
    """Differences at each visit: true of the participants, and found."""
    found = repeated(design, replicates).groupby("estimand", sort=False)
    return [mean(part["truth"]) for _, part in found], [mean(part["value"]) for _, part in found]


def rejected(design: Design, replicates: int, week: int = 8) -> Number:
    """How often, %, no difference at a visit is rejected."""
    found = repeated(design, replicates)
    return mean(found.loc[found["estimand"] == f"difference_week_{week}", "p"] < 0.05).percent()


# --- single persons (9.7) -------------------------------------------------------------------------


@dataclass(frozen=True)
class Series:
    """Single persons: truth and mean estimate by the paired t-test, mood points; rejection, %."""

    truth: Number
    estimate: Number
    paired: Number
    daily: Number


def series(setting: str, pool: Pool, period: int, discard: int, persons: int = 0) -> Series:
    """Four pairs of periods of so many days, the first of which are discarded."""
    text = 'design = "n_of_1"\n[sampling]\npersons = 50\n[analysis]\nestimators = ["paired_t", "daily_least_squares"]\n'
    text += f'[crossover]\nperiod = "{period} d"\ndiscard = "{discard} d"'
    design = opened(text, setting, pool, persons)
    found = repeated(design, once(design)).set_index("estimator")
    paired, daily = found.loc["paired_t"], found.loc["daily_least_squares"]
    tests = [mean(part["p"] < 0.05).percent() for part in (paired, daily)]
    return Series(mean(paired["truth"]), mean(paired["value"]), *tests)


# --- moments (9.8) --------------------------------------------------------------------------------


def moments(pool: Pool, experience: str, persons: int = 0) -> dict[str, Number]:
    """True relief in `pharmacology`, by servings as they come and by lot; biases of the estimators.

    "time_of_day" is person fixed effects with an indicator of each prompt's hour, of the whole pool.
    """
    text = f'design = "ema"\n[sampling]\npersons = 50\n[moments]\nexperience = "{experience}"'
    design = opened(text, "pharmacology", pool, persons)
    found = repeated(design, once(design))
    names = ("fixed_effects", "event_contingent", "micro_randomised")
    biases = dict(zip(names, by_estimator(found, "bias", names), strict=True))
    truth, by_lot = by_estimator(found, "truth", ["event_contingent", "micro_randomised"])
    estimate = with_time_of_day(design.people)
    return {
        "truth": truth,
        "truth_by_lot": by_lot,
        **biases,
        "time_of_day": Number(estimate.value - truth.value, estimate.error),
    }


def with_time_of_day(people: People) -> Number:
    """Person fixed effects of a serving in the last 3 h on answered prompts, with an indicator of the hour."""
    keys = people["key"].astype(np.int64)
    servings, days = people["servings"], len(people["servings"]) // 24
    at = 24 * np.arange(days)[:, None] + np.array(PROMPTS)
    recent = np.max([servings[at - back] > 0 for back in (1, 2, 3)], axis=0).astype(float)
    person = np.broadcast_to(np.arange(len(keys)), recent.shape)
    there = answered(population(pools.SEED, keys), days)
    hour = np.broadcast_to(np.arange(len(PROMPTS))[None, :, None], recent.shape)[there]
    indicators = (hour[:, None] == np.arange(1, len(PROMPTS))).astype(float)
    found = fixed_effects(people["mood"][at][there], recent[there], person[there], indicators)
    return Number(found.value, found.se)

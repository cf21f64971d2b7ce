"""How large a study must be, how long, or after what washout: its file with another size, judged by `planning`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ketum.errors import ScenarioError
from ketum.evidence.names import nearest
from ketum.studies.crossing import Goal, Power
from ketum.studies.designs import Design, design_of
from ketum.studies.lives.recipe import Recipe
from ketum.studies.load import load_study
from ketum.studies.model import Study
from ketum.studies.performance import LEVEL
from ketum.studies.planning import Plan, find
from ketum.studies.pool import People, people_of_study
from ketum.studies.resolve import participants
from ketum.studies.searching import Batch, Effort
from ketum.studies.shapes import DAY_H
from ketum.studies.words import estimand_words

SIZES = ("participants", "weeks", "washout")
_FRESH = 20
"""Studies of the largest size that the pool holds without asking anybody twice."""
_MOST_POOL = 250_000
_KEYS: dict[str, dict[str, tuple[str, ...]]] = {
    "participants": {
        "cross_sectional": ("sampling.users", "sampling.others"),
        "self_report": ("sampling.users",),
        "case_series": ("sampling.cases",),
        "new_user_cohort": ("sampling.participants",),
        "target_trial": ("sampling.participants",),
        "parallel_trial": ("sampling.per_arm",),
        "randomised_withdrawal": ("sampling.per_arm",),
        "n_of_1": ("sampling.persons",),
        "ema": ("sampling.persons",),
        "scenario_trial": ("sampling.per_arm",),
    },
    "weeks": {
        "new_user_cohort": ("cohort.follow",),
        "target_trial": ("cohort.follow",),
        "parallel_trial": ("treatment.for", "visits"),
        "randomised_withdrawal": ("visits",),
        "n_of_1": ("crossover.period",),
        "ema": ("moments.for",),
    },
    "washout": {"n_of_1": ("crossover.discard", "crossover.period")},
}
_OF = {
    **dict.fromkeys(("parallel_trial", "randomised_withdrawal", "scenario_trial"), "persons in each arm"),
    "cross_sectional": "users, and as many others",
    "self_report": "users",
    "case_series": "cases",
    "n_of_1": "persons in the series",
    "ema": "persons",
}
_LARGEST = {"participants": 2000, "weeks": 52, "washout": 84}
_SMALLEST = {"participants": 10, "weeks": 1, "washout": 0}


@dataclass(frozen=True)
class Question:
    """What is asked of a study.

    Attributes
    ----------
    size : str
        What is looked for; see `SIZES`.
    goal : Goal
    setting, estimand, estimator : str
        Empty for those that the study is mainly about.
    largest : int
        Of the size; 0 for a reasonable one.
    """

    size: str
    goal: Goal
    setting: str = ""
    estimand: str = ""
    estimator: str = ""
    largest: int = 0


@dataclass(frozen=True)
class Answer:
    """The plan, and what it is about."""

    question: Question
    plan: Plan
    of: str
    smallest: int
    largest: int


class Sized:
    """A study file with other sizes.

    Parameters
    ----------
    path : Path
    changes : sequence of str
        Overrides of the command line.
    question : Question
    workers : int
        Processes for the pool of persons.
    replicates, seed : int, optional
        Instead of those of the file.

    Raises
    ------
    ScenarioError
        If the design has no such size, setting, estimand or estimator.
    """

    def __init__(
        self, path: Path, changes: Sequence[str], question: Question, *, workers: int = 1, **options: int | None
    ) -> None:
        self.workers = workers
        self.path, self.changes, self.options = path, list(changes), options
        self.base = load_study(path, changes, **options)
        design = self.base.design
        if question.size not in SIZES or design not in _KEYS[question.size]:
            known = [size for size in SIZES if design in _KEYS[size]]
            raise ScenarioError(
                f"--find: {question.size} cannot be looked for in {design}; allowed: {', '.join(known)}"
            )
        self.keys = _KEYS[question.size][design]
        self.question = question
        self.largest = question.largest or self._most()
        self._check_largest()
        self.smallest = self._least()
        self._designs: dict[tuple[int, Sequence[str]], Design] = {}
        self._people: dict[str, People] = {}
        self.question = self._settled()

    def _most(self) -> int:
        """Return the largest size to try where none is asked for: halved until the file and its pool allow it."""
        x = _LARGEST[self.question.size]
        while x > _SMALLEST[self.question.size] + 1:
            with suppress(ScenarioError):
                self.at(x)
                break
            x //= 2
        return x

    def _check_largest(self) -> None:
        try:
            self.at(self.largest)
        except ScenarioError as error:
            raise ScenarioError(f"--up-to: {self.largest} is not possible here: {error}") from None

    def _least(self) -> int:
        """Return the smallest size that the file allows."""
        for x in range(_SMALLEST[self.question.size], self.largest):
            with suppress(ScenarioError):
                self.at(x)
                return x
        raise ScenarioError(f"--up-to: {self.largest} leaves no range; allowed: a larger one")

    @property
    def of(self) -> str:
        """What is counted."""
        if self.question.size == "participants":
            return _OF.get(self.base.design, "participants")
        return {"weeks": "weeks", "washout": "days left out at the start of each period"}[self.question.size]

    def at(self, x: int, estimators: Sequence[str] = ()) -> Study:
        """Return the study of a size."""
        table: Any = self.base.table
        more = []
        for key in self.keys:
            if self.question.size == "participants":
                more.append(f"{key}={x}")
            elif self.question.size == "washout":
                analysed = (table.crossover.period - table.crossover.discard) / DAY_H
                more.append(f'{key}="{x} d"' if key.endswith("discard") else f'{key}="{x + analysed:g} d"')
            else:
                weeks = max(x, 1)
                more.append(f'{key}=["{weeks} wk"]' if key == "visits" else f'{key}="{7 * weeks} d"')
        if estimators:
            more.append(f'analysis.estimators=["{estimators[0]}"]')
        return load_study(self.path, [*self.changes, *more], **self.options)

    def _settled(self) -> Question:
        """Return the question with the setting, estimand and estimator that it is about."""
        names = [setting.name for setting in self.base.settings]
        effective = [s.name for s in self.base.settings if any(map(s.acts, _EFFECTS))]
        setting = self.question.setting or (effective or names)[0]
        if setting not in names:
            raise ScenarioError(f"--in: no setting {setting!r} in this study; {nearest(setting, names)}")
        design = self._asked_about(setting)
        pairs = [(row.estimand, row.estimator) for row in design.rows(0)]
        estimands = list(dict.fromkeys(estimand for estimand, _ in pairs))
        estimand = self.question.estimand or self._main(estimands)
        if estimand not in estimands:
            raise ScenarioError(f"--estimand: no {estimand!r} in this study; {nearest(estimand, estimands)}")
        estimators = list(dict.fromkeys(b for a, b in pairs if a == estimand))
        words = estimand_words(self.base.design, estimand)
        main = words.main if words.main in estimators else estimators[0]
        estimator = self.question.estimator or main
        if estimator not in estimators:
            raise ScenarioError(f"--estimator: no {estimator!r} of {estimand}; {nearest(estimator, estimators)}")
        if words.scale == "share" and isinstance(self.question.goal, Power):
            raise ScenarioError(f"--power: {estimand} is a share, of which nothing is tested; allowed: --bias")
        return replace(self.question, setting=setting, estimand=estimand, estimator=estimator)

    def _main(self, estimands: Sequence[str]) -> str:
        """Return the estimand that a study is mainly about: of a series its mean, of a trial the end of treatment."""
        if "long_run_mean" in estimands:
            return "long_run_mean"
        treatment = getattr(self.base.table, "treatment", None)
        at_end = f"difference_week_{treatment.for_h / 168:.0f}" if treatment is not None else ""
        return at_end if at_end in estimands else estimands[0]

    def _asked_about(self, setting: str) -> Design:
        """Return the study whose estimands are asked about: of weeks that of the file, else the largest."""
        if self.question.size == "participants":
            return self._opened(self.largest, setting, ())
        design = design_of(self.base, next(s for s in self.base.settings if s.name == setting))
        design.open(people_of_study(design.recipe(), workers=self.workers))
        return design

    def _opened(self, x: int, setting: str, estimators: Sequence[str]) -> Design:
        key = (x, estimators)
        if key not in self._designs:
            study = self.at(x, estimators)
            chosen = next(s for s in study.settings if s.name == setting)
            design = design_of(study, chosen)
            recipe = self._pool(x, setting)
            if recipe.content not in self._people:
                self._people = {recipe.content: people_of_study(recipe, workers=self.workers)}
            design.open(self._people[recipe.content])
            if len(self._designs) > 3:
                self._designs.clear()
            self._designs[key] = design
        return self._designs[key]

    def _pool(self, x: int, setting: str) -> Recipe:
        """Return the recipe of the pool: of participants that of the largest size, from which smaller ones draw."""
        study = self.at(self.largest if self.question.size == "participants" else x)
        needed = participants(study.table)
        persons = study.persons
        if study.table.pool is None and self.base.design not in ("cross_sectional", "self_report", "case_series"):
            persons = max(needed, min(_FRESH * needed, _MOST_POOL))
        study = replace(study, persons=persons)
        return design_of(study, next(s for s in study.settings if s.name == setting)).recipe()

    def replicates(self, x: int, first: int, count: int) -> Batch:
        """Return what so many studies of a size say, from replicate `first` on."""
        estimand, estimator = self.question.estimand, self.question.estimator
        several = (estimator,) if hasattr(self.base.table, "analysis") else ()
        design = self._opened(x, self.question.setting, several)
        wanted = estimand if self.question.size != "weeks" else self._at_weeks(estimand, x)
        found = [
            next(row for row in design.rows(k) if row.estimand == wanted and row.estimator == estimator)
            for k in range(first, first + count)
        ]
        fits = [row.estimate for row in found]
        rejected = np.array([float(e.p < LEVEL) if e.converged else np.nan for e in fits])
        return Batch(rejected, np.array([e.value for e in fits]), np.array([row.truth for row in found]))

    @staticmethod
    def _at_weeks(estimand: str, x: int) -> str:
        """Return an estimand of week N, or after N weeks, at another week."""
        renamed = re.sub(r"_week_\d+$", f"_week_{x}", estimand)
        return re.sub(r"_\d+wk$", f"_{x}wk", renamed)


_EFFECTS = ("relief_severity", "withdrawal", "protracted", "longrun")


def plan_study(
    sized: Sized,
    effort: Effort | None = None,
    *,
    share_of_truth: float,
    progress: Callable[[int, int, str], None] | None,
) -> Answer:
    """Search the size of a study.

    Parameters
    ----------
    sized : Sized
    effort : Effort, optional
    share_of_truth : float
        Bias above this share of the truth makes power worthless.
    progress : callable, optional
        Told (replicates done, at most, what was done).
    """
    plan = find(
        sized.replicates,
        sized.question.goal,
        sized.smallest,
        sized.largest,
        share_of_truth=share_of_truth,
        effort=effort,
        progress=progress,
    )
    return Answer(sized.question, plan, sized.of, sized.smallest, sized.largest)

"""Small study files, one of each design, and what comes of them: shared by the tests of `ketum study`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ketum.reports.study_account import whole_design
from ketum.studies.designs import Design, design_of
from ketum.studies.identification import identified
from ketum.studies.lives.recipe import Recipe
from ketum.studies.load import load_study
from ketum.studies.model import Study
from ketum.studies.performance import performance
from ketum.studies.pool import people_of_study

OWN = """\
[people]
count = 50
population = "adults_with_depression"
[[arm]]
name = "nothing"
[[arm]]
name = "kratom"
use = [{ product = "leaf_powder", dose = "3 g", as_needed = true, at_most_per_day = 6, for = "52 wk" }]
[[arm]]
name = "sertraline"
treatments = [{ name = "sertraline", dose = "50 mg", per_day = 1, for = "52 wk" }]
[[arm]]
name = "both"
use = [{ product = "leaf_powder", dose = "3 g", as_needed = true, at_most_per_day = 6, for = "52 wk" }]
treatments = [{ name = "sertraline", dose = "50 mg", per_day = 1, for = "52 wk" }]
[record]
for = "26 wk"
every = "1 d"
"""
"""The scenario of `scenario_trial`."""
_CONSIDERING = '[cohort]\nenrichment = 250\nstart_until = "8 wk"\nfollow = "4 wk"\n'
SMALL: Mapping[str, str] = {
    "cross_sectional": '[pool]\npersons = 2000\n[world]\nfor = "52 wk"\nenrichment = 60\n'
    "[sampling]\nusers = 30\nothers = 30\n"
    '[analysis]\nestimators = ["crude", "adjusted", "correlation_prevalence", "correlation_balanced"]\n'
    'adjust = ["age", "sex"]\n',
    "self_report": 'source = "regular_users"\n[pool]\npersons = 100\n[sampling]\nusers = 30\n',
    "case_series": '[pool]\npersons = 2000\n[world]\nfor = "52 wk"\nenrichment = 60\n'
    '[sampling]\ncases = 5\nphq9_at_least = 8\nused_for = "28 d"\n',
    "new_user_cohort": f"{_CONSIDERING}[pool]\npersons = 200\n[sampling]\nparticipants = 100\n",
    "target_trial": '[cohort]\nenrichment = 250\nfollow = "8 wk"\n'
    "[pool]\npersons = 200\n[sampling]\nparticipants = 100\n"
    '[analysis]\nestimators = ["naive_regression", "iptw_last", "iptw_4", "iptw_12", "iptw_same", "iptw_oracle", '
    '"g_formula"]\nadjust = ["age", "sex"]\nbootstrap = 20\n',
    "parallel_trial": 'visits = ["4 wk", "8 wk"]\n[treatment]\nfor = "4 wk"\n[pool]\npersons = 100\n'
    "[sampling]\nper_arm = 20\n",
    "randomised_withdrawal": 'visits = ["1 wk", "4 wk"]\n[withdrawal]\nlead = "8 wk"\nrelapse_until = "8 wk"\n'
    "[pool]\npersons = 100\n[sampling]\nper_arm = 20\n"
    '[analysis]\nestimators = ["ancova", "unadjusted", "cox", "kaplan_meier", "before_after"]\n',
    "n_of_1": '[crossover]\nexperience = "4 wk"\npairs = 3\nperiod = "7 d"\ndiscard = "2 d"\nwashout = "1 d"\n'
    "[pool]\npersons = 100\n[sampling]\npersons = 8\n"
    '[analysis]\nestimators = ["paired_t", "daily_least_squares", "daily_autoregressive", "meta_dl", "meta_pm", '
    '"mixed"]\n',
    "ema": '[moments]\nexperience = "4 wk"\nfor = "5 d"\n[pool]\npersons = 100\n[sampling]\npersons = 20\n',
    "scenario_trial": 'scenario = "own.toml"\narms = ["kratom", "nothing"]\nvisits = ["4 wk"]\n'
    "[pool]\npersons = 100\n[sampling]\nper_arm = 20\n",
}
"""One small study of each design: what stands behind its name, settings and number of replicates."""


STUDY_FILES = {
    *("study.toml", "replicates.csv", "performance.csv", "example.csv", "findings.csv"),
    *("study.json", "provenance.json", "report.html"),
}
"""What a study folder holds; the scenario too where it is about one."""


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def results(folder: Path) -> dict[str, bytes]:
    """Return everything in a study folder that is a result."""
    return {name: (folder / name).read_bytes() for name in ("replicates.csv", "performance.csv", "example.csv")}


def text_of(design: str, more: str | None = None, *, settings: Sequence[str] = ("null", "harm"), seed: int = 1) -> str:
    """Return the text of a study file; `more` is what stands behind the lines that all share."""
    more = SMALL[design] if more is None else more
    own, bracket, tables = ("\n" + more).partition("\n[")
    names = ", ".join(f'"{name}"' for name in settings)
    head = f'design = "{design}"\nseed = {seed}\nreplicates = 6{own}\n'
    return f"{head}[setting]\ncausal = [{names}]{bracket}{tables}"


def written(folder: Path, text: str, name: str = "small.toml") -> Path:
    """Write a study file, and the scenario beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "own.toml").write_text(OWN, encoding="utf-8")
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


class Laboratory:
    """Studies on pools that are lived once in a session."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def study(self, text: str, *changes: str) -> Study:
        """Return a study."""
        return load_study(written(self.folder, text), changes)

    def design(self, study: Study, setting: str) -> Design:
        """Return the design of a study, with its pool."""
        design = design_of(study, next(one for one in study.settings if one.name == setting))
        design.open(people_of_study(design.recipe()))
        return design

    def rows(self, study: Study, setting: str, replicates: int) -> pd.DataFrame:
        """Return replicates 0, 1, ... as rows of ``replicates.csv``."""
        return rows_of(self.design(study, setting), replicates)

    def performance(self, study: Study, replicates: int, *settings: str) -> Performance:
        """Return the performance of a study in some of its settings."""
        names = settings or tuple(setting.name for setting in study.settings)
        table = pd.concat([self.rows(study, name, replicates) for name in names], ignore_index=True)
        pairs = set(zip(table["estimand"], table["estimator"], strict=True))
        facts = whole_design(study)
        return Performance(performance(table, {pair: identified(facts, *pair).yes for pair in pairs}), table)


class Performance:
    """Performance tables, read by setting, estimand and estimator."""

    def __init__(self, table: pd.DataFrame, replicates: pd.DataFrame) -> None:
        self.table, self.replicates = table, replicates

    def of(self, setting: str, estimand: str, estimator: str) -> pd.Series[float]:
        """Return one row."""
        t = self.table
        found = t[(t["setting"] == setting) & (t["estimand"] == estimand) & (t["estimator"] == estimator)]
        assert len(found) == 1
        return found.iloc[0]


def rows_of(design: Design, replicates: int | Sequence[int]) -> pd.DataFrame:
    """Return so many replicates of a design, or those of some numbers, as rows of ``replicates.csv``."""
    found = []
    for replicate in range(replicates) if isinstance(replicates, int) else replicates:
        for row in design.rows(replicate):
            e = row.estimate
            found.append(
                {
                    **{"setting": design.setting.name, "replicate": replicate, "unit": row.unit},
                    **{"estimand": row.estimand, "estimator": row.estimator, "participants": row.participants},
                    **{"truth": row.truth, "value": e.value, "se": e.se, "low": e.low, "high": e.high, "p": e.p},
                    **{"converged": e.converged, "note": e.note},
                }
            )
    return pd.DataFrame(found)


def smaller_chunks(monkeypatch: pytest.MonkeyPatch, persons: int) -> None:
    """Let pools be lived in chunks of so many persons."""
    for kind in recipes():
        monkeypatch.setattr(kind, "chunk", persons)


def recipes() -> list[type[Recipe]]:
    """Return all kinds of pools."""
    return [Recipe, *Recipe.__subclasses__()]


def same_lives(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    """Return the names of the columns whose bits differ between two sets of lives."""
    assert one.keys() == other.keys()
    return [name for name in one if np.asarray(one[name]).tobytes() != np.asarray(other[name]).tobytes()]


class Stopped:
    """Progress and stage of a study that is interrupted in the stage of some words, after so many calls of progress."""

    def __init__(self, words: str, after: int) -> None:
        self.words, self.after = words.split(), after
        self.here = False

    def stage(self, name: str) -> None:
        self.here = all(word in name for word in self.words)
        if self.here and self.after == 0:
            raise KeyboardInterrupt

    def progress(self, *_: int) -> None:
        if self.here:
            self.after -= 1
            if self.after == 0:
                raise KeyboardInterrupt

    @property
    def told(self) -> dict[str, Callable[..., None]]:
        """Arguments for `ketum.studying.study`."""
        return {"progress": self.progress, "stage": self.stage}

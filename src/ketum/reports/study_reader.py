"""A study folder in memory: everything that its report says comes from here."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError

from ketum.errors import RunFolderError
from ketum.reports import files
from ketum.reports.study_facts import Estimand, Estimator, Setting, StudyFacts
from ketum.studies.performance import PERFORMANCE, REPLICATES, Verdict, verdict

Array = NDArray[np.float64]
Key = tuple[str, str, str]
"""Setting, estimand, estimator."""
FACTS, STUDY, EXAMPLE = "study.json", "study.toml", "example.csv"
SCORES, ESTIMATES = "performance.csv", "replicates.csv"
_KEYS = ("setting", "estimand", "estimator")
_WORDS = {*_KEYS, "rejection_is", "identified"}


@dataclass(frozen=True, slots=True)
class Scored:
    """A row of ``performance.csv``: each number on the scale of the estimand, not a number where it is not known."""

    replicates: int
    failed: int
    participants: float
    truth: float
    truth_mcse: float
    mean: float
    bias: float
    bias_mcse: float
    empirical_se: float
    empirical_se_mcse: float
    model_se: float
    model_se_mcse: float
    rmse: float
    rmse_mcse: float
    coverage: float
    coverage_mcse: float
    rejection: float
    rejection_mcse: float
    rejection_is: str
    identified: bool
    used: float

    @property
    def answered(self) -> int:
        """Replicates in which the fit did not fail."""
        return self.replicates - self.failed

    @property
    def no_effect(self) -> bool:
        """Whether the truth is no effect, so that a rejection is an error."""
        return self.rejection_is != "power"

    @property
    def judged(self) -> Verdict:
        """What the row says beyond Monte-Carlo error; any bias beyond it counts."""
        return verdict(asdict(self), 0.0)


@dataclass(frozen=True, slots=True)
class Repeated:
    """Estimates and p-values of the replicates whose fit did not fail, each (replicate,); a share has no p-value."""

    value: Array
    p: Array

    @property
    def tested(self) -> bool:
        """Whether no effect was tested at all."""
        return bool(np.isfinite(self.p).any())


@dataclass(frozen=True)
class StudyFolder:
    """What a study folder holds: facts, performance and replicates by setting, estimand and estimator, one data set."""

    facts: StudyFacts
    scored: Mapping[Key, Scored]
    repeated: Mapping[Key, Repeated]
    replicates: pd.DataFrame
    example: pd.DataFrame | None
    study_text: str

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The settings in the order in which they are told."""
        return self.facts.settings

    @property
    def estimands(self) -> tuple[Estimand, ...]:
        """The estimands in the order in which they are told."""
        return self.facts.estimands

    def estimators(self, estimand: Estimand) -> tuple[Estimator, ...]:
        """Return the estimators of an estimand, in the order in which they are told."""
        used = {estimator for _, name, estimator in self.scored if name == estimand.name}
        return tuple(estimator for estimator in self.facts.estimators if estimator.name in used)

    def place(self, estimator: Estimator) -> int:
        """Return the place of an estimator among all, which is that of its colour."""
        return self.facts.estimators.index(estimator)

    def main(self, estimand: Estimand) -> Estimator:
        """Return the estimator of an estimand that the summary tells."""
        return next(e for e in self.facts.estimators if e.name == estimand.main)

    def rows(self, estimand: Estimand, estimator: Estimator) -> list[tuple[Setting, Scored]]:
        """Return the performance in each setting."""
        keys = [(setting, (setting.name, estimand.name, estimator.name)) for setting in self.settings]
        return [(setting, self.scored[key]) for setting, key in keys if key in self.scored]


def read_study(folder: Path) -> StudyFolder:
    """Read a study folder.

    Raises
    ------
    RunFolderError
        If a file is missing or broken, or files are of different studies.
    """
    if not folder.is_dir():
        raise RunFolderError(f"{folder}: there is no such study folder")
    facts = read_facts(folder / FACTS)
    table = _table(folder / SCORES, PERFORMANCE)
    replicates = _table(folder / ESTIMATES, REPLICATES)
    study = StudyFolder(
        facts,
        {_key(row): _scored(folder / SCORES, row) for row in table.to_dict("records")},
        {
            (str(key[0]), str(key[1]), str(key[2])): _repeated(rows)
            for key, rows in replicates.groupby(list(_KEYS), sort=False)
        },
        replicates,
        _example(folder / EXAMPLE) if facts.example is not None else None,
        files.text(folder / STUDY),
    )
    _check(folder, study)
    return study


def read_facts(path: Path) -> StudyFacts:
    """Read ``study.json``.

    Raises
    ------
    RunFolderError
        If it is missing or is not what a study of ketum writes; names the first key that is wrong.
    """
    try:
        return StudyFacts.model_validate_json(files.text(path))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RunFolderError(f"{path}: {f'{place}: ' if place else ''}{first['msg']}") from None


def _table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return these columns of a table, words as text and all others as numbers."""
    found = _csv(path)
    if not set(columns) <= set(found.columns):
        raise RunFolderError(f"{path}: must have the columns {', '.join(columns)}")
    found = found[list(columns)]
    for column in columns:
        if column in _WORDS:
            found[column] = found[column].astype(str)
        elif column == "converged":
            found[column] = found[column].astype(str).str.lower().isin(("true", "1", "1.0", "yes"))
        else:
            try:
                found[column] = pd.to_numeric(found[column]).astype(float)
            except ValueError as error:
                raise RunFolderError(f"{path}: column {column}: {error}") from None
    return found


def _csv(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(io.StringIO(files.text(path)), keep_default_na=False, na_values=["", "nan", "NaN"])
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise RunFolderError(f"{path}: is no table ({str(error).strip()})") from None


def _key(row: Mapping[object, object]) -> Key:
    setting, estimand, estimator = (str(row[name]) for name in _KEYS)
    return setting, estimand, estimator


def _scored(path: Path, row: Mapping[object, object]) -> Scored:
    if row["identified"] not in ("yes", "no"):
        raise RunFolderError(f"{path}: identified: '{row['identified']}' must be yes or no")
    values = {name: row[name] for name in PERFORMANCE if name not in _KEYS}
    whole = {name: int(float(str(values[name]))) for name in ("replicates", "failed")}
    return Scored(**{**values, **whole, "identified": values["identified"] == "yes"})  # type: ignore[arg-type]


def _repeated(rows: pd.DataFrame) -> Repeated:
    numbers = rows[["value", "se", "low", "high"]]
    finite = np.isfinite(numbers.to_numpy(dtype=float)).all(axis=1)
    kept = rows[rows["converged"].to_numpy(dtype=bool) & finite]
    return Repeated(*(kept[name].to_numpy(dtype=float) for name in ("value", "p")))


def _example(path: Path) -> pd.DataFrame:
    return _csv(path)


def _check(folder: Path, study: StudyFolder) -> None:
    """Refuse a folder whose files tell different things."""
    facts = study.facts
    known = (
        {setting.name for setting in facts.settings},
        {estimand.name for estimand in facts.estimands},
        {estimator.name: estimator for estimator in facts.estimators},
    )
    for name, table in ((SCORES, study.scored), (ESTIMATES, study.repeated)):
        for key in table:
            for kind, value, names in zip(_KEYS, key, known, strict=True):
                if value not in names:
                    raise RunFolderError(f"{folder / name}: {kind} '{value}' is not in {FACTS}")
    for (_, estimand, estimator), row in study.scored.items():
        told = known[2][estimator].identified.get(estimand)
        if told is None or told.yes is not row.identified:
            text = "missing" if told is None else str(told.yes).lower()
            raise RunFolderError(
                f"{folder / FACTS}: estimators.{estimator}.identified.{estimand}.yes is {text}, but {SCORES} says "
                f"{'yes' if row.identified else 'no'}"
            )
    for asked in facts.estimands:
        for setting in facts.settings:
            if (setting.name, asked.name, asked.main) not in study.scored:
                wanted = f"{asked.name} by {asked.main} in {setting.name}"
                raise RunFolderError(f"{folder / SCORES}: has no row of {wanted}, which {FACTS} asks for")
    if facts.example is not None and study.example is not None:
        drawn = facts.example
        for column in filter(None, (drawn.x, drawn.y, drawn.group, drawn.unit)):
            if column not in study.example.columns:
                raise RunFolderError(f"{folder / EXAMPLE}: has no column '{column}', which {FACTS} asks for")

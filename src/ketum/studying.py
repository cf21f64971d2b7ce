"""From a study file to a study folder: the one way in which the command and the Python interface emulate a study."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ketum.errors import KetumError, RunFolderError
from ketum.running import run_folder

if TYPE_CHECKING:
    import pandas as pd

    from ketum.evidence import ParameterTable
    from ketum.studies.model import Study
    from ketum.studies.searching import Effort
    from ketum.studies.sizes import Answer, Question

Progress = Callable[[int, int], None]
Stage = Callable[[str], None]
SHARE_OF_TRUTH = 0.1
"""Bias above this share of the truth makes power worthless, and is told as bias."""


@dataclass(frozen=True, slots=True)
class Studied:
    """A finished study.

    Attributes
    ----------
    folder : Path
        The study folder.
    study : Study
    performance : pandas.DataFrame
        One row a setting, estimand and estimator, as in ``performance.csv``.
    replicates : pandas.DataFrame
        One row an estimate, as in ``replicates.csv``.
    answer : Answer or None
        The size that was looked for.
    findings : tuple of dict
        Safety findings of the exposure.
    seconds : float
    """

    folder: Path
    study: Study
    performance: pd.DataFrame
    replicates: pd.DataFrame
    answer: Answer | None
    findings: tuple[dict[str, str], ...]
    seconds: float


def study(
    file: Path | str,
    out: Path | str | None = None,
    *,
    overrides: Sequence[str] = (),
    replicates: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    resume: bool = False,
    question: Question | None = None,
    effort: Effort | None = None,
    progress: Progress | None = None,
    stage: Stage | None = None,
) -> Studied:
    """Emulate a study and write its folder.

    Parameters
    ----------
    file : path
        A study file.
    out : path, optional
        The study folder; by default ``runs/<name of the file>``.
    overrides, replicates, seed
        As for `ketum.studies.load.load_study`.
    workers : int, optional
        Processes; the results do not depend on it. A script that uses more than one stands behind
        ``if __name__ == "__main__":``, as each process reads it again.
    resume : bool
        Go on where an interrupted study of the same file stopped.
    question : Question, optional
        A size to look for beside.
    effort : Effort, optional
        How much the search may take.
    progress, stage : callable, optional
        Called with (done, in all), and with what is being done.

    Raises
    ------
    KetumError
        For anything in the file or the folder that cannot be used.
    """
    from ketum.engine.workers import cores
    from ketum.findings import find
    from ketum.reports.study import write_study_report
    from ketum.reports.study_account import account, tables_of
    from ketum.results.folder import STUDY, abandon, claim_folder, publish, run_key, write_findings
    from ketum.studies.emulate import emulate
    from ketum.studies.load import load_study, to_toml
    from ketum.studies.mirror import mirrored
    from ketum.studies.performance import performance
    from ketum.studies.sizes import Sized, plan_study

    began = time.monotonic()
    say = stage or (lambda _: None)
    path = Path(file)
    plan = load_study(path, overrides, replicates, seed)
    processes = cores() if workers is None else workers
    sized = None
    if question is not None:
        say("persons")
        # a question that cannot be asked is refused before anything is repeated or written
        sized = Sized(path, overrides, question, workers=processes, replicates=replicates, seed=seed)
    text = to_toml(plan)
    tables: dict[str, ParameterTable] = tables_of(plan)
    target = run_folder(path, out)
    partial = claim_folder(target, run_key(f"{text}\n{plan.scenario}\n{question}", tables), resume=resume, kind=STUDY)
    try:
        done = emulate(plan, partial, workers=processes, resume=resume, progress=progress, stage=say)
        answer = None
        if sized is not None:
            say("looking for the size")
            answer = plan_study(sized, effort, share_of_truth=SHARE_OF_TRUTH, progress=_counted(progress))
        say("writing results")
        findings = [finding.row() for finding in find(mirrored(plan))]
        told = account(plan, done, answer, findings, path.name, time.monotonic() - began, text)
        table = performance(done.replicates, told.identified, {pool.setting: pool.used for pool in done.pools})
        done.replicates.to_csv(partial / "replicates.csv", index=False, float_format="%.10g")
        table.to_csv(partial / "performance.csv", index=False, float_format="%.10g")
        done.example.to_csv(partial / "example.csv", index=False, float_format="%.6g")
        copied = plan.table.model_copy(update={"scenario": "scenario.toml"}) if plan.scenario else plan.table
        (partial / "study.toml").write_text(to_toml(replace(plan, table=copied)), encoding="utf-8")
        write_findings(partial / "findings.csv", findings)
        if plan.scenario:
            (partial / "scenario.toml").write_text(plan.scenario, encoding="utf-8")
        for name, content in (("study.json", told.facts), ("provenance.json", told.provenance)):
            (partial / name).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        say("writing the report")
        write_study_report(partial)
    except OSError as error:
        abandon(partial, STUDY)
        raise RunFolderError(f"{target}: cannot be written ({error.strerror or error})") from None
    except KetumError:
        abandon(partial, STUDY)
        raise
    publish(partial, target, STUDY)
    return Studied(target, plan, table, done.replicates, answer, tuple(findings), time.monotonic() - began)


def _counted(progress: Progress | None) -> Callable[[int, int, str], None] | None:
    """Return a progress that is not told what was done."""
    if progress is None:
        return None
    return lambda done, most, _: progress(done, most)

"""From a scenario file to a run folder: the one way in which the command and the Python interface run a scenario."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ketum.errors import KetumError, RunFolderError
from ketum.evidence import ParameterTable
from ketum.scenario import Scenario, load_scenario, to_toml

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from ketum.findings import Finding
    from ketum.results.uncertain import Asked

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run.

    Attributes
    ----------
    folder : Path
        The run folder.
    scenario : Scenario
    dataset : xarray.Dataset
        Statistics of every output, as in ``results.nc``.
    endpoints : pandas.DataFrame
        End points by arm and their paired differences, as in ``endpoints.csv``.
    draws : pandas.DataFrame or None
        Every statistic in every parameter set, as in ``draws.csv``; None without uncertainty.
    findings : tuple of Finding
        Safety findings, the most serious first, as in ``findings.csv``.
    seconds : float
        Time spent.
    """

    folder: Path
    scenario: Scenario
    dataset: xr.Dataset
    endpoints: pd.DataFrame
    draws: pd.DataFrame | None
    findings: tuple[Finding, ...]
    seconds: float


def run_folder(name: Path | str, out: Path | str | None) -> Path:
    """Return where a run folder stands: `out`, or ``runs/<name of the file>``."""
    return Path(out) if out is not None else Path("runs") / Path(name).stem


def run(
    scenario: Path | str | Scenario,
    out: Path | str | None = None,
    *,
    overrides: Sequence[str] = (),
    people: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    stage: Callable[[str], None] | None = None,
) -> Run:
    """Run a scenario and write its run folder.

    Parameters
    ----------
    scenario : path or Scenario
        A scenario file, or one already loaded.
    out : path, optional
        The run folder; by default ``runs/<name of the file>``.
    overrides, people, seed
        As for `ketum.scenario.load_scenario`.
    workers : int, optional
        Processes; the results do not depend on it. A script that uses more than one stands behind
        ``if __name__ == "__main__":``, as each process reads it again.
    resume : bool
        Go on where an interrupted run of the same scenario stopped.
    progress : callable, optional
        Called with (persons done, persons in all).
    stage : callable, optional
        Called with what is being done.

    Returns
    -------
    Run

    Raises
    ------
    KetumError
        For anything in the scenario, the event table or the folder that cannot be used.
    """
    from ketum.engine.workers import run_experiment
    from ketum.findings import find
    from ketum.results.dataset import build_dataset, summary_table, write_dataset
    from ketum.results.folder import (
        abandon,
        claim_folder,
        provenance,
        publish,
        run_key,
        write_findings,
        write_persons,
    )
    from ketum.results.provenance import uncertainty_facts
    from ketum.results.rests_on import rests_on
    from ketum.results.tables import draw_table, endpoint_table, pk_table
    from ketum.results.uncertain import person_count, run_uncertain
    from ketum.scenario.build import build_experiment

    began = time.monotonic()
    say = stage or (lambda _: None)
    if isinstance(scenario, Scenario):
        resolved, source, name = scenario, to_toml(scenario), "scenario"
    else:
        path = Path(scenario)
        resolved = load_scenario(path, overrides, people, seed)
        source, name = path.read_text(encoding="utf-8-sig"), path.stem
    target = run_folder(name, out)
    text = to_toml(resolved)
    experiment = build_experiment(resolved)
    used = experiment.cohort.tables
    tables: dict[str, ParameterTable] = {
        table.name: table for table in (used.body, used.mood, used.covariates, used.scales, used.rules)
    }
    partial = claim_folder(target, run_key(text, tables), resume=resume)
    try:
        say("simulating")
        asked = _asked(resolved)
        later = person_count(experiment, asked) if asked else 0
        tell = _counting(progress, 0, later)
        collected = run_experiment(experiment, partial, workers=workers, resume=resume, progress=tell)
        uncertain = None
        if asked:
            say("parameter sets")
            tell = _counting(progress, experiment.cohort.count, experiment.cohort.count)
            uncertain = run_uncertain(experiment, asked, partial, workers=workers, progress=tell)
        say("writing results")
        dataset = build_dataset(collected, resolved.title, resolved.seed, uncertain)
        write_dataset(dataset, partial / "results.nc")
        summary_table(dataset).to_csv(partial / "summary.csv", index=False, float_format="%.7g")
        endpoints = endpoint_table(collected, uncertain)
        endpoints.to_csv(partial / "endpoints.csv", index=False, float_format="%.7g")
        if resolved.record.pk:
            pk_table(collected, uncertain).to_csv(partial / "pk.csv", index=False, float_format="%.7g")
        draws = None
        if uncertain is not None:
            draws = draw_table(uncertain)
            draws.to_csv(partial / "draws.csv", index=False, float_format="%.7g")
        write_persons(partial / "persons.csv", collected)
        findings = find(resolved, collected)
        write_findings(partial / "findings.csv", [finding.row() for finding in findings])
        (partial / "scenario.toml").write_text(text, encoding="utf-8")
        seconds = time.monotonic() - began
        facts = provenance(text, source, resolved.seed, tables, seconds)
        facts["rests_on"] = rests_on(experiment, experiment.outputs)
        if uncertain is not None and asked is not None:
            facts["uncertainty"] = uncertainty_facts(uncertain, asked)
        (partial / "provenance.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        say("writing the report")
        from ketum.reports.page import write_report

        write_report(partial)
    except OSError as error:
        abandon(partial)
        raise RunFolderError(f"{target}: cannot be written ({error.strerror or error})") from None
    except KetumError:
        abandon(partial)
        raise
    publish(partial, target)
    return Run(target, resolved, dataset, endpoints, draws, findings, time.monotonic() - began)


def _asked(scenario: Scenario) -> Asked | None:
    """Return what a scenario asks of uncertainty."""
    from ketum.results.uncertain import Asked
    from ketum.scenario.build import fixed_keys

    wanted = scenario.uncertainty
    if wanted is None:
        return None
    return Asked(wanted.draws, wanted.shares, wanted.of, fixed_keys(scenario))


def _counting(progress: Progress | None, before: int, others: int) -> Progress | None:
    """Return a progress that counts what came before, and those of other parts of the run."""
    return progress and (lambda done, count: progress(before + done, count + others))

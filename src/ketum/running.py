"""From a scenario file to a run folder: the one way in which the command and the Python interface run a scenario."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ketum.errors import KetumError, RunFolderError
from ketum.scenario import Scenario, load_scenario, to_toml
from ketum.simulation import Progress, Stage, simulate, tables_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from ketum.findings import Finding


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
    stage: Stage | None = None,
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
    from ketum.results.dataset import summary_table, write_dataset
    from ketum.results.folder import abandon, claim_folder, publish, run_key, write_findings, write_persons
    from ketum.results.tables import DIGITS
    from ketum.scenario.build import build_experiment

    began = time.monotonic()
    say = stage or (lambda _: None)
    if isinstance(scenario, Scenario):
        resolved, source, name = scenario, None, "scenario"
    else:
        path = Path(scenario)
        resolved = load_scenario(path, overrides, people, seed)
        source, name = path.read_text(encoding="utf-8-sig"), path.stem
    target = run_folder(name, out)
    experiment = build_experiment(resolved)
    partial = claim_folder(target, run_key(to_toml(resolved), tables_of(experiment)), resume=resume)
    try:
        made = simulate(
            resolved,
            partial,
            source=source,
            experiment=experiment,
            workers=workers,
            resume=resume,
            progress=progress,
            stage=stage,
        )
        say("writing results")
        write_dataset(made.dataset, partial / "results.nc")
        tables = {"summary": summary_table(made.dataset), "endpoints": made.endpoints}
        tables |= {name: table for name, table in (("pk", made.pk), ("draws", made.draws)) if table is not None}
        for name, table in tables.items():
            table.to_csv(partial / f"{name}.csv", index=False, float_format=DIGITS)
        write_persons(partial / "persons.csv", made.collected)
        write_findings(partial / "findings.csv", [finding.row() for finding in made.findings])
        (partial / "scenario.toml").write_text(made.text, encoding="utf-8")
        facts = {**made.facts, "seconds": round(time.monotonic() - began, 3)}
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
    return Run(target, resolved, made.dataset, made.endpoints, made.draws, made.findings, time.monotonic() - began)

"""From a resolved scenario to all that came of it, in memory: what a run folder is written from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ketum.evidence import ParameterTable
from ketum.scenario import Scenario, to_toml

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from ketum.engine.collected import Collected
    from ketum.engine.experiment import Experiment
    from ketum.engine.lives import Beginnings
    from ketum.findings import Finding
    from ketum.results.uncertain import Asked

Progress = Callable[[int, int], None]
Stage = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Simulation:
    """What came of a scenario.

    Attributes
    ----------
    scenario : Scenario
    text : str
        The resolved scenario as a file.
    collected : Collected
        Rows of single persons and their sums.
    dataset : xarray.Dataset
        As in ``results.nc``.
    endpoints, pk, draws : pandas.DataFrame
        As in the files of these names; pk and draws are None where they were not asked for.
    findings : tuple of Finding
    facts : dict
        As in ``provenance.json``.
    """

    scenario: Scenario
    text: str
    collected: Collected
    dataset: xr.Dataset
    endpoints: pd.DataFrame
    pk: pd.DataFrame | None
    draws: pd.DataFrame | None
    findings: tuple[Finding, ...]
    facts: dict[str, Any]


def tables_of(experiment: Experiment) -> dict[str, ParameterTable]:
    """Return the parameter tables of an experiment by name."""
    used = experiment.cohort.tables
    return {table.name: table for table in (used.body, used.mood, used.covariates, used.scales, used.rules)}


def simulate(
    scenario: Scenario,
    folder: Path,
    *,
    source: str | None = None,
    experiment: Experiment | None = None,
    workers: int | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    stage: Stage | None = None,
    beginnings: Beginnings | None = None,
) -> Simulation:
    """Simulate a scenario.

    Parameters
    ----------
    scenario : Scenario
    folder : Path
        An existing folder for rows of single persons and checkpoints.
    source : str, optional
        The file as it was written; by default the resolved one.
    experiment : Experiment, optional
        The scenario's experiment where it was built before.
    workers, resume, progress, stage
        As for `ketum.run`.
    beginnings : Beginnings, optional
        Run-ins that were lived before: they are taken up instead of lived again, with the same bits.

    Returns
    -------
    Simulation
    """
    from ketum.engine.workers import run_experiment
    from ketum.findings import find
    from ketum.results.dataset import build_dataset
    from ketum.results.folder import provenance
    from ketum.results.provenance import uncertainty_facts
    from ketum.results.rests_on import rests_on
    from ketum.results.tables import draw_table, endpoint_table, pk_table
    from ketum.results.uncertain import person_count, run_uncertain
    from ketum.scenario.build import build_experiment

    began = time.monotonic()
    say = stage or (lambda _: None)
    built = experiment or build_experiment(scenario)
    say("simulating")
    asked = asked_of(scenario)
    later = person_count(built, asked) if asked else 0
    tell = _counting(progress, 0, later)
    collected = run_experiment(built, folder, workers=workers, resume=resume, progress=tell, beginnings=beginnings)
    uncertain = None
    if asked:
        say("parameter sets")
        tell = _counting(progress, built.cohort.count, built.cohort.count)
        uncertain = run_uncertain(built, asked, folder, workers=workers, progress=tell)
    say("working out results")
    dataset = build_dataset(collected, scenario.title, scenario.seed, uncertain)
    endpoints = endpoint_table(collected, uncertain)
    text = to_toml(scenario)
    findings = find(scenario, collected)
    pk = pk_table(collected, uncertain) if scenario.record.pk else None
    draws = draw_table(uncertain) if uncertain is not None else None
    seconds = time.monotonic() - began
    facts = provenance(text, text if source is None else source, scenario.seed, tables_of(built), seconds)
    facts["rests_on"] = rests_on(built, built.outputs)
    if uncertain is not None and asked is not None:
        facts["uncertainty"] = uncertainty_facts(uncertain, asked)
    return Simulation(scenario, text, collected, dataset, endpoints, pk, draws, findings, facts)


def asked_of(scenario: Scenario) -> Asked | None:
    """Return what a scenario asks of uncertainty; None if nothing."""
    from ketum.results.uncertain import Asked
    from ketum.scenario.build import fixed_keys

    wanted = scenario.uncertainty
    if wanted is None:
        return None
    return Asked(wanted.draws, wanted.shares, wanted.of, fixed_keys(scenario))


def _counting(progress: Progress | None, before: int, others: int) -> Progress | None:
    """Return a progress that counts what came before, and those of other parts of the run."""
    return progress and (lambda done, count: progress(before + done, count + others))

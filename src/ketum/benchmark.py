"""Speed with its error: person-years a second, errors against a tight reference, libRoadRunner on the same protocol."""

from __future__ import annotations

import csv
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from importlib import resources
from importlib.util import find_spec
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketum.engine.chunk import run_range
from ketum.engine.cohort import Cohort, shipped_tables
from ketum.engine.experiment import ArmPlan, Experiment
from ketum.engine.outputs import output_catalogue
from ketum.engine.prepare import prepare_group
from ketum.engine.simulate import Window, resting_states, set_states, simulate
from ketum.engine.sketch import Axis, Sketches
from ketum.evidence import load_parameters
from ketum.mood import causal_settings
from ketum.people import draw_persons, typical_persons
from ketum.regimens import Amount, Medicine, Phase
from ketum.regimens.schedule import Schedule, build_schedule
from ketum.scenario.build import grid

Array = NDArray[np.float64]
_DAYS = 364
_HOURS = 24 * _DAYS
_DAYS_PER_YEAR = 365.25
_STEP_H = 0.5
_PER_HOUR = 2
_CHUNK = 1024
WITH_OPIOID = "with an opioid"
JOINED = ("as needed, with mood",)
KINDS = ("fixed, three a day", "as needed", WITH_OPIOID, *JOINED)
"""What is measured: body and brain alone, and joined with mood."""
_OUTPUTS = ("mitragynine", "7-hydroxymitragynine", "speciociliatine", "mor_activation", "withdrawal")
_TIMES = (7.0, 13.0, 19.0)
_SERVING_MG = 61.0
_START = {"protracted": 0.28, "protracted_delay": 0.28}
"""Start of the accuracy runs (body.md section 11), so that withdrawal is exercised."""
MONTH, MONTH_OF_USE = 30, 20
"""Days of the accuracy run, and of them with use."""
_TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9)
_TIGHT = 1e-11
_COMPARED = {"effect": "E", "tolerance": "T", "adapted": "D", "withdrawal_level": "W", "protracted": "P"}


def _schedule(kind: str) -> Schedule:
    if "as needed" in kind:
        phase = Phase(mode="as_needed", product="leaf_powder")
    else:
        phase = Phase(mode="per_day", product="leaf_powder", dose=Amount(4.0, "g leaf"), count=3)
    medicines = [Medicine(name="buprenorphine", dose_mg=8.0, per_day=1)] if kind == WITH_OPIOID else []
    return build_schedule((phase,), grid(load_parameters("body"), _HOURS, 0, _PER_HOUR), medicines)


def joined_experiment(kind: str, people: int) -> Experiment:
    """Return a year of use by `people` adults of whom mood is run as well: daily summaries, step 0.5 h."""
    cohort = Cohort(people, 1, "us_adults", shipped_tables())
    arm = ArmPlan(kind, _schedule(kind))
    settings = (causal_settings()["pharmacology"],)
    return Experiment(
        cohort, settings, None, 0, (arm,), _STEP_H, _HOURS, 0, 24 * _PER_HOUR, (*_OUTPUTS, "severity"), False, 0, 0
    )


def _run(kind: str, first: int, people: int) -> None:
    """Run a year of `people` persons, draws and reduction included."""
    if kind in JOINED:
        run_range(joined_experiment(kind, first + people), first, people)
        return
    body, axes = load_parameters("body"), [Axis.of(output_catalogue()[name]) for name in _OUTPUTS]
    schedule, window = _schedule(kind), Window(0, _HOURS, _OUTPUTS, 0, 24 * _PER_HOUR)
    hours = 24.0 * np.arange(1, _DAYS + 1, dtype=float)
    sketches = Sketches.empty(axes, _DAYS)
    for start in range(first, first + people, _CHUNK):
        numbers = np.arange(start, min(start + _CHUNK, first + people), dtype=np.int64)
        group = prepare_group(draw_persons(numbers, 1, body), body, _STEP_H)
        sketches.add(simulate(group, schedule, window, seed=1).outputs, kind, start, hours)


def _years(people: int) -> float:
    return people * _DAYS / _DAYS_PER_YEAR


def one_core(kind: str, people: int) -> float:
    """Return person-years per second of processor time of one thread, draws and reduction included."""
    _run(kind, 0, 32)
    began = time.process_time()
    _run(kind, 0, people)
    return _years(people) / (time.process_time() - began)


def _warm(kind: str) -> None:
    _run(kind, 0, 32)


def many_cores(kind: str, people: int, workers: int) -> float:
    """Return person-years per second of wall time with all workers busy."""
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        list(pool.map(_warm, [kind] * (4 * workers)))
        began = time.perf_counter()
        list(pool.map(_run, [kind] * workers, [k * people for k in range(workers)], [people] * workers))
        return _years(workers * people) / (time.perf_counter() - began)


def allowed_errors() -> dict[str, float]:
    """Return the largest errors that the accuracy table allows for leaf at this step."""
    text = resources.files("ketum.reference").joinpath("accuracy.csv").read_text(encoding="utf-8")
    return {
        row["signal"]: float(row["largest_error"])
        for row in csv.DictReader(text.splitlines())
        if row["run"] == "leaf" and float(row["step_h"]) == _STEP_H and row["signal"] in _COMPARED.values()
    }


def kernel_run(dt: float, days: int, of_use: int) -> dict[str, Array]:
    """Return the typical person at full hours from the compiled kernel; three servings a day for `of_use` days."""
    body, hours = load_parameters("body"), 24 * days
    dose = Amount(_SERVING_MG, "mg mitragynine")
    use = Phase(mode="per_day", product="leaf_powder", dose=dose, count=3, at_h=_TIMES, for_h=24.0 * of_use)
    schedule = build_schedule((use, Phase(mode="stop")), grid(body, hours, 0, round(1.0 / dt)))
    group = prepare_group(typical_persons(32, body), body, dt)
    window = Window(0, hours, snapshots=tuple(range(hours)))
    done = simulate(group, schedule, window, start=set_states(resting_states(group), _START))
    return {name: np.array([done.snapshot(hour, name)[0] for hour in range(hours)]) for name in _COMPARED}


def peer_run(tolerance: float, days: int, of_use: int) -> tuple[dict[str, Array], float]:
    """Return the same person from libRoadRunner and the processor time of its integration (compiling not counted)."""
    from ketum.reference.solve import integrate, load
    from ketum.reference.text import doses_in_order

    doses = doses_in_order(
        [(24.0 * day + hour, "leaf_powder", _SERVING_MG) for day in range(of_use) for hour in _TIMES]
    )
    weight = load_parameters("body").value("WT_ref")
    model = load(person={"WT": weight}, rel=tolerance, abs=tolerance * 1e-3)
    times = np.arange(24 * days, dtype=float)
    began = time.process_time()
    found = integrate(model, doses, times, initial=_START, names=tuple(_COMPARED))
    return found, time.process_time() - began


def _errors(found: Mapping[str, Array], reference: Mapping[str, Array]) -> dict[str, float]:
    return {symbol: float(np.abs(found[name] - reference[name]).max()) for name, symbol in _COMPARED.items()}


def compare() -> dict[str, Any]:
    """Return the kernel's errors, the peer's tolerance that is at least as exact, and the peer's speed there."""
    month = (MONTH, MONTH_OF_USE)
    reference, _ = peer_run(_TIGHT, *month)
    kernel = _errors(kernel_run(_STEP_H, *month), reference)
    halved = _errors(kernel_run(_STEP_H / 2, *month), reference)
    tried = []
    for tolerance in _TOLERANCES:
        found, seconds = peer_run(tolerance, *month)
        errors = _errors(found, reference)
        speed = MONTH / _DAYS_PER_YEAR / seconds
        tried.append({"tolerance": tolerance, "person_years_per_second": speed, "errors": errors})
        if all(errors[symbol] <= kernel[symbol] for symbol in kernel):
            break
    year = (_DAYS, _DAYS)
    return {
        "kernel_errors": kernel,
        "allowed_errors": allowed_errors(),
        "order": {symbol: float(np.log2(kernel[symbol] / halved[symbol])) for symbol in kernel},
        "kernel_errors_over_a_year": _errors(kernel_run(_STEP_H, *year), peer_run(_TIGHT, *year)[0]),
        "libroadrunner": tried,
    }


def peak_memory(people: int) -> float:
    """Return the peak memory, MB, of a fresh process that runs a year of as-needed use with mood."""
    code = (
        "import sys, tempfile; from pathlib import Path; from ketum.benchmark import joined_experiment;"
        "from ketum.engine.workers import run_experiment;"
        f"run_experiment(joined_experiment('as needed, with mood', {people}), Path(tempfile.mkdtemp()), workers=1);"
        "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(done.stdout) / 1024.0


def measure(people: int, workers: int, *, memory: bool) -> dict[str, Any]:
    """Return speeds by kind of use, errors beside the peer if libRoadRunner is installed, and peak memory if asked for.

    Parameters
    ----------
    people : int
        Persons a measurement.
    workers : int
        Processes of the parallel measurement.
    memory : bool
        Whether to measure peak memory with 1e3, 1e4 and 1e5 persons.
    """
    figures: dict[str, Any] = {
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "persons": people,
        "one_core": {kind: one_core(kind, people) for kind in KINDS},
        "workers": workers,
        "parallel": {kind: many_cores(kind, people, workers) for kind in KINDS},
    }
    if find_spec("roadrunner"):
        figures["accuracy"] = compare()
        peer = figures["accuracy"]["libroadrunner"][-1]["person_years_per_second"]
        figures["times_libroadrunner_per_core"] = figures["one_core"][KINDS[0]] / peer
    if memory:
        figures["peak_memory_mb"] = {str(n): peak_memory(n) for n in (1_000, 10_000, 100_000)}
    return figures

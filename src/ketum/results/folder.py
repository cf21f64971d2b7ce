"""A run folder: complete or absent.

Everything is written into ``<folder>.partial`` beside it, which is renamed when nothing is missing. After an
interruption that folder holds the finished chunks, and ``--resume`` takes them up.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import platform
import shutil
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import pandas as pd

from ketum.engine.collected import Collected
from ketum.errors import RunFolderError
from ketum.evidence import ParameterTable, provenance_of
from ketum.evidence.safety import table_checked
from ketum.people.covariates import MOTIVES
from ketum.version import __version__

FINDINGS_COLUMNS = ("severity", "arm", "text", "source", "rule", "basis", "verified", "checked")
_LIBRARIES = ("numba", "numpy", "scipy", "xarray", "pandas", "plotly")
_KEY = "run.json"
_MARK = "provenance.json"


def make_ready(folder: Path) -> None:
    """Make a folder for results, before the work whose results it shall hold.

    Raises
    ------
    RunFolderError
        If it is a file, or nothing can be written into it.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise RunFolderError(f"{folder}: is a file; give the name of a folder")
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RunFolderError(f"{folder}: cannot be written ({reason}); give another folder") from None


def partial_folder(out: Path) -> Path:
    """Return the folder in which a run is prepared."""
    place = out if out.name else out.resolve()
    return place.with_name(place.name + ".partial")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of folder.

    Attributes
    ----------
    name, of : str
        What it holds, and what that is made from.
    marks : tuple of str
        Files without which it is not complete.
    scratch : tuple of str
        Patterns of files that are removed when it is.
    """

    name: str
    of: str
    marks: tuple[str, ...]
    scratch: tuple[str, ...]

    def stands_in(self, path: Path) -> bool:
        """Return whether a folder is a complete one of this kind."""
        return all((path / mark).is_file() for mark in self.marks)


RUN = Kind("run", "scenario", (_MARK, "results.nc"), ("rows-*.npy", "checkpoint*.npz", "draw-*.npz", "share-*.npz"))
STUDY = Kind("study", "study file", (_MARK, "study.json"), ("batch-*.csv", "batch-*.part"))


def is_run_folder(path: Path) -> bool:
    """Return whether a folder is a complete run folder."""
    return RUN.stands_in(path)


def claim_folder(out: Path, key: str, *, resume: bool, kind: Kind = RUN) -> Path:
    """Make the partial folder of a run ready.

    Parameters
    ----------
    out : Path
        Where the run folder shall stand.
    key : str
        What identifies the run: a hash of scenario, tables and version.
    resume : bool
        Keep what an interrupted run of the same key left.
    kind : Kind
        What the folder shall hold.

    Raises
    ------
    RunFolderError
        If `out` exists and is no run folder, cannot be written, or the interrupted run was another one.
    """
    try:
        str(out).encode()
    except UnicodeEncodeError:
        shown = str(out).encode(errors="replace").decode()
        raise RunFolderError(f"{shown}: is not text in UTF-8; give another name for the {kind.name}") from None
    if not out.resolve().name:
        raise RunFolderError(f"{out}: is the root of the file system; give the name of a folder for the {kind.name}")
    partial = partial_folder(out)
    try:
        if out.exists() and not out.is_dir():
            raise RunFolderError(f"{out}: is a file; give the name of a folder for the {kind.name}")
        if out.is_dir() and any(out.iterdir()) and not kind.stands_in(out):
            raise RunFolderError(f"{out}: holds files that are no {kind.name} of ketum; give an empty or a new folder")
        if partial.exists() and not (partial / _KEY).is_file():
            raise RunFolderError(
                f"{out}: {partial.name} beside it is no {kind.name} of ketum; move it or take another name"
            )
        if resume:
            _check_resume(partial, key, out, kind)
        elif partial.exists():
            shutil.rmtree(partial)
        partial.mkdir(parents=True, exist_ok=True)
        (partial / _KEY).write_text(json.dumps({"key": key}), encoding="utf-8")
    except OSError as error:
        raise RunFolderError(f"{out}: cannot be written ({error.strerror or error})") from None
    return partial


def abandon(partial: Path, kind: Kind = RUN) -> None:
    """Remove the partial folder of a run that was refused, unless an earlier interruption left a checkpoint in it."""
    if not any(file for pattern in kind.scratch if pattern.endswith(("npz", "csv")) for file in partial.glob(pattern)):
        shutil.rmtree(partial, ignore_errors=True)


def _check_resume(partial: Path, key: str, out: Path, kind: Kind) -> None:
    try:
        found = json.loads((partial / _KEY).read_text(encoding="utf-8"))["key"]
    except (OSError, ValueError, KeyError):
        raise RunFolderError(f"{out}: there is no interrupted {kind.name} to resume; run without --resume") from None
    if found != key:
        message = f"{out}: the interrupted {kind.name} is of another {kind.of}, seed or version; run without --resume"
        raise RunFolderError(message)


def run_key(scenario_text: str, tables: Mapping[str, ParameterTable]) -> str:
    """Return the hash that identifies a run."""
    digest = hashlib.sha256(__version__.encode())
    digest.update(scenario_text.encode())
    for name, table in tables.items():
        digest.update(repr([(name, parameter) for parameter in table.values()]).encode())
    return digest.hexdigest()


def write_persons(path: Path, collected: Collected) -> None:
    """Write one row a person.

    Covariates and end points; a cell's columns are named "end point [arm]" or
    "end point [arm, setting]". What is known of few persons only (channels) stands in the table of end points.
    """
    names = []
    kept = [k for k, column in enumerate(collected.columns) if "|channel" not in column]
    columns = [collected.columns[k] for k in kept]
    for column in columns:
        arm, bar, endpoint = column.partition("|")
        arm, endpoint = (arm, endpoint) if bar else ("", column)
        names.append(f"{endpoint.removeprefix('pk:')} [{arm}]" if bar else column)
    sex = columns.index("female")
    names[sex], names[columns.index("weight")] = "sex", "weight_kg"
    names[columns.index("age")] = "age_y"
    first = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(["person", *names])
        for rows in collected.rows():
            frame = pd.DataFrame(np.array(rows[:, kept]), columns=names)
            frame["sex"] = np.where(rows[:, sex] > 0, "female", "male")
            frame["main_motive"] = np.array(MOTIVES)[frame["main_motive"].to_numpy(dtype=int)]
            frame.insert(0, "person", np.arange(first, first + len(rows)))
            frame.to_csv(file, header=False, index=False, float_format="%.6g", lineterminator="\r\n")
            first += len(rows)


def provenance(
    scenario_text: str, source_text: str, seed: int, tables: Mapping[str, ParameterTable], seconds: float
) -> dict[str, Any]:
    """Return what a run was made of: versions, seed, hashes of tables and scenario, time spent."""
    return {
        "ketum": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": dict(_versions()),
        "seed": seed,
        "scenario_sha256": hashlib.sha256(source_text.encode()).hexdigest(),
        "resolved_scenario_sha256": hashlib.sha256(scenario_text.encode()).hexdigest(),
        "tables_sha256": dict(_table_hashes()),
        "parameters": {name: len(table) for name, table in tables.items()},
        "parameters_by_provenance": {name: provenance_of(t.values()) for name, t in tables.items()},
        "safety_checked": table_checked().isoformat(),
        "seconds": round(seconds, 3),
    }


@cache
def _versions() -> Mapping[str, str]:
    return {name: metadata.version(name) for name in _LIBRARIES}


@cache
def _table_hashes() -> Mapping[str, str]:
    data = resources.files("ketum.evidence").joinpath("data")
    names = (
        *("parameters_body.csv", "parameters_mood.csv", "covariates.csv"),
        *("scales.csv", "mood_rules.csv", "causal_settings.csv"),
        *("safety_rules.csv", "safety_conditions.csv", "legal.csv"),
    )
    return {name: hashlib.sha256(data.joinpath(name).read_bytes()).hexdigest() for name in names}


def write_findings(path: Path, rows: Iterable[Mapping[str, str]]) -> None:
    """Write the table of safety findings."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, FINDINGS_COLUMNS)
        table.writeheader()
        table.writerows(rows)


def publish(partial: Path, out: Path, kind: Kind = RUN) -> None:
    """Turn a finished partial folder into the run folder, in place of an earlier run of that name."""
    for scratch in (*(file for pattern in kind.scratch for file in partial.glob(pattern)), partial / _KEY):
        scratch.unlink(missing_ok=True)
    place = out if out.name else out.resolve()
    try:
        if place.exists():
            old = place.with_name(f"{place.name}.old-{uuid.uuid4().hex[:8]}")
            os.replace(place, old)
            os.replace(partial, place)
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.replace(partial, place)
    except OSError as error:
        raise RunFolderError(f"{out}: cannot be written ({error.strerror or error})") from None

"""Whether results come with the safety findings that apply: combinations tried, and every shipped scenario run."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from ketum.claims.behaviour import SMALL, Ask, page_text
from ketum.claims.scenarios import scenario_file, scenario_names
from ketum.evidence.tables import read_table

_COMBINATIONS: Final = "combinations"
_COLUMNS: Final = ("arm", "rule", "told", "words")
_OPEN: Final = ("danger", "warning")
_ARMS: Final = "; "

Row = dict[str, str]
"""A row of ``findings.csv``."""


@dataclass(frozen=True, slots=True)
class Combination:
    """An arm of the trial scenario, the safety rule that it is about, and whether the rule must be told of it."""

    arm: str
    rule: str
    told: bool
    words: str


@cache
def combinations() -> tuple[Combination, ...]:
    """Return what the trial scenario must be told of, and what not.

    Examples
    --------
    >>> combinations()[0].words
    'a benzodiazepine beside kratom'
    """
    rows = read_table(resources.files("ketum.claims").joinpath(f"{_COMBINATIONS}.csv"), _COLUMNS)
    return tuple(
        Combination(row.cells["arm"], row.text("rule"), row.choice("told", ("yes", "no")) == "yes", row.text("words"))
        for row in rows
    )


def findings_accompany(ask: Ask) -> dict[str, bool]:
    """Return each attempt in words, and whether it came with the findings that apply.

    One scenario holds an arm for each combination of which the safety table warns: the finding must stand in
    ``findings.csv`` under the arm's name, in the report and, unless it is a caution, in the terminal. Every shipped
    scenario is run with few persons: what is found must stand in the same places, each with its source and its day.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        trial = resources.files("ketum.claims").joinpath(f"{_COMBINATIONS}.toml")
        with resources.as_file(trial) as file:
            rows, shown = _run(ask, file, folder / _COMBINATIONS)
        kept = {
            f"told: {one.words}" if one.told else one.words: shown and _as_wanted(one, rows) for one in combinations()
        }
        for name in scenario_names():
            with scenario_file(name) as file:
                kept[f"the run of {name}"] = _run(ask, file, folder / name, *SMALL)[1]
        return kept


def _as_wanted(one: Combination, rows: list[Row]) -> bool:
    of_rule = [row["arm"].split(_ARMS) for row in rows if row["rule"] == one.rule]
    return any(one.arm in arms for arms in of_rule) is one.told


def _run(ask: Ask, file: Path, out: Path, *options: str) -> tuple[list[Row], bool]:
    """Return the findings of a run, and whether all of them are shown, with source and day."""
    code, told = ask(["run", str(file), "--out", str(out), *options])
    try:
        with (out / "findings.csv").open(encoding="utf-8", newline="") as table:
            rows = list(csv.DictReader(table))
        page = " ".join(page_text((out / "report.html").read_text(encoding="utf-8")).replace("\u00a0", " ").split())
    except OSError:
        return [], False
    lines = " ".join(told.split())
    whole = all(row["source"] and row["checked"] and " ".join(row["text"].split()) in page for row in rows)
    severities = [row["severity"] for row in rows]
    counted = all(lines.count(f"{severity.capitalize()}: ") >= severities.count(severity) for severity in _OPEN)
    return rows, code == 0 and whole and counted

"""End points over persons: statistics in each arm and of the differences between arms, person by person."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ketum.body.noncompartmental import QUANTITIES, UNITS
from ketum.engine.collected import Collected

Array = NDArray[np.float64]
STATISTICS = ("mean", "p05", "p25", "p50", "p75", "p95")
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
_CLASSES = {"use_disorder_any": 1.0, "use_disorder_moderate": 2.0, "use_disorder_severe": 3.0}


@dataclass(frozen=True, slots=True)
class EndPoint:
    """One end point.

    Its column, words, unit, digits to print, whether it is a share, which direction is better, and the short words of
    the terminal's table (empty: not shown there).
    """

    name: str
    label: str
    unit: str
    digits: int
    share: bool
    better: str
    terminal: str


@cache
def endpoint_catalogue() -> dict[str, EndPoint]:
    """Return all end points by name.

    Examples
    --------
    >>> endpoint_catalogue()["withdrawal_peak"].unit
    'SOWS points'
    """
    text = resources.files("ketum.results").joinpath("endpoints.csv").read_text(encoding="utf-8")
    return {
        row["name"]: EndPoint(
            row["name"],
            row["label"],
            row["unit"],
            int(row["digits"]),
            row["share"] == "1",
            row["better"],
            row["terminal"],
        )
        for row in csv.DictReader(text.splitlines())
    }


def person_values(collected: Collected, arm: str, endpoint: str) -> Array | None:
    """Return one end point of every person in an arm, or None if the arm does not have it."""
    column = f"{arm}|{'use_disorder_class' if endpoint in _CLASSES else endpoint}"
    if column not in collected.columns:
        return None
    values = collected.column(column)
    return (values >= _CLASSES[endpoint]).astype(float) if endpoint in _CLASSES else values


def statistics(values: Array) -> dict[str, float]:
    """Return mean and quantiles of those values that are numbers, and how many they are."""
    known = values[np.isfinite(values)]
    if not len(known):
        return {}
    found = dict(zip(STATISTICS, (known.mean(), *np.quantile(known, SHARES)), strict=True))
    return {"n": float(len(known)), **{name: float(value) for name, value in found.items()}}


def _rows(collected: Collected) -> Iterator[tuple[str, str, str, str, float]]:
    experiment = collected.experiment
    for endpoint in endpoint_catalogue().values():
        in_arm: dict[str, Array] = {}
        for arm in experiment.arms:
            values = person_values(collected, arm.name, endpoint.name)
            if values is not None:
                in_arm[arm.name] = values
                for statistic, value in statistics(values).items():
                    yield arm.name, endpoint.name, endpoint.unit, statistic, value
        for b, a in experiment.pairs:
            later, earlier = experiment.arms[b].name, experiment.arms[a].name
            if later in in_arm and earlier in in_arm:
                differences = in_arm[later] - in_arm[earlier]
                for statistic, value in statistics(differences).items():
                    yield f"{later} minus {earlier}", endpoint.name, endpoint.unit, statistic, value
                known = differences[np.isfinite(differences)]
                for word, share in (("share above", known > 0), ("share below", known < 0)):
                    if len(known):
                        yield f"{later} minus {earlier}", endpoint.name, endpoint.unit, word, float(share.mean())


def endpoint_table(collected: Collected) -> pd.DataFrame:
    """Return arm (or "B minus A"), endpoint, unit, statistic, value.

    Statistics are n, mean, p05 to p95 over persons; of differences also the shares of persons above and below zero.
    """
    return pd.DataFrame(_rows(collected), columns=["arm", "endpoint", "unit", "statistic", "value"])


def pk_table(collected: Collected) -> pd.DataFrame:
    """Return arm, analyte, quantity, unit, statistic, value of the non-compartmental quantities."""
    rows = []
    for column in collected.columns:
        arm, _, name = column.partition("|")
        if not name.startswith("pk:"):
            continue
        _, analyte, quantity = name.split(":")
        unit = UNITS[QUANTITIES.index(quantity)]
        found = statistics(collected.column(column))
        rows += [(arm, analyte, quantity, unit, s, v) for s, v in found.items() if s != "n"]
    return pd.DataFrame(rows, columns=["arm", "analyte", "quantity", "unit", "statistic", "value"])

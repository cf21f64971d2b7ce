"""End points over persons: statistics in each arm and of the differences between arms, person by person."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ketum.body.noncompartmental import QUANTITIES, UNITS
from ketum.engine.collected import Collected
from ketum.mood import CausalSetting
from ketum.results.catalogue import SHARES, STATISTICS, EndPoint, endpoint_catalogue

Array = NDArray[np.float64]
_TIMES = ("h", "d")
_CLASSES = {"use_disorder_any": 1.0, "use_disorder_moderate": 2.0, "use_disorder_severe": 3.0}


def person_values(collected: Collected, cell: str, endpoint: str) -> Array | None:
    """Return one end point of every person in a cell (an arm in a setting), or None if the cell does not have it."""
    column = f"{cell}|{'use_disorder_class' if endpoint in _CLASSES else endpoint}"
    if column not in collected.columns:
        return None
    values = collected.column(column)
    return (values >= _CLASSES[endpoint]).astype(float) if endpoint in _CLASSES else values


def statistics(values: Array) -> dict[str, float]:
    """Return mean and quantiles of those values that are numbers, and how many they are.

    Of times that some do not reach (infinite) there is no mean, and a quantile is one of the values.

    Examples
    --------
    >>> statistics(np.array([3.0, 1.0, np.inf, np.nan]))
    {'n': 3.0, 'p05': 1.0, 'p25': 1.0, 'p50': 3.0, 'p75': inf, 'p95': inf}
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return {}
    if np.isinf(known).any():
        found = dict(zip(STATISTICS[1:], np.quantile(known, SHARES, method="inverted_cdf"), strict=True))
    else:
        found = dict(zip(STATISTICS, (known.mean(), *np.quantile(known, SHARES)), strict=True))
    return {"n": float(len(known)), **{name: float(value) for name, value in found.items()}}


def _rows(collected: Collected) -> Iterator[tuple[str, str, str, str, str, float]]:
    for endpoint in endpoint_catalogue().values():
        for setting in collected.experiment.settings:
            for arm, statistic, value in _cells(collected, setting, endpoint):
                yield arm, setting.name, endpoint.name, endpoint.unit, statistic, value


def _cells(collected: Collected, setting: CausalSetting, endpoint: EndPoint) -> Iterator[tuple[str, str, float]]:
    """Yield arm (or "B minus A"), statistic and value of one end point in one setting."""
    experiment = collected.experiment
    in_arm: dict[str, Array] = {}
    for arm in experiment.arms:
        values = person_values(collected, experiment.label(setting, arm.name), endpoint.name)
        if values is not None:
            in_arm[arm.name] = values
            for statistic, value in statistics(values).items():
                yield arm.name, statistic, value
            if endpoint.reached and not np.isnan(values).all():
                yield arm.name, "share reached", float(np.isfinite(values[~np.isnan(values)]).mean())
    if endpoint.paired:
        for b, a in experiment.pairs:
            later, earlier = experiment.arms[b].name, experiment.arms[a].name
            clocks = {experiment.arms[k].schedule.taper_end_hour is None for k in (b, a)}
            if endpoint.unit in _TIMES and len(clocks) > 1:
                continue  # after a stop they count from the last serving, in a taper from its start
            if later in in_arm and earlier in in_arm:
                differences = in_arm[later] - in_arm[earlier]
                for statistic, value in statistics(differences).items():
                    yield f"{later} minus {earlier}", statistic, value
                known = differences[np.isfinite(differences)]
                for word, share in (("share above", known > 0), ("share below", known < 0)):
                    if len(known):
                        yield f"{later} minus {earlier}", word, float(share.mean())


def endpoint_table(collected: Collected) -> pd.DataFrame:
    """Return arm (or "B minus A"), setting, endpoint, unit, statistic, value.

    Statistics are n, mean, p05 to p95 over persons; of differences also the shares of persons above and below zero;
    of times after a stop also the share who reach them within the record.
    """
    return pd.DataFrame(_rows(collected), columns=["arm", "setting", "endpoint", "unit", "statistic", "value"])


def pk_table(collected: Collected) -> pd.DataFrame:
    """Return arm, analyte, quantity, unit, statistic, value of the non-compartmental quantities.

    They follow doses that are fixed, so they are the same in every causal setting.
    """
    experiment = collected.experiment
    first = {experiment.label(experiment.settings[0], arm.name): arm.name for arm in experiment.arms}
    rows = []
    for column in collected.columns:
        cell, _, name = column.partition("|")
        if not name.startswith("pk:") or cell not in first:
            continue
        arm = first[cell]
        _, analyte, quantity = name.split(":")
        unit = UNITS[QUANTITIES.index(quantity)]
        found = statistics(collected.column(column))
        rows += [(arm, analyte, quantity, unit, s, v) for s, v in found.items() if s != "n"]
    return pd.DataFrame(rows, columns=["arm", "analyte", "quantity", "unit", "statistic", "value"])

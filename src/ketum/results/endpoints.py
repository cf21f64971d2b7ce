"""End points over persons: statistics in each arm and of the differences between arms, person by person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ketum.body.noncompartmental import QUANTITIES, UNITS
from ketum.engine.experiment import Experiment
from ketum.mood import CausalSetting
from ketum.results.catalogue import SHARES, STATISTICS, EndPoint, endpoint_catalogue

Array = NDArray[np.float64]
_TIMES = ("h", "d")
_CLASSES = {"use_disorder_any": 1.0, "use_disorder_moderate": 2.0, "use_disorder_severe": 3.0}


class Columns(Protocol):
    """End points of single persons, by column ("cell|end point")."""

    @property
    def experiment(self) -> Experiment:
        """What was run."""

    @property
    def columns(self) -> Sequence[str]:
        """Names of the columns."""

    def column(self, name: str) -> Array:
        """Return one column of all persons."""


def person_values(collected: Columns, cell: str, endpoint: str) -> Array | None:
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


def endpoint_rows(collected: Columns, *, only_mean: bool = False) -> Iterator[tuple[str, str, str, str, str, float]]:
    """Yield arm (or "B minus A"), setting, end point, unit, statistic and value; perhaps means alone."""
    for endpoint in endpoint_catalogue().values():
        for setting in collected.experiment.settings:
            for arm, statistic, value in _cells(collected, setting, endpoint, only_mean=only_mean):
                yield arm, setting.name, endpoint.name, endpoint.unit, statistic, value


def _cells(
    collected: Columns, setting: CausalSetting, endpoint: EndPoint, *, only_mean: bool
) -> Iterator[tuple[str, str, float]]:
    """Yield arm (or "B minus A"), statistic and value of one end point in one setting."""
    experiment = collected.experiment
    describe = _mean_alone if only_mean else statistics
    in_arm: dict[str, Array] = {}
    for arm in experiment.arms:
        values = person_values(collected, experiment.label(setting, arm.name), endpoint.name)
        if values is not None:
            in_arm[arm.name] = values
            for statistic, value in describe(values).items():
                yield arm.name, statistic, value
            if endpoint.contrast and not only_mean:
                yield from ((arm.name, "se", se) for se in _standard_error(values))
            if endpoint.reached and not only_mean and not np.isnan(values).all():
                yield arm.name, "share reached", float(np.isfinite(values[~np.isnan(values)]).mean())
    if endpoint.paired:
        for b, a in experiment.pairs:
            later, earlier = experiment.arms[b].name, experiment.arms[a].name
            clocks = {experiment.arms[k].schedule.taper_end_hour is None for k in (b, a)}
            if endpoint.unit in _TIMES and len(clocks) > 1:
                continue  # after a stop they count from the last serving, in a taper from its start
            if later in in_arm and earlier in in_arm:
                differences = in_arm[later] - in_arm[earlier]
                for statistic, value in describe(differences).items():
                    yield f"{later} minus {earlier}", statistic, value
                if not only_mean:
                    yield from ((f"{later} minus {earlier}", "se", se) for se in _standard_error(differences))
                known = differences[np.isfinite(differences)]
                for word, share in (("share above", known > 0), ("share below", known < 0)):
                    if len(known) and not only_mean:
                        yield f"{later} minus {earlier}", word, float(share.mean())


def _standard_error(values: Array) -> Iterator[float]:
    """Yield the standard error of the mean over persons, where there are several."""
    known = values[np.isfinite(values)]
    if len(known) > 1:
        yield float(known.std(ddof=1) / np.sqrt(len(known)))


def _mean_alone(values: Array) -> dict[str, float]:
    """Return the mean of those values that are numbers; nothing where there are none, or where some are infinite."""
    known = values[~np.isnan(values)]
    if not len(known) or np.isinf(known).any():
        return {}
    return {"mean": float(known.mean())}


def pk_rows(collected: Columns) -> Iterator[tuple[str, str, str, str, str, float]]:
    """Yield arm, analyte, quantity, unit, statistic, value of the non-compartmental quantities."""
    experiment = collected.experiment
    first = {experiment.label(experiment.settings[0], arm.name): arm.name for arm in experiment.arms}
    for column in collected.columns:
        cell, _, name = column.partition("|")
        if not name.startswith("pk:") or cell not in first:
            continue
        arm = first[cell]
        _, analyte, quantity = name.split(":")
        unit = UNITS[QUANTITIES.index(quantity)]
        found = statistics(collected.column(column))
        yield from ((arm, analyte, quantity, unit, s, v) for s, v in found.items() if s != "n")

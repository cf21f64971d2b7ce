"""What each channel from use to mood contributes: the same persons with one channel switched off."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ketum.engine.experiment import ArmPlan
from ketum.engine.layout import LANES
from ketum.engine.lives import Lives
from ketum.engine.mood_endpoints import UseSpan, mean_over, use_days
from ketum.mood import CausalSetting

Array = NDArray[np.float64]


def channel_effects(
    lives: Lives, setting: CausalSetting, arm: ArmPlan, days: Mapping[str, Array], use: UseSpan
) -> dict[str, Array]:
    """Return what each acting channel adds to severity, by column name, each (P,).

    Use follows distress, so a channel also acts through how much is taken; that is part of its effect.

    Parameters
    ----------
    lives : Lives
    setting, arm
        The cell.
    days : mapping
        Every day of the cell with all its channels.
    use : UseSpan

    Returns
    -------
    dict of (P,) arrays
        ``channel:<name>``: mean severity over the last weeks of use, with minus without the channel;
        ``channel_after:<name>``: worst two-week severity after the stop, with minus without. Not a number beyond the
        first `channel_people` of the experiment.
    """
    experiment = lives.experiment
    numbers = lives.group.persons.index
    counted = numbers < experiment.channel_people
    few = lives.of_first(-(-int(counted.sum()) // LANES))
    people = len(few.group.persons.numbers)
    days = {name: series[:, :people] for name, series in days.items()}
    window = round(experiment.cohort.tables.body.value("use_days"))
    span = round(experiment.cohort.tables.rules.value("after_days"))
    late = use_days(days["in_spell"], use, window, last=True)
    columns = experiment.channel_columns(setting, arm)
    found: dict[str, Array] = {}
    for channel in dict.fromkeys(column.partition(":")[2] for column in columns):
        without = few.run(setting.switched({channel: False}), arm, outputs=False).days
        if use.until > 0:
            found[f"channel:{channel}"] = mean_over(days["severity"] - without["severity"], late)
        if use.stop is not None:
            after = slice(use.stop, use.stop + span)
            worst = days["severity_14d"][after].max(axis=0) - without["severity_14d"][after].max(axis=0)
            found[f"channel_after:{channel}"] = worst
    whole = {column: np.full(len(numbers), np.nan) for column in columns}
    for column, values in whole.items():
        values[:people] = np.where(counted[:people], found[column], np.nan)
    return whole

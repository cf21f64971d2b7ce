"""What the model says to a row of the evidence: which study, which quantity, which statistic (`predictions.csv`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from ketum.evidence.tables import read_table, unique
from ketum.validation.catalogue import STUDIES
from ketum.validation.statistics import STATISTICS, TWO_GROUPS, summarise

Array = NDArray[np.float64]
_COLUMNS = ("row", "domain", "study", "quantity", "statistic", "group", "against", "unit", "n", "note")


@dataclass(frozen=True, slots=True)
class Prediction:
    """One row of the evidence and how the model predicts it.

    Attributes
    ----------
    row : str
        Id of a calibration target or of an observation.
    domain : str
        The part of the model that it tests.
    study, quantity, statistic, group, against : str
        As in `ketum.validation.catalogue` and `ketum.validation.statistics`.
    unit : str
        Unit of the prediction: that of the row.
    n : int or None
        Participants of the published study, None where it is not known.
    """

    row: str
    domain: str
    study: str
    quantity: str
    statistic: str
    group: str
    against: str
    unit: str
    n: int | None
    note: str

    def of(self, found: Mapping[str, Array]) -> float:
        """Return the number from what the study found."""
        return summarise(self.statistic, self.quantity, self.group, self.against, found)


@cache
def load_predictions() -> Mapping[str, Prediction]:
    """Return how each row is predicted, by row.

    Examples
    --------
    >>> load_predictions()["K1"].study
    'tea'
    """
    rows = unique(read_table(resources.files("ketum.validation").joinpath("predictions.csv"), _COLUMNS), "row")
    found = {}
    for row in rows:
        statistic = row.choice("statistic", STATISTICS)
        if statistic in TWO_GROUPS and not (row.cells["group"] and row.cells["against"]):
            raise row.error("against", f"{statistic} needs two groups")
        n = row.optional_number("n")
        found[row.text("row")] = Prediction(
            row.text("row"),
            row.text("domain"),
            row.choice("study", STUDIES),
            row.text("quantity"),
            statistic,
            row.cells["group"],
            row.cells["against"],
            row.text("unit"),
            None if n is None else round(n),
            row.cells["note"],
        )
    return found

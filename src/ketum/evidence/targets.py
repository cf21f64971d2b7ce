"""What parameters are fitted to: the calibration targets, and nothing else."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ketum.evidence.dimensions import read_target_unit
from ketum.evidence.observations import load_observations
from ketum.evidence.sources import cited
from ketum.evidence.tables import Row, read_table, shipped, unique

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from importlib.resources.abc import Traversable

_COLUMNS: Final = (
    *(
        "id",
        "quantity",
        "output",
        "value",
        "unit",
        "accept_low",
        "accept_high",
        "source",
        "observation",
        "note",
    ),
)


@dataclass(frozen=True, slots=True)
class CalibrationTarget:
    """One number that the model must meet.

    Attributes
    ----------
    id, quantity
        Its name, and what it is in words.
    output
        The output of the model that it is compared with.
    value, unit
        The target and its unit.
    accept_low, accept_high
        The accepted range; None where it is open.
    source, observation
        Keys of the bibliography, and the id of the observation it comes from, or None.
    """

    id: str
    quantity: str
    output: str
    value: float
    unit: str
    accept_low: float | None
    accept_high: float | None
    source: str
    observation: str | None
    note: str

    def accepts(self, number: float) -> bool:
        """Return whether `number` lies in the accepted range; both ends belong to it.

        >>> cmax = load_calibration_targets()[0]
        >>> cmax.accepts(81.9), cmax.accepts(101.0)
        (True, False)
        """
        above = self.accept_low is None or self.accept_low <= number
        return above and (self.accept_high is None or number <= self.accept_high)


def load_calibration_targets(path: Path | None = None) -> tuple[CalibrationTarget, ...]:
    """Read the calibration targets.

    Parameters
    ----------
    path
        A file with the same columns; without it, the shipped one.

    Raises
    ------
    EvidenceError
        A row cannot be used: its output or observation does not exist, its unit does not fit the output, or its
        value is outside its own range.

    Examples
    --------
    >>> load_calibration_targets()[0].output
    'mitragynine'
    """
    return _shipped() if path is None else _read(path)


@cache
def _shipped() -> tuple[CalibrationTarget, ...]:
    return _read(shipped("calibration_targets.csv"))


def _read(file: "Traversable") -> tuple[CalibrationTarget, ...]:
    observed = {observation.id for observation in load_observations()}
    return tuple(_target(row, observed) for row in unique(read_table(file, _COLUMNS), "id"))


def _target(row: Row, observed: "AbstractSet[str]") -> CalibrationTarget:
    observation = row.cells["observation"] or None
    if observation is not None and observation not in observed:
        raise row.error("observation", "give the id of a row in observations/, or leave it empty")
    target = CalibrationTarget(
        id=row.text("id"),
        quantity=row.text("quantity"),
        output=row.text("output"),
        value=row.number("value"),
        unit=read_target_unit(row),
        accept_low=row.optional_number("accept_low"),
        accept_high=row.optional_number("accept_high"),
        source=cited(row),
        observation=observation,
        note=row.cells["note"],
    )
    if not target.accepts(target.value):
        raise row.error("value", "it must lie from accept_low to accept_high")
    return target

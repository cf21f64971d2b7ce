"""One number of the model and everything it rests on."""

import math
from dataclasses import dataclass, replace
from typing import Final, Literal

from ketum.errors import EvidenceError
from ketum.evidence.dimensions import read_unit_of
from ketum.evidence.distributions import Distribution, Uncertainty, read_distribution, read_uncertainty
from ketum.evidence.provenance import MEASURED, PROVENANCES, Provenance
from ketum.evidence.sources import OWN_SOURCES, cited, cited_keys
from ketum.evidence.tables import Row

TableName = Literal["body", "mood", "covariates", "scales", "rules", "settings", "contaminants"]

COLUMNS: Final = (
    *("symbol", "name", "value", "unit", "between_person", "bp_1", "bp_2", "uncertainty", "u_low", "u_high"),
    *("p_low", "p_high", "provenance", "source", "note"),
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of the model and everything it rests on.

    Attributes
    ----------
    table, symbol
        Where it stands and its symbol; together its `key`.
    position
        Position of the row in its table, from 0. Random draws count by it, so rows are only ever appended.
    value, unit
        The number and its unit: the one of `data/parameter_dimensions.csv`, in which the model counts the symbol.
    between_person, uncertainty
        The two levels of chance.
    p_low, p_high
        Physical range, None where it is open.
    provenance, source
        Class of evidence, and keys of the bibliography separated by ';'.
    """

    table: TableName
    position: int
    symbol: str
    name: str
    value: float
    unit: str
    between_person: Distribution
    uncertainty: Uncertainty
    p_low: float | None
    p_high: float | None
    provenance: Provenance
    source: str
    note: str

    @property
    def key(self) -> str:
        """Name that is unique over all tables.

        >>> from ketum.evidence import load_parameters
        >>> load_parameters("body")["WT_ref"].key
        'body.WT_ref'
        """
        return f"{self.table}.{self.symbol}"

    def with_value(self, value: float) -> "Parameter":
        """Return this parameter with another value, which must be finite and in its physical range."""
        if not (math.isfinite(value) and _within(value, self.p_low, self.p_high)):
            raise EvidenceError(f"{self.key}: {value} is not allowed; give {_range(self.p_low, self.p_high)}")
        return replace(self, value=float(value))


def read_parameter(table: TableName, position: int, row: Row) -> Parameter:
    """Return the parameter of a row; `position` counts the rows of the table from 0."""
    value = row.number("value")
    p_low, p_high = row.optional_number("p_low"), row.optional_number("p_high")
    if not _within(value, p_low, p_high):
        raise row.error("value", f"give {_range(p_low, p_high)} (columns p_low and p_high)")
    provenance, source = row.choice("provenance", PROVENANCES), cited(row)
    if provenance in MEASURED and not set(cited_keys(source)) - OWN_SOURCES:
        raise row.error("source", f"a row of class {provenance} rests on a publication; give its key")
    return Parameter(
        table=table,
        position=position,
        symbol=row.text("symbol"),
        name=row.text("name"),
        value=value,
        unit=read_unit_of(table, row),
        between_person=read_distribution(row),
        uncertainty=read_uncertainty(row),
        p_low=p_low,
        p_high=p_high,
        provenance=provenance,
        source=source,
        note=row.cells["note"],
    )


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)


def _range(low: float | None, high: float | None) -> str:
    bounds = [f"{word} {bound:g}" for word, bound in (("from", low), ("up to", high)) if bound is not None]
    return " ".join(["a finite number", *bounds])

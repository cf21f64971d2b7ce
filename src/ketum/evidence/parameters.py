"""The parameters of the model, by symbol: tables that never change."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from ketum.errors import EvidenceError
from ketum.evidence.names import nearest
from ketum.evidence.parameter import COLUMNS, Parameter, TableName, read_parameter
from ketum.evidence.tables import read_table, shipped, unique

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_FILES: Final[dict[TableName, str]] = {
    "body": "parameters_body.csv",
    "mood": "parameters_mood.csv",
    "covariates": "covariates.csv",
    "scales": "scales.csv",
    "rules": "mood_rules.csv",
    "settings": "causal_settings.csv",
    "contaminants": "contaminants.csv",
}


class ParameterTable(Mapping[str, Parameter]):
    """Parameters by symbol, in the order of their table; never changes.

    >>> table = load_parameters("covariates")
    >>> table
    <ParameterTable covariates: 33 parameters>
    >>> changed = table.with_values({"age_min": 21})
    >>> table.value("age_min"), changed.value("age_min")
    (18.0, 21.0)
    """

    __slots__ = ("_name", "_rows")

    def __init__(self, name: TableName, parameters: Iterable[Parameter]) -> None:
        self._name = name
        self._rows = {parameter.symbol: parameter for parameter in parameters}

    @property
    def name(self) -> TableName:
        """Name of the table."""
        return self._name

    def __getitem__(self, symbol: str) -> Parameter:
        return self._rows[symbol]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"<ParameterTable {self.name}: {len(self)} parameters>"

    def value(self, symbol: str) -> float:
        """Return the value of one symbol, in the unit of its row.

        >>> load_parameters("body").value("WT_ref")
        75.0
        """
        return self._known(symbol).value

    def plain(self) -> dict[str, float]:
        """Return all values by symbol.

        >>> load_parameters("body").plain()["WT_ref"]
        75.0
        """
        return {symbol: parameter.value for symbol, parameter in self._rows.items()}

    def numbers(self, symbols: Iterable[str]) -> list[float]:
        """Return the values of several symbols, in their order.

        >>> load_parameters("body").numbers(["b_CL", "WT_ref"])
        [0.75, 75.0]
        """
        return [self.value(symbol) for symbol in symbols]

    def with_values(self, values: Mapping[str, float]) -> "ParameterTable":
        """Return a new table in which some values are others; all else of a row stays as it was.

        Raises
        ------
        EvidenceError
            A symbol is not known (the nearest are named), or a value is outside its physical range.
        """
        changed = {symbol: self._known(symbol).with_value(value) for symbol, value in values.items()}
        return ParameterTable(self.name, (self._rows | changed).values())

    def require(self, symbols: Iterable[str]) -> None:
        """Raise an `EvidenceError` that lists every one of `symbols` which is missing.

        >>> load_parameters("covariates").require(["age_min", "age_pow"])
        """
        missing = [symbol for symbol in symbols if symbol not in self]
        if missing:
            raise EvidenceError(f"table {self.name!r}: missing parameters: {', '.join(missing)}")

    def _known(self, symbol: str) -> Parameter:
        try:
            return self._rows[symbol]
        except KeyError:
            raise EvidenceError(
                f"table {self.name!r}: parameter {symbol!r} is not known; {nearest(symbol, self)}"
            ) from None


def load_parameters(name: TableName = "body", path: Path | None = None) -> ParameterTable:
    """Read a table of parameters; the shipped ones are read once.

    Parameters
    ----------
    name
        Which table it is: `body`, `mood`, `covariates`, `scales`, `rules`, `settings` or `contaminants`.
    path
        A file with the same columns; without it, the shipped one.

    Raises
    ------
    EvidenceError
        A row cannot be used.

    Examples
    --------
    >>> load_parameters("mood")["mu_b"].provenance
    'human_observational'
    """
    if name not in _FILES:
        raise EvidenceError(f"table {name!r} is not known; give one of {', '.join(get_args(TableName))}")
    return _shipped(name) if path is None else _read(name, path)


@cache
def _shipped(name: TableName) -> ParameterTable:
    return _read(name, shipped(_FILES[name]))


def _read(name: TableName, file: "Traversable") -> ParameterTable:
    rows = unique(read_table(file, COLUMNS), "symbol")
    return ParameterTable(name, (read_parameter(name, position, row) for position, row in enumerate(rows)))

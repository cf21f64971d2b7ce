"""The two levels of chance of a parameter: between persons, and how uncertain it is.

They are never mixed. `Distribution` says how persons differ around the value; `Uncertainty` says how well the
value itself is known.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeVar

from ketum.evidence.tables import Row

BetweenPerson = Literal[
    "none",
    "normal",
    "lognormal",
    "lognormal_mean",
    "lognormal_mean1",
    "logit_normal",
    "beta",
    "integers",
    "gamma",
    "formula",
]
UncertaintyKind = Literal["fixed", "uniform", "loguniform", "normal", "lognormal", "bernoulli"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """How persons differ around a parameter's value.

    Attributes
    ----------
    kind
        The family; `formula` means that the room which draws persons writes it out.
    bp_1, bp_2
        Its parameters, or None. Lognormal kinds: CV. Normal and logit_normal: SD. Beta: the two shapes.
        Integers: first and last. Gamma: shape.
    """

    kind: BetweenPerson
    bp_1: float | None = None
    bp_2: float | None = None


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """How well a parameter's value is known.

    Attributes
    ----------
    kind
        The family of the draws.
    low, high
        Uniform and loguniform: the whole range. Normal and lognormal: 5th and 95th percentile around the
        value, each side with its own spread. Bernoulli: `high` is the probability of 1. Fixed: None.
    """

    kind: UncertaintyKind
    low: float | None = None
    high: float | None = None


class _Rule(NamedTuple):
    """What a family needs: how many numbers, which ones, and the words for it."""

    numbers: int
    holds: Callable[[float, Sequence[float]], bool]
    needs: str


_Kind = TypeVar("_Kind", bound=str)


def _free(value: float, numbers: Sequence[float]) -> bool:
    del value, numbers
    return True


def _spread(value: float, numbers: Sequence[float]) -> bool:
    del value
    return numbers[0] > 0


def _positive(value: float, numbers: Sequence[float]) -> bool:
    return value > 0 and numbers[0] > 0


def _whole(value: float, numbers: Sequence[float]) -> bool:
    return numbers[0] <= value <= numbers[1] and all(x.is_integer() for x in (value, *numbers))


def _around(value: float, numbers: Sequence[float]) -> bool:
    return numbers[0] <= value <= numbers[1] and numbers[0] < numbers[1]


def _around_positive(value: float, numbers: Sequence[float]) -> bool:
    return numbers[0] > 0 and _around(value, numbers)


_BETWEEN_PERSON: Final[dict[BetweenPerson, _Rule]] = {
    "none": _Rule(0, _free, "bp_1 and bp_2 empty"),
    "normal": _Rule(1, _spread, "bp_1 = SD above 0 and bp_2 empty"),
    "lognormal": _Rule(1, _positive, "a value above 0, bp_1 = CV above 0 and bp_2 empty"),
    "lognormal_mean": _Rule(1, _positive, "a value above 0, bp_1 = CV above 0 and bp_2 empty"),
    "lognormal_mean1": _Rule(1, _spread, "bp_1 = CV above 0 and bp_2 empty"),
    "logit_normal": _Rule(
        1, lambda v, b: 0 < v < 1 and b[0] > 0, "a value between 0 and 1, bp_1 = SD above 0 and bp_2 empty"
    ),
    "beta": _Rule(
        2, lambda v, b: 0 <= v <= 1 and min(b) > 0, "a value from 0 to 1, bp_1 and bp_2 = the shapes, above 0"
    ),
    "integers": _Rule(2, _whole, "whole numbers with bp_1 <= value <= bp_2"),
    "gamma": _Rule(1, _positive, "a value above 0, bp_1 = shape above 0 and bp_2 empty"),
    "formula": _Rule(0, _free, "bp_1 and bp_2 empty"),
}

_UNCERTAINTY: Final[dict[UncertaintyKind, _Rule]] = {
    "fixed": _Rule(0, _free, "u_low and u_high empty"),
    "uniform": _Rule(2, _around, "u_low < u_high with the value between them"),
    "loguniform": _Rule(2, _around_positive, "0 < u_low < u_high with the value between them"),
    "normal": _Rule(2, _around, "u_low < u_high with the value between them"),
    "lognormal": _Rule(2, _around_positive, "0 < u_low < u_high with the value between them"),
    "bernoulli": _Rule(
        2,
        lambda v, u: v in (0, 1) and u[0] == 0 < u[1] <= 1,
        "a value 0 or 1, u_low 0 and u_high = a probability",
    ),
}


def read_distribution(row: Row) -> Distribution:
    """Return the between-person distribution of a row of a parameter table."""
    return Distribution(*_read(row, "between_person", ("bp_1", "bp_2"), _BETWEEN_PERSON))


def read_uncertainty(row: Row) -> Uncertainty:
    """Return the uncertainty of a row of a parameter table."""
    return Uncertainty(*_read(row, "uncertainty", ("u_low", "u_high"), _UNCERTAINTY))


def _read(
    row: Row, column: str, columns: tuple[str, str], rules: dict[_Kind, _Rule]
) -> tuple[_Kind, float | None, float | None]:
    kind = row.choice(column, rules)
    first, second = (row.optional_number(name) for name in columns)
    numbers = [number for number in (first, second) if number is not None]
    count, holds, needs = rules[kind]
    in_place = count != 1 or first is not None
    if len(numbers) != count or not in_place or not holds(row.number("value"), numbers):
        given = ", ".join(f"{name} {row.cells[name] or 'empty'}" for name in ("value", *columns))
        raise row.error(column, f"{kind} needs {needs}; given: {given}")
    return kind, first, second

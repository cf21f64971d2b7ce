"""Numbers and sentences of a record: plain words around what was computed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ketum.claims.model import EvidenceRow, Figure, Part, Values
from ketum.errors import EvidenceError
from ketum.evidence.words import SEEN

MINUS = "\N{MINUS SIGN}"
_NEVER = "not reached"


def number(value: float, digits: int) -> str:
    """Return a number as it is printed.

    Examples
    --------
    >>> number(-0.456, 1), number(1234.5, 0), number(float("inf"), 1), number(-0.01, 1)
    ('−0.5', '1,234', 'not reached', '0.0')
    """
    if math.isinf(value):
        return _NEVER
    if math.isnan(value):
        return "none"
    text = f"{value:,.{digits}f}"
    zero = not any(c in "123456789" for c in text)
    return text.lstrip("-") if zero else text.replace("-", MINUS)


def range_of(values: Values, digits: int) -> str:
    """Return the range over parameter sets; nothing without sets, or where all are the same."""
    if not values.sets or values.low == values.high:
        return ""
    return f"{number(values.low, digits)} to {number(values.high, digits)}"


@dataclass(frozen=True)
class Told:
    """A figure as sentences name it: its value with range, the value alone, or its extremes over settings."""

    figure: Figure

    def __str__(self) -> str:
        return told(self.figure)

    @property
    def value(self) -> str:
        """The value at table values, with its unit."""
        return _with_unit(number(self.figure.values[0].table, self.figure.digits), self.figure.unit)

    @property
    def settings(self) -> str:
        """The lowest and the highest value over the causal settings; one alone if they are printed alike."""
        ordered = sorted(self.figure.values, key=lambda v: v.table)
        ends = (ordered[0], ordered[-1])
        low, high = (_with_unit(number(v.table, self.figure.digits), self.figure.unit) for v in ends)
        return low if low == high else f"{low} ({ends[0].setting}) to {high} ({ends[1].setting})"


@dataclass(frozen=True)
class ToldPart:
    """A part as sentences name it: the share of parameter sets in which it holds."""

    part: Part

    def __str__(self) -> str:
        return self.part.finding

    @property
    def share(self) -> str:
        """The share of parameter sets, in percent."""
        return "" if self.part.share is None else percent(self.part.share)


def percent(share: float) -> str:
    """Return a share in percent; never 100% or 0% of what is not all or nothing.

    Examples
    --------
    >>> percent(0.999), percent(1.0), percent(0.5)
    ('99%', '100%', '50%')
    """
    whole = round(100 * share)
    if whole in (0, 100) and share not in (0.0, 1.0):
        whole = 1 if whole == 0 else 99
    return f"{whole}%"


def told(figure: Figure) -> str:
    """Return a figure with its range; of several settings, the lowest and the highest of them."""
    if len(figure.values) > 1 and len({v.table for v in figure.values}) > 1:
        return Told(figure).settings
    values = figure.values[0]
    spread = range_of(values, figure.digits)
    text = number(values.table, figure.digits)
    unit = figure.unit
    if not spread:
        return _with_unit(text, unit)
    return f"{_with_unit(text, unit)} ({spread})"


def told_by_setting(figure: Figure) -> list[str]:
    """Return a figure with its range, one line for each causal setting in which it differs."""
    lines = []
    for values in figure.values:
        spread = range_of(values, figure.digits)
        text = _with_unit(number(values.table, figure.digits), figure.unit)
        lines.append((values.setting, f"{text} ({spread})" if spread else text))
    if len({text for _, text in lines}) == 1:
        return [lines[0][1]]
    return [f"{setting}: {text}" for setting, text in lines]


def seen(row: EvidenceRow) -> str:
    """Return where a row was seen."""
    return "bibliography or parameter table" if row.verified == "table" else SEEN[row.verified]


def key_words(figure: Figure) -> str:
    """Return a figure in as few signs as the table has room for.

    Examples
    --------
    >>> key_words(Figure("a", "", "%", 0, "", "", (Values("pharmacology", 25.0, (20.0, 30.0)),)))
    '25% (20 to 30)'
    """
    values = figure.values
    if len(values) > 1 and len({v.table for v in values}) > 1:
        tables = [v.table for v in values]
        low, high = (number(pick(tables), figure.digits) for pick in (min, max))
        return _with_unit(f"{low} to {high}", figure.unit)
    return told(figure)


def sentence(template: str, figures: Sequence[Figure], parts: Sequence[Part], where: str) -> str:
    """Return a sentence of the ledger with its numbers filled in.

    Raises
    ------
    EvidenceError
        If it names what the claim does not have.
    """
    names: dict[str, object] = {figure.name: Told(figure) for figure in figures}
    names |= {part.name: ToldPart(part) for part in parts}
    try:
        return template.format_map(names)
    except (KeyError, AttributeError, ValueError) as error:
        raise EvidenceError(
            f"ledger.toml: claim {where}: {error} in {template!r}; allowed: {', '.join(names)}"
        ) from None


def plain_reason(parts: Sequence[Part], headings: Mapping[str, str]) -> str:
    """Return a sentence made of the parts, for verdicts that the ledger has no sentence for."""
    judged = [part for part in parts if part.verdict is not None]
    told_parts = "; ".join(f"{part.words}: {headings.get(str(part.verdict), str(part.verdict))}" for part in judged)
    return told_parts[:1].upper() + told_parts[1:] + "."


def _with_unit(text: str, unit: str) -> str:
    if not unit or text == _NEVER:
        return text
    return f"{text}%" if unit == "%" else f"{text} {unit}"

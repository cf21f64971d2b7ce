"""How serious an interaction is, by a stated rule: a table of bounds for ratios, and the severity of each flag."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from ketum.evidence.medicines import Flag
from ketum.evidence.records import SEVERITIES, SafetyRule, Severity
from ketum.evidence.sources import cited
from ketum.evidence.tables import read_table, unique

NONE: Final = "none found"
NO_DATA: Final = "no data"
RANKS: Final[tuple[str, ...]] = (NO_DATA, NONE, *SEVERITIES)
"""From the least to the most serious."""
NARROW: Final = "narrow_margin"
"""The flag of a medicine of which small changes matter."""
STATED: Final = (
    "The highest severity counts among the safety rules that apply to the medicine, its flags, and the bounds that the "
    "exposure ratios reach at the values of the tables. Bounds of ratios are the classes of drug-interaction guidance."
)
_COLUMNS = ("id", "of", "direction", "ratio", "margin", "severity", "words", "source", "verified")


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound of an exposure ratio (`of` the medicine or of kratom), and how serious it is to reach it."""

    id: str
    of: str
    up: bool
    ratio: float
    narrow: bool
    severity: Severity
    words: str
    source: str

    def reached(self, ratio: float) -> bool:
        """Whether a ratio reaches it."""
        return ratio >= self.ratio if self.up else ratio <= self.ratio


@cache
def bounds() -> tuple[Bound, ...]:
    """Return the bounds of the rule.

    Examples
    --------
    >>> bounds()[0].ratio
    1.25
    """
    file = resources.files("ketum.interactions").joinpath("severity.csv")
    return tuple(
        Bound(
            row.text("id"),
            row.choice("of", ("medicine", "kratom")),
            row.choice("direction", ("up", "down")) == "up",
            row.number("ratio"),
            row.choice("margin", ("any", "narrow")) == "narrow",
            row.choice("severity", SEVERITIES),
            row.text("words"),
            cited(row),
        )
        for row in unique(read_table(file, _COLUMNS), "id")
    )


def judge(
    medicine: float | None, kratom: Sequence[float], flags: Iterable[Flag] = (), rules: Iterable[SafetyRule] = ()
) -> tuple[str, tuple[str, ...]]:
    """Return how serious an interaction is, and what makes it so.

    Parameters
    ----------
    medicine : float or None
        AUC ratio of the medicine, None where there is no data.
    kratom : sequence of float
        AUC ratios of mitragynine and 7-OH, as far as they are known.
    flags : iterable of Flag
        A flag that belongs to a safety rule counts where the rule applies.
    rules : iterable of SafetyRule
        Those that apply to the medicine.

    Examples
    --------
    >>> judge(1.5, [])
    ('caution', ('its exposure is 1.25-fold or more',))
    >>> judge(None, [])
    ('no data', ())
    """
    flags = tuple(flags)
    narrow = any(flag.name == NARROW for flag in flags)
    given = {"medicine": [] if medicine is None else [medicine], "kratom": list(kratom)}
    found: list[tuple[str, str]] = [(rule.severity, f"{rule.id}: {rule.short}") for rule in rules]
    found += [(flag.severity, flag.label) for flag in flags if not flag.rule]
    found += [
        (bound.severity, bound.words)
        for bound in bounds()
        if (narrow or not bound.narrow) and any(map(bound.reached, given[bound.of]))
    ]
    if not found:
        return (NONE if any(given.values()) else NO_DATA), ()
    worst = max((severity for severity, _ in found), key=RANKS.index)
    return worst, tuple(words for severity, words in found if severity == worst)

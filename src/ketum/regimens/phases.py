"""A regimen in the words of a protocol: phases that follow one another, and medicines beside them.

These types carry what was written, in internal units (h, mg, g); `ketum.regimens.schedule` turns them into
the doses of a simulated arm. See `body.md` section 9 for the modes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ketum.regimens.composition import AS_DRAWN, Composition

HOURS_PER_DAY = 24
DAYS_PER_WEEK = 7
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Day 0 of a scenario is a Monday."""

Mode = Literal["times", "per_day", "every", "as_needed", "stop", "pause", "taper_over", "taper_by", "natural"]
Basis = Literal[
    "g leaf",
    "mg extract",
    "tablet",
    "mg mitragynine",
    "mg 7-hydroxymitragynine",
    "mg",
]


@dataclass(frozen=True, slots=True)
class Amount:
    """One serving of a product.

    Attributes
    ----------
    value : float
        Amount in the unit that `basis` names, above zero.
    basis : Basis
        ``g leaf``, ``mg extract`` and ``tablet`` are multiplied by the drawn content of the person's product and
        lot; ``mg mitragynine``, ``mg 7-hydroxymitragynine`` and ``mg`` (of a medicine) are exact.

    Examples
    --------
    >>> Amount(4.0, "g leaf").exact
    False
    """

    value: float
    basis: Basis

    @property
    def exact(self) -> bool:
        """Whether the amount needs no draw of content, lot or tablet."""
        return self.basis.startswith("mg") and self.basis != "mg extract"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One phase of use; phases run one after another.

    Attributes
    ----------
    mode : Mode
        How servings are decided.
    product : str or None
        Name of the product; None in ``stop``, ``pause`` and the tapers.
    dose : Amount or None
        Serving; with ``as_needed`` the size at the start of the phase, None for the person's current size.
    count : int or None
        Number of servings of ``times`` (in all) or ``per_day``.
    every_h : float or None
        Interval of ``every`` (and of ``times`` with more than one serving), h.
    for_h : float or None
        Length of the phase, h; None lasts to the end of the record (``stop``, or a last phase).
    on_days : frozenset of int or None
        Weekdays on which servings are taken (0 is Monday); None is every day.
    at_h : tuple of float
        Clock times of servings, h after midnight; empty spreads ``per_day`` over waking hours.
    at_most_per_day : int or None
        Daily limit of as-needed servings.
    first_day : int
        Day of the phase (0 is its first) on which servings begin.
    stopping : bool
        Whether the person's own stopping and resuming act within an as-needed phase.
    taper_share_per_week : float or None
        Share by which ``taper_by`` lowers the serving each week, 0..1.
    vein : str or None
        Vein colour as the product is sold: a name, on which nothing depends.
    composition : Composition
        What is known of the product's content, and what it holds besides.
    new_lot : bool
        Whether a new lot is opened when servings of the phase begin.
    lot_every_h : float or None
        The same, and how long lots last from then on, h.
    """

    mode: Mode
    product: str | None = None
    dose: Amount | None = None
    count: int | None = None
    every_h: float | None = None
    for_h: float | None = None
    on_days: frozenset[int] | None = None
    at_h: tuple[float, ...] = ()
    at_most_per_day: int | None = None
    first_day: int = 0
    stopping: bool = False
    taper_share_per_week: float | None = None
    vein: str | None = None
    composition: Composition = AS_DRAWN
    new_lot: bool = False
    lot_every_h: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Medicine:
    """A medicine taken beside kratom.

    Attributes
    ----------
    name : str
        A medicine with a CYP3A factor, a reference opioid or an antagonist.
    dose_mg : float or None
        Amount of one dose, mg; None where only the CYP3A factor matters.
    per_day : int or None
        Doses a day, spread over waking hours, if no clock times are given.
    at_h : tuple of float
        Clock times, h after midnight.
    from_h, for_h : float
        Start and length, h; ``for_h`` None lasts to the end of the record.
    """

    name: str
    dose_mg: float | None = None
    per_day: int | None = None
    at_h: tuple[float, ...] = ()
    from_h: float = 0.0
    for_h: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One row of a NONMEM-style event table (EVID 1-4), ADDL not yet expanded.

    Attributes
    ----------
    time_h : float
        Time since the start of the record, h.
    amount_mg : float
        Amount of the product's alkaloid or of the medicine, mg.
    evid : int
        1 dose, 2 other event, 3 reset of the pharmacokinetics, 4 reset and dose.
    interval_h, additional : float, int
        II and ADDL.
    steady_state : bool
        SS = 1: the dose finds the pharmacokinetics at their steady state.
    """

    time_h: float
    amount_mg: float = 0.0
    evid: int = 1
    interval_h: float = 0.0
    additional: int = 0
    steady_state: bool = False


@dataclass(frozen=True, slots=True)
class EventTable:
    """Event rows by the table's ID; person n follows the ID number n modulo the number of IDs."""

    product: str
    ids: tuple[int, ...]
    events: tuple[tuple[Event, ...], ...]

"""What servings of kratom leave behind: activity of gut CYP3A, and unbound mitragynine at the liver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketum.body.absorption import first_pass
from ketum.body.perpetrator import typical_person, unbound_inhibitor
from ketum.body.pharmacokinetics import exponentials, rate_matrix
from ketum.errors import KetumError
from ketum.evidence.names import nearest
from ketum.products import content, products
from ketum.regimens.phases import HOURS_PER_DAY
from ketum.regimens.schedule import spread_hours

Array = NDArray[np.float64]
_STEPS_PER_HOUR = 16
_CENTRAL = 4
_MOST_PER_DAY = 24


@dataclass(frozen=True, slots=True)
class Serving:
    """A serving of a product, once or every day.

    Attributes
    ----------
    product : str
        A kratom product.
    amount : float
    basis : str
        What the amount counts, one of the bases of the product, such as ``"mg mitragynine"`` or ``"g leaf"``.
    per_day : int or None
        Servings a day for as long as it takes until days are alike; None is one serving.
    """

    product: str
    amount: float
    basis: str
    per_day: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no serving of kratom."""
        known = [p.name for p in products().values() if not p.suffix]
        if self.product not in known:
            raise KetumError(f"product {self.product!r} is not a kratom product; {nearest(self.product, known)}")
        bases = products()[self.product].bases
        if self.basis not in bases:
            raise KetumError(f"basis {self.basis!r} is not allowed with {self.product}; give one of {', '.join(bases)}")
        if not (np.isfinite(self.amount) and self.amount > 0.0):
            raise KetumError(f"amount {self.amount!r} of {self.product} is not allowed; give a number above 0")
        if self.per_day is not None and not 1 <= self.per_day <= _MOST_PER_DAY:
            raise KetumError(f"per_day {self.per_day!r} is not allowed; give a number from 1 to {_MOST_PER_DAY}")


@dataclass(frozen=True, slots=True)
class Course:
    """One serving, or a day among days that are alike, in the typical person.

    Attributes
    ----------
    relative_mg : float
        Mitragynine of a serving x F_rel, mg.
    mitragynine, hydroxymitragynine : float
        What a serving brings to the gut, nmol x F_rel.
    gut_before : (serving,) array
        Gut CYP3A activity that each serving meets.
    gut_after : float
        The lowest gut CYP3A activity, right after a serving.
    gut_mean : float or None
        Its mean over the day; None after one serving.
    peak, mean : float, float or None
        Highest unbound mitragynine at the liver, and its mean over the day, uM.
    """

    relative_mg: float
    mitragynine: float
    hydroxymitragynine: float
    gut_before: Array
    gut_after: float
    gut_mean: float | None
    peak: float
    mean: float | None

    def acting(self, table: Mapping[str, float]) -> Array:
        """Return the gut CYP3A activity as it acts on kratom itself: all of it unless auto-inactivation is on."""
        return self.gut_before if table["gut_auto"] > 0.0 else np.ones_like(self.gut_before)


def course(serving: Serving, table: Mapping[str, float]) -> Course:
    """Return what a serving leaves behind with the values of the body's table.

    Examples
    --------
    >>> from ketum.evidence import load_parameters
    >>> tea = course(Serving("leaf_tea", 39.0, "mg mitragynine"), load_parameters("body").plain())
    >>> round(tea.gut_after, 3), round(tea.peak, 3)
    (0.349, 0.19)
    """
    person = typical_person(table)
    brought = content(products()[serving.product], serving.basis, person, table)
    relative_mg = serving.amount * float(brought.relative_mg[0])
    nmol = serving.amount * float(brought.to_mitragynine[0])
    nmol_7 = serving.amount * float(brought.to_7oh[0])
    loss = float(np.exp(-table["kappa_gut"] * relative_mg))
    if serving.per_day is None:
        # plasma is linear in the dose, so the peak is that of the reference tea in proportion
        peak = table["Ihep_ref"] * relative_mg / (table["dose_ref"] * table["F_rel_tea"])
        return Course(relative_mg, nmol, nmol_7, np.ones(1), loss, None, peak, None)
    hours = np.array(spread_hours(serving.per_day, table["awake_h"]), dtype=float)
    gaps = np.diff(hours, append=hours[0] + HOURS_PER_DAY)
    before, mean = _gut_over_the_day(loss, gaps, table["k_deg"])
    acting = before if table["gut_auto"] > 0.0 else np.ones_like(before)
    entering = np.array([nmol * _to_mitragynine(table, g) for g in acting])
    concentrations, average = _plasma_over_the_day(entering, gaps, person)
    peak, level = (float(unbound_inhibitor(c, table)) for c in (concentrations.max(), average))
    return Course(relative_mg, nmol, nmol_7, before, float(before.min()) * loss, mean, peak, level)


def _to_mitragynine(table: Mapping[str, float], gut_3a: float) -> float:
    a = table["a_3A"]
    to_mitragynine, _ = first_pass(table["F_ind"], table["q_gut"], 0.0, 0.0, a, a * gut_3a)
    return to_mitragynine


def _gut_over_the_day(loss: float, gaps: Array, k_deg: float) -> tuple[Array, float]:
    """Return the activity before each serving of a day like the one before, and the mean of the day.

    Between servings activity goes back to one: g <- 1 + (g loss - 1) exp(-k_deg gap); of a day this is a line in the
    activity of its start, whose fixed point is the day that repeats itself.
    """
    kept = np.exp(-k_deg * gaps)

    def day(start: float) -> Array:
        found = [start]
        for keep in kept:
            found.append(1.0 + (found[-1] * loss - 1.0) * keep)
        return np.array(found)

    at_zero, at_one = day(0.0)[-1], day(1.0)[-1]
    before = day(at_zero / (1.0 - (at_one - at_zero)))[:-1]
    missing = (1.0 - before * loss) * (1.0 - kept) / k_deg  # integral of 1 - g after each serving
    return before, float(1.0 - missing.sum() / HOURS_PER_DAY)


def _plasma_over_the_day(entering: Array, gaps: Array, person: Mapping[str, Array]) -> tuple[Array, float]:
    """Return plasma mitragynine, nM, over a day that repeats itself, and its mean (exact).

    Parameters
    ----------
    entering : (serving,) array
        What each serving brings to the first gut stage, nmol.
    gaps : (serving,) array
        Hours to the next serving.
    person : mapping of symbol to (1,) array
    """
    matrix = rate_matrix(dict(person))[0]
    volume = float(person["V1_MG"][0])  # of the reference weight
    step = exponentials(matrix[None] / _STEPS_PER_HOUR)[0]
    whole = np.eye(len(matrix))
    carried = np.zeros(len(matrix))
    for dose, gap in zip(entering, gaps, strict=True):
        over = exponentials(matrix[None] * gap)[0]
        carried[0] += dose
        carried, whole = over @ carried, over @ whole
    state = np.linalg.solve(np.eye(len(matrix)) - whole, carried)
    seen = []
    for dose, gap in zip(entering, gaps, strict=True):
        state[0] += dose
        for _ in range(round(gap * _STEPS_PER_HOUR)):
            state = step @ state
            seen.append(state[_CENTRAL])
    out = -(matrix[_CENTRAL, _CENTRAL] + matrix[_CENTRAL + 1, _CENTRAL])  # CLt/V1: what leaves for good
    return np.array(seen) / volume, float(entering.sum() / (out * volume * HOURS_PER_DAY))

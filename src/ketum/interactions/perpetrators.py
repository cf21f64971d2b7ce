"""What a medicine does to kratom: AUC of mitragynine and 7-hydroxymitragynine under another CYP3A activity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ketum.body.absorption import first_pass
from ketum.interactions.serving import Course

FACTOR = "i3A_"
"""How symbols of CYP3A factors begin; the name of the medicine follows."""


@dataclass(frozen=True, slots=True)
class Kratom:
    """AUC ratios of kratom with a medicine; None for what the product does not bring."""

    mitragynine: float | None
    hydroxymitragynine: float | None


def areas(factor: float, course: Course, table: Mapping[str, float]) -> tuple[float, float]:
    """Return AUC of mitragynine and of 7-OH of all servings of a course, nM h, typical person (body.md section 3).

    Parameters
    ----------
    factor : float
        CYP3A activity of gut and liver to that without medicines; 1 is none.
    course : Course
    table : mapping of symbol to float
    """
    a = table["a_3A"] * factor
    total = table["CL_MG"] * (1.0 - table["fm_3A"] + table["fm_3A"] * a)
    total_7 = table["CL_7"] * (1.0 - table["fm_7"] + table["fm_7"] * a)
    first_pass_yield = min(table["y_fp"], table["y_cap"])
    area = area_7 = 0.0
    for gut_3a in course.acting(table):
        entering, formed = first_pass(
            table["F_ind"], table["q_gut"], first_pass_yield, table["w_gut"], a, a * float(gut_3a)
        )
        area += course.mitragynine * entering / total
        from_blood = entering * table["f_sys"] * a * table["CL_MG"] / total
        area_7 += (course.mitragynine * (formed + from_blood) + course.hydroxymitragynine) / total_7
    return area, area_7


def kratom_ratio(factor: float, course: Course, table: Mapping[str, float]) -> Kratom:
    """Return the AUC ratios under a CYP3A factor.

    Examples
    --------
    >>> from ketum.evidence import load_parameters
    >>> from ketum.interactions.serving import Serving, course
    >>> body = load_parameters("body").plain()
    >>> found = kratom_ratio(0.65, course(Serving("leaf_tea", 39.0, "mg mitragynine"), body), body)
    >>> round(found.mitragynine, 2), round(found.hydroxymitragynine, 2)
    (1.45, 1.18)
    """
    with_it, without = areas(factor, course, table), areas(1.0, course, table)
    ratios = [float(np.divide(x, y)) if y > 0.0 else None for x, y in zip(with_it, without, strict=True)]
    return Kratom(*ratios)


def known_factor(substance: str, table: Mapping[str, float]) -> float | None:
    """Return the CYP3A factor of a medicine, or None where the tables hold none."""
    return table.get(f"{FACTOR}{substance}")

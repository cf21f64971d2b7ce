"""What a search for the size of a study found, as ``study.json`` holds it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from ketum.reports.study_facts import CurvePoint, Evaluation, Planning

if TYPE_CHECKING:  # statsmodels takes long to import, and only types are needed
    from ketum.studies.crossing import Power, SmallBias
    from ketum.studies.planning import Plan
    from ketum.studies.searching import Evaluation as Evaluated

_POINTS = 60
"""Points of the fitted curve."""


def planned(
    plan: Plan,
    goal: Power | SmallBias,
    smallest: int,
    largest: int,
    *,
    estimand: str,
    estimator: str,
    setting: str,
    of: str = "participants",
    note: str = "",
) -> Planning:
    """Return the facts of a search by `ketum.studies.planning.find`.

    Parameters
    ----------
    plan : Plan
    goal : Power or SmallBias
    smallest, largest : int
        The range that was searched.
    estimand, estimator, setting : str
        Names, as in ``performance.csv``.
    of : str
        What is counted.
    note : str
    """
    power = hasattr(goal, "target")
    return Planning(
        goal="power" if power else "bias",
        target=getattr(goal, "target" if power else "bound"),
        of=of,
        estimand=estimand,
        estimator=estimator,
        setting=setting,
        smallest=smallest,
        largest=largest,
        outcome=plan.outcome,
        size=plan.x,
        low=_finite(plan.low),
        high=_finite(plan.high),
        narrow=plan.narrow,
        agrees=plan.agrees,
        biased=plan.biased_at_x,
        check=None if plan.at_x is None else _evaluation(plan.at_x, power=power),
        mean=_finite(plan.at_largest.mean),
        truth=_finite(plan.at_largest.truth),
        evaluations=tuple(_evaluation(one, power=power) for one in plan.path),
        curve=_curve(plan, power=power),
        note=note,
    )


def _evaluation(one: Evaluated, *, power: bool) -> Evaluation:
    found = one.power if power else one.bias
    return Evaluation(
        stage=one.stage,
        size=one.x,
        replicates=one.count,
        failed=one.failed,
        value=_finite(found.value),
        mcse=_finite(found.mcse),
    )


def _curve(plan: Plan, *, power: bool) -> tuple[CurvePoint, ...]:
    """Return the fitted line over the sizes that were evaluated: the probit of power, or minus the size of bias."""
    if plan.line is None:
        return ()
    sizes = [one.x for one in plan.path]
    roots = np.linspace(math.sqrt(min(sizes)), math.sqrt(max(sizes)), _POINTS)
    heights = [plan.line.at(root**2)[0] for root in roots.tolist()]
    values = [float(ndtr(height)) if power else -height for height in heights]
    return tuple(
        CurvePoint(size=root**2, value=value)
        for root, value in zip(roots.tolist(), values, strict=True)
        if power or value >= 0.0
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

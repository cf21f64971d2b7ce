"""What a run with parameter sets says about what it rests on, as ``provenance.json`` holds it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ketum.results.uncertain import Asked, Uncertain
from ketum.uncertainty.shares import Share

_DIGITS = 4


def uncertainty_facts(found: Uncertain, asked: Asked) -> dict[str, Any]:
    """Return parameter sets, shares of variance and conclusions.

    Returns
    -------
    dict
        ``draws`` (number of sets), ``fixed`` (keys of parameters that kept their value), ``shares`` (base samples,
        sets, persons in each), ``quantities`` (for each main result its arm, setting, end point, mean and SD over sets,
        and first-order and total shares with standard errors by class and by parameter of the leading class),
        ``without_shares`` (main results that some sets do not have) and ``conclusions`` (sign of each difference, share
        of sets with it, share of pairs that turn round within what is assumed, verdict, and what a question that is not
        answerable hangs on).
    """
    variance = found.variance
    shares = None
    if variance is not None:
        shares = {"base": variance.base, "sets": variance.sets, "persons": found.plan.lean.cohort.count}
    return {
        "draws": asked.draws,
        "fixed": sorted(asked.fixed),
        "shares": shares,
        "quantities": [
            {
                "arm": shared.quantity.arm,
                "setting": shared.quantity.setting,
                "endpoint": shared.quantity.name,
                "mean": _plain(shared.mean),
                "sd": _plain(shared.sd),
                "by_class": _shares(shared.by_class),
                "leading": shared.leading,
                "by_parameter": _shares(shared.by_parameter),
            }
            for shared in found.shared
        ],
        "without_shares": [
            {"arm": q.arm, "setting": q.setting, "endpoint": q.name} for q in (variance.left_out if variance else ())
        ],
        "conclusions": [
            {
                "arm": quantity.arm,
                "setting": quantity.setting,
                "endpoint": quantity.name,
                "sign": conclusion.sign,
                "agreeing": _plain(conclusion.agreeing),
                "turned": _plain(conclusion.turned),
                "verdict": conclusion.verdict,
                "why": conclusion.why,
            }
            for quantity, conclusion in found.conclusions
        ],
    }


def _plain(value: float) -> float | None:
    """Return a number of few digits; None where it is none."""
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None


def _shares(shares: Sequence[Share]) -> list[dict[str, object]]:
    return [
        {
            "of": share.group,
            "first": _plain(share.first),
            "first_se": _plain(share.first_se),
            "total": _plain(share.total),
            "total_se": _plain(share.total_se),
        }
        for share in shares
    ]

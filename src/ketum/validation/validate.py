"""The whole validation: what the model can predict, judged by the criteria, and why not the rest of the evidence."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ketum.engine.cohort import shipped_tables
from ketum.errors import ScenarioError
from ketum.evidence.names import nearest
from ketum.validation.acceptance import Acceptance, CriterionResult, counted, load_acceptance, measure, results
from ketum.validation.agreement import Agreement, agreement
from ketum.validation.comparisons import load_comparisons
from ketum.validation.predict import Predictions, Progress, predict
from ketum.validation.scope import Covered, covered

if TYPE_CHECKING:
    import pandas as pd

SEED = 1


@dataclass(frozen=True, slots=True)
class Validation:
    """What was predicted and how it stands.

    Attributes
    ----------
    domain : str
        The only domain that was asked for, or empty.
    people, sets : int
        Participants in the pool of a study; parameter sets.
    rows : tuple of Agreement
    results : tuple of CriterionResult
    acceptance : Acceptance
    covered : tuple of Covered
        Every row of the evidence.
    predictions : Predictions
    seconds : float
    """

    domain: str
    people: int
    sets: int
    rows: tuple[Agreement, ...]
    results: tuple[CriterionResult, ...]
    acceptance: Acceptance
    covered: tuple[Covered, ...]
    predictions: Predictions
    seconds: float

    @property
    def fell_short(self) -> tuple[CriterionResult, ...]:
        """Required criteria that are not met."""
        return tuple(found for found in self.results if found.criterion.required and found.met is False)

    @property
    def unjudged(self) -> tuple[CriterionResult, ...]:
        """Criteria that no row can be held against."""
        return tuple(found for found in self.results if found.met is None)


def domains() -> tuple[str, ...]:
    """Return the domains in the order in which they first stand.

    Examples
    --------
    >>> domains()[0]
    'pharmacokinetics'
    """
    return tuple(dict.fromkeys(one.domain for one in load_comparisons().values()))


def check_domain(domain: str | None) -> None:
    """Refuse a domain that does not exist; None is all.

    Raises
    ------
    ScenarioError
        If there is no such domain.
    """
    if domain is not None and domain not in domains():
        raise ScenarioError(f"--domain: {domain!r} is not known; {nearest(domain, domains())}")


def validate(*, people: int, draws: int, domain: str | None = None, progress: Progress | None = None) -> Validation:
    """Predict and judge.

    Parameters
    ----------
    people : int
        Participants in the pool of a study.
    draws : int
        Parameter sets; 0 for no uncertainty about parameters.
    domain : str, optional
        Only this domain; criteria over all domains are then left out.
    progress : callable, optional
        Called with (studies done, studies in all, what is being done).

    Raises
    ------
    ScenarioError
        If there is no such domain.
    """
    began = time.monotonic()
    acceptance = load_acceptance()
    every = tuple(load_comparisons().values())
    check_domain(domain)
    asked = [one for one in every if domain in (None, one.domain)]
    found = predict(
        asked,
        shipped_tables(),
        people=people,
        draws=draws,
        seed=SEED,
        interval=acceptance.rules.interval,
        progress=progress,
    )
    rows = tuple(agreement(one, acceptance.rules) for one in found.predicted)
    criteria = [c for c in acceptance.criteria if domain in (None, c.domain)]
    everything = covered((one.row, one.observation.id) for one in every if one.observation)
    return Validation(
        domain or "",
        people,
        draws,
        rows,
        results(rows, criteria),
        acceptance,
        everything,
        found,
        time.monotonic() - began,
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """One domain: calibration and other rows apart; nan where no row has the measure. Hearsay is left out."""

    domain: str
    calibration: bool
    rows: int
    gmfe: float
    within: float
    inside: float
    inside_all: float


def summaries(rows: tuple[Agreement, ...]) -> tuple[Summary, ...]:
    """Return a summary of each domain, calibration rows and others apart, in the order of domains."""
    found = []
    for domain in domains():
        for calibration in (True, False):
            here = [
                row
                for row in counted(rows)
                if row.comparison.domain == domain and row.comparison.calibration == calibration
            ]
            if here:
                names = ("gmfe", "share_within", "share_inside", "share_inside_all")
                found.append(Summary(domain, calibration, len(here), *(measure(name, here)[0] for name in names)))
    return tuple(found)


Cell = str | int | float | bool | None


def table_rows(validation: Validation) -> list[dict[str, Cell]]:
    """Return one dictionary a row: what `predictions.csv` and ``--json`` hold; None where there is no value."""

    def number(value: float) -> float | None:
        return value if math.isfinite(value) else None

    found: list[dict[str, Cell]] = []
    for row in validation.rows:
        p, one = row.predicted, row.comparison
        found.append(
            {
                "row": one.row,
                "observation": one.observation.id if one.observation else "",
                "domain": one.domain,
                "calibration": one.calibration,
                "kind": one.kind,
                "what": one.title,
                "source": one.source,
                "verified": one.verified,
                "unit": one.unit,
                "n": one.n,
                "participants": p.participants,
                "observed": one.observed.value,
                "observed_low": one.observed.low,
                "observed_high": one.observed.high,
                "bound": one.observed.bound,
                "predicted": number(p.middle),
                "low": number(p.low),
                "high": number(p.high),
                "low_with_parameters": number(p.low_all),
                "high_with_parameters": number(p.high_all),
                "fold": number(row.fold),
                "difference": number(row.difference),
                "within": row.within,
                "inside": row.inside,
                "inside_with_parameters": row.inside_all,
                "overlaps": row.overlaps,
                "accepted": row.accepted,
                "share_of_replicates_with_this_sign": number(p.agreeing),
                "study": one.study,
                "statistic": one.statistic,
                "note": one.note,
            }
        )
    return found


def table(validation: Validation) -> pd.DataFrame:
    """Return the predictions as a table."""
    import pandas as pd

    return pd.DataFrame(table_rows(validation))

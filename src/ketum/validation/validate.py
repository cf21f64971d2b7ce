"""The whole validation: what the model can predict, judged by the criteria, and why not the rest of the evidence."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ketum.engine.cohort import shipped_tables
from ketum.errors import ScenarioError
from ketum.evidence.names import nearest
from ketum.validation.acceptance import Acceptance, Judged, Outcome, judge, load_acceptance, measure, outcomes
from ketum.validation.cases import load_cases
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
    rows : tuple of Judged
    outcomes : tuple of Outcome
    acceptance : Acceptance
    covered : tuple of Covered
        Every row of the evidence.
    predictions : Predictions
    seconds : float
    """

    domain: str
    people: int
    sets: int
    rows: tuple[Judged, ...]
    outcomes: tuple[Outcome, ...]
    acceptance: Acceptance
    covered: tuple[Covered, ...]
    predictions: Predictions
    seconds: float

    @property
    def fell_short(self) -> tuple[Outcome, ...]:
        """Required criteria that are not met."""
        return tuple(o for o in self.outcomes if o.criterion.required and o.met is False)


def domains() -> tuple[str, ...]:
    """Return the domains in the order in which they first stand.

    Examples
    --------
    >>> domains()[0]
    'pharmacokinetics'
    """
    return tuple(dict.fromkeys(case.domain for case in load_cases()))


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
    every = load_cases()
    if domain is not None and domain not in domains():
        raise ScenarioError(f"--domain: {domain!r} is not known; {nearest(domain, domains())}")
    cases = [case for case in every if domain in (None, case.domain)]
    found = predict(
        cases,
        shipped_tables(),
        people=people,
        draws=draws,
        seed=SEED,
        interval=acceptance.rules.interval,
        progress=progress,
    )
    rows = tuple(judge(one, acceptance.rules) for one in found.predicted)
    asked = [c for c in acceptance.criteria if domain in (None, c.domain)]
    everything = covered((case.row, case.observation) for case in every)
    return Validation(
        domain or "",
        people,
        draws,
        rows,
        outcomes(rows, asked),
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


def summaries(rows: tuple[Judged, ...]) -> tuple[Summary, ...]:
    """Return a summary of each domain, calibration rows and others apart, in the order of domains."""
    found = []
    for domain in domains():
        for calibration in (True, False):
            here = [
                row
                for row in rows
                if row.predicted.case.domain == domain
                and row.predicted.case.calibration == calibration
                and row.predicted.case.kind != "hearsay"
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
        p, case = row.predicted, row.predicted.case
        found.append(
            {
                "row": case.row,
                "observation": case.observation,
                "domain": case.domain,
                "calibration": case.calibration,
                "kind": case.kind,
                "what": case.title,
                "source": case.source,
                "verified": case.verified,
                "unit": case.unit,
                "n": case.n,
                "participants": p.participants,
                "observed": case.observed.value,
                "observed_low": case.observed.low,
                "observed_high": case.observed.high,
                "bound": case.observed.bound,
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
                "study": case.study,
                "statistic": case.statistic,
                "note": case.note,
            }
        )
    return found


def table(validation: Validation) -> pd.DataFrame:
    """Return the predictions as a table."""
    import pandas as pd

    return pd.DataFrame(table_rows(validation))

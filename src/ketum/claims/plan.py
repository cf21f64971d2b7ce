"""The ledger as it is written (`ledger.toml`): how each claim is checked, and by which rule it is judged."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ketum.claims.model import VERDICTS, Grade, Says
from ketum.claims.rules import Side
from ketum.claims.words import percent
from ketum.errors import EvidenceError
from ketum.evidence import load_rows
from ketum.uncertainty.conclusions import LEAST_AGREEING

FILE = "ledger.toml"


class Written(BaseModel):
    """A table of the file; unknown keys and values of another type are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Measure = Literal[
    "", "truth", "mean", "bias", "coverage", "rejection", "above", "below", "size", "larger", "identified"
]
Way = Literal["", "minus", "ratio", "difference of products", "complement", "one minus square ratio", "ceiling"]


class Than(Written):
    """With what the values of an estimator are compared: those in another study, or in another setting."""

    study: str
    setting: str


class Quantity(Written):
    """A number that is read from a run or an emulated study, or made of others.

    Attributes
    ----------
    read
        `output` of an arm (or of an arm minus the arm `against`), `endpoint`, `difference` (person by person),
        `parameter`, `lasting` (hours until an output is back below `share` of its highest), `made` (of others by
        `how`), `explained` (share of the spread between people that goes along with `factors`), or `study` (what an
        `estimator` of an `estimand` comes to in an emulated `study`).
    at, between, fold
        One time, or the `fold` of a stretch of time.
    settings
        Causal settings; all that were run if empty.
    step
        A step on the way, not shown.
    measure
        Of a study: the `truth` of its participants; the `mean` of its estimates, their `bias`; the share of 95%
        intervals that hold the truth (`coverage`), that lie `above` or `below` no effect, of p-values below 5%
        (`rejection`); how many persons give a `power` (`size`); in which share of pairs of studies the value is
        `larger` `than` in another study or setting; whether the effect is `identified` under the graph of the design.
    exponentiate
        For truth, mean and bias of log ratios: shown as ratios.
    """

    name: str
    read: Literal["output", "endpoint", "difference", "parameter", "lasting", "made", "explained", "study"]
    label: str = ""
    unit: str = ""
    digits: int = 2
    scale: float = 1.0
    step: bool = False
    scenario: str = ""
    arm: str = ""
    against: str = ""
    output: str = ""
    endpoint: str = ""
    statistic: str = "mean"
    at: str = ""
    between: tuple[str, str] | None = Field(None, strict=False)
    fold: Literal["max", "min", "mean"] = "max"
    share: float = 0.0
    symbol: str = ""
    how: Way = ""
    of: tuple[str, ...] = Field((), strict=False)
    factors: tuple[str, ...] = Field((), strict=False)
    settings: tuple[str, ...] = Field((), strict=False)
    study: str = ""
    estimand: str = ""
    estimator: str = ""
    measure: Measure = ""
    than: Than | None = None
    power: float = Field(0.0, ge=0, lt=1)
    exponentiate: bool = False

    @property
    def studies(self) -> tuple[str, ...]:
        """The studies that it is read from."""
        return tuple(filter(None, (self.study, self.than.study if self.than is not None else "")))

    @model_validator(mode="after")
    def _of_a_study(self) -> Self:
        """Check that a figure of a study says which, and that no other does."""
        asked = {"study": self.study, "estimand": self.estimand, "estimator": self.estimator, "measure": self.measure}
        for key, value in asked.items():
            if bool(value) != (self.read == "study"):
                raise ValueError(f'{key} = "{value}"; allowed: with read = "study", which needs it')
        for measure, key, given in (("larger", "than", self.than is not None), ("size", "power", self.power > 0.0)):
            if given != (self.measure == measure):
                raise ValueError(f'{key}: allowed: with measure = "{measure}", which needs it')
        if self.exponentiate and self.measure not in ("truth", "mean", "bias"):
            raise ValueError('exponentiate: allowed: with measure = "truth", "mean" or "bias"')
        return self


class RowPlan(Written):
    """A row of the tables: its id, what it says about the claim, what kind of study it is, why it says so."""

    id: str
    says: Says = "for"
    grade: Grade
    why: str


class Direction(Written):
    """A bound and the claimed side of it, with the reason for the bound."""

    kind: Literal["direction", "settings", "reaches"]
    side: Side
    bound: float
    why: str


class Within(Written):
    """A range, published or stated with its reason."""

    kind: Literal["within"]
    low: float
    high: float
    why: str


class Evidence(Written):
    """The weakest kind of study that counts, and the rows."""

    kind: Literal["evidence"]
    needs: Grade
    rows: tuple[RowPlan, ...] = Field(strict=False)
    why: str = ""


class NoneFound(Written):
    """A filter that no row of the tables should meet: every pattern must be found in the texts of a row."""

    kind: Literal["none found"]
    tables: tuple[str, ...] = Field(strict=False, min_length=1)
    patterns: tuple[str, ...] = Field(strict=False, min_length=1)
    why: str


class Cited(Written):
    """Whether a cited paper was found stands in `citations.csv`, under the id of the claim."""

    kind: Literal["citation"]


class Behaviour(Written):
    """What the tool does when it is tried."""

    kind: Literal["behaviour"]
    attempt: Literal["no dose is recommended", "findings accompany results"]


class Shown(Written):
    """Shown and not judged, with the reason."""

    kind: Literal["shown"]
    why: str


Rule = Annotated[Direction | Within | Evidence | NoneFound | Cited | Behaviour | Shown, Field(discriminator="kind")]


class PartPlan(Written):
    """One part of a claim: what would have to hold, and the rule."""

    name: str
    words: str
    quantity: str = ""
    rule: Rule


class ClaimPlan(Written):
    """How one claim is checked."""

    id: str
    short: str
    checked: str
    key: str = ""
    would_change: str
    say: Mapping[str, str] = Field(default_factory=dict)
    quantity: tuple[Quantity, ...] = Field((), strict=False)
    part: tuple[PartPlan, ...] = Field(strict=False, min_length=1)
    background: tuple[RowPlan, ...] = Field((), strict=False)


class Rules(Written):
    """What all rules share: the share of parameter sets that is enough, and the words for each rule and for studies."""

    words: Mapping[str, str]
    verdicts: Mapping[str, str]
    grades: Mapping[str, str]
    combination: str
    settings: str
    studies: str

    @property
    def enough(self) -> float:
        """The share of parameter sets in which a figure must stand on one side: as for the conclusions of a run."""
        return LEAST_AGREEING

    @field_validator("words")
    @classmethod
    def _with_share(cls, words: Mapping[str, str]) -> Mapping[str, str]:
        return {rule: text.replace("{enough}", percent(LEAST_AGREEING)) for rule, text in words.items()}


class Plan(Written):
    """The whole file."""

    rules: Rules
    claim: tuple[ClaimPlan, ...] = Field(strict=False)

    def of(self, id_: str) -> ClaimPlan:
        """Return how a claim is checked."""
        return next(claim for claim in self.claim if claim.id == id_)


@cache
def shipped_plan() -> Plan:
    """Return the ledger that ships, as it is written.

    >>> len(shipped_plan().claim)
    41
    """
    return read_plan(resources.files("ketum.claims").joinpath(FILE))


def read_plan(file: Traversable) -> Plan:
    """Read a ledger.

    Raises
    ------
    EvidenceError
        It cannot be used: names the file, the claim, the key and what is allowed.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EvidenceError(f"{file.name}: {error}") from None
    try:
        plan = Plan.model_validate(tables)
    except ValidationError as error:
        found = error.errors(include_url=False)
        first = min(found, key=lambda one: one["type"] != "extra_forbidden")
        raise EvidenceError(f"{file.name}: {_where(first['loc'], tables)}: {first['msg']}") from None
    _check(file.name, plan)
    return plan


def _where(loc: tuple[str | int, ...], tables: Mapping[str, object]) -> str:
    """Return the place of a mistake, the claim by its id."""
    claims = tables.get("claim")
    if len(loc) > 1 and loc[0] == "claim" and isinstance(loc[1], int) and isinstance(claims, list):
        claim = claims[loc[1]]
        id_ = claim.get("id", loc[1]) if isinstance(claim, dict) else loc[1]
        return " ".join([f"claim {id_}", *map(str, loc[2:])])
    return " ".join(map(str, loc))


def _check(file: str, plan: Plan) -> None:
    """Check what the shape alone does not say: one entry a claim, names that exist."""
    wanted, given = [claim.id for claim in load_rows("claims")], [claim.id for claim in plan.claim]
    if wanted != given:
        odd_ones = ", ".join(sorted(set(wanted) ^ set(given))) or "their order"
        raise EvidenceError(f"{file}: claims: {odd_ones}; allowed: the claims of claims.csv, each once, in its order")
    for claim in plan.claim:
        names = {quantity.name for quantity in claim.quantity}
        used = {p.quantity for p in claim.part if p.quantity} | {n for q in claim.quantity for n in q.of}
        used |= {claim.key} if claim.key else set()
        if missing := used - names:
            raise EvidenceError(f"{file}: claim {claim.id}: quantity {sorted(missing)[0]!r} is not known")
        if odd := set(claim.say) - set(VERDICTS):
            raise EvidenceError(f"{file}: claim {claim.id}: say {sorted(odd)[0]!r}; allowed: {', '.join(VERDICTS)}")

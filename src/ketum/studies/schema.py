"""The tables that study files share, and what each key may hold; the designs are in `ketum.studies.shapes`.

What one value must be is checked here; what values must be to each other, in `ketum.studies.resolve`. The description
of a field is what a message names as allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator

from ketum.regimens.phases import HOURS_PER_DAY
from ketum.scenario import fields
from ketum.scenario.grid import in_words
from ketum.scenario.schema import Name, Table, UseTable
from ketum.scenario.wording import refusal, shown, unknown

MOST_SEED = 2**63 - 1
MOST_REPLICATES = 100_000
MOST_PARTICIPANTS = 100_000
MOST_POOL = 5_000_000
_SETTINGS = ("null", "pharmacology", "harm", "benefit", "mixed")
_DAYS = 'whole days, such as "10 d" or "26 wk"'
_COVARIATES = ("age", "sex", "pain", "opioid", "alcohol", "ptsd")


def whole_days(value: object) -> float:
    """Return a time of whole days, in h."""
    try:
        hours = fields.duration_or_zero(value)
    except ValueError:
        raise ValueError(refusal(value, "a time of whole days", _DAYS)) from None
    if hours % HOURS_PER_DAY:
        raise ValueError(refusal(value, "a whole number of days", _DAYS))
    return hours


def some_days(value: object) -> float:
    """Return a time of at least one whole day, in h."""
    hours = whole_days(value)
    if not hours:
        raise ValueError(refusal(value, "a time above zero", _DAYS))
    return hours


def visits(value: object) -> tuple[float, ...]:
    """Return the times of visits, in h, in order.

    Examples
    --------
    >>> visits(["8 wk", "4 wk"])
    (672.0, 1344.0)
    """
    texts = value if isinstance(value, list) else [value]
    if not texts:
        raise ValueError(refusal(value, "a list of visits", 'a list such as ["4 wk", "8 wk"]'))
    hours = sorted(some_days(text) for text in texts)
    if len(set(hours)) < len(hours):
        twice = next(time for time in hours if hours.count(time) > 1)
        raise ValueError(f"{in_words(twice)} stands twice; allowed: each visit once")
    for time in hours:
        if time % (7 * HOURS_PER_DAY):
            raise ValueError(refusal(in_words(time), "a visit", 'whole weeks, such as "4 wk"'))
    return tuple(hours)


def names_of(what: str, known: Sequence[str]) -> Any:
    """Return the type of a list of known names, each once."""

    def read(value: object) -> tuple[str, ...]:
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list | tuple) or not names:
            raise ValueError(refusal(value, f"a list of {what}s", ", ".join(known)))
        for name in names:
            if name not in known:
                raise ValueError(unknown(name, f"{_article(what)} {what}", known))
        if len(set(names)) < len(names):
            twice = next(name for name in names if list(names).count(name) > 1)
            raise ValueError(f"{shown(twice)} stands twice; allowed: each of {', '.join(known)} once")
        return tuple(names)

    return Annotated[tuple[str, ...], PlainValidator(read), PlainSerializer(list)]


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def name_of(what: str, *known: str) -> Any:
    """Return the type of one known name."""
    return Annotated[str, PlainValidator(fields.one_of(f"{_article(what)} {what}", known))]


Days = Annotated[float, PlainValidator(some_days), PlainSerializer(in_words)]
DaysOrNone = Annotated[
    float, PlainValidator(whole_days), PlainSerializer(lambda hours: in_words(hours) if hours else "0 d")
]
Visits = Annotated[
    tuple[float, ...], PlainValidator(visits), PlainSerializer(lambda times: [in_words(t) for t in times])
]
Covariates = names_of("covariate", _COVARIATES)
CausalNames = names_of("causal setting", _SETTINGS)


Population = name_of(
    "population",
    "us_adults",
    "healthy_adults",
    "regular_users",
    "adults_with_depression",
    "adults_with_ptsd",
    "trial_entrants",
)


def count(least: int, most: int, what: str, default: int | None = None) -> Any:
    """Return the field of a whole number; without `default` it must be given."""
    words = f"a whole number of {what} from {least} to {most}"
    given = {} if default is None else {"default": default}
    return Field(ge=least, le=most, description=words, **given)  # type: ignore[call-overload]


def fraction(default: float, what: str) -> Any:
    """Return the field of a share from 0 to below 1."""
    return Field(default, ge=0, lt=1, description=f"{what}: a share from 0, below 1")


class SettingTable(Table):
    """``[setting]``: what kratom is taken to do to depression; every setting is studied by itself."""

    causal: CausalNames = _SETTINGS  # type: ignore[valid-type]
    selection: bool = Field(True, description="true or false")
    channels: dict[str, object] = Field({}, description="a table of channel = true or false")


class PoolTable(Table):
    """``[pool]``: how many persons are simulated, from which all replicates draw."""

    persons: int = count(100, MOST_POOL, "persons")


class EntryTable(Table):
    """``[entry]``: who may take part."""

    population: Population = "us_adults"  # type: ignore[valid-type]
    phq9_at_least: float | None = Field(None, ge=0, le=27, description="a PHQ-9 from 0 to 27")


class DropoutTable(Table):
    """``[dropout]``: who leaves, and which visits are missed."""

    share: float = fraction(0.0, "who leave by the last visit")
    by_severity: float = Field(
        1.0, ge=0.1, le=10, description="how much faster those leave who are five points worse, from 0.1 to 10"
    )
    missed: float = fraction(0.0, "single visits that are missed")
    handled: name_of("way to handle missing answers", "complete_case", "last_observation") = (  # type: ignore[valid-type]
        "complete_case"
    )


class RecallTable(Table):
    """``[recall]``: how a mood of long ago is told today."""

    error: float = Field(0.0, ge=0, le=20, description="an SD of PHQ-9 points from 0 to 20")
    towards_now: float = Field(
        0.0,
        ge=-1,
        le=1,
        description="which share of the way the answer moves towards (or from) how it is today, -1 to 1",
    )


class WorldTable(Table):
    """``[world]``: how long kratom was on sale before the survey, from no use on."""

    for_h: Days = Field(416 * 7 * 24.0, alias="for")
    enrichment: float = Field(2.0, ge=1, le=900, description="a factor on the hazard of starting from 1 to 900")


class RunTable(Table):
    """What every study file holds."""

    design: str = Field(description="the name of a design")
    title: Name | None = None
    question: str | None = Field(None, max_length=400, description="a sentence of at most 400 characters")
    seed: int = Field(1, ge=0, le=MOST_SEED, description="a whole number from 0 to 9223372036854775807")
    replicates: int = count(2, MOST_REPLICATES, "replicates", 100)
    setting: SettingTable = Field(SettingTable(), description="a table [setting]")
    pool: PoolTable | None = Field(None, description="a table [pool] with persons = 50000")
    parameters: dict[str, object] = Field({}, description="a table of symbol = number")


Use = Annotated[list[UseTable] | None, Field(max_length=100, description="a list of phases, each a table { ... }")]

"""The shape of a scenario file: its tables, their keys, and what each may hold.

Times come out in h. What one value must be is checked here; what values must be to each other, in
`ketum.scenario.resolve`. The description of a field is what a message names as allowed.
"""

from __future__ import annotations

from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, PlainValidator

from ketum.regimens.phases import WEEKDAYS
from ketum.scenario import fields
from ketum.scenario.grid import clock, in_words
from ketum.scenario.model import Population

MOST_PEOPLE = 10_000_000
MOST_DRAWS = 10_000
MOST_SHARES = 65_536
_MOST_SEED = 2**63 - 1

Duration = Annotated[float, PlainValidator(fields.duration), PlainSerializer(in_words)]
DurationOrZero = Annotated[float, PlainValidator(fields.duration_or_zero), PlainSerializer(in_words)]
ClockTimes = Annotated[
    tuple[float, ...], PlainValidator(fields.clock_times), PlainSerializer(lambda times: [clock(t) for t in times])
]
Weekdays = Annotated[
    frozenset[int], PlainValidator(fields.weekdays), PlainSerializer(lambda days: [WEEKDAYS[d] for d in sorted(days)])
]
SharePerWeek = Annotated[
    float, PlainValidator(fields.share_per_week), PlainSerializer(lambda share: f"{100 * share:.10g} %/wk")
]
Name = Annotated[str, PlainValidator(fields.one_line)]
On = Annotated[bool, PlainValidator(fields.only_true)]
PopulationName = Annotated[
    Population,
    PlainValidator(fields.one_of("a population", get_args(Population))),
]


def _phases(value: object) -> object:
    """Turn ``use = "natural"`` into the one phase that it means."""
    return [{"natural": True}] if value == "natural" else value


def _count(most: int, allowed: str) -> Any:
    return Field(None, ge=1, le=most, description=allowed)


class Table(BaseModel):
    """A table of the file; unknown keys and values of another type are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class HiddenTable(Table):
    """The ``hidden_opioid`` of a phase."""

    name: str = Field(description='a reference opioid, such as "morphine"')
    dose: str = Field(description='an amount in a serving, such as "5 mg"')
    in_share: float = Field(1.0, gt=0, le=1, description="a share of lots above 0, at most 1")


class UseTable(Table):
    """One phase of ``use``, as written."""

    product: str | None = Field(None, description='the name of a product, such as "leaf_powder"')
    dose: str | None = Field(None, description='an amount with its unit, such as "4 g" or "39 mg mitragynine"')
    times: int | None = _count(10_000, "a whole number of servings from 1 to 10000")
    per_day: int | None = _count(24, "a whole number of servings a day from 1 to 24")
    every: Duration | None = None
    as_needed: On | None = None
    stop: On | None = None
    pause: Duration | None = None
    taper_over: Duration | None = None
    taper_by: SharePerWeek | None = None
    for_h: Duration | None = Field(None, alias="for")
    on_days: Weekdays | None = None
    at: ClockTimes | None = None
    at_most_per_day: int | None = _count(100, "a whole number of servings a day from 1 to 100")
    first_day: int | None = Field(None, ge=0, le=10_000, description="a whole number of days from 0 to 10000")
    stopping: On | None = None
    natural: On | None = None
    vein: Name | None = None
    content: str | None = Field(None, description='a measured content such as "20 mg/g", or "18 mg" of a tablet')
    label: str | None = Field(None, description='what a tablet promises, such as "15 mg 7-hydroxymitragynine"')
    added_7oh: str | None = Field(None, description='7-OH added to leaf or extract, such as "2 mg/g"')
    hidden_opioid: HiddenTable | None = Field(None, description='a table { name = "morphine", dose = "5 mg" }')
    new_lot: On | None = None
    lot_every: Duration | None = None


class MedicineTable(Table):
    """One of the ``medicines``, as written."""

    name: str = Field(description='the name of a medicine, such as "ketoconazole"')
    dose: str | None = Field(None, description='an amount with its unit, such as "50 mg"')
    per_day: int | None = _count(24, "a whole number of doses a day from 1 to 24")
    at: ClockTimes | None = None
    from_h: DurationOrZero = Field(0.0, alias="from")
    for_h: Duration | None = Field(None, alias="for")


class TreatmentTable(Table):
    """One of the ``treatments``, as written."""

    name: str = Field(description='the name of a treatment, such as "sertraline" or "cbt"')
    dose: str | None = Field(None, description='an amount with its unit, such as "50 mg"')
    per_day: int | None = _count(24, "a whole number of doses a day from 1 to 24")
    from_h: DurationOrZero = Field(0.0, alias="from")
    for_h: Duration | None = Field(None, alias="for")
    adherence: float | None = Field(None, gt=0, le=1, description="a share of days above 0, at most 1")


class ArmTable(Table):
    """One ``[[arm]]``."""

    name: Name = Field(description="a name of 1 to 100 characters")
    use: Annotated[list[UseTable] | None, BeforeValidator(_phases)] = Field(
        None, max_length=1000, description="a list of at most 1000 phases, each a table { ... }"
    )
    events: str | None = Field(None, description='the name of an event table, such as "doses.csv"')
    product: str | None = Field(None, description="the name of a product, beside events")
    medicines: list[MedicineTable] = Field(
        [], max_length=100, description="a list of at most 100 medicines, each a table { ... }"
    )
    treatments: list[TreatmentTable] = Field(
        [], max_length=100, description="a list of at most 100 treatments, each a table { ... }"
    )


class PeopleTable(Table):
    """The table ``[people]``."""

    count: int = Field(1000, ge=1, le=MOST_PEOPLE, description=f"a whole number of persons from 1 to {MOST_PEOPLE}")
    population: PopulationName = "us_adults"
    experience: DurationOrZero | None = None


class SettingTable(Table):
    """The table ``[setting]``."""

    causal: object = Field("pharmacology", description='"pharmacology" or another causal setting, or a list of them')
    selection: bool = Field(True, description="true or false")
    channels: dict[str, object] = Field({}, description="a table of channel = true or false")


class MonitorTable(Table):
    """The table ``[monitoring]``."""

    every: Duration = Field(description='a time such as "4 wk"')
    rise: float | None = Field(None, gt=0, le=27, description="a rise in PHQ-9 points above 0, at most 27")
    item_9: bool = Field(False, description="true or false")
    consecutive: int = Field(1, ge=1, le=10, description="a whole number of visits from 1 to 10")


def _switch() -> Any:
    return Field(False, description="true or false")


class ContextTable(Table):
    """The table ``[context]``."""

    jurisdiction: object = Field([], description='a place such as "Thailand", or a list of places')
    pregnancy: bool = _switch()
    breast_feeding: bool = _switch()
    liver_disease: bool = _switch()
    heart_rhythm: bool = _switch()
    seizures: bool = _switch()
    driving: bool = _switch()
    age_under_18: bool = _switch()


class UncertaintyTable(Table):
    """The table ``[uncertainty]``."""

    draws: int = Field(ge=2, le=MOST_DRAWS, description=f"a whole number of parameter sets from 2 to {MOST_DRAWS}")
    shares: int | None = Field(
        None, ge=0, le=MOST_SHARES, description=f"a power of two from 8 to {MOST_SHARES}, or 0 for none"
    )
    of: list[str] | None = Field(None, min_length=1, description="a list of names of end points or outputs")


class RecordTable(Table):
    """The table ``[record]``."""

    for_h: Duration = Field(alias="for", description='a time such as "52 wk"')
    every: Duration | None = None
    start: DurationOrZero = 0.0
    outputs: list[str] | None = Field(None, min_length=1, description="a list of names of outputs")
    pk: bool = Field(False, description="true or false")
    step: Duration | None = None
    trajectories: int = Field(6, ge=0, le=10_000, description="a whole number of persons from 0 to 10000")


class ScenarioTable(Table):
    """The whole file."""

    title: Name | None = None
    seed: int = Field(1, ge=0, le=_MOST_SEED, description="a whole number from 0 to 9223372036854775807")
    people: PeopleTable = Field(PeopleTable(), description="a table [people]")
    setting: SettingTable = Field(SettingTable(), description="a table [setting]")
    monitoring: MonitorTable | None = Field(None, description='a table [monitoring] with every = "4 wk"')
    uncertainty: UncertaintyTable | None = Field(None, description="a table [uncertainty] with draws = 100")
    context: ContextTable = Field(ContextTable(), description="a table [context] with pregnancy = true")
    parameters: dict[str, object] = Field({}, description='a table of symbol = number or symbol = "fixed"')
    arm: list[ArmTable] = Field(min_length=1, max_length=100, description="1 to 100 tables that begin with [[arm]]")
    record: RecordTable = Field(description='a table [record] with for = "..."')

"""Mood in the reference model: one person with given constants, and what `mood.ant` is filled with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from math import exp, inf

from ketum.errors import KetumError
from ketum.evidence import load_parameters
from ketum.evidence.parameter import TableName

TREATMENTS = ("expectancy", "antidepressant", "cbt", "exercise", "substitution")
MOOD_STATES = (
    *(f"treat_{name}" for name in TREATMENTS),
    *("activation", "treated_excess", "core", "slow_exposure", "kratom_term"),
    *("severity", "severity_slow", "severity_lasting", "distress_day"),
)
"""Set at each midnight and constant between; `initial` of `simulate` takes them too."""
AREAS = tuple(f"{name}_area" for name in ("effect", "arousal", "withdrawal", "protracted", "reward_loss"))
"""Integrals over the day that runs, in units of the quantity times h."""
DAY_VALUES = ("effect_day", "arousal_day", "withdrawal_day", "protracted_day", "reward_slow_day", "dose_eq")
"""Means and total of the day that ended last."""
MOMENTARY = ("mood", "mood_lift")
TABLES: tuple[TableName, ...] = ("mood", "rules", "scales")


@dataclass(frozen=True, kw_only=True)
class MoodPerson:
    """Constants of one person's mood: no chance, no transition, in an episode always or never.

    The switches stand as in the setting `pharmacology` (mood specification, section 7). A constant left `None`
    takes the value of its row in the parameter table.

    Parameters
    ----------
    trait
        Trait severity b, PHQ-9 points; `None`: the median exp(mu_b) (section 2).
    in_episode
        Whether the person is in an episode all the time (section 3, step 3).
    activation
        Activation a of the episode at time 0, 0 to 1; `None`: 1 in an episode, else 0.
    episode_excess
        Excess M of the episode, PHQ-9 points; `None`: the row M (step 4).
    share_expectancy, share_antidepressant, share_cbt, share_exercise
        Shares q of this person, 0 to 1; `None`: q_PL, q_SSRI, q_CBT, q_EX (step 4).
    fluct_factor
        Factor m of the slow fluctuation, constant (step 1).
    c1m, c1s, c2, c3
        Switches of the causal setting, 0 or 1: momentary relief, relief of severity, withdrawal, protracted state.
    protracted_gain
        Person's gain of the protracted state, ratio (joined model, section 3).
    direct_effect
        beta_S of this person, PHQ-9 points at the reference dose.
    schedule
        Treatments as (name, first day, end day): on from the first day to the day before the end day, days from 0.
        Names are those of `TREATMENTS`; a course of CBT ends after `cbt_days` at the latest (section 5).
    values
        Values by symbol that replace rows of the tables mood, rules and scales.

    Raises
    ------
    KetumError
        If a value is out of its range, or a treatment or symbol is unknown.

    Examples
    --------
    >>> person = MoodPerson(in_episode=True, schedule=[("expectancy", 0, 56), ("antidepressant", 0, 56)])
    >>> "share_cbt = 0.415;" in mood_text(person, body_values())
    True
    """

    trait: float | None = None
    in_episode: bool = False
    activation: float | None = None
    episode_excess: float | None = None
    share_expectancy: float | None = None
    share_antidepressant: float | None = None
    share_cbt: float | None = None
    share_exercise: float | None = None
    fluct_factor: float = 1.0
    c1m: float = 1.0
    c1s: float = 1.0
    c2: float = 1.0
    c3: float = 1.0
    protracted_gain: float = 1.0
    direct_effect: float = 0.0
    schedule: tuple[tuple[str, int, int], ...] | list[tuple[str, int, int]] = ()
    values: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shares = ("activation", *(f"share_{name}" for name in TREATMENTS[:4]), "c1m", "c1s", "c2", "c3")
        ranges = dict.fromkeys(shares, (0.0, 1.0)) | dict.fromkeys(
            ("trait", "episode_excess", "fluct_factor", "protracted_gain"), (0.0, inf)
        )
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise KetumError(f"{name} of a mood person: {value}; allowed: {low} to {high}")
        for name, first, end in self.schedule:
            if name not in TREATMENTS:
                raise KetumError(f"treatment {name!r}; allowed: {', '.join(TREATMENTS)}")
            if not (first == int(first) and end == int(end) and 0 <= first < end):
                raise KetumError(f"{name} on days {first} to {end}: whole days, the first 0 or more and before the end")
        if unknown := sorted(set(self.values) - set(_table_values())):
            raise KetumError(f"not symbols of the tables {', '.join(TABLES)}: {', '.join(unknown)}")


def _table_values() -> dict[str, float]:
    return {symbol: value for table in TABLES for symbol, value in load_parameters(table).plain().items()}


def body_values() -> dict[str, float]:
    """Values of the body table by symbol."""
    return load_parameters("body").plain()


def equivalents(body: Mapping[str, float]) -> dict[str, float]:
    """Leaf-equivalent mg for one mg of each product, closed form (joined model, section 5).

    `eq_<product>` counts mitragynine, `eq_7oh_<product>` 7-OH in the product. `body` holds values of the body table
    and never of a person.

    >>> e = equivalents(body_values())
    >>> [round(e[name], 3) for name in ("eq_leaf_tea", "eq_leaf_powder", "eq_extract", "eq_7oh_tablet")]
    [0.58, 1.0, 2.0, 1.405]
    """
    p = body
    h_MG, h_7, h_SP = (p[f"fu_{s}"] * p[f"tau_{s}"] / p[f"K_{s}"] for s in ("MG", "7", "SP"))
    by_7oh = p["F_7"] * h_7 / p["CL_7"] / p["MW_7"]
    by_leaf = h_MG / p["CL_MG"] + h_7 * (p["y_fp"] + p["f_sys"]) / p["CL_7"] + h_SP * p["r_SP"] / p["CL_SP"]
    e7 = by_7oh / (p["F_rel_leaf"] * by_leaf / p["MW_MG"])
    available = {"leaf_tea": p["F_rel_tea"], "leaf_powder": p["F_rel_leaf"], "extract": p["F_rel_ext"]}
    return {
        **{f"eq_{product}": F_rel / p["F_rel_leaf"] for product, F_rel in available.items()},
        **{f"eq_7oh_{product}": F_rel * e7 for product, F_rel in available.items()},
        "eq_7oh_tablet": e7,
    }


def _on(person: MoodPerson, treatment: str, longest: float) -> str:
    """Antimony expression, 1 on days of treatment and else 0."""
    days = [(first, min(end, first + longest)) for name, first, end in person.schedule if name == treatment]
    on = " || ".join(f"((day >= {first!r}) && (day < {end!r}))" for first, end in days)
    return f"piecewise(1, {on}, 0)" if on else "0"


def constants(person: MoodPerson) -> dict[str, float]:
    """Every number of `mood.ant` for this person but the factors of `equivalents`, by name.

    Includes the state at time 0: untreated, so that severity is (b + M a) m, capped (sections 2 and 3.6), and the
    distress of day 0 follows from it (joined model, section 4).
    """
    values = _table_values() | {symbol: float(value) for symbol, value in person.values.items()}
    rows = {
        "trait": exp(values["mu_b"]),
        "episode_excess": values["M"],
        "share_expectancy": values["q_PL"],
        "share_antidepressant": values["q_SSRI"],
        "share_cbt": values["q_CBT"],
        "share_exercise": values["q_EX"],
        "activation": float(person.in_episode),
    }
    given = {name: getattr(person, name) for name in rows}
    own = {name: float(rows[name] if value is None else value) for name, value in given.items()}
    plain = ("in_episode", "fluct_factor", "c1m", "c1s", "c2", "c3", "protracted_gain", "direct_effect")
    own |= {name: float(getattr(person, name)) for name in plain}
    excess = own["episode_excess"] * own["activation"]
    core = (own["trait"] + excess) * own["fluct_factor"]
    severity = min(values["S_cap"], core)
    return {
        **values,
        **own,
        **{"treated_excess": excess, "core": core, "severity": severity},
        "distress_day": severity / (severity + values["S_half"]),
    }


def mood_text(person: MoodPerson, body: Mapping[str, float], events: int = 0) -> str:
    """`mood.ant` filled for one person; `body` as in `equivalents`, `events` the number of other events.

    Raises
    ------
    KetumError
        If a table lacks a symbol of the model.
    """
    numbers = constants(person)
    filled = {name: repr(value) for name, value in (numbers | equivalents(body)).items()}
    longest = dict.fromkeys(TREATMENTS, inf) | {"cbt": numbers["cbt_days"]}
    filled |= {f"on_{name}": _on(person, name, longest[name]) for name in TREATMENTS}
    filled["events"] = str(events)
    template = resources.files(__package__).joinpath("mood.ant").read_text(encoding="utf-8")
    if missing := sorted(set(re.findall(r"\{(\w+)\}", template)) - set(filled)):
        raise KetumError(f"the tables {', '.join(TABLES)} lack symbols of the model: {', '.join(missing)}")
    return re.sub(r"\{(\w+)\}", lambda match: filled[match[1]], template)

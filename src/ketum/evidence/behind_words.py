"""A parameter and what was seen of a number, in words that a reader needs no table for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Final

from ketum.evidence.observations import Observation
from ketum.evidence.parameter import Parameter, TableName
from ketum.evidence.sources import cited_keys
from ketum.evidence.words import CLASSES, SEEN

ASSUMPTION: Final = "assumption"
PROPOSAL: Final = "proposal"
OWN: Final[Mapping[str, str]] = {
    ASSUMPTION: "assumption of this model, no publication behind it",
    PROPOSAL: "our own derivation or choice, no measurement",
}
"""Keys of the bibliography that are no publication, and what is said of a number that rests on them."""

TABLES: Final[Mapping[TableName, str]] = {
    "body": "body and brain",
    "mood": "mood",
    "covariates": "who the persons are",
    "scales": "scales and prompts",
    "rules": "rules and definitions of mood",
    "settings": "causal settings",
    "contaminants": "contaminants and labels of products",
}
NO_UNIT: Final = "1"
"""The unit of a plain number."""

_OF_WORDS: Final = ("text", "flag", "list")
"""Units of values that are words."""
_SAME_FOR_ALL: Final = "the same for everybody"
_BETWEEN: Final = "half of people between"
_QUARTER: Final = 1 / 4


def number(value: float) -> str:
    """Return a number with up to six significant figures, written out.

    >>> number(0.33647223662), number(80000.0), number(1e-05)
    ('0.336472', '80000', '0.00001')
    """
    text = f"{value:.6g}"
    if "e" not in text:
        return text
    digits, _, exponent = text.partition("e")
    decimals = len(digits.partition(".")[2]) - int(exponent)
    return f"{value:.{max(decimals, 0)}f}"


def with_unit(value: float, unit: str) -> str:
    """Return a number with its unit.

    >>> with_unit(68.0, "L/h"), with_unit(3.0, "1")
    ('68 L/h', '3')
    """
    return number(value) if unit == NO_UNIT else f"{number(value)} {unit}"


def quartiles(parameter: Parameter) -> tuple[float, float] | None:
    """Return the values below which a quarter and three quarters of people lie, or None where nothing tells.

    A lognormal has the median `value`, or the mean `value` (`lognormal_mean`, and `lognormal_mean1`, whose factor
    has mean 1); of a gamma the mean is `value`.

    >>> from ketum.evidence import load_parameters
    >>> [round(x, 1) for x in quartiles(load_parameters("body")["A"])]
    [23.1, 38.9]
    """
    spread, value = parameter.between_person, parameter.value
    first, second = spread.bp_1, spread.bp_2
    z = NormalDist().inv_cdf(1 - _QUARTER)
    if first is None:
        return None
    if spread.kind == "normal":
        return value - z * first, value + z * first
    if spread.kind in ("lognormal", "lognormal_mean", "lognormal_mean1"):
        sigma = math.sqrt(math.log1p(first**2))
        middle = value if spread.kind == "lognormal" else value * math.exp(-(sigma**2) / 2)
        low, high = sorted((middle * math.exp(-z * sigma), middle * math.exp(z * sigma)))
        return low, high
    if spread.kind == "logit_normal":
        middle = math.log(value / (1 - value))
        return 1 / (1 + math.exp(z * first - middle)), 1 / (1 + math.exp(-z * first - middle))
    return _of_shapes(parameter, first, second)


def _of_shapes(parameter: Parameter, first: float, second: float | None) -> tuple[float, float] | None:
    # Imported here because few symbols need it.
    from scipy.special import betaincinv, gammaincinv

    kind = parameter.between_person.kind
    if kind == "beta" and second is not None:
        return float(betaincinv(first, second, _QUARTER)), float(betaincinv(first, second, 1 - _QUARTER))
    if kind == "gamma":
        scale = parameter.value / first
        return scale * float(gammaincinv(first, _QUARTER)), scale * float(gammaincinv(first, 1 - _QUARTER))
    return None


def between_person(parameter: Parameter) -> str:
    """Return how persons differ.

    >>> from ketum.evidence import load_parameters
    >>> between_person(load_parameters("body")["A"])
    'lognormal, CV 40%: half of people between 23.1 and 38.9'
    """
    spread = parameter.between_person
    kind, first, second = spread.kind, spread.bp_1, spread.bp_2
    if kind == "none":
        return _SAME_FOR_ALL
    if kind == "formula" or first is None:
        return "persons differ by a formula of the model description; see the note"
    if kind == "integers" and second is not None:
        return f"whole numbers from {number(first)} to {number(second)}, each as likely"
    shape = {
        "normal": f"normal, SD {number(first)}",
        "lognormal": f"lognormal, CV {_percent(first)}",
        "lognormal_mean": f"lognormal, CV {_percent(first)}, the value is the mean",
        "lognormal_mean1": f"times a lognormal factor of mean 1, CV {_percent(first)}",
        "logit_normal": f"normal on the logit, SD {number(first)}",
        "gamma": f"gamma, shape {number(first)}",
    }.get(kind, f"{kind}, shapes {number(first)} and {number(second or 0)}")
    ends = quartiles(parameter)
    return shape if ends is None else f"{shape}: {_BETWEEN} {_short(ends[0])} and {_short(ends[1])}"


def uncertainty(parameter: Parameter) -> str:
    """Return how well the value is known.

    >>> from ketum.evidence import load_parameters
    >>> uncertainty(load_parameters("body")["theta"])
    '90% of draws between 0.5 and 10 (lognormal, each side with its own spread)'
    """
    kind, low, high = parameter.uncertainty.kind, parameter.uncertainty.low, parameter.uncertainty.high
    if low is None or high is None:
        return "kept at its value, not drawn"
    if kind == "bernoulli":
        return f"1 with probability {number(high)}, else 0"
    ends = f"{number(low)} and {number(high)}"
    if kind in ("uniform", "loguniform"):
        even = "value" if kind == "uniform" else "ratio"
        return f"anywhere between {ends}, every {even} as likely ({kind})"
    return f"90% of draws between {ends} ({kind}, each side with its own spread)"


def physical_range(parameter: Parameter) -> str:
    """Return what values are allowed.

    >>> from ketum.evidence import load_parameters
    >>> physical_range(load_parameters("body")["fm_7"])
    'from 0 to 1'
    """
    low, high = parameter.p_low, parameter.p_high
    ends = [f"{word} {number(end)}" for word, end in (("from", low), ("to", high)) if end is not None]
    return " ".join(ends) or "any number"


def basis(parameter: Parameter) -> str:
    """Return what a parameter rests on, with plain words where no publication stands behind it.

    >>> from ketum.evidence import load_parameters
    >>> basis(load_parameters("body")["theta"])
    'assumption of this model, no publication behind it'
    """
    words = CLASSES[parameter.provenance]
    own = [OWN[key] for key in cited_keys(parameter.source) if key in OWN]
    if own:
        return "; ".join(own) if parameter.provenance == ASSUMPTION else f"{words} ({'; '.join(own)})"
    return f"{words}; the source is cited for comparison and does not measure this" if words == ASSUMPTION else words


def is_own(observation: Observation) -> bool:
    """Return whether a number is our own and no measurement."""
    return not OWN.keys().isdisjoint(cited_keys(observation.source))


def seen(observation: Observation) -> str:
    """Return whether a number was seen in its source, or is our own."""
    own = [OWN[key] for key in cited_keys(observation.source) if key in OWN]
    return own[0] if own else SEEN[observation.verified]


def measured(observation: Observation) -> str:
    """Return value, unit and interval of an observation, as printed.

    >>> from ketum.evidence import load_observations
    >>> measured(load_observations("pk")[0])
    '81.9 nM (50.1 to 177, range)'
    """
    low, high = (None if end is None else number(end) for end in (observation.low, observation.high))
    if observation.value and observation.number is None:
        ends = ""  # a range or a bound in words
    elif low is not None and high is not None:
        ends = f"{low} to {high}"
    else:
        ends = f"from {low}" if low is not None else f"up to {high}" if high is not None else ""
    unit = "" if observation.unit in (NO_UNIT, *_OF_WORDS) else observation.unit
    value = f"{observation.value} {unit}".strip() if observation.value else ""
    if not value:
        value, ends = f"{ends} {unit}".strip(), ""
    inside = ", ".join(part for part in (ends, observation.spread) if part)
    return f"{value} ({inside})" if inside else value


def subject(observation: Observation) -> str:
    """Return the substance, and the receptor or tissue, of which an observation speaks.

    >>> from ketum.evidence import load_observations
    >>> subject(load_observations("pk")[0]), subject(load_observations("binding")[0])
    ('mitragynine', 'mitragynine, MOR')
    """
    parts = (observation.details.get(name, "") for name in ("analyte", "ligand", "target"))
    return ", ".join(part for part in parts if part)


def _percent(share: float) -> str:
    return f"{number(100 * share)}%"


def _short(value: float) -> str:
    return number(float(f"{value:.3g}"))

"""What a study asks and does, in words: estimands, estimators, protocol, limitations; all from shipped tables."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, TypeVar

from pydantic import ValidationError

from ketum.errors import EvidenceError
from ketum.evidence.names import nearest
from ketum.studies.graph import DesignFacts, Written, conditions, design_table, hold
from ketum.studies.templates import numbers, template_of

Scale = Literal["linear", "share", "correlation", "log odds", "log hazard"]


class EstimandWords(Written):
    """An estimand; no effect is 0 on every scale.

    Attributes
    ----------
    label
        A few words for tables and axes.
    words
        What it is, in a sentence.
    symbols
        The same in potential outcomes; `^{...}` and `_{...}` raise and lower.
    unit
        Empty for ratios, shares and correlations.
    scale
        `log odds` and `log hazard` are shown as their exponential.
    noun
        What a value is, in a sentence: "odds ratio", "difference".
    main
        The estimator that a summary tells.
    above, below, neither
        What a study reports whose estimate lies significantly above or below no effect, or does not.
    digits
        Decimals with which it is shown.
    estimators
        Names or templates, in the order in which they are shown.
    """

    label: str
    words: str
    symbols: str
    unit: str
    scale: Scale
    noun: str
    main: str
    above: str
    below: str
    neither: str
    digits: int
    estimators: tuple[str, ...]


class EstimatorWords(Written):
    """An estimator: as it is called, and what it does."""

    label: str
    description: str


class Estimands(Written):
    """The file of estimands and estimators."""

    designs: Mapping[str, Mapping[str, EstimandWords]]
    estimators: Mapping[str, EstimatorWords]


class ProtocolTable(Written):
    """Rows of a protocol; a target trial has three columns (component, target trial, emulation), a protocol two."""

    kind: Literal["target trial", "protocol"]
    rows: tuple[tuple[str, ...], ...]


class Protocols(Written):
    """The file of protocols; each placeholder with its meaning."""

    placeholders: Mapping[str, str]
    designs: Mapping[str, ProtocolTable]


class Limitation(Written):
    """A limitation and the conditions under which it applies."""

    id: str
    when: tuple[str, ...] = ()
    text: str


class Limitations(Written):
    """The file of limitations."""

    limitations: tuple[Limitation, ...]


Table = TypeVar("Table", bound=Written)


def _load(file: str, table: type[Table]) -> Table:
    text = resources.files("ketum.studies").joinpath(file).read_text(encoding="utf-8")
    try:
        return table.model_validate(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        raise EvidenceError(f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


@cache
def estimand_table() -> Estimands:
    """Return the table of estimands and estimators as it is shipped."""
    return _load("estimands.toml", Estimands)


@cache
def protocol_table() -> Protocols:
    """Return the table of protocols as it is shipped."""
    return _load("protocols.toml", Protocols)


@cache
def limitation_table() -> tuple[Limitation, ...]:
    """Return the limitations as they are shipped."""
    return _load("limitations.toml", Limitations).limitations


def estimands_of(design: str) -> tuple[str, ...]:
    """Return the estimands of a design, names or templates.

    Examples
    --------
    >>> estimands_of("randomised_withdrawal")[:2]
    ('stop_continue_week_{N}', 'used_never_week_{N}')
    """
    design_table(design)
    return tuple(estimand_table().designs[design])


def estimand_words(design: str, name: str) -> EstimandWords:
    """Return an estimand in words, with the numbers of its name filled in.

    Raises
    ------
    EvidenceError
        If the design has no such estimand.

    Examples
    --------
    >>> words = estimand_words("parallel_trial", "difference_week_8")
    >>> words.label, words.symbols
    ('kratom minus control, week 8', 'E[Y^{a=1}_{8} − Y^{a=0}_{8}]')
    """
    known = estimands_of(design)
    template = template_of(name, known)
    if template is None:
        raise EvidenceError(f"{design}: no estimand {name!r}; {nearest(name, known)}")
    words = estimand_table().designs[design][template]
    found = numbers(template, name)
    filled = {key: _with(getattr(words, key), found) for key in ("label", "words", "symbols")}
    return words.model_copy(update=filled)


def estimator_words(name: str) -> EstimatorWords:
    """Return an estimator in words, with the numbers of its name filled in.

    Raises
    ------
    EvidenceError
        If there is no such estimator.

    Examples
    --------
    >>> estimator_words("iptw_12").label
    'inverse-probability weights, mean of 12 visits'
    """
    known = estimand_table().estimators
    template = template_of(name, known)
    if template is None:
        raise EvidenceError(f"no estimator {name!r}; {nearest(name, known)}")
    words, found = known[template], numbers(template, name)
    return EstimatorWords(label=_with(words.label, found), description=_with(words.description, found))


def _with(text: str, found: Mapping[str, int] | None) -> str:
    for key, value in (found or {}).items():
        text = text.replace("{" + key + "}", str(value))
    return text


@dataclass(frozen=True, slots=True)
class Protocol:
    """A protocol with the figures of a study.

    Attributes
    ----------
    heads : tuple of str
        Heads of the columns: component and protocol, or component, target trial and emulation here.
    rows : tuple of tuple of str
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def placeholders(design: str) -> dict[str, str]:
    """Return what has to be filled into the protocol of a design, and what each means.

    Examples
    --------
    >>> list(placeholders("ema"))
    ['population', 'entry', 'run_in', 'participants', 'diary', 'prompts', 'servings', 'analysis']
    """
    design_table(design)
    texts = [cell for row in protocol_table().designs[design].rows for cell in row]
    names = [name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    return {name: protocol_table().placeholders[name] for name in names}


def protocol(design: str, values: Mapping[str, object]) -> Protocol:
    """Return the protocol of a study.

    Parameters
    ----------
    design : str
    values : mapping
        All placeholders of the design; others are not looked at.

    Raises
    ------
    EvidenceError
        If a placeholder is not given.

    Examples
    --------
    >>> protocol("ema", {})
    Traceback (most recent call last):
        ...
    ketum.errors.EvidenceError: protocols.toml: ema: {population} is not given (who is studied, in words: US adults)
    """
    for name, meaning in placeholders(design).items():
        if name not in values:
            raise EvidenceError(f"protocols.toml: {design}: {{{name}}} is not given ({meaning})")
    table = protocol_table().designs[design]
    heads = {"target trial": ("Component", "Target trial", "Emulation here"), "protocol": ("Component", "Protocol")}
    rows = tuple(tuple(cell.format_map(values) for cell in row) for row in table.rows)
    return Protocol(heads[table.kind], rows)


def limitations(facts: DesignFacts) -> list[str]:
    """Return what a reader of a study must know about it, one sentence or two each.

    Examples
    --------
    >>> limitations(DesignFacts("n_of_1"))[0].startswith("The causal settings are hypotheses")
    True
    """
    holding = conditions(facts)
    return [one.text for one in limitation_table() if hold(one.when, holding)]

"""What stands behind a parameter: the observations, calibration targets and sources it rests on.

The tables do not say which observation set which parameter, so a rule does, and says which of these ties holds:

1. `target`: the observation of a calibration target that the note of the parameter names ("calibrated to C4"), or
   whose own note names the parameter ("sets d_F");
2. `source`: every observation of the sources that the parameter cites;
3. `note`: every observation of the sources that its note mentions ("also shi2009");
4. `own`: where it rests on assumption, rows of our own derivations that name its symbol or mention the same thing.

Within a tie, rows come first whose words are those of the parameter's name; rare words count more.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, get_args

from ketum.evidence.behind_words import OWN, PROPOSAL, subject
from ketum.evidence.groups import group_of, parameter_groups
from ketum.evidence.observations import Observation, load_observations
from ketum.evidence.parameter import Parameter, TableName
from ketum.evidence.parameters import load_parameters
from ketum.evidence.search_words import asked_words, same_words, words
from ketum.evidence.sources import cited_keys, load_sources
from ketum.evidence.targets import CalibrationTarget, load_calibration_targets

Tie = Literal["target", "source", "note", "own"]
TIES: Final[Mapping[Tie, str]] = {
    "target": "of the calibration targets named with it",
    "source": "of the sources it cites",
    "note": "of sources that its note mentions",
    "own": "our own derivations about it, no measurement",
}
GROUP: Final = "group:"
"""How the name of a group of parameters begins where any name can stand."""
GROUPED: Final[tuple[TableName, ...]] = ("body", "mood")
"""Tables whose symbols belong to groups."""
ONE_GROUP: Final[tuple[TableName, ...]] = ("contaminants",)
"""Tables that stand behind end points as a whole: a group of the table's name."""

_NAMED: Final = re.compile(r"\w+")
_SHORTEST_SYMBOL: Final = 2
_COMMON_WORDS: Final = 2
"""Words of its name that a derivation of our own must share with a parameter."""


@dataclass(frozen=True, slots=True)
class Behind:
    """An observation behind a parameter: its tie, and the words it shares with the parameter's name."""

    observation: Observation
    tie: Tie
    shared: tuple[str, ...]


@cache
def all_parameters() -> Mapping[str, Parameter]:
    """Return the parameters of all tables by key, such as `body.theta`."""
    return {p.key: p for table in get_args(TableName) for p in load_parameters(table).values()}


@cache
def all_observations() -> Mapping[str, Observation]:
    """Return all observations by id."""
    return {observation.id: observation for observation in load_observations()}


def parameters_named(name: str) -> tuple[Parameter, ...]:
    """Return the parameters that a symbol or a key names.

    >>> [p.key for p in parameters_named("theta")], [p.key for p in parameters_named("mood.m_W")]
    (['body.theta'], ['mood.m_W'])
    """
    return tuple(p for p in all_parameters().values() if name in (p.symbol, p.key))


def group_of_parameter(parameter: Parameter) -> str | None:
    """Return the group of a parameter of the body or mood table; the table of contaminants is one, others have none."""
    if parameter.table in ONE_GROUP:
        return parameter.table
    return group_of(parameter.symbol) if parameter.table in GROUPED else None


@cache
def parameters_of_group(group: str) -> tuple[Parameter, ...]:
    """Return the parameters of a group, in the order of their tables."""
    return tuple(p for p in all_parameters().values() if group_of_parameter(p) == group)


def groups() -> tuple[str, ...]:
    """Return the names of all groups."""
    return (*parameter_groups(), *ONE_GROUP)


def targets_named(parameter: Parameter) -> tuple[CalibrationTarget, ...]:
    """Return the calibration targets that the note of a parameter names, and those whose note names it.

    >>> [t.id for t in targets_named(all_parameters()["mood.q_SSRI"])]
    ['C4']
    >>> [t.id for t in targets_named(all_parameters()["mood.kap"])]
    ['C1a', 'C1b', 'C1c', 'C1d', 'C14a', 'C14b']
    """
    named = set(_NAMED.findall(parameter.note))
    return tuple(
        target
        for target in load_calibration_targets()
        if named & {target.id, target.id.rstrip("abcdefgh")} or parameter.symbol in _NAMED.findall(target.note)
    )


def targets_of_sources(parameter: Parameter) -> tuple[CalibrationTarget, ...]:
    """Return the other calibration targets that come from the sources a parameter cites."""
    cited, named = _publications(parameter.source), targets_named(parameter)
    return tuple(t for t in load_calibration_targets() if t not in named and not cited.isdisjoint(cited_keys(t.source)))


def sources_behind(parameter: Parameter) -> dict[str, Tie]:
    """Return the keys of the sources that a parameter cites, then those its note mentions.

    >>> sources_behind(all_parameters()["body.theta"])
    {'assumption': 'source', 'smith2024lab': 'note'}
    """
    found: dict[str, Tie] = dict.fromkeys(cited_keys(parameter.source), "source")
    for word in _NAMED.findall(parameter.note):
        if word in load_sources() and word not in OWN:
            found.setdefault(word, "note")
    return found


def observations_behind(parameter: Parameter) -> tuple[Behind, ...]:
    """Return every observation behind a parameter, in the order of the ties, the likest first.

    >>> behind = observations_behind(all_parameters()["mood.q_SSRI"])
    >>> behind[0].observation.id, behind[0].tie
    ('treatments-035', 'target')
    """
    ties: dict[str, Tie] = {t.observation: "target" for t in targets_named(parameter) if t.observation}
    sources = sources_behind(parameter)
    for tie in ("source", "note"):
        keys = {key for key, of in sources.items() if of == tie} - OWN.keys()
        for observation in all_observations().values():
            if not keys.isdisjoint(cited_keys(observation.source)):
                ties.setdefault(observation.id, tie)
    if not OWN.keys().isdisjoint(sources):
        for observation in _own_about(parameter):
            ties.setdefault(observation.id, "own")
    asked = _likeness(parameter.name)
    found = []
    for name, tie in ties.items():
        shared = tuple(word for word in asked if not _subject_words(name).isdisjoint(same_words(word)))
        found.append(
            (tuple(TIES).index(tie), -sum(asked[word] for word in shared), name, Behind(_row(name), tie, shared))
        )
    return tuple(behind for *_, behind in sorted(found, key=lambda item: item[:3]))


def _publications(source: str) -> set[str]:
    return set(cited_keys(source)) - OWN.keys()


def _row(name: str) -> Observation:
    return all_observations()[name]


def _own_about(parameter: Parameter) -> Iterable[Observation]:
    """Yield our own derivations that name the symbol, or hold two words of the parameter's name."""
    asked = set(_likeness(parameter.name))
    for observation in all_observations().values():
        if PROPOSAL not in cited_keys(observation.source):
            continue
        text = f"{observation.quantity} {observation.note}"
        symbol = len(parameter.symbol) > _SHORTEST_SYMBOL and parameter.symbol in _NAMED.findall(text)
        about = _subject_words(observation.id)
        if symbol or sum(not about.isdisjoint(same_words(word)) for word in asked) >= _COMMON_WORDS:
            yield observation


def _likeness(name: str) -> dict[str, float]:
    """Return the words of a name, and how much each counts: the rarer in observations, the more."""
    return {word: weight for word in asked_words(name) if (weight := _weight(word)) > 0}


@cache
def _weight(word: str) -> float:
    same = same_words(word)
    held = sum(count for other, count in _counts().items() if other in same)
    return math.log(len(all_observations()) / held) if held else 0.0


@cache
def _counts() -> Counter[str]:
    return Counter(word for name in all_observations() for word in _subject_words(name))


@cache
def _subject_words(name: str) -> frozenset[str]:
    observation = _row(name)
    return frozenset(words(f"{observation.quantity} {subject(observation)} {observation.details.get('product', '')}"))

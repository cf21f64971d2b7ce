"""The causal diagram of a study design, as a study file switches it on.

Nodes, arrows and their conditions stand in `graphs.toml`; they follow the equations that make the data (mood.md
sections 2, 4, 6 and 9), so the diagram is not an opinion about the study but the study itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise, product
from typing import Final, Literal

import networkx as nx
from pydantic import BaseModel, ConfigDict, ValidationError

from ketum.errors import EvidenceError
from ketum.evidence.names import nearest
from ketum.mood.causal import CHANNELS, CausalSetting

FILE: Final = "graphs.toml"
Kind = Literal["exposure", "outcome", "covariate", "unmeasured", "selection", "time_varying"]
Rule = Literal["adjustment", "sequential", "within_person"]
REACHING: Final = tuple(channel for channel in CHANNELS if channel != "relief_momentary")
"""Channels by which use reaches severity."""


class Written(BaseModel):
    """A table of a shipped file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Node(Written):
    """A variable of a diagram, there if all of `when` hold; `stable` ones stay as they are within a person."""

    name: str
    label: str
    kind: Kind
    stable: bool = False
    group: str = ""
    when: tuple[str, ...] = ()


class Arrows(Written):
    """Arrows `a -> b, c -> d`, and the conditions that all must hold for them."""

    path: str
    when: tuple[str, ...] = ()


class Part(Written):
    """Nodes and arrows that several designs share."""

    nodes: tuple[Node, ...]
    edges: tuple[Arrows, ...]


class Because(Written):
    """Words that apply under conditions; without conditions always."""

    when: tuple[str, ...] = ()
    text: str


class Reading(Written):
    """How an estimator of an estimand is read in the diagram.

    Attributes
    ----------
    rule
        `adjustment` for one set of covariates, `sequential` for use at several visits (`steps` holds one set a visit),
        `within_person` for a comparison of a person with the same person earlier.
    adjusts
        Nodes that are held; `adjusted` stands for the covariates of the study file.
    before
        The earlier score of a within-person comparison.
    stable
        Everything that stays within a person is held, because persons are compared with themselves.
    adds, without
        Options that hold, or do not, for this estimator alone.
    discards
        Whether it leaves out the first days of a period.
    needs, holds, fails
        The assumption, what is added when the graph grants it, and what when it does not (the first that applies).
    broken
        Reasons that rule identification out whatever the graph says.
    shows
        Paths to show in place of those that the rule finds, where they explain the reason better.
    """

    estimands: tuple[str, ...]
    estimators: tuple[str, ...]
    rule: Rule = "adjustment"
    exposure: tuple[str, ...]
    outcome: str
    adjusts: tuple[str, ...] = ()
    steps: tuple[tuple[str, ...], ...] = ()
    before: str = ""
    stable: bool = False
    adds: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    discards: bool = True
    needs: str
    holds: str = "true in this graph"
    fails: tuple[Because, ...] = ()
    broken: tuple[Because, ...] = ()
    shows: tuple[tuple[str, ...], ...] = ()


class Design(Written):
    """The diagram of a design with all its conditions, and its readings.

    `title` is its name, `noun` what a sentence calls it, `question` what it asks; `effect` names the channels of a
    causal setting that are the effect under study.
    """

    title: str
    noun: str
    question: str
    randomised: bool
    parts: tuple[str, ...] = ()
    effect: tuple[str, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Arrows, ...]
    times: tuple[str, ...]
    at: Mapping[str, tuple[float, float]]
    readings: tuple[Reading, ...]


class Diagrams(Written):
    """The whole file."""

    options: Mapping[str, str]
    groups: Mapping[str, tuple[str, ...]]
    parts: Mapping[str, Part]
    designs: Mapping[str, Design]


@cache
def diagrams() -> Diagrams:
    """Return the shipped diagrams.

    Raises
    ------
    EvidenceError
        If the file has an unknown key or a value of another type.

    Examples
    --------
    >>> diagrams().designs["case_series"].randomised
    False
    """
    text = resources.files("ketum.studies").joinpath(FILE).read_text(encoding="utf-8")
    try:
        return Diagrams.model_validate(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        raise EvidenceError(f"{FILE}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def design_table(design: str) -> Design:
    """Return the table of a design.

    Raises
    ------
    EvidenceError
        If there is no such design.

    Examples
    --------
    >>> design_table("ema").title
    'Momentary assessment within persons'
    """
    known = diagrams().designs
    if design not in known:
        raise EvidenceError(f"{FILE}: no design {design!r}; {nearest(design, known)}")
    return known[design]


@dataclass(frozen=True, slots=True)
class DesignFacts:
    """What a study file and a causal setting say about a study, as far as diagrams and limitations go.

    Attributes
    ----------
    design : str
        Name of the design.
    channels : tuple of str
        Channels by which the causal setting acts; see `ketum.mood.causal.CHANNELS`.
    selection : bool
        Whether severity acts on starting, stopping and resuming use.
    adjusted : tuple of str
        Covariates of the adjusted estimators: names of covariate nodes.
    options : frozenset of str
        Facts of the design; see `[options]` of `graphs.toml`.
    carry_over_d : float
        How long an earlier period acts, days; 0 if it does not.
    washout_d, discard_d : float
        Days without use between periods, and days left out at the beginning of each.

    Raises
    ------
    EvidenceError
        If a name is unknown.

    Examples
    --------
    >>> DesignFacts("case_series", options=frozenset({"recal"}))
    Traceback (most recent call last):
        ...
    ketum.errors.EvidenceError: case_series: no option 'recal' of a design; nearest known: 'recall', ...
    """

    design: str
    channels: tuple[str, ...] = ()
    selection: bool = True
    adjusted: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()
    carry_over_d: float = 0.0
    washout_d: float = 0.0
    discard_d: float = 0.0

    def __post_init__(self) -> None:
        """Refuse names that no table knows."""
        design_table(self.design)
        known: dict[str, tuple[Iterable[str], Collection[str]]] = {
            "option": (sorted(self.options), diagrams().options),
            "channel": (self.channels, CHANNELS),
            "covariate": (self.adjusted, diagrams().groups["covariates"]),
        }
        for what, (given, allowed) in known.items():
            for name in given:
                if name not in allowed:
                    raise EvidenceError(f"{self.design}: no {what} {name!r} of a design; {nearest(name, allowed)}")


def acting(setting: CausalSetting) -> tuple[str, ...]:
    """Return the channels by which a causal setting acts, for `DesignFacts.channels`.

    Examples
    --------
    >>> from ketum.mood.causal import causal_settings
    >>> acting(causal_settings()["null"])
    ('relief_momentary',)
    """
    return tuple(channel for channel in CHANNELS if setting.acts(channel))


def conditions(facts: DesignFacts) -> frozenset[str]:
    """Return all conditions that hold.

    Examples
    --------
    >>> sorted(conditions(DesignFacts("n_of_1", ("withdrawal",), carry_over_d=14.0, discard_d=7.0)))
    ['carry_over', 'effect', 'n_of_1', 'randomised', 'selection', 'withdrawal']
    """
    facts_of_file = {
        "selection": facts.selection,
        "effect": any(channel in REACHING for channel in facts.channels),
        "carry_over": facts.carry_over_d > facts.discard_d,
        "randomised": design_table(facts.design).randomised,
    }
    holding = {name for name, holds in facts_of_file.items() if holds}
    return frozenset({facts.design, *facts.channels, *facts.options, *holding})


@cache
def known_conditions() -> frozenset[str]:
    """Return every name that a condition may use."""
    derived = ("selection", "effect", "carry_over", "randomised")
    return frozenset({*diagrams().designs, *diagrams().options, *CHANNELS, *derived})


def hold(when: Iterable[str], holding: Collection[str]) -> bool:
    """Return whether all of `when` hold: each a name, `not` a name, or several of these joined by `or`.

    Raises
    ------
    EvidenceError
        If a name is not a condition.

    Examples
    --------
    >>> hold(["protracted or longrun", "not selection"], {"longrun"})
    True
    """
    return all(any(_holds(one.strip(), holding) for one in each.split(" or ")) for each in when)


def _holds(word: str, holding: Collection[str]) -> bool:
    name = word.removeprefix("not ")
    if name not in known_conditions():
        raise EvidenceError(f"no condition {name!r}; {nearest(name, known_conditions())}")
    return (name in holding) != (name != word)


def causal_graph(facts: DesignFacts) -> nx.DiGraph:
    """Return the causal diagram of a study.

    Parameters
    ----------
    facts : DesignFacts

    Returns
    -------
    networkx.DiGraph
        Acyclic. Nodes carry `label`, `kind`, `stable` and `group`; the graph carries `design`, `title`, `times` (what
        the columns 0 to 3 are) and `at` (column and row of a node or group). Nodes without an arrow are left out,
        except exposures and outcomes.

    Raises
    ------
    EvidenceError
        If an arrow names a node that is not there, or arrows run in a circle.

    Examples
    --------
    >>> causal_graph(DesignFacts("parallel_trial")).has_edge("severity_after", "stays")
    False
    >>> causal_graph(DesignFacts("parallel_trial", options=frozenset({"dropout"}))).has_edge("severity_after", "stays")
    True
    """
    table = design_table(facts.design)
    parts = [*(diagrams().parts[name] for name in table.parts), Part(nodes=table.nodes, edges=table.edges)]
    holding = conditions(facts)
    graph = nx.DiGraph(design=facts.design, title=table.title, times=table.times, at=table.at)
    for node in [node for part in parts for node in part.nodes if hold(node.when, holding)]:
        graph.add_node(node.name, label=node.label, kind=node.kind, stable=node.stable, group=node.group)
    for arrows in [arrows for part in parts for arrows in part.edges]:
        if hold(arrows.when, holding):
            graph.add_edges_from(_arrows(arrows.path, facts.design, graph))
    _tidy(graph)
    if not nx.is_directed_acyclic_graph(graph):
        raise EvidenceError(f"{FILE}: {facts.design}: arrows run in a circle")
    return graph


def _arrows(path: str, design: str, known: Collection[str]) -> Iterator[tuple[str, str]]:
    groups = diagrams().groups
    stops = [[name.strip() for name in stop.split(",")] for stop in path.split("->")]
    for sources, targets in pairwise(stops):
        for pair in product(sources, targets):
            source, target = (groups.get(name, (name,)) for name in pair)
            for name in (*source, *target):
                if name not in known:
                    raise EvidenceError(f"{FILE}: {design}: no node {name!r}; {nearest(name, known)}")
            yield from product(source, target)


def _tidy(graph: nx.DiGraph) -> None:
    """Leave out what is switched off: unseen nodes that lead nowhere or come from nowhere, and nodes without arrows."""
    ends = {"exposure", "outcome"}
    while True:
        idle = [
            name
            for name, node in graph.nodes(data=True)
            if node["kind"] not in ends
            and (graph.degree(name) == 0 or (node["kind"] == "unmeasured" and graph.out_degree(name) == 0))
        ]
        if not idle:
            return
        graph.remove_nodes_from(idle)

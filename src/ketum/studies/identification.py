"""Whether an estimator can give its estimand at all: read off the causal diagram, before any number is drawn.

The rules are graphical: the adjustment criterion for one set of covariates (Shpitser, VanderWeele and Robins 2010, in
the constructive form of van der Zander, Liskiewicz and Textor 2014), the sequential back-door criterion for use at
several visits (Pearl and Robins 1995). Both ask for d-separation in a graph without the effect itself. Who is in the
data is conditioned on like any covariate, so that selection bias shows as an open path as confounding does.

A verdict is about a design, so it is given for a use that may act: where a setting has no effect, `under_null` says
whether the estimator would at least find none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import networkx as nx

from ketum.errors import EvidenceError
from ketum.evidence.names import nearest
from ketum.studies.graph import DesignFacts, Reading, causal_graph, conditions, design_table, hold
from ketum.studies.templates import template_of

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identified:
    """A verdict.

    Attributes
    ----------
    yes : bool
        Whether the estimand is identified in the diagram.
    open_paths : tuple of tuple of str
        Paths that bias the estimator, as names of nodes; the shortest first, none that another one contains.
    assumption : str
        What would have to be true, and whether it is; one sentence.
    under_null : bool
        Whether no biasing path is open if use has no effect.
    adjusted : tuple of str
        Nodes that the estimator holds.
    """

    yes: bool
    open_paths: tuple[Path, ...]
    assumption: str
    under_null: bool
    adjusted: tuple[str, ...]


def reading_of(design: str, estimand: str, estimator: str) -> Reading:
    """Return how an estimator of an estimand is read in the diagram.

    Raises
    ------
    EvidenceError
        If the design has no such estimand, or no such estimator of it.

    Examples
    --------
    >>> reading_of("new_user_cohort", "effect_26wk", "adjusted_lead").adjusts
    ('adjusted', 'phq_enrolment', 'phq_lead')
    """
    readings = design_table(design).readings
    estimands = {name for reading in readings for name in reading.estimands}
    meant = template_of(estimand, estimands)
    if meant is None:
        raise EvidenceError(f"{design}: no estimand {estimand!r}; {nearest(estimand, estimands)}")
    fitting = {name: reading for reading in readings if meant in reading.estimands for name in reading.estimators}
    template = template_of(estimator, fitting)
    if template is None:
        raise EvidenceError(f"{design}: no estimator {estimator!r} of {estimand}; {nearest(estimator, fitting)}")
    return fitting[template]


def identified(facts: DesignFacts, estimand: str, estimator: str) -> Identified:
    """Decide whether an estimator can give its estimand in a study.

    Parameters
    ----------
    facts : DesignFacts
    estimand, estimator : str
        Names as they stand in `estimands.toml`; numbers of a template filled in.

    Raises
    ------
    EvidenceError
        If a name is unknown.

    Examples
    --------
    >>> verdict = identified(DesignFacts("parallel_trial"), "difference_week_8", "ancova")
    >>> verdict.yes, verdict.open_paths
    (True, ())
    >>> verdict = identified(DesignFacts("n_of_1", carry_over_d=30.0, discard_d=7.0), "long_run", "paired_t")
    >>> verdict.open_paths
    (('use', 'order', 'use_earlier', 'carried', 'mood'),)
    """
    reading = reading_of(facts.design, estimand, estimator)
    facts = facts_for(facts, reading)
    graph = causal_graph(facts)
    adjusted = _held(reading.adjusts, facts)
    biasing = _biasing(reading, facts, graph)
    null = replace(facts, channels=tuple(c for c in facts.channels if c not in design_table(facts.design).effect))
    holding = conditions(facts)
    reasons = [because.text for because in reading.broken if hold(because.when, holding)]
    yes = not biasing and not reasons
    biasing = [path for path in reading.shows if nx.is_path(graph, path)] or biasing
    if not yes and not reasons:
        reasons = [because.text for because in reading.fails if hold(because.when, holding)]
    said = reading.holds if yes else reasons[0]
    steps = [name for step in reading.steps for name in _held(step, facts)]
    return Identified(
        yes,
        tuple(biasing),
        f"{reading.needs}: {said}.",
        not _biasing(reading, null, causal_graph(null)) and not any(hold(b.when, holding) for b in reading.broken),
        tuple(dict.fromkeys([*adjusted, *steps])),
    )


def facts_for(facts: DesignFacts, reading: Reading) -> DesignFacts:
    """Return the facts under which an estimator is judged: its options, days that it keeps, and a use that may act.

    Examples
    --------
    >>> facts = DesignFacts("n_of_1", discard_d=3.0)
    >>> facts_for(facts, reading_of("n_of_1", "long_run", "daily_least_squares")).discard_d
    0.0
    """
    effect = design_table(facts.design).effect
    channels = facts.channels if any(c in effect for c in facts.channels) else (*facts.channels, *effect)
    options = (facts.options | set(reading.adds)) - set(reading.without)
    return replace(facts, channels=channels, options=options, discard_d=facts.discard_d if reading.discards else 0.0)


def _held(names: Iterable[str], facts: DesignFacts) -> list[str]:
    return [node for name in names for node in (facts.adjusted if name == "adjusted" else (name,))]


def _biasing(reading: Reading, facts: DesignFacts, graph: nx.DiGraph) -> list[Path]:
    """Return the open biasing paths of an estimator, shortest first."""
    if not set(reading.exposure) <= set(graph):
        return []
    kinds = graph.nodes(data="kind")
    chosen = {name for name, kind in kinds if kind == "selection"} - set(reading.exposure)
    stable = {name for name, keeps in graph.nodes(data="stable") if keeps}
    if reading.rule == "sequential":
        steps = [set(_held(step, facts)) & set(graph) for step in reading.steps]
        return sequential(graph, reading.exposure, reading.outcome, steps, chosen)
    held = set(_held(reading.adjusts, facts)) & set(graph)
    if reading.stable or reading.rule == "within_person":
        held |= stable
    found = adjustment(graph, reading.exposure, reading.outcome, held | chosen)
    if reading.before in graph:
        found += [path for x in reading.exposure for path in _ways(graph, x, reading.before)]
    return found


def adjustment(graph: nx.DiGraph, exposure: Sequence[str], outcome: str, given: Collection[str]) -> list[Path]:
    """Return what biases a comparison that holds `given`, by the adjustment criterion; nothing if it is valid.

    Parameters
    ----------
    graph : networkx.DiGraph
    exposure : sequence of str
    outcome : str
    given : collection of str
        Everything that is held: covariates, and who is in the data.

    Returns
    -------
    list of tuple of str
        Biasing paths: ways from the exposure to a node that is held though the effect runs through it or acts on it,
        and open paths that are not the effect. They are there exactly if the criterion fails.

    Raises
    ------
    EvidenceError
        If exposure or outcome are held.

    Examples
    --------
    >>> confounded = nx.DiGraph([("c", "x"), ("c", "y"), ("x", "y")])
    >>> adjustment(confounded, ["x"], "y", []), adjustment(confounded, ["x"], "y", ["c"])
    ([('x', 'c', 'y')], [])
    """
    held = set(given)
    clash = held & {*exposure, outcome}
    if clash:
        raise EvidenceError(f"{sorted(clash)} cannot be held: exposure {list(exposure)}, outcome {outcome!r}")
    between = on_causal_paths(graph, exposure, outcome)
    forbidden = between.union(*(nx.descendants(graph, node) for node in between))
    backdoor, effect = graph.copy(), graph.copy()
    backdoor.remove_edges_from([(x, node) for x in exposure for node in between])
    effect.remove_edges_from([(x, node) for x in exposure for node in set(graph) - between])
    wrong = [path for node in sorted(forbidden & held) for x in exposure for path in _ways(effect, x, node)]
    separated = nx.is_d_separator(backdoor, set(exposure), {outcome}, held)
    found = [] if separated else [path for x in exposure for path in open_paths(backdoor, x, outcome, held)]
    return sorted({*wrong, *_least(found)}, key=lambda path: (len(path), path))


def sequential(
    graph: nx.DiGraph,
    exposures: Sequence[str],
    outcome: str,
    steps: Sequence[Collection[str]],
    chosen: Collection[str] = (),
) -> list[Path]:
    """Return what biases a comparison of lives with use at every visit against none, by the sequential back-door rule.

    Parameters
    ----------
    graph : networkx.DiGraph
    exposures : sequence of str
        Use at each visit, in order of time.
    outcome : str
    steps : sequence of collections of str
        What is held in addition at each visit.
    chosen : collection of str
        Who is in the data.

    Returns
    -------
    list of tuple of str
        Biasing paths; none if the rule is met.

    Examples
    --------
    >>> feedback = nx.DiGraph([("a", "l"), ("l", "b"), ("a", "y"), ("b", "y"), ("l", "y")])
    >>> sequential(feedback, ["a", "b"], "y", [[], ["l"]]), adjustment(feedback, ["a", "b"], "y", ["l"])
    ([], [('a', 'l')])
    """
    found: set[Path] = set()
    held = set(chosen)
    for k, (exposure, step) in enumerate(zip(exposures, steps, strict=True)):
        held |= set(step)
        later = exposures[k + 1 :]
        for x in exposures[k:]:
            found |= {path for node in held for path in _ways(graph, x, node)}
        cut = graph.copy()
        cut.remove_edges_from([*graph.out_edges(exposure), *(edge for x in later for edge in graph.in_edges(x))])
        given = held | set(exposures[:k])
        if not nx.is_d_separator(cut, {exposure}, {outcome}, given):
            found |= set(open_paths(cut, exposure, outcome, given))
    return sorted(found, key=lambda path: (len(path), path))


def on_causal_paths(graph: nx.DiGraph, exposure: Sequence[str], outcome: str) -> set[str]:
    """Return the nodes after an exposure on directed paths to the outcome that meet no other exposure.

    Examples
    --------
    >>> sorted(on_causal_paths(nx.DiGraph([("x", "m"), ("m", "y"), ("c", "y")]), ["x"], "y"))
    ['m', 'y']
    """
    without = graph.copy()
    without.remove_edges_from([edge for x in exposure for edge in graph.in_edges(x)])
    after = set().union(*(nx.descendants(without, x) for x in exposure)) - set(exposure)
    silent = graph.copy()
    silent.remove_edges_from([edge for x in exposure for edge in graph.out_edges(x)])
    between: set[str] = after & ({outcome} | nx.ancestors(silent, outcome))
    return between


def open_paths(graph: nx.DiGraph, source: str, target: str, given: Collection[str]) -> list[Path]:
    """Return the paths, along arrows and against them, on which two nodes are associated given others.

    Paths whose nodes hold those of a shorter open path are left out.

    Examples
    --------
    >>> collider = nx.DiGraph([("x", "c"), ("y", "c"), ("c", "d")])
    >>> open_paths(collider, "x", "y", []), open_paths(collider, "x", "y", ["d"])
    ([], [('x', 'c', 'y')])
    """
    held = set(given)
    opened = held.union(*(nx.ancestors(graph, node) for node in held))
    parents = {node: set(graph.predecessors(node)) for node in graph}
    beside = {node: sorted(parents[node].union(graph.successors(node))) for node in graph}

    def ways(path: Path) -> Iterator[Path]:
        here, arrows = path[-1], parents[path[-1]]
        if here == target:
            yield path
            return
        pointed = len(path) > 1 and path[-2] in arrows
        for step in beside[here]:
            passes = here in opened if pointed and step in arrows else here not in held
            if step not in path and (passes or here == source):
                yield from ways((*path, step))

    return _least(ways((source,)))


def _least(paths: Iterable[Path]) -> list[Path]:
    """Return paths, shortest first, without those whose nodes hold all of another one."""
    kept: list[Path] = []
    for path in sorted(set(paths), key=lambda path: (len(path), path)):
        if not any(set(other) < set(path) for other in kept):
            kept.append(path)
    return kept


def _ways(graph: nx.DiGraph, source: str, target: str) -> list[Path]:
    """Return the shortest ways along the arrows, if there are any."""
    if not nx.has_path(graph, source, target):
        return []
    return sorted(tuple(way) for way in nx.all_shortest_paths(graph, source, target))


def in_words(graph: nx.DiGraph, path: Sequence[str]) -> str:
    """Return a path with its arrows, in the labels of the nodes.

    Examples
    --------
    >>> graph = causal_graph(DesignFacts("self_report"))
    >>> in_words(graph, ["use", "severity_before", "phq_before"])
    'Started kratom ← Severity before the first use → PHQ-9 at the first use'
    """
    words = [graph.nodes[path[0]]["label"]]
    for source, target in pairwise(path):
        words += ["→" if graph.has_edge(source, target) else "←", graph.nodes[target]["label"]]
    return " ".join(words)

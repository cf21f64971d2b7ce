"""Everything that is known about a name: what `ketum evidence` shows, complete and in plain types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from ketum.engine.outputs import output_catalogue
from ketum.errors import EvidenceError
from ketum.evidence import behind_records as records
from ketum.evidence.behind import GROUP, all_observations, groups, parameters_named
from ketum.evidence.names import nearest
from ketum.evidence.parameter import Parameter
from ketum.evidence.records import load_rows
from ketum.evidence.search import OBSERVATION, Entry, Found, Index, evidence_entries
from ketum.evidence.sources import load_sources
from ketum.evidence.targets import load_calibration_targets
from ketum.evidence.words import CLASSES
from ketum.results.catalogue import endpoint_catalogue
from ketum.results.dossier_outputs import (
    Basis,
    brought_in,
    brought_in_by_arms,
    by_class,
    endpoint_basis,
    endpoints_of,
    output_basis,
    outputs_of,
)

Record = dict[str, Any]


def overview() -> Record:
    """Return how much of everything there is.

    >>> overview()["asked"] is None
    True
    """
    return {
        "asked": None,
        "kind": "overview",
        **records.overview_record(),
        "outputs": len(output_catalogue()),
        "end_points": len(endpoint_catalogue()),
    }


def look_up(asked: str, *, as_words: bool = False) -> Record:
    """Return the pages of a name, or what a search for its words finds.

    Parameters
    ----------
    asked : str
        A symbol (`theta`, `mood.m_W`), an output, an end point, the id of an observation, calibration target, claim or
        safety rule, a key of the bibliography, `group:receptor`, or any words.
    as_words : bool
        Whether to search even where `asked` is a name.

    Returns
    -------
    dict
        `kind` is `pages` (with `pages`: one name may stand for several things) or `search` (with `groups` of hits by
        kind, and `replaced`: words that stand nowhere and what was taken for them).

    Raises
    ------
    EvidenceError
        Nothing is found; the nearest names are told.

    Examples
    --------
    >>> [page["kind"] for page in look_up("tolerance")["pages"]]
    ['output', 'end point']
    >>> list(look_up("vein colour")["groups"])
    ['observation', 'claim', 'source']
    """
    name = asked.strip()
    pages = [] if as_words else list(_pages(name)) or list(_pages(_known_in_other_case(name)))
    if pages:
        return {"asked": asked, "kind": "pages", "pages": pages}
    found = search(name)
    if not found.hits:
        raise EvidenceError(f"{asked!r} is not found: no row holds all of these words; {nearest(name, known_names())}")
    hits: dict[str, list[Record]] = {}
    for entry in found.hits:
        hits.setdefault(entry.kind, []).append({"name": entry.name, "title": entry.title, "shown": entry.shown})
    kinds = [kind for kind in dict.fromkeys(entry.kind for entry in _index().entries) if kind in hits]
    return {
        "asked": asked,
        "kind": "search",
        "replaced": {word: list(near) for word, near in found.replaced.items()},
        "groups": {kind: hits[kind] for kind in kinds},
    }


def search(words: str) -> Found:
    """Return what holds all of some words: rows of the evidence, outputs and end points."""
    return _index().search(words)


def _pages(name: str) -> Iterator[Record]:
    for parameter in parameters_named(name):
        yield _parameter(parameter)
    if name in output_catalogue():
        output = output_catalogue()[name]
        more = {"label": output.label, "unit": output.unit, "daily": output.daily, "room": output.room}
        yield _result("output", name, more, output_basis(name))
    if name in endpoint_catalogue():
        point = endpoint_catalogue()[name]
        about: Record = {"label": point.label, "unit": point.unit, "share": point.share}
        yield _result("end point", name, about, endpoint_basis(name))
    for target in load_calibration_targets():
        if target.id == name:
            yield records.target_record(target)
    if name in all_observations():
        yield records.observation_record(all_observations()[name])
    for claim in load_rows("claims"):
        if claim.id == name:
            yield records.claim_record(claim)
    for rule in load_rows("safety_rules"):
        if rule.id == name:
            yield records.rule_record(rule)
    if name in load_sources():
        yield records.source_record(load_sources()[name])
    if name.startswith(GROUP) and name.removeprefix(GROUP) in groups():
        yield records.group_record(name.removeprefix(GROUP))


def _parameter(parameter: Parameter) -> Record:
    return {
        **records.parameter_record(parameter),
        "outputs": list(outputs_of(parameter)),
        "end_points": list(endpoints_of(parameter)),
        "acts_when": brought_in(parameter),
    }


def _result(kind: str, name: str, more: Record, basis: Basis) -> Record:
    """Return the page of an output or end point."""
    behind = basis.parameters()
    targets = [target for target in load_calibration_targets() if target.output in basis.outputs]
    compared = [target.observation for target in targets if target.observation]
    words = dict.fromkeys(_about(output) for output in basis.outputs)
    about = dict.fromkeys(entry.name for text in words for entry in _titles().search(text).hits)
    return {
        "kind": kind,
        "name": name,
        **more,
        "outputs": list(basis.outputs),
        "groups": list(basis.groups),
        "parameters": len(behind),
        "classes": [
            {
                "provenance": provenance,
                "words": CLASSES[provenance],
                "count": len(held),
                "share": len(held) / len(behind),
                "symbols": [p.symbol for p in held],
            }
            for provenance, held in by_class(behind).items()
        ],
        "brought_in": brought_in_by_arms(basis),
        "targets": [records.target_line(target) for target in targets],
        "observations_compared": _lines(dict.fromkeys(compared)),
        "words": list(words),
        "observations_about": _lines(name for name in about if name not in compared),
    }


def _lines(ids: Iterable[str]) -> list[Record]:
    return [records.observation_line(all_observations()[name]) for name in ids]


def _about(output: str) -> str:
    """Return the words of an output: of `symptom:dysphoria` the second."""
    return output.rpartition(":")[2].replace("_", " ")


def _known_in_other_case(name: str) -> str:
    """Return the one known name that differs in case alone, or nothing."""
    found = {known for known in known_names() if known.casefold() == name.casefold()}
    return found.pop() if len(found) == 1 else ""


def known_names() -> list[str]:
    """Return all names that have a page."""
    return [entry.name for entry in _index().entries if entry.name]


@cache
def _index() -> Index:
    return Index((*_results(), *evidence_entries()))


@cache
def _titles() -> Index:
    """Return the observations by what they are about alone."""
    return Index(Entry(e.kind, e.name, e.title, "", "") for e in evidence_entries() if e.kind == OBSERVATION)


def _results() -> Iterator[Entry]:
    for output in output_catalogue().values():
        yield Entry("output", output.name, output.label, output.unit, output.room)
    for point in endpoint_catalogue().values():
        yield Entry("end point", point.name, point.label, point.unit, "")

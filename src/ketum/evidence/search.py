"""Search over everything that the tables hold: every word of the question must stand in a row.

A word counts where it stands whole, as the beginning of a longer word or inside a long one, or where a word of
`data/search_words.csv` means the same. Only a word that stands nowhere is replaced by its nearest ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from ketum.evidence.behind import GROUP, all_parameters
from ketum.evidence.behind_words import measured, seen, subject, with_unit
from ketum.evidence.groups import parameter_groups
from ketum.evidence.observations import load_observations
from ketum.evidence.records import load_rows
from ketum.evidence.search_words import asked_words, same_words, words
from ketum.evidence.sources import load_sources
from ketum.evidence.targets import load_calibration_targets

OBSERVATION: Final = "observation"
_BEGINNING, _INSIDE = 3, 6
"""Shortest words that count as the beginning, and as a part, of a longer word."""
_NAME, _TITLE, _TEXT = 4.0, 2.0, 1.0
_WHOLE, _PART = 1.0, 0.5
_NEAR_PERCENT: Final = 80
_NEAR_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be found.

    Attributes
    ----------
    kind
        What it is: `parameter`, `observation`, `claim`, ...
    name
        What `ketum evidence` takes to show it; empty where it has no page of its own.
    title, shown
        What it is about, and what else a list shows of it, such as its value.
    text
        All other words in which it is found.
    """

    kind: str
    name: str
    title: str
    shown: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes
    ----------
    hits
        Entries, best first.
    replaced
        Words of the question that stand nowhere, and the nearest words that were taken for them.
    """

    hits: tuple[Entry, ...]
    replaced: Mapping[str, tuple[str, ...]]


class Index:
    """Entries by the words in which they are found.

    >>> index = Index(evidence_entries())
    >>> [entry.name for entry in index.search("vein colour").hits if entry.kind == "claim"]
    ['C13', 'C14']
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = tuple(entries)
        self._places: dict[str, dict[int, float]] = defaultdict(dict)
        for number, entry in enumerate(self._entries):
            name = _TEXT if entry.kind == OBSERVATION else _NAME  # its id begins with the name of its table
            for weight, text in ((_TEXT, entry.text), (name, entry.name), (_TITLE, entry.title)):
                for word in words(text):
                    self._places[word][number] = max(weight, self._places[word].get(number, 0.0))

    @property
    def entries(self) -> Sequence[Entry]:
        """All entries, in their order."""
        return self._entries

    def search(self, question: str) -> Found:
        """Return the entries that hold every word of `question`."""
        replaced: dict[str, tuple[str, ...]] = {}
        scores: dict[int, float] | None = None
        for word in asked_words(question):
            places = self._of(word)
            if not places:
                near = self._near(word)
                if near:
                    replaced[word] = near
                places = _joined(self._of(other) for other in near)
            if scores is None:
                scores = places
            else:
                scores = {number: score + places[number] for number, score in scores.items() if number in places}
        best = sorted((scores or {}).items(), key=lambda item: (-item[1], item[0]))
        return Found(tuple(self._entries[number] for number, _ in best), replaced)

    def _of(self, asked: str) -> dict[int, float]:
        """Return the entries that hold a word, or one that means the same, with their weight."""
        return _joined(self._of_one(word) for word in same_words(asked))

    def _of_one(self, asked: str) -> dict[int, float]:
        whole = {number: _WHOLE * weight for number, weight in self._places.get(asked, {}).items()}
        longer = [
            word
            for word in self._places
            if word != asked
            and ((len(asked) >= _BEGINNING and word.startswith(asked)) or (len(asked) >= _INSIDE and asked in word))
        ]
        parts = _joined(self._places[word] for word in longer)
        return _joined([whole, {number: _PART * weight for number, weight in parts.items()}])

    def _near(self, asked: str) -> tuple[str, ...]:
        # Imported here because few questions need it.
        from rapidfuzz import fuzz, process

        found = process.extract(
            asked, list(self._places), scorer=fuzz.ratio, limit=_NEAR_WORDS, score_cutoff=_NEAR_PERCENT
        )
        return tuple(word for word, _, _ in found)


def _joined(places: Iterable[Mapping[int, float]]) -> dict[int, float]:
    """Return for each entry its highest weight."""
    joined: dict[int, float] = {}
    for some in places:
        for number, weight in some.items():
            joined[number] = max(weight, joined.get(number, 0.0))
    return joined


@cache
def evidence_entries() -> tuple[Entry, ...]:
    """Return an entry for every row of the tables of evidence."""
    return (*_of_parameters(), *_of_targets(), *_of_observations(), *_of_records(), *_of_sources())


def _of_parameters() -> Iterable[Entry]:
    for group, patterns in parameter_groups().items():
        yield Entry("group", f"{GROUP}{group}", "parameters of this group", " ".join(patterns), "")
    for p in all_parameters().values():
        yield Entry("parameter", p.symbol, p.name, with_unit(p.value, p.unit), f"{p.note} {p.source} {p.provenance}")


def _of_targets() -> Iterable[Entry]:
    for t in load_calibration_targets():
        yield Entry("target", t.id, t.quantity, with_unit(t.value, t.unit), f"{t.output} {t.note} {t.source}")


def _of_observations() -> Iterable[Entry]:
    for o in load_observations():
        more = " ".join((o.table, o.statistic, o.where, o.note, o.source, *o.details.values()))
        title = ": ".join(part for part in (o.quantity, subject(o)) if part)
        yield Entry(OBSERVATION, o.id, title, f"{measured(o)}; {seen(o)}", more)


def _of_records() -> Iterable[Entry]:
    for claim in load_rows("claims"):
        more = f"{claim.kind} {claim.how_to_check} {claim.what_a_passing_check_shows}"
        yield Entry("claim", claim.id, claim.claim, claim.kind, more)
    for rule in load_rows("safety_rules"):
        more = f"{rule.mechanism} {rule.source} {rule.note}"
        yield Entry("safety rule", rule.id, f"{rule.applies_when}: {rule.finding}", rule.severity, more)
    for law in load_rows("legal"):
        yield Entry("law", "", f"{law.jurisdiction}: {law.status}", law.since, f"{law.note} {law.source}")


def _of_sources() -> Iterable[Entry]:
    for source in load_sources().values():
        more = " ".join((*source.authors, *source.fields.values()))
        yield Entry("source", source.key, source.title, str(source.year or ""), more)

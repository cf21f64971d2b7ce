"""Finding claims by their id or by words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ketum.claims.model import Record
from ketum.errors import EvidenceError
from ketum.evidence import load_rows
from ketum.evidence.search import Entry, Index

_ID = re.compile(r"C\d{2}", re.IGNORECASE)


def asked_ids(words: Sequence[str]) -> tuple[str, ...]:
    """Return the ids if all words are ids of claims, else nothing.

    Raises
    ------
    EvidenceError
        If they look like ids and one of them is none.

    Examples
    --------
    >>> asked_ids(["c33"]), asked_ids(["vein", "colour"])
    (('C33',), ())
    """
    parts = [part for word in words for part in word.replace(",", " ").split()]
    if not parts or not all(_ID.fullmatch(part) for part in parts):
        return ()
    known = [claim.id for claim in load_rows("claims")]
    for part in parts:
        if part.upper() not in known:
            raise EvidenceError(
                f"claim {part!r} is not known; allowed: {known[0]} to {known[-1]}, or words to search for"
            )
    return tuple(dict.fromkeys(part.upper() for part in parts))


def matching_records(records: Sequence[Record], text: str) -> tuple[tuple[Record, ...], Mapping[str, tuple[str, ...]]]:
    """Return the records that hold every word of a text, best first, and the nearest words to those that stand nowhere.

    Words are compared as in `ketum evidence`: with synonyms, and as parts of longer words.

    Raises
    ------
    EvidenceError
        If no record holds them.
    """
    found = Index(map(_entry, records)).search(text)
    if not found.hits:
        raise EvidenceError(f"no claim holds {text!r}; `ketum claims` lists all {len(records)}")
    by_id = {record.id: record for record in records}
    return tuple(by_id[entry.name] for entry in found.hits), found.replaced


def _entry(record: Record) -> Entry:
    rows = [*record.background, *(row for part in record.parts for row in part.rows)]
    parts = [record.short, record.kind, record.reason, record.checked]
    text = " ".join([*parts, *(f"{row.id} {row.words} {row.reference}" for row in rows)])
    return Entry("claim", record.id, record.claim, record.verdict, f"{text} {record.verdict}")

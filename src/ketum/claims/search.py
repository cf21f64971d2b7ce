"""Finding claims by their id or by words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ketum.claims.model import Record
from ketum.errors import EvidenceError
from ketum.evidence import load_rows

_NEAREST = 3
_ALIKE = 60.0
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


def matching_records(records: Sequence[Record], text: str) -> tuple[Record, ...]:
    """Return the records that hold every word of a text, or those nearest to it.

    Raises
    ------
    EvidenceError
        If nothing is near.
    """
    wanted = text.casefold().split()
    found = tuple(record for record in records if all(word in _text(record) for word in wanted))
    if found:
        return found
    from rapidfuzz import fuzz, process, utils

    titles = {record.id: record.claim for record in records}
    near = process.extract(
        text, titles, scorer=fuzz.token_set_ratio, limit=3, score_cutoff=60, processor=utils.default_process
    )
    if not near:
        raise EvidenceError(f"no claim holds {text!r}; `ketum claims` lists all {len(records)}")
    return tuple(record for record in records if record.id in {id_ for _, _, id_ in near})


def _text(record: Record) -> str:
    rows = [*record.background, *(row for part in record.parts for row in part.rows)]
    parts = [record.id, record.claim, record.short, record.kind, record.verdict, record.reason, record.checked]
    return " ".join([*parts, *(f"{row.id} {row.words} {row.reference}" for row in rows)]).casefold()

"""Words of a text as they are compared: without case, accents and hyphens, and with words that mean the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final

from ketum.evidence.tables import read_table, shipped

_WORD: Final = re.compile(r"[a-z0-9]+(?:[-/'.][a-z0-9]+)*")
_JOINTS: Final = re.compile(r"[-/'._]")
_LITTLE: Final = (
    "a an and any are as at be by can for from has have in into is it its of on or per than that the to with"
)
_EMPTY: Final = frozenset(_LITTLE.split())


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, in their order; of a word with hyphens also its parts.

    >>> words("The vein-colour of PHQ-9")
    ('veincolour', 'vein', 'colour', 'phq9', 'phq')
    """
    return tuple(_words(text))


def asked_words(text: str) -> tuple[str, ...]:
    """Return the words of a question, each once and whole.

    >>> asked_words("the vein-colour of PHQ-9")
    ('veincolour', 'phq9')
    """
    return tuple(dict.fromkeys(_JOINTS.sub("", word) for word in _pieces(text)))


@cache
def same_words(word: str) -> frozenset[str]:
    """Return the words of `data/search_words.csv` that mean the same, with the word itself.

    >>> sorted(same_words("color"))
    ['color', 'colored', 'colour', 'coloured']
    """
    return _groups().get(word, frozenset()) | {word}


def _pieces(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKD", text.casefold().replace("_", " "))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return (word for word in _WORD.findall(letters) if word not in _EMPTY)


def _words(text: str) -> Iterator[str]:
    for word in _pieces(text):
        parts = _JOINTS.split(word)
        yield "".join(parts)
        if len(parts) > 1:
            yield from (part for part in parts if len(part) > 1 and part not in _EMPTY)


@cache
def _groups() -> dict[str, frozenset[str]]:
    groups = {}
    for row in read_table(shipped("search_words.csv"), ("words", "meaning")):
        members = frozenset(_JOINTS.sub("", word) for word in row.text("words").casefold().split())
        groups.update(dict.fromkeys(members, members))
    return groups

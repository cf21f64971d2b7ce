"""How a mistake is put into words: the value as it stood, the key as the user knows it, near names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from rapidfuzz import fuzz, process

KeyPath = tuple[str | int, ...]
"""Keys and list positions from the top of the file to a value, such as ``("arm", 0, "use", 1, "dose")``."""

_SHOWN = 60
_SIMILAR = 60.0
_PLAIN = 40
_HUGE_BITS = 200


class MistakeError(Exception):
    """A mistake at a key of the file; `ketum.scenario.load` adds the file, the line and the key.

    Attributes
    ----------
    path : tuple of str or int
        Where the mistake is.
    text : str
        The value and what is allowed.
    """

    def __init__(self, path: KeyPath, text: str) -> None:
        super().__init__(text)
        self.path = path
        self.text = text


def shown(value: object, most: int = _SHOWN) -> str:
    """Return `value` on one line of at most `most` characters, texts in quotes.

    Examples
    --------
    >>> shown("4 kgg"), shown([1, 2]), shown(True)
    ('"4 kgg"', 'a list', 'true')
    """
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    if isinstance(value, str):
        text = value if len(value) <= most else value[: most - 3] + "..."
        written = json.dumps(text, ensure_ascii=False)
        return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in written)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > _HUGE_BITS:
        return "a number of more than 60 digits"
    return str(value)[:most]


def refusal(value: object, what: str, allowed: str) -> str:
    """Return the sentence that refuses `value`.

    Examples
    --------
    >>> refusal("x", "a time", "text such as 6 h")
    '"x" is not a time; allowed: text such as 6 h'
    """
    return f"{shown(value)} is not {what}; allowed: {allowed}"


def unknown(name: object, what: str, known: Iterable[str], allowed: str | None = None) -> str:
    """Return the sentence that refuses an unknown name, with the nearest known ones.

    Parameters
    ----------
    name : object
        What was written.
    what : str
        What it should have been, with its article.
    known : iterable of str
        Names that are allowed.
    allowed : str, optional
        How to list them; all names by default.

    Examples
    --------
    >>> unknown("lef_tea", "a product", ["leaf_tea", "extract"])
    '"lef_tea" is not a product; nearest: leaf_tea; allowed: leaf_tea, extract'
    """
    names = list(known)
    near = nearest(name, names)
    hint = f"nearest: {', '.join(near)}; " if near else ""
    return f"{shown(name)} is not {what}; {hint}allowed: {allowed or ', '.join(names)}"


def nearest(name: object, known: Sequence[str]) -> list[str]:
    """Return up to three known names that look like `name`, best first."""
    if not isinstance(name, str):
        return []
    found = process.extract(
        name[:_SHOWN], known, scorer=fuzz.ratio, processor=str.lower, limit=3, score_cutoff=_SIMILAR
    )
    return [match for match, _, _ in found]


def key_words(path: KeyPath, document: Mapping[str, object]) -> str:
    """Return a key path in the user's words, arms by their names.

    Examples
    --------
    >>> key_words(("arm", 0, "use", 1, "dose"), {"arm": [{"name": "tea"}]})
    'arm "tea" use[1].dose'
    """
    words = ""
    for position, part in enumerate(path):
        if isinstance(part, int):
            name = _arm_name(document, part) if path[:position] == ("arm",) else None
            words += f" {shown(name, 40)}" if name is not None else f"[{part}]"
        else:
            joint = " " if words.endswith('"') else "." if words else ""
            words += joint + (part if _plain(part) else shown(part))
    return words


def _plain(part: str) -> bool:
    return len(part) <= _PLAIN and part.replace("-", "_").isidentifier()


def _arm_name(document: Mapping[str, object], number: int) -> str | None:
    arms = document.get("arm")
    if not isinstance(arms, list):
        return None
    names = [arm.get("name") if isinstance(arm, dict) else None for arm in arms]
    name = names[number] if number < len(names) else None
    return name if isinstance(name, str) and names.count(name) == 1 else None

"""Where in a TOML text a key stands: `tomllib` does not keep positions, a small search finds them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ketum.scenario.wording import KeyPath

_HIDDEN = re.compile(r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:\\.|[^"\\\n])*"(\s*=)?|\'[^\'\n]*\'(\s*=)?|#[^\n]*')
_HEADER = re.compile(r"^[ \t]*\[(\[?)[ \t]*([\w.-]+)[ \t]*\]+", re.MULTILINE)
_Span = tuple[int, int]


def line_of(path: KeyPath, source: str) -> int | None:
    r"""Return the line (1 is the first) on which the deepest part of `path` that stands in `source` begins.

    Parameters
    ----------
    path : tuple of str or int
        Keys and positions in lists.
    source : str
        Text of a valid TOML file.

    Returns
    -------
    int or None
        None if not even the first key is found.

    Examples
    --------
    >>> line_of(("arm", 0, "use", 1, "dose"), '[[arm]]\nuse = [\n{ dose = 1 },\n{ dose = 2 }]')
    4
    """
    masked = _HIDDEN.sub(_blank, source)
    depth, position = max(_in_tables(masked, path), default=(0, 0), key=lambda found: found[0])
    return source.count("\n", 0, position) + 1 if depth else None


def _blank(match: re.Match[str]) -> str:
    """Hide strings and comments, so that brackets in them do not count; a quoted key keeps its letters."""
    if match[1] or match[2]:
        return match[0].replace('"', " ").replace("'", " ")
    return re.sub(r"[^\n]", " ", match[0])


def _in_tables(text: str, path: KeyPath) -> Iterator[tuple[int, int]]:
    """Yield (parts of the path found, position) for every table that could hold the path."""
    headers = list(_HEADER.finditer(text))
    first = headers[0].start() if headers else len(text)
    yield _deepest(text, (0, first), path, 0, 0)
    counts: dict[tuple[str | int, ...], int] = {}
    current: dict[str, tuple[str | int, ...]] = {}
    for number, header in enumerate(headers):
        names = header[2].split(".")
        place: tuple[str | int, ...] = ()
        for level, name in enumerate(names):
            dotted = ".".join(names[: level + 1])
            place = (*place, name) if level == len(names) - 1 else current.get(dotted, (*place, name))
        if header[1]:
            counts[place] = counts.get(place, -1) + 1
            place = (*place, counts[place])
        current[header[2]] = place
        end = headers[number + 1].start() if number + 1 < len(headers) else len(text)
        shared = min(len(place), len(path))
        if path[:shared] == place[:shared]:
            yield _deepest(text, (header.end(), end), path, shared, header.start())


def _deepest(text: str, span: _Span, path: KeyPath, found: int, position: int) -> tuple[int, int]:
    """Follow `path` from part number `found` on inside `span`."""
    best = (found, position)
    if found == len(path):
        return best
    part = path[found]
    if isinstance(part, int):
        for number, inner in enumerate(_elements(text, span)):
            if number == part:
                begin = inner[0] + len(text[slice(*inner)]) - len(text[slice(*inner)].lstrip())
                return _deepest(text, (begin, inner[1]), path, found + 1, begin)
        return best
    start = span[0] + (text[span[0]] == "{") if span[0] < span[1] else span[0]
    for match in re.compile(rf"(?<![\w-]){re.escape(part)}\s*[=.]").finditer(text, start, span[1]):
        if _depth(text[start : match.start()]) == 0:
            inner = (match.end(), _value_end(text, match.end(), span[1]))
            best = max(best, _deepest(text, inner, path, found + 1, match.start()), key=lambda b: b[0])
    return best


def _depth(text: str) -> int:
    return sum(text.count(c) for c in "[{") - sum(text.count(c) for c in "]}")


def _value_end(text: str, start: int, end: int) -> int:
    """Return where the value that begins at `start` ends."""
    depth = 0
    for position in range(start, end):
        letter = text[position]
        depth += (letter in "[{") - (letter in "]}")
        if depth < 0 or (depth == 0 and letter in ",\n"):
            return position
    return end


def _elements(text: str, span: _Span) -> Iterator[_Span]:
    """Yield the spans of the elements of the list in `span`."""
    begin = text.find("[", *span) + 1
    if not begin:
        return
    depth, start = 0, begin
    for position in range(begin, span[1]):
        letter = text[position]
        depth += (letter in "[{") - (letter in "]}")
        if depth < 0 or (depth == 0 and letter == ","):
            yield start, position
            start = position + 1
        if depth < 0:
            return

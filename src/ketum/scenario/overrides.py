"""Settings of the command line (``--set key=value``) laid over the tables of a file."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from ketum.scenario.wording import KeyPath, MistakeError, shown

Document = dict[str, object]
Origins = dict[KeyPath, str]
"""Which keys came from the command line, and how that is said in a message."""


Option = tuple[list[str], int | None, str]
"""An option of the command line: the key it sets, its value or None, its name."""


def apply_overrides(document: Document, overrides: Sequence[str], options: Sequence[Option] = ()) -> Origins:
    """Lay overrides over `document`, in place.

    Parameters
    ----------
    document : dict
        Tables of the file.
    overrides : sequence of str
        ``key=value`` with a dotted key; positions in lists are numbers: ``arm.0.use.0.dose=2 g``.
    options : sequence of Option
        Options with a key of their own, such as ``--seed``.

    Returns
    -------
    dict
        The overridden keys and the words for their origin.

    Raises
    ------
    MistakeError
        If an override has no ``=`` or leads through something that is not a table or a list.
    """
    origins: Origins = {}
    for override in overrides:
        key, equals, text = override.partition("=")
        parts = [part.strip() for part in key.split(".")]
        if not equals or not all(parts):
            raise MistakeError((), f"--set {shown(override)}: allowed: key=value, such as record.every=1 h")
        _put(document, parts, _value(text), origins, f"--set {key.strip()}")
    for parts, number, option in options:
        if number is not None:
            _put(document, parts, number, origins, option)
    return origins


def _value(text: str) -> object:
    """Return `text` as TOML if it is one TOML value, else as it stands."""
    try:
        tables = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text.strip()
    return tables["value"] if len(tables) == 1 else text.strip()


def _put(document: Document, parts: list[str], value: object, origins: Origins, origin: str) -> None:
    """Write `value` where the dotted key leads, making tables on the way."""
    holder: Any = document
    path: KeyPath = ()
    for part in parts[:-1]:
        key = _key(holder, part, path, origin)
        holder = holder.setdefault(key, {}) if isinstance(holder, dict) else holder[key]
        path = (*path, key)
    key = _key(holder, parts[-1], path, origin)
    holder[key] = value
    origins[(*path, key)] = _short(origin)


def _key(holder: object, part: str, path: KeyPath, origin: str) -> str | int:
    """Return `part` as a key of a table or as a position in a list."""
    if isinstance(holder, dict):
        return part
    if not isinstance(holder, list):
        raise MistakeError((), f"{_short(origin)}: {shown(path[-1])} is not a table; it has no keys")
    if part in map(str, range(len(holder))):
        return int(part)
    counted = f"a position from 0 to {len(holder) - 1}" if holder else "nothing, the list is empty"
    raise MistakeError((), f"{_short(origin)}: {shown(part)} is not in the list; allowed: {counted}")


def _short(origin: str) -> str:
    text = "".join(c if c.isprintable() else " " for c in origin)
    return text if len(text) <= 80 else text[:77] + "..."

"""Names that were meant: the nearest known ones, for error messages."""

from collections.abc import Collection

_SHOWN = 3


def nearest(name: str, known: Collection[str]) -> str:
    """Return the known names nearest to `name`, as they stand in a message.

    >>> nearest("b_cl", ["b_CL", "b_V", "kappa"])
    "nearest known: 'b_CL', 'b_V', 'kappa'"
    """
    # Imported here because it is needed only when something is wrong.
    from rapidfuzz import fuzz, process, utils

    found = process.extract(name, list(known), scorer=fuzz.ratio, limit=_SHOWN, processor=utils.default_process)
    return "nearest known: " + ", ".join(repr(word) for word, _, _ in found)

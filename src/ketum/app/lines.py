"""The lines of an answer: one JSON object each."""

from __future__ import annotations

import json
from typing import Any

WRONG = "something went wrong inside ketum; its log tells more"


def line(kind: str, **facts: Any) -> bytes:
    r"""Return one line.

    Examples
    --------
    >>> line("progress", done=1, of=2)
    b'{"kind":"progress","done":1,"of":2}\n'
    """
    text = json.dumps({"kind": kind, **facts}, separators=(",", ":"), ensure_ascii=False)
    return text.encode(errors="replace") + b"\n"


def error_line(error: Exception) -> bytes:
    """Return the line that tells of a mistake, with the key at fault where it is known."""
    return line("error", text=str(error), key=list(getattr(error, "key", ())))

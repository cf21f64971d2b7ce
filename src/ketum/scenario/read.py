"""From a file to the plain tables of TOML: whatever is no text, no TOML or far too large stops here."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path

from ketum.scenario.wording import MistakeError

MOST_BYTES = 1_000_000
_LOOK = "{} in TOML; see examples/"


def read_text(path: Path) -> str:
    """Return the text of a small UTF-8 file, a byte-order mark removed.

    Parameters
    ----------
    path : Path
        A scenario or an event table.

    Raises
    ------
    ValueError
        If there is no such file, it cannot be read, is larger than a megabyte or is not UTF-8 text; the text
        says which.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ValueError("is a folder; allowed: a file")
        if not stat.S_ISREG(mode):
            raise ValueError("is not a regular file")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise ValueError("there is no such file") from None
    except PermissionError:
        raise ValueError("may not be read (permission denied)") from None
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror or 'unknown reason'})") from None
    if len(content) > MOST_BYTES:
        raise ValueError("is larger than 1 MB; allowed: a text file of at most 1 MB")
    return decode(content)


def decode(content: bytes) -> str:
    r"""Return bytes as text.

    Raises
    ------
    ValueError
        If they are not UTF-8 text.

    Examples
    --------
    >>> decode(b"\xef\xbb\xbfseed = 1")
    'seed = 1'
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("is UTF-16 text; save it as UTF-8")
    if b"\0" in content:
        raise ValueError("is not a text file; allowed: text in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line}: is not UTF-8 text; save it as UTF-8") from None


def parse(text: str, kind: str) -> dict[str, object]:
    """Return the tables of a TOML text of a kind such as "a scenario".

    Raises
    ------
    MistakeError
        If it holds nothing or is not TOML; the text begins with the line where it is known.
    """
    try:
        document: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MistakeError((), _syntax(str(error), text, kind)) from None
    except (ValueError, RecursionError, OverflowError):
        raise MistakeError((), f"cannot be read as TOML; allowed: {_LOOK.format(kind)}") from None
    if not document:
        raise MistakeError((), f"is empty; allowed: {_LOOK.format(kind)}")
    return document


def _syntax(message: str, text: str, kind: str) -> str:
    """Put what tomllib says into 'line 7: ...'."""
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    if place is None:
        return f"is not valid TOML: {_printable(message)}; allowed: {_LOOK.format(kind)}"
    line = place[1] or str(len(text.splitlines()) or 1)
    where = f" at column {place[2]}" if place[2] else " at the end of the file"
    return f"line {line}: is not valid TOML: {_printable(message[: place.start()])}{where}"


def _printable(text: str, most: int = 120) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:most]

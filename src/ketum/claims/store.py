"""The computed ledger that ships, the one of this user, and whether it belongs to the tables at hand."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from ketum.claims.model import Ledger, Record, as_json, from_json
from ketum.errors import RunFolderError
from ketum.version import __version__

FILE = "ledger.json"
_PLACES = (
    ("ketum.evidence", "data"),
    ("ketum.claims", ""),
    ("ketum.claims", "scenarios"),
    ("ketum.claims", "studies"),
    ("ketum.products", ""),
    ("ketum.mood", ""),
    ("ketum.engine", ""),
    ("ketum.studies", ""),
    ("ketum.studies", "data"),
)
_KINDS = (".csv", ".toml", ".bib")


def _place(package: str, folder: str) -> Traversable:
    place = resources.files(package)
    return place.joinpath(folder) if folder else place


def _files(folder: Traversable) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir() and entry.name == "observations":
            yield from _files(entry)
        elif entry.name.endswith(_KINDS):
            yield entry


def current_key() -> str:
    """Return the hash of what a ledger is computed from: tables, scenarios, studies, ledger as written, version.

    Code is no part of it: a change of code within a version leaves the key as it is, so whoever changes code that moves
    results computes the ledger anew.
    """
    digest = hashlib.sha256(__version__.encode())
    for package, folder in _PLACES:
        for file in _files(_place(package, folder)):
            digest.update(file.name.encode())
            digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def shipped_ledger() -> Ledger | None:
    """Return the ledger that ships, or None if it is missing."""
    file = resources.files("ketum.claims").joinpath(FILE)
    return _read(file) if file.is_file() else None


def kept_ledger() -> Ledger | None:
    """Return the ledger that was computed before for these tables, or None: the one that ships, or this user's."""
    key = current_key()
    shipped = shipped_ledger()
    if shipped is not None and shipped.key == key:
        return shipped
    own = _own(key)
    return _read(own) if own.is_file() else None


def keep(ledger: Ledger, path: Path | None = None) -> Path:
    """Write a ledger to a file, by default into the cache folder of this user.

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    target = _own(ledger.key) if path is None else path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(to_text(ledger), encoding="utf-8")
    except OSError as error:
        raise RunFolderError(f"{target}: cannot be written ({error.strerror or error})") from None
    return target


def to_text(ledger: Ledger) -> str:
    """Return a ledger as JSON, one record a line; numbers to six digits, those that are not finite as words."""
    plain = _plain(as_json(ledger))
    records = ",\n".join(json.dumps(record, ensure_ascii=False) for record in plain.pop("records"))
    return f'{json.dumps(plain)[:-1]}, "records": [\n{records}\n]}}\n'


def plain_records(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Return records as JSON holds them."""
    plain: list[dict[str, Any]] = _plain([asdict(record) for record in records])
    return plain


def _own(key: str) -> Path:
    return user_cache_path("ketum") / "claims" / f"{key[:16]}.json"


def _read(file: Traversable | Path) -> Ledger | None:
    try:
        return from_json(json.loads(file.read_text(encoding="utf-8"), object_hook=_numbers))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _plain(value: Any) -> Any:
    """Return lists and texts in which JSON can hold every number."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else str(value)
    return value


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    """Turn the words for numbers that are not finite back."""
    for key in ("table", "sets"):
        if key in row:
            row[key] = [float(v) for v in row[key]] if isinstance(row[key], list) else float(row[key])
    return row

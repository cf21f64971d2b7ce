"""Run and study folders that the explorer may open: those below the folder with which it was started, by number.

The page never names a file: it is given an opaque key of each folder that was found, and only those keys open one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ketum.results.folder import RUN, STUDY

_DEPTH = 2
"""How far below the folder run folders are looked for."""
_MOST = 500


@dataclass(frozen=True, slots=True)
class Found:
    """A folder that can be opened: its key on the page, its kind ("run" or "study") and its name."""

    key: str
    kind: str
    name: str
    path: Path


def found_folders(root: Path) -> list[Found]:
    """Return the complete run and study folders in a folder, or the folder itself; the newest first."""
    found = [_found(path, root) for path in _walk(root, _DEPTH)]
    kept = [one for one in found if one is not None]
    return sorted(kept, key=lambda one: -_when(one.path))[:_MOST]


def folder_of(root: Path, key: str) -> Found | None:
    """Return the folder of a key, or None if there is none of that key now."""
    return next((one for one in found_folders(root) if one.key == key), None)


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    yield folder
    if depth:
        try:
            below = sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
        except OSError:
            return
        for path in below:
            if not path.name.startswith(".") and not path.name.endswith(".partial"):
                yield from _walk(path, depth - 1)


def _found(path: Path, root: Path) -> Found | None:
    kind = "study" if STUDY.stands_in(path) else "run" if RUN.stands_in(path) else ""
    if not kind or not _plain(path):
        return None
    key = hashlib.sha256(str(path.resolve()).encode(errors="replace")).hexdigest()[:20]
    name = path.resolve().name if path == root else path.relative_to(root).as_posix()
    return Found(key, kind, name, path)


def _plain(folder: Path) -> bool:
    """Return whether a folder holds files and folders alone, and no link that leads out of it."""
    try:
        return all(not one.is_symlink() and (one.is_file() or one.is_dir()) for one in folder.iterdir())
    except OSError:
        return False


def _when(path: Path) -> float:
    try:
        return (path / "provenance.json").stat().st_mtime
    except OSError:
        return 0.0

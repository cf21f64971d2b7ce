"""How compiled functions are made: decorators, and a cache that follows the source.

numba's file cache looks only at the file in which a function stands, so an edit in a function that it calls would
go unseen. The cache folder is therefore named by a hash of the whole package source.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import platformdirs
from numba.core import config

F = TypeVar("F", bound=Callable[..., Any])

_PACKAGE = Path(__file__).parent
_COMPILED_ROOMS = ("compiled.py", "numerics.py", "body", "brain", "engine", "mood", "people", "regimens")


def _source_hash() -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    for place in _COMPILED_ROOMS:
        path = _PACKAGE / place
        for file in [path] if path.is_file() else sorted(path.glob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@cache
def cache_folder() -> Path:
    """Return the folder of compiled code that belongs to this source; created on first use."""
    root = os.environ.get("KETUM_CACHE_DIR") or platformdirs.user_cache_dir("ketum", appauthor=False)
    return Path(root) / f"compiled-{_source_hash()}"


def _ready(folder: Path) -> bool:
    """Make the folder of compiled code; return whether it can be written. Folders of older sources go after a month."""
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            for old in folder.parent.glob("compiled-*"):
                if time.time() - old.stat().st_mtime > _KEEP_S:
                    shutil.rmtree(old, ignore_errors=True)
        return os.access(folder, os.W_OK)
    except OSError:
        return False


_KEEP_S = 30 * 86400.0
CACHING = _ready(cache_folder())
"""Whether compiled code is kept between runs."""


def is_warm() -> bool:
    """Return whether compiled code of this source lies in the cache.

    Examples
    --------
    >>> isinstance(is_warm(), bool)
    True
    """
    return CACHING and any(cache_folder().rglob("*run_blocks*.nbi"))


def _jit(**options: Any) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        before = vars(config)["CACHE_DIR"]  # numba looks it up here and now; other libraries keep their own
        setattr(config, "CACHE_DIR", str(cache_folder()) if CACHING else before)  # noqa: B010
        try:
            return cast("F", numba.njit(error_model="numpy", fastmath={"contract"}, **options)(function))
        finally:
            setattr(config, "CACHE_DIR", before)  # noqa: B010

    return decorate


# error_model="numpy" on every function: a zero check at a division is an early exit and stops vectorisation.
# fastmath stays at "contract": more would cancel the magic-number rounding in `ketum.numerics.exp`.
inlined: Callable[[F], F] = _jit(forceinline=True)
"""Decorator of small scalar functions that are inlined into lane loops."""
kernel: Callable[[F], F] = _jit(nogil=True, cache=CACHING)
"""Decorator of functions over lanes, blocks and chunks."""

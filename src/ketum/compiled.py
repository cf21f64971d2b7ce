"""How compiled functions are made: decorators, and a cache that follows the source.

numba's file cache looks only at the file in which a function stands, so an edit in a function that it calls would
go unseen. The cache folder is therefore named by a hash of the whole package source.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import platformdirs
from numba.core import config

F = TypeVar("F", bound=Callable[..., Any])

_PACKAGE = Path(__file__).parent
_COMPILED_ROOMS = ("compiled.py", "numerics.py", "body", "brain", "engine", "people", "regimens")


def _source_hash() -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    for place in _COMPILED_ROOMS:
        path = _PACKAGE / place
        for file in [path] if path.is_file() else sorted(path.glob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Return the folder of compiled code that belongs to this source; created on first use."""
    root = os.environ.get("KETUM_CACHE_DIR") or platformdirs.user_cache_dir("ketum", appauthor=False)
    return Path(root) / f"compiled-{_source_hash()}"


def _use_cache_folder() -> bool:
    """Point numba at `cache_folder`; return whether compiled code can be kept there."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:
        writable = False
    if writable:
        setattr(config, "CACHE_DIR", str(folder))  # noqa: B010 - numba sets its options at run time
    return writable


CACHING = _use_cache_folder()
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
        return cast("F", numba.njit(error_model="numpy", fastmath={"contract"}, **options)(function))

    return decorate


# error_model="numpy" on every function: a zero check at a division is an early exit and stops vectorisation.
# fastmath stays at "contract": more would cancel the magic-number rounding in `ketum.numerics.exp`.
scalar: Callable[[F], F] = _jit(forceinline=True)
"""Decorator of small scalar functions that are inlined into lane loops."""
kernel: Callable[[F], F] = _jit(nogil=True, cache=CACHING)
"""Decorator of functions over lanes, blocks and chunks."""

"""ketum: an open, executable model of kratom and mood.

The rooms, in the order in which data flows: `evidence`, `products`, `people`, `regimens`, `body`, `brain`,
`engine`, `scenario`, `results`, `reports`; `cli` is the door, `reference` the model a second time.
"""

from typing import TYPE_CHECKING, Any

from ketum.version import __version__

if TYPE_CHECKING:
    from ketum.running import Run, run

__all__ = ["Run", "__version__", "run"]


def __getattr__(name: str) -> Any:
    """Load `run` and `Run` when they are first asked for, so that the command starts quickly."""
    if name in ("run", "Run"):
        from ketum import running

        return getattr(running, name)
    raise AttributeError(f"module 'ketum' has no attribute {name!r}")

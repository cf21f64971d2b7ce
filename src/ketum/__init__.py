"""ketum: an open, executable model of kratom and mood.

The rooms, in the order in which data flows: `evidence`, `products`, `people`, `regimens`, `body`, `brain`,
`engine`, `scenario`, `results`, `studies`, `reports`; `cli` is the door, `reference` the model a second time.
"""

from typing import TYPE_CHECKING, Any

from ketum.version import __version__

if TYPE_CHECKING:
    from ketum.running import Run, run
    from ketum.studying import Studied, study

__all__ = ["Run", "Studied", "__version__", "run", "study"]


def __getattr__(name: str) -> Any:
    """Load what runs a scenario or a study when it is first asked for, so that the command starts quickly."""
    if name in ("run", "Run"):
        from ketum import running

        return getattr(running, name)
    if name in ("study", "Studied"):
        from ketum import studying

        return getattr(studying, name)
    raise AttributeError(f"module 'ketum' has no attribute {name!r}")

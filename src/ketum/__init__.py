"""ketum: an open, executable model of kratom and mood.

The rooms, in the order in which data flows: `evidence`, `products`, `people`, `regimens`, `body`, `brain`,
`engine`, `scenario`, `results`, `reports`; `cli` is the door.
"""

from ketum.version import __version__

__all__ = ["__version__"]

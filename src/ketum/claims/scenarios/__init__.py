"""The scenarios of the ledger: readable files that `ketum run` runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from ketum.errors import EvidenceError
from ketum.evidence.names import nearest


def scenario_names() -> tuple[str, ...]:
    """Return the names of the scenarios.

    >>> "first-serving" in scenario_names()
    True
    """
    files = (file.name for file in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml")))


def scenario_text(name: str) -> str:
    """Return the text of a scenario.

    Raises
    ------
    EvidenceError
        If there is none of that name.
    """
    if name not in scenario_names():
        raise EvidenceError(f"ledger.toml: scenario {name!r} is not shipped; {nearest(name, scenario_names())}")
    return resources.files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")


@contextmanager
def scenario_file(name: str) -> Iterator[Path]:
    """Give a scenario as a file."""
    scenario_text(name)
    with resources.as_file(resources.files(__name__).joinpath(f"{name}.toml")) as path:
        yield path

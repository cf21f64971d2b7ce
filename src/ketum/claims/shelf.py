"""Files that ship with the ledger and are run by name: scenarios and studies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from ketum.errors import EvidenceError
from ketum.evidence.names import nearest


@dataclass(frozen=True, slots=True)
class Shelf:
    """The TOML files of a package.

    Attributes
    ----------
    package : str
        Where they stand.
    kind : str
        What one of them is: a scenario or a study.
    """

    package: str
    kind: str

    def names(self) -> tuple[str, ...]:
        """Return the names of the files, without their ending."""
        files = (file.name for file in resources.files(self.package).iterdir())
        return tuple(sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml")))

    def text(self, name: str) -> str:
        """Return the text of a file.

        Raises
        ------
        EvidenceError
            If there is none of that name.
        """
        if name not in self.names():
            raise EvidenceError(f"ledger.toml: {self.kind} {name!r} is not shipped; {nearest(name, self.names())}")
        return resources.files(self.package).joinpath(f"{name}.toml").read_text(encoding="utf-8")

    @contextmanager
    def file(self, name: str) -> Iterator[Path]:
        """Give a file.

        Raises
        ------
        EvidenceError
            If there is none of that name.
        """
        self.text(name)
        with resources.as_file(resources.files(self.package).joinpath(f"{name}.toml")) as path:
            yield path

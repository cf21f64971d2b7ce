"""The questions of the first page: scenarios that are run when they are asked, and the words around them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Question:
    """A question.

    Attributes
    ----------
    id : str
        Its name, and that of its scenario.
    title, short : str
        As it stands on its card.
    asked, look : str
        What is simulated, and what to look at and to beware of.
    pictures : sequence of (section, number)
        Which figures of the run are shown.
    """

    id: str
    title: str
    short: str
    asked: str
    look: str
    pictures: Sequence[tuple[str, int]]

    @property
    def tables(self) -> dict[str, Any]:
        """The tables of its scenario."""
        return tomllib.loads(_text(f"{self.id}.toml"))

    @property
    def told(self) -> dict[str, Any]:
        """What the page holds of it."""
        return {"id": self.id, "title": self.title, "scenario": self.tables}


@cache
def questions() -> Mapping[str, Question]:
    """Return the questions by id, in their order.

    Examples
    --------
    >>> next(iter(questions()))
    'one-cup'
    """
    rows = tomllib.loads(_text("questions.toml"))["question"]
    return {row["id"]: Question(**{**row, "pictures": [tuple(one) for one in row["pictures"]]}) for row in rows}


def _text(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")

"""Papers that articles cite: whether they were found, and the nearest real source (`citations.csv`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from ketum.evidence.sources import cited
from ketum.evidence.tables import read_table

_COLUMNS = ("claim", "cited", "found", "carries", "nearest", "why")


@dataclass(frozen=True, slots=True)
class Citation:
    """A paper as an article cites it.

    Attributes
    ----------
    claim
        Id of the claim that leans on it.
    cited
        The paper as it is described.
    found, carries
        Whether it was found, and whether it says what it is cited for.
    nearest
        Key of the nearest real source.
    why
        Why that source does not carry the claim.
    """

    claim: str
    cited: str
    found: bool
    carries: bool
    nearest: str
    why: str


@cache
def citations() -> dict[str, Citation]:
    """Return the checked citations by the id of the claim.

    >>> citations()["C05"].found
    False
    """
    rows = read_table(resources.files("ketum.claims").joinpath("citations.csv"), _COLUMNS)
    return {
        row.text("claim"): Citation(
            row.text("claim"),
            row.text("cited"),
            row.choice("found", ("yes", "no")) == "yes",
            row.choice("carries", ("yes", "no")) == "yes",
            cited(row, "nearest"),
            row.text("why"),
        )
        for row in rows
    }

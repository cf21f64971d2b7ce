"""What stands behind each number of the summary: parameters by class, and the command that shows their sources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ketum.evidence import PROVENANCES
from ketum.reports.accounts import Account
from ketum.reports.phrases import capital
from ketum.results.catalogue import endpoint_catalogue
from ketum.results.dossier_outputs import by_class, endpoint_basis, output_basis


@dataclass(frozen=True, slots=True)
class Behind:
    """One end point or analyte: its name, words, the parameters behind it by class, and in all."""

    name: str
    words: str
    counts: Sequence[int]
    total: int

    @property
    def anchor(self) -> str:
        """Anchor in the page."""
        return anchor(self.name)


def anchor(name: str) -> str:
    """Return the anchor of a name in the page.

    Examples
    --------
    >>> anchor("channel:withdrawal")
    'behind-channel-withdrawal'
    """
    return "behind-" + "".join(letter if letter.isalnum() else "-" for letter in name)


def behind(accounts: Iterable[Account], more: Iterable[str] = ()) -> list[Behind]:
    """Return what stands behind each number that the summary tells, in the order of the catalogue."""
    named: dict[str, None] = dict.fromkeys(more)
    for account in accounts:
        named |= dict.fromkeys(key.about for key in account.numbers)
        named |= dict.fromkeys(name for paragraph in account.paragraphs for name in paragraph.about)
    order = {name: k for k, name in enumerate(endpoint_catalogue())}
    found = []
    for name in sorted(named, key=lambda name: order.get(name, -1)):
        point = endpoint_catalogue().get(name)
        basis = endpoint_basis(name) if point else output_basis(name)
        classes = by_class(basis.parameters())
        counts = [len(classes.get(c, ())) for c in PROVENANCES]
        found.append(Behind(name, point.label if point else f"{capital(name)} in plasma", counts, sum(counts)))
    return found

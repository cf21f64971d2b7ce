"""Labels of outputs, shortened for figures."""

from __future__ import annotations

from collections.abc import Sequence

from ketum.reports.phrases import capital


def short(label: str) -> str:
    """Return a label without what stands in brackets.

    Examples
    --------
    >>> short("Withdrawal (SOWS)"), short("Opioid effect at the mu receptor (after tolerance)")
    ('Withdrawal', 'Opioid effect')
    """
    return label.partition(" (")[0].partition(" at the ")[0]


def shorts(labels: Sequence[str]) -> list[str]:
    """Return labels without brackets and without the words with which all of them begin.

    Examples
    --------
    >>> shorts(["Occupancy by morphine", "Occupancy by naloxone"]), shorts(["Nausea"])
    (['Morphine', 'Naloxone'], ['Nausea'])
    """
    whole = [short(label) for label in labels]
    words = [label.split() for label in whole]
    shared = 0
    while all(len(w) > shared + 1 and w[shared] == words[0][shared] for w in words):
        shared += 1
    return [capital(" ".join(w[shared:])) for w in words] if len(words) > 1 else whole

"""Words for what the tables hold as codes: what a number rests on, and where it was seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CLASSES: Final[Mapping[str, str]] = {
    "human_trial": "trials in people",
    "human_observational": "observation of people",
    "animal": "animals",
    "in_vitro": "cells and receptors",
    "theory": "theory or definition",
    "assumption": "assumption",
}
"""By `Provenance`."""
SEEN: Final[Mapping[str, str]] = {
    "text": "seen in the text",
    "abstract": "seen in the abstract",
    "recall": "from memory, to be checked",
}
"""By `Verified`."""
SEEN_IN_COLUMN: Final[Mapping[str, str]] = {
    **{verified: words.removeprefix("seen in the ") for verified, words in SEEN.items()},
    "own": "our own, no measurement",
}
"""The same where the head of a column says "seen", and what stands there for a number of our own."""

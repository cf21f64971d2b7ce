"""Safety findings as the report shows them: the serious ones first and open, each with its source and basis."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ketum.evidence import load_sources
from ketum.evidence.safety import safety_rules
from ketum.evidence.sources import cited_keys
from ketum.evidence.words import CLASSES, SEEN
from ketum.reports.phrases import count
from ketum.reports.reader import RunFolder

_FOLDED_FROM = 3
"""Cautions from which on they are folded."""
_CAUTION = "caution"
_OUTPUT = "mitragynine"


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding in words.

    `source` is short and `references` are the same in full, `rests` says what it rests on and whether it was seen;
    `recalled`: from memory.
    """

    severity: str
    arm: str
    text: str
    source: str
    references: Sequence[str]
    rests: str
    recalled: bool
    checked: str


@dataclass(frozen=True, slots=True)
class Findings:
    """All findings: those that stand open, those that may be folded, and when the table was checked."""

    open: Sequence[Shown]
    cautions: Sequence[Shown]
    checked: str
    unseen: str

    @property
    def references(self) -> Sequence[str]:
        """The references of all findings in full, each once."""
        return sorted({text for one in (*self.open, *self.cautions) for text in one.references})

    @property
    def folded(self) -> bool:
        """Whether cautions are folded."""
        return len(self.cautions) >= _FOLDED_FROM

    @property
    def folded_words(self) -> str:
        """What stands where cautions are folded."""
        return count(len(self.cautions), "caution")


def findings(run: RunFolder) -> Findings:
    """Return the safety findings of a run."""
    shown = [_shown(row) for row in run.findings]
    return Findings(
        [one for one in shown if one.severity != _CAUTION],
        [one for one in shown if one.severity == _CAUTION],
        str(run.provenance.get("safety_checked", max((row["checked"] for row in run.findings), default=""))),
        ""
        if _OUTPUT in run.curves
        else "Plasma mitragynine was not recorded, so it was not compared with reported cases.",
    )


def _shown(row: Mapping[str, str]) -> Shown:
    keys = cited_keys(row["source"])
    known = load_sources()
    cited = all(key in known for key in keys)
    return Shown(
        severity=row["severity"],
        arm=row["arm"],
        text=row["text"],
        source="; ".join(known[key].short() for key in keys) if cited else row["source"],
        references=[_reference(key) for key in keys] if cited else [],
        rests=rests_on(row),
        recalled=row["verified"] == "recall",
        checked=row["checked"],
    )


def _reference(key: str) -> str:
    """Return a reference in full; the report holds no addresses, so a DOI stands by its name."""
    return re.sub(r"https?://", "", load_sources()[key].reference().replace("https://doi.org/", "doi:"))


def rests_on(row: Mapping[str, str]) -> str:
    """Say what a finding rests on; one from memory is general knowledge of its field and never evidence on kratom.

    Examples
    --------
    >>> rests_on({"rule": "R04", "basis": "theory", "verified": "recall"})
    'general pharmacology, source not checked'
    >>> rests_on({"rule": "R01", "basis": "human_observational", "verified": "text"})
    'observation of people, seen in the text'
    """
    if row["verified"] == "recall":
        rule = safety_rules().get(row["rule"])
        return f"general {rule.field if rule is not None else 'knowledge'}, source not checked"
    return f"{CLASSES.get(row['basis'], row['basis'])}, {SEEN.get(row['verified'], row['verified'])}"

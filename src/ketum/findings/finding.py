"""What is told of a rule that applies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from ketum.evidence.observations import Verified
from ketum.evidence.records import Severity
from ketum.results.folder import FINDINGS_COLUMNS

LAW: Final = "law"
"""What a finding rests on that tells of the law."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One safety finding.

    Attributes
    ----------
    rule : str
        Id of the rule in the safety table.
    severity : Severity
        ``danger``, ``warning`` or ``caution``.
    arm : str
        Names of the arms that it is about, separated by "; "; empty where it is about the scenario as a whole.
    text, short : str
        What met the rule and what the rule says, in whole sentences and in one short line.
    source : str
        Keys of the bibliography separated by ";", or plain words for a row of the legal table.
    basis : str
        Provenance class, or ``law``.
    verified : Verified
        Whether the source was seen; ``recall`` is from memory.
    checked : date
        Day on which the source was looked at.
    share : float or None
        Largest share of persons, of all arms and settings, where the finding is about one.
    """

    rule: str
    severity: Severity
    arm: str
    text: str
    short: str
    source: str
    basis: str
    verified: Verified
    checked: date
    share: float | None = None

    def row(self) -> dict[str, str]:
        """Return the finding as a row of ``findings.csv``."""
        return {name: str(getattr(self, name)) for name in FINDINGS_COLUMNS}

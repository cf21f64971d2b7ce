"""The body: how kratom is absorbed, distributed and cleared, and how medicines change that.

Mitragynine, 7-hydroxymitragynine, speciociliatine, the reference opioids and antagonists; CYP3A co-medication.
Amounts in nmol, volumes in L, time in h.
"""

from ketum.body.noncompartmental import noncompartmental
from ketum.body.perpetrator import cyp2d6_auc_ratio, gut_auc_ratio
from ketum.body.pharmacokinetics import rate_matrix

__all__ = ["cyp2d6_auc_ratio", "gut_auc_ratio", "noncompartmental", "rate_matrix"]

"""Safety findings: the rules of the safety table that a scenario and its result meet, each with its source and date.

They inform; they never name an amount to take. That nothing is found does not mean that something is safe.
"""

from ketum.findings.find import find
from ketum.findings.finding import Finding

__all__ = ["Finding", "find"]

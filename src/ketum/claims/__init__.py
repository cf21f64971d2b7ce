"""The claims ledger: what articles say about kratom and mood, how each statement was checked, and the verdict.

`ledger.toml` says how each claim is checked and by which rule of the closed list (`rules`) it is judged; `scenarios/`
holds what is run and `studies/` what is emulated; `ledger.json` holds the records computed from all of it. No verdict
is typed: `check.compute` runs the scenarios, emulates the studies, reads the figures and applies the rules.
"""

from ketum.claims.model import VERDICTS, Ledger, Record
from ketum.claims.store import current_key, keep, kept_ledger, shipped_ledger

__all__ = ["VERDICTS", "Ledger", "Record", "current_key", "keep", "kept_ledger", "shipped_ledger"]

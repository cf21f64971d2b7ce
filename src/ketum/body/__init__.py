"""The body: how kratom is absorbed, distributed and cleared, and how medicines change that.

Mitragynine, 7-hydroxymitragynine, speciociliatine, the reference opioids and antagonists; CYP3A co-medication.
Amounts in nmol, volumes in L, time in h.
"""

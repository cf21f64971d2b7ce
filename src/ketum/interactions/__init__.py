"""Kratom and other medicines: exposure ratios both ways, pharmacodynamic flags, and how serious it is by a stated rule.

Ratios come from the exact linear model of body.md section 3 in the typical person, at the values of the tables and in
parameter sets; nothing is simulated person by person. Where the tables hold no number, the answer is "no data".
"""

from ketum.interactions.serving import Serving
from ketum.interactions.table import Interaction, interactions

__all__ = ["Interaction", "Serving", "interactions"]

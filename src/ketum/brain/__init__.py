"""The brain: mu-opioid receptor, acute effects, tolerance, dependence, withdrawal. All signals 0..1 unless said."""

from ketum.brain.occupancy import occupancy
from ketum.brain.receptors import potencies
from ketum.brain.use_disorder import use_disorder_class, withdrawal_potential
from ketum.brain.withdrawal import chronicity_half

__all__ = ["chronicity_half", "occupancy", "potencies", "use_disorder_class", "withdrawal_potential"]

"""How a product is taken: phases of a protocol, event tables, and the doses they amount to."""

from ketum.regimens.composition import Composition, Hidden
from ketum.regimens.phases import Amount, Event, EventTable, Medicine, Phase

__all__ = ["Amount", "Composition", "Event", "EventTable", "Hidden", "Medicine", "Phase"]

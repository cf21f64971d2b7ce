"""Which end points there are, and which statistics describe them and the outputs."""

from ketum.engine.endpoint_catalogue import EndPoint, endpoint_catalogue
from ketum.engine.sketch import SHARES, STATISTICS

__all__ = ["SHARES", "STATISTICS", "EndPoint", "endpoint_catalogue"]

"""HTTP as uvicorn speaks it, with an end to the patience with connections on which no request comes."""

from __future__ import annotations

from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

IDLE_S = 60.0
"""How long a connection may be open since its last request without one that is being answered."""
_LOOK_S = 15.0


class PatientProtocol(H11Protocol):
    """Closes a connection that sends no whole request, or half of one, for too long."""

    _watch: TimerHandle | None = None
    _known: object = None
    _since = 0.0

    def connection_made(self, transport: Any) -> None:
        """Begin to watch."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self._watch = self.loop.call_later(_LOOK_S, self._look)

    def data_received(self, data: bytes) -> None:
        """Note when a request began; half of one counts for nothing."""
        super().data_received(data)
        if self.cycle is not self._known:
            self._known = self.cycle
            self._since = self.loop.time()

    def _look(self) -> None:
        """Close the connection if nothing was answered on it for too long."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._since = self.loop.time()
        if self.loop.time() - self._since > IDLE_S:
            self.transport.close()
        else:
            self._watch = self.loop.call_later(_LOOK_S, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the watch."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

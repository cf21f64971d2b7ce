"""HTTP as uvicorn speaks it, with an end to the patience with connections on which no request comes."""

from __future__ import annotations

from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

IDLE_S = 30.0
"""How long a connection may be open without a request that is being answered."""


class PatientProtocol(H11Protocol):
    """Closes a connection that sends no whole request, or half of one, for too long."""

    _watch: TimerHandle | None = None
    _idle = False

    def connection_made(self, transport: Any) -> None:
        """Begin to watch."""
        super().connection_made(transport)
        self._look()

    def _look(self) -> None:
        """Close the connection if it was idle at the last look as well."""
        answering = self.cycle is not None and not self.cycle.response_complete
        if self._idle and not answering:
            self.transport.close()
            return
        self._idle = not answering
        self._watch = self.loop.call_later(IDLE_S, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the watch."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

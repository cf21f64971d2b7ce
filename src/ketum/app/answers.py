"""Answers that come in lines while a process works on them."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import anyio
import anyio.to_thread

from ketum.app.limits import limits
from ketum.app.lines import line
from ketum.app.workers import Worker, Workers
from ketum.errors import ScenarioError

_PATIENCE_S = 0.1
"""How long a thread waits before it looks whether the client is still there."""
_TELL_S = 0.5
"""Time between two lines that tell of waiting."""
_LOST = line("error", text="the process that ran this ended on its own; was memory short?", key=[])
_NOBODY = line("error", text="no process of the engine is left; start ketum app again", key=[])
FULL = "too many runs are waiting; try again in a moment"


class Answers:
    """Hands tasks to processes and their lines to clients.

    Parameters
    ----------
    workers : Workers
    """

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self._threads = anyio.CapacityLimiter(limits().most_waiting + workers.count + 4)

    @property
    def full(self) -> bool:
        """Whether so many wait that nobody else may."""
        return self.workers.waiting >= limits().most_waiting

    async def lines(self, task: tuple[str, Any]) -> AsyncIterator[bytes]:
        """Yield the lines of an answer, and of waiting before it; a client that goes cancels the task."""
        ticket = self.workers.take(limits().most_waiting)
        if ticket is None:
            yield line("error", text=FULL, key=[])
            return
        worker: Worker | None = None
        ended = False
        told = time.monotonic()
        try:
            while worker is None:
                worker = await self._in_thread(ticket.wait, _PATIENCE_S)
                if worker is None and not self.workers.left:
                    yield _NOBODY
                    return
                if worker is None and time.monotonic() - told > _TELL_S:
                    told = time.monotonic()
                    ready = self.workers.ready > 0
                    yield line("waiting", ahead=self.workers.ahead_of(ticket), ready=ready)
            await self._in_thread(worker.ask, task)
            seconds = limits().read_seconds if task[0] == "read" else limits().most_seconds
            until = time.monotonic() + seconds
            while not ended:
                if time.monotonic() > until:
                    yield line("error", text=f"took longer than {seconds:g} s, which is all that is allowed", key=[])
                    return
                found = await self._in_thread(worker.next_line, _PATIENCE_S)
                if isinstance(found, bytes):
                    yield found
                else:
                    ended = not found
        except (EOFError, OSError):
            yield _LOST
        finally:
            if worker is None:
                self.workers.leave(ticket)
            elif ended:
                self.workers.give_back(worker)
            else:
                self.workers.give_back_cancelled(worker)

    async def whole(self, task: tuple[str, Any]) -> list[dict[str, Any]]:
        """Return all lines of an answer but those of waiting and progress.

        Raises
        ------
        KetumError
            If one of them tells of a mistake.
        """
        found = []
        async for text in self.lines(task):
            told = json.loads(text)
            if told["kind"] == "error":
                raise ScenarioError(told["text"], tuple(told.get("key", ())))
            if told["kind"] not in ("waiting", "progress"):
                found.append(told)
        return found

    async def _in_thread(self, function: Any, *arguments: Any) -> Any:
        return await anyio.to_thread.run_sync(function, *arguments, limiter=self._threads)

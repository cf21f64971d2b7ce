"""Processes that run scenarios for the explorer: each holds a warm engine and answers one request at a time.

The web process never computes, so two tabs at once cannot freeze it, and compiled code is never entered by two
threads of one process.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

_CANCEL = "cancel"
_READY = "ready"
_END = None
_PATIENCE_S = 2.0
"""How long a cancelled process may take to come to a place where it can stop; then it is replaced."""

Answer = Callable[[Any, Callable[[bytes], None]], None]
"""Answers a task by telling lines."""
log = logging.getLogger("ketum.app")


class CancelledError(Exception):
    """Whoever asked has gone."""


def _serve(connection: Connection, prepare: Callable[[], None], answer: Answer) -> None:
    """Answer tasks until the parent ends; runs in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def tell(line: bytes) -> None:
        if connection.poll() and connection.recv() == _CANCEL:
            raise CancelledError
        connection.send(line)

    with suppress(ConnectionError, EOFError, KeyboardInterrupt):
        prepare()
        connection.send(_READY)
        while True:
            task = connection.recv()
            if task == _CANCEL:  # came after the end of what it was meant for
                continue
            try:
                answer(task, tell)
            except CancelledError:
                pass
            except (ConnectionError, EOFError):
                raise
            except Exception:
                traceback.print_exc(file=sys.stderr)
                connection.send(b'{"kind":"error","text":"something went wrong inside ketum; its log tells more"}\n')
            connection.send(_END)


class Worker:
    """One process and the pipe to it; its methods block and belong into threads."""

    def __init__(self, prepare: Callable[[], None], answer: Answer) -> None:
        self._made = prepare, answer
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self.connection: Connection = ours
        self.process: SpawnProcess = context.Process(target=_serve, args=(theirs, *self._made), daemon=True)
        self.process.start()
        theirs.close()

    def wait_ready(self) -> bool:
        """Wait until the engine is warm; return whether it is."""
        with suppress(EOFError, ConnectionError):
            return bool(self.connection.recv() == _READY)
        return False

    def ask(self, task: Any) -> None:
        """Send a task."""
        self.connection.send(task)

    def next_line(self, patience_s: float) -> bytes | bool:
        """Return the next line of the answer: False at its end, True if none came in time.

        Raises
        ------
        EOFError
            If the process ended on its own.
        """
        if not self.connection.poll(patience_s):
            return True
        line = self.connection.recv()
        return False if line is _END else line

    def cancel(self) -> None:
        """Bring the process back to where it takes tasks, whatever it does now."""
        with suppress(EOFError, ConnectionError):
            self.connection.send(_CANCEL)
            while self.connection.poll(_PATIENCE_S):
                if self.connection.recv() is _END:
                    return
        self.replace()

    def replace(self) -> None:
        """End the process and start another."""
        self.close()
        self._start()
        self.wait_ready()

    def close(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.join(_PATIENCE_S)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        self.connection.close()


class Workers:
    """So many processes and the queue of those who wait for one, first come first served; safe for threads.

    Parameters
    ----------
    count : int
    prepare : callable
        Warms a process; a function of a module.
    answer : callable
        Answers a task; a function of a module.
    """

    def __init__(self, count: int, prepare: Callable[[], None], answer: Answer) -> None:
        self.count = count
        self._made = prepare, answer
        self._workers: list[Worker] = []
        self._free: list[Worker] = []
        self._waiting: deque[Ticket] = deque()
        self._lock = threading.Lock()
        self._closed = False
        self.ready = 0
        """How many processes are warm."""

    def start(self) -> None:
        """Start the processes one after another, in a thread: the first compiles what the others find compiled."""
        threading.Thread(target=self._start_all, name="ketum-workers", daemon=True).start()

    def _start_all(self) -> None:
        for _ in range(self.count):
            if self._closed:
                return
            worker = Worker(*self._made)
            self._workers.append(worker)
            if worker.wait_ready():
                self.ready += 1
                self.give_back(worker)
            elif not self._closed:
                log.error("a process of the engine ended before it was ready")

    def take(self) -> Ticket:
        """Return a place in the queue."""
        ticket = Ticket()
        with self._lock:
            if self._free:
                ticket.give(self._free.pop())
            else:
                self._waiting.append(ticket)
        return ticket

    def ahead_of(self, ticket: Ticket) -> int:
        """Return how many wait before a place in the queue."""
        with self._lock, suppress(ValueError):
            return self._waiting.index(ticket)
        return 0

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def leave(self, ticket: Ticket) -> None:
        """Give up a place in the queue."""
        with self._lock:
            with suppress(ValueError):
                self._waiting.remove(ticket)
            worker = ticket.worker
        if worker is not None:
            self.give_back(worker)

    def give_back(self, worker: Worker) -> None:
        """Let the next one have a process."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().give(worker)
            else:
                self._free.append(worker)

    def give_back_cancelled(self, worker: Worker) -> None:
        """Stop what a process does and let the next one have it, without waiting here."""

        def bring_back() -> None:
            worker.cancel()
            self.give_back(worker)

        threading.Thread(target=bring_back, daemon=True).start()

    def close(self) -> None:
        """End all processes."""
        self._closed = True
        for worker in self._workers:
            worker.close()


class Ticket:
    """A place in the queue."""

    def __init__(self) -> None:
        self.worker: Worker | None = None
        self._given = threading.Event()

    def give(self, worker: Worker) -> None:
        """Let whoever waits here have a process."""
        self.worker = worker
        self._given.set()

    def wait(self, patience_s: float) -> Worker | None:
        """Return the process once it is this one's turn, or None if it is not in time."""
        return self.worker if self._given.wait(patience_s) else None

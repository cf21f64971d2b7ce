"""Processes that run scenarios for the explorer: each holds a warm engine and answers one request at a time.

The web process never computes, so two tabs at once cannot freeze it, and compiled code is never entered by two
threads of one process.
"""

from __future__ import annotations

import logging
import multiprocessing
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from ketum.app.lines import WRONG, line

_CANCEL = "cancel"
_READY = "ready"
_END = None
_ATTEMPTS = 3
_SHORT = line("error", text="needs more memory than the explorer gives a run; take fewer people or records", key=[])
_WRONG = line("error", text=WRONG, key=[])
_PATIENCE_S = 2.0
"""How long a cancelled process may take to come to a place where it can stop; then it is replaced."""

Answer = Callable[[Any, Callable[[bytes], None]], None]
"""Answers a task by telling lines."""
log = logging.getLogger("ketum.app")


class CancelledError(Exception):
    """Whoever asked has gone."""


def _serve(connection: Connection, prepare: Callable[[], None], answer: Answer, scratch: str, megabytes: int) -> None:
    """Answer tasks until the parent ends; runs in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = scratch

    def tell(text: bytes) -> None:
        if connection.poll() and connection.recv() == _CANCEL:
            raise CancelledError
        connection.send(text)

    with suppress(ConnectionError, EOFError, KeyboardInterrupt):
        prepare()
        _limit_memory(megabytes)
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
            except MemoryError:
                connection.send(_SHORT)
            except Exception:
                traceback.print_exc(file=sys.stderr)
                connection.send(_WRONG)
            connection.send(_END)


def _limit_memory(megabytes: int) -> None:
    """Let this process take so much more memory than it has now, where the system can limit it."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        has = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (has + megabytes * 1_000_000, resource.RLIM_INFINITY))


class Worker:
    """One process, the pipe to it and a folder for its files; its methods block and belong into threads."""

    def __init__(self, prepare: Callable[[], None], answer: Answer, megabytes: int) -> None:
        self._made = prepare, answer
        self._megabytes = megabytes
        self._scratch = tempfile.mkdtemp(prefix="ketum-app-")
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self.connection: Connection = ours
        self.process: SpawnProcess = context.Process(
            target=_serve, args=(theirs, *self._made, self._scratch, self._megabytes), daemon=True
        )
        self.process.start()
        theirs.close()

    def wait_ready(self) -> bool:
        """Wait until the engine is warm; return whether it is."""
        with suppress(EOFError, OSError):
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
        text = self.connection.recv()
        return False if text is _END else text

    def cancel(self) -> bool:
        """Bring the process back to where it takes tasks, whatever it does now; return whether that is so."""
        with suppress(EOFError, OSError):
            self.connection.send(_CANCEL)
            while self.connection.poll(_PATIENCE_S):
                if self.connection.recv() is _END:
                    return True
        return self.replace()

    def replace(self) -> bool:
        """End the process and start another; return whether one got ready."""
        for _ in range(_ATTEMPTS):
            self._stop()
            with suppress(OSError):
                for left in Path(self._scratch).iterdir():
                    shutil.rmtree(left, ignore_errors=True)
                self._start()
                if self.wait_ready():
                    return True
        return False

    def _stop(self) -> None:
        self.process.terminate()
        self.process.join(_PATIENCE_S)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        self.connection.close()

    def close(self) -> None:
        """End the process and remove its files."""
        self._stop()
        shutil.rmtree(self._scratch, ignore_errors=True)


class Workers:
    """So many processes and the queue of those who wait for one, first come first served; safe for threads.

    Parameters
    ----------
    count : int
    prepare : callable
        Warms a process; a function of a module.
    answer : callable
        Answers a task; a function of a module.
    megabytes : int
        How much memory a task may take.
    """

    def __init__(self, count: int, prepare: Callable[[], None], answer: Answer, megabytes: int) -> None:
        self.count = count
        self._made = prepare, answer, megabytes
        self._workers: list[Worker] = []
        self._free: list[Worker] = []
        self._waiting: deque[Ticket] = deque()
        self._lock = threading.Lock()
        self._closed = False
        self.ready = 0
        """How many processes are warm."""
        self.left = count
        """How many processes are there or may still come."""

    def start(self) -> None:
        """Start the processes one after another, in a thread: the first compiles what the others find compiled."""
        threading.Thread(target=self._start_all, name="ketum-workers", daemon=True).start()

    def _start_all(self) -> None:
        for _ in range(self.count):
            if self._closed:
                return
            worker = Worker(*self._made)
            self._workers.append(worker)
            if worker.wait_ready() or (not self._closed and worker.replace()):
                self.ready += 1
                self.give_back(worker)
            else:
                self._lose()

    def _lose(self) -> None:
        """Go on with one process less."""
        self.left -= 1
        if not self._closed:
            log.error("a process of the engine ended again and again before it was ready")

    def take(self, most: int) -> Ticket | None:
        """Return a place in the queue, or None if so many wait already."""
        ticket = Ticket()
        with self._lock:
            if self._free:
                ticket.give(self._free.pop())
            elif len(self._waiting) >= most:
                return None
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
            if self._closed:
                return
            if worker.cancel():
                self.give_back(worker)
            else:
                self.ready -= 1
                self._lose()

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

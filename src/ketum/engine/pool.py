"""A few worker processes, each at the end of its own pipe.

There are no threads and no shared queues, so an interrupted run can stop its workers at once: whatever half a message
a worker leaves behind lies in a pipe that nobody reads again.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, TypeVar

from ketum.errors import KetumError

Shared = TypeVar("Shared")
Result = TypeVar("Result")
Work = Callable[[Any, Any], Result]
_PATIENCE_S = 2.0
_LOST = (
    "a worker process ended on its own; was memory short (fewer workers need less), or does a script call ketum.run "
    'outside `if __name__ == "__main__":`?'
)


def _serve(connection: Connection, work: Work[Any]) -> None:
    """Answer tasks until there are none; interrupts are the business of the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(ConnectionError, EOFError):  # the parent is gone
        shared = connection.recv()
        while (task := connection.recv()) is not None:
            try:
                answer: tuple[bool, Any] = (True, work(shared, task))
            except Exception as error:
                answer = (False, error)
            connection.send(answer)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold interrupts back: a process started meanwhile never sees one before it ignores them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # The tracker of processes lets interrupts through again when it starts, so it starts before they are held back.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Pool(Generic[Result]):
    """Worker processes that all know `shared` and do `work(shared, task)`.

    Parameters
    ----------
    count : int
        Number of processes.
    work : callable
        A function of a module.
    shared : object
        What all tasks need; sent to each worker once.
    """

    def __init__(self, count: int, work: Work[Result], shared: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._workers: dict[Connection, SpawnProcess] = {}
        with _interrupts_held():
            for _ in range(count):
                ours, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(theirs, work), daemon=True)
                process.start()
                theirs.close()
                self._workers[ours] = process
        # Through our own pipe and not as an argument: the end of one that never read its arguments goes unnoticed.
        for connection in self._workers:
            with suppress(ConnectionError):  # it ended: the first task will tell
                connection.send(shared)

    def __enter__(self) -> Pool[Result]:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for connection, process in self._workers.items():
            if kind is None:
                with suppress(ConnectionError):
                    connection.send(None)
            else:
                process.terminate()
        for connection, process in self._workers.items():
            process.join(_PATIENCE_S)
            if process.exitcode is None:
                process.kill()
                process.join()
            connection.close()

    def results(self, tasks: Iterable[Any]) -> Iterator[Result]:
        """Yield the result of each task as it comes; the next task goes out before a result is handed on.

        Raises
        ------
        KetumError
            If a worker ends on its own, or what `work` raised.
        """
        coming = iter(tasks)
        busy: set[Connection] = set()
        for connection in self._workers:
            self._next(connection, coming, busy)
        while busy:
            for ready in wait(list(busy)):
                assert isinstance(ready, Connection)
                try:
                    done, answer = ready.recv()
                except (EOFError, ConnectionError):
                    raise KetumError(_LOST) from None
                busy.discard(ready)
                self._next(ready, coming, busy)
                if not done:
                    raise answer
                yield answer

    def _next(self, connection: Connection, coming: Iterator[Any], busy: set[Connection]) -> None:
        task = next(coming, None)
        if task is not None:
            try:
                connection.send(task)
            except ConnectionError:
                raise KetumError(_LOST) from None
            busy.add(connection)

"""How long work shows where it is: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Tell = Callable[[str, int | None, int | None], None]
"""Takes what is being done (empty: as before), how many are done (None: as before), of how many (None: not known)."""
_LINE_EVERY_S = 15.0
_LIVING = ("simulating", "persons")
"""What is done where the engine is first needed."""
_COMPILING = "Compiling the engine: once for this version, half a minute or less."


@contextmanager
def shown_progress(things: str, *, quiet: bool) -> Iterator[Tell]:
    """Give a function that shows how many things, such as studies, are done."""
    with _shown(Console(stderr=True, quiet=quiet), things) as tell:
        yield tell


@contextmanager
def shown_run(
    *, quiet: bool, things: str = "persons"
) -> Iterator[tuple[Callable[[int, int], None], Callable[[str], None]]]:
    """Give what a run tells its progress to: persons (or other things) done and in all, and what is being done."""
    from ketum.compiled import is_warm

    console = Console(stderr=True, quiet=quiet)
    told: list[str] = []
    with _shown(console, things) as tell:

        def stage(words: str) -> None:
            tell(words, None, None)
            if words.startswith(_LIVING) and not is_warm() and not told:
                told.append(words)
                console.print(_COMPILING)

        yield lambda done, count: tell("", done, count), stage


def _shown(console: Console, things: str) -> AbstractContextManager[Tell]:
    return _bar(console, things) if console.is_terminal and not console.quiet else _lines(console, things)


@contextmanager
def _bar(console: Console, things: str) -> Iterator[Tell]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(things))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("preparing", total=None)

        def tell(words: str, done: int | None, count: int | None) -> None:
            if done is None:
                bar.reset(task, total=None)  # the time left is that of what is being done now
            bar.update(task, description=words or None, completed=done, total=count)

        yield tell


@contextmanager
def _lines(console: Console, things: str) -> Iterator[Tell]:
    began = last = time.monotonic()
    doing, first = "", -1

    def tell(words: str, done: int | None, count: int | None) -> None:
        nonlocal began, doing, first, last
        now = time.monotonic()
        doing = words or doing
        if done is None:
            began, first = now, -1  # the time left is that of what is being done now
            return
        first = done if first < 0 else first
        if now - last < _LINE_EVERY_S or done == first:
            return
        last = now
        named = " ".join(filter(None, (things, f"({doing})" if doing else "")))
        if count is None:
            console.print(f"{done:,} {named}", highlight=False)
        else:
            left = (now - began) * (count - done) / (done - first)
            console.print(f"{done:,} of {count:,} {named}, about {left:.0f} s left", highlight=False)

    yield tell

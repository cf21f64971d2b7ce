"""How long work shows where it is: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ketum.compiled import is_warm

Tell = Callable[[int, int], None]
Stage = Callable[[str], None]
_LINE_EVERY_S = 15.0
_COMPILING = "Compiling the engine: once for this version, half a minute or less."


@contextmanager
def shown_progress(*, quiet: bool) -> Iterator[tuple[Tell, Stage]]:
    """Give a function that takes persons done and in all, and one that takes what is being done."""
    console = Console(stderr=True, quiet=quiet)
    with _bar(console) if console.is_terminal and not quiet else _lines(console) as shown:
        yield shown


def _warn_if_cold(console: Console, words: str) -> None:
    if words == "simulating" and not is_warm():
        console.print(_COMPILING)


@contextmanager
def _bar(console: Console) -> Iterator[tuple[Tell, Stage]]:
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("persons"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("preparing", total=None)

        def stage(words: str) -> None:
            bar.update(task, description=words)
            _warn_if_cold(console, words)

        yield lambda done, count: bar.update(task, completed=done, total=count), stage


@contextmanager
def _lines(console: Console) -> Iterator[tuple[Tell, Stage]]:
    began = last = time.monotonic()
    first: list[int] = []

    def tell(done: int, count: int) -> None:
        nonlocal last
        now = time.monotonic()
        first.append(done)
        if now - last > _LINE_EVERY_S and done > first[0]:
            left = (now - began) * (count - done) / (done - first[0])
            console.print(f"{done:,} of {count:,} persons, about {left:.0f} s left", highlight=False)
            last = now

    yield tell, lambda words: _warn_if_cold(console, words)

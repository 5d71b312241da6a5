"""Progress on standard error: bars with the time left on a terminal, lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from edge.console.messages import printable

LINE_EVERY = 30.0
"""Seconds between the lines of a count that is shown on no terminal."""


def say(message: str) -> None:
    """A line on standard error; a file's name in it cannot steer the terminal."""
    print(printable(message), file=sys.stderr, flush=True)


def bar() -> Progress:
    """A bar with counts, times and a note; nothing where standard error is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )


@contextmanager
def counting(what: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar over `total` steps, or now and then a line; yields the function to call after each."""
    if not sys.stderr.isatty():
        yield _lines(what, total)
        return
    with bar() as shown:
        task = shown.add_task(what, total=total, note="")
        yield lambda: shown.advance(task)


def _lines(what: str, total: int) -> Callable[[], None]:
    """Says how far it is, once `LINE_EVERY` seconds are over: what is quick says nothing."""
    begun = told = time.monotonic()
    done = 0

    def tick() -> None:
        nonlocal done, told
        done += 1
        now = time.monotonic()
        if now - told >= LINE_EVERY and done < total:
            told = now
            left = (now - begun) / done * (total - done)
            say(f"{what}: {done} of {total}  about {left:.0f} s left")

    return tick

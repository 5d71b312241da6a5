"""Progress on standard error: bars with the time left on a terminal, lines elsewhere."""

import sys
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
    """A bar over `total` steps; yields the function to call after each."""
    with bar() as shown:
        task = shown.add_task(what, total=total, note="")
        yield lambda: shown.advance(task)

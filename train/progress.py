"""Progress on standard error: bars with the time left on a terminal, lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import keras
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


def say(message: str) -> None:
    """A line on standard error."""
    print(message, file=sys.stderr, flush=True)


def _bar() -> Progress:
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
    with _bar() as bar:
        task = bar.add_task(what, total=total, note="")
        yield lambda: bar.advance(task)


class EpochProgress(keras.callbacks.Callback):
    """One bar over the epochs of a fit; without a terminal, a line an epoch."""

    def __init__(self, epochs: int):
        super().__init__()
        self._epochs, self._bar = epochs, _bar()

    def on_train_begin(self, logs=None):
        self._bar.start()
        self._task = self._bar.add_task("epochs", total=self._epochs, note="")
        self._started = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        note = "  ".join(f"{name} {value:.3f}" for name, value in sorted((logs or {}).items()))
        self._bar.update(self._task, completed=epoch + 1, note=note)
        if self._bar.disable:
            each = (time.monotonic() - self._started) / (epoch + 1)
            left = each * (self._epochs - epoch - 1)
            say(f"epoch {epoch + 1}/{self._epochs}  {note}  at most {left:.0f} s left")

    def on_train_end(self, logs=None):
        self._bar.stop()

"""Batches of examples, prepared by other processes while the network learns from earlier ones.

Python's lock lets the threads of one process draw and learn in turns only. What a batch holds
depends on the seed, the epoch and the batch's number alone, so any number of processes gives the
same ones.
"""

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

import numpy as np

from train.augmentation.training_examples import Examples
from train.data.samples import Samples
from train.errors import TrainError

Batch = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Pixels, codes and origins, as `Examples.batch` gives them."""
AHEAD = 4
"""Batches that each process prepares in advance."""


class PrefetchedBatches:
    """The batches of one epoch after another.

    Args:
        size: examples of a batch.
        steps: batches of an epoch.
        workers: processes that prepare them; 0: this one does, when asked.
    """

    def __init__(
        self,
        samples: Samples,
        cells: tuple[int, int],
        seed: int,
        size: int,
        steps: int,
        workers: int,
    ):
        self._about, self._steps, self._workers = (cells, seed, size), steps, workers
        self._helpers: list[_Helper] = []
        self._error: TrainError | None = None
        self.know(samples)

    def know(self, samples: Samples) -> None:
        """Draw from these scans from now on."""
        self.close()
        self._epoch = 0
        self._examples = Examples(samples, *self._about)

    def begin(self, epoch: int) -> None:
        """Go to the beginning of an epoch, counted from 0."""
        self._epoch = epoch
        if not self._helpers:
            self._helpers = [_Helper(self._examples) for _ in range(self._workers)]
        for helper in self._helpers:
            helper.forget()
        for index in range(min(self._steps, AHEAD * len(self._helpers))):
            self._ask(index)

    def batch(self, index: int) -> Batch:
        """One batch of the epoch. What is asked for out of order this process prepares itself.

        Raises:
            TrainError: a process died.
        """
        if not (self._helpers and self._helper(index).next == index):
            return self._examples.batch(self._epoch, index)
        try:
            found = self._helper(index).take()
            following = index + AHEAD * len(self._helpers)
            if following < self._steps:
                self._ask(following)
        except TrainError as error:
            self._error = error
            raise
        return found

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Around a fit: ends the processes, and tells the death of one in its own words.

        TensorFlow reports what was raised in its data thread as an error of its own.

        Raises:
            TrainError: a process died.
        """
        try:
            yield
        except Exception as error:
            if self._error is not None and error is not self._error:
                raise self._error from error
            raise
        finally:
            self.close()

    def close(self) -> None:
        """End the processes."""
        for helper in self._helpers:
            helper.close()
        self._helpers = []

    def _ask(self, index: int) -> None:
        self._helper(index).ask(self._epoch, index)

    def _helper(self, index: int) -> "_Helper":
        return self._helpers[index % len(self._helpers)]


class _Helper:
    """A process that prepares batches in the order in which they are asked for."""

    def __init__(self, examples: Examples):
        # A fork would copy the locks of a framework's threads as they happen to be.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, examples), daemon=True)
        self._process.start()
        theirs.close()
        self._asked: list[int] = []

    def ask(self, epoch: int, index: int) -> None:
        """Order a batch."""
        self._asked.append(index)
        self._talk(lambda: self._connection.send((epoch, index)))

    @property
    def next(self) -> int | None:
        """Number of the batch that `take` gives; None: none was ordered."""
        return self._asked[0] if self._asked else None

    def take(self) -> Batch:
        """The batch that was ordered first."""
        self._asked.pop(0)
        return self._talk(self._connection.recv)

    def forget(self) -> None:
        """Throw away what was ordered and not taken."""
        while self._asked:
            self.take()

    def close(self) -> None:
        """It ends when nobody can ask it any more."""
        self._connection.close()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()

    def _talk(self, do):
        try:
            return do()
        except (EOFError, OSError) as error:
            raise TrainError(
                "a process that prepares training examples ended (out of memory?); "
                "give the same command with --resume, and --workers 0"
            ) from error


def _serve(connection: Connection, examples: Examples) -> None:
    """The process' whole life; ends with its parent, whose end of the pipe is then closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to handle
    while True:
        try:
            epoch, index = connection.recv()
        except (EOFError, OSError):
            return
        batch = examples.batch(epoch, index)
        try:
            connection.send(batch)
        except OSError:
            return

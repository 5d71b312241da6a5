"""What fills the spool, in a process of its own that ends when the node does, however that ends.

The node forks for each scan process, and a process that forks had better have no threads. What
has come is told through a pipe; what a full pipe does not take, the next look at the spool finds.
"""

import os
import select
import time
from collections.abc import Callable, Iterable

from edge.console.exit_status import FAILED
from edge.console.messages import say
from edge.pacs.spool import Spool
from edge.parallel.side_process import SideProcess

_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
"""Seconds before a receiver that died is made anew; longer each time that it dies soon again."""


class SpoolProcess:
    """A child that puts slices into the spool.

    Args:
        path: of the spool.
        largest: bytes of a data set.
        work: what the child does; returns its exit status.
        descriptors: those that it needs and others must close.
        again: whether it is to be made anew when it ends.
    """

    def __init__(
        self,
        path: str,
        largest: int,
        work: Callable[[Spool], int],
        descriptors: list[int],
        again: bool,
    ):
        self._path, self._largest, self._work = path, largest, work
        self._descriptors, self._again = descriptors, again
        self._foreign: Callable[[], list[int]] = list
        self._process: SideProcess | None = None
        self._news, self._rest = -1, b""
        self._pause, self._began, self._next = _PAUSE, 0.0, 0.0
        self.status: int | None = None
        """Of a child that has ended and is not made anew; 0: it did all it should."""

    def start(self, foreign: Callable[[], list[int]]) -> None:
        """Fork it.

        Args:
            foreign: descriptors that it must close.

        Raises:
            EngineError: no process can be started.
            OSError: nor a pipe.
        """
        self._foreign, self._rest, self._began = foreign, b"", time.monotonic()
        self._news, theirs = os.pipe()
        os.set_blocking(self._news, False)
        os.set_blocking(theirs, False)
        try:
            self._process = SideProcess(
                lambda: self._fill(theirs), [self._news, *foreign()], "what fills the spool"
            )
        except BaseException:
            os.close(self._news)
            raise
        finally:
            os.close(theirs)

    def descriptors(self) -> list[int]:
        """Those that another child must close."""
        return [*self._descriptors, *([self._news] if self._process else ())]

    def wait(self, seconds: float, others: Iterable[int] = ()) -> tuple[list[str], bool]:
        """New slices, as soon as there are any; and whether there may be others.

        Args:
            others: descriptors that end the wait as well, when they can be read.
        """
        if self._process is None and self._again:
            left = self._next - time.monotonic()
            if left <= 0:
                self.start(self._foreign)
            seconds = max(0.0, min(seconds, left))
        own = [self._news] if self._process else []
        ready, _, _ = select.select([*own, *others], [], [], seconds)
        if not own or self._news not in ready:
            return [], False
        data, ended = b"", False
        while not ended:
            try:
                chunk = os.read(self._news, 1 << 16)
            except BlockingIOError:
                break
            data += chunk
            ended = not chunk
        if ended:
            self._has_ended()
            return [], True
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [os.fsdecode(line) for line in lines if line], b"" in lines

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._reap()

    def _has_ended(self) -> None:
        status = self._reap()
        if not self._again:
            self.status = status
            return
        now = time.monotonic()
        soon = now - self._began < _LONGEST_PAUSE
        pause = self._pause if soon else _PAUSE
        self._next, self._pause = now + pause, min(2 * pause, _LONGEST_PAUSE)
        say(f"the receiver's process ended (status {status}); another is started in {pause:g} s")

    def _reap(self) -> int | None:
        os.close(self._news)
        process, self._process = self._process, None
        process.close()
        return process.status()

    def _fill(self, news: int) -> int:
        """In the child."""
        missed = False

        def arrived(path: str) -> None:
            nonlocal missed
            line = (b"\n" if missed else b"") + os.fsencode(path) + b"\n"
            try:
                missed = os.write(news, line) != len(line)
            except BlockingIOError:
                missed = True

        try:
            return self._work(Spool(self._path, self._largest, arrived))
        except OSError as error:
            say(f"{self._path}: cannot be used ({error.strerror or error})")
            return FAILED

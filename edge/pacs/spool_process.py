"""What fills the spool, in a process of its own that ends when the node does, however that ends.

The node forks for each scan process, and a process that forks had better have no threads. What
has come is told through a pipe; what a full pipe does not take, the next look at the spool finds.
"""

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from edge.console.messages import results, say
from edge.pacs.spool import Spool
from edge.parallel.worker_process import ends_of_workers

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
        self._foreign: list[int] = []
        self._pid, self._rest = 0, b""
        self._news = self._lifeline = -1
        self._pause, self._began, self._next = _PAUSE, 0.0, 0.0
        self.status: int | None = None
        """Of a child that has ended and is not made anew; 0: it did all it should."""

    def start(self, foreign: list[int]) -> None:
        """Fork it.

        Args:
            foreign: descriptors that it must close.

        Raises:
            OSError: no process can be started.
        """
        self._foreign, self._rest, self._began = foreign, b"", time.monotonic()
        results().flush()  # what waits there is not the child's to write as well
        sys.stderr.flush()
        news, their_news = os.pipe()
        their_lifeline, lifeline = os.pipe()
        pid = os.fork()
        if pid == 0:
            for descriptor in (news, lifeline, *foreign, *ends_of_workers()):
                with suppress(OSError):
                    os.close(descriptor)
            self._live(their_news, their_lifeline)
        os.close(their_news)
        os.close(their_lifeline)
        os.set_blocking(news, False)
        self._pid, self._news, self._lifeline = pid, news, lifeline

    def descriptors(self) -> list[int]:
        """Those that another child must close."""
        return [*self._descriptors, *((self._news, self._lifeline) if self._pid else ())]

    def wait(self, seconds: float, others: Iterable[int] = ()) -> tuple[list[str], bool]:
        """New slices, as soon as there are any; and whether there may be others.

        Args:
            others: descriptors that end the wait as well, when they can be read.
        """
        if not self._pid and self._again:
            left = self._next - time.monotonic()
            if left <= 0:
                self.start(self._foreign)
            seconds = max(0.0, min(seconds, left))
        own = [self._news] if self._pid else []
        ready, _, _ = select.select([*own, *others], [], [], seconds)
        if self._news not in ready:
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
        if self._pid:
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

    def _reap(self) -> int:
        for descriptor in (self._lifeline, self._news):
            os.close(descriptor)
        status = 0
        with suppress(ChildProcessError):
            status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        self._pid, self._news = 0, -1
        return status

    def _live(self, news: int, lifeline: int) -> None:
        """The child's whole life."""
        status = 1
        try:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)  # the node handles them
            os.set_blocking(news, False)
            missed = [False]

            def arrived(path: str) -> None:
                line = (b"\n" if missed[0] else b"") + os.fsencode(path) + b"\n"
                try:
                    missed[0] = os.write(news, line) != len(line)
                except BlockingIOError:
                    missed[0] = True

            threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
            status = self._work(Spool(self._path, self._largest, arrived))
        except OSError as error:
            say(f"{self._path}: cannot be used ({error.strerror or error})")
        except Exception as error:  # its text may quote values
            say(f"the process that fills the spool failed ({type(error).__name__})")
        finally:
            os._exit(status)


def _end_with(lifeline: int) -> None:
    with suppress(OSError):
        os.read(lifeline, 1)  # returns when the node's end is closed
    os._exit(0)

"""A process that does one thing beside its parent, and ends when that does, however it ends.

`edge.parallel.worker_process` has one that answers; its caller waits for it. Nobody waits for this.
"""

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

from edge.console.messages import results, say
from edge.errors import EngineError
from edge.parallel.worker_process import close_inherited, fork, keep_from_children, let_go

CRASHED = 70
"""Its status when the program failed in it."""


class SideProcess:
    """A child that calls `work` once.

    To be made while this process has no threads that hold locks.

    Args:
        work: what the child does; returns its exit status.
        foreign: descriptors that it must close, the locks of its parent.
        name: of what it does, for messages.

    Raises:
        EngineError: the system allows no further process or pipe.
    """

    def __init__(self, work: Callable[[], int], foreign: Iterable[int], name: str):
        results().flush()  # what waits there is not the child's to write as well
        sys.stderr.flush()
        try:
            end, their_end = os.pipe()
            their_lifeline, lifeline = os.pipe()
            self._pid = fork()
        except OSError as error:
            raise EngineError(
                f"no further process can be started ({error.strerror or error})"
            ) from error
        if self._pid == 0:
            for descriptor in (end, lifeline, *foreign):
                with suppress(OSError):
                    os.close(descriptor)
            _live(work, their_lifeline, name)
        os.close(their_end)
        os.close(their_lifeline)
        self._lifeline, self.descriptor = lifeline, end
        """Of a pipe that can be read when the child has ended."""
        keep_from_children(lifeline, end)
        self._status: int | None = None

    def status(self) -> int | None:
        """Its exit status, or minus the signal that ended it; None: it has not ended."""
        has_ended = self.descriptor >= 0 and select.select([self.descriptor], [], [], 0)[0]
        self._wait(0 if has_ended else os.WNOHANG)
        return self._status

    def close(self) -> None:
        """End it, whatever it has in hand."""
        if self._lifeline < 0:
            return
        let_go(self._lifeline, self.descriptor)
        for descriptor in (self._lifeline, self.descriptor):
            os.close(descriptor)
        self._lifeline = self.descriptor = -1
        self._wait(0)

    def _wait(self, options: int) -> None:
        if self._status is not None:
            return
        try:
            pid, status = os.waitpid(self._pid, options)
        except ChildProcessError:  # the program waits for all its children itself
            self._status = CRASHED
            return
        if pid:
            self._status = os.waitstatus_to_exitcode(status)


def _live(work: Callable[[], int], lifeline: int, name: str) -> None:
    """The child's whole life."""
    status = CRASHED
    try:
        close_inherited()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # the parent handles them
        threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
        status = work()
    except Exception as error:  # its text may quote values
        say(f"{name} failed ({type(error).__name__})")
    finally:
        os._exit(status)


def _end_with(lifeline: int) -> None:
    with suppress(OSError):
        os.read(lifeline, 1)  # returns when the parent's end is closed
    os._exit(0)

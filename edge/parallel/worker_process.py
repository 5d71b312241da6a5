"""Worker processes, for small models: Python's lock does not come between processes.

Of a scan that takes 2.4 ms, a quarter is Python; two threads classify it 1.6 times as fast as one,
two processes 1.9 times. A worker is a fork of a process that has its model loaded: it starts in
milliseconds and shares the model's memory.
"""

import gc
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

from edge.console.messages import results
from edge.errors import EdgeError, EngineError

_SIZE = 8
"""Bytes before each answer, which tell its length."""


class LostWorkerError(EngineError):
    """The child is gone, in the middle of its work."""


class Worker:
    """A child process that calls `work` for one item after another.

    To be made while this process has no threads that hold locks. What goes through the pipes is
    pickled, and comes from nobody but this process and its child.

    Raises:
        EngineError: the system allows no further process or pipe.
    """

    # This process' ends of all pipes. A later child would inherit the earlier ones' and, while it
    # lives, keep them from seeing that nobody can ask them any more.
    _ours: ClassVar[set[int]] = set()

    def __init__(self, work: Callable[[Any], Any]):
        results().flush()
        sys.stderr.flush()
        try:
            ours_in, theirs_out = os.pipe()
            theirs_in, ours_out = os.pipe()
            self._pid = fork()
        except OSError as error:
            raise EngineError(
                f"no further worker process can be started ({error.strerror or error}); "
                "try fewer --jobs"
            ) from error
        if self._pid == 0:
            _serve(work, theirs_in, theirs_out, (ours_in, ours_out, *Worker._ours))
        os.close(theirs_in)
        os.close(theirs_out)
        Worker._ours |= {ours_in, ours_out}
        self.ended: tuple[int, float] | None = None
        """How it ended, once that is known: its status as `os.wait` gives it, and the seconds of
        the processor that it had used."""
        self._requests = os.fdopen(ours_out, "wb")
        self._replies = os.fdopen(ours_in, "rb", buffering=0)  # what it holds, `poll` must see

    def __call__(self, item: Any) -> Any:
        """`work(item)`, in the child; raises what it raised.

        Raises:
            LostWorkerError: the child is gone.
        """
        self.ask(item)
        return self.answer()

    def ask(self, item: Any) -> None:
        """Have `work(item)` begun, after what was asked before; `answer` tells in that order.

        Raises:
            LostWorkerError: the child is gone.
        """
        self._item = item
        with self._told():
            pickle.dump(item, self._requests, pickle.HIGHEST_PROTOCOL)
            self._requests.flush()

    def answer(self) -> Any:
        """What became of it; waits for it. `fileno` is readable once it is there.

        Raises:
            LostWorkerError: the child is gone. And what `work` raised.
        """
        with self._told():
            size = int.from_bytes(self._read(_SIZE), "big")
            result, error = pickle.loads(self._read(size))
        if error is not None:
            raise error
        return result

    def fileno(self) -> int:
        """The descriptor that answers come from."""
        return self._replies.fileno()

    def kill(self) -> None:
        """End the child at once; the next `answer` tells that it is lost."""
        if not self.is_gone():
            os.kill(self._pid, signal.SIGKILL)

    def is_gone(self) -> bool:
        """Whether the child has ended."""
        self._wait(os.WNOHANG)
        return self.ended is not None

    def close(self, patience: float | None = None) -> None:
        """End the child: it leaves when nobody can ask it any more.

        Args:
            patience: seconds after which it is killed; None: it may finish what it has in hand.
        """
        if self._requests.closed:
            return
        for pipe in (self._requests, self._replies):
            Worker._ours.discard(pipe.fileno())
            try:
                pipe.close()
            except OSError:
                continue  # what was not sent has nobody to read it
        if patience is not None:
            last = time.monotonic() + patience
            while not self.is_gone() and time.monotonic() < last:
                time.sleep(0.01)
            self.kill()
        self._wait(0)

    def _read(self, size: int) -> bytes:
        data = self._replies.read(size)
        while len(data) < size:
            more = self._replies.read(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError, pickle.UnpicklingError) as lost:
            raise LostWorkerError(
                f"a worker process ended while it worked on {str(self._item)[:200]} "
                "(out of memory?); try fewer --jobs"
            ) from lost

    def _wait(self, options: int) -> None:
        if self.ended is not None:
            return
        try:
            pid, status, usage = os.wait4(self._pid, options)
        except ChildProcessError:  # the program waits for all its children itself
            self.ended = 0, 0.0
            return
        if pid:
            self.ended = status, usage.ru_utime + usage.ru_stime

    def __del__(self):
        # As of one that was made, and its work never asked for.
        if hasattr(self, "_replies"):
            self.close()


def fork() -> int:
    """`os.fork`, whose child never collects what its parent left.

    An engine's destructor may wait for its threads, which a fork does not have: where Python came
    to collect an engine of OpenVINO's in a child, that hung.

    Raises:
        OSError: the system allows no further process.
    """
    pid = os.fork()
    if pid == 0:
        gc.freeze()
    return pid


def keep_from_children(*ours: int) -> None:
    """Have later children close further descriptors of this process."""
    Worker._ours |= {*ours}


def let_go(*ours: int) -> None:
    """They are about to be closed."""
    Worker._ours -= {*ours}


def close_inherited() -> None:
    """To be called by a child that was forked otherwise: close what is its parent's.

    A worker ends when nobody can ask it any more, and such a child could.
    """
    for descriptor in Worker._ours:
        with suppress(OSError):
            os.close(descriptor)


def can_fork(engine) -> bool:
    """Whether an engine survives a fork: its threads, or a graphics card, would not."""
    return hasattr(os, "fork") and engine.threads == 1 and engine.provider == "cpu"


def _serve(work: Callable[[Any], Any], source: int, target: int, inherited: Iterable[int]) -> None:
    """The child's whole life. Never returns: the rest of the program is its parent's business.

    Args:
        inherited: descriptors that are the parent's.
    """
    status = 1
    try:
        for descriptor in inherited:
            with suppress(OSError):
                os.close(descriptor)
        # Which a shell, a terminal or systemd sends to all.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # the parent handles them
        with os.fdopen(source, "rb") as requests, os.fdopen(target, "wb") as replies:
            while True:
                try:
                    item = pickle.load(requests)
                except EOFError:
                    break
                reply = (None, None)
                try:
                    reply = (work(item), None)
                except EdgeError as error:
                    reply = (None, error)
                except Exception as error:
                    reply = (None, RuntimeError(f"{type(error).__name__}: {error}"))
                data = pickle.dumps(reply, pickle.HIGHEST_PROTOCOL)
                replies.write(len(data).to_bytes(_SIZE, "big") + data)
                replies.flush()
        status = 0
    except BrokenPipeError:
        pass  # the parent has gone
    finally:
        os._exit(status)

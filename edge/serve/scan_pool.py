"""Processes that classify what comes over the network, and that may die of it.

One process, the fork server, is forked while this one has no threads yet. It forks the children
that do the work, and another for each that dies. A file travels as a descriptor of anonymous
memory, so nothing is written to a disk. What comes back is JSON, never anything that could run
here: `edge.parallel.worker_process` takes what its children pickled, and forks them itself, which a
process with threads must not.
"""

import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue

from edge.errors import EdgeError, EngineError
from edge.model_file import bounded_json
from edge.parallel.scan_process import prepare_child
from edge.parallel.worker_process import fork
from edge.serve.limits import QUEUE_SECONDS, SCAN_SECONDS

Emit = Callable[[dict], None]
Work = Callable[[int, dict, Emit], None]
"""Takes a descriptor with the file, what is wanted of it, and what to give each answer to."""
_LENGTH = 4
_ANSWER = bounded_json.Limits(bytes=64 << 20, text=64 << 20)
"""Of a child, which a file may have taken over. Pictures are texts in it."""
_GRACE = 5.0
"""Seconds more than a child has by its own clock."""
_BREATH = 0.5
"""Seconds before a child that died is followed by another."""


class BusyError(EdgeError):
    """No child became free in time."""


class DiedError(EdgeError):
    """A child ended while it worked on a file, or took too long."""


class ScanPool:
    """`jobs` children; `ask` one of them.

    Args:
        work: what a child does with a file.
        foreign: descriptors that the children must not keep open.
        longest: seconds that one file may take.

    Raises:
        EngineError: the system allows no further process.
    """

    def __init__(
        self, work: Work, jobs: int, foreign: list[int] = (), longest: float = SCAN_SECONDS
    ):
        self._longest, self.jobs = longest, jobs
        try:
            pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(jobs)]
            pid = fork()
        except OSError as error:
            raise EngineError(f"no process can be started ({error.strerror or error})") from error
        if pid == 0:
            for descriptor in foreign:
                with suppress(OSError):
                    os.close(descriptor)
            for ours, _ in pairs:
                ours.close()
            _fork_server([theirs for _, theirs in pairs], work, longest)
        self._pid = pid
        self._free: SimpleQueue = SimpleQueue()
        for ours, theirs in pairs:
            theirs.close()
            self._free.put(ours)
        self._sockets = [ours for ours, _ in pairs]

    @contextmanager
    def ask(self, file: int, order: dict, wait: float = QUEUE_SECONDS) -> Iterator[Iterator[dict]]:
        """The answers of a child to one file, as they come.

        Args:
            file: descriptor of what it holds.
            order: what is wanted of it.
            wait: seconds until a child must be free.

        Raises:
            BusyError: none became free.
            DiedError: while iterating: the child ended, or took too long.
            EngineError: the fork server is gone, and with it the pool.
        """
        try:
            slot = self._free.get(timeout=wait)
        except Empty:
            raise BusyError("all are busy; try again later") from None
        try:
            source, target = os.pipe()
            try:
                try:
                    socket.send_fds(slot, [json.dumps(order).encode()], [file, target])
                except OSError as error:
                    raise EngineError("the processes that classify are gone") from error
                finally:
                    os.close(target)
                yield self._answers(source)
            finally:
                os.close(source)
        finally:
            self._free.put(slot)

    def close(self) -> None:
        """End the children: what they have in hand they may finish, if it is quick."""
        for one in self._sockets:
            one.close()
        last = time.monotonic() + 2
        while time.monotonic() < last:
            with suppress(ChildProcessError):
                if os.waitpid(self._pid, os.WNOHANG)[0] == 0:
                    time.sleep(0.01)
                    continue
            return
        with suppress(OSError):
            os.killpg(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)

    def alive(self) -> bool:
        """Whether the fork server is there."""
        try:
            return os.waitpid(self._pid, os.WNOHANG)[0] == 0
        except ChildProcessError:
            return False

    def _answers(self, source: int) -> Iterator[dict]:
        deadline = time.monotonic() + self._longest + _GRACE
        while True:
            head = _read(source, _LENGTH, deadline)
            length = int.from_bytes(head, "little")
            if length == 0:
                return  # the end, as agreed
            if length > _ANSWER.bytes:
                raise DiedError("the process that read it failed")
            body = _read(source, length, deadline)
            try:
                yield bounded_json.loads(body, _ANSWER)
            except ValueError:
                raise DiedError("the process that read it failed") from None


def _read(source: int, count: int, deadline: float) -> bytes:
    parts, ready = [], select.poll()  # `select` itself ends at descriptor 1023
    ready.register(source, select.POLLIN)
    while count:
        left = deadline - time.monotonic()
        if left <= 0 or not ready.poll(left * 1e3):
            raise DiedError("it took too long")
        part = os.read(source, min(count, 1 << 20))
        if not part:
            raise DiedError("the process that read it ended")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _fork_server(sockets: list[socket.socket], work: Work, longest: float) -> None:
    """The whole life of the process that forks the children. Never returns."""
    status = 1
    try:
        with suppress(OSError):
            os.setpgid(0, 0)  # so that all can be ended together; a terminal's Ctrl-C passes by
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # the server handles them
        children = {
            _child(number, sockets, work, longest): number for number in range(len(sockets))
        }
        while children:
            pid, ended = os.wait()
            number = children.pop(pid, None)
            if number is None or ended == 0:
                continue  # nobody can ask it any more
            time.sleep(_BREATH)
            children[_child(number, sockets, work, longest)] = number
        status = 0
    finally:
        os._exit(status)


def _child(number: int, sockets: list[socket.socket], work: Work, longest: float) -> int:
    pid = fork()
    if pid:
        return pid
    status = 1
    try:
        prepare_child([one.fileno() for one in sockets if one is not sockets[number]])
        while _one(sockets[number], work, longest):
            pass
        status = 0
    finally:
        os._exit(status)


def _one(asked: socket.socket, work: Work, longest: float) -> bool:
    order, descriptors, *_ = socket.recv_fds(asked, 4096, 2)
    if not order:
        return False
    file, target = descriptors

    def emit(answer: dict) -> None:
        body = json.dumps(answer).encode()
        _write(target, len(body).to_bytes(_LENGTH, "little") + body)

    # Not a handler: what hangs in C code would never come to it. The process just ends.
    signal.setitimer(signal.ITIMER_REAL, longest)
    try:
        work(file, bounded_json.loads(order), emit)
        _write(target, bytes(_LENGTH))
    except BrokenPipeError:
        pass  # who asked has gone
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for descriptor in descriptors:
            os.close(descriptor)
    return True


def _write(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]

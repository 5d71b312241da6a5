"""The standard streams: closed ones, ones that cannot be written, and what C++ writes to 2."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from edge.errors import EdgeError

_FULL = (errno.ENOSPC, errno.EDQUOT)


class OutputError(EdgeError):
    """Results cannot be written; says where to and why."""


class ResultStream:
    """A text stream that says of itself, in an `OutputError`, that it cannot be written.

    An `OSError` that somebody else raises is then never taken for one of writing results.
    BrokenPipeError stays what it is: a reader who has seen enough is no failure.

    Args:
        stream: what is written to, and asked for everything but `write` and `flush`.
        name: of the stream, for the message.
        elsewhere: what to do about it, for the message.
    """

    def __init__(
        self, stream: TextIO, name: str, elsewhere: str = "write them elsewhere with --out"
    ):
        self._stream, self._name, self._elsewhere = stream, name, elsewhere

    def write(self, text: str) -> int:
        """As the stream's own; raises OutputError."""
        with self.told():
            return self._stream.write(text)

    def flush(self) -> None:
        """As the stream's own; raises OutputError."""
        with self.told():
            self._stream.flush()

    def __getattr__(self, name: str):
        return getattr(self._stream, name)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn an OSError of the block into an OutputError."""
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            hint = "free some space" if error.errno in _FULL else self._elsewhere
            raise OutputError(
                f"{self._name} cannot be written ({error.strerror or error}); {hint}"
            ) from error


def hold_closed() -> frozenset[int]:
    """Give closed standard descriptors /dev/null, and tell which (0, 1, 2) were closed.

    The next file or pipe to be opened would else be standard output, or standard error, to
    everything that writes there. To be called before any is.
    """
    closed = set()
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        closed.add(descriptor)
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
        # Not closed at the end, as the standard streams are not.
        setattr(sys, name, open(os.devnull, "w" if descriptor else "r"))  # noqa: SIM115
    return frozenset(closed)


@contextmanager
def own_descriptor(stream: TextIO) -> Iterator[TextIO]:
    """Standard output under another number; while the block runs, 1 leads to standard error.

    A library that writes to descriptor 1, from C++ say, then writes no line among the results.
    A stream that is not on descriptor 1, as in tests, stays what it is.
    """
    try:
        ours = stream.fileno() == 1
        stream.flush()
        number = os.dup(1) if ours else None  # which no child process inherits
    except (OSError, ValueError):
        number = None
    if number is None:
        yield stream
        return
    own = open(  # noqa: SIM115
        number,
        "w",
        encoding=stream.encoding,
        errors=stream.errors,
        buffering=1 if stream.line_buffering else -1,
    )
    os.dup2(2, 1)
    try:
        yield own
    finally:
        with suppress(OSError):
            own.flush()
        os.dup2(number, 1)
        with suppress(OSError):
            own.close()


@contextmanager
def silenced() -> Iterator[None]:
    """Discard standard error while the block runs, C++ code's included.

    For loading engines and converters, which chat ("INFO: Created TensorFlow Lite XNNPACK
    delegate") and whose errors come back as exceptions. Not for threads that report meanwhile.
    """
    _flush_errors()
    try:
        saved = os.dup(2)
    except OSError:  # standard error is closed
        yield
        return
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        os.close(null)
        yield
    finally:
        _flush_errors()
        os.dup2(saved, 2)
        os.close(saved)


def _flush_errors() -> None:
    if sys.stderr is not None:  # as in a process that was started without one
        sys.stderr.flush()

"""A line on the terminal that says how far a long call has come and how long it will take."""

from collections.abc import Iterable
from threading import Lock, Thread
from time import monotonic
from typing import TextIO

_REFRESH = 0.1
"""Seconds between two changes of the line."""
_CLEAR = "\r\x1b[K"  # ECMA-48: to the start of the line, erase to its end


class Progress:
    """`612 of 10000  6 %  84 scans/s  1:52 left`, redrawn in place.

    Args:
        stream: a terminal.
        items: what will be worked on, to be counted in the background; None if it cannot be known.
        clock: seconds, for tests.
    """

    def __init__(self, stream: TextIO, items: Iterable | None, clock=monotonic):
        self._stream, self._clock, self._lock = stream, clock, Lock()
        self._done, self._total, self._shown = 0, None, 0.0
        self._started = clock()
        if items is not None:
            Thread(target=self._count, args=(items,), daemon=True).start()

    def step(self) -> None:
        """One more is done."""
        with self._lock:
            self._done += 1
            now = self._clock()
            if now - self._shown >= _REFRESH:
                self._shown = now
                self._stream.write(_CLEAR + self.line(now))
                self._stream.flush()

    def clear(self) -> None:
        """Make room for other output; the line comes back with the next step."""
        with self._lock:
            if self._shown:
                self._stream.write(_CLEAR)
                self._stream.flush()
                self._shown = 0.0

    def line(self, now: float) -> str:
        """What is shown at that time."""
        rate = self._done / max(now - self._started, 1e-9)
        if self._total is None or self._total < self._done:
            return f"{self._done} scans  {rate:.0f} scans/s"
        left = round((self._total - self._done) / rate) if rate else 0
        hours, minutes = divmod(left // 60, 60)
        time = f"{hours}:{minutes:02}:{left % 60:02}" if hours else f"{minutes}:{left % 60:02}"
        share = 100 * self._done // max(self._total, 1)
        return f"{self._done} of {self._total}  {share} %  {rate:.0f} scans/s  {time} left"

    def _count(self, items: Iterable) -> None:
        total = sum(1 for _ in items)
        with self._lock:
            self._total = total

"""How far a long measurement has come and how long it will take, on standard error."""

import sys
from time import monotonic
from typing import TextIO

from edge.console.messages import printable

_CLEAR = "\r\x1b[K"  # ECMA-48: to the start of the line, erase to its end


class Progress:
    """Steps with the seconds that each is thought to take; corrected as the truth comes out.

        [ 38 %, about 4:10 left] vgg16: interleaved rounds

    On a terminal one line redrawn in place, elsewhere a line for each step.

    Args:
        stream: standard error, if not given.
        clock: seconds, for tests.
    """

    def __init__(self, stream: TextIO | None = None, clock=monotonic):
        stream = stream or sys.stderr
        self._stream, self._clock, self._started = stream, clock, clock()
        self._plan: dict[str, float] = {}
        self._now: str | None = None
        self._done = 0.0
        self._line = stream.isatty()

    def plan(self, step: str, seconds: float) -> None:
        """Add a step that is still to come, or correct what is thought of it."""
        self._plan[step] = seconds

    def start(self, step: str) -> None:
        """Begin a step; the one before it is done."""
        if self._now is not None:
            self._plan.pop(self._now, None)
        self._now, self._done = step, 0.0
        self._show(True)

    def at(self, share: float) -> None:
        """The present step has come so far, 0..1."""
        self._done = share
        self._show(False)

    def note(self, message: str) -> None:
        """A line of its own."""
        self._stream.write(f"{_CLEAR if self._line else ''}{printable(message)}\n")
        self._stream.flush()

    def end(self) -> None:
        """Everything is done, or given up."""
        self._now = None
        if self._line:
            self._stream.write(_CLEAR)
            self._stream.flush()

    def left(self) -> float:
        """Seconds that the rest is thought to take."""
        return sum(
            seconds * ((1 - self._done) if step == self._now else 1)
            for step, seconds in self._plan.items()
        )

    def _show(self, new: bool) -> None:
        if not (new or self._line):
            return
        left, gone = self.left(), self._clock() - self._started
        share = gone / (gone + left) if gone + left else 1.0
        minutes, seconds = divmod(round(left), 60)
        known = f"[{share:4.0%}, about {minutes}:{seconds:02} left] " if self._plan else ""
        text = f"{known}{self._now}"
        self._stream.write(f"{_CLEAR}{text}" if self._line else f"{text}\n")
        self._stream.flush()

"""Stop cleanly: Ctrl-C and a polite kill end a command the same way, with nothing left behind."""

import signal
from types import FrameType

from edge.console.exit_status import stopped

_received: list[int] = []


def stop_cleanly() -> None:
    """Turn SIGINT, SIGTERM and SIGHUP into `KeyboardInterrupt`, and remember that one came.

    SIGHUP, of a terminal that goes, not under `nohup`.

    Converters call Python from C++ and lose the exception that a signal raised there:
    `was_stopped` tells afterwards.
    """
    _received.clear()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _stop)


def was_stopped() -> bool:
    """Whether a signal asked the process to stop."""
    return bool(_received)


def stopped_status() -> int:
    """The exit status of a command that was stopped, as shells have it: 128 and the signal."""
    return stopped(_received[0] if _received else signal.SIGINT)


def _stop(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    raise KeyboardInterrupt

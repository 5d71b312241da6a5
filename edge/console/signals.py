"""Stop cleanly: Ctrl-C and a polite kill end a command the same way, with nothing left behind."""

import signal
from types import FrameType

from edge.console.exit_status import stopped

_received: list[int] = []


def ending_signals() -> list[signal.Signals]:
    """Those that tell a process to end: SIGINT, SIGTERM and, of a terminal that goes, SIGHUP.

    Without SIGHUP where it is ignored: `nohup` says so that the terminal does not count.
    """
    found = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        found.append(signal.SIGHUP)
    return found


def stop_cleanly() -> None:
    """Turn what `ending_signals` names into `KeyboardInterrupt`, and remember that one came.

    Converters call Python from C++ and lose the exception that a signal raised there:
    `was_stopped` tells afterwards.
    """
    _received.clear()
    for number in ending_signals():
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

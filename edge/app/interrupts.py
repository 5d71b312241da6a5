"""Being stopped between two results, never within one."""

from edge.console.exit_status import INTERRUPTED, stopped


class Interrupts:
    """Ctrl-C, SIGTERM and SIGHUP wait until the result that is being written is whole.

    Args:
        needed: there is more than one result to write.
    """

    def __init__(self, needed: bool):
        self._holding = self._wanted = False
        self._before = {}
        self.status = INTERRUPTED
        """The exit status, as shells have it: 128 and the number of the signal."""
        if needed:
            self._install()

    def held(self) -> "Interrupts":
        """Around the writing of one result."""
        return self

    def __enter__(self) -> None:
        self._holding = True

    def __exit__(self, *_) -> None:
        self._holding = False
        if self._wanted:
            raise KeyboardInterrupt

    def restore(self) -> None:
        """Let the next signal end the process at once."""
        self._wanted = False
        if not self._before:
            return
        import signal

        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _install(self) -> None:
        import signal
        from threading import current_thread, main_thread

        from edge.console.signals import ending_signals

        if current_thread() is not main_thread():
            return  # only that may
        for number in ending_signals():
            self._before[number] = signal.getsignal(number)
            signal.signal(number, self._interrupted)

    def _interrupted(self, number: int, _) -> None:
        self.status = stopped(number)
        # Remembered in any case: what is raised may be lost, as in Python's callbacks at a fork.
        self._wanted = True
        if not self._holding:
            raise KeyboardInterrupt

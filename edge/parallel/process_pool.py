"""Several processes that classify scans, each one at a time; one that dies is made anew.

One thread, which hands out the scans and takes what became of them, in whichever order they are
done: a scan that takes minutes holds up no other, and a new process is forked where no other thread
can hold a lock.
"""

import select
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from edge.parallel.pipeline import Outcome
from edge.parallel.scan_process import Death, ScanProcess


class Named(Protocol):
    """Anything that has a path."""

    path: str


Item = TypeVar("Item", bound=Named)

_DEPTH = 2
"""Scans that a process is asked for: the next one is there when it has done one."""
_LATE = 0.5
"""Seconds between two looks for processes that should have ended."""


@dataclass(frozen=True)
class Attempt(Generic[Item]):
    """One scan, tried once."""

    item: Item
    outcome: Outcome | Death | None
    """None: to look at the file was enough."""
    looked: Any
    """What the process found when it looked at the file; None if it died before."""


class ProcessPool:
    """The processes.

    Args:
        make: makes one; called again for each further one.
    """

    def __init__(self, make: Callable[[], ScanProcess]):
        self._make = make
        self._all: list[ScanProcess] = []

    def attempts(
        self, items: Iterable[Item], jobs: int, begin: Callable[[Item], object]
    ) -> Iterator[Attempt[Item]]:
        """Try each item once, `jobs` at a time.

        Args:
            items: read no further ahead than there are processes.
            begin: called with each item before a process gets it.

        Raises:
            EdgeError: the model turned out to be unusable, or no process can be started.
        """
        source = iter(items)
        while len(self._all) < jobs:
            self._all.append(self._make())
        poll, busy = select.poll(), {}

        def feed(process: ScanProcess, waiting: deque[Item], depth: int) -> None:
            """See that a process has enough to do."""
            while len(waiting) < depth:
                item = next(source, None)
                if item is None:
                    break
                begin(item)
                process.begin(getattr(item, "scan", None) or item.path)
                waiting.append(item)
            if waiting and busy.get(process.fileno()) is None:
                poll.register(process.fileno(), select.POLLIN)
                busy[process.fileno()] = process, waiting

        queues = [(process, deque()) for process in self._all[:jobs]]
        for depth in range(1, _DEPTH + 1):
            for process, waiting in queues:
                feed(process, waiting, depth)
        while busy:
            for number, _ in poll.poll(_LATE * 1000):
                process, waiting = busy[number]
                item = waiting.popleft()
                attempt = Attempt(item, process.finish(), process.looked)
                lost = process.unbegun()
                if lost or not waiting or isinstance(attempt.outcome, Death):
                    poll.unregister(number)
                    del busy[number]
                for path in lost:
                    process.begin(path)
                feed(process, waiting, _DEPTH)  # before this one's result is written
                yield attempt
            for process, _ in busy.values():
                if process.overdue() >= 0:
                    with suppress(ProcessLookupError):
                        process.kill()

    def close(self) -> None:
        """End the processes; what they have in hand they may finish, if they are quick."""
        for process in self._all:
            process.close()
        self._all.clear()

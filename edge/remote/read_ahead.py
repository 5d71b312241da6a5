"""Scans of URLs are read while others are classified: several at a time, and only so far ahead."""

from collections.abc import Callable, Iterable, Iterator
from threading import Condition
from typing import TypeVar

from edge.parallel.pipeline import in_order
from edge.remote.read import read_remote
from edge.remote.url import RemoteScan

Item = TypeVar("Item")
Read = TypeVar("Read")

READERS = 8
"""Requests at a time."""
MOST_AHEAD = 64 << 20
"""Bytes that may lie in memory, read or being read; one scan may be larger, alone."""
_UNKNOWN = 1 << 20
"""Bytes that are counted for a scan whose size is not known before it is read."""


class _Room:
    """Bytes of memory, taken in the order of the scans, so that the first never waits for later."""

    def __init__(self, most: int):
        self._most, self._taken = most, 0
        self._change = Condition()

    def take(self, size: int) -> None:
        with self._change:
            self._change.wait_for(lambda: not self._taken or self._taken + size <= self._most)
            self._taken += size

    def give(self, size: int) -> None:
        with self._change:
            self._taken -= size
            self._change.notify_all()


def read_ahead(
    items: Iterable[Item],
    scan_of: Callable[[Item], RemoteScan | None],
    done: Callable[[Item, object], Read],
    max_pixels: int,
    readers: int = READERS,
    most: int = MOST_AHEAD,
) -> Iterator[Item | Read]:
    """Each item in order; of those with a scan of a URL what `done(item, bytes or error)` makes.

    Args:
        scan_of: None: the item goes through as it is.
    """
    room = _Room(most)

    def counted() -> Iterator[tuple[Item, int]]:
        for item in items:
            scan = scan_of(item)
            size = 0 if scan is None else min(scan.size or _UNKNOWN, most)
            room.take(size)
            yield item, size

    def read(pair: tuple[Item, int]) -> tuple[Item | Read, int]:
        item, size = pair
        scan = scan_of(item)
        if scan is None:
            return item, size
        try:
            return done(item, read_remote(scan, max_pixels)), size
        except Exception as error:
            return done(item, error), size

    for result, size in in_order(read, counted(), readers):
        room.give(size)
        yield result

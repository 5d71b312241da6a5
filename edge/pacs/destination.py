"""Where results are sent: what an archive's DICOM port and its web service have in common."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol


class Sent(NamedTuple):
    """What an archive answered about one object."""

    path: str
    problem: str | None = None
    """None: it has it."""
    final: bool = False
    """Whether the archive will answer the same again."""


class UnreachableError(Exception):
    """The archive takes nothing now; says why, in words that no peer chose."""


class Destination(Protocol):
    """Takes objects."""

    name: str
    """As it was given."""

    def send(self, paths: Iterable[str]) -> Iterator[Sent]:
        """Send files, each an object, and tell of each what became of it.

        Raises:
            UnreachableError: the archive takes nothing now; what was not told of waits.
        """

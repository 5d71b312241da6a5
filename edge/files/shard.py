"""Which of several machines a file belongs to: the same answer on each, without asking another."""

import os
from typing import NamedTuple


class Shard(NamedTuple):
    """Part `index`, from 0, of `count`."""

    index: int
    count: int

    def has(self, name: str) -> bool:
        """Whether a file is in this part, by a hash of its name alone.

        Args:
            name: the same on each machine, as the path below the folder that was named.
        """
        from hashlib import blake2b  # not for --help

        data = os.fsencode(name.replace(os.sep, "/"))
        number = int.from_bytes(blake2b(data, digest_size=8).digest(), "big")
        return number % self.count == self.index

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

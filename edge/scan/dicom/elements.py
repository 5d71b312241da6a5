"""The elements of a DICOM file that are asked for, and no others."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

MAX_ITEMS = 50_000
"""Sequence items in the header: each becomes an object of about 2 kB in pydicom."""
_ITEM_MARKS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")  # little, big endian
_PAIRS = (0xFFFE, 0xFEFF)


def has_too_many_items(window: bytes) -> bool:
    """Whether pydicom would make more than `MAX_ITEMS` objects of the first bytes of a file."""
    if len(window) <= 8 * MAX_ITEMS:
        return False  # an item takes eight bytes at least
    # How often their first two bytes stand there is quick to tell, and nearly always enough.
    pairs = [np.frombuffer(window, "<u2", (len(window) - odd) // 2, odd) for odd in (0, 1)]
    if sum(np.count_nonzero(some == mark) for some in pairs for mark in _PAIRS) <= MAX_ITEMS:
        return False
    return sum(map(window.count, _ITEM_MARKS)) > MAX_ITEMS


@lru_cache(maxsize=8)
def tags_of(keywords: tuple[str, ...]) -> list:
    """pydicom's tags of keywords: looked up once, not for each file."""
    from pydicom.tag import Tag

    return [Tag(keyword) for keyword in keywords]


class Elements:
    """A pydicom Dataset by keywords, that is quick to say of an element that it is not there.

    Most of what may stand in a file does not, and pydicom takes 15 microseconds to find out.

    Args:
        data: the Dataset.
        keywords: of all elements that will be asked for.
    """

    def __init__(self, data, keywords: Sequence[str]):
        self._data = data
        tags = tags_of(tuple(keywords))
        there = set(map(int, data.keys()))
        self._there = {k for k, tag in zip(keywords, tags, strict=True) if int(tag) in there}
        self.file_meta = getattr(data, "file_meta", None)
        self.little = data.original_encoding[1]
        """Whether the first byte of a number is the least."""

    def __contains__(self, keyword: str) -> bool:
        return keyword in self._there

    def get(self, keyword: str, otherwise=None):
        """An element's value; `otherwise` where there is none.

        Of a text without the spaces around it: in a code they mean nothing (PS3.5, 6.2), and
        pydicom takes those behind it off alone.
        """
        value = self._data.get(keyword) if keyword in self._there else otherwise
        return value.strip() if isinstance(value, str) else value

    def get_item(self, keyword: str):
        """An element as it stands in the file, not parsed."""
        return self._data.get_item(keyword)

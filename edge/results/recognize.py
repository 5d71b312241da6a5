"""Is a file one of results? A watched folder may hold those of this program, and of another watch.

Classifying them would never end: each line would change a file that is watched.
"""

from edge import NOTICE

_SERIES = b'{"series": '
_BEGINNINGS = (
    b'{"path": "',  # a record a line
    b'{"notice": "' + NOTICE.encode(),
    b"path,verdict,probability,reason,",
    _SERIES,
    b'{"study": "',
)
_SUFFIXES = (".ndjson", ".jsonl", ".json", ".csv")
LONGEST = max(map(len, _BEGINNINGS))
"""Bytes of a file's beginning that are enough to tell."""


def is_results(head: bytes, path: str) -> bool:
    """Whether a file is one of results, by its first bytes; by its name if it is empty.

    An empty one has been made by a watch that has no result yet. No scan has such a name.
    """
    if not head:
        return path.lower().endswith(_SUFFIXES)
    return head.startswith(_BEGINNINGS)

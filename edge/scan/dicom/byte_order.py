"""What a DICOM file's meta header says of its data, and whether their byte order is another."""

from edge.scan.dicom.plain_header import META

_ORDERS = {
    b"1.2.840.10008.1.2": "little",
    b"1.2.840.10008.1.2.1": "little",
    b"1.2.840.10008.1.2.2": "big",
}
_MOST_ELEMENTS = 1000
"""Of a meta header; the standard knows about 20."""
_LONG = (b"OB", b"UN")  # of what a meta header has; their length takes 4 bytes, after 2 of nothing


def contradicted_at(head: bytes) -> int:
    """Where the data set begins if it is in the other byte order; else 0.

    The first element of a data set is of a low group, 0008 nearly always: read in the wrong order
    it is 0800.

    Args:
        head: the first bytes of a file.
    """
    syntax, at = meta_header(head)
    order = _ORDERS.get(syntax)
    first = head[at : at + 2]
    if order is None or len(first) < 2:
        return 0
    other = "big" if order == "little" else "little"
    return at if int.from_bytes(first, order) > int.from_bytes(first, other) else 0


def meta_header(head: bytes) -> tuple[bytes, int]:
    """The transfer syntax that a file's meta header names, b"" if none, and where its data begin.

    The meta header stands behind a preamble, or at the beginning.

    Args:
        head: the first bytes of a file.
    """
    at, syntax = META if head[128:META] == b"DICM" else 0, b""
    for _ in range(_MOST_ELEMENTS):
        if head[at : at + 2] != b"\x02\0":
            break
        kind = head[at + 4 : at + 6]
        implicit = not (kind.isalpha() and kind.isupper())
        start = at + (12 if kind in _LONG else 8)
        length = head[at + 4 : at + 8] if implicit else head[at + 6 : at + 8]
        size = int.from_bytes(head[at + 8 : start] if kind in _LONG else length, "little")
        if head[at + 2 : at + 4] == b"\x10\0":
            syntax = head[start : start + size].strip(b" \0")
        at = start + size
    return syntax, at

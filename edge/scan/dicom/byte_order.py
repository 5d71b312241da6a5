"""Whether the data of a DICOM file are in another byte order than its meta header says."""

_ORDERS = {
    b"1.2.840.10008.1.2": "little",
    b"1.2.840.10008.1.2.1": "little",
    b"1.2.840.10008.1.2.2": "big",
}
_META = 132
"""Where the meta header begins (PS3.10, 7.1)."""
_LONG = (b"OB", b"UN")  # of what a meta header has; their length takes 4 bytes, after 2 of nothing


def contradicted_at(head: bytes) -> int:
    """Where the data set begins if it is in the other byte order; else 0.

    The first element of a data set is of a low group, 0008 nearly always: read in the wrong order
    it is 0800.

    Args:
        head: the first bytes of a file.
    """
    if head[128:_META] != b"DICM":
        return 0
    at, syntax = _META, b""
    while head[at : at + 2] == b"\x02\0":
        long = head[at + 4 : at + 6] in _LONG
        start = at + (12 if long else 8)
        size = int.from_bytes(head[at + 8 : start] if long else head[at + 6 : start], "little")
        if head[at + 2 : at + 4] == b"\x10\0":
            syntax = head[start : start + size].strip(b" \0")
        at = start + size
    order = _ORDERS.get(syntax)
    first = head[at : at + 2]
    if order is None or len(first) < 2:
        return 0
    other = "big" if order == "little" else "little"
    return at if int.from_bytes(first, order) > int.from_bytes(first, other) else 0

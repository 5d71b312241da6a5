"""Small TIFF files of kinds that Pillow does not write, by the tables of TIFF 6.0."""

import struct
import zlib
from pathlib import Path

import numpy as np

NONE, LZW, DEFLATE, PACKBITS = 1, 5, 8, 32773
_SHORT, _LONG, _RATIONAL, _TEXT, _LONG8 = 3, 4, 5, 2, 16
_WIDTHS = {_SHORT: "H", _LONG: "I", _LONG8: "Q", _RATIONAL: "II", _TEXT: "B"}


def write_tiff(
    path: Path,
    values: np.ndarray,
    *,
    order: str = "<",
    big: bool = False,
    compression: int = NONE,
    orientation: int | None = None,
    photometric: int = 1,
    resolution: tuple[tuple[int, int], tuple[int, int], int] | None = None,
    description: str = "",
    strips: int = 1,
    tail: bytes = b"",
    **tags: int | tuple[int, ...],
) -> Path:
    """Write `values` [rows, columns] or [rows, columns, channels] as it lies in memory.

    Args:
        order: "<" or ">".
        big: whether it is BigTIFF.
        resolution: two fractions, across and down, and the unit.
        strips: into how many the rows are cut.
        tail: follows the pixels of the last strip at once.
        tags: further ones, by a name that ends in the number: `kind=...` is no name of a tag.
    """
    values = np.atleast_3d(values)
    height, width, channels = values.shape
    rows = -(-height // strips)
    stored = values.astype(values.dtype.newbyteorder(order))
    parts = [
        _compressed(stored[at : at + rows].tobytes(), compression) for at in range(0, height, rows)
    ]
    head = 16 if big else 8
    at, starts = head, []
    for part in parts:
        starts.append(at)
        at += len(part)
    bits = values.dtype.itemsize * 8
    kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    entries = {
        256: (_LONG, [width]),
        257: (_LONG, [height]),
        258: (_SHORT, [bits] * channels),
        259: (_SHORT, [compression]),
        262: (_SHORT, [photometric]),
        273: (_LONG8 if big else _LONG, starts),
        277: (_SHORT, [channels]),
        278: (_LONG, [rows]),
        279: (_LONG8 if big else _LONG, [len(part) for part in parts]),
        339: (_SHORT, [kind] * channels),
    }
    if description:
        entries[270] = (_TEXT, list(description.encode() + b"\0"))
    if orientation is not None:
        entries[274] = (_SHORT, [orientation])
    if resolution is not None:
        entries[282], entries[283] = (
            (_RATIONAL, [resolution[0]]),
            (_RATIONAL, [resolution[1]]),
        )
        entries[296] = (_SHORT, [resolution[2]])
    for name, value in tags.items():
        several = list(value) if isinstance(value, tuple) else [value]
        entries[int(name.rpartition("_")[2])] = (_SHORT, several)
    body = b"".join(parts) + tail
    body += b"\0" * (-len(body) % 8)
    table, extra = _directory(entries, head + len(body), order, big)
    mark = b"II" if order == "<" else b"MM"
    if big:
        start = mark + struct.pack(f"{order}HHHQ", 43, 8, 0, head + len(body))
    else:
        start = mark + struct.pack(f"{order}HI", 42, head + len(body))
    path.write_bytes(start + body + table + extra)
    return path


def _directory(entries: dict, at: int, order: str, big: bool) -> tuple[bytes, bytes]:
    one, inline, offset = (20, 8, "Q") if big else (12, 4, "I")
    count = "Q" if big else "H"
    table = struct.pack(f"{order}{count}", len(entries))
    behind = at + len(table) + one * len(entries) + inline
    extra = b""
    for tag, (kind, values) in sorted(entries.items()):
        flat = [n for value in values for n in (value if isinstance(value, tuple) else (value,))]
        code = _WIDTHS[kind][0]
        data = struct.pack(f"{order}{len(flat)}{code}", *flat)
        if len(data) > inline:
            field = struct.pack(f"{order}{offset}", behind + len(extra))
            extra += data + b"\0" * (-len(data) % 8)
        else:
            field = data.ljust(inline, b"\0")
        table += struct.pack(f"{order}HH{offset}", tag, kind, len(values)) + field
    return table + bytes(inline), extra


def _compressed(data: bytes, compression: int) -> bytes:
    if compression == DEFLATE:
        return zlib.compress(data)
    if compression == PACKBITS:  # literal runs only
        runs = (data[at : at + 128] for at in range(0, len(data), 128))
        return b"".join(bytes([len(run) - 1]) + run for run in runs)
    if compression == LZW:  # literals only, 9 bits each, the table cleared before it grows
        codes = []
        for at in range(0, len(data), 200):
            codes += [256, *data[at : at + 200]]
        bits = "".join(f"{code:09b}" for code in [*codes, 257])
        bits += "0" * (-len(bits) % 8)
        return int(bits, 2).to_bytes(len(bits) // 8, "big")
    return data


def as_upright(stored: np.ndarray, orientation: int) -> np.ndarray:
    """What a viewer shows of the stored rows and columns (TIFF 6.0, Orientation)."""
    return {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: a.swapaxes(0, 1)[:, ::-1],
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: a.swapaxes(0, 1)[::-1],
    }[orientation](stored)

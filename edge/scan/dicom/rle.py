"""Frames of DICOM's run-length code (PS3.5, annex G), each segment to its exact length."""

import numpy as np

from edge.scan.packbits import PackBitsError, unpack

_HEAD = 64


def rle_cells(frame: bytes, rows: int, columns: int, allocated: int, signed: bool) -> np.ndarray:
    """What a frame of one sample a pixel holds, all bits of it.

    Raises:
        PackBitsError: it is not whole, or no such frame.
    """
    count = int.from_bytes(frame[:4], "little")
    if len(frame) < _HEAD or count != allocated // 8:
        raise PackBitsError("it has another number of segments than its pixels need")
    starts = [int.from_bytes(frame[4 * i : 4 * i + 4], "little") for i in range(1, count + 1)]
    ends = [*starts[1:], len(frame)]
    if starts[0] != _HEAD or any(a >= b for a, b in zip(starts, ends, strict=True)):
        raise PackBitsError("its segments do not follow one another")
    size = rows * columns
    cells = np.empty((size, count), np.uint8)
    for at, (start, end) in enumerate(zip(starts, ends, strict=True)):  # the highest byte first
        cells[:, at] = np.frombuffer(unpack(frame[start:end], size), np.uint8)
    dtype = np.dtype(f">{'i' if signed else 'u'}{count}")
    return cells.view(dtype).reshape(rows, columns).astype(dtype.newbyteorder("="))

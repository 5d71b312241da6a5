"""Is a compressed frame whole to its last pixel? And its cells, where the answer brings them."""

import re
from collections.abc import Callable

import numpy as np

from edge.scan.dicom.rle import rle_cells
from edge.scan.integrity import DamagedError, UnsupportedError
from edge.scan.packbits import PackBitsError
from edge.scan.redecode import EXACT_TAIL, TAIL, check_jpeg, check_scan

_DCT = (0xC0, 0xC1, 0xC2)  # frames of JPEG: baseline, extended, progressive (ITU T.81, B.1)
_LOSSLESS = 0xC3
_FRAMES = (*(m for m in range(0xC0, 0xD0) if m not in (0xC4, 0xC8, 0xCC)), 0xF7)  # F7: JPEG-LS
_MARKER = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")


def whole_rle(frame: bytes, rows: int, columns: int, allocated: int, signed: bool) -> np.ndarray:
    """`edge.scan.dicom.rle.rle_cells`, raising DamagedError."""
    try:
        return rle_cells(frame, rows, columns, allocated, signed)
    except PackBitsError as error:
        raise DamagedError(f"is damaged ({error})") from error


def whole_jpeg(frame: bytes, allocated: int, signed: bool) -> np.ndarray | None:
    """The cells of a JPEG stream that Pillow decodes, as pydicom would have them; else None.

    Raises:
        DamagedError: it is not whole.
    """
    at, _ = _parts(frame)
    if at is None or frame[at + 1] not in _DCT or frame[at + 4] != 8:
        return None
    try:
        image = check_jpeg(frame)
    except UnsupportedError as error:
        raise DamagedError(str(error)) from error
    if image.mode != "L" or allocated != 8:
        return None
    return np.asarray(image).view(np.int8 if signed else np.uint8)


def check_single(frame: bytes, cells: np.ndarray, decode: Callable[[bytes], np.ndarray]) -> None:
    """Look at JPEG of more bits, lossless JPEG and JPEG-LS of one scan; at nothing else.

    Args:
        cells: as they were decoded from `frame`.
        decode: the same decoder.

    Raises:
        DamagedError: it is not whole.
    """
    at, scans = _parts(frame)
    if at is not None and len(scans) == 1:
        tail = EXACT_TAIL if frame[at + 1] == _LOSSLESS else TAIL
        check_scan(frame, scans[0], cells, decode, tail)


def _parts(frame: bytes) -> tuple[int | None, list[tuple[int, int]]]:
    """Where the frame header of a JPEG or JPEG-LS stream is, and the data of its scans."""
    at, head, scans = 2, None, []
    while frame[at : at + 1] == b"\xff" and at + 9 < len(frame) and frame[:2] == b"\xff\xd8":
        marker = frame[at + 1]
        if marker == 0xD9:
            break
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if head is None and marker in _FRAMES:
            head = at
        at += 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
        if marker == 0xDA:
            end = _MARKER.search(frame, at)
            scans.append((at, end.start() if end else len(frame)))
            at = scans[-1][1]
    return head, scans

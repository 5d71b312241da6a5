"""Which pixels a DICOM file declares to be no signal (PS3.3, C.7.5.1.1.2 and C.7.6.24)."""

import numpy as np

from edge.scan.dicom.pixel_data import Header

_OF_INTEGERS = ("PixelPaddingValue", "PixelPaddingRangeLimit")
_OF_FLOATS = (
    ("FloatPixelPaddingValue", "FloatPixelPaddingRangeLimit"),
    ("DoubleFloatPixelPaddingValue", "DoubleFloatPixelPaddingRangeLimit"),
)
PADDING = (*_OF_INTEGERS, *_OF_FLOATS[0], *_OF_FLOATS[1])
"""Elements that are needed."""


def find_padding(
    cells: np.ndarray, values: np.ndarray, data, header: Header, remarks: list[str]
) -> np.ndarray | None:
    """Where there is no signal, bool [rows, columns]; None: nowhere.

    Args:
        cells: of the frame, all bits.
        values: of the frame as stored, before any rescaling.
        data: the file's pydicom Dataset.
        remarks: what the user should know is appended.
    """
    integers = header.pixels.kind == "iu"
    names = _OF_INTEGERS if integers else _OF_FLOATS[header.allocated == 64]
    try:
        first, last = (_value(data, name, integers) for name in names)
    except Exception:  # pydicom parses values when asked, and quotes them in what it raises
        first = last = None
        remarks.append(f"{names[0]} means nothing and is ignored")
    if first is None:
        return None
    limits = first, first if last is None else last
    if integers:
        bits = header.stored
        if not all(_fits(number, bits, header.signed) for number in limits):
            # Written as if unsigned, or the other way round; or of all bits of a cell.
            bits, values = header.allocated, cells
        limits = tuple(_wrapped(number, bits, header.signed) for number in limits)
    found = (values >= min(limits)) & (values <= max(limits))
    if not integers and np.isnan(limits).any():
        found = np.isnan(values)
    return found if found.any() and not found.all() else None


def _value(data, name: str, integer: bool):
    value = data.get(name)
    if value is None or value == "":
        return None
    return int(value) if integer else float(value)


def _fits(number: int, bits: int, signed: bool) -> bool:
    low = -(1 << (bits - 1)) if signed else 0
    return low <= number < low + (1 << bits)


def _wrapped(number: int, bits: int, signed: bool) -> int:
    """`number` in as many bits, taken as signed or not."""
    number %= 1 << bits
    return number - (1 << bits) if signed and number >= 1 << (bits - 1) else number

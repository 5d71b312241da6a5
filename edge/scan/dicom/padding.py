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
        data: the file's `Elements`.
        remarks: what the user should know is appended.
    """
    integers = header.pixels.kind == "iu"
    names = _OF_INTEGERS if integers else _OF_FLOATS[header.allocated == 64]
    try:
        first, last = _limits(data, names, header)
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


def _limits(data, names: tuple[str, str], header: Header) -> list:
    """First and last value of the range, None where there is none.

    Two values of the first element are the range, if the second is not there.

    Raises:
        Exception: they mean nothing.
    """
    first, last = (_values(data, name, header) for name in names)
    if len(first) == 2 and not last:
        return first
    if len(first) > 1 or len(last) > 1:
        raise ValueError("too many values")
    return [*(first or [None]), *(last or [None])]


def _values(data, name: str, header: Header) -> list:
    value = data.get(name)
    if value is None or len(str(value)) == 0:
        return []
    number = int if header.pixels.kind == "iu" else float
    if isinstance(value, bytes):  # written as OB, OW or UN: one cell, or a word that holds one
        if not value:
            return []
        if number is float or len(value) not in (2, header.allocated // 8):
            raise ValueError("not one cell")
        order = "little" if data.little else "big"
        found = int.from_bytes(value, order)
        if found >> header.allocated:
            raise ValueError("more than a cell")
        return [found]
    many = value if hasattr(value, "__iter__") and not isinstance(value, str) else [value]
    return [number(one) for one in many]


def _fits(number: int, bits: int, signed: bool) -> bool:
    low = -(1 << (bits - 1)) if signed else 0
    return low <= number < low + (1 << bits)


def _wrapped(number: int, bits: int, signed: bool) -> int:
    """`number` in as many bits, taken as signed or not."""
    number %= 1 << bits
    return number - (1 << bits) if signed and number >= 1 << (bits - 1) else number

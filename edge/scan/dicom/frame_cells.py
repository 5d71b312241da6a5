"""The numbers of one frame of a DICOM file, as it holds them."""

import numpy as np

from edge.scan.dicom.pixel_data import Header, Problem, is_big, is_native


def pixel_cells(file, header: Header, index: int) -> np.ndarray:
    """What one frame [rows, columns] holds, all bits of it, any real dtype.

    Raises:
        Problem: it is cut short, or compressed in a way that no installed decoder knows.
    """
    if is_native(header.pixels):
        return _native(file, header, index)
    from edge.scan.dicom.compressed_frame import compressed_cells
    from edge.scan.picture.integrity import DamagedError

    try:
        return compressed_cells(file, header, index)
    except DamagedError as error:
        raise Problem(f"{error}; copy it again") from error


def _native(file, header: Header, index: int) -> np.ndarray:
    pixels = header.pixels
    kind = "f" if pixels.kind == "f" else "i" if header.signed else "u"
    big = is_big(pixels)
    dtype = np.dtype(f"{'>' if big else '<'}{kind}{header.allocated // 8}")
    size = header.rows * header.columns * dtype.itemsize
    swapped = big and pixels.words and dtype.itemsize == 1  # two pixels a word, turned round
    first = index * size
    odd = first % 2 if swapped else 0
    wanted = size + odd + ((size + odd) % 2 if swapped else 0)
    file.seek(pixels.start + first - odd)
    data = file.read(wanted)
    if len(data) < size + odd or first + size > pixels.length:
        raise Problem("is truncated (pixels are missing); copy it again")
    if swapped:
        if len(data) % 2:
            raise Problem("is truncated (pixels are missing); copy it again")
        data = np.frombuffer(data, "<u2").byteswap().tobytes()[odd : odd + size]
    values = np.frombuffer(data, dtype).reshape(header.rows, header.columns)
    return values.astype(dtype.newbyteorder("="))

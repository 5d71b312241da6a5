"""Small JPEG files of kinds that Pillow does not write, by the tables of ITU T.81."""

import struct

import numpy as np

_ZIGZAG = sorted(
    ((r, c) for r in range(8) for c in range(8)),
    key=lambda p: (p[0] + p[1], p[0] if (p[0] + p[1]) % 2 else p[1]),
)


def lossless_jpeg(values: np.ndarray, bits: int = 16) -> bytes:
    """Process 14, selection value 1: each sample less the one to its left."""
    height, width = values.shape
    v = values.astype(np.int64)
    before = np.empty_like(v)
    before[:, 1:], before[1:, 0], before[0, 0] = v[:, :-1], v[:-1, 0], 1 << (bits - 1)
    out = []
    for difference in ((v - before + 32768) % 65536 - 32768).ravel().tolist():
        size = abs(difference).bit_length() if difference != -32768 else 16
        out.append(f"{size:05b}")
        if 0 < size < 16:
            out.append(_extra(difference, size))
    return _file(
        _frame(0xC3, bits, height, width),
        _table(0x00, range(17), 5),
        struct.pack(">HHBBBBBB", 0xFFDA, 8, 1, 1, 0, 1, 0, 0),
        out,
    )


def extended_jpeg(values: np.ndarray, bits: int = 12, lines: int | None = None) -> bytes:
    """Process 2 or 4 (Huffman, DCT, one component), every divisor 1: wrong by about 1.

    Args:
        values: height and width must be multiples of 8.
        lines: in the frame header; None: as many as there are.
    """
    height, width = values.shape
    k = np.arange(8)
    dct = np.cos((2 * k[None] + 1) * k[:, None] * np.pi / 16) / 2
    dct[0] /= np.sqrt(2)
    out, last = [], 0
    for top in range(0, height, 8):
        for left in range(0, width, 8):
            block = values[top : top + 8, left : left + 8] - float(1 << (bits - 1))
            found = np.rint(dct @ block @ dct.T).astype(int)
            numbers = [int(found[at]) for at in _ZIGZAG]
            size = abs(numbers[0] - last).bit_length()
            out += [f"{size:05b}", _extra(numbers[0] - last, size)]
            last, run = numbers[0], 0
            end = max((at for at in range(1, 64) if numbers[at]), default=0)
            for number in numbers[1 : end + 1]:
                if number == 0:
                    run += 1
                    continue
                out += [f"{_SYMBOLS.index(0xF0):08b}"] * (run // 16)
                size = abs(number).bit_length()
                out += [f"{_SYMBOLS.index(run % 16 << 4 | size):08b}", _extra(number, size)]
                run = 0
            if end < 63:
                out.append(f"{_SYMBOLS.index(0):08b}")
    return _file(
        struct.pack(">HHB", 0xFFDB, 67, 0) + b"\1" * 64,
        _frame(0xC1, bits, height if lines is None else lines, width),
        _table(0x00, range(16), 5) + _table(0x10, _SYMBOLS, 8),
        struct.pack(">HHBBBBBB", 0xFFDA, 8, 1, 1, 0, 0, 63, 0),
        out,
    )


_SYMBOLS = [0, 0xF0, *(run << 4 | size for run in range(16) for size in range(1, 15))]


def _extra(number: int, size: int) -> str:
    return f"{number if number > 0 else number + (1 << size) - 1:0{size}b}" if size else ""


def _frame(marker: int, bits: int, height: int, width: int) -> bytes:
    return struct.pack(">BBHBHHBBBB", 0xFF, marker, 11, bits, height, width, 1, 1, 0x11, 0)


def _table(place: int, symbols, length: int) -> bytes:
    """A Huffman table in which all codes have the same length."""
    counts = [len(symbols) if n == length else 0 for n in range(1, 17)]
    body = bytes([place, *counts, *symbols])
    return struct.pack(">HH", 0xFFC4, 2 + len(body)) + body


def _file(*parts) -> bytes:
    bits = "".join(parts[-1])
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    return b"\xff\xd8" + b"".join(parts[:-1]) + data + b"\xff\xd9"

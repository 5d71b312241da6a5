"""PNG files of kinds that Pillow does not write."""

import struct
import zlib

import numpy as np


def deep_png(values: np.ndarray, extra: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:
    """A 16-bit PNG of 2, 3 or 4 channels.

    Args:
        extra: chunks (name, body) that stand before the pixels.
    """
    height, width, channels = values.shape
    kind = {2: 4, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)), *extra]
    chunks += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, body) for name, body in chunks)


def chunk(name: bytes, body: bytes) -> bytes:
    """As it stands in the file."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

"""What must hold of any bytes, whoever made them: the rules of every fuzz test."""

from pathlib import Path

import numpy as np

from edge.errors import ImageError, ModelError
from edge.model_file.container import open_model
from edge.model_file.manifest import InputSpec
from edge.scan.crop import CROPS
from edge.scan.decode import decode
from edge.scan.preprocess import preprocess

MAX_PIXELS = 1_000_000
CHECKSUMMED = (".png",)
"""Formats in which no change of the pixels can go unseen."""
NEEDS_ALL = (".png", ".jpg", ".bmp", ".gif", ".webp", ".dcm")
"""Formats of which no beginning is a file: it must not decode. (TIFF may keep its directory first
and something unused last.)"""


def check_image(path: Path, seed: str, whole: bytes, data: bytes, frame: int | None) -> bool:
    """Decode `data`, a mutation of the seed's bytes `whole`; returns whether it decoded.

    Raises:
        AssertionError: a picture came out of a file that is not whole, or is larger than allowed.
        Exception: any but ImageError that `decode` raises, and any of `preprocess`, is a finding.
    """
    path.write_bytes(data)
    try:
        image = decode(path, MAX_PIXELS, frame)
    except ImageError as error:
        message = str(error)
        one_line = message.startswith(f"{path}: ") and "\n" not in message
        if not one_line or "MemoryError" in message:
            raise AssertionError(message) from error
        return False
    assert image.mode in ("L", "RGB")
    assert image.width * image.height <= MAX_PIXELS
    for crop in CROPS:
        pixels = preprocess(image, InputSpec(32, 32, "grey", crop))
        assert (pixels.shape, pixels.dtype) == ((32, 32, 1), np.uint8)
    suffix = Path(seed).suffix
    if suffix in NEEDS_ALL and len(data) < len(whole) and whole.startswith(data):
        # What is deflated is made even with a NUL (PS3.5, A.5), and is whole without it.
        assert seed == "deflated.dcm", f"{seed}: decoded, cut to {len(data)} of {len(whole)} bytes"
        assert whole == data + b"\0", f"{seed}: decoded although cut to {len(data)} bytes"
    if suffix in CHECKSUMMED and data != whole:
        path.write_bytes(whole)
        same = np.array_equal(np.asarray(decode(path, MAX_PIXELS, frame)), np.asarray(image))
        assert same, f"{seed}: decoded to other pixels"
    return True


def check_model(path: Path, whole: bytes, data: bytes, payload: bytes) -> bool:
    """Read and verify a model; returns whether it was accepted.

    Raises:
        AssertionError: a changed payload was accepted.
        Exception: any but ModelError is a finding.
    """
    path.write_bytes(data)
    try:
        open_model(path)
    except ModelError as error:
        message = str(error)
        if not message.startswith(f"{path}: ") or "\n" in message:
            raise AssertionError(message) from error
        return False
    # What may differ is the archive's own bookkeeping, which is not used.
    assert data.startswith(payload), "accepted with a changed payload"
    return True


def payload_of(name: str, whole: bytes) -> bytes:
    """The bytes of a model before its manifest."""
    from edge.model_file.payload import MANIFEST_ENTRY

    mark = b"PK\3\4" if name.endswith(".tflite") else bytes([14 << 3 | 2])
    return whole[: whole.rindex(mark, 0, whole.index(MANIFEST_ENTRY.encode()))]

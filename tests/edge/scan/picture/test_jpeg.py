"""JPEG files of kinds that cannot be read are not called damaged."""

import numpy as np
import pytest

from edge.errors import ImageError
from edge.scan.decode import decode
from tests.edge.jpeg_files import extended_jpeg, lossless_jpeg

GREY = np.add.outer(np.arange(48) * 3, np.arange(64) * 1).astype(np.uint16)


def with_marker(data: bytes, old: int, new: int) -> bytes:
    assert data.count(bytes([0xFF, old, 0, 11])) == 1
    return data.replace(bytes([0xFF, old, 0, 11]), bytes([0xFF, new, 0, 11]))


UNREADABLE = {
    "a JPEG of 12 bits a sample": extended_jpeg(GREY * 16, 12),
    "a lossless JPEG": lossless_jpeg(GREY, 8),
    "a JPEG-LS file": b"\xff\xd8\xff\xf7\0\x0b\x08\0\x30\0\x40\x01\x01\x11\0",  # ITU T.87, C.2.2
    "a hierarchical JPEG": with_marker(extended_jpeg(GREY, 8), 0xC1, 0xC5),
    r"a JPEG that tells its height only at its end \(DNL\)": extended_jpeg(GREY, 8, lines=0)[:-2]
    + b"\xff\xdc\0\4\0\x30\xff\xd9",
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_unsupported_is_not_damaged(tmp_path, kind):
    (tmp_path / "a.jpg").write_bytes(UNREADABLE[kind])
    with pytest.raises(ImageError, match=rf"is {kind}, which cannot be read; save it as PNG$"):
        decode(tmp_path / "a.jpg")


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_lossless_of_any_bits(bits):
    with pytest.raises(ImageError, match="a lossless JPEG"):
        decode(lossless_jpeg(GREY, bits))


def test_extended_sequential_of_8_bits_is_read():
    decoded = np.asarray(decode(extended_jpeg(GREY, 8))).astype(int)
    assert np.abs(decoded - GREY).max() <= 1


def test_what_is_cut_is_damaged_of_any_kind(tmp_path):
    data = extended_jpeg(GREY, 8)
    for length in range(100, len(data) - 2, 97):
        with pytest.raises(ImageError, match="copy it again"):
            decode(data[:length])

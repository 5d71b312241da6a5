"""DICOM files that are pictures of another kind as well: refused, unless both show the same."""

import io

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

from edge import ImageError
from edge.scan.decode import decode
from tests.edge.dicom_files import (
    BIG,
    IMPLICIT,
    element,
    mr_image,
    write_dicom,
)

GREY = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)
DEEP = GREY.astype(np.uint16) * 4 + 1000


@pytest.fixture
def path(tmp_path):
    return tmp_path / "slice"  # no suffix: a file is known by its content


def pixels(path, **options):
    image = decode(path, **options)
    assert image.mode == "L"
    return np.asarray(image)


def two_in_one(kind):
    """A file that is a whole picture, dark, and a whole DICOM slice."""
    slice_ = io.BytesIO()
    mr_image(GREY).save_as(slice_, enforce_file_format=True)
    body = slice_.getvalue()[128:]
    dark = np.full((20, 20), 3, np.uint8)
    if kind == "TIFF":
        import tempfile
        from pathlib import Path

        from tests.edge.tiff_files import write_tiff

        with tempfile.TemporaryDirectory() as folder:
            tiff = write_tiff(Path(folder, "a"), dark).read_bytes()
        # Its directory and pixels move behind the data set.
        by = 128 + len(body) - 8
        at = int.from_bytes(tiff[4:8], "little")
        table = bytearray(tiff[at:])
        for entry in range(2, 2 + 12 * table[0], 12):
            if int.from_bytes(table[entry : entry + 2], "little") == 273:
                start = int.from_bytes(table[entry + 8 : entry + 12], "little") + by
                table[entry + 8 : entry + 12] = start.to_bytes(4, "little")
        head = tiff[:4] + (at + by).to_bytes(4, "little")
        tail = tiff[8:at] + bytes(table)
        return head.ljust(128, b"\0") + body + element(0xFFFC, 0xFFFC, b"OB", tail)[:12] + tail
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(dark).save(stream, kind)
    picture = stream.getvalue()
    if kind == "JPEG":  # an application segment from byte 2 reaches over all of the slice
        length = 126 + len(body)
        head = b"\xff\xd8\xff\xe5" + length.to_bytes(2, "big")
        return head.ljust(128, b"\0") + body + picture[2:]
    if kind == "PNG":
        from tests.edge.scan.png_files import chunk

        inner = bytes(128 - 41) + body
        return picture[:33] + chunk(b"prVt", inner) + picture[33:]
    assert kind == "BMP"
    head = bytearray(picture[:54].ljust(128, b"\0"))
    rest = picture[54:]
    table = picture[54 : 54 + 1024]
    head[10:14] = (128 + len(body) + 1024).to_bytes(4, "little")
    del table
    return bytes(head) + body + rest


@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
def test_two_in_one_is_refused(path, kind):
    """They may show different things, so a verdict on either would be one on half of the file."""
    path.write_bytes(two_in_one(kind))
    with pytest.raises(ImageError, match=f"is two in one, a DICOM file and a {kind} picture"):
        decode(path)
    data = path.read_bytes()
    path.write_bytes(bytes(128) + data[128:])
    np.testing.assert_array_equal(pixels(path), GREY)


def test_two_in_one_of_a_kind_that_cannot_be_read(path):
    data = two_in_one("TIFF")
    entry = (259).to_bytes(2, "little") + b"\3\0\1\0\0\0"
    at = data.rindex(entry) + len(entry)
    path.write_bytes(data[:at] + (34712).to_bytes(2, "little") + data[at + 2 :])
    with pytest.raises(ImageError, match="is two in one"):
        decode(path)


def _palette_without_colours(data: bytes) -> bytes:
    entry = (262).to_bytes(2, "little") + b"\3\0\1\0\0\0"
    at = data.rindex(entry) + len(entry)
    return data[:at] + (3).to_bytes(2, "little") + data[at + 2 :]


@pytest.mark.parametrize("kind", ["TIFF, palette", "JPEG", "BMP", "PNG"])
def test_two_in_one_of_which_the_picture_is_not_whole(path, kind):
    """Viewers show what there is of such a picture."""
    name = kind.partition(",")[0]
    data = two_in_one(name)
    path.write_bytes(_palette_without_colours(data) if "," in kind else data[:-8])
    with pytest.raises(ImageError, match=f"is two in one, a DICOM file and a {name} picture"):
        decode(path)


def _own_pixels(
    path, values, *, order="<", lists=1, syntax=None, stored=None, elements=(), **changes
):
    """A DICOM whose preamble begins a TIFF of the same pixels; the lists follow the data set."""
    import struct

    write_dicom(path, values, syntax=syntax, **dict(elements))
    data = path.read_bytes()
    data += bytes(len(data) % 2)
    rows, columns = values.shape[-2:]
    bits = values.dtype.itemsize * 8
    size = rows * columns * bits // 8
    pixels = data.rindex(values.astype(values.dtype.newbyteorder(stored or order)).tobytes())
    tables, at = b"", len(data) + 12
    for number in range(lists):
        tags = {"w256": columns, "h257": rows, "b258": bits, "c259": 1, "p262": 1}
        tags |= {"s273": pixels + number * size, "n277": 1, "r278": rows, "l279": size}
        tags |= changes
        tags = {name: value for name, value in tags.items() if value is not None}
        follows = 0 if number == lists - 1 else at + len(tables) + 6 + 12 * len(tags)
        tables += struct.pack(order + "H", len(tags))
        for name, value in sorted(tags.items(), key=lambda item: int(item[0][1:])):
            tables += struct.pack(order + "HHLL", int(name[1:]), 4, 1, value)
        tables += struct.pack(order + "L", follows)
    big = {"order": "big"} if syntax == BIG else {}
    tail = element(0xFFFC, 0xFFFC, b"OB", tables, implicit=syntax == IMPLICIT, **big)
    tail = tail[: len(tail) - len(tables)].ljust(12, b"\0") + tables
    mark = b"II*\0" if order == "<" else b"MM\0*"
    head = mark + struct.pack(order + "L", at)
    path.write_bytes(head.ljust(128, b"\0") + data[128:] + tail)
    return path


@pytest.mark.parametrize(
    ("values", "order", "syntax"),
    [
        *((GREY, order, syntax) for order in "<>" for syntax in (None, IMPLICIT)),
        *((DEEP, "<", None), (DEEP, "<", IMPLICIT), (DEEP, ">", BIG)),
    ],
)
def test_a_tiff_of_the_same_pixels_is_the_same_slice(path, values, order, syntax):
    """As PS3.10, 7.1, has the preamble for. It was refused as two in one."""
    from PIL import Image

    _own_pixels(path, values, order=order, syntax=syntax)
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), values)
    np.testing.assert_array_equal(pixels(path), GREY)


def test_a_tiff_of_the_same_pixels_white_is_zero(path):
    _own_pixels(path, GREY, p262=0, elements={"PhotometricInterpretation": "MONOCHROME1"})
    np.testing.assert_array_equal(pixels(path), 255 - GREY)


def test_a_tiff_of_the_same_frames(path):
    _own_pixels(path, np.stack([GREY, GREY[::-1], GREY[:, ::-1]]), lists=3)
    np.testing.assert_array_equal(pixels(path, frame=2), GREY[::-1])


@pytest.mark.parametrize(
    "changes",
    [
        *({"w256": 32}, {"h257": 47}, {"p262": 3}, {"s273": 2000}, {"b258": 4}, {"c259": 8}),
        *({"w256": 48, "h257": 64}, {"x330": 300}, {"p262": None}, {"s273": None, "t324": 1500}),
        *({"p262": 0}, {"o274": 2}, {"f266": 2}),
    ],
)
def test_a_tiff_that_shows_them_otherwise_is_another(path, changes):
    _own_pixels(path, GREY, **changes)
    with pytest.raises(ImageError, match="is two in one, a DICOM file and a TIFF picture"):
        decode(path)


def test_a_tiff_of_the_same_pixels_and_of_others_is_another(path):
    _own_pixels(path, GREY, lists=2)
    with pytest.raises(ImageError, match="is two in one"):
        decode(path)


def test_a_tiff_of_values_the_wrong_way_round_is_another(path):
    """Big-endian in the TIFF, little-endian in the DICOM: the same bytes, other pixels."""
    _own_pixels(path, DEEP, order=">", stored="<")
    with pytest.raises(ImageError, match="is two in one"):
        decode(path)


def test_lists_without_end_cost_no_time(path):
    import struct
    import time

    body = write_dicom(path, GREY).read_bytes()[128:]
    lists = b"".join(
        struct.pack("<HHHLLL", 1, 256, 4, 1, 9, 128 + len(body) + 12 + 18 * (n + 1))
        for n in range(200_000)
    )
    tail = element(0xFFFC, 0xFFFC, b"OB", lists)
    head = b"II*\0" + (128 + len(body) + 12).to_bytes(4, "little")
    path.write_bytes(head.ljust(128, b"\0") + body + tail)
    began = time.perf_counter()
    np.testing.assert_array_equal(pixels(path), GREY)
    assert time.perf_counter() - began < 5

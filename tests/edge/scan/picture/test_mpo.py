"""JPEG with further pictures behind the first: whole ones are frames, previews are none."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from edge.errors import ImageError
from edge.scan.decode import decode, read_scan

GREY = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)
OTHER = np.ascontiguousarray(GREY[::-1])
SMALL = np.ascontiguousarray(OTHER[::2, ::2])
PASSED = "it holds a preview or a map as well, which is passed over"
NOT_THERE = "it names a further picture that is not in the file"
UNDEFINED, THUMBNAIL, PANORAMA, DISPARITY, ANGLE = 0, 0x010001, 0x020001, 0x020002, 0x020003


def jpeg(values, segment=b"", **options):
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, "JPEG", quality=95, **options)
    data = stream.getvalue()
    return data[:2] + segment + data[2:]


def app(number, body):
    return struct.pack(">BBH", 0xFF, 0xE0 + number, len(body) + 2) + body


XMP = b"http://ns.adobe.com/xap/1.0/\0"
GAIN_MAP = app(1, XMP + b'<x hdrgm:Version="1.0"/>')
APPLE = app(1, XMP + b"<x>urn:com:apple:photo:2020:aux:hdrgainmap</x>")
ISO = app(2, b"urn:iso:std:iso:ts:21496:-1\0")


def mpo(first, *others, order="<", head=b""):
    """`others`: (kind, the bytes of a JPEG)."""
    count = 1 + len(others)
    mark = b"II*\0" if order == "<" else b"MM\0*"
    at = 8 + 2 + 3 * 12 + 4  # of the entries, behind the list of properties
    length = 4 + at + 16 * count
    start = 2 + len(head) + 4 + 4  # of the index, from which positions count
    position = len(first) + len(head) + 4 + length - start
    entries = struct.pack(order + "LLLHH", 0x030000, position + start, 0, 0, 0)
    for kind, data in others:
        entries += struct.pack(order + "LLLHH", kind, len(data), position, 0, 0)
        position += len(data)
    index = mark + struct.pack(order + "LH", 8, 3)
    index += struct.pack(order + "HHL4s", 0xB000, 7, 4, b"0100")
    index += struct.pack(order + "HHLL", 0xB001, 4, 1, count)
    index += struct.pack(order + "HHLL", 0xB002, 7, 16 * count, at)
    index += struct.pack(order + "L", 0) + entries
    segment = app(2, b"MPF\0" + index)
    assert len(segment) == 4 + length
    return first[:2] + head + segment + first[2:] + b"".join(data for _, data in others)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a"


def pixels(data):
    return np.asarray(decode(data))


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", [UNDEFINED, PANORAMA, DISPARITY, ANGLE, 0x030000])
def test_a_second_whole_picture_is_a_frame(path, kind, order):
    path.write_bytes(mpo(jpeg(GREY), (kind, jpeg(OTHER)), order=order))
    with pytest.raises(ImageError, match="holds 2 frames; choose one with --frame 1, 2"):
        decode(path)
    for frame, values in ((1, GREY), (2, OTHER)):
        scan = read_scan(path, frame=frame)
        np.testing.assert_array_equal(np.asarray(scan.image), pixels(jpeg(values)))
        assert scan.remarks == ()
    with pytest.raises(ImageError, match="has no frame 3, the last is 2"):
        decode(path, frame=3)


def test_as_pillow_writes_it(path):
    images = [Image.fromarray(values) for values in (GREY, OTHER, GREY[:, ::-1])]
    images[0].save(path, "MPO", save_all=True, append_images=images[1:])
    with pytest.raises(ImageError, match="holds 3 frames"):
        decode(path)
    assert np.abs(np.asarray(decode(path, frame=3)).astype(int) - GREY[:, ::-1]).max() < 30


@pytest.mark.parametrize(
    ("kind", "values", "segment", "head"),
    [
        (UNDEFINED, SMALL, b"", b""),
        (THUMBNAIL, SMALL, b"", b""),
        (THUMBNAIL, OTHER, b"", b""),
        (UNDEFINED, OTHER, GAIN_MAP, b""),
        (UNDEFINED, OTHER, b"", GAIN_MAP),
        (UNDEFINED, OTHER, APPLE, b""),
        (UNDEFINED, OTHER, ISO, b""),
    ],
)
def test_previews_and_maps_are_passed_over(path, kind, values, segment, head):
    path.write_bytes(mpo(jpeg(GREY), (kind, jpeg(values, segment)), head=head))
    for frame in (None, 1):
        scan = read_scan(path, frame=frame)
        np.testing.assert_array_equal(np.asarray(scan.image), pixels(jpeg(GREY)))
        assert scan.remarks == (PASSED,)
    with pytest.raises(ImageError, match="has no frame 2, the last is 1"):
        decode(path, frame=2)


def test_previews_are_not_counted_among_frames(path):
    others = (THUMBNAIL, jpeg(SMALL)), (DISPARITY, jpeg(OTHER))
    path.write_bytes(mpo(jpeg(GREY), *others))
    scan = read_scan(path, frame=2)
    np.testing.assert_array_equal(np.asarray(scan.image), pixels(jpeg(OTHER)))


def test_what_programs_cut_off_is_not_missed(path):
    """Those that keep the index and send the first picture alone."""
    whole = mpo(jpeg(GREY), (UNDEFINED, jpeg(OTHER)))
    path.write_bytes(whole[: -len(jpeg(OTHER))])
    scan = read_scan(path)
    np.testing.assert_array_equal(np.asarray(scan.image), pixels(jpeg(GREY)))
    assert scan.remarks == (NOT_THERE,)


def test_a_second_picture_that_is_cut(path):
    path.write_bytes(mpo(jpeg(GREY), (UNDEFINED, jpeg(OTHER)))[:-100])
    np.testing.assert_array_equal(np.asarray(decode(path, frame=1)), pixels(jpeg(GREY)))
    with pytest.raises(ImageError, match="is truncated"):
        decode(path, frame=2)


@pytest.mark.parametrize("at", range(0, 66, 5))
def test_a_damaged_index_is_none(path, at):
    whole = bytearray(mpo(jpeg(GREY), (UNDEFINED, jpeg(OTHER))))
    start = whole.index(b"MPF\0") + 4 + at
    whole[start : start + 4] = b"\xff\xfe\xff\xfe"
    path.write_bytes(whole)
    np.testing.assert_array_equal(np.asarray(decode(path, frame=1)), pixels(jpeg(GREY)))


def test_thousands_of_entries_cost_no_time(path):
    import time

    others = [(UNDEFINED, b"\xff\xd8\xff")] * 4000
    path.write_bytes(mpo(jpeg(GREY), *others))
    began = time.perf_counter()
    decode(path, frame=1)
    assert time.perf_counter() - began < 2

"""Where the pixels are, whether they are whole, and their numbers in the right order."""

import io

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

from PIL import Image

from edge.errors import ImageError, RejectedError
from edge.scan.decode import decode
from tests.edge.dicom_files import (
    BIG,
    EXPLICIT,
    IMPLICIT,
    JPEG,
    JPEG_2000_LOSSLESS,
    RLE,
    element,
    mr_image,
    replace_meta_syntax,
    write_compressed,
    write_dicom,
)

GREY = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)
DEEP = GREY.astype(np.uint16) * 4 + 1000


@pytest.fixture
def path(tmp_path):
    return tmp_path / "slice"


def pixels(path, **options):
    return np.asarray(decode(path, **options))


def saved(values, kind, **options):
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, kind, **options)
    return stream.getvalue()


def jpeg(values=GREY):
    return saved(values, "JPEG", quality=95)


def jpeg_2000(values=DEEP):
    return saved(values, "JPEG2000", no_jp2=True, irreversible=False)


def rle(path, values, **elements):
    data = mr_image(values, **elements)
    data.compress(RLE)
    data.save_as(path)
    return path


# Native


@pytest.mark.parametrize("vr", ["OB", "OW"])
@pytest.mark.parametrize("shape", [(20, 21), (21, 20), (21, 21), (20, 20)])
@pytest.mark.parametrize("frames", [1, 2, 3, 5])
def test_8_bits_big_endian(path, vr, shape, frames):
    """In words (OW) two pixels are turned round, also where a frame begins within a word."""
    values = np.random.default_rng(0).integers(0, 256, (frames, *shape)).astype(np.uint8)
    values[:, 0, 0], values[:, 0, 1] = 0, 255
    stream = values.tobytes() + b"\0" * (values.size % 2)
    data = mr_image(values, syntax=BIG)
    if vr == "OW":
        stream = np.frombuffer(stream, "<u2").byteswap().tobytes()
    data.PixelData = stream
    data["PixelData"].VR = vr
    data.save_as(path)
    for frame in range(frames):
        np.testing.assert_array_equal(pixels(path, frame=frame + 1), values[frame])


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_8_bits_in_little_endian_words_stay_as_they_are(path, syntax):
    data = mr_image(GREY, syntax=syntax)
    data["PixelData"].VR = "OW"
    data.save_as(path)
    np.testing.assert_array_equal(pixels(path), GREY)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG])
def test_12_signed_bits(path, syntax):
    values = (DEEP.astype(np.int16) - 1500) & 0x0FFF
    write_dicom(path, values, syntax=syntax, BitsStored=12, HighBit=11, PixelRepresentation=1)
    np.testing.assert_array_equal(pixels(path), GREY)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("high", range(11, 16))
@pytest.mark.parametrize("compressed", [False, True])
def test_wherever_the_12_bits_stand(path, signed, high, compressed):
    """What else is in the cell, overlays say, is no part of the value (PS3.5, 8.1.1)."""
    values = DEEP.astype(np.int32) - 1500 * signed
    rest = np.random.default_rng(0).integers(0, 1 << 16, DEEP.shape)
    mask = 0x0FFF << (high - 11)
    cells = ((values << (high - 11)) & mask | rest & ~mask & 0xFFFF).astype(np.uint16)
    elements = {"BitsStored": 12, "HighBit": high, "PixelRepresentation": int(signed)}
    (rle if compressed else write_dicom)(path, cells, **elements)
    np.testing.assert_array_equal(pixels(path), GREY)


@pytest.mark.parametrize("high", [None, 0, 5, 16, 200])
def test_a_high_bit_that_cannot_be(path, high):
    write_dicom(path, DEEP, BitsStored=12, HighBit=high)
    np.testing.assert_array_equal(pixels(path), GREY)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.uint32])
def test_frames(path, syntax, dtype):
    values = np.stack([GREY, GREY[::-1], GREY[:, ::-1]]).astype(dtype)
    write_dicom(path, values, syntax=syntax)
    for frame, right in ((1, GREY), (2, GREY[::-1]), (3, GREY[:, ::-1])):
        np.testing.assert_array_equal(pixels(path, frame=frame), right)


# Encoded otherwise than the meta header says


@pytest.mark.parametrize("stated", [EXPLICIT, IMPLICIT])
@pytest.mark.parametrize("true", [EXPLICIT, IMPLICIT])
def test_the_bytes_tell_the_encoding(path, true, stated):
    replace_meta_syntax(write_dicom(path, DEEP, syntax=true), stated)
    np.testing.assert_array_equal(pixels(path), GREY)


@pytest.mark.parametrize("stated", [EXPLICIT, IMPLICIT])
def test_compressed_pixels_that_are_said_to_be_none(path, stated):
    write_compressed(path, [jpeg()], GREY, JPEG)
    replace_meta_syntax(path, stated)
    with pytest.raises(ImageError, match="says that its pixels are not compressed, and they are"):
        decode(path)


def test_plain_pixels_that_are_said_to_be_compressed(path):
    replace_meta_syntax(write_dicom(path, DEEP), JPEG)
    with pytest.raises(ImageError, match="compressed pixels without a beginning"):
        decode(path)


# Compressed


def test_rle(path):
    rle(path, np.stack([DEEP, DEEP[::-1]]))
    np.testing.assert_array_equal(pixels(path, frame=2), GREY[::-1])


def test_jpeg(path):
    write_compressed(path, [jpeg(), jpeg(GREY[::-1].copy())], GREY, JPEG)
    for frame, right in ((1, GREY), (2, GREY[::-1])):
        assert np.abs(pixels(path, frame=frame).astype(int) - right).mean() < 2


def test_jpeg_2000(path):
    write_compressed(path, [jpeg_2000()], DEEP, JPEG_2000_LOSSLESS)
    np.testing.assert_array_equal(pixels(path), GREY)


STREAMS = {
    "jpeg": (jpeg, GREY, JPEG),
    "jpeg 2000": (jpeg_2000, DEEP, JPEG_2000_LOSSLESS),
}


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize(
    "padding",
    [b"\0", b"\0" * 7, b"\0" * 5000, b"\xff" * 9, b"  ", b"\xff\xd9" * 3, bytes(range(256)) * 9],
)
def test_whatever_follows_the_end_mark_of_a_frame(path, kind, padding):
    stream, values, syntax = STREAMS[kind]
    plain = pixels(write_compressed(path, [stream()], values, syntax))
    padded = pixels(write_compressed(path, [stream() + padding], values, syntax))
    np.testing.assert_array_equal(padded, plain)


@pytest.mark.parametrize("kind", [*STREAMS, "rle"])
@pytest.mark.parametrize("length", [0, 2, 100, 6000, 100_000])
def test_whatever_follows_the_pixels(path, kind, length):
    """Trailing padding, and groups of a maker's own, may (PS3.10, 7.2)."""
    if kind == "rle":
        rle(path, DEEP)
    else:
        stream, values, syntax = STREAMS[kind]
        write_compressed(path, [stream()], values, syntax)
    plain, whole = pixels(path), path.read_bytes()
    tails = [element(0xFFFC, 0xFFFC, b"OB", bytes(length))]
    tails.append(element(0x7FE1, 0x0010, b"LO", b"MAKER ") + element(0x7FE1, 0x1001, b"UN", b"ab"))
    for tail in (*tails, b"".join(tails[::-1]), b"\0" * length):
        path.write_bytes(whole + tail)
        np.testing.assert_array_equal(pixels(path), plain)


@pytest.mark.parametrize("kind", [*STREAMS, "rle", "native"])
def test_a_cut_file_never_decodes(path, kind):
    if kind == "native":
        write_dicom(path, DEEP)
    elif kind == "rle":
        rle(path, DEEP)
    else:
        stream, values, syntax = STREAMS[kind]
        write_compressed(path, [stream()], values, syntax)
    whole = path.read_bytes()
    for length in [*range(1, len(whole), len(whole) // 60), *range(len(whole) - 9, len(whole))]:
        path.write_bytes(whole[:length])
        with pytest.raises(ImageError, match="slice: ") as caught:
            decode(path)
        assert not isinstance(caught.value, RejectedError)


@pytest.mark.parametrize("kind", STREAMS)
def test_a_frame_that_is_cut_in_a_whole_file(path, kind):
    stream, values, syntax = STREAMS[kind]
    data = stream()
    for length in range(len(data) // 2, len(data) - 1, 40):
        write_compressed(path, [data[:length]], values, syntax)
        with pytest.raises(ImageError, match="truncated"):
            decode(path)


def test_a_thumbnail_is_no_end(path):
    """The end mark of a picture within an application segment is none of the frame."""
    data = jpeg()
    inner = jpeg(GREY[:8, :8].copy())
    app = b"\xff\xe5" + (len(inner) + 2).to_bytes(2, "big") + inner
    write_compressed(path, [data[:2] + app + data[2:-200]], GREY, JPEG)
    with pytest.raises(ImageError, match="truncated"):
        decode(path)
    write_compressed(path, [data[:2] + app + data[2:]], GREY, JPEG)
    assert np.abs(pixels(path).astype(int) - GREY).mean() < 2


@pytest.mark.parametrize("length", [0xFFFFFFFE, 0xFFFFFFFF, 0x7FFFFFFF, 1 << 20])
@pytest.mark.parametrize("item", [0, 1])
def test_an_item_of_absurd_length(path, length, item):
    write_compressed(path, [jpeg()], GREY, JPEG)
    whole = path.read_bytes()
    at = -1
    for _ in range(item + 1):
        at = whole.index(b"\xfe\xff\x00\xe0", at + 1)
    path.write_bytes(whole[: at + 4] + length.to_bytes(4, "little") + whole[at + 8 :])
    with pytest.raises(ImageError, match="truncated"):
        decode(path)


def test_compressed_pixels_of_another_size(path):
    write_compressed(path, [jpeg()], GREY, JPEG, Rows=24)
    with pytest.raises(ImageError, match="another size"):
        decode(path)
    write_compressed(path, [jpeg_2000()], DEEP, JPEG_2000_LOSSLESS, Columns=24)
    with pytest.raises(ImageError, match="another size"):
        decode(path)

"""Compressed frames whose table of offsets is wrong, and those that are damaged."""

import itertools

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.pixels import get_decoder

from edge.errors import ImageError, MissingSoftwareError
from edge.scan.decode import decode
from tests.edge.dicom_files import JPEG_2000_LOSSLESS, JPEG_LS, mr_image, write_compressed
from tests.edge.scan.dicom.test_pixel_data import DEEP, GREY, jpeg_2000, pixels, rle


def with_table(path, frames, table):
    """As `write_compressed`, with places of frames in the table that are not theirs."""
    write_compressed(path, frames, DEEP, JPEG_2000_LOSSLESS)
    data = bytearray(path.read_bytes())
    right = encapsulate(frames)[8 : 8 + 4 * len(frames)]
    at = data.index(b"\xfe\xff\x00\xe0") + 8
    assert data[at : at + len(right)] == right
    data[at : at + len(right)] = np.array(table, "<u4").tobytes()
    path.write_bytes(data)


@pytest.mark.parametrize("place", [4, 1000, 0xFFFFFFFE])
def test_of_one_frame_the_table_is_not_asked(tmp_path, place):
    path = tmp_path / "slice"
    with_table(path, [jpeg_2000()], [place])
    np.testing.assert_array_equal(pixels(path), GREY)


@pytest.mark.parametrize("table", [(0, 0), (0, 6), (2, 0)])
def test_of_a_fragment_a_frame_the_table_is_not_asked(tmp_path, table):
    """Frame 2 would else be the first one's pixels."""
    path = tmp_path / "slice"
    with_table(path, [jpeg_2000(), jpeg_2000(DEEP[::-1].copy())], table)
    np.testing.assert_array_equal(pixels(path, frame=1), GREY)
    np.testing.assert_array_equal(pixels(path, frame=2), GREY[::-1])


def of_fragments(path, frames, table):
    """Frames of several fragments each, with that table."""
    items = [np.array(table, "<u4").tobytes(), *(one for frame in frames for one in frame)]
    pixel_data = b"".join(
        b"\xfe\xff\x00\xe0" + len(one).to_bytes(4, "little") + one for one in items
    )
    data = mr_image(DEEP, syntax=JPEG_2000_LOSSLESS, NumberOfFrames=len(frames))
    data.PixelData = pixel_data + b"\xfe\xff\xdd\xe0\0\0\0\0"
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    data.save_as(path, enforce_file_format=True)


def cut(data, parts):
    """Into fragments of even length."""
    data += b"\0" * (len(data) % 2)
    ends = [len(data) * n // parts // 2 * 2 for n in range(parts + 1)]
    return [data[a:b] for a, b in itertools.pairwise(ends)]


@pytest.mark.parametrize("parts", [(1, 1), (2, 2), (1, 3), (3, 1), (2, 1)])
@pytest.mark.parametrize("kind", ["right", "none", "zeros", "another file's"])
def test_frames_of_several_fragments(tmp_path, parts, kind):
    whole = [jpeg_2000(), jpeg_2000(DEEP[::-1].copy())]
    frames = [cut(data, n) for data, n in zip(whole, parts, strict=True)]
    second = sum(8 + len(one) for one in frames[0])
    table = {"right": [0, second], "none": [], "zeros": [0, 0], "another file's": [0, 1000]}[kind]
    of_fragments(tmp_path / "slice", frames, table)
    for frame, right in ((1, GREY), (2, GREY[::-1])):
        np.testing.assert_array_equal(pixels(tmp_path / "slice", frame=frame), right)


def test_a_frame_that_is_lost_is_not_another_one(tmp_path):
    """As many fragments as frames, but two of them are the first's."""
    frames = [cut(jpeg_2000(), 2), [jpeg_2000(DEEP[::-1].copy())], []]
    second = sum(8 + len(one) for one in frames[0])
    third = second + 8 + len(frames[1][0])
    path = tmp_path / "slice"
    of_fragments(path, frames, [0, second, third])
    np.testing.assert_array_equal(pixels(path, frame=1), GREY)
    np.testing.assert_array_equal(pixels(path, frame=2), GREY[::-1])
    with pytest.raises(ImageError):
        decode(path, frame=3)


def spoilt(data: bytes) -> bytes:
    """With another number of components in its header (SIZ; T.800, A.5.1), which none has."""
    at = data.index(b"\xff\x51") + 38
    return data[:at] + b"\x00\x00" + data[at + 2 :]


def test_a_damaged_stream_wants_no_other_decoder(tmp_path, monkeypatch):
    """Whatever else could be installed: that some decoder is missing is true nearly everywhere."""
    decoder = get_decoder(JPEG_2000_LOSSLESS)
    monkeypatch.setattr(decoder, "_unavailable", {"gdcm": ("python-gdcm>=3.0.10",)})
    path = tmp_path / "slice"
    write_compressed(path, [spoilt(jpeg_2000())], DEEP, JPEG_2000_LOSSLESS)
    with pytest.raises(ImageError, match="damaged") as caught:
        decode(path)
    assert not isinstance(caught.value, MissingSoftwareError)


@pytest.mark.parametrize("code", [" MR", "MR  "])
def test_spaces_around_a_code_mean_nothing(tmp_path, code):
    data = mr_image(DEEP, PhotometricInterpretation=" MONOCHROME2", Modality=code)
    data.save_as(tmp_path / "slice", enforce_file_format=True)
    np.testing.assert_array_equal(pixels(tmp_path / "slice"), GREY)


def test_a_transfer_syntax_of_dicoms_own_that_pydicom_does_not_know(tmp_path):
    from tests.edge.dicom_files import replace_meta_syntax

    path = tmp_path / "slice"
    write_compressed(path, [jpeg_2000()], DEEP, JPEG_LS)
    replace_meta_syntax(path, "1.2.840.10008.1.2.4.999")
    with pytest.raises(ImageError, match="pydicom, as installed, does not know"):
        decode(path)


@pytest.mark.parametrize("stated", [1, 2])
@pytest.mark.parametrize("kind", ["RLE", "JPEG 2000"])
def test_more_frames_than_stated_are_no_image(tmp_path, kind, stated):
    """The others would be left out unseen, of a series as well."""
    path = tmp_path / "slice"
    if kind == "RLE":
        rle(path, np.stack([DEEP] * 3))
    else:
        write_compressed(path, [jpeg_2000()] * 3, DEEP, JPEG_2000_LOSSLESS)
    np.testing.assert_array_equal(pixels(path, frame=3), GREY)
    data = dcmread(path, force=True)
    data.NumberOfFrames = stated
    data.save_as(path)
    words = f"slice: holds the pixels of 3 frames and says that it has {stated}; export it again"
    with pytest.raises(ImageError, match=words):
        decode(path, frame=1)

"""Which decoder reads a compressed frame, what it makes of it, and what is said without one."""

import contextlib

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

import pydicom
from pydicom.pixels import get_decoder

from edge.errors import ImageError, MissingSoftwareError
from edge.scan.decode import decode
from tests.edge.dicom_files import (
    JPEG,
    JPEG_2000_LOSSLESS,
    JPEG_EXTENDED,
    JPEG_LOSSLESS,
    JPEG_LS,
    mr_image,
    replace_meta_syntax,
    write_compressed,
    write_dicom,
)
from tests.edge.jpeg_files import extended_jpeg, lossless_jpeg
from tests.edge.scan.dicom.test_pixel_data import DEEP, GREY, jpeg, jpeg_2000, pixels, rle


@pytest.fixture
def path(tmp_path):
    return tmp_path / "slice"


@pytest.mark.parametrize("syntax", ["1.2.3.4.5", "1.2.840.113619.5.2", "1.3.46.670589.33.1.4.1"])
def test_a_private_transfer_syntax(path, syntax):
    for write in (
        lambda: write_compressed(path, [jpeg()], GREY, JPEG),
        lambda: write_dicom(path, DEEP),
    ):
        write()
        replace_meta_syntax(path, syntax)
        with pytest.raises(ImageError, match="a private transfer syntax") as caught:
            decode(path)
        assert "damaged" not in str(caught.value)
        assert syntax not in str(caught.value)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.102"])
def test_video_is_named(path, syntax):
    write_compressed(path, [jpeg()], GREY, JPEG)
    replace_meta_syntax(path, syntax)
    with pytest.raises(ImageError, match=r"is compressed as MPEG.*which is not supported"):
        decode(path)


KINDS = {
    "JPEG Extended": (JPEG_EXTENDED, lambda: extended_jpeg(DEEP), 12, 1.0),
    "JPEG Lossless": (JPEG_LOSSLESS, lambda: lossless_jpeg(DEEP), 16, 0),
}


@pytest.mark.parametrize("name", KINDS)
def test_with_its_decoder(path, name):
    pytest.importorskip("libjpeg", reason="pylibjpeg-libjpeg is not installed")
    syntax, stream, bits, bound = KINDS[name]
    write_compressed(path, [stream()], DEEP, syntax, BitsStored=bits, HighBit=bits - 1)
    assert np.abs(pixels(path).astype(int) - GREY).mean() <= bound


@pytest.mark.parametrize("name", KINDS)
def test_without_its_decoder(path, name, monkeypatch):
    """Of Extended Pillow decodes 8 bits only, and says that it decodes it."""
    syntax, stream, bits, _ = KINDS[name]
    decoder = get_decoder(syntax)
    kept = {key: value for key, value in decoder._available.items() if key == "pillow"}
    monkeypatch.setattr(decoder, "_available", kept)
    monkeypatch.setattr(decoder, "_unavailable", {"pylibjpeg": ("pylibjpeg-libjpeg>=2.1",)})
    write_compressed(path, [stream()], DEEP, syntax, BitsStored=bits, HighBit=bits - 1)
    with pytest.raises(MissingSoftwareError, match=rf"compressed as {name}.*pip install pylibjpeg"):
        decode(path)


def test_jpeg_ls(path):
    pytest.importorskip("jpeg_ls", reason="pyjpegls, which writes it, is not installed")
    data = mr_image(DEEP)
    data.compress(JPEG_LS)
    data.save_as(path)
    np.testing.assert_array_equal(pixels(path), GREY)
    frame = pydicom.encaps.get_frame(pydicom.dcmread(path, force=True).PixelData, 0)
    write_compressed(path, [frame.rstrip(b"\0") + b"\0" * 999], DEEP, JPEG_LS)
    np.testing.assert_array_equal(pixels(path), GREY)
    write_compressed(path, [frame[: len(frame) // 2]], DEEP, JPEG_LS)
    with pytest.raises(ImageError, match="truncated"):
        decode(path)


def test_damaged_rle_is_an_error_like_any_other(path, capfd):
    """The decoder of pylibjpeg-rle would panic, which is no Exception."""
    whole = rle(path, DEEP).read_bytes()
    at = whole.index(b"\xfe\xff\x00\xe0", whole.index(b"\xfe\xff\x00\xe0") + 1) + 8 + 64
    for value in (0x7F, 0x80, 0x81, 0xFF):
        for place in range(at, len(whole) - 8, 97):
            path.write_bytes(whole[:place] + bytes([value]) * 3 + whole[place + 3 :])
            with contextlib.suppress(ImageError):
                decode(path)
    assert not capfd.readouterr().err


def test_an_end_mark_within_a_comment_is_no_end(path):
    """Of JPEG 2000: the tile parts are followed, not searched (ITU T.800, A.9.2)."""
    data = jpeg_2000()
    at = data.index(b"\xff\x90")
    comment = b"\xff\x64\0\x08\0\1\xff\xd9\xff\xd9"
    write_compressed(path, [data[:at] + comment + data[at:-100]], DEEP, JPEG_2000_LOSSLESS)
    with pytest.raises(ImageError, match="truncated"):
        decode(path)
    write_compressed(path, [data[:at] + comment + data[at:]], DEEP, JPEG_2000_LOSSLESS)
    np.testing.assert_array_equal(pixels(path), GREY)


def test_values_in_the_upper_part_of_a_compressed_cell(tmp_path):
    pytest.importorskip("openjpeg", reason="pylibjpeg-openjpeg is not installed")
    from pydicom import dcmread
    from pydicom.uid import JPEG2000Lossless

    values = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64)
    options = {"WindowCenter": 2048, "WindowWidth": 4096}
    plain = write_dicom(tmp_path / "plain", values, BitsStored=12, HighBit=11, **options)
    data = dcmread(write_dicom(tmp_path / "upper", values << 4, **options))
    data.compress(JPEG2000Lossless)
    data.BitsStored, data.HighBit = 12, 15
    data.save_as(tmp_path / "upper")
    np.testing.assert_array_equal(np.asarray(decode(tmp_path / "upper")), np.asarray(decode(plain)))

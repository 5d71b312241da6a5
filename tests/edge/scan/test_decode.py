"""Any pixel format becomes the same 8-bit image; a damaged file becomes one clear error."""

import io
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from edge.errors import ImageError
from edge.scan.decode import decode, from_array
from edge.scan.file_format import is_image_file, sniff

GREY = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)
RGB = np.dstack([GREY, GREY[::-1], 255 - GREY])


def save(path, pixels, mode=None, **options):
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


def pixels_of(path):
    return np.asarray(decode(path))


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.gif", "a.tif", "a.webp"])
def test_lossless_formats_keep_their_pixels(tmp_path, name):
    options = {"lossless": True} if name.endswith("webp") else {}
    decoded = decode(save(tmp_path / name, GREY, **options)).convert("L")
    np.testing.assert_array_equal(np.asarray(decoded), GREY)


def test_jpeg_is_decoded(tmp_path):
    decoded = pixels_of(save(tmp_path / "a.jpg", GREY, quality=95))
    assert decoded.shape == GREY.shape
    assert np.abs(decoded.astype(int) - GREY).mean() < 2


def test_a_file_is_known_by_its_content(tmp_path):
    save(tmp_path / "real.png", GREY)
    liar = (tmp_path / "real.png").rename(tmp_path / "liar.jpg")
    np.testing.assert_array_equal(pixels_of(liar), GREY)


def test_palette_becomes_its_colours(tmp_path):
    image = Image.fromarray(GREY // 64 * 64).quantize(4)
    image.save(tmp_path / "p.png")
    expected = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(pixels_of(tmp_path / "p.png"), expected)


def test_transparency_lies_over_black(tmp_path):
    alpha = np.zeros_like(GREY)
    alpha[:, :32] = 255
    path = save(tmp_path / "rgba.png", np.dstack([RGB, alpha]))
    decoded = pixels_of(path)
    np.testing.assert_array_equal(decoded[:, :32], RGB[:, :32])
    assert (decoded[:, 32:] == 0).all()


def test_grey_with_alpha_stays_grey(tmp_path):
    path = save(tmp_path / "la.png", np.dstack([GREY, np.full_like(GREY, 255)]))
    np.testing.assert_array_equal(pixels_of(path), GREY)


def test_a_second_frame_of_a_grey_gif(tmp_path):
    """Pillow gives it a mode with a palette, and no palette."""
    rng = np.random.default_rng(0)
    first, second = (Image.fromarray(rng.integers(0, 256, (20, 20), np.uint8)) for _ in range(2))
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
    for frame, picture in enumerate((first, second), 1):
        found = decode(tmp_path / "a.gif", frame=frame)
        np.testing.assert_array_equal(np.asarray(found.convert("L")), np.asarray(picture))


def test_bytes_are_the_content_of_a_file(tmp_path):
    Image.new("L", (9, 8)).save(tmp_path / "scan.png")
    assert decode((tmp_path / "scan.png").read_bytes()).size == (9, 8)
    with pytest.raises(ImageError, match="bytes: is not an image of a supported format"):
        decode(b"scan.png")


def test_names_that_no_file_can_have():
    for name in ("a\0b.png", "\ud800.png"):
        with pytest.raises(ImageError, match=r"no name that a file can have|cannot be read"):
            decode(name)


@pytest.mark.parametrize("frame", [0, -1])
def test_frames_count_from_one(tmp_path, frame):
    with pytest.raises(ImageError, match="the first is 1"):
        decode(save(tmp_path / "g.png", GREY), frame=frame)


def test_cmyk_becomes_rgb(tmp_path):
    path = save(tmp_path / "c.jpg", np.dstack([GREY] * 3), mode="CMYK", quality=95)
    decoded = pixels_of(path)
    assert decoded.shape == (48, 64, 3)
    assert np.abs(decoded.mean(axis=2) - GREY).mean() < 4


def test_one_bit_becomes_black_and_white(tmp_path):
    decoded = pixels_of(save(tmp_path / "b.png", GREY, mode="1"))
    assert set(np.unique(decoded)) == {0, 255}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path, orientation):
    image = Image.fromarray(GREY)
    exif = Image.Exif()
    exif[274] = orientation
    image.save(tmp_path / "o.png", exif=exif)
    # EXIF 2.32: what the 0th row and 0th column of the file are in the picture.
    expected = {
        1: GREY,
        2: GREY[:, ::-1],
        3: GREY[::-1, ::-1],
        4: GREY[::-1],
        5: GREY.T,
        6: GREY.T[:, ::-1],
        7: GREY.T[::-1, ::-1],
        8: GREY.T[::-1],
    }[orientation]
    np.testing.assert_array_equal(pixels_of(tmp_path / "o.png"), expected)


def encoded(kind, **options):
    file = io.BytesIO()
    Image.fromarray(RGB).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "options"),
    [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("BMP", {}), ("WEBP", {})],
)
def test_a_cut_file_never_decodes(tmp_path, kind, options):
    whole = encoded(kind, **options)
    path = tmp_path / "cut.img"
    near_the_end = range(len(whole) - 20, len(whole))
    for length in [*range(1, len(whole), max(1, len(whole) // 60)), *near_the_end]:
        path.write_bytes(whole[:length])
        with pytest.raises(ImageError, match=r"cut\.img: "):
            decode(path)


def png_header(width, height):
    body = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + body
    header = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + header


def test_absurd_dimensions_are_refused_on_the_header(tmp_path):
    path = tmp_path / "bomb.png"
    image_data = struct.pack(">I", 8) + b"IDAT" + b"\0" * 12
    path.write_bytes(png_header(40_000, 40_000) + image_data + b"IEND\xaeB`\x82")
    with pytest.raises(ImageError, match=r"bomb\.png: 40000x40000 pixels is more than .*--max-pix"):
        decode(path)


def test_max_pixels_is_a_limit(tmp_path):
    path = save(tmp_path / "a.png", GREY)
    assert decode(path, max_pixels=64 * 48).size == (64, 48)
    with pytest.raises(ImageError):
        decode(path, max_pixels=64 * 48 - 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b"Hello, I am a text.\n", "not an image of a supported format")],
)
def test_what_is_no_image_is_named(tmp_path, content, words):
    path = tmp_path / "x.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=rf"x\.png: .*{words}"):
        decode(path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("scan.nii.gz", b"\x1f\x8b\x08\0", "is a NIfTI volume, .* --series takes"),
        ("scan.NII", b"", "is empty"),
        ("scan.NII", b"?", "is a NIfTI volume, .* --series takes"),
        (
            "scan",
            (348).to_bytes(4, "little") + bytes(348),
            "is a NIfTI volume, .* --series takes",
        ),
        ("scan", (540).to_bytes(4, "big") + bytes(540), "is a NIfTI volume, .* --series takes"),
        ("scan.zip", b"PK\x03\x04", "is a ZIP archive; give it as zip://FILE, or unpack it"),
        ("scan.dcm.gz", b"\x1f\x8b\x08\0", "is packed, or an archive; unpack it"),
    ],
)
def test_what_holds_scans_and_is_none_says_what_to_do(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImageError, match=rf"{name}: {words}"):
        decode(path)


def test_missing_files_and_folders_are_named(tmp_path):
    with pytest.raises(ImageError, match=r"gone\.png: cannot be read \(No such file"):
        decode(tmp_path / "gone.png")
    with pytest.raises(ImageError, match="is a folder"):
        decode(tmp_path)
    with pytest.raises(ImageError, match="not a regular file"):
        decode("/dev/zero")


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG"])
def test_more_than_one_frame_is_refused(tmp_path, kind):
    frames = [Image.fromarray(RGB), Image.fromarray(RGB[::-1].copy())]
    path = tmp_path / "two.img"
    frames[0].save(path, kind, save_all=True, append_images=frames[1:])
    with pytest.raises(ImageError, match=r"two\.img: holds 2 frames"):
        decode(path)


def test_arrays_are_taken_as_they_are():
    np.testing.assert_array_equal(np.asarray(from_array(GREY)), GREY)
    np.testing.assert_array_equal(np.asarray(from_array(RGB)), RGB)
    np.testing.assert_array_equal(np.asarray(from_array(GREY[..., None])), GREY)
    np.testing.assert_array_equal(np.asarray(from_array(GREY / 255.0)), GREY)


@pytest.mark.parametrize(
    "array", [np.zeros(4), np.zeros((2, 3, 4)), np.zeros((0, 5)), np.full((4, 4), np.inf)]
)
def test_arrays_that_are_no_image_are_refused(array):
    with pytest.raises(ImageError, match="array: "):
        from_array(array)


def test_sniffing():
    assert sniff(b"\xff\xd8\xff\xe0") == "JPEG"
    assert sniff(b"RIFF1234WEBPVP8 ") == "WebP"
    assert sniff(b"RIFF1234WAVEfmt ") is None
    assert not is_image_file("/nowhere/at/all")


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG"])
def test_a_frame_is_chosen(tmp_path, kind):
    frames = [Image.fromarray(np.full((40, 50, 3), value, np.uint8)) for value in (10, 100, 200)]
    path = tmp_path / "three.img"
    options = {"lossless": True} if kind == "WEBP" else {}
    frames[0].save(path, kind, save_all=True, append_images=frames[1:], **options)
    for number, value in enumerate((10, 100, 200), 1):
        assert np.asarray(decode(path, frame=number))[5, 5].tolist() in ([value] * 3, value)
    with pytest.raises(ImageError, match=r"three\.img: has no frame 4, the last is 3"):
        decode(path, frame=4)


def test_a_file_with_one_frame_has_a_first(tmp_path):
    path = save(tmp_path / "a.png", GREY)
    assert decode(path, frame=1).size == (64, 48)
    with pytest.raises(ImageError, match="has no frame 2, the last is 1"):
        decode(path, frame=2)


def test_a_chain_of_200_000_pages_is_not_walked(tmp_path):
    # Directories without a tag, each pointing at the next one.
    count = 200_000
    first = io.BytesIO()
    Image.fromarray(GREY).save(first, "TIFF")
    whole = bytearray(first.getvalue())
    (at,) = struct.unpack_from("<I", whole, 4)
    (tags,) = struct.unpack_from("<H", whole, at)
    end = len(whole)
    struct.pack_into("<I", whole, at + 2 + 12 * tags, end)
    links = b"".join(struct.pack("<HI", 0, end + 6 * (i + 1)) for i in range(count))
    (tmp_path / "chain.tif").write_bytes(bytes(whole) + links)
    start = time.perf_counter()
    with pytest.raises(ImageError, match=r"chain\.tif: "):
        decode(tmp_path / "chain.tif")
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_max_pixels_holds_for_every_format(tmp_path, kind):
    path = tmp_path / "a.img"
    Image.fromarray(RGB).save(path, kind)
    assert decode(path, max_pixels=64 * 48).size == (64, 48)
    with pytest.raises(ImageError, match="64x48 pixels is more than the limit of 3071"):
        decode(path, max_pixels=64 * 48 - 1)


@pytest.mark.parametrize("options", [{"lossless": True}, {"lossless": False}, {"exact": True}])
def test_webp_canvas_is_refused_before_it_is_allocated(tmp_path, options):
    path = tmp_path / "a.webp"
    Image.fromarray(np.dstack([RGB, GREY])).save(path, "WEBP", **options)
    data = bytearray(path.read_bytes())
    if data[12:16] == b"VP8X":
        data[24:30] = b"\xff\x3f\0\xff\x3f\0"
    else:
        data[21:25] = (0x3FFF | 0x3FFF << 14).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(ImageError, match="16384x16384 pixels is more than"):
        decode(path)


def test_a_changed_byte_of_a_png_never_decodes_to_another_picture(tmp_path):
    path = save(tmp_path / "a.png", RGB)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        with pytest.raises(ImageError, match=r"a\.png: "):
            decode(path)


def test_pixels_that_a_jpeg_lacks_are_not_made_up(tmp_path):
    # libjpeg fills in for missing data, with a warning that Pillow does not pass on.
    noise = np.random.default_rng(0).integers(0, 256, (96, 96), dtype=np.uint8)
    path = save(tmp_path / "a.jpg", noise, quality=80)
    whole = path.read_bytes()
    middle = len(whole) // 2
    assert decode(path).size == (96, 96)
    for removed in (200, 500, 1000):
        path.write_bytes(whole[:middle] + whole[middle + removed :])
        with pytest.raises(ImageError, match=r"a\.jpg: "):
            decode(path)
    path.write_bytes(whole[:middle] + whole[middle - 500 : middle] + whole[middle:])
    with pytest.raises(ImageError, match="more data than pixels"):
        decode(path)


def test_what_follows_a_whole_jpeg_does_not_matter(tmp_path):
    path = save(tmp_path / "a.jpg", GREY)
    expected = pixels_of(path)
    path.write_bytes(path.read_bytes() + b"appended by a camera" * 999)
    np.testing.assert_array_equal(pixels_of(path), expected)


def test_a_jpeg_of_endless_scans_is_refused(tmp_path):
    path = save(tmp_path / "a.jpg", GREY, progressive=True)
    whole = path.read_bytes()
    last = whole.rindex(b"\xff\xda")
    path.write_bytes(whole[:last] + whole[last:-2] * 200 + whole[-2:])
    with pytest.raises(ImageError, match="more than 100 scans"):
        decode(path)

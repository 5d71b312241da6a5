"""Several pictures under one head of a TIFF file are counted, or refused: never the first alone."""

import numpy as np
import pytest

from edge.errors import ImageError
from edge.scan.decode import decode
from tests.edge.scan.picture.test_tiff import KINDS, ORDERS, RAMP, shown
from tests.edge.tiff_files import DEFLATE, LZW, NONE, as_upright, write_tiff

IMAGEJ = "ImageJ=1.54f\nimages={}\nslices={}\nloop=false\n"


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("strips", [1, 4])
def test_a_stack_under_one_head(tmp_path, kind, order, orientation, strips):
    """ImageJ writes the head of the first picture only."""
    values = [(KINDS[kind] * factor).astype(kind) for factor in (1, 0.5, 0.25)]
    swapped = [one.astype(one.dtype.newbyteorder(order)).tobytes() for one in values]
    path = write_tiff(
        tmp_path / "a",
        values[0],
        order=order,
        description=IMAGEJ.format(3, 3),
        tail=b"".join(swapped[1:]),
        orientation=orientation,
        strips=strips,
    )
    with pytest.raises(ImageError, match="holds 3 frames; choose one with --frame"):
        decode(path)
    for frame, one in enumerate(values, 1):
        right = as_upright(shown(one), orientation)
        np.testing.assert_array_equal(np.asarray(decode(path, frame=frame)), right)
    with pytest.raises(ImageError, match="has no frame 4, the last is 3"):
        decode(path, frame=4)


def test_a_stack_of_metamorph(tmp_path):
    """Whose tag 33629 has six numbers for each plane."""
    one = KINDS["uint8"].astype(np.uint8)
    values = [one, one[::-1].copy()]
    path = write_tiff(tmp_path / "a", values[0], tail=values[1].tobytes(), extra_33629=(0, 0))
    with pytest.raises(ImageError, match="holds 2 frames; choose one with --frame"):
        decode(path)
    for frame, one in enumerate(values, 1):
        np.testing.assert_array_equal(np.asarray(decode(path, frame=frame)), shown(one))


def test_a_compressed_stack_of_metamorph(tmp_path):
    """Where its other pictures are, nothing says."""
    one = KINDS["uint8"].astype(np.uint8)
    path = write_tiff(tmp_path / "a", one, compression=LZW, tail=one.tobytes(), extra_33629=(0, 0))
    with pytest.raises(ImageError, match="a stack of 2 pictures, of which the first alone"):
        decode(path)
    np.testing.assert_array_equal(np.asarray(decode(path, frame=1)), shown(one))


@pytest.mark.parametrize("frame", [None, 1])
def test_a_volume_in_one_page(tmp_path, frame):
    """SGI's ImageDepth, tag 32997."""
    values = KINDS["uint8"].astype(np.uint8)
    path = write_tiff(tmp_path / "a", values, extra_32997=16)
    with pytest.raises(ImageError, match="a TIFF volume of 16 slices"):
        decode(path, frame=frame)
    write_tiff(tmp_path / "a", values, extra_32997=1)
    np.testing.assert_array_equal(np.asarray(decode(path)), shown(values))


def test_a_stack_that_is_cut_in_its_second_picture(tmp_path):
    """It was read as one picture, without a word. What is short behind one is no second."""
    tifffile = pytest.importorskip("tifffile", reason="tifffile is not installed (the dev extra)")
    path, values = tmp_path / "a.tif", RAMP.astype(np.uint16)
    tifffile.imwrite(path, values, description=IMAGEJ.format(3, 3), metadata=None)
    first = path.read_bytes()
    path.write_bytes(first + (values // 2).tobytes()[:-100])
    with pytest.raises(ImageError, match=r"is truncated .*it ends within its second picture"):
        decode(path)
    path.write_bytes(first + b"made by")
    np.testing.assert_array_equal(np.asarray(decode(path)), shown(values))


def test_a_stack_as_tifffile_writes_it(tmp_path):
    tifffile = pytest.importorskip("tifffile", reason="tifffile is not installed (the dev extra)")
    values = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1], RAMP // 2]).astype(np.uint16)
    grey = {"photometric": "minisblack"}
    for options in ({"imagej": True}, {"truncate": True, **grey}, grey):
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, values, **options)
        with pytest.raises(ImageError, match="holds 4 frames"):
            decode(path)
        for frame, one in enumerate(values, 1):
            np.testing.assert_array_equal(np.asarray(decode(path, frame=frame)), shown(one))


@pytest.mark.parametrize("text", [IMAGEJ.format(1, 1), IMAGEJ.format(3, 3), "images=3\n"])
def test_one_picture_whatever_its_text_says(tmp_path, text):
    """Programs keep the text of a stack when they save one picture of it."""
    for compression in (NONE, DEFLATE):
        path = write_tiff(
            tmp_path / "a",
            RAMP.astype(np.uint8),
            description=text,
            compression=compression,
            tail=bytes(5000) if compression == DEFLATE else b"",
        )
        np.testing.assert_array_equal(np.asarray(decode(path)), RAMP)


def test_a_stack_that_is_cut_short(tmp_path):
    values = RAMP.astype(np.uint16)
    path = write_tiff(
        tmp_path / "a", values, description=IMAGEJ.format(9, 9), tail=values.tobytes()
    )
    with pytest.raises(ImageError, match="holds 9 frames"):
        decode(path)
    decode(path, frame=2)
    with pytest.raises(ImageError, match="truncated"):
        decode(path, frame=8)


def test_a_count_of_pictures_that_is_absurd(tmp_path):
    values = RAMP.astype(np.uint16)
    path = write_tiff(
        tmp_path / "a", values, description=IMAGEJ.format(999_999_999, 1), tail=values.tobytes()
    )
    with pytest.raises(ImageError, match="holds 1000 or more frames"):
        decode(path)
    with pytest.raises(ImageError, match="truncated"):
        decode(path, frame=999_999_999)

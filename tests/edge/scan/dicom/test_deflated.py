"""Deflated data sets are read, within limits: pydicom would inflate whatever there is."""

import resource
import zlib

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

import pydicom

from edge.errors import ImageError, RejectedError
from edge.scan.decode import decode, read_scan
from edge.series.slice_position import read_place
from tests.edge.dicom_files import (
    DEFLATED,
    EXPLICIT,
    element,
    mr_image,
    replace_meta_syntax,
    write_dicom,
)
from train.data.dicom_origin import origin_of

GREY = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)
DEEP = GREY.astype(np.uint16) * 4 + 1000
NOISE = np.random.default_rng(0).integers(0, 256, (48, 64)).astype(np.uint8)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "slice"


def deflated(path, body):
    """A file with `body` in place of its deflated data set."""
    write_dicom(path, GREY, syntax=DEFLATED)
    data = path.read_bytes()
    start = 144 + int.from_bytes(data[140:144], "little")
    machine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    path.write_bytes(data[:start] + machine.compress(body) + machine.flush())
    return path


@pytest.mark.parametrize("values", [GREY, DEEP, NOISE, DEEP.astype(np.int16) - 1500])
@pytest.mark.parametrize("meta", ["whole", "without a preamble"])
def test_the_pixels_are_those_of_the_plain_file(path, values, meta):
    right = read_scan(write_dicom(path, values, PixelSpacing=[1.5, 1]))
    write_dicom(path, values, syntax=DEFLATED, PixelSpacing=[1.5, 1])
    if meta != "whole":
        path.write_bytes(path.read_bytes()[132:])
    found = read_scan(path)
    np.testing.assert_array_equal(np.asarray(found.image), np.asarray(right.image))
    assert (found.remarks, found.stored) == (right.remarks, right.stored)


def test_a_frame_is_chosen(path):
    write_dicom(path, np.stack([GREY, GREY[::-1]]), syntax=DEFLATED)
    np.testing.assert_array_equal(np.asarray(decode(path, frame=2)), GREY[::-1])
    with pytest.raises(ImageError, match="holds 2 frames"):
        decode(path)


def test_a_dataset_that_was_deflated(path):
    data = pydicom.dcmread(write_dicom(path, GREY, syntax=DEFLATED))
    np.testing.assert_array_equal(np.asarray(decode(data)), GREY)


def test_another_modality_is_rejected(path):
    with pytest.raises(RejectedError, match="the DICOM modality is CT"):
        decode(write_dicom(path, GREY, syntax=DEFLATED, Modality="CT"))


@pytest.mark.parametrize("values", [GREY, NOISE])
def test_a_cut_file_never_decodes(path, values):
    """Nor does pydicom's own text, which quotes values, come through."""
    whole = write_dicom(path, values, syntax=DEFLATED).read_bytes()
    start = 144 + int.from_bytes(whole[140:144], "little")
    for end in [*range(start + 1, len(whole) - 1, 97), len(whole) - 3]:
        path.write_bytes(whole[:end])
        with pytest.raises(ImageError, match=r"is truncated .the end of its deflated data is miss"):
            decode(path)


def test_what_follows_the_deflated_data_does_not_matter(path):
    """One byte of padding is even demanded, to an even length (PS3.5, A.5)."""
    path.write_bytes(write_dicom(path, GREY, syntax=DEFLATED).read_bytes() + bytes(777))
    np.testing.assert_array_equal(np.asarray(decode(path)), GREY)


def test_pixels_that_are_missing_in_what_was_deflated(path):
    write_dicom(path, GREY)
    body = path.read_bytes()[144 + int.from_bytes(path.read_bytes()[140:144], "little") :]
    np.testing.assert_array_equal(np.asarray(decode(deflated(path, body))), GREY)
    with pytest.raises(ImageError, match=r"is truncated .pixels are missing"):
        decode(deflated(path, body[:-100]))


@pytest.mark.parametrize("syntax", [EXPLICIT])
def test_data_that_are_not_deflated(path, syntax):
    replace_meta_syntax(write_dicom(path, GREY, syntax=syntax), DEFLATED)
    with pytest.raises(ImageError, match=r"is damaged .its deflated data cannot be inflated"):
        decode(path)


BOMB = 1 << 28


def bomb(path, size, start=b""):
    """A data set of zeros, a thousandth as long in the file."""
    write_dicom(path, GREY, syntax=DEFLATED)
    data = path.read_bytes()
    machine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    parts = [machine.compress(start)]
    parts += [machine.compress(bytes(1 << 20)) for _ in range(size >> 20)]
    head = data[: 144 + int.from_bytes(data[140:144], "little")]
    path.write_bytes(head + b"".join(parts) + machine.flush())
    return path


@pytest.mark.parametrize("preamble", [True, False])
def test_a_bomb_costs_no_memory(path, preamble):
    bomb(path, BOMB)
    if not preamble:
        path.write_bytes(path.read_bytes()[132:])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ImageError, match="inflates to more than"):
        decode(path, max_pixels=1_000_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kB


@pytest.mark.parametrize("preamble", [True, False])
def test_neither_does_it_where_the_header_alone_is_read(path, preamble):
    start = element(8, 0x18, b"UI", b"1.2.3\0") + element(9, 0x1000, b"OB", bytes(4))[:8]
    bomb(path, BOMB, start + BOMB.to_bytes(4, "little"))
    if not preamble:
        path.write_bytes(path.read_bytes()[132:])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    origin_of(path)
    read_place(str(path))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kB


def test_a_file_in_what_was_deflated_is_none(path):
    inner = write_dicom(path, GREY, syntax=DEFLATED).read_bytes()
    for body in (inner, inner[132:], b"", b"\x08"):
        with pytest.raises(ImageError, match="what is deflated in it is no DICOM data set"):
            decode(deflated(path, body))


def test_a_transfer_syntax_where_it_is_not_looked_for(path):
    """pydicom would find it, and inflate."""
    write_dicom(path, GREY)
    data = path.read_bytes()
    hidden = element(2, 0x10, b"UI", DEFLATED.encode())
    path.write_bytes(data[:132] + element(2, 1, b"OB", bytes(2)) * 1000 + hidden + data[144:])
    with pytest.raises(ImageError, match="is a deflated DICOM file with a damaged header"):
        decode(path)


def test_where_it_lies_and_whose_it_is(path):
    options = {"ImagePositionPatient": [0, 0, 7], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
    data = mr_image(GREY, PatientID="7", SeriesInstanceUID="1.2.3", InstanceNumber=3, **options)
    data.save_as(path)
    right = read_place(str(path)), origin_of(path)
    data.file_meta.TransferSyntaxUID = DEFLATED
    data.save_as(path)
    assert (read_place(str(path)), origin_of(path)) == right
    assert right[0].frames[0].along == 7
    assert right[1].patient

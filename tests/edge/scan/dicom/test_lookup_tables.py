"""Lookup tables of DICOM, for display and for what values mean."""

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")


from tests.edge.dicom_files import BIG, IMPLICIT, lut, write_dicom
from tests.edge.scan.dicom.shown import GREY, by_hand, same, shown

SYNTAXES = pytest.mark.parametrize("syntax", [None, IMPLICIT, BIG])
TURNED = 255 - GREY


@pytest.fixture
def path(tmp_path):
    return tmp_path / "slice"


@SYNTAXES
@pytest.mark.parametrize("words", [True, False], ids=["words", "bytes"])
def test_a_table_for_display(path, syntax, words):
    table = lut(range(255, -1, -1), 0, 8, words=words)
    if syntax == BIG and words:
        table.LUTData = np.arange(255, -1, -1).astype(">u2").tobytes()
    if syntax == BIG and not words:
        pytest.skip("bytes in big-endian words are tried below")
    windows = {"WindowCenter": 1, "WindowWidth": 2}
    write_dicom(path, GREY, syntax=syntax, VOILUTSequence=[table], **windows)
    same(path, TURNED)


def test_bytes_in_big_endian_words(path):
    table = lut(np.arange(255, -1, -1).reshape(-1, 2)[:, ::-1].ravel(), 0, 8, words=False)
    table["LUTData"].VR = "OW"
    write_dicom(path, GREY, syntax=BIG, VOILUTSequence=[table])
    same(path, TURNED)


def test_bytes_two_in_a_number(path):
    table = lut(range(256), 0, 8)
    table.LUTData = [int(n) for n in np.arange(255, -1, -1).astype(np.uint8).view("<u2")]
    table["LUTData"].VR = "US"
    write_dicom(path, GREY, VOILUTSequence=[table])
    same(path, TURNED)


@SYNTAXES
@pytest.mark.parametrize("first", [-1000, 64_536])
@pytest.mark.parametrize("unsigned", [True, False])
def test_a_table_that_begins_below_0(path, syntax, first, unsigned):
    """Values of -1000 to 20; 64536 is -1000 written as unsigned (PS3.3, C.11.2.1.1)."""
    entries = np.arange(1021)
    table = lut(entries * 64, first % 65536, 16)
    if syntax == BIG:
        table.LUTData = (entries * 64).astype(">u2").tobytes()
    table["LUTDescriptor"].VR = "US"
    if first < 0:
        table.LUTDescriptor = [1021, first, 16]
        table["LUTDescriptor"].VR = "SS"
    values = GREY.astype(np.int16) * 4
    options = {"RescaleSlope": 1, "RescaleIntercept": -1000}
    if unsigned:
        write_dicom(
            path, values.astype(np.uint16), syntax=syntax, VOILUTSequence=[table], **options
        )
    else:
        write_dicom(path, values - 1000, syntax=syntax, VOILUTSequence=[table])
    same(path, np.rint(values * (64 * 255 / 65_535)))


def test_a_table_that_begins_beyond_all_values_begins_below_0(path):
    table = lut(np.arange(2000) * 32, 65_536 - 1000, 16)
    values = GREY.astype(np.uint16) * 3
    write_dicom(path, values, VOILUTSequence=[table])
    same(path, np.rint((values + 1000.0) * 32 * 255 / 65_535))


def test_a_long_table_in_a_signed_descriptor(path):
    entries = np.arange(40_000)
    table = lut(entries, 0, 16)
    values = GREY.astype(np.uint16) * 156
    write_dicom(path, values, VOILUTSequence=[table])
    head = b"\x28\0\x02\x30"
    assert head + b"US" in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(head + b"US", head + b"SS"))
    same(path, np.rint(values * (255 / 65_535)))


@pytest.mark.parametrize(
    ("bits", "used"), [(16, 12), (14, 12), (16, 8), (8, 12), (0, 12), (40, 12)]
)
def test_a_table_of_other_bits_than_it_says(path, bits, used):
    top = (1 << used) - 1
    table = lut(np.rint(np.arange(256) * (top / 255)), 0, bits)
    write_dicom(path, GREY, VOILUTSequence=[table])
    pixels, remarks = shown(path)
    assert np.abs(pixels.astype(int) - GREY).max() <= 1
    assert remarks == (f"its lookup table says {bits} bits and uses {used}; taken at what it uses",)


def test_a_table_that_does_not_reach_its_end(path):
    """One bit unused is no slip: a table of 12 bits may end at 2000."""
    table = lut(np.arange(256) * 8, 0, 12)
    write_dicom(path, GREY, VOILUTSequence=[table])
    same(path, np.rint(GREY * 8.0 * (255 / 4095)))


@pytest.mark.parametrize("missing", ["LUTData", "items"])
def test_a_table_of_nothing_is_ignored(path, missing):
    table = lut(range(256), 0, 8)
    if missing != "items":
        delattr(table, missing)
    tables = [] if missing == "items" else [table]
    window = {"WindowCenter": 128, "WindowWidth": 101}
    write_dicom(path, GREY, VOILUTSequence=tables, **window)
    said = "its lookup table for display means nothing and is ignored"
    same(path, by_hand(GREY.astype(float), 128, 101), () if missing == "items" else (said,))


@SYNTAXES
def test_a_modality_table(path, syntax):
    table = lut(np.arange(255, -1, -1) * 3, 0, 16)
    if syntax == BIG:
        table.LUTData = (np.arange(255, -1, -1) * 3).astype(">u2").tobytes()
    write_dicom(path, GREY, syntax=syntax, ModalityLUTSequence=[table])
    same(path, TURNED)


def test_values_outside_of_a_table_have_its_ends(path):
    table = lut(np.arange(101) * 2, 50, 8)
    write_dicom(path, GREY, VOILUTSequence=[table])
    same(path, (np.clip(GREY.astype(int), 50, 150) - 50) * 2)

"""Elements by their keywords, and how many items a header may have."""

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

import pydicom

from edge.scan.dicom.elements import MAX_ITEMS, Elements, has_too_many_items
from tests.edge.dicom_files import BIG, write_dicom

KEYWORDS = ("Rows", "WindowCenter", "PatientAge")


@pytest.mark.parametrize("syntax", [None, BIG])
def test_what_is_there_and_what_is_not(tmp_path, syntax):
    path = write_dicom(tmp_path / "a.dcm", np.zeros((4, 6), np.uint16), syntax=syntax)
    found = Elements(pydicom.dcmread(path), KEYWORDS)
    assert found.get("Rows") == 4
    assert found.get_item("Rows").value is not None
    assert "Rows" in found
    assert "WindowCenter" not in found
    assert found.get("WindowCenter") is None
    assert found.get("WindowCenter", 7) == 7
    assert found.little is (syntax is None)
    assert found.file_meta.TransferSyntaxUID == (syntax or "1.2.840.10008.1.2.1")


def test_what_nobody_said_he_would_ask_for_is_not_given(tmp_path):
    path = write_dicom(tmp_path / "a.dcm", np.zeros((4, 6), np.uint16))
    assert Elements(pydicom.dcmread(path), KEYWORDS).get("PatientName") is None


@pytest.mark.parametrize("mark", [b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00"])
def test_items_are_counted_in_both_orders(mark):
    item = mark + bytes(4)
    assert not has_too_many_items(item * MAX_ITEMS)
    assert not has_too_many_items(item * MAX_ITEMS + bytes(9000))
    assert has_too_many_items(item * (MAX_ITEMS + 1))
    assert has_too_many_items(b"\0" + item * (MAX_ITEMS + 1))

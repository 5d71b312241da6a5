"""A meta header that names another byte order than the data set has."""

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

from edge.errors import ImageError
from edge.scan.decode import read_scan
from tests.edge.dicom_files import BIG, EXPLICIT, IMPLICIT, write_dicom

VALUES = np.linspace(0, 765, 48 * 64).reshape(48, 64).astype(np.uint16)


def mixed(path, said, real, **elements):
    """The meta header of a file in one transfer syntax before the data of another."""
    heads = []
    for syntax in (said, real):
        data = write_dicom(path, VALUES, syntax=syntax, **elements).read_bytes()
        heads.append((data, 144 + int.from_bytes(data[140:144], "little")))
    (header, end), (data, start) = heads
    path.write_bytes(header[:end] + data[start:])
    return path


@pytest.mark.parametrize(
    ("said", "real"), [(EXPLICIT, BIG), (IMPLICIT, BIG), (BIG, EXPLICIT), (BIG, IMPLICIT)]
)
def test_the_data_tell_their_order(tmp_path, said, real):
    right = read_scan(write_dicom(tmp_path / "right", VALUES, syntax=real))
    found = read_scan(mixed(tmp_path / "mixed", said, real))
    np.testing.assert_array_equal(np.asarray(found.image), np.asarray(right.image))
    assert found.remarks == right.remarks


def test_what_cannot_be_told_is_called_a_contradiction(tmp_path):
    path = mixed(tmp_path / "mixed", EXPLICIT, BIG)
    path.write_bytes(path.read_bytes()[: -2 * VALUES.size - 12])
    with pytest.raises(ImageError, match="its header and its data contradict each other"):
        read_scan(path)


@pytest.mark.parametrize(("said", "real"), [(EXPLICIT, BIG), (IMPLICIT, BIG), (BIG, IMPLICIT)])
def test_where_it_lies_and_whose_it_is(tmp_path, said, real):
    """A patient who is not known may stand in the training and in the test set."""
    from edge.series.slice_position import read_place
    from train.data.dicom_origin import origin_of

    where = {"ImagePositionPatient": [0, 0, 7], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
    elements = {"SOPInstanceUID": "1.2.4", "PatientID": "7", "SeriesInstanceUID": "1.2.3", **where}
    path = tmp_path / "a"
    write_dicom(path, VALUES, **elements)
    right = read_place(str(path)), origin_of(path)
    mixed(path, said, real, **elements)
    assert (read_place(str(path)), origin_of(path)) == right
    assert right[0].frames[0].along == 7
    assert right[1].patient

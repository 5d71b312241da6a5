"""The same slice has the same pixels, however it was written and however it is handed over."""

import importlib.util
import io

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

import pydicom

from edge.errors import MissingSoftwareError
from edge.scan.decode import read_scan
from tests.edge.scan.encodings import ENCODINGS, GREY, PAGE, page

_MODULES = {"pylibjpeg-libjpeg": ("pylibjpeg", "libjpeg"), "pyjpegls": ("jpeg_ls",)}


def installed(encoding) -> bool:
    return all(importlib.util.find_spec(name) for name in _MODULES.get(encoding.needs, ()))


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda encoding: encoding.name)
def test_the_same_pixels(tmp_path, encoding):
    path = tmp_path / "slice"  # no suffix: a file is known by its content
    if encoding.needs == "pyjpegls" and not installed(encoding):
        pytest.skip(f"{encoding.needs}, which writes it, is not installed")
    encoding.write(path)
    if not installed(encoding):
        with pytest.raises(MissingSoftwareError, match=f"pip install .*{encoding.needs}"):
            read_scan(path)
        return
    found = read_scan(path)
    pixels = np.asarray(found.image.convert("L"))
    assert found.remarks == ()
    if encoding.mean:
        assert pixels.shape == GREY.shape
        assert np.abs(pixels.astype(int) - GREY).mean() < encoding.mean
    else:
        np.testing.assert_array_equal(pixels, GREY)
    others = [path.read_bytes(), io.BytesIO(path.read_bytes()), path.open("rb")]
    if encoding.name.startswith("DICOM"):
        others.append(pydicom.dcmread(path, force=True))
    for scan in others:
        other = read_scan(scan)
        np.testing.assert_array_equal(np.asarray(other.image), np.asarray(found.image))
        assert other.remarks == found.remarks
    others[2].close()


def test_at_least_forty_and_no_name_twice():
    assert len({encoding.name for encoding in ENCODINGS}) == len(ENCODINGS) >= 40


def test_the_page_is_that_of_the_list():
    assert PAGE.read_text() == page(), "run: python -m tests.edge.scan.encodings"

"""A package that is not installed is no fault of the scan: it is tried again when it is there."""

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

from edge import Classifier
from edge.errors import MissingSoftwareError
from edge.parallel.pipeline import classify_one
from edge.scan.decode import decode

VALUES = np.tile(np.linspace(150, 210, 64), (64, 1)).astype(np.uint8)


@pytest.fixture
def without_pydicom(monkeypatch):
    """As if it were not installed, until it is put back."""
    there = {name: module for name, module in sys.modules.items() if name.startswith("pydicom")}
    for name in there:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    monkeypatch.setattr("edge.service.watch.find_spec", lambda name: None)

    def put_back():
        monkeypatch.setattr("edge.service.watch.find_spec", lambda name: name)
        for name, module in there.items():
            monkeypatch.setitem(sys.modules, name, module)

    return put_back


def test_the_error_names_the_package(tmp_path, without_pydicom):
    with pytest.raises(MissingSoftwareError, match="pip install 'mri-edge\\[dicom\\]'") as caught:
        decode(write_dicom_first(tmp_path / "a", without_pydicom))
    assert caught.value.package == "pydicom"


def write_dicom_first(path, put_back):
    """A DICOM file that takes pydicom to read, written before that is taken away."""
    code = (
        "import sys, numpy as np; from pathlib import Path\n"
        "from tests.edge.dicom_files import write_dicom\n"
        "values = np.tile(np.linspace(150, 210, 64), (64, 1)).astype(np.uint8)\n"
        "window = {'WindowCenter': 128, 'WindowWidth': 256}\n"
        "write_dicom(Path(sys.argv[1]), values, PixelPaddingValue=0, **window)"
    )
    subprocess.run([sys.executable, "-c", code, path], check=True)
    return path


def test_an_outcome_says_what_is_missing(any_model, tmp_path, without_pydicom):
    path = write_dicom_first(tmp_path / "a", without_pydicom)
    assert classify_one(Classifier(any_model), path).missing == "pydicom"
    without_pydicom()
    assert classify_one(Classifier(any_model), path).prediction.verdict == "tumor"


def test_the_watch_keeps_the_scan(watch_in_process, inbox, without_pydicom):
    path = write_dicom_first(inbox / "a.dcm", without_pydicom)
    found, said = watch_in_process(5)
    assert found == []
    assert said.count("tried again when it is installed") == 1
    without_pydicom()
    (result,), _ = watch_in_process(3)
    assert (result["path"], result["verdict"]) == (str(path), "tumor")


def test_an_error_may_cross_processes():
    import pickle

    error = pickle.loads(pickle.dumps(MissingSoftwareError("x: needs y", "y")))
    assert (str(error), error.package) == ("x: needs y", "y")

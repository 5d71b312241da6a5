"""Nothing of whose slice it is appears anywhere."""

import json
import subprocess
import sys

import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

from tests.edge.dicom_files import DEEP, SECRET, write_dicom

LOUD = """
import logging, sys, warnings
logging.basicConfig(level=0)
warnings.simplefilter("always")
import traceback
from edge.scan.decode import decode
for path in sys.argv[1:]:
    try:
        print(decode(path).size)
    except Exception:
        traceback.print_exc()
"""


def test_no_patient_data_in_output_or_logs(tmp_path, any_model):
    # Names planted wherever text fits, the elements that are read included, in files that decode
    # and in files that fail in every way known here.
    planted = {
        "good": {},
        "ct": {"Modality": "CT"},
        "modality": {"Modality": SECRET},
        "color": {"PhotometricInterpretation": SECRET},
        "frames": {"NumberOfFrames": 3},
        "short": {"Rows": 49},
        "no-rows": {"Rows": None},
        "charset": {"SpecificCharacterSet": SECRET},
        "function": {"WindowCenter": 3, "WindowWidth": 9, "VOILUTFunction": SECRET},
    }
    paths = [write_dicom(tmp_path / key, DEEP, **value) for key, value in planted.items()]
    # Text where numbers belong, and a transfer syntax that is none.
    window = write_dicom(tmp_path / "w", DEEP, WindowCenter="12345678", WindowWidth="87654321")
    data = window.read_bytes()
    name = SECRET.encode()
    spoilt = tmp_path / "window"
    spoilt.write_bytes(data.replace(b"12345678", name[:8]).replace(b"87654321", name[:8]))
    syntax = tmp_path / "syntax"
    syntax.write_bytes(data.replace(b"1.2.840.10008.1.2.1\0", (name + b" " * 9)[:20]))
    cut = tmp_path / "cut"
    cut.write_bytes(data[: data.index(name) + len(name) + 30])
    paths += [spoilt, syntax, cut]
    for format in ("text", "json", "ndjson", "csv"):
        command = [sys.executable, "-m", "edge", *paths, "--model", any_model, "--format", format]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert SECRET[:5] not in done.stdout + done.stderr
        if format == "json":
            results = json.loads(done.stdout)["results"]
            verdicts = [result["verdict"] for result in results]
            assert verdicts[:3] == [verdicts[0], "rejected", "rejected"]
            assert len(results) == len(paths)
    command = [sys.executable, "-c", LOUD, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "edge.errors.ImageError" in done.stderr
    assert SECRET[:5] not in done.stdout + done.stderr

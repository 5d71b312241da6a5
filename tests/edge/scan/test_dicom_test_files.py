"""docs/reference/dicom-test-files.md says what becomes of pydicom's test files."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

SCRIPT = Path(__file__).parents[3] / "docs/scripts/dicom_test_files.py"


@pytest.mark.filterwarnings("ignore")
def test_the_table_is_true_of_the_files_that_are_here():
    spec = importlib.util.spec_from_file_location("dicom_test_files", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = script.PAGE.read_text()
    rows = [row for path in script.files() if (row := script.row(path))]
    assert len(rows) > 40
    missing = [row for row in rows if row not in page and "pip install" not in row]
    assert not missing, "run: python docs/scripts/dicom_test_files.py"

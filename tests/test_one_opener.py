"""Scans are opened in one place, `edge.scan`: a second opener would see other pixels."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "edge/series/slice_position.py": "where a slice lies; no pixels",
    "edge/pacs/report/source_image.py": "whose study a slice is of; no pixels",
    "train/data/dicom_origin.py": "whose scan a file holds, and of which series; no pixels",
    "edge/inference/self_test.py": "the golden sample, a PNG that travels in the model file",
    "benchmarks/timing/cold_start.py": "what a user's own script would do, to be measured",
    "benchmarks/timing/minimal_process.py": "the same",
    "benchmarks/systems/timed_calls.py": "the same",
    "benchmarks/builds/one_build.py": "the same",
    "benchmarks/report/readme.py": "pictures of a report",
}
MODULES = [
    path
    for package in ("edge", "train", "export", "benchmarks")
    for path in sorted((ROOT / package).rglob("*.py"))
    if not path.is_relative_to(ROOT / "edge" / "scan")
]


def openers(path: Path) -> list[str]:
    """What in a module opens images: `Image.open`, dcmread, imread."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in ("open", "imread", "dcmread"):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if owner in ("Image", "pydicom", "plt", "iio") or node.attr != "open":
                found.append(f"{owner}.{node.attr}")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_other_module_opens_scans(path):
    name = path.relative_to(ROOT).as_posix()
    assert name in ALLOWED or not openers(path), "decode through edge.scan.decode"


def test_what_is_allowed_is_needed():
    assert all((ROOT / name).is_file() for name in ALLOWED)
    assert openers(ROOT / "benchmarks" / "systems" / "timed_calls.py")

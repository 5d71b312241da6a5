"""What is installed: upper bounds, lock files with hashes, and the list of it all."""

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

if sys.version_info < (3, 11):
    pytest.skip("tomllib is in Python from 3.11 on", allow_module_level=True)
import tomllib

requirements = pytest.importorskip("packaging.requirements")

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
BUILD = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = {
    "device.txt": ("litert", "onnx", "dicom", "dicom-decoders", "nifti", "pacs"),
    "ci.txt": tuple(name for name in EXTRAS if name not in ("tflite-runtime", "gpu")),
}
CI = {"python_version": "3.11"}
_LOCKED = re.compile(
    r"^(\S+)==([^\s;]+)(?: ; ([^\\]+?))? *\\?$((?:\n    --hash=\S+(?: \\)?)*)", re.M
)


def name_of(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def parsed(texts):
    found = [requirements.Requirement(text) for text in texts]
    return [one for one in found if one.name != "mri-edge"]


def locked(file: str) -> list[tuple[str, str, str]]:
    """Name, version and hashes."""
    text = (ROOT / "requirements" / file).read_text()
    return [(name_of(n), version, hashes) for n, version, _, hashes in _LOCKED.findall(text)]


def test_each_requirement_has_an_upper_bound():
    for extra, texts in {"": PROJECT["dependencies"], "build": BUILD, **EXTRAS}.items():
        for one in parsed(texts):
            bounds = {part.operator for part in one.specifier}
            assert bounds & {"<", "<=", "=="}, f"{extra}: {one} has no upper bound"


@pytest.mark.parametrize("file", LOCKS)
def test_each_locked_package_has_hashes(file):
    text = (ROOT / "requirements" / file).read_text()
    found = locked(file)
    assert len(found) == len(re.findall(r"^[a-z]", text, re.M))
    assert all("sha256:" in hashes for _, _, hashes in found)


@pytest.mark.parametrize("file", LOCKS)
def test_locked_is_what_may_be_installed(file):
    found = locked(file)
    needed = parsed(PROJECT["dependencies"])
    for extra in LOCKS[file]:
        needed += parsed(EXTRAS[extra])
    if file == "ci.txt":  # of one Python alone (requirements/lock.sh); device.txt is of all
        needed = [one for one in needed if not one.marker or one.marker.evaluate(CI)]
    for one in needed:
        versions = [version for name, version, _ in found if name == name_of(one.name)]
        assert versions, f"{one} is not locked; run requirements/lock.sh"
        for version in versions:
            assert one.specifier.contains(version), f"{one.name} {version} is none of {one}"


def test_the_scripts_can_say_what_stands_before_them():
    """A script that imports `train` cannot, where another one is imported in its place."""
    assert all(value.startswith("edge.") for value in PROJECT["scripts"].values())


@pytest.mark.slow
def test_the_bill_of_materials(tmp_path):
    for module in ("cyclonedx_py", "build"):
        if not find_spec(module):
            pytest.skip(f"{module} is not installed")
    file = tmp_path / "device.cdx.json"
    subprocess.run(
        ["bash", str(ROOT / "requirements" / "bill_of_materials.sh"), str(file), sys.executable],
        check=True,
        timeout=500,
    )
    bill = json.loads(file.read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "mri-edge"
    listed = {name_of(one["name"]): one["version"] for one in bill["components"]}
    for name, version, _ in locked("device.txt"):
        assert listed.get(name, version) in {v for n, v, _ in locked("device.txt") if n == name}
    assert {"numpy", "pillow", "ai-edge-litert", "onnxruntime", "pydicom"} <= listed.keys()
    assert "tensorflow" not in listed


def test_the_tests_that_security_names_are_there():
    page = (ROOT / "SECURITY.md").read_text()
    named = set(re.findall(r"`(tests/[\w/.]+|requirements/[\w.]+)", page))
    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []

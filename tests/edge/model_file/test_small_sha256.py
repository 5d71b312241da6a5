"""The model's hashes without OpenSSL."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from edge.inference.engines import installed
from edge.model_file import small_sha256
from edge.model_file.small_sha256 import new_sha256

SAMPLE = Path(__file__).parents[3] / "samples" / "phantom-tumor-1.png"


@pytest.mark.parametrize("size", [0, 1, 64, 5000])
@pytest.mark.parametrize("small", [0, 1000, 10_000])
def test_it_is_sha256(size, small, monkeypatch):
    monkeypatch.setattr(small_sha256, "_SMALL", small)
    data = bytes(range(256)) * 20
    digest = new_sha256(size)
    digest.update(data[: size // 2])
    other = digest.copy()
    other.update(memoryview(data)[size // 2 : size])
    assert other.hexdigest() == hashlib.sha256(data[:size]).hexdigest()


@pytest.mark.parametrize("left", ["_sha2", "_sha256", None])
def test_a_python_without_its_own_takes_openssl(left, monkeypatch):
    for name in {"_sha2", "_sha256"} - {left}:
        monkeypatch.setitem(sys.modules, name, None)
    digest = new_sha256(3)
    digest.update(b"abc")
    assert digest.hexdigest() == hashlib.sha256(b"abc").hexdigest()


@pytest.mark.skipif("litert" not in installed(), reason="needs ai-edge-litert")
def test_a_verdict_loads_no_openssl():
    code = (
        "import sys; from edge.cli import main; status = main(sys.argv[1:]); "
        "sys.exit(status or (3 if '_hashlib' in sys.modules else 0))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(SAMPLE), "--engine", "litert"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr

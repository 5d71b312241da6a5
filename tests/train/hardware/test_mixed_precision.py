"""A precision that the processor has no instructions for is told of before a fit."""

import pytest

pytest.importorskip("tensorflow")

from train.hardware.mixed_precision import FLOAT32, MIXED, caution

WITH = ("flags\t\t: fpu avx2 avx512_bf16", "flags : amx_bf16 amx_tile", "Features\t: fp asimd bf16")
WITHOUT = ("flags\t\t: fpu avx2 avx512f", "Features\t: fp asimd crc32")


@pytest.fixture
def cpuinfo(tmp_path):
    def write(line):
        file = tmp_path / "cpuinfo"
        file.write_text(f"processor\t: 0\n{line}\nbugs\t\t: none of bf16\n")
        return file

    return write


@pytest.mark.parametrize("line", WITHOUT)
def test_without_instructions_it_is_said(cpuinfo, line):
    assert "leave it out" in caution(MIXED, cpuinfo(line))
    assert caution(FLOAT32, cpuinfo(line)) is None


@pytest.mark.parametrize("line", WITH)
def test_with_them_nothing_is_said(cpuinfo, line):
    assert caution(MIXED, cpuinfo(line)) is None


def test_of_what_nobody_knows_nothing_is_said(cpuinfo, tmp_path):
    assert caution(MIXED, cpuinfo("hart : 0")) is None
    assert caution(MIXED, tmp_path / "none") is None

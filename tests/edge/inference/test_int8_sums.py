"""Sums of products of 8 bits are right on any processor, whatever its instructions."""

from dataclasses import replace

import numpy as np
import pytest

from edge import Classifier
from edge.inference.processor import adds_exactly, flags_of
from edge.model_file.container import open_model
from edge.model_file.payload import payload_sha256
from export.package.write_container import pack
from tests.edge.conftest import MODELS

SIDE = 16
X86 = "processor\t: 0\nflags\t\t: fpu avx2 {}\nbugs\t\t: vnni\n"


@pytest.mark.parametrize("flag", ["avx512_vnni", "avx_vnni", "amx_int8"])
def test_an_x86_processor_with_vnni_adds_exactly(flag):
    assert adds_exactly(X86.format(flag), "x86_64")


def test_one_without_does_not_and_what_is_not_known_is_not_trusted():
    assert not adds_exactly(X86.format("avx512f"), "x86_64")
    assert not adds_exactly("", "AMD64")


def test_arm_adds_in_32_bits():
    assert adds_exactly("Features\t: fp asimd\n", "aarch64")


def test_features_of_either_kind():
    assert flags_of(X86.format("f16c")) == {"fpu", "avx2", "f16c"}
    assert flags_of("Features\t: fp asimd\n") == {"fp", "asimd"}
    assert flags_of("hart\t: 0\n") == set()


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_what_does_not_fit_into_16_bits_is_added_up(engine, tmp_path):
    """Two products of 255 and 127 are beyond 16 bits. Cut off there, the answer was a half."""
    pytest.importorskip(engine)
    file = tmp_path / "sums.onnx"
    file.write_bytes((MODELS / "bare" / "large-sums-int8.onnx").read_bytes())
    manifest = replace(open_model(MODELS / "tiny.onnx").manifest, precision="int8")
    file.write_bytes(
        pack(file.read_bytes(), replace(manifest, payload_sha256=payload_sha256(file)))
    )
    classifier = Classifier(file, engine=engine)
    for value in (40, 128, 255):
        pixels = np.full((SIDE, SIDE, 3), value, np.uint8)
        assert classifier.logits(pixels) == pytest.approx(value * 16 / 255, rel=0.01)

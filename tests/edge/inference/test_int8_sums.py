"""int8 files are computed as they say: sums in 32 bits, and in float what they keep in float."""

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


def classifier_of(name, engine, tmp_path):
    """Of a file without a manifest."""
    pytest.importorskip(engine)
    file = tmp_path / name
    file.write_bytes((MODELS / "bare" / name).read_bytes())
    manifest = replace(open_model(MODELS / "tiny.onnx").manifest, precision="int8")
    file.write_bytes(
        pack(file.read_bytes(), replace(manifest, payload_sha256=payload_sha256(file)))
    )
    return Classifier(file, engine=engine)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_what_does_not_fit_into_16_bits_is_added_up(engine, tmp_path):
    """Two products of 255 and 127 are beyond 16 bits. Cut off there, the answer was a half."""
    classifier = classifier_of("large-sums-int8.onnx", engine, tmp_path)
    for value in (40, 128, 255):
        pixels = np.full((SIDE, SIDE, 3), value, np.uint8)
        assert classifier.logits(pixels) == pytest.approx(value * 16 / 255, rel=0.01)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_what_the_file_keeps_in_float_is_not_rounded(engine, tmp_path):
    """ONNX Runtime rounds its weights to 8 bits, 100 and 0.1 in one scale: it answered 0."""
    classifier = classifier_of("kept-in-float-int8.onnx", engine, tmp_path)
    for value in (40, 128, 255):
        pixels = np.full((SIDE, SIDE, 3), value, np.uint8)
        assert classifier.logits(pixels) == pytest.approx(value / 10, rel=0.01)

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
    file.write_bytes(large_sums())
    manifest = replace(open_model(MODELS / "tiny.onnx").manifest, precision="int8")
    file.write_bytes(
        pack(file.read_bytes(), replace(manifest, payload_sha256=payload_sha256(file)))
    )
    classifier = Classifier(file, engine=engine)
    for value in (40, 128, 255):
        pixels = np.full((SIDE, SIDE, 3), value, np.uint8)
        assert classifier.logits(pixels) == pytest.approx(value * 16 / 255, rel=0.01)


def large_sums() -> bytes:
    """An int8 network of the largest weights: the mean of what is 1 for a white picture, 16 times.

    uint8 [1, SIDE, SIDE, 3] -> float32 [1, 1].
    """
    onnx = pytest.importorskip("onnx")
    helper, kinds = onnx.helper, onnx.TensorProto
    filters = 16
    arrays = {
        "step": np.float32(1),
        "fine": np.float32(1 / 255),
        "zero": np.uint8(0),
        "weights": np.full((filters, 6, 3, 3), 127, np.int8),
        "scales": np.full(filters, 1 / (127 * 54 * 255), np.float32),
        "zeros": np.zeros(filters, np.int8),
        "axes": np.array([1, 2, 3]),
        "out": np.array([1, 1]),
        "times": np.float32(filters),
    }
    nodes = [
        helper.make_node("Cast", ["pixels"], ["real"], to=kinds.FLOAT),
        helper.make_node("Transpose", ["real"], ["three"], perm=[0, 3, 1, 2]),
        # Of three channels OpenVINO computes in float.
        helper.make_node("Concat", ["three", "three"], ["first"], axis=1),
        helper.make_node("QuantizeLinear", ["first", "step", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "step", "zero"], ["dq"]),
        helper.make_node("DequantizeLinear", ["weights", "scales", "zeros"], ["w"], axis=0),
        helper.make_node("Conv", ["dq", "w"], ["made"]),
        helper.make_node("QuantizeLinear", ["made", "fine", "zero"], ["rounded"]),
        helper.make_node("DequantizeLinear", ["rounded", "fine", "zero"], ["again"]),
        helper.make_node("ReduceMean", ["again", "axes"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "times"], ["more"]),
        helper.make_node("Reshape", ["more", "out"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "sums",
        [helper.make_tensor_value_info("pixels", kinds.UINT8, [1, SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("logits", kinds.FLOAT, [1, 1])],
        [onnx.numpy_helper.from_array(np.asarray(a), name) for name, a in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()

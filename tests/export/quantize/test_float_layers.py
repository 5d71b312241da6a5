"""What of a network stays in float unasked."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras

from edge.model_file.manifest import InputSpec
from export.convert.keras_conversion import Converter
from export.quantize.float_layers import Node, head
from train.networks.compact import build_compact


def graph(*nodes):
    return [Node(name, kind, tuple(into), (f"{name}:0",)) for name, kind, into in nodes]


def test_the_first_layer_that_sees_a_standardised_scan_stays_in_float():
    nodes = graph(
        ("scale", "MUL", ["pixels"]),
        ("m/standard/mul", "MUL", ["scale:0"]),
        ("pad", "PAD", ["m/standard/mul:0"]),
        ("stem", "CONV_2D", ["pad:0"]),
        ("relu", "RELU", ["stem:0"]),
        ("second", "CONV_2D", ["relu:0"]),
        ("sum", "ADD", ["second:0", "relu:0"]),
        ("raw", "CONV_2D", ["sum:0"]),
        ("top", "MEAN", ["raw:0"]),
    )
    kept = head(nodes, "top:0", "raw:0", "evidence")
    assert kept == ["m/standard/mul", "pad", "stem", "relu", "raw", "top"]


def test_a_first_layer_that_is_the_only_one_is_int8():
    nodes = graph(
        ("m/standard/mul", "MUL", ["pixels"]),
        ("only", "CONV_2D", ["m/standard/mul:0"]),
        ("raw", "CONV_2D", ["only:0"]),
        ("top", "MEAN", ["raw:0"]),
    )
    assert head(nodes, "top:0", "raw:0", "evidence") == ["m/standard/mul", "raw", "top"]


@pytest.mark.parametrize("kind", ["Conv", "ConvTranspose", "TRANSPOSE_CONV"])
def test_one_layer_stays_in_float_whatever_it_is(kind):
    nodes = graph(
        ("m/standard/mul", "MUL", ["pixels"]),
        ("first", kind, ["m/standard/mul:0"]),
        ("second", kind, ["first:0"]),
        ("raw", "CONV_2D", ["second:0"]),
        ("top", "MEAN", ["raw:0"]),
    )
    assert "second" not in head(nodes, "top:0", "raw:0", "evidence")


@pytest.mark.parametrize("name", ["standardize", "standard_bn", "substandard"])
def test_what_is_called_much_the_same_is_another_layer(name):
    nodes = graph(
        (f"m/{name}/mul", "MUL", ["pixels"]),
        ("first", "CONV_2D", [f"m/{name}/mul:0"]),
        ("second", "CONV_2D", ["first:0"]),
        ("raw", "CONV_2D", ["second:0"]),
        ("top", "MEAN", ["raw:0"]),
    )
    assert head(nodes, "top:0", "raw:0", "evidence") == ["raw", "top"]


def test_a_network_that_standardises_nothing_has_its_head_in_float_alone():
    nodes = graph(
        ("stem", "CONV_2D", ["pixels"]),
        ("raw", "CONV_2D", ["stem:0"]),
        ("top", "MEAN", ["raw:0"]),
    )
    assert head(nodes, "top:0", "raw:0", "evidence") == ["raw", "top"]


@pytest.fixture(scope="module")
def converter():
    keras.utils.set_random_seed(3)
    spec = InputSpec(32, 32, "grey", "square", "bilinear", "in graph")
    return Converter(build_compact(spec, width=0.25), 1)


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).integers(0, 60, (24, 32, 32, 1), dtype=np.uint8)


@pytest.mark.parametrize("older", [False, True])
def test_the_stem_of_compact_is_float_in_tflite(converter, pixels, older):
    from tensorflow.lite.python.interpreter import Interpreter

    payload = converter.int8("tflite", pixels).convert("min-max", (), older)
    engine = Interpreter(model_content=payload)
    kinds = {one["index"]: one["dtype"] for one in engine.get_tensor_details()}
    seen = [
        kinds[one["inputs"][0]] for one in engine._get_ops_details() if one["op_name"] == "CONV_2D"
    ]
    assert seen[0] == np.float32
    assert seen[1:4] == [np.int8] * 3


def test_the_stem_of_compact_is_float_in_onnx(converter, pixels):
    import onnx

    graph = onnx.load_from_string(converter.int8("onnx", pixels).convert()).graph
    made_by = {name: node.op_type for node in graph.node for name in node.output}
    seen = [made_by[node.input[0]] for node in graph.node if node.op_type == "Conv"]
    assert seen[0] != "DequantizeLinear"
    assert seen[1:4] == ["DequantizeLinear"] * 3

"""Graphs rebuilt of Keras layers give what ONNX Runtime gives for them; others are refused."""

import keras
import numpy as np
import onnx
import pytest
from keras import layers
from onnx import TensorProto, helper, numpy_helper

from export.adopt.source import check_rebuilt, open_source
from export.errors import ExportError

_random = np.random.default_rng(0)


def graph(nodes, shape, outputs, **weights):
    """An ONNX graph as PyTorch writes them: channels first."""
    values = [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    found = helper.make_tensor_value_info("y", TensorProto.FLOAT, outputs)
    made = helper.make_graph(nodes, "net", [given], [found], values)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def opened(model, folder):
    onnx.save(model, folder / "net.onnx")
    return open_source(folder / "net.onnx")


def weights(*shape):
    return _random.standard_normal(shape).astype(np.float32) / 4


def off(source) -> float:
    return check_rebuilt(source, _random.random((2, *source.shape)).astype(np.float32))


def residual(flatten: bool):
    """Strided convolutions with symmetric borders, normalization, a shortcut, squeeze, excite."""
    node = helper.make_node
    nodes = [
        node("Conv", ["x", "k1", "b1"], ["c1"], pads=[1, 1, 1, 1], strides=[2, 2]),
        node("BatchNormalization", ["c1", "g", "b", "m", "v"], ["n1"]),
        node("Relu", ["n1"], ["r1"]),
        node("MaxPool", ["r1"], ["p1"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
        node("Conv", ["p1", "k2"], ["c2"], pads=[1, 1, 1, 1], group=8),
        node("Clip", ["c2", "zero", "six"], ["r2"]),
        node("Add", ["r2", "p1"], ["s"]),
        node("GlobalAveragePool", ["s"], ["q"]),
        node("Conv", ["q", "k3", "b3"], ["e"]),
        node("Sigmoid", ["e"], ["w"]),
        node("Mul", ["s", "w"], ["scaled"]),
        node("Concat", ["scaled", "p1"], ["both"], axis=1),
        node("AveragePool", ["both"], ["a"], kernel_shape=[2, 2], strides=[2, 2]),
        node("LeakyRelu", ["a"], ["l"], alpha=0.1),
    ]
    if flatten:
        nodes += [node("Flatten", ["l"], ["f"])]
        inside = 16 * 4 * 4
    else:
        nodes += [node("GlobalAveragePool", ["l"], ["gap"]), node("Flatten", ["gap"], ["f"])]
        inside = 16
    nodes += [
        node("Gemm", ["f", "k4", "b4"], ["logits"], transB=1),
        node("Softmax", ["logits"], ["y"], axis=1),
    ]
    return graph(
        nodes,
        [1, 3, 32, 32],
        [1, 4],
        k1=weights(8, 3, 3, 3),
        b1=weights(8),
        g=weights(8) + 1,
        b=weights(8),
        m=weights(8),
        v=np.abs(weights(8)) + 0.5,
        k2=weights(8, 1, 3, 3),
        zero=np.float32(0),
        six=np.float32(6),
        k3=weights(8, 8, 1, 1),
        b3=weights(8),
        k4=weights(4, inside),
        b4=weights(4),
    )


@pytest.mark.parametrize("flatten", [True, False])
def test_a_graph_with_channels_first(tmp_path, flatten):
    source = opened(residual(flatten), tmp_path)
    assert source.shape == (32, 32, 3)
    assert (source.activation, source.outputs) == ("softmax", 4)
    assert off(source) < 1e-5


def blocks(dilation: int, activation: str):
    """Parts that Keras networks are made of."""
    x = layers.Input((33, 33, 3))
    y = layers.Rescaling(1 / 127.5, -1)(x)
    y = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization()(y)
    y = layers.Activation("relu6")(y)
    z = layers.SeparableConv2D(8, 3, padding="same", activation="elu")(y)
    y = layers.Add()([y, z])
    z = layers.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2)(y)
    w = layers.MaxPooling2D(3, 2, padding="same")(y)
    y = layers.Concatenate()([z, w, layers.AveragePooling2D(2, padding="same")(y)])
    y = layers.ZeroPadding2D(1)(y)
    y = layers.Conv2D(12, 3, dilation_rate=dilation, activation="tanh")(y)
    w = layers.GlobalAveragePooling2D(keepdims=True)(y)
    y = layers.Multiply()([y, layers.Conv2D(12, 1, activation="sigmoid")(w)])
    y = layers.Flatten()(y)
    y = layers.Dense(16, activation=activation)(y)
    return keras.Model(x, layers.Dense(3, activation="softmax")(layers.BatchNormalization()(y)))


@pytest.mark.parametrize("kind", ["onnx", "saved", "tflite"])
def test_a_keras_network_in_other_formats(tmp_path, kind):
    # A .tflite file has dilated convolutions and SELU in pieces, which are refused.
    model = blocks(1, "swish") if kind == "tflite" else blocks(2, "selu")
    model(np.zeros((1, 33, 33, 3), np.float32))
    if kind == "onnx":
        model.export(tmp_path / "net.onnx", format="onnx", verbose=False)
        source = open_source(tmp_path / "net.onnx")
    else:
        model.export(tmp_path / "net", verbose=False)
        source = None if kind == "tflite" else open_source(tmp_path / "net")
    if kind == "tflite":
        import tensorflow as tf

        converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "net"))
        (tmp_path / "net.tflite").write_bytes(converter.convert())
        source = open_source(tmp_path / "net.tflite")
    assert (source.shape, source.outputs, source.activation) == ((33, 33, 3), 3, "softmax")
    pictures = _random.integers(0, 256, (3, 33, 33, 3)).astype(np.float32)
    assert check_rebuilt(source, pictures) < 1e-4


@pytest.mark.parametrize("kind", ["ArgMax", "LpPool", "Sin"])
def test_an_operator_that_is_not_known(tmp_path, kind):
    node = helper.make_node
    more = {"kernel_shape": [2, 2]} if kind == "LpPool" else {}
    if kind == "ArgMax":
        nodes = [
            node("GlobalAveragePool", ["x"], ["g"]),
            node("Flatten", ["g"], ["f"]),
            node("ArgMax", ["f"], ["a"], axis=1),
            node("Cast", ["a"], ["y"], to=TensorProto.FLOAT),
        ]
        outputs = [1, 1]
    else:
        nodes = [
            node(kind, ["x"], ["a"], **more),
            node("GlobalAveragePool", ["a"], ["g"]),
            node("Flatten", ["g"], ["y"]),
        ]
        outputs = [1, 3]
    with pytest.raises(ExportError, match=f"{kind} is none of those that can be rebuilt"):
        opened(graph(nodes, [1, 3, 32, 32], outputs), tmp_path)


def test_a_border_that_keras_does_not_have(tmp_path):
    """A pooling's border is the smallest number in ONNX; zeros would win where all are below."""
    node = helper.make_node
    nodes = [
        node("MaxPool", ["x"], ["p"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
        node("GlobalAveragePool", ["p"], ["g"]),
        node("Flatten", ["g"], ["y"]),
    ]
    with pytest.raises(ExportError, match="border"):
        opened(graph(nodes, [1, 3, 32, 32], [1, 3]), tmp_path)


def test_a_graph_that_is_rebuilt_wrong_is_refused(tmp_path, monkeypatch):
    from export.onnx_to_keras import operators_with_weights as operators

    source = opened(residual(False), tmp_path)
    assert off(source) < 1e-5
    wrong = dict(operators.LAYERS, Sigmoid=operators.LAYERS["Tanh"])
    monkeypatch.setattr("export.onnx_to_keras.graph.LAYERS", wrong)
    with pytest.raises(ExportError, match="gives other outputs"):
        off(opened(residual(False), tmp_path))


def test_halves_are_refused(tmp_path):
    model = residual(False)
    for one in model.graph.initializer:
        if one.name == "k4":
            halved = numpy_helper.to_array(one).astype(np.float16)
            one.CopyFrom(numpy_helper.from_array(halved, "k4"))
    with pytest.raises(ExportError, match=r"whole ONNX file|float32"):
        opened(model, tmp_path)


OPERATORS = {
    "HardSigmoid": ({"alpha": 1 / 6}, {}),
    "HardSwish": ({}, {}),
    "PRelu": ({}, {"slope": np.full((3, 1, 1), 0.2, np.float32)}),
    "Softplus": ({}, {}),
    "Elu": ({"alpha": 0.5}, {}),
    "Pad": ({}, {"pads": np.array([0, 0, 1, 2, 0, 0, 3, 4])}),
    "AveragePool": ({"kernel_shape": [3, 3], "pads": [1] * 4, "count_include_pad": 1}, {}),
    "GlobalMaxPool": ({}, {}),
    "Sub": ({}, {"mean": np.array([[[0.1]], [[0.2]], [[0.3]]], np.float32)}),
    "Div": ({}, {"by": np.float32(3)}),
}


@pytest.mark.parametrize("kind", OPERATORS)
def test_an_operator_by_itself(tmp_path, kind):
    attributes, more = OPERATORS[kind]
    nodes = [
        helper.make_node(kind, ["x", *more], ["a"], **attributes),
        helper.make_node("GlobalAveragePool", ["a"], ["g"]),
        helper.make_node("Flatten", ["g"], ["y"]),
    ]
    source = opened(graph(nodes, [1, 3, 32, 32], [1, 3], **more), tmp_path)
    pictures = _random.standard_normal((2, 32, 32, 3)).astype(np.float32)
    assert check_rebuilt(source, pictures) < 1e-5


def test_a_pooling_that_rounds_up(tmp_path):
    """As in SqueezeNet and GoogLeNet of PyTorch."""
    node = helper.make_node
    nodes = [
        node("Relu", ["x"], ["r"]),
        node("MaxPool", ["r"], ["p"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
        node("GlobalAveragePool", ["p"], ["g"]),
        node("Flatten", ["g"], ["y"]),
    ]
    assert off(opened(graph(nodes, [1, 3, 32, 32], [1, 3]), tmp_path)) < 1e-5


@pytest.mark.parametrize("own", ["zero_padding2d", "get_item", "reshape", "permute"])
def test_a_layer_may_have_the_name_that_keras_gives_to_another(tmp_path, own):
    """Keras names what is put between layers, and numbers it within the process."""
    keras.backend.clear_session()
    node = helper.make_node
    nodes = [
        node("Relu", ["x"], ["r"], name=f"net/{own}/Relu"),
        node("Slice", ["r", "from", "to", "axes"], ["part"]),
        node("Conv", ["part", "k1"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2]),
        node("GlobalAveragePool", ["c"], ["q"]),
        node("Mul", ["c", "q"], ["scaled"]),
        node("Transpose", ["scaled"], ["turned"], perm=[0, 1, 3, 2]),
        node("Flatten", ["turned"], ["flat"]),
        node("Flatten", ["q"], ["row"]),
        node("Concat", ["flat", "row"], ["both"], axis=1),
        node("Gemm", ["both", "k2"], ["y"]),
    ]
    parts = {"from": [1, 1], "to": [9, 9], "axes": [2, 3]}
    matrices = {"k1": weights(4, 3, 3, 3), "k2": weights(4 * 4 * 4 + 4, 2)}
    model = graph(nodes, [None, 3, 10, 10], [None, 2], **parts, **matrices)
    assert off(opened(model, tmp_path)) < 1e-5

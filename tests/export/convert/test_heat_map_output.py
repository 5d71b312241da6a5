"""The heat map as a second output: against a gradient tape, in every format and precision."""

import math

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras
import tensorflow as tf
from keras import layers

from edge import Classifier
from edge.model_file.manifest import Decision, InputSpec, Manifest, RejectGate
from edge.model_file.payload import payload_sha256
from export.convert.heat_map_output import heat_map_of, two_outputs
from export.convert.keras_conversion import Converter
from export.package.write_container import pack
from export.targets import TARGETS
from train.networks.evidence_map import StandingOut, StrongestCells
from train.networks.registry import ARCHITECTURES, LOGITS, build_cnn

SPEC = InputSpec(24, 32, "rgb")
ROWS, COLUMNS = 10, 14


def build(head, outputs=2):
    """Two convolutions, then what `head` makes of features [N, 10, 14, 12], then the logits."""
    keras.utils.set_random_seed(3)
    pixels = keras.Input(SPEC.shape, dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 127.5, -1, name="scale")(pixels)
    x = layers.Conv2D(8, 3, activation="relu", name="conv1")(x)
    x = layers.MaxPooling2D(2, name="pool")(layers.ZeroPadding2D(1, name="pad")(x))
    x = layers.Conv2D(12, 3, activation="relu", name="conv2")(x)
    x = layers.Dense(outputs, name=LOGITS)(head(x))
    last = "softmax" if outputs == 2 else "sigmoid"
    return keras.Model(pixels, layers.Activation(last, name="tumor")(x), name="m")


def pooled(*units, dropout=False):
    def head(x):
        x = layers.GlobalAveragePooling2D(name="mean")(x)
        for i, n in enumerate(units):
            bias = keras.initializers.RandomNormal(stddev=0.2, seed=i)
            x = layers.Dense(n, activation="relu", bias_initializer=bias, name=f"dense{i}")(x)
            if dropout:
                x = layers.Dropout(0.5, name=f"drop{i}")(x)
        return x

    return head


def evidence(x):
    x = layers.Conv2D(1, 1, name="evidence")(x)
    return layers.Flatten(name="top")(layers.GlobalMaxPooling2D(name="max")(x))


def standing_out(x):
    """The compact network's: reckoned from what the last convolution gives."""
    layer = StandingOut(name="evidence")
    evidence = layer(layers.Conv2D(1, 1, name="raw")(x))
    layer.shift.assign([0.7])
    return StrongestCells(name="top")(evidence)


def separate(x):
    """ReLU and a linear layer apart from the dense ones."""
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    x = layers.Activation("relu", name="on")(layers.Dense(9, name="a")(x))
    return layers.Dense(5, name="b")(x)


HEADS = {
    "article": (pooled(40, 40, 24), 2),
    "no hidden layer": (pooled(), 1),
    "one, sigmoid": (pooled(16, dropout=True), 1),
    "separate": (separate, 2),
    "evidence": (evidence, 1),
    "standing out": (standing_out, 1),
}


@pytest.fixture(scope="module", params=HEADS)
def model(request):
    return build(*HEADS[request.param])


@pytest.fixture(scope="module")
def converter(model):
    return Converter(model, 1)


@pytest.fixture(scope="module")
def pixels():
    coarse = np.random.default_rng(0).integers(0, 256, (30, 6, 8, 3), dtype=np.uint8)
    return coarse.repeat(4, axis=1).repeat(4, axis=2)


def by_tape(model, pixels, positive):
    """Grad-CAM of the log-odds of tumor, as everybody computes it."""
    mean = model.get_layer("mean")
    features = tf.constant(keras.Model(model.input, mean.input).predict(pixels, verbose=0))
    with tf.GradientTape() as tape:
        tape.watch(features)
        x = features
        for layer in model.layers[model.layers.index(mean) : -1]:
            x = layer(x, training=False)
        odds = x[:, 0] if x.shape[1] == 1 else x[:, positive] - x[:, 1 - positive]
    weights = tf.reduce_mean(tape.gradient(odds, features), axis=(1, 2), keepdims=True)
    return tf.nn.relu(tf.reduce_sum(weights * features, axis=-1)).numpy()


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("positive", [0, 1])
def test_it_is_the_tapes_grad_cam(model, pixels, positive, transposed):
    if heat_map_of(model).method == "evidence":
        pytest.skip("an evidence map is no Grad-CAM")
    found = two_outputs(model, positive, transposed=transposed).predict(pixels, verbose=0)
    wanted = by_tape(model, pixels, positive)
    assert wanted.max() > 0
    np.testing.assert_allclose(found["heat_map"], wanted, atol=1e-5 * wanted.max())


def test_evidence_is_the_layers_own(pixels):
    model = build(*HEADS["evidence"])
    own = keras.Model(model.input, model.get_layer("evidence").output)
    found = two_outputs(model, 1).predict(pixels, verbose=0)["heat_map"]
    np.testing.assert_allclose(found, own.predict(pixels, verbose=0)[..., 0], atol=1e-6)
    assert vars(heat_map_of(model)) == {
        "method": "evidence",
        "rows": ROWS,
        "columns": COLUMNS,
        "reason": "",
    }


def write(folder, converter, target, pixels, spec=SPEC, outputs=2):
    """A model file as the export writes it, less its provenance."""
    decision = Decision("sigmoid" if outputs == 1 else "softmax")
    payload = converter.convert(target.format, target.precision, pixels)
    path = folder / f"m-{target.precision}.{target.format}"
    path.write_bytes(payload)
    manifest = Manifest(
        *("m", target.format, target.precision, ("no", "yes"), "yes", spec, decision),
        *(RejectGate(), payload_sha256(path), {}),
        heat_map=converter.heat_map,
    )
    path.write_bytes(pack(payload, manifest))
    return path


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: f"{t.format}-{t.precision}")
def test_every_file_gives_it_through_the_devices_engines(
    model, converter, pixels, tmp_path, target
):
    wanted = two_outputs(model, 1).predict(pixels, verbose=0)
    outputs = wanted[LOGITS].shape[1]
    classifier = Classifier(write(tmp_path, converter, target, pixels, outputs=outputs))
    maps = np.stack([classifier.heat_map(one) for one in pixels])
    logits = np.stack([classifier.logits(one) for one in pixels])
    assert maps.dtype == np.float32
    scale = np.abs(wanted["heat_map"]).max()
    if target.precision == "fp32":
        np.testing.assert_allclose(maps, wanted["heat_map"], atol=1e-5 * scale)
    same = maps.reshape(30, -1).argmax(1) == wanted["heat_map"].reshape(30, -1).argmax(1)
    assert same.sum() >= 26
    assert np.abs(logits - wanted[LOGITS]).max() < 0.05


def operations(payload):
    """Of a TFLite file: (kind, dtypes of the inputs)."""
    from ai_edge_litert.interpreter import Interpreter

    made = Interpreter(model_content=payload)
    dtypes = {t["index"]: np.dtype(t["dtype"]).name for t in made.get_tensor_details()}
    return [
        (op["op_name"], [dtypes[i] for i in op["inputs"] if i in dtypes])
        for op in made._get_ops_details()
        if op["op_name"] != "DELEGATE"
    ]


def test_int8_tflite_keeps_the_head_in_float(pixels):
    pytest.importorskip("ai_edge_litert")
    found = operations(Converter(build(*HEADS["article"]), 1).convert("tflite", "int8", pixels))
    assert [t for kind, t in found if kind == "CONV_2D"] == [["int8", "int8", "int32"]] * 2
    for kind, dtypes in found:
        if kind in ("MEAN", "FULLY_CONNECTED", "BATCH_MATMUL"):
            assert dtypes[0] == "float32"


def test_int8_onnx_keeps_the_head_in_float(pixels):
    import onnx

    payload = Converter(build(*HEADS["article"]), 1).convert("onnx", "int8", pixels)
    graph = onnx.load_from_string(payload).graph
    quantized = {out for node in graph.node for out in node.output if "Dequant" in node.op_type}
    for node in graph.node:
        if node.op_type == "Conv":
            assert set(node.input[:2]) <= quantized
        if node.op_type in ("Gemm", "MatMul"):
            assert not set(node.input) & quantized


@pytest.mark.parametrize("head", ["evidence", "standing out"])
def test_int8_keeps_the_layer_that_gives_evidence_in_float(pixels, head):
    """And not only what is reckoned from it."""
    import onnx

    converter = Converter(build(*HEADS[head]), 1)
    found = operations(converter.convert("tflite", "int8", pixels))
    kinds = [dtypes[0] for kind, dtypes in found if kind == "CONV_2D"]
    assert kinds == ["int8", "int8", "float32"]
    assert not [kind for kind, dtypes in found if kind in ("MEAN", "SUB") and "int8" in dtypes]
    graph = onnx.load_from_string(converter.convert("onnx", "int8", pixels)).graph
    quantized = {out for node in graph.node for out in node.output if "Dequant" in node.op_type}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    assert [node.input[1] in quantized for node in convolutions] == [True, True, False]


@pytest.fixture(scope="module")
def narrow_and_wide():
    """Two heads: (converter, number of weights in the head) of each."""
    made = []
    for units in (40, 240):
        model = build(pooled(units, units, 24))
        weights = [w for layer in model.layers[6:] for w in layer.weights]
        made.append((Converter(model, 1), sum(math.prod(w.shape) for w in weights)))
    return made


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
@pytest.mark.parametrize("format", ["tflite", "onnx"])
def test_dense_weights_are_stored_once(narrow_and_wide, pixels, format, precision):
    (narrow, few), (wide, many) = (
        (len(converter.convert(format, precision, pixels)), weights)
        for converter, weights in narrow_and_wide
    )
    once = (many - few) * (2 if precision == "fp16" else 4)
    assert wide - narrow == pytest.approx(once, rel=0.02)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (layers.Flatten(name="flat"), r"its head has flat \(Flatten\)"),
        (lambda x: layers.BatchNormalization(name="bn")(pooled(4)(x)), "BatchNormalization"),
        (lambda x: layers.Dense(4, "tanh", name="bent")(pooled()(x)), r"bent \(Dense\)"),
        (
            lambda x: layers.Add(name="sum")([pooled()(x), layers.GlobalMaxPooling2D()(x)]),
            "sum",
        ),
    ],
)
def test_other_heads_say_why_not(head, words):
    import re

    found = heat_map_of(build(head))
    assert found.method is None
    assert re.search(words, found.reason)


def test_the_articles_cnn_has_none_and_its_file_one_output():
    model = build_cnn(ARCHITECTURES["cnn"].input, 0.1)
    assert heat_map_of(model).method is None
    assert "flatten (Flatten)" in heat_map_of(model).reason
    assert two_outputs(model, 1).output.shape == (None, 1)


def test_any_batch(pixels, tmp_path):
    import onnxruntime

    model = build(*HEADS["article"])
    payload = Converter(model, 1, batch=None).convert("onnx", "fp32", None)
    session = onnxruntime.InferenceSession(payload, providers=["CPUExecutionProvider"])
    assert [output.name for output in session.get_outputs()] == ["logits", "heat_map"]
    logits, maps = session.run(None, {"pixels": pixels})
    wanted = two_outputs(model, 1).predict(pixels, verbose=0)
    np.testing.assert_allclose(logits, wanted[LOGITS], atol=1e-5)
    np.testing.assert_allclose(maps, wanted["heat_map"], atol=1e-5 * wanted["heat_map"].max())


def test_the_same_model_is_the_same_bytes(pixels):
    for format in ("tflite", "onnx"):
        first, second = (
            Converter(build(*HEADS["article"]), 1).convert(format, "int8", pixels) for _ in "12"
        )
        assert first == second


def test_what_int8_costs_a_layer_is_of_what_it_gives():
    """tf2onnx names the scan, axes turned, after the first layer: no multiple of its channels."""
    keras.utils.set_random_seed(3)
    scan = keras.Input(SPEC.shape, dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 255, name="scale")(scan)
    x = layers.Conv2D(7, 3, activation="relu", name="conv1")(x)
    x = layers.Dense(1, name=LOGITS)(layers.Flatten(name="flat")(x))
    model = keras.Model(scan, layers.Activation("sigmoid", name="tumor")(x), name="m")
    stack = np.random.default_rng(0).integers(0, 256, (4, *SPEC.shape), np.uint8)
    found = Converter(model, 1).int8("onnx", stack).errors("min-max")
    assert found["conv1"] < 1

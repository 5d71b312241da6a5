"""Layers that converters stumble over: small networks, converted and compared with Keras."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras
from keras import layers

from edge.inference.onnx_engine import SETTINGS
from edge.model_file.manifest import InputSpec
from export.convert.heat_map_output import two_outputs
from export.convert.keras_conversion import Converter
from export.errors import ExportError
from export.targets import TARGETS
from tests.export.shape_arithmetic import in_onnx, in_tflite
from train.networks.registry import ARCHITECTURES, LOGITS, logits_model
from train.networks.type_head import TypeHead, pooled_features

SIDE = 16


def build(case):
    """Pixels, a convolution, what `case` makes of features [N, 16, 16, 8], logits."""
    keras.utils.set_random_seed(5)
    pixels = keras.Input((SIDE, SIDE, 3), dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 255, name="scale")(pixels)
    x = case(layers.Conv2D(8, 3, padding="same", activation="relu", name="first")(x))
    x = layers.Dense(3, name=LOGITS)(layers.Flatten(name="flat")(x))
    return keras.Model(pixels, layers.Activation("softmax", name="tumor")(x), name="m")


@pytest.fixture(scope="module")
def pixels():
    coarse = np.random.default_rng(0).integers(0, 256, (12, 4, 4, 3), dtype=np.uint8)
    return coarse.repeat(4, axis=1).repeat(4, axis=2)


def by_onnx(payload, pixels):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    for setting in SETTINGS:
        options.add_session_config_entry(*setting)
    session = onnxruntime.InferenceSession(payload, options, providers=["CPUExecutionProvider"])
    assert [entry.name for entry in session.get_inputs()] == ["pixels"]
    return np.concatenate([session.run([LOGITS], {"pixels": one[None]})[0] for one in pixels])


def by_tflite(payload, pixels):
    interpreter = pytest.importorskip("ai_edge_litert.interpreter").Interpreter
    run = interpreter(model_content=payload).get_signature_runner()
    return np.concatenate([run(pixels=one[None])[LOGITS] for one in pixels])


ONNX = {
    "Normalization": layers.Normalization(mean=[0.1] * 8, variance=[0.2] * 8),
    "gelu": layers.Activation("gelu"),
    "celu": layers.Activation("celu"),
    "LSTM": lambda x: layers.LSTM(4)(layers.Reshape((SIDE, SIDE * 8))(x)),
    "grouped convolution": lambda x: layers.Conv2D(8, 3, groups=4, padding="same")(x),
}


@pytest.mark.parametrize("name", ONNX)
def test_onnx_gets_what_tf2onnx_left_out(name, pixels):
    """Constants became inputs; Erfc, Expm1 and a call of a function stayed in the file.

    And ours: what a loop takes from outside of it was put behind it.
    """
    model = build(ONNX[name])
    converter = Converter(model, 1)
    wanted = logits_model(model).predict(pixels, verbose=0)
    exact = by_onnx(converter.convert("onnx", "fp32", None), pixels)
    np.testing.assert_allclose(exact, wanted, atol=1e-4)
    found = by_onnx(converter.convert("onnx", "int8", pixels), pixels)
    assert np.abs(found - wanted).max() < 0.1 * wanted.std()


@pytest.mark.parametrize(
    ("format", "precision"), [("onnx", "fp32"), ("tflite", "fp32"), ("tflite", "int8")]
)
def test_an_operation_that_a_format_does_not_have_is_named(format, precision, pixels):
    model = build(lambda x: layers.Resizing(8, 8, antialias=True, name="smaller")(x))
    with pytest.raises(ExportError, match=r"has no ScaleAndTranslate \(in .*smaller"):
        Converter(model, 1).convert(format, precision, pixels)


@pytest.mark.parametrize("format", ["onnx", "tflite"])
def test_what_is_random_in_training_is_not_in_a_file(format, pixels):
    """Traced without `training=False`, the file flipped each scan at random."""
    model = build(lambda x: layers.RandomRotation(0.2)(layers.RandomFlip()(x)))
    wanted = logits_model(model).predict(pixels, verbose=0)
    payload = Converter(model, 1).convert(format, "fp32", None)
    found = {"onnx": by_onnx, "tflite": by_tflite}[format](payload, pixels)
    np.testing.assert_allclose(found, wanted, atol=1e-4)


@pytest.mark.parametrize("batch", [1, None])
def test_a_model_that_was_only_loaded_is_exported(batch, pixels, tmp_path):
    model = build(lambda x: x)
    model.save(tmp_path / "m.keras")
    wanted = logits_model(model).predict(pixels, verbose=0)
    loaded = keras.models.load_model(tmp_path / "m.keras")
    found = by_onnx(Converter(loaded, 1, batch).convert("onnx", "fp32", None), pixels)
    np.testing.assert_allclose(found, wanted, atol=1e-4)


NETWORKS = {
    "cnn": InputSpec(32, 32, "rgb"),
    "compact": InputSpec(64, 64, "grey"),
    "vgg16": InputSpec(32, 32, "rgb"),
}
TYPES = 3


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    spec = NETWORKS[request.param]
    model = ARCHITECTURES[request.param].build(spec, width=0.125)
    stack = np.random.default_rng(1).integers(0, 256, (4, *spec.shape), dtype=np.uint8)
    return model, Converter(model, 1), stack


@pytest.fixture(scope="module")
def typed(network):
    """The same, which tells types of tumor besides."""
    model, _, stack = network
    width = pooled_features(model).output.shape[-1]
    random = np.random.default_rng(2)
    kernel = random.normal(size=(width, TYPES)).astype(np.float32)
    head = TypeHead(kernel, np.zeros(TYPES, np.float32))
    return Converter(model, 1, types=head), stack


KINDS = [(target.format, target.precision) for target in TARGETS]


@pytest.mark.parametrize(("format", "precision"), KINDS)
def test_no_shape_is_reckoned_in_a_file(network, format, precision):
    """With its heat map, where the network has one."""
    _, converter, stack = network
    read = {"tflite": in_tflite, "onnx": in_onnx}[format]
    assert read(converter.convert(format, precision, stack)) == []


@pytest.mark.parametrize(("format", "precision"), KINDS)
def test_nor_in_one_with_types(typed, format, precision):
    converter, stack = typed
    read = {"tflite": in_tflite, "onnx": in_onnx}[format]
    assert read(converter.convert(format, precision, stack)) == []


def test_a_shape_that_is_reckoned_is_seen(pixels):
    """As where the batch is left open."""
    model = build(lambda x: layers.GlobalAveragePooling2D(keepdims=True)(x))
    assert in_onnx(Converter(model, 1, None).convert("onnx", "fp32", None))


def test_tflite_outputs_have_names(network):
    model, converter, stack = network
    interpreter = pytest.importorskip("ai_edge_litert.interpreter").Interpreter
    run = interpreter(model_content=converter.convert("tflite", "int8", stack))
    run = run.get_signature_runner()
    assert list(run.get_input_details()) == ["pixels"]
    made = two_outputs(model, 1).output
    assert set(run.get_output_details()) == (set(made) if isinstance(made, dict) else {LOGITS})


@pytest.mark.parametrize("method", ["min-max", "percentile"])
def test_no_step_is_infinite(method, pixels):
    """Of 1 / sqrt(0), cut off behind: LiteRT ended the process on it."""
    from tensorflow.lite.tools import flatbuffer_utils

    model = build(lambda x: layers.UnitNormalization()(layers.ReLU()(x - 1.0)))
    converter = Converter(model, 1)
    quantizer = converter.int8("tflite", pixels)
    payload = quantizer.convert(method)
    (graph,) = flatbuffer_utils.convert_bytearray_to_object(bytearray(payload)).subgraphs
    of_tensors = [t.quantization.scale for t in graph.tensors if t.quantization]
    scales = [scale for scale in of_tensors if scale is not None]
    assert scales
    assert all(np.isfinite(scale).all() for scale in scales)
    with pytest.raises(RuntimeError, match="RSQRT"):
        quantizer.convert(method, older=True)

"""What an int8 file computes with, and in which steps."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras
from keras import layers

from edge.model_file.manifest import InputSpec
from export.convert.keras_conversion import Converter
from export.errors import ExportError
from export.quantize.operations import tflite_in_float, tflite_operations
from train.networks.registry import ARCHITECTURES, LOGITS

SIDE = 16


def build(case):
    """Pixels [N, 16, 16, 3], what `case` makes of them, logits."""
    keras.utils.set_random_seed(5)
    pixels = keras.Input((SIDE, SIDE, 3), dtype="uint8", name="pixels")
    x = layers.Dense(2, name=LOGITS)(layers.Flatten(name="flat")(case(pixels)))
    return keras.Model(pixels, layers.Activation("softmax", name="tumor")(x), name="m")


@pytest.fixture(scope="module")
def pixels():
    every = np.arange(SIDE * SIDE, dtype=np.uint8).reshape(1, SIDE, SIDE, 1).repeat(3, axis=3)
    return np.concatenate([every, every[:, ::-1], every[:, :, ::-1]])


def scaled(pixels):
    x = layers.Rescaling(1 / 127.5, -1, name="scale")(pixels)
    return layers.Conv2D(4, 3, padding="same", name="conv")(x)


def test_scaling_keeps_all_grey_values(pixels):
    """TensorFlow's calibrator gave the product the range -1..2: 171 values were left."""
    from tensorflow.lite.python.interpreter import Interpreter, OpResolverType

    engine = Interpreter(
        model_content=Converter(build(scaled), 1).convert("tflite", "int8", pixels),
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    engine.allocate_tensors()
    engine.set_tensor(engine.get_input_details()[0]["index"], pixels[:1])
    engine.invoke()
    operators = engine._get_ops_details()
    (entry,) = [one["inputs"][0] for one in operators if one["op_name"] == "CONV_2D"]
    assert len(np.unique(engine.get_tensor(entry))) >= 255


@pytest.mark.parametrize(
    ("format", "layer", "kinds"),
    [
        ("tflite", layers.Activation("elu"), ["ELU"]),
        ("onnx", layers.Activation("elu"), ["Elu"]),
        ("tflite", layers.ReLU(), []),
        ("onnx", layers.ReLU(), []),
        ("onnx", layers.Activation("gelu"), ["Erf", "Sub"]),
    ],
)
def test_what_nobody_asked_to_be_in_float_is_told(pixels, format, layer, kinds):
    converter = Converter(build(lambda x: layer(scaled(x))), 1)
    quantizer = converter.int8(format, pixels)
    assert quantizer.left_in_float(quantizer.convert()) == kinds


def test_a_layer_that_is_asked_for_is_not_told(pixels):
    converter = Converter(build(lambda x: layers.ReLU()(scaled(x))), 1)
    for format in ("tflite", "onnx"):
        quantizer = converter.int8(format, pixels)
        assert quantizer.left_in_float(quantizer.convert(kept=["conv"]), ["conv"]) == []


def test_an_operation_of_two_outputs_stays_in_float_where_its_head_does():
    """TensorFlow's quantizer finds none by its name: the strongest cells were picked in int8."""
    network = ARCHITECTURES["compact"].build(InputSpec(64, 64, "grey"))
    scans = np.random.default_rng(0).integers(0, 255, (3, 64, 64, 1), np.uint8)
    converter = Converter(network, 1)
    made = converter.int8("tflite", scans).convert()
    assert "TOPK_V2" in tflite_operations(made)
    assert "TOPK_V2" in tflite_in_float(made, [])


def test_a_loop_is_refused_with_its_reason(pixels):
    """TensorFlow's calibrator ended the process."""

    def case(x):
        return layers.LSTM(4)(layers.Reshape((SIDE, SIDE * 3))(layers.Rescaling(1 / 255)(x)))

    converter = Converter(build(case), 1)
    with pytest.raises(ExportError, match="is a loop"):
        converter.convert("tflite", "int8", pixels)

"""The output of types in exported files, against Keras, for networks with a map a type."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras

from edge.inference.engines import installed
from edge.model_file.manifest import InputSpec
from export.convert.keras_conversion import Converter
from tests.train.networks.test_type_head import head_of
from tests.train.small import backbone
from train.networks.compact import build_compact
from train.networks.type_head import pooled_features

NETWORKS = {
    "compact": lambda: build_compact(InputSpec(32, 32, "grey"), 0.2),
    "vgg16": lambda: backbone("vgg16"),
}


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    """A network, a head, a converter, scans, and what Keras makes of them."""
    keras.utils.set_random_seed(0)
    model = NETWORKS[request.param]()
    head, shape = head_of(model), model.input.shape[1:]
    pixels = np.random.default_rng(1).integers(0, 256, (8, *shape), np.uint8)
    features = pooled_features(model).predict(pixels, verbose=0)
    wanted = head.logits(features)
    return SimpleNamespace(
        converter=Converter(model, positive=1, types=head), pixels=pixels, wanted=wanted
    )


def by_tflite(payload: bytes, pixels: np.ndarray) -> list[np.ndarray]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=payload)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], pixels[None])
    interpreter.invoke()
    return [interpreter.get_tensor(one["index"]) for one in interpreter.get_output_details()]


def by_onnx(payload: bytes, pixels: np.ndarray) -> list[np.ndarray]:
    from onnxruntime import InferenceSession

    session = InferenceSession(payload, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: pixels[None]})


@pytest.mark.parametrize(("format", "run"), [("tflite", by_tflite), ("onnx", by_onnx)])
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_types_are_those_of_keras(network, format, run, precision):
    if not installed(format):
        pytest.skip(f"no engine for {format} is installed")
    payload = network.converter.convert(format, precision, network.pixels)
    outputs = [run(payload, one) for one in network.pixels]
    assert sorted(value.ndim for value in outputs[0]) == [2, 3, 4]
    found = np.array([next(v for v in one if v.ndim == 4)[0].sum(axis=(0, 1)) for one in outputs])
    scale = np.abs(network.wanted).max()
    assert np.abs(found - network.wanted).max() <= (1e-4 if precision == "fp32" else 0.1) * scale

"""The output of the reject gate in exported files, against Keras."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras

from edge.inference.engines import installed
from edge.model_file.manifest import InputSpec
from export.convert.keras_conversion import Converter
from export.package.triton import config
from tests.edge.conftest import MODELS
from tests.export.convert.test_type_output import by_onnx, by_tflite
from tests.train.networks.test_gate_head import head_of
from tests.train.networks.test_type_head import head_of as type_head_of
from train.networks.compact import build_compact
from train.networks.gate_head import mean_activations

RUN = {"tflite": by_tflite, "onnx": by_onnx}


@pytest.fixture(scope="module")
def network():
    """A network, a converter, scans, and what Keras makes of them."""
    keras.utils.set_random_seed(0)  # of some networks int8 rounds more than the bound below
    model = build_compact(InputSpec(32, 32, "grey"), 0.2)
    head = head_of(model, 64)  # of fewer weights nothing is rounded
    # Of very different sizes, as those are that standardisation is folded into.
    sizes = np.logspace(-1, 1.5, len(head.first), dtype=np.float32)[:, None]
    head = replace(head, first=head.first * sizes)
    pixels = np.random.default_rng(1).integers(0, 256, (8, 32, 32, 1), np.uint8)
    pixels = (pixels * np.linspace(0.1, 1.0, 8)[:, None, None, None]).astype(np.uint8)
    wanted = head.likeness(mean_activations(model).predict(pixels, verbose=0))
    return SimpleNamespace(model=model, head=head, pixels=pixels, wanted=wanted)


@pytest.mark.parametrize("format", RUN)
@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8", "dynamic"])
@pytest.mark.parametrize("typed", [False, True])
def test_likeness_is_that_of_keras(network, format, precision, typed):
    if not installed(format):
        pytest.skip(f"no engine for {format} is installed")
    if (format, precision) == ("onnx", "dynamic"):
        pytest.skip("there is no such target")
    types = type_head_of(network.model) if typed else None
    converter = Converter(network.model, positive=1, types=types, gate=network.head)
    payload = converter.convert(format, precision, network.pixels)
    outputs = [RUN[format](payload, one) for one in network.pixels]
    shapes = sorted((value.shape for value in outputs[0]), key=lambda shape: (len(shape), shape))
    assert shapes[:3] == [(1, 1), (1, 4, 4), (1, 1, 1, 1)]
    assert len(shapes) == 3 + typed
    found = [next(v for v in one if v.shape == (1, 1, 1, 1)).item() for one in outputs]
    scale = np.abs(network.wanted).max()
    bound = {"fp32": 1e-4, "fp16": 0.01, "dynamic": 0.01}.get(precision, 0.05)
    assert np.abs(found - network.wanted).max() <= bound * scale


def test_a_server_is_told_of_it():
    from edge.model_file.container import open_model

    gated, plain = (open_model(MODELS / f"{name}.onnx").manifest for name in ("tiny-gated", "tiny"))
    said = 'name: "likeness" data_type: TYPE_FP32 dims: [1, 1, 1, 1]'
    assert said in config("gated", gated, False)
    assert "likeness" not in config("plain", plain, False)

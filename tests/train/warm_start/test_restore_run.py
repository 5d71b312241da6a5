"""A run from the bundled int8 file gives what the file gives, and can go on learning."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("ai_edge_litert")

from edge.model_file.bundled import bundled_model
from export.package.write_container import payload_of
from train.data.samples import Samples
from train.evaluation.keras_predictions import raw_outputs
from train.phantom.make import make_phantom

SCRIPT = Path(__file__).parents[3] / "docs/scripts/restore_run.py"


def test_the_network_is_that_of_the_file():
    spec = importlib.util.spec_from_file_location("restore_run", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    truth = np.arange(8) % 2
    pixels = np.stack([make_phantom(i, bool(y), size=128).pixels for i, y in enumerate(truth)])
    samples = Samples(pixels[..., None], truth, np.arange(8))
    payload = payload_of(Path(bundled_model("litert")), "tflite")
    weights, given = script.folded_weights(payload, samples.pixels)
    assert np.ptp(given) > 1
    model, off = script.unfolded(weights, samples, 0, given)
    assert off < 0.2
    # Not by their differences alone: what the last layer adds is found as well.
    assert np.abs(raw_outputs(model, samples.pixels)[:, 0] - given).mean() < 0.2
    # Normalized by the examples' own means and variances, as in a fit, not by those of nothing.
    variances = model.get_layer("stem_norm").moving_variance.numpy()
    assert not np.allclose(variances, 1)

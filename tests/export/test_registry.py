"""Every network of `train`'s registry in every format and precision: narrow, otherwise whole."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras

from edge import Classifier
from export.convert.heat_map_output import HEAT_MAP, two_outputs
from export.convert.keras_conversion import Converter
from export.targets import TARGETS
from tests.export.convert.test_heat_map_output import write
from train.networks.registry import ARCHITECTURES, LOGITS

SIDE = 80
"""Small, and no backbone takes less than 75."""
WIDTH = 0.1
ALLOWED = {"fp32": 1e-4, "fp16": 1e-2, "dynamic": 0.25, "int8": 0.25}
"""Difference of the logits, as a share of how far they range over the scans; coarse where numbers
are rounded to 8 bits, for random weights tell noise apart by little. Trained ones are proven by
`test_export`; here a wrong layer, colour order or scaling would show."""


FAST = ("cnn", "vgg16", "compact")
"""The others take minutes to convert, however narrow."""


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=() if name in FAST else pytest.mark.slow) for name in ARCHITECTURES
    ],
)
def network(request):
    """(input, converter, pixels, what Keras makes of them)."""
    keras.utils.set_random_seed(1)
    architecture = ARCHITECTURES[request.param]
    spec = replace(architecture.input, height=SIDE, width=SIDE)
    model = architecture.build(spec, width=WIDTH)
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (16, SIDE // 8, SIDE // 8, spec.shape[2]), dtype=np.uint8)
    pixels = pixels.repeat(8, axis=1).repeat(8, axis=2)
    for positive in (1, 0):
        wanted = two_outputs(model, positive).predict(pixels, verbose=0)
        wanted = wanted if isinstance(wanted, dict) else {LOGITS: wanted}
        # Random weights may speak for one class only; its map is the one that shows something.
        if HEAT_MAP not in wanted or wanted[HEAT_MAP].max() > 0:
            break
    return spec, Converter(model, positive), pixels, wanted


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: f"{t.format}-{t.precision}")
def test_it_converts_and_agrees(network, target, tmp_path):
    spec, converter, pixels, wanted = network
    outputs = wanted[LOGITS].shape[1]
    classifier = Classifier(write(tmp_path, converter, target, pixels, spec, outputs))
    logits = np.stack([classifier.logits(one) for one in pixels])
    scale = np.ptp(wanted[LOGITS], axis=0).max()
    assert scale > 0
    assert np.abs(logits - wanted[LOGITS]).max() < ALLOWED[target.precision] * scale
    if HEAT_MAP in wanted:
        maps = np.stack([classifier.heat_map(one) for one in pixels])
        assert maps.shape == wanted[HEAT_MAP].shape
        assert wanted[HEAT_MAP].max() > 0
        if target.precision == "fp32":
            np.testing.assert_allclose(maps, wanted[HEAT_MAP], atol=1e-4 * wanted[HEAT_MAP].max())

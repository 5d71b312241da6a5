"""Small networks and scans for the tests of training."""

from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial

import keras
import numpy as np

from edge.model_file.manifest import InputSpec
from train.data.samples import Samples
from train.fitting.fit_options import FitOptions
from train.networks import registry
from train.networks.backbones import build_transfer

SPEC = InputSpec(32, 32, "rgb")
BACKBONE_SPEC = InputSpec(96, 96, "rgb")
_FULL = dict(registry.ARCHITECTURES)


def full_input(architecture: str) -> InputSpec:
    """What a network takes outside of these tests."""
    return _FULL[architecture].input


def samples(count: int = 40, side: int = 32) -> Samples:
    """Noise; in every second one a bright square."""
    random = np.random.default_rng(0)
    truth = np.arange(count) % 2
    pixels = random.integers(0, 120, (count, side, side, 3), np.uint8)
    pixels[truth == 1, 8:16, 8:16] += 100
    return Samples(pixels, truth, np.arange(count))


def options(architecture: str = "cnn", **changes) -> FitOptions:
    """Few epochs; all else as a user would have it."""
    defaults = {
        "epochs": 3,
        "batch_size": 8,
        "learning_rate": 1e-3,
        "patience": 10,
        "augment": True,
        "seed": 0,
    }
    return FitOptions(architecture, **{**defaults, **changes})


@cache
def backbone(name: str) -> keras.Model:
    """One of the article's backbones with its head, built once: do not train it."""
    return build_transfer(name, BACKBONE_SPEC, width=0.05)


@contextmanager
def narrow_networks(width: float = 0.1, spec: InputSpec = SPEC):
    """The registry with a tenth of the filters, and few pixels, in the block."""
    before = dict(registry.ARCHITECTURES)
    for name, known in _FULL.items():
        registry.ARCHITECTURES[name] = replace(
            known, input=spec, build=partial(_at_width, known.build, width)
        )
    try:
        yield
    finally:
        registry.ARCHITECTURES.update(before)


def _at_width(build, width, spec, **more):
    return build(spec, width=width, **more)

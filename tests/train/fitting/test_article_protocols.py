"""The articles' protocols: repeated, and labelled as what they are."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from edge.model_file.manifest import InputSpec
from train.data.samples import Samples
from train.evaluation.keras_predictions import raw_outputs
from train.fitting import article_protocols
from train.fitting.article_protocols import augmented
from train.fitting.fit_options import Fit, FitOptions
from train.networks.cost import cost
from train.networks.registry import build_cnn
from train.phantom.make import make_phantom

OPTIONS = FitOptions("cnn", 1, 32, 1e-3, 1, False, 0)


def test_the_253_become_the_articles_2064():
    truth = np.array([1] * 155 + [0] * 98)
    pixels = np.random.default_rng(0).integers(0, 256, (253, 8, 8, 3), np.uint8)
    copies, source = augmented(pixels, truth, 0)
    assert copies.shape == (2064, 8, 8, 3)
    assert copies.dtype == np.uint8
    assert (truth[source] == 1).sum() == 1085
    assert (truth[source] == 0).sum() == 979
    assert set(source) == set(range(253))


def test_each_scan_is_there_once_and_its_copies_are_turned():
    pixels = np.stack([make_phantom(i, False, 64).pixels for i in range(4)])[..., None]
    copies, source = augmented(pixels, np.array([0, 0, 1, 1]), 0)
    for i in range(4):
        own = copies[source == i]
        same = [np.array_equal(copy, pixels[i]) for copy in own]
        assert sum(same) == 1
        assert len({copy.tobytes() for copy in own}) == len(own)


def remembering():
    """A `fit` that records what it was given and returns an untrained network."""
    seen = []

    def fit(options, train, validation):
        seen.append((train, validation))
        model = build_cnn(InputSpec(32, 32, "rgb"), width=0.1)
        return Fit(model, {}, 1, cost(model), lambda pixels: raw_outputs(model, pixels))

    return fit, seen


def test_both_protocols_leak_and_count_how_much():
    truth = np.arange(20) % 2
    pixels = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), np.uint8)
    fit, seen = remembering()
    samples = Samples(pixels, truth, np.arange(20))
    first = article_protocols.augment_then_split(OPTIONS, samples, fit)
    second = article_protocols.on_training_images(OPTIONS, samples, fit)
    assert (first.images["fitted"], first.images["measured"]) == (len(seen[0][0]), 27)
    assert first.seen == 27  # seven copies each: some are always in training
    assert seen[1][0] is seen[1][1]
    for result in (first, second):
        assert result.accuracy.n == result.images["measured"]
        assert result.to_dict()["leaky"] is True
        assert result.to_dict()["claim"] == article_protocols.CLAIMS[result.protocol]

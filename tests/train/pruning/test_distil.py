import keras
import numpy as np
import pytest

from edge.model_file.manifest import InputSpec
from tests.train.small import SPEC, narrow_networks, samples
from train.fitting.feature_cache import FeatureCache
from train.networks.backbones import build_transfer
from train.networks.registry import ARCHITECTURES
from train.pruning.distil import _both, distil, taught_by
from train.pruning.prune import _with_copies


@pytest.mark.parametrize("precision", ["float32", "mixed"])
def test_a_disturbed_network_comes_nearer_to_its_teacher(precision):
    with narrow_networks():
        build = ARCHITECTURES["cnn"].build
        keras.utils.set_random_seed(0)
        teacher, student = build(SPEC), build(SPEC)
    random = np.random.default_rng(0)
    student.set_weights([w + random.normal(0, 0.03, w.shape) for w in teacher.get_weights()])
    for layer in student.layers:  # as a pruned backbone that was frozen comes
        layer.trainable = False
    before = student.get_weights()
    scans = samples(48)
    cache = FeatureCache()
    lessons = [
        taught_by(teacher, scans.pixels[part], scans.truth[part], cache)
        for part in (slice(0, 32), slice(32, 48))
    ]
    state = distil(student, *lessons, rate=1e-3, epochs=12, size=32, seed=0, precision=precision)
    # The best loss is that of an epoch, or of the network as it came.
    assert state.best_epoch > 0
    assert state.best_loss == min(state.history["val_loss"]) < 0.8 * state.history["val_loss"][0]
    after = student.get_weights()
    assert all((old != new).any() for old, new in zip(before, after, strict=True))
    assert {layer.compute_dtype for layer in student.layers if layer.weights} == {"float32"}


def test_copies_of_a_scan_are_the_same_among_other_scans():
    pixels = samples(4).pixels
    whole, part = _with_copies(pixels, 3, 5), _with_copies(pixels[[2, 0]], 3, 5)
    assert len(whole) == 16
    np.testing.assert_array_equal(part, np.concatenate([whole[8:12], whole[:4]]))
    np.testing.assert_array_equal(whole[::4], pixels)
    copies = whole[1:4].astype(int)
    assert np.abs(copies - pixels[0]).mean() > 5
    assert (copies[0] != copies[1]).any()


def test_a_teacher_in_16_bits_teaches_nearly_the_same_and_is_kept_apart():
    with narrow_networks():
        teacher = ARCHITECTURES["cnn"].build(SPEC)
    scans, cache = samples(16), FeatureCache()
    whole = taught_by(teacher, scans.pixels, scans.truth, cache)
    short = taught_by(teacher, scans.pixels, scans.truth, cache, "mixed")
    assert (whole.features != short.features).any()
    assert np.square(whole.features - short.features).mean() < 1e-3 * whole.features.var()
    again = taught_by(teacher, scans.pixels, scans.truth, cache)
    np.testing.assert_array_equal(again.features, whole.features)


def test_a_network_whose_layers_have_names_of_keras_own_is_distilled():
    """Inception has unnamed concatenations; Keras would name one more of them like these."""
    keras.backend.clear_session()
    network = build_transfer("inception_v3", InputSpec(96, 96, "rgb"), width=0.05)
    features = network.get_layer("dense1").input
    both = _both(network)
    assert both.output.shape == (None, features.shape[1] + 2)

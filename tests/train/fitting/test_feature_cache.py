"""The cache of what a frozen part makes of scans."""

import hashlib

import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from tests.train.small import samples
from train.fitting.feature_cache import FeatureCache
from train.progress import counting

PIXELS = samples(40).pixels


class Counting:
    """`counting`, and a count of the scans that were computed."""

    def __init__(self):
        self.computed = 0

    def __call__(self, what, total):
        self.computed += total
        return counting(what, total)


@pytest.fixture(scope="module")
def frozen():
    keras.utils.set_random_seed(0)
    pixels = keras.Input((32, 32, 3), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(pixels)
    x = keras.layers.Conv2D(4, 3, strides=2)(x)
    return keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(x))


def test_features_are_those_of_the_model(frozen):
    found = FeatureCache()(frozen, PIXELS, 0, 0, Counting())
    assert found.shape == (1, 40, 4)
    np.testing.assert_allclose(found[0], frozen.predict(PIXELS, verbose=0), atol=1e-5)


def test_nothing_is_computed_twice(frozen):
    cache, progress = FeatureCache(), Counting()
    first = cache(frozen, PIXELS[:30], 2, 0, progress)
    assert progress.computed == 90
    np.testing.assert_array_equal(cache(frozen, PIXELS[:30], 2, 0, progress), first)
    cache(frozen, PIXELS[10:], 0, 0, progress)  # the scans themselves are known, but for ten
    assert progress.computed == 100


def test_copies_differ_from_the_scan_and_from_each_other(frozen):
    found = FeatureCache()(frozen, PIXELS[:8], 2, 0, Counting())
    for one, two in ((0, 1), (0, 2), (1, 2)):
        assert (np.abs(found[one] - found[two]).max(axis=1) > 1e-3).all()
    again = FeatureCache()(frozen, PIXELS[:8], 2, 0, Counting())
    np.testing.assert_array_equal(found, again)
    other_seed = FeatureCache()(frozen, PIXELS[:8], 2, 1, Counting())
    assert not np.array_equal(found[1], other_seed[1])


def test_other_weights_are_other_features(frozen):
    cache, progress = FeatureCache(), Counting()
    cache(frozen, PIXELS[:4], 0, 0, progress)
    other = keras.models.clone_model(frozen)
    other.set_weights([2 * weight for weight in frozen.get_weights()])
    found = cache(other, PIXELS[:4], 0, 0, progress)
    assert progress.computed == 8
    np.testing.assert_allclose(found[0], other.predict(PIXELS[:4], verbose=0), atol=1e-5)


def test_features_of_another_precision_are_computed_on_their_own(frozen):
    cache, progress = FeatureCache(), Counting()
    exact = cache(frozen, PIXELS, 0, 0, progress)
    low = cache(frozen, PIXELS, 0, 0, progress, "mixed")
    np.testing.assert_allclose(low, exact, rtol=0.02, atol=0.02)
    assert not np.array_equal(low, exact)
    np.testing.assert_array_equal(cache(frozen, PIXELS, 0, 0, progress), exact)
    assert progress.computed == 2 * len(PIXELS)


def test_copies_are_drawn_by_keys_that_stay_what_they_are(frozen):
    """Other keys would draw other copies: another network for the same seed."""
    cache = FeatureCache()
    cache(frozen, PIXELS[:1], 1, 0, Counting())
    weights = hashlib.blake2b(digest_size=16)
    for array in frozen.get_weights():
        weights.update(array)
    scan = hashlib.blake2b(PIXELS[0].tobytes(), digest_size=16)
    base = weights.digest() + frozen.layers[-1].name.encode() + scan.digest()
    keys = [hashlib.blake2b(base + copy, digest_size=16).digest() for copy in (b"0", b"1")]
    assert list(cache._known) == keys


def test_a_resumed_run_finds_them_on_disk(frozen, tmp_path):
    progress = Counting()
    first = FeatureCache(tmp_path)(frozen, PIXELS, 1, 0, progress)
    np.testing.assert_array_equal(FeatureCache(tmp_path)(frozen, PIXELS, 1, 0, progress), first)
    assert progress.computed == 80
    file = next(tmp_path.glob("features-*.npz"))
    file.write_bytes(file.read_bytes()[:1000])  # power failed
    np.testing.assert_array_equal(FeatureCache(tmp_path)(frozen, PIXELS, 1, 0, progress), first)
    assert progress.computed == 160

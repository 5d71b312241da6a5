"""Fits: phases, early stopping, resuming, precision, memory."""

import dataclasses
import functools
import resource
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from edge.model_file.manifest import InputSpec
from tests.train.small import narrow_networks, options, samples
from train.errors import TrainError
from train.evaluation.keras_predictions import raw_outputs
from train.fitting import checkpoint
from train.fitting.feature_cache import FeatureCache
from train.fitting.fit import fit, phases
from train.fitting.fit_options import FitContext
from train.hardware.out_of_memory import is_out_of_memory, naming_out_of_memory
from train.networks import registry

SAMPLES = samples()
TRAIN, VALIDATION = SAMPLES[np.arange(30)], SAMPLES[np.arange(30, 40)]
CASES = {
    "cnn": options("cnn"),
    "head": options("vgg16"),
    "fine-tuning": options("vgg16", epochs=2, unfreeze="block5", fine_tune_rate=1e-3),
}


@pytest.fixture(autouse=True)
def _narrow():
    with narrow_networks():
        yield


class Stop(keras.callbacks.Callback):
    """Ctrl-C at the beginning of an epoch of a phase."""

    def __init__(self, phase, stop_phase, epoch):
        super().__init__()
        self._at = epoch if phase == stop_phase else None

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self._at:
            raise KeyboardInterrupt


def fitted(case, context=None):
    return fit(case, TRAIN, VALIDATION, context or FitContext())


def same(one, two):
    assert one.history == two.history
    assert one.best_epoch == two.best_epoch
    for ours, theirs in zip(one.model.get_weights(), two.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@functools.cache
def uninterrupted(case):
    return fitted(CASES[case])


@pytest.mark.parametrize(
    ("case", "phase", "epoch"),
    [("cnn", "all", 2), ("fine-tuning", "head", 1), ("fine-tuning", "fine-tuning", 1)],
)
def test_a_resumed_fit_equals_an_uninterrupted_one(case, phase, epoch, tmp_path):
    whole, file = uninterrupted(case), tmp_path / "run.npz"
    stopping = FitContext(checkpoint=file, progress=lambda name, _: Stop(name, phase, epoch))
    with pytest.raises(KeyboardInterrupt):
        fitted(CASES[case], stopping)
    before = checkpoint.load(file)
    assert not before.finished
    assert before.epoch == epoch
    same(fitted(CASES[case], FitContext(checkpoint=file)), whole)


def test_a_finished_fit_is_read_and_not_fitted_again(tmp_path):
    file = tmp_path / "run.npz"
    whole = fitted(CASES["cnn"], FitContext(checkpoint=file))
    never = FitContext(checkpoint=file, progress=lambda name, _: Stop(name, name, 0))
    same(fitted(CASES["cnn"], never), whole)


def test_the_best_epoch_is_kept():
    found = fitted(options("cnn", epochs=6, learning_rate=0.05))
    losses = found.history["val_loss"]
    assert found.best_epoch == np.argmin(losses) + 1
    logits = found.logits(VALIDATION.pixels)[:, 0].astype(float)
    loss = np.log1p(np.exp(np.where(VALIDATION.truth == 1, -logits, logits))).mean()
    assert loss == pytest.approx(min(losses), rel=1e-4)


def test_it_stops_when_it_gets_no_better():
    found = fitted(options("cnn", epochs=40, learning_rate=0.3, patience=2))
    assert len(found.history["loss"]) == found.best_epoch + 2


def test_fine_tuning_never_makes_it_worse():
    head = uninterrupted("head")
    tuned = fitted(dataclasses.replace(CASES["head"], unfreeze="block5", fine_tune_rate=0.9))
    assert tuned.history["val_loss"][:3] == head.history["val_loss"]
    assert min(tuned.history["val_loss"]) == tuned.history["val_loss"][tuned.best_epoch - 1]
    assert tuned.cost.trained_parameters > head.cost.trained_parameters


def test_all_of_a_backbone_can_be_trained_from_scratch():
    case = options("vgg16", epochs=1, unfreeze="all")
    assert [phase.name for phase in phases(case)] == ["fine-tuning"]
    found = fitted(case)
    assert found.cost.frozen_parameters == 0
    with_weights = dataclasses.replace(case, weights="imagenet")
    assert [phase.name for phase in phases(with_weights)] == ["head", "fine-tuning"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vgg19", "inception_v3", "xception", "resnet50"])
def test_every_backbone_learns(name):
    data = samples(16, 96)
    with narrow_networks(0.05, InputSpec(96, 96, "rgb")):
        found = fit(options(name, epochs=1, augment=False), data, data, FitContext())
        keras.utils.set_random_seed(0)
        fresh = registry.ARCHITECTURES[name].build(InputSpec(96, 96, "rgb"))
    learned = {
        layer.name
        for layer in fresh.layers
        for before, after in zip(
            layer.get_weights(), found.model.get_layer(layer.name).get_weights(), strict=True
        )
        if not np.array_equal(before, after)
    }
    assert learned == {"dense1", "dense2", "dense3", "logits"}
    assert found.cost.frozen_parameters > 0


def test_only_the_head_of_a_frozen_backbone_changes():
    one, two = uninterrupted("head"), fitted(dataclasses.replace(CASES["head"], epochs=1))
    for layer in one.model.layers:
        if layer.weights and layer.name.startswith("block"):
            other = two.model.get_layer(layer.name)
            np.testing.assert_array_equal(layer.get_weights()[0], other.get_weights()[0])
    assert one.cost.frozen_parameters > 0
    np.testing.assert_allclose(
        one.logits(VALIDATION.pixels), raw_outputs(one.model, VALIDATION.pixels), atol=1e-4
    )


def test_cached_features_train_the_same_head_as_the_whole_network():
    case = options("vgg16", augment=False, epochs=3)
    cached = fitted(case)
    model = fitted(dataclasses.replace(case, epochs=1, learning_rate=1e-12)).model  # untrained
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    from train.fitting.balanced_batches import Batches

    batches = Batches(TRAIN.pixels[None], TRAIN.truth, 8, 0, balanced=False)
    begin = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: batches.begin(epoch))
    log = model.fit(batches, epochs=3, shuffle=False, verbose=0, callbacks=[begin])
    np.testing.assert_allclose(log.history["loss"], cached.history["loss"], rtol=2e-3)


@pytest.mark.parametrize("name", ["cnn", "head"])
def test_mixed_precision_is_saved_in_float32(name):
    found = fitted(dataclasses.replace(CASES[name], precision="mixed"))
    assert {layer.dtype_policy.name for layer in found.model.layers} == {"float32"}
    plain = uninterrupted(name)
    np.testing.assert_allclose(found.history["loss"], plain.history["loss"], rtol=0.02)
    assert found.history["loss"] != plain.history["loss"]
    np.testing.assert_allclose(
        found.logits(VALIDATION.pixels), raw_outputs(found.model, VALIDATION.pixels), atol=1e-4
    )
    assert keras.config.dtype_policy().name == "float32"


def test_only_training_scans_go_through_frozen_layers_in_mixed_precision():
    asked = set()

    class Watched(FeatureCache):
        def __call__(self, frozen, pixels, *rest):
            asked.add((len(pixels), rest[3] if len(rest) > 3 else "float32"))
            return super().__call__(frozen, pixels, *rest)

    case = dataclasses.replace(CASES["head"], precision="mixed", epochs=1)
    fitted(case, FitContext(cache=Watched())).logits(VALIDATION.pixels)
    assert {one for one in asked if one[0] >= len(VALIDATION)} == {
        (len(TRAIN), "mixed"),
        (len(VALIDATION), "float32"),
    }


def test_a_network_without_a_backbone_has_none_to_unfreeze():
    for changes in ({"unfreeze": "block5"}, {"weights": "imagenet"}):
        with pytest.raises(TrainError, match="--model cnn has no backbone"):
            phases(options("cnn", **changes))


def test_a_wrong_prefix_is_said_before_the_head_is_trained():
    never = FitContext(progress=lambda name, _: Stop(name, name, 0))
    with pytest.raises(TrainError, match="block1, block2, block3, block4, block5, or all"):
        fitted(options("vgg16", unfreeze="blok5"), never)


def test_a_loss_that_is_no_number_says_what_to_do():
    with pytest.raises(TrainError, match="smaller --learning-rate"):
        fitted(options("cnn", learning_rate=1e30, epochs=5))


def test_a_damaged_state_is_refused(tmp_path):
    file = tmp_path / "run.npz"
    fitted(CASES["cnn"], FitContext(checkpoint=file))
    file.write_bytes(file.read_bytes()[:3000])
    with pytest.raises(TrainError, match="is damaged"):
        fitted(CASES["cnn"], FitContext(checkpoint=file))


def test_the_state_of_another_network_is_refused(tmp_path):
    file = tmp_path / "run.npz"
    stopping = FitContext(checkpoint=file, progress=lambda name, _: Stop(name, name, 1))
    with pytest.raises(KeyboardInterrupt):
        fitted(CASES["cnn"], stopping)
    with pytest.raises(TrainError, match="of another network"):
        fitted(CASES["head"], FitContext(checkpoint=file))


def test_running_out_of_memory_names_the_batch_to_try():
    with pytest.raises(TrainError, match="--batch-size 16"), naming_out_of_memory(32):
        np.empty(2**60, np.uint8)  # NumPy's own MemoryError
    with pytest.raises(ValueError, match="other"), naming_out_of_memory(32):
        raise ValueError("other")
    assert not is_out_of_memory(ValueError("bloom"))


HUNGRY = """
import resource
from train.hardware import backend; backend.start()
import numpy as np
from edge.model_file.manifest import InputSpec
from tests.train.small import options, samples
from train.errors import TrainError
from train.fitting.fit import FitContext, fit
data = samples(64, 150)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (256 << 20),) * 2)
try:
    fit(options(batch_size=64, augment=False), data, data, FitContext())
except TrainError as error:
    print("refused:", error)
"""


@pytest.fixture(scope="module", autouse=True)
def hungry():
    """A process that runs out of memory: begun first, for TensorFlow waits ten seconds for some."""
    process = subprocess.Popen(
        [sys.executable, "-c", HUNGRY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS"), reason="no RLIMIT_AS")
def test_the_backends_own_error_is_understood(hungry):
    out, err = hungry.communicate(timeout=120)
    assert "refused: out of memory with 64 scans a step; try --batch-size 32" in out, err[-2000:]

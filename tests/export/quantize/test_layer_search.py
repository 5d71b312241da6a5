"""int8 for a network that needs help: channels rescaled over orders of magnitude."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras
from keras import layers
from PIL import Image

from edge.inference.engines import installed
from edge.model_file.container import open_model
from edge.model_file.manifest import Decision, InputSpec
from edge.model_file.provenance import Training, Trial, provenance
from export.convert.keras_conversion import Converter
from export.export_inputs import ExportInputs
from export.export_pipeline import Limits, Search, export_target
from export.quantize.calibration_methods import METHODS, channel_error
from export.quantize.layer_search import find, saved
from export.targets import select
from train.evaluation.keras_predictions import calibrated, raw_outputs
from train.fitting.fit_options import make_reproducible
from train.networks.registry import LOGITS
from train.run.run_folder import Run, RunManifest

SIDE = 40
DECISION = Decision("sigmoid")


def scans(count, seed):
    """Noise, half of it with a bright spot: uint8 [N, 40, 40, 3] and whether there is one."""
    random = np.random.default_rng(seed)
    images, truth = random.normal(80, 25, (count, SIDE, SIDE)), np.arange(count) % 2
    rows, columns = np.mgrid[:SIDE, :SIDE]
    for image, spot in zip(images, truth, strict=True):
        y, x = random.uniform(8, SIDE - 8, 2)
        image += spot * 130 * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 18)
    return np.repeat(images.clip(0, 255).astype(np.uint8)[..., None], 3, axis=-1), truth


@pytest.fixture(scope="module")
def trained():
    make_reproducible(0)
    pixels = keras.Input((SIDE, SIDE, 3), dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 255, name="scale")(pixels)
    for name, filters in (("conv1", 12), ("conv2", 12)):
        x = layers.Conv2D(filters, 3, activation="relu", name=name)(x)
        x = layers.MaxPooling2D(2, name=name.replace("conv", "pool"))(x)
    x = layers.Dense(16, activation="relu", name="dense")(layers.Flatten(name="flat")(x))
    x = layers.Dense(1, name=LOGITS)(x)
    model = keras.Model(pixels, layers.Activation("sigmoid", name="tumor")(x), name="m")
    model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(*scans(400, 1), epochs=12, batch_size=16, verbose=0)
    assert history.history["accuracy"][-1] > 0.95
    return model


@pytest.fixture(scope="module")
def rescaled(trained):
    """The channels between the convolutions multiplied by 0.003 to 300, and divided again.

    ReLU and max-pooling let a positive factor through, so Keras gives the same. int8 has one scale
    for all the channels and loses the small ones.
    """
    model = keras.models.clone_model(trained)
    model.set_weights(trained.get_weights())
    factors = np.float32(10) ** np.linspace(-2.5, 2.5, 12, dtype=np.float32)
    kernel, bias = model.get_layer("conv1").get_weights()
    model.get_layer("conv1").set_weights([kernel * factors, bias * factors])
    kernel, bias = model.get_layer("conv2").get_weights()
    model.get_layer("conv2").set_weights([kernel / factors[:, None], bias])
    pixels, _ = scans(20, 5)
    np.testing.assert_allclose(raw_outputs(model, pixels), raw_outputs(trained, pixels), atol=1e-3)
    return model


@pytest.fixture
def export(tmp_path):
    """Export a model as int8 in a format; returns (outcome, what was said, folder)."""
    training = Training("m", "0" * 64, ("none",), "0" * 64, True, {}, 0, "2026-11-21")
    spec = InputSpec(SIDE, SIDE, "rgb")
    manifest = RunManifest("none", ("no", "yes"), "yes", spec, DECISION, training, {})
    run = Run(tmp_path / "m", manifest, ())
    calibration, _ = scans(60, 2)
    validation, _ = scans(60, 3)
    test, truth = scans(60, 4)
    files = [tmp_path / f"{i}.png" for i in range(len(test))]
    for pixels, file in zip(test, files, strict=True):
        Image.fromarray(pixels).save(file)

    def do(model, format, seek):
        said, out = [], tmp_path / "dist"
        out.mkdir(exist_ok=True)
        inputs = ExportInputs(
            run=run,
            converter=Converter(model, 1),
            dynamic=False,
            calibration_scans=(),
            calibration_pixels=calibration,
            validation_pixels=validation,
            validation_probabilities=calibrated(raw_outputs(model, validation), DECISION, 1),
            test_files=files,
            test_truth=truth,
            keras_probabilities=calibrated(raw_outputs(model, test), DECISION, 1),
            keras_maps=None,
        )
        target = select([format], ["int8"])[0]
        return export_target(inputs, target, out, Limits(), seek, said.append), said, out

    return do


@pytest.mark.parametrize("format", ["tflite", "onnx"])
def test_a_plain_network_needs_no_help(trained, export, format):
    outcome, _, _ = export(trained, format, Search())
    assert outcome.published
    assert [(trial.method, trial.kept, trial.holds) for trial in outcome.trials] == [
        ("min-max", (), True)
    ]
    assert not outcome.kept


@pytest.mark.parametrize("format", ["tflite", "onnx"])
def test_costly_layers_stay_in_float_until_it_holds(rescaled, export, format):
    without, _, out = export(rescaled, format, Search(growth=0))
    assert not without.published
    assert not list(out.iterdir())
    assert any("--max-growth" in line for line in without.advice)

    outcome, said, out = export(rescaled, format, Search())
    assert outcome.published
    used = provenance(open_model(out / outcome.file).manifest).calibration
    # Neither alone would do: one rounds the small channels away, the other its small weights.
    assert sorted(used.kept) == ["conv1", "conv2"]
    plain, chosen = used.trials[0], next(t for t in used.trials if t.kept == used.kept)
    assert (plain.kept, plain.holds, chosen.holds) == ((), False, True)
    assert chosen.mean_difference < plain.mean_difference / 5
    assert plain.bytes < chosen.bytes == outcome.bytes <= plain.bytes * 1.5
    assert [line.split()[0] for line in outcome.kept] == list(used.kept)
    assert any(f"{chosen.changed} validation verdicts changed" in line for line in said)


@pytest.mark.parametrize("format", ["tflite", "onnx"])
def test_every_method_is_tried_and_the_best_kept(trained, export, format):
    outcome, _, out = export(trained, format, Search(methods=tuple(METHODS)))
    assert outcome.published
    assert [trial.method for trial in outcome.trials] == list(METHODS)
    assert len({trial.mean_difference for trial in outcome.trials}) > 1
    used = provenance(open_model(out / outcome.file).manifest).calibration
    best = min(outcome.trials, key=lambda t: (not t.holds, t.changed, t.mean_difference))
    assert used.method == best.method
    assert used.trials == outcome.trials


@pytest.mark.parametrize("worse", ["litert", "openvino"])
def test_the_search_goes_by_the_engine_that_does_worst(worse, trained, export, monkeypatch):
    if worse not in installed("tflite"):
        pytest.skip(f"{worse} is not installed")

    def judge(classifier, trial, *rest):
        bad = classifier.engine.name == worse
        return replace(trial, changed=9 * bad, mean_difference=bad / 4, holds=not bad)

    monkeypatch.setattr("export.export_pipeline.judge_validation", judge)
    outcome, _, _ = export(trained, "tflite", Search(growth=0))
    assert {trial.changed for trial in outcome.trials} == {9}
    assert not any(trial.holds for trial in outcome.trials)


class Scripted:
    """A quantizer whose files are as large as their layers in float, for the search alone."""

    def __init__(self, has_older=False, breaks=False):
        self.has_older, self._breaks = has_older, breaks

    def convert(self, method="min-max", kept=(), older=False):
        if older and self._breaks:
            raise RuntimeError("no such operation")
        return (b"o" if older else b"x") * (
            100 + sum({"a": 10, "b": 20, "c": 500, "d": 10}[name] for name in kept)
        )

    def errors(self, method):
        return {"a": 0.1, "b": 0.9, "c": 0.8, "d": 0.2}


@pytest.mark.parametrize("format", ["tflite", "onnx"])
def test_layers_behind_which_is_a_normalization_can_stay_in_float(format):
    """tf2onnx folds both into a node that has neither's name: none was found to stay in float."""
    keras.utils.set_random_seed(3)
    pixels = keras.Input((SIDE, SIDE, 3), dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 255, name="scale")(pixels)
    for name in ("one", "two"):
        x = layers.Conv2D(8, 3, use_bias=False, name=name)(x)
        x = layers.BatchNormalization(name=f"{name}_norm")(x)
        x = layers.ReLU(name=f"{name}_relu")(x)
    x = layers.Dense(1, name=LOGITS)(layers.Flatten(name="flat")(x))
    model = keras.Model(pixels, layers.Activation("sigmoid", name="tumor")(x), name="m")
    converter = Converter(model, 1)
    quantizer = converter.int8(format, scans(8, 4)[0])
    errors = quantizer.errors("min-max")
    assert len(errors) >= 2
    whole = quantizer.convert("min-max")
    for layer in errors:
        assert len(quantizer.convert("min-max", (layer,))) > len(whole)


def test_a_tensor_of_another_layer_s_channels_is_not_taken_for_its_own():
    """tf2onnx folds a depthwise layer behind a branch: what joins both branches bears its name."""
    keras.utils.set_random_seed(3)
    pixels = keras.Input((SIDE, SIDE, 3), dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 255, name="scale")(pixels)
    for filters in (8, 16):
        x = layers.SeparableConv2D(filters, 3, padding="same", activation="selu")(x)
        x = layers.MaxPooling2D()(x)
    one = layers.BatchNormalization()(layers.DepthwiseConv2D(3, padding="same")(x))
    two = layers.Conv2D(8, 3, padding="same")(layers.Conv2D(8, 1, activation="relu")(x))
    x = layers.Concatenate()([layers.Activation("selu")(one), two])
    x = layers.Activation("selu")(layers.BatchNormalization()(x))
    x = layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    x = layers.Dense(1, name=LOGITS)(x)
    model = keras.Model(pixels, layers.Activation("sigmoid", name="tumor")(x), name="m")
    quantizer = Converter(model, 1).int8("onnx", scans(8, 4)[0])
    errors = quantizer.errors("min-max")
    assert len(errors) >= 4
    assert all(np.isfinite(value) for value in errors.values())


def test_a_file_is_kept_where_layers_cannot_be_measured():
    class Unmeasured(Scripted):
        def errors(self, method):
            raise ValueError("no names")

    payload, best, trials = sought({"b"}, quantizer=Unmeasured())
    assert (payload, best.kept, len(trials)) == (b"x" * 100, (), 1)


def sought(needed, growth=0.5, methods=("min-max",), quantizer=None, older_needs=None):
    def judge(payload, method, kept):
        own = older_needs if payload[:1] == b"o" else needed
        holds = own <= set(kept)
        missing = len(own - set(kept))
        return Trial(method, kept, len(payload), 50, missing, 0.1, missing / 10, holds)

    return find(quantizer or Scripted(), methods, growth, judge, lambda message: None)


def test_the_search_takes_the_costliest_first_and_drops_what_it_need_not():
    payload, best, trials = sought({"d"})
    assert [trial.kept for trial in trials] == [(), ("b",), ("b", "d"), ("d",)]
    assert (best.kept, len(payload)) == (("d",), 110)
    (line,) = saved(trials, best)
    assert line.startswith("d stays in float: 1 instead of 0 ")
    assert line.endswith("; it adds 0.0 kB")
    smaller = [replace(trial, bytes=9000 - 900 * len(trial.kept)) for trial in trials]
    assert saved(smaller, smaller[-1])[0].endswith("; it saves 0.9 kB")


def test_the_search_keeps_to_its_budget():
    _, best, trials = sought({"c"})
    assert not best.holds
    assert max(trial.bytes for trial in trials) <= 150
    assert sought({"c"}, growth=10)[1].kept == ("c",)


def test_the_older_quantizer_is_tried_before_layers_stay_in_float():
    payload, best, trials = sought({"b", "d"}, quantizer=Scripted(True), older_needs=set())
    assert [(trial.kept, trial.older_quantizer) for trial in trials] == [((), False), ((), True)]
    assert (best.older_quantizer, payload) == (True, b"o" * 100)
    # Better, if not good enough: layers stay in float by it.
    _, best, trials = sought({"b", "d"}, quantizer=Scripted(True), older_needs={"b"})
    assert (best.kept, best.older_quantizer, best.holds) == (("b",), True, True)
    assert saved(trials, best)[0].startswith("b stays in float: 1 instead of 0 ")
    # Not asked where the first one holds, and no loss where it is worse or cannot do it.
    assert len(sought(set(), quantizer=Scripted(True))[2]) == 1
    assert not sought({"b"}, quantizer=Scripted(True), older_needs={"b", "a"})[1].older_quantizer
    assert sought({"b"}, quantizer=Scripted(True, breaks=True))[1].kept == ("b",)


def test_channel_error():
    wanted = np.array([[1.0, -1.0], [100.0, 100.0], [0.0, 0.0]])
    assert channel_error([wanted], [wanted]) == 0
    assert channel_error([wanted * 0], [wanted]) == 1
    lost = wanted * [[0], [1], [1]]
    assert channel_error([lost], [wanted]) == pytest.approx(0.5)

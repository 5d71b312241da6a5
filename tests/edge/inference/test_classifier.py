"""The Python API on real engines and tiny models."""

import math
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest

from edge import Classifier, EngineError, ImageError, ModelError
from edge.inference import engines as engines_module
from edge.inference.self_test import self_test
from edge.model_file.container import open_model
from edge.model_file.manifest import InputSpec
from edge.model_file.payload import payload_sha256
from edge.parallel.pipeline import Outcome
from edge.results.writers import TextWriter
from export.package.write_container import pack
from tests.edge.conftest import MODELS, doubting_gate
from tests.edge.model_file.test_container import payload_of
from tests.make_tiny_models import MIDDLE, SLOPE


def expected(mean):
    return 1 / (1 + math.exp(-SLOPE * (mean - MIDDLE)))


@pytest.mark.parametrize(
    ("mean", "verdict"), [(40, "no_tumor"), (101, "uncertain"), (180, "tumor")]
)
def test_verdict_and_probability(model, scan, mean, verdict):
    prediction = Classifier(model).classify(scan(mean))
    assert prediction.verdict == verdict
    assert prediction.probability == pytest.approx(expected(mean), abs=0.02)
    assert prediction.model == "tiny fp32"
    assert prediction.model_sha256 == open_model(model).manifest.payload_sha256
    # Of the bright gradient, 150 to 210, a quarter is nearly as bright as its brightest.
    assert prediction.doubtful == (mean == 180)
    assert (prediction.reason is not None) == prediction.doubtful
    assert min(prediction.decode_ms, prediction.preprocess_ms, prediction.inference_ms) > 0
    assert "not a medical device" in prediction.to_dict()["notice"]


@pytest.mark.parametrize(
    ("mean", "verdict"), [(40, "uncertain"), (101, "uncertain"), (180, "tumor")]
)
def test_what_hardly_looks_like_a_brain_is_not_cleared(model, scan, mean, verdict):
    classifier = Classifier(model)
    classifier.manifest = replace(classifier.manifest, reject=doubting_gate())
    prediction = classifier.classify(scan(mean))
    assert prediction.verdict == verdict
    assert prediction.probability == pytest.approx(expected(mean), abs=0.02)
    doubt = "it hardly looks like an MR slice of a brain"
    assert prediction.reason == doubt, "on a tumor, too: it may be none of the brain"
    assert prediction.doubtful
    text = StringIO()
    TextWriter(text).write(Outcome("scan.png", prediction, None))
    assert f", but {doubt}" in text.getvalue()


def test_files_and_arrays_agree(model, scan):
    from PIL import Image

    path = scan(130)
    classifier = Classifier(model)
    from_file = classifier.classify(path)
    from_array = classifier.classify(np.asarray(Image.open(path)))
    assert from_file.probability == from_array.probability
    assert classifier.probability(classifier.pixels(path)) == from_file.probability


def test_repeated_calls_do_not_interfere(model, scan):
    classifier = Classifier(model)
    dark, bright = scan(40, "dark.png"), scan(180, "bright.png")
    first = [classifier.classify(path).probability for path in (dark, bright, dark)]
    assert first[0] == first[2] != first[1]


def test_rejected_without_asking_the_model(model, tmp_path):
    prediction = Classifier(model).classify(np.full((64, 64), 9, np.uint8))
    assert prediction.verdict == "rejected"
    assert prediction.probability is None
    assert "uniform" in prediction.reason
    assert prediction.inference_ms == 0.0
    assert Classifier(model).classify(np.uint8([[200]])).verdict == "rejected"


def test_bad_scan(model, tmp_path):
    with pytest.raises(ImageError, match="cannot be read"):
        Classifier(model).classify(tmp_path / "none.png")


def test_max_pixels(model, scan):
    with pytest.raises(ImageError, match="more than the limit of 10"):
        Classifier(model, max_pixels=10).classify(scan(100))


def test_max_pixels_and_masks_hold_for_arrays(model):
    array = np.arange(64 * 64.0).reshape(64, 64)
    with pytest.raises(ImageError, match="array: 64x64 pixels is more than the limit of 4095"):
        Classifier(model, max_pixels=4095).classify(array)
    masked = np.ma.masked_less(array, 9)
    with pytest.raises(ImageError, match="masked"):
        Classifier(model).classify(masked)


def test_fewer_than_one_thread_is_refused(model):
    with pytest.raises(ValueError, match="threads: 0 is less than 1"):
        Classifier(model, threads=0)


def test_threads(model, scan):
    assert Classifier(model, threads=2).engine.threads == 2


def test_self_test_passes_and_notices(model):
    classifier = Classifier(model)
    result = self_test(classifier)
    assert result.passed
    assert result.tensor_matches
    assert "self-test passed" in str(result)
    shifted = replace(result, probability=result.expected + 2 * result.tolerance)
    assert not shifted.passed
    assert "FAILED" in str(replace(result, tensor_matches=False))


def test_self_test_without_a_golden_sample(model):
    bare = replace(open_model(model).manifest, provenance={})
    model.write_bytes(pack(payload_of(model), bare))
    with pytest.raises(ModelError, match=r"provenance\.architecture: is missing"):
        self_test(Classifier(model))


def test_input_that_is_not_the_manifests(model):
    wrong = replace(open_model(model).manifest, input=InputSpec(99, 99, "rgb"))
    model.write_bytes(pack(payload_of(model), wrong))
    with pytest.raises(ModelError, match=r"takes uint8 \[1, 16, 16, 3\], its manifest says .*99"):
        Classifier(model)


def test_a_payload_that_no_engine_loads(tmp_path):
    # tflite-runtime 2.14 does not verify a flatbuffer and dies of this one (a segmentation fault).
    # It takes a forged manifest to get that far.
    if "litert" not in engines_module.installed("tflite"):
        pytest.skip("litert is not installed")
    tiny, path = MODELS / "tiny.tflite", tmp_path / "stub.tflite"
    stub = payload_of(tiny)[:64]
    path.write_bytes(stub)
    path.write_bytes(
        pack(stub, replace(open_model(tiny).manifest, payload_sha256=payload_sha256(path)))
    )
    with pytest.raises(ModelError, match="cannot load this model"):
        Classifier(path)


def test_no_engine_installed(model, monkeypatch):
    monkeypatch.setattr(engines_module, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"no engine for .* pip install 'mri-edge\["):
        Classifier(model)


def test_engine_of_another_format(model):
    other = "onnxruntime" if model.suffix == ".tflite" else "litert"
    with pytest.raises(EngineError, match=f"{other} runs"):
        Classifier(model, engine=other)


def test_unknown_engine(model):
    with pytest.raises(EngineError, match="choose from litert"):
        Classifier(model, engine="warp")


def test_broken_engine(model, monkeypatch):
    def broken(name):
        raise ImportError("_ARRAY_API not found")

    monkeypatch.setattr(engines_module, "import_engine", broken)
    with pytest.raises(EngineError, match=r"_ARRAY_API not found.*pip install"):
        Classifier(model)

"""OpenVINO on the tiny models: what it answers, and what it must not do unasked."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from edge import Classifier, EngineError, ModelError, classify_many
from edge.inference import engines
from edge.inference.check_model import check_model
from edge.inference.engines import ENGINES, installed
from edge.inference.openvino_engine import OpenVinoEngine
from edge.inference.self_test import self_test
from edge.model_file.bundled import bundled_model
from edge.model_file.container import open_model
from edge.model_file.payload import payload_sha256
from export.package.write_container import pack
from tests.edge.conftest import MODELS
from tests.edge.inference.test_classifier import expected
from tests.edge.model_file.test_container import payload_of

needs_openvino = pytest.mark.skipif("openvino" not in installed(), reason="openvino: not installed")
both_formats = pytest.mark.parametrize("kind", ["onnx", "tflite"])


def load(kind, name="tiny", **options):
    return Classifier(MODELS / f"{name}.{kind}", engine="openvino", **options)


@needs_openvino
@both_formats
@pytest.mark.parametrize(
    ("mean", "verdict"), [(40, "no_tumor"), (101, "uncertain"), (180, "tumor")]
)
def test_verdict_and_probability(kind, mean, verdict, scan):
    prediction = load(kind).classify(scan(mean))
    assert prediction.verdict == verdict
    assert prediction.probability == pytest.approx(expected(mean), abs=0.02)


@needs_openvino
@both_formats
def test_calls_do_not_interfere(kind):
    classifier = load(kind)
    shape = classifier.manifest.input.shape
    dark, bright = (np.full(shape, value, np.uint8) for value in (90, 110))
    first = [classifier.logits(pixels) for pixels in (dark, bright, dark)]
    assert first[0] == first[2] != first[1]


@needs_openvino
@both_formats
def test_the_heat_map_is_that_of_the_other_engines(kind):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    maps = {
        name: Classifier(MODELS / f"tiny-map.{kind}", engine=name).heat_map(pixels)
        for name in installed(kind)
    }
    assert maps["openvino"].shape == (4, 8)
    assert maps["openvino"].max() > 0
    for found in maps.values():
        np.testing.assert_allclose(found, maps["openvino"], rtol=1e-5, atol=1e-6)


@needs_openvino
@pytest.mark.parametrize("threads", [1, 2])
def test_int8_dense_layers_one_after_the_other(threads, tmp_path):
    """With one thread, 2026.4.1 made one kernel of them, and answered nonsense."""
    payload, path = (
        (MODELS / "bare" / "two-dense-int8.tflite").read_bytes(),
        tmp_path / "two.tflite",
    )
    path.write_bytes(payload)
    manifest = replace(open_model(MODELS / "tiny.tflite").manifest, precision="int8")
    path.write_bytes(pack(payload, replace(manifest, payload_sha256=payload_sha256(path))))
    classifier = Classifier(path, engine="openvino", threads=threads)
    for value, answer in ((30, 33.45), (120, 131.7), (240, 262.4)):  # LiteRT's
        pixels = np.full((16, 16, 3), value, np.uint8)
        assert classifier.logits(pixels) == pytest.approx(answer, abs=2)


@needs_openvino
@both_formats
@pytest.mark.parametrize("size", [1, 3, 2])
def test_many_are_as_each_alone(kind, size):
    classifier = load(kind)
    stack = np.random.default_rng(size).integers(0, 256, (size, 16, 16, 3)).astype(np.uint8)
    alone = np.stack([classifier.logits(pixels) for pixels in stack])
    np.testing.assert_allclose(classifier.many_logits(stack), alone, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(classifier.many_logits(stack[::-1]), alone[::-1], atol=1e-5)


@needs_openvino
@both_formats
@pytest.mark.parametrize("threads", [1, 2])
def test_what_it_was_told(kind, threads):
    """Left alone it rounds to bfloat16 where the processor has it, and pins each process' thread
    to the same core."""
    told = load(kind, threads=threads).engine._request.get_compiled_model().get_property
    assert told("INFERENCE_NUM_THREADS") == min(threads, len(os.sched_getaffinity(0)))
    assert told("NUM_STREAMS") == 1
    assert told("INFERENCE_PRECISION_HINT").to_string() == "f32"
    assert told("ENABLE_CPU_PINNING") is False


@needs_openvino
def test_it_computes_on_the_processor_alone():
    engine = load("onnx", provider="cuda").engine
    assert (engine.provider, engine.warning) == (
        "cpu",
        "openvino has no provider cuda; using cpu",
    )
    assert load("onnx").engine.warning is None


@needs_openvino
@both_formats
def test_processes_have_it_too(kind, scan):
    """They are forks of one that has the model loaded, without its further threads."""
    paths = [scan(40 + 10 * number, f"{number}.png") for number in range(8)]
    classifier = load(kind)
    alone = [classifier.classify(path).probability for path in paths]
    many = classify_many(classifier, paths, jobs=2, processes=True)
    assert [one.prediction.probability for one in many] == alone


@needs_openvino
def test_the_self_test_tells_its_two_files_apart():
    if not {"litert", "onnxruntime"} & {*installed()}:
        pytest.skip("needs a second engine")
    names = [check.name for check in check_model(open_model(MODELS / "tiny.onnx")).checks]
    assert len(set(names)) == len(names)
    assert any(name.startswith("golden sample on openvino ") for name in names)
    assert all(self_test(load(kind)).passed for kind in ("onnx", "tflite"))


def test_it_is_the_last_choice_of_each_format():
    assert list(ENGINES)[-1] == "openvino"


@pytest.mark.parametrize("alone", [False, True])
def test_the_bundled_model_that_it_is_given(alone, monkeypatch):
    """The .onnx file, which it loads faster; by itself only where nothing else is there."""
    there = {"openvino"} if alone else {"openvino", "ai_edge_litert"}
    monkeypatch.setattr("edge.model_file.bundled.find_spec", lambda name: name in there or None)
    monkeypatch.setattr(engines, "find_spec", lambda name: name in there or None)
    assert bundled_model("openvino").endswith(".onnx")
    assert bundled_model("auto").endswith(".onnx" if alone else ".tflite")
    assert installed("tflite")[0] == ("openvino" if alone else "litert")


def test_a_broken_one_is_told_with_its_extra(monkeypatch):
    def broken():
        raise ImportError("libtbb.so.12: cannot open shared object file")

    monkeypatch.setattr("edge.inference.openvino_engine.import_openvino", broken)
    with pytest.raises(EngineError, match=r"libtbb.*pip install 'mri-edge\[openvino\]'"):
        load("onnx")


@needs_openvino
def test_what_it_cannot_read_is_told_in_one_line(tmp_path):
    """It takes a forged manifest to get that far."""
    tiny, path = MODELS / "tiny.tflite", tmp_path / "stub.tflite"
    stub = payload_of(tiny)[:64]
    path.write_bytes(stub)
    manifest = replace(open_model(tiny).manifest, payload_sha256=payload_sha256(path))
    path.write_bytes(pack(stub, manifest))
    with pytest.raises(ModelError, match=r"openvino cannot load this model \(.*malformed") as told:
        Classifier(path, engine="openvino")
    assert "Exception from" not in str(told.value)


@needs_openvino
def test_a_tflite_file_of_another_name(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes((MODELS / "tiny.tflite").read_bytes())
    pixels = np.full((16, 16, 3), 130, np.uint8)
    found = Classifier(path, engine="openvino").logits(pixels)
    assert found == load("tflite").logits(pixels)


@needs_openvino
@both_formats
@pytest.mark.parametrize("other", [b"", (MODELS / "tiny-map.tflite").read_bytes()])
def test_what_runs_is_what_was_hashed(kind, other, tmp_path, monkeypatch):
    """Though another file lies there while it is read, of the same size and time, and is gone when
    it has been."""
    path = tmp_path / f"tiny.{kind}"
    path.write_bytes((MODELS / path.name).read_bytes())
    model, good, status = open_model(path), path.read_bytes(), os.stat(path)
    pixels = np.full((16, 16, 3), 130, np.uint8)
    expected, read = load(kind).logits(pixels), OpenVinoEngine._read

    def between(self, name):
        if name == str(path):
            path.write_bytes(other[: len(good)].ljust(len(good), b"\0"))
        try:
            return read(self, name)
        finally:
            path.write_bytes(good)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    monkeypatch.setattr(OpenVinoEngine, "_read", between)
    assert Classifier(model, engine="openvino").logits(pixels) == expected


@needs_openvino
@both_formats
def test_a_file_written_over_the_one_that_runs(kind, tmp_path, scan):
    path = tmp_path / f"tiny.{kind}"
    path.write_bytes((MODELS / path.name).read_bytes())
    classifier = Classifier(path, engine="openvino")
    with open(path, "r+b") as file:  # in place, as `cp` does
        file.truncate(0)
    assert classifier.classify(scan(180)).verdict == "tumor"
    with pytest.raises(ModelError, match="was replaced while in use"):
        classifier.twin()


@needs_openvino
@both_formats
def test_its_import_brings_no_converter_and_nothing_that_reports(kind, scan, tmp_path):
    """`import openvino` alone writes ~/intel, and asks for the address of Google Analytics."""
    code = """
import json, sys
from edge import Classifier
Classifier(sys.argv[1], engine="openvino").classify(sys.argv[2])
print(json.dumps(sorted(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, MODELS / f"tiny.{kind}", scan(100)],
        env={**os.environ, "HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {*json.loads(done.stdout)}
    assert "openvino" in loaded
    assert not loaded & {"openvino.tools.ovc", "openvino_telemetry", "urllib.request"}
    assert not (tmp_path / "home").exists()

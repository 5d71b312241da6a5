"""A reject gate that is a part of the network: asked with the model, in every engine."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from edge import Classifier, ModelError
from edge.inference.engines import ENGINES, installed
from edge.inference.model_tensors import find_likeness
from edge.inference.self_test import self_test
from edge.model_file.container import open_model
from edge.model_file.manifest import NETWORK, LearnedGate, version_for
from edge.model_file.manifest_json import dumps, loads
from edge.scan.ood_gate import GateResult, with_likeness
from tests.edge.conftest import MODELS

GATE = LearnedGate(0, "", 40.0, 60.0, features=NETWORK)


PAIRS = [(format, name) for name, (formats, *_) in ENGINES.items() for format in formats]


@pytest.fixture(params=PAIRS, ids="-".join)
def gated(request, tmp_path):
    """A tiny model that finds no scan of a mean below 40 to look like a head, and doubts 60."""
    format, engine = request.param
    if engine not in installed(format):
        pytest.skip(f"{engine} is not installed")
    file = shutil.copy(MODELS / f"tiny-gated.{format}", tmp_path)
    try:
        return Classifier(file, engine=engine)
    except ModelError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    ("mean", "word", "reason"),
    [
        (32, "rejected", "does not look like an MR slice"),
        (50, "uncertain", "hardly looks like an MR slice"),
        (70, "no_tumor", None),
        (120, "tumor", None),
    ],
)
def test_the_model_says_itself_what_looks_like_a_head(gated, scan, mean, word, reason):
    found = gated.classify(scan(mean))
    assert found.verdict == word
    assert (reason or "") in (found.reason or "")
    assert bool(found.reason) == bool(reason)
    assert (found.probability is None) == (word == "rejected")
    assert found.inference_ms > 0


def test_it_is_the_mean_that_the_network_sees(gated):
    pixels = np.full((16, 16, 3), 83, np.uint8)
    assert gated.judge(pixels).likeness == pytest.approx(83, abs=0.5)


def test_what_is_plainly_no_scan_is_refused_unasked(gated):
    found = gated.classify(np.zeros((64, 64), np.uint8))
    assert found.verdict == "rejected"
    assert found.inference_ms == 0
    assert found.before.refused == found.reason


def test_what_was_said_before_the_model_is_kept_apart(gated, scan):
    found = gated.classify(scan(32))
    assert found.before == GateResult()
    assert "does not look like" in found.reason


def test_a_likeness_that_is_no_number_refuses():
    assert with_likeness(GateResult(), float("nan"), GATE).refused
    assert with_likeness(GateResult(), 39.0, GATE).refused
    assert with_likeness(GateResult(), 40.0, GATE).doubt
    before = GateResult(doubt="it is small")
    assert with_likeness(before, 60.0, GATE) is before
    assert with_likeness(before, None, None) is before
    refused = GateResult(refused="it is dark")
    assert with_likeness(refused, 0.0, GATE) is refused


def test_releases_that_know_nothing_of_it_refuse_the_file():
    manifest = open_model(MODELS / "tiny-gated.onnx").manifest
    assert manifest.manifest_version == version_for(None, manifest.reject.learned) == "3.0"
    assert loads(dumps(manifest), "it").graph_gate.least == 40.0
    with pytest.raises(ValueError, match=r"needs manifest version 3\.0"):
        replace(manifest, manifest_version="2.0")


def test_the_manifest_has_no_weights_of_it():
    with pytest.raises(ValueError, match="hidden"):
        LearnedGate(3, "", 0.0, features=NETWORK)
    with pytest.raises(ValueError, match="weights"):
        LearnedGate(0, "AAAA", 0.0, features=NETWORK)
    with pytest.raises(ValueError, match="hidden"):
        LearnedGate(0, "", 0.0)


def test_the_self_test_compares_it(gated):
    assert self_test(gated).passed
    assert self_test(gated).likeness_off <= 1e-3
    golden = gated.manifest.provenance["golden"]
    for other in (golden["likeness"] + 1, golden["likeness"] * 1.01, None):
        changed = gated.manifest.provenance | {"golden": golden | {"likeness": other}}
        gated.manifest = replace(gated.manifest, provenance=changed)
        assert not self_test(gated).passed


def test_a_model_without_the_output_is_refused():
    model = open_model(MODELS / "tiny-gated.onnx")
    assert find_likeness(model, [[1, 1], [1, 1, 1, 1]]) == 1
    with pytest.raises(ModelError, match="a reject gate in it"):
        find_likeness(model, [[1, 1], [1, 16, 16]])
    assert find_likeness(open_model(MODELS / "tiny.onnx"), [[1, 1], [1, 1, 1, 1]]) is None

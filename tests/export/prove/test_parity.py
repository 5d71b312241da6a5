"""The proof's words, where the figures alone would puzzle a reader."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from collections import Counter
from dataclasses import replace

from PIL import Image

from edge import Classifier
from edge.inference.decision import verdict
from edge.model_file.manifest import Decision
from export.prove.parity import _crossed, _words, failures, prove
from export.targets import TARGETS
from tests.edge.conftest import MODELS, doubting_gate
from train.evaluation.metrics import score

DECISION = Decision(transform="sigmoid", temperature=1.0, threshold=0.5, uncertain=(0.4, 0.6))


def crossed(keras, exported, doubtful=False):
    both = zip(keras, exported, strict=True)
    said = [tuple(verdict(p, DECISION, doubtful) for p in pair) for pair in both]
    return _crossed(said, keras, exported, DECISION)


def test_scans_that_stay_uncertain_and_cross_the_threshold_are_told_apart():
    truth = np.array([0, 0, 1, 1])
    keras, exported = np.array([0.1, 0.51, 0.7, 0.8]), np.array([0.1, 0.49, 0.7, 0.8])
    assert crossed(keras, exported) == 1
    scores = [score(truth, p, DECISION.threshold) for p in (keras, exported)]
    words = _words(Counter(), 4, scores, 1, [0.1, 0.1], np.abs(keras - exported))
    assert words.startswith("0 of 4 verdicts changed; ")
    assert "specificity 100.0%" in words
    assert "these count 1 that stayed uncertain and crossed the threshold" in words
    # A changed verdict is told as such, not here.
    assert crossed(np.array([0.3]), np.array([0.7])) == 0
    assert crossed(keras, keras) == 0
    # Doubt makes a scan uncertain below the band, too.
    assert crossed(np.array([0.55]), np.array([0.3]), doubtful=True) == 1


def test_what_the_gate_will_not_clear_is_no_change(tmp_path):
    classifier = Classifier(MODELS / "tiny.onnx")
    files = [tmp_path / f"{mean}.png" for mean in (40, 60, 180)]
    for file in files:
        row = np.linspace(int(file.stem) - 30, int(file.stem) + 30, 64)
        Image.fromarray(np.tile(row, (64, 1)).astype(np.uint8)).save(file)
    plain = [classifier.classify(file) for file in files]
    assert [one.verdict for one in plain] == ["no_tumor", "no_tumor", "tumor"]
    classifier.manifest = replace(classifier.manifest, reject=doubting_gate())
    target = next(t for t in TARGETS if (t.format, t.precision) == ("onnx", "fp32"))
    keras = np.array([one.probability for one in plain])
    parity = prove(classifier, target, files, np.array([0, 0, 1]), keras, None)
    assert classifier.classify(files[0]).verdict == "uncertain"
    assert parity.changed == 0
    assert not failures(parity)


def test_a_scan_that_the_gate_in_the_graph_judges_otherwise_has_changed(tmp_path):
    """The tiny model refuses a mean below 40, and doubts one below 60."""
    classifier = Classifier(MODELS / "tiny-gated.onnx")
    files = [tmp_path / f"{mean}.png" for mean in (35, 50, 75, 180)]
    for file in files:
        row = np.linspace(int(file.stem) - 20, int(file.stem) + 20, 64)
        Image.fromarray(np.tile(row, (64, 1)).astype(np.uint8)).save(file)
    found = [classifier.classify(file) for file in files]
    assert [one.verdict for one in found] == ["rejected", "uncertain", "no_tumor", "tumor"]
    keras = np.array([0.01, *(one.probability for one in found[1:])])
    target = next(t for t in TARGETS if (t.format, t.precision) == ("onnx", "fp32"))
    truth = np.array([0, 0, 0, 1])

    def changes(likeness):
        parity = prove(
            *(classifier, target, files, truth, keras, None), keras_likeness=np.array(likeness)
        )
        assert (parity.scans, parity.rejected) == (3, 1)
        return parity.changes

    assert changes([35.0, 50.0, 75.0, 180.0]) == {}
    assert changes([41.0, 50.0, 75.0, 180.0]) == {"uncertain to rejected": 1}
    assert changes([35.0, 39.0, 75.0, 180.0]) == {"rejected to uncertain": 1}
    assert changes([35.0, 61.0, 59.0, 180.0]) == {
        "no_tumor to uncertain": 1,
        "uncertain to no_tumor": 1,
    }


@pytest.mark.parametrize(("refused", "holds"), [(0, True), (2, True), (3, False), (4, False)])
def test_a_proof_over_few_of_the_held_out_scans_does_not_hold(refused, holds, tmp_path):
    classifier = Classifier(MODELS / "tiny.onnx")
    files = [tmp_path / f"{i}.png" for i in range(4)]
    for i, file in enumerate(files):
        row = np.linspace(30, 90, 64) if i >= refused else np.zeros(64)
        Image.fromarray(np.tile(row, (64, 1)).astype(np.uint8)).save(file)
    found = [classifier.classify(file).probability for file in files]
    keras = np.array([0.5 if p is None else p for p in found])
    target = next(t for t in TARGETS if (t.format, t.precision) == ("onnx", "fp32"))
    parity = prove(classifier, target, files, np.array([0, 0, 1, 1]), keras, None)
    assert (parity.scans, parity.rejected) == (4 - refused, refused)
    problems = failures(parity)
    assert (problems == []) == holds
    if refused == 3:
        assert "only 1 of 4 held-out scans could be compared" in problems[0]
    if refused == 4:
        assert problems == ["no held-out scan could be compared."]


def test_a_degenerate_file_is_called_so_in_the_words_of_its_proof():
    truth = np.array([0] * 20 + [1] * 31)
    keras, exported = np.where(truth == 1, 0.9, 0.1), np.full(51, 0.9)
    scores = [score(truth, p, DECISION.threshold) for p in (keras, exported)]
    words = _words(Counter(), 51, scores, 0, [0.1, 0.1], np.abs(keras - exported))
    assert words.startswith("DEGENERATE: every scan is above the threshold, with a tumor or")
    assert "specificity 0 of 20" in words
    assert "DEGENERATE" not in _words(Counter(), 51, scores[:1] * 2, 0, [0.1, 0.1], np.zeros(51))

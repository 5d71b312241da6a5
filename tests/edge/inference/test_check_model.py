"""`--self-test` compares the engines with one another by all that the model says."""

import hashlib

import pytest

from edge import Classifier
from edge.inference.check_model import check_model
from edge.inference.engines import installed
from edge.inference.self_test import types_apart
from edge.model_file.container import open_model
from edge.model_file.provenance import provenance
from tests.edge.conftest import MODELS


@pytest.mark.parametrize("off", [1.0, float("nan")])
@pytest.mark.parametrize(
    ("model", "what", "words"),
    [
        ("tiny-types", "probability", "probabilities of 8 tensors differ"),
        ("tiny-types", "types", "types differ"),
        ("tiny-gated", "likeness", "likeness differs"),
    ],
)
def test_an_engine_that_strays_fails(monkeypatch, model, what, words, off):
    """Also where they agree on the golden sample, and on all else."""
    if len({"litert", "onnxruntime"} & set(installed())) < 2:
        pytest.skip("needs an engine of each format")
    file = open_model(MODELS / f"{model}.onnx")
    golden = provenance(file.manifest).golden.tensor_sha256
    judge = Classifier.judge

    def stray(value):
        if isinstance(value, dict):
            return {name: stray(one) for name, one in value.items()}
        return value * (1 + off)

    def other(self, pixels):
        told = judge(self, pixels)
        same = self.engine.name != "onnxruntime"
        same |= hashlib.sha256(pixels.tobytes()).hexdigest() == golden
        return told if same else told._replace(**{what: stray(getattr(told, what))})

    assert check_model(file).passed
    monkeypatch.setattr(Classifier, "judge", other)
    failed = [check for check in check_model(file).checks if not check.passed]
    assert failed
    for check in failed:
        assert " against " in check.name
        assert words in check.detail


def test_types_apart():
    assert types_apart([], []) == 0
    assert types_apart([0.2, 0.8], [0.3, 0.7]) == pytest.approx(0.1)
    assert types_apart([0.2, 0.8], []) == float("inf")

"""Outputs of a model are those that its manifest tells of, or it is refused once and for all."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from edge.errors import ModelError
from edge.inference.model_tensors import find_outputs
from edge.model_file.container import open_model
from edge.model_file.manifest import Decision
from tests.edge.conftest import MODELS


def told(transform):
    manifest = open_model(MODELS / "tiny.onnx").manifest
    manifest = replace(manifest, decision=Decision(transform))
    return SimpleNamespace(path="it.onnx", manifest=manifest)


@pytest.mark.parametrize(("transform", "logits"), [("sigmoid", 1), ("softmax", 2)])
def test_as_many_logits_as_the_manifest_tells_of(transform, logits):
    for count in (logits, "N", None):
        assert find_outputs(told(transform), [[1, count]])[0] == 0
    with pytest.raises(ModelError, match=rf"it.onnx: gives {3 - logits} logits, .*{logits}; ex"):
        find_outputs(told(transform), [[1, 3 - logits]])

"""What a client says of types when it asks for the verdict on a study."""

import json

import pytest

from edge.model_file.container import open_model
from edge.serve.study import judge_study
from tests.edge.conftest import MODELS

TYPED = open_model(MODELS / "tiny-types.tflite").manifest
PLAIN = open_model(MODELS / "tiny.tflite").manifest


def body(manifest, **more) -> bytes:
    one = {
        "verdict": "tumor",
        "probability": 0.9,
        "model_sha256": manifest.payload_sha256,
        **more,
    }
    return json.dumps({"slices": [one, one]}).encode()


def test_types_of_slices_become_that_of_the_study():
    said = {"type": "dim", "type_probabilities": {"dim": 0.75, "bright": 0.25}}
    found = judge_study(body(TYPED, **said), TYPED)
    assert (found["type"], found["type_probabilities"]) == ("dim", {"dim": 0.75, "bright": 0.25})


def test_slices_without_types_are_taken_too():
    assert judge_study(body(TYPED), TYPED)["type"] is None


def test_a_model_without_types_looks_at_none():
    found = judge_study(body(PLAIN, type="dim", type_probabilities={"dim": 1}), PLAIN)
    assert "type" not in found


@pytest.mark.parametrize(
    "said",
    [
        {"type": "green", "type_probabilities": {"dim": 0.75, "bright": 0.25}},
        {"type": 3, "type_probabilities": {"dim": 0.75, "bright": 0.25}},
        {"type": "dim", "type_probabilities": {"dim": 0.75}},
        {"type": "dim", "type_probabilities": {"dim": 0.75, "bright": True}},
        {"type": "dim", "type_probabilities": {"dim": 2, "bright": 0.25}},
        {"type": "dim", "type_probabilities": [0.75, 0.25]},
        {"type": "dim"},
        {"type": ["dim"], "type_probabilities": {"dim": 0.75, "bright": 0.25}},
    ],
)
def test_what_the_model_cannot_have_said_is_refused(said):
    with pytest.raises(ValueError, match="slice 1"):
        judge_study(body(TYPED, **said), TYPED)

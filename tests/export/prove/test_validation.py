"""What the search for an int8 file goes by."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from edge import Classifier
from edge.model_file.provenance import Trial
from export.prove.validation import judge_validation
from tests.edge.conftest import MODELS

TRIAL = Trial("min-max", (), 1000, 4, 0, 0.0, 0.0, False)


@pytest.mark.parametrize(
    ("likeness", "changed"),
    [
        ([35.0, 50.0, 75.0, 180.0], 0),
        ([41.0, 50.0, 75.0, 180.0], 1),
        ([35.0, 50.0, 59.0, 39.0], 2),
        (None, 0),
    ],
)
def test_what_a_gate_in_the_graph_says_otherwise_has_changed(likeness, changed):
    """The tiny model refuses a mean below 40, and doubts one below 60."""
    classifier = Classifier(MODELS / "tiny-gated.onnx")
    pixels = np.stack([np.full((16, 16, 3), mean, np.uint8) for mean in (35, 50, 75, 180)])
    keras = np.array([classifier.judge(one).probability for one in pixels])
    given = None if likeness is None else np.array(likeness)
    found = judge_validation(classifier, TRIAL, pixels, keras, None, (1, 0.1), given)
    assert found.changed == changed
    assert found.holds == (changed <= 1)

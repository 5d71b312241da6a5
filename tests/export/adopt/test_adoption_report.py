"""What the report of an adopted model says of how its pixels were known."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from edge.model_file.provenance import Adopted
from export.adopt.adoption_report import origin_lines
from export.adopt.conventions import Convention
from export.adopt.labels import Labels
from export.adopt.trial import FITS, Tried
from train.evaluation.evaluate import Estimate
from train.evaluation.metrics import Proportion

LABELS = Labels(("no", "yes"), ("no",))


@pytest.mark.parametrize(
    ("found", "given", "words"),
    [
        (True, False, "Pixels, found by trial: "),
        (False, True, "Pixels, given: "),
        (False, False, "Pixels, none else is possible: "),
    ],
    ids=["several ways", "an option", "whole numbers alone"],
)
def test_how_the_pixels_are_known(found, given, words):
    adopted = Adopted(
        file="net.keras",
        sha256="0" * 64,
        kind="Keras",
        labels=LABELS.names,
        negative=LABELS.negative,
        activation="softmax",
        scaling="none",
        color="rgb",
        tried=found,
    )
    accuracy, auc = Proportion(9, 10), Estimate(0.9, 0.8, 1.0)
    way = Convention("none", "rgb")
    tried = Tried(way, LABELS, accuracy, auc, np.zeros((10, 2)), np.zeros(10), FITS, given)
    assert any(line.startswith(words) for line in origin_lines(adopted, [tried]))

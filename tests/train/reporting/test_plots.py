"""The pictures of a run, whatever its files are called."""

import io

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from edge.model_file.manifest import Decision
from train.evaluation.evaluate import Predictions
from train.reporting.plots import confusion, errors


@pytest.mark.parametrize("name", ["yes/caf\udce9-1.png", "yes/p$01_a_b$.png", "yes/$1.png"])
def test_names_that_are_no_text_or_look_like_formulas(name):
    truth = np.array([0, 1])
    wrong = Predictions.of(Decision("sigmoid"), truth, np.array([0.9, 0.1]), truth)
    for figure in (
        errors(wrong, np.zeros((2, 8, 8, 1), np.uint8), [name, name]),
        confusion(wrong, [name, "a$_b$"]),
    ):
        figure.savefig(io.BytesIO())

"""report.md: a run in words."""

import dataclasses
import json

import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("matplotlib")

from edge.model_file.manifest import Decision, InputSpec
from edge.model_file.provenance import Training
from train.data.scans import Classes
from train.evaluation.evaluate import Predictions, evaluate
from train.evaluation.threshold_and_temperature import choose
from train.networks.cost import Cost
from train.reporting.findings import Findings
from train.reporting.plots import PICTURES, write_plots
from train.reporting.training_report import write_report
from train.run.run_folder import RunManifest
from train.splitting.leak_guard import Grouping

TRUTH = np.array([1] * 31 + [0] * 20)


def found(probability):
    decision = Decision("sigmoid", threshold=0.5)
    return Predictions.of(decision, TRUTH, np.asarray(probability), np.arange(len(TRUTH)))


def findings(probability):
    """Of a run of 51 test scans; only what the report needs."""
    numbers = np.arange(len(TRUTH))
    return Findings(
        manifest=RunManifest(
            architecture="cnn",
            labels=("no", "yes"),
            positive="yes",
            input=InputSpec(8, 8, "grey"),
            decision=Decision("sigmoid", threshold=0.5),
            training=Training("small", "0" * 64, ("scans",), "0" * 64, False, {}, 0, "", {}),
            options={},
        ),
        classes=Classes(),
        parts=[],
        grouping=Grouping(numbers, numbers, (), 0, len(TRUTH)),
        unreadable=(),
        external=None,
        floor=None,
        choice=choose("sigmoid", 1, np.linspace(-1, 1, 51)[:, None], TRUTH[::-1], numbers),
        test=evaluate(found(probability)),
        folds=None,
        pooled=None,
        leaky=[],
        history={"loss": [1.0], "val_loss": [1.0], "accuracy": [0.5], "val_accuracy": [0.5]},
        best_epoch=1,
        cost=Cost(1, 0, 1),
        weights=None,
    )


def test_it_shows_the_pictures_that_lie_beside_it(tmp_path):
    probability = np.linspace(1, 0, 51)
    one = findings(probability)
    pixels = np.zeros((51, 8, 8, 1), np.uint8)
    write_plots(tmp_path, one, found(probability), pixels, ["a.png"] * 51)
    printed = write_report(tmp_path, one, PICTURES)
    text = (tmp_path / "report.md").read_text()
    drawn = {file.name for file in tmp_path.glob("*.png")}
    assert drawn == set(PICTURES)
    for name, words in PICTURES.items():
        assert f"![{words}]({name})" in text
    assert "![" not in printed  # a terminal shows none


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (np.full(51, 0.9), "every scan is above the threshold, with a tumor or without"),
        (np.full(51, 0.1), "every scan is below the threshold, with a tumor or without"),
        (np.linspace(0, 0.99, 51), "every scan without a tumor is above the threshold"),
    ],
)
def test_a_degenerate_model_is_called_so_at_the_top_and_at_the_end(tmp_path, probability, words):
    printed = write_report(tmp_path, findings(probability))
    text = (tmp_path / "report.md").read_text()
    assert f"**DEGENERATE: {words}" in text
    assert text.index("DEGENERATE") < text.index("###")  # before the tables
    assert printed.splitlines()[-1].startswith(f"DEGENERATE: {words}")
    assert printed.splitlines()[-1].endswith("Measured on: held-out test part.")


def test_a_model_that_tells_something_is_not(tmp_path):
    assert "DEGENERATE" not in write_report(tmp_path, findings(np.linspace(1, 0, 51)))


@pytest.mark.parametrize("one_patient", [True, False])
def test_that_all_scans_are_of_one_patient_is_in_both_reports(tmp_path, one_patient):
    found = findings(np.linspace(1, 0, 51))
    grouping = dataclasses.replace(found.grouping, one_patient=one_patient)
    write_report(tmp_path, dataclasses.replace(found, grouping=grouping))
    assert json.loads((tmp_path / "report.json").read_text())["one_patient"] is one_patient
    text = (tmp_path / "report.md").read_text()
    assert ("All scans are of one patient, as their DICOM files say" in text) is one_patient
    assert ("Patients are not known" in text) is not one_patient

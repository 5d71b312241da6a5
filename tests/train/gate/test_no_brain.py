"""Which scans --no-brain names, and expressions that name too many."""

from types import SimpleNamespace

import numpy as np
import pytest

from train.data.scans import Scan
from train.errors import TrainError
from train.gate.no_brain import check_brain_scans_left, named_without_brain, scans_without_brain
from train.splitting.split import Fold

SCANS = (
    Scan("/data/neck/healthy", "a/neck-1.png", False, "0"),
    Scan("/data/neck/healthy", "a/head-2.png", False, "1"),
    Scan("/data/neck/lgg", "yes/neck-3.png", True, "2"),
    Scan("/data/neck/lgg", "no/head-4.png", False, "3"),
)


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("neck", [True, False, False, False]),
        ("^healthy/a/", [True, True, False, False]),
        ("head", [False, True, False, True]),
    ],
    ids=["not a tumor, nor what is above the data", "the data folder's name", "several folders"],
)
def test_tumor_free_scans_are_named_from_their_data_folder_on(expression, named):
    assert named_without_brain(expression, SCANS).tolist() == named


@pytest.mark.parametrize(
    ("expression", "words"),
    [("(", "no regular expression"), ("/data", "tumor-free training .* healthy/a/neck-1.png")],
)
def test_expressions_that_cannot_be_right(expression, words):
    request = SimpleNamespace(no_brain=expression)
    data = SimpleNamespace(found=SimpleNamespace(scans=SCANS))
    with pytest.raises(TrainError, match=words):
        scans_without_brain(request, data, np.arange(4))


@pytest.mark.parametrize(
    ("named", "part"), [([0, 1, 3], "training"), ([0], "training"), ([3], "validation")]
)
def test_no_part_may_be_named_entirely(named, part):
    """The gate's limits come from the validation part, after hours of a fit."""
    chosen = np.isin(np.arange(4), named)
    positive = np.array([scan.positive for scan in SCANS])
    fold = Fold(np.array([0, 2]), np.array([2, 3]), np.array([1]))
    with pytest.raises(TrainError, match=rf"names all 1 tumor-free scans of the {part} part"):
        check_brain_scans_left("x", chosen, positive, fold)
    check_brain_scans_left("x", np.zeros(4, bool), positive, fold)


def test_all_of_them_is_told_before_the_fit(phantoms, tmp_path, capsys):
    pytest.importorskip("tensorflow")
    from train.cli import main

    given = ["--model", "compact", "--data", str(phantoms), "--out", str(tmp_path / "run")]
    assert main([*given, "--no-brain", "."]) == 2
    said = capsys.readouterr().err
    assert "tumor-free scans of the training part" in said
    assert "epoch" not in said

"""Which scans --no-brain names, and expressions that name too many."""

import json
import re
from collections import Counter
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
        ("neck", [True, False, True, False]),
        ("^healthy/a/", [True, True, False, False]),
        ("head", [False, True, False, True]),
    ],
    ids=["nothing above the data, tumors too", "the data folder's name", "several folders"],
)
def test_scans_are_named_from_their_data_folder_on(expression, named):
    assert named_without_brain(expression, SCANS).tolist() == named


@pytest.mark.parametrize(
    ("expression", "words"),
    [("(", "no regular expression"), ("/data", "no training scan; .* healthy/a/neck-1.png")],
)
def test_expressions_that_cannot_be_right(expression, words):
    request = SimpleNamespace(no_brain=expression)
    data = SimpleNamespace(found=SimpleNamespace(scans=SCANS))
    with pytest.raises(TrainError, match=words):
        scans_without_brain(request, data, np.arange(4))


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ([0, 1, 3], "1 tumor-free scans of the training"),
        ([0], "1 tumor-free scans of the training"),
        ([3], "1 tumor-free scans of the validation"),
        ([2], "1 scans with a tumor of the training"),
    ],
)
def test_no_class_of_a_part_may_be_named_entirely(named, words):
    """The gate's limits come from the validation part, after hours of a fit."""
    chosen = np.isin(np.arange(4), named)
    positive = np.array([scan.positive for scan in SCANS])
    fold = Fold(np.array([0, 2]), np.array([2, 3]), np.array([1]))
    with pytest.raises(TrainError, match=f"names all {words} part"):
        check_brain_scans_left("x", chosen, positive, fold)
    check_brain_scans_left("x", np.zeros(4, bool), positive, fold)
    check_brain_scans_left("x", chosen, positive, Fold(*(np.array([], int) for _ in range(3))))


def test_the_network_is_shown_none_of_them(phantoms, tmp_path, monkeypatch, capsys):
    """In no part that it learns from, and in no fold; the test part stays as it came."""
    pytest.importorskip("tensorflow")
    from tests.train.small import full_input, narrow_networks
    from tests.train.test_cli import small
    from train import session_fits
    from train.cli import main

    shown, asked = [], []

    def watched(options, train, validation, context):
        shown.append((len(train), len(validation)))
        return fit(options, train, validation, context)

    fit = session_fits.fit
    monkeypatch.setattr(session_fits, "fit", watched)
    monkeypatch.setattr(
        "train.session.articles_protocol", lambda *given: asked.append(given[2]) or []
    )
    out = tmp_path / "run"
    with narrow_networks(spec=full_input("cnn")):
        assert main(small(phantoms, out, "--no-brain", "[0-2].png", "--folds", 2)) == 0
    parts = json.loads((out / "split.json").read_text())
    odd = [one for one in parts if not re.search(r"[0-2]\.png$", one["path"])]
    assert 0 < len(odd) < len(parts)
    assert [one for one in parts if one["no_brain"]] == [one for one in parts if one not in odd]
    count = Counter(one["part"] for one in odd)
    assert shown[0] == (count["train"], count["validation"])
    # Each scan is in the test part of one of two folds, and else trained or validated on.
    assert sum(map(sum, shown)) == len(odd)
    (for_articles,) = asked
    assert for_articles.sum() == len(odd)
    assert "no network is shown them" in capsys.readouterr().err
    report = json.loads((out / "report.json").read_text())
    hidden = Counter(one["part"] for one in parts if one not in odd)
    assert report["no_brain"] == {part: hidden[part] for part in ("train", "validation", "test")}
    assert f"{hidden['train']} of train, " in (out / "report.md").read_text()
    assert report["cross_validation"]["accuracy"]["n"] == len(parts)


def test_all_of_them_is_told_before_the_fit(phantoms, tmp_path, capsys):
    pytest.importorskip("tensorflow")
    from train.cli import main

    given = ["--model", "compact", "--data", str(phantoms), "--out", str(tmp_path / "run")]
    assert main([*given, "--no-brain", "."]) == 2
    said = capsys.readouterr().err
    assert "tumor-free scans of the training part" in said
    assert "epoch" not in said

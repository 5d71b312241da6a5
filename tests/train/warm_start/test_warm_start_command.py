"""`--warm-start` from the command to the network and its parts."""

import json
import shutil

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from tests.train.small import full_input, narrow_networks
from tests.train.test_cli import small
from train.cli import main
from train.evaluation.keras_predictions import load_keras
from train.run.run_folder import read_run
from train.splitting.split import PARTS


@pytest.fixture(autouse=True)
def _narrow():
    with narrow_networks(spec=full_input("cnn")):
        yield


@pytest.fixture(scope="module")
def folders(phantoms, tmp_path_factory):
    """Two data folders of 20 and 16 different phantoms."""
    made = tmp_path_factory.mktemp("folders")
    for label in ("yes", "no"):
        scans = iter(sorted((phantoms / label).glob("*.png")))
        for name, count in (("first", 10), ("second", 8)):
            (made / name / label).mkdir(parents=True)
            for _ in range(count):
                shutil.copy(next(scans), made / name / label)
    return made / "first", made / "second"


@pytest.fixture(scope="module")
def before(folders, tmp_path_factory):
    """A run of the first folder."""
    out = tmp_path_factory.mktemp("runs") / "before"
    with narrow_networks(spec=full_input("cnn")):
        assert main(small(folders[0], out)) == 0
    return out


def labels():
    return ("--positive", "yes", "--negative", "no")


def test_it_goes_on_from_the_weights_and_tests_on_nothing_they_saw(before, folders, tmp_path):
    first, second = folders
    more = ("--data", second, *labels(), "--warm-start", before, "--learning-rate", "1e-9")
    assert main(small(first, tmp_path / "after", *more)) == 0
    run, earlier = read_run(tmp_path / "after"), read_run(before)
    old, new = (load_keras(one).get_weights() for one in (earlier, run))
    for one, other in zip(old, new, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    was, now = (
        {part: {scan.sha256 for scan in one.split if scan.part == part} for part in PARTS}
        for one in (earlier, run)
    )
    assert not now["test"] & (was["train"] | was["validation"])
    assert not now["validation"] & was["train"]
    assert was["validation"] <= now["validation"]
    assert was["test"] < now["test"], "and of the new folder some"
    assert run.manifest.options["warm_start"] == str(before)
    report = json.loads((tmp_path / "after" / "report.json").read_text())
    assert report["started_from"].startswith("the weights of the run before, which was trained on ")
    assert "It goes on from the weights of the run before" in (
        (tmp_path / "after" / "report.md").read_text()
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--model", "compact"], "is of the network cnn; give --model cnn"),
        (["--folds", "2"], "takes no --folds"),
        (["--protocol", "article"], "takes no --protocol article"),
    ],
)
def test_what_cannot_go_on_is_said(before, folders, tmp_path, capsys, more, words):
    given = ("--data", folders[1], *labels(), "--warm-start", before, *more)
    try:
        status = main(small(folders[0], tmp_path / "after", *given))
    except SystemExit as error:
        status = error.code
    assert status == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "after").exists()


def test_its_folders_must_be_given_too(before, folders, tmp_path, capsys):
    assert main(small(folders[1], tmp_path / "after", "--warm-start", before)) == 2
    said = capsys.readouterr().err
    assert "give its folders as --data, too" in said
    assert str(folders[0]) in said

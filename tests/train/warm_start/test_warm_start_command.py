"""`--warm-start` from the command to the network and its parts."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("tensorflow")

from edge.model_file.dataclass_json import to_json
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


def test_another_crop_is_told(before, folders, tmp_path, capsys):
    more = ("--data", folders[1], *labels(), "--warm-start", before, "--crop", "head")
    assert main(small(folders[0], tmp_path / "after", *more)) == 0
    said = capsys.readouterr().err
    assert "it was shown scans otherwise: crop was none and is head" in said


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


def test_it_can_be_pruned(before, folders, tmp_path):
    """What it goes on from says which scans are tested on, here as well."""
    after, out = tmp_path / "after", tmp_path / "pruned"
    more = ("--data", folders[1], *labels(), "--warm-start", before)
    assert main(small(folders[0], after, *more)) == 0
    asked = ("--prune", after, "--prune-to", "0.7", "--prune-epochs", 1, "--out", out)
    assert main(list(map(str, (*asked, "--prune-max-changed", 1)))) == 0
    assert to_json(read_run(out).split) == to_json(read_run(after).split)


def test_no_group_crosses_the_parts(before, folders, tmp_path):
    """Copies of all that it knows lie in a folder that must not be divided, too."""
    first, second = folders
    copies, facts = tmp_path / "copies", tmp_path / "facts"
    shutil.copytree(first, copies)
    for file in copies.rglob("*.png"):
        with Image.open(file) as picture:
            picture.save(file, compress_level=1)  # other bytes, the same picture
    facts.mkdir()
    (facts / "copies.toml").write_text(
        'what = "copies"\nlicence = "ours"\n\n[patients]\none_side = true\n'
    )
    more = ("--data", second, "--data", copies, "--sources", facts, *labels())
    assert main(small(first, tmp_path / "after", *more, "--warm-start", before)) == 0
    now = read_run(tmp_path / "after").split
    for part in PARTS:
        groups = {one.group for one in now if one.part == part}
        others = {one.group for one in now if one.part in PARTS and one.part != part}
        assert not groups & others, part


def test_a_damaged_model_is_said_before_scans_are_read(before, folders, tmp_path, capsys):
    hurt = shutil.copytree(before, tmp_path / "hurt")
    with open(hurt / "model.keras", "ab") as file:
        file.write(b"more")
    given = ("--data", folders[1], *labels(), "--warm-start", hurt)
    assert main(small(folders[0], tmp_path / "after", *given)) == 2
    said = capsys.readouterr().err
    assert "model.keras: changed since the run" in said
    assert "different ones" not in said


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--positive", "no", "--negative", "yes"], "it must tell the same apart"),
        (["--model", "vgg16"], "is of the network cnn; give --model cnn"),
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

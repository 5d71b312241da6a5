"""Which scans a session's fits see: of the run, of its folds, and without what is no brain."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from train.arguments import parser
from train.errors import TrainError
from train.phantom.files import write_phantoms
from train.prepare_data import prepare_data
from train.request_of_options import request_of
from train.session_parts import describe_parts, session_parts
from train.splitting.split import PARTS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_phantoms(tmp_path_factory.mktemp("data") / "made", 40, seed=7)


def divided(folder, *options):
    """The data and the parts that the options ask for."""
    line = ["--model", "cnn", "--data", folder, "--folds", 3, *options]
    request = request_of(parser().parse_args(list(map(str, line))))
    data = prepare_data(request)
    return data, session_parts(request, data)


def of_training(folder):
    """The path of a training scan."""
    data, parts = divided(folder)
    return data.found.scans[parts.whole.train[0]].path


def test_every_scan_that_is_used_is_tested_in_one_fold(folder, capsys):
    _, parts = divided(folder)
    tested = np.concatenate([fold.test for fold in parts.folds])
    assert sorted(tested.tolist()) == np.flatnonzero(parts.used).tolist()
    assert all(
        np.array_equal(getattr(parts.whole, part), getattr(parts.shown, part)) for part in PARTS
    )
    assert parts.no_brain == dict.fromkeys(PARTS, 0)
    capsys.readouterr()
    describe_parts(parts)
    assert capsys.readouterr().err == ""


def test_no_network_is_shown_what_is_no_brain(folder, capsys):
    path = of_training(folder)
    data, parts = divided(folder, "--no-brain", f"{path}$")
    (named,) = np.flatnonzero(parts.without_brain)
    assert data.found.scans[named].path == path
    assert named in parts.whole.train
    assert parts.no_brain == {"train": 1, "validation": 0, "test": 0}
    for fold in (parts.shown, *parts.folds):
        assert named not in fold.train
        assert named not in fold.validation
    capsys.readouterr()
    describe_parts(parts)
    assert "1 training scans and 0 validation scans are said to show no brain" in (
        capsys.readouterr().err
    )


def test_a_class_of_which_nothing_is_left_is_an_error(folder):
    with pytest.raises(TrainError, match=r"names all .* tumor-free scans of the training part"):
        divided(folder, "--no-brain", "/no/")

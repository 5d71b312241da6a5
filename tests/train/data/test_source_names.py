"""Where scans come from together."""

import numpy as np
import pytest

pytest.importorskip("keras")

from train.data.appearance import Appearance
from train.data.boxes import Boxes
from train.data.scans import Classes, Scan, ScanSet
from train.data.source_names import source_names
from train.evaluation.threshold_and_temperature import balanced_weights
from train.prepare_data import SessionData
from train.splitting.leak_guard import group_scans


def scans(*files):
    return [Scan(root, path, False, "0") for root, path in files]


def test_other_names_are_what_they_were():
    given = scans(("/d/br35h", "yes/1.png"), ("/d/healthy", "chris/x/2.png"), ("/d/lgg", "3.png"))
    assert source_names(given) == [scan.source for scan in given]
    assert source_names(given) == ["br35h/yes", "healthy/x", "lgg"]


def test_folders_of_one_name_are_told_apart():
    given = scans(
        ("/d/siteA/scans", "yes/1.png"),
        ("/d/siteB/scans", "yes/1.png"),
        ("/e/siteB/scans", "2.png"),
        ("/d/other", "yes/1.png"),
        ("/scans", "yes/1.png"),
    )
    assert source_names(given) == [
        "siteA:scans/yes",
        "d:siteB:scans/yes",
        "e:siteB:scans",
        "other/yes",
        "scans/yes",
    ]


def test_each_of_them_weighs_as_a_folder_of_its_own():
    given = scans(*[("/d/a/scans", f"no/{i}.png") for i in range(4)], ("/d/b/scans", "no/0.png"))
    weights = balanced_weights(np.zeros(5), np.array(source_names(given)))
    assert weights[4] == pytest.approx(2 * weights[0]), "1 scan to 4: the folders weigh 1 to 2"


def test_a_session_names_them_so():
    given = scans(("/d/a/scans", "no/0.png"), ("/d/b/scans", "no/0.png"))
    none = Appearance(np.zeros((2, 8), np.uint8), np.zeros((2, 1024), np.uint8))
    pixels, parts = np.zeros((2, 1, 1, 1), np.uint8), np.tile([0.0, 0, 1, 1], (2, 1))
    found = ScanSet(tuple(given), pixels, parts, (), none)
    data = SessionData(found, Classes(), np.zeros(2, bool), group_scans(found), [], Boxes({}, ()))
    assert data.samples(np.arange(2)).sources.tolist() == ["a:scans/no", "b:scans/no"]

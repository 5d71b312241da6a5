"""Folders that a system keeps for itself hold no scans, wherever folders are listed."""

import os
import shutil

import pytest

from edge.app.inputs import expand
from edge.service.folder import Folder
from train.data.list_files import everything_below

NAMES = [
    *("@eaDir", ".AppleDouble", "lost+found", "$RECYCLE.BIN", "$Recycle.Bin"),
    *("System Volume Information", "__MACOSX"),
]


@pytest.fixture(params=NAMES)
def folders(request, tmp_path, scan):
    (tmp_path / "scans" / request.param / "deep").mkdir(parents=True)
    scan(180).rename(tmp_path / "scans" / "good.png")
    for inner in (request.param, os.path.join(request.param, "deep")):
        shutil.copy(tmp_path / "scans" / "good.png", tmp_path / "scans" / inner / "copy.png")
    return tmp_path / "scans", request.param


def found(*paths):
    return [os.path.basename(str(one)) for one in expand([str(one) for one in paths], print)]


def test_inputs(folders):
    folder, companion = folders
    assert found(folder) == found(folder / "**" / "*.png") == ["good.png"]
    # Who names one means it.
    assert found(folder / companion) == ["copy.png"] * 2
    assert found(folder / companion / "*.png") == ["copy.png"]


def test_the_watched_folder(folders):
    watched = Folder(str(folders[0]), 0)
    assert [os.path.basename(one.path) for one in watched.ready(lambda one: False)] == ["good.png"]


def test_data_folders(folders):
    assert everything_below(folders[0]) == [folders[0] / "good.png"]

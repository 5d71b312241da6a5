"""`--shard`: parts of a folder that are the same on every machine."""

import os
import shutil

from edge.app.inputs import expand
from edge.files.shard import Shard
from tests.edge.app.batches import SCANS, lines
from tests.edge.test_cli import run


def test_parts_are_disjoint_and_whole_and_the_same_wherever_the_folder_is(archive, tmp_path):
    copy = shutil.copytree(archive, tmp_path / "elsewhere" / "mounted")
    whole = {one.path for one in expand([str(archive)], print)}
    found = []
    for index in range(4):
        part = [one.path for one in expand([str(archive)], print, shard=Shard(index, 4))]
        there = [one.path for one in expand([f"{copy}/"], print, shard=Shard(index, 4))]
        assert [os.path.relpath(path, archive) for path in part] == [
            os.path.relpath(path, copy) for path in there
        ]
        assert len(part) > SCANS / 8
        found += part
    assert len(found) == len(whole)
    assert set(found) == whole


def test_a_part_may_be_empty(any_model, scan, tmp_path):
    folder = tmp_path / "one"
    folder.mkdir()
    shutil.copy(scan(180), folder / "a.png")
    counts = []
    for index in range(3):
        out = tmp_path / f"{index}.ndjson"
        status, _, err = run(
            folder, "--model", any_model, "--resume", "--out", out, "--shard", f"{index}/3"
        )
        assert status == 0, err
        counts.append(lines(out))
    assert sorted(counts) == [0, 0, 1]

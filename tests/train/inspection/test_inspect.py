"""`python -m train --inspect`: what is in the folders, before anything is trained."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from train.cli import main
from train.data.boxes import Box
from train.data.scans import Scan
from train.evaluation.shortcut_floor import shortcut_floor
from train.inspection.contact_sheet import CAPTION, TILE, contact_sheet
from train.inspection.inspect import inspect
from train.inspection.inspection_report import summary
from train.phantom.files import write_phantoms


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    return write_phantoms(tmp_path_factory.mktemp("data") / "clean", 40, seed=3)


@pytest.fixture
def folder(pristine, tmp_path):
    """40 phantoms and every kind of trouble."""
    data = shutil.copytree(pristine, tmp_path / "data")
    yes, no = (sorted((data / name).glob("*.png")) for name in ("yes", "no"))
    shutil.copy(yes[0], data / "yes" / "copy.png")
    shutil.copy(yes[0], data / "yes" / "again.png")
    Image.open(yes[1]).save(data / "yes" / "recoded.jpg", quality=80)
    Image.open(no[0]).save(data / "yes" / "conflict.jpg", quality=80)
    (data / "no" / "broken.png").write_bytes(b"")
    return data


def run(tmp_path, *arguments):
    assert main(["--inspect", "--out", str(tmp_path / "out"), *map(str, arguments)]) == 0
    return json.loads((tmp_path / "out" / "inspect.json").read_text())


def test_everything_is_found_and_written(folder, tmp_path, capsys):
    found = run(tmp_path, "--data", folder)
    assert found["scans"] == 44
    assert found["byte_identical"]["groups"] == 1
    assert found["byte_identical"]["redundant_files"] == 2
    assert sorted(p.rsplit("/", 1)[1] for p in found["byte_identical"]["files"][0])[:2] == [
        "again.png",
        "copy.png",
    ]
    assert found["near_duplicates"]["clusters"] == 2
    assert found["different_scans"] == 40
    (conflict,) = found["label_conflicts"]
    assert [path.rsplit("/", 1)[1] for path in conflict["positive"]] == ["conflict.jpg"]
    assert [file["path"] for file in found["unreadable"]] == [str(folder / "no" / "broken.png")]
    classes = {one["label"]: one for one in found["classes"]}
    assert classes["yes"]["formats"] == {"PNG": 22, "JPEG": 2}
    assert classes["no"]["width"] == [256, 256, 256]
    assert found["shortcut_floor"]["accuracy"]["n"] == 44
    assert "not a medical device" in found["notice"]
    out = capsys.readouterr().out
    for words in (
        "2 redundant, in 1 group",
        "(copies of one picture in both classes): 1",
        "broken.png: is empty",
        "Shortcut floor: accuracy",
        "not a medical device",
    ):
        assert words in out
    with Image.open(tmp_path / "out" / "clusters.png") as sheet:
        assert sheet.width > 500
        assert len(set(np.asarray(sheet)[:, :, 0].ravel().tolist())) > 50  # scans are on it


def test_a_folder_of_one_class(folder, pristine, tmp_path, capsys):
    """As the folder of healthy heads that the bundled model is trained with."""
    healthy = tmp_path / "site" / "healthy"
    shutil.copytree(pristine / "no", healthy)
    names = ["--positive", "yes", "--negative", "no", "healthy"]
    found = run(tmp_path, "--data", folder, "--data", tmp_path / "site", *names)
    rows = [(one["folder"], one["label"], one["scans"]) for one in found["classes"]]
    assert rows == [
        (str(folder), "no", 20),
        (str(folder), "yes", 24),
        (str(tmp_path / "site"), "healthy", 20),
    ]
    assert "site/healthy: 20 scans" in capsys.readouterr().out


def test_two_folders_and_their_overlap(folder, pristine, tmp_path, capsys):
    found = run(tmp_path, "--data", folder, "--data", pristine)
    rows = {(o["folder"], o["positive"]): o for o in found["overlaps"]}
    assert rows[str(folder), True]["byte_identical"] == 22  # the recoded and conflicting are not
    assert rows[str(folder), True]["near"] == 24
    assert rows[str(pristine), False] == {
        "folder": str(pristine),
        "other": str(folder),
        "positive": False,
        "scans": 20,
        "byte_identical": 20,
        "near": 20,
    }
    assert "Overlap between the folders:" in capsys.readouterr().out


def test_a_clean_folder(pristine, tmp_path, capsys):
    found = run(tmp_path, "--data", pristine)
    assert found["label_conflicts"] == found["overlaps"] == found["near_duplicates"]["files"] == []
    assert "Overlap" not in capsys.readouterr().out
    assert (tmp_path / "out" / "clusters.png").is_file()


def test_nothing_is_overwritten_unasked(pristine, tmp_path, capsys):
    run(tmp_path, "--data", pristine)
    arguments = ["--inspect", "--data", str(pristine), "--out", str(tmp_path / "out")]
    assert main(arguments) == 2
    assert "exists already" in capsys.readouterr().err
    assert main([*arguments, "--overwrite"]) == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes").write_text("x")
    assert main([*arguments[:-1], str(tmp_path / "mine"), "--overwrite"]) == 2
    assert (tmp_path / "mine" / "notes").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "/nowhere"], "/nowhere: no such folder"),
        (["--data", "{data}", "--data", "{data}"], "is given twice as --data"),
        (["--data", "{data}", "--test-data", "{data}"], "is both --data and --test-data"),
    ],
)
def test_unusable_folders_leave_nothing(pristine, tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    assert main(["--inspect", *(a.format(data=pristine) for a in arguments)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("train: ")
    assert words in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.glob("inspect/*"))


# --- the shortcut floor


def facts(number, tell):
    from train.evaluation.shortcut_floor import FileFacts

    random = np.random.default_rng(0)
    truth = np.arange(number) % 2
    return [
        FileFacts(200 + (40 * label if tell else 0) + int(random.integers(30)), 200, "L", "PNG", 9)
        for label in truth
    ], truth


def test_the_floor_is_high_where_files_tell_and_at_chance_where_not():
    for tell, low, high in ((True, 0.97, 1.0), (False, 0.3, 0.7)):
        found = shortcut_floor(*facts(120, tell), np.arange(120))
        assert low <= found.accuracy.value <= high
        assert low <= found.estimates["auc"].value <= high
    assert found.majority == 0.5


def test_copies_cannot_raise_the_floor():
    some, truth = facts(60, False)
    copies = np.tile(np.arange(60), 6)
    found = shortcut_floor([some[i] for i in copies], truth[copies], copies)
    assert found.accuracy.value < 0.7  # ungrouped, a forest would know every copy by heart
    assert found.groups == 60


def test_too_few_clusters_have_no_floor():
    some, truth = facts(40, True)
    assert shortcut_floor(some, truth, np.arange(40) // 10) is None


# --- real scans


def test_the_253_as_the_data_readme_says(real_scans):
    found = inspect([real_scans], [], [])
    assert (found.redundant, len(found.identical), found.conflicts) == (25, 22, ())
    assert found.look_alikes == ()
    # The README: 75 % and 0.83. Seeds alone move the accuracy by 2 points.
    assert found.floor.accuracy.value == pytest.approx(0.75, abs=0.04)
    assert found.floor.estimates["auc"].value == pytest.approx(0.83, abs=0.03)
    assert "25 redundant, in 22 groups" in summary(found)


def test_boxes_do_not_move_the_rows_of_the_sheet(pristine):
    files = sorted((pristine / "yes").glob("*.png"))[:3]
    scans = [Scan(str(pristine), f"yes/{file.name}", True, "") for file in files]
    rows = [(f"row {i}", [scan], False) for i, scan in enumerate(scans)]
    plain, boxed = (
        np.asarray(contact_sheet(rows, boxes)).astype(int)
        for boxes in (None, {scans[0].file: (Box(0.2, 0.2, 0.8, 0.8),)})
    )
    changed = np.flatnonzero(abs(plain - boxed).any(axis=(1, 2)))
    assert len(changed)
    assert changed.max() < TILE + CAPTION, "in the first row's thumbnail alone"


def test_boxes_are_checked_and_drawn(pristine, tmp_path, capsys):
    boxes = tmp_path / "boxes"
    boxes.mkdir()
    scan = sorted((pristine / "yes").glob("*.png"))[0]
    (boxes / f"{scan.stem}.txt").write_text("0 0.5 0.5 0.5 0.5")
    (boxes / "gone.txt").write_text("0 0.5 0.5 0.5 0.5")
    found = run(tmp_path, "--data", pristine, "--boxes", boxes)
    assert found["boxes"]["scans"] == found["boxes"]["boxes"] == 1
    assert found["boxes"]["problems"] == [f"{boxes / 'gone.txt'}: no scan has its name"]
    assert "Boxes: 1 around the tumors of 1 scans; 1 left out" in capsys.readouterr().out
    sheet = np.asarray(Image.open(tmp_path / "out" / "clusters.png"))
    assert (sheet == (255, 220, 0)).all(axis=2).sum() > 100

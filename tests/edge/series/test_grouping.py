"""Which slices belong together, and in which order."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge import Classifier
from edge.parallel.pipeline import Outcome
from edge.series.classify import classify_series
from edge.series.grouping import group
from edge.series.result import SeriesResult
from tests.edge.dicom_files import SECRET, write_dicom

AXIAL, SAGITTAL, CORONAL = [1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, -1], [1, 0, 0, 0, 0, -1]


def uid():
    return pytest.importorskip("pydicom.uid").generate_uid()


def picture(mean=120, side=48):
    row = np.linspace(mean - 30, mean + 30, side)
    return np.tile(row, (side, 1)).astype(np.uint16)


def write_series(folder, count=6, mean=120, skip=(), start="", series=None, **elements):
    """An axial series whose names say nothing about the order; the paths in order of position."""
    folder.mkdir(exist_ok=True)
    series = series or uid()
    names = list(range(count))
    random.Random(1).shuffle(names)
    left_out = [key for key, value in elements.items() if value is None]
    return [
        write_dicom(
            folder / f"{start}{names[at]:04d}.dcm",
            picture(mean),
            SeriesInstanceUID=series,
            **{
                key: value
                for key, value in {
                    "ImagePositionPatient": [5, -3, 4.0 * at - 50],
                    "ImageOrientationPatient": AXIAL,
                    "InstanceNumber": count - at,
                    **elements,
                }.items()
                if key not in left_out
            },
        )
        for at in range(count)
        if at not in skip
    ]


def inputs(*paths):
    return [(str(path), None) for path in paths]


def below(folder):
    return inputs(*sorted(Path(folder).rglob("*.*")))


def paths(series):
    return [one.path for one in series.slices]


def test_dicom_in_order_of_position_whatever_the_names(tmp_path):
    written = write_series(tmp_path / "a")
    (found,) = group(below(tmp_path))
    assert paths(found) == list(map(str, written))
    assert found.remarks == ()
    assert len(found.series_hash) == 16
    assert found.name == str(tmp_path / "a")


def test_else_by_instance_number_else_by_name(tmp_path):
    numbered = write_series(tmp_path / "a", ImagePositionPatient=None, ImageOrientationPatient=None)
    (found,) = group(below(tmp_path / "a"))
    assert paths(found) == list(map(str, reversed(numbered)))
    assert "in the order of their numbers" in found.remarks[0]
    bare = dict.fromkeys(("ImagePositionPatient", "ImageOrientationPatient", "InstanceNumber"))
    write_series(tmp_path / "b", 12, **bare)
    (found,) = group(below(tmp_path / "b"))
    assert paths(found) == sorted(paths(found))
    assert "in the order of their names" in found.remarks[0]


def test_oblique_slices_are_ordered_along_their_own_normal(tmp_path):
    folder, series = tmp_path, uid()
    turned = [0.8, 0.6, 0, 0, 0, -1]  # normal (-0.6, 0.8, 0)
    for at in range(4):
        write_dicom(
            folder / f"{9 - at}.dcm", picture(), SeriesInstanceUID=series,
            ImageOrientationPatient=turned, ImagePositionPatient=[-0.6 * at, 0.8 * at, 7],
        )  # fmt: skip
    (found,) = group(below(folder))
    assert [Path(path).stem for path in paths(found)] == ["9", "8", "7", "6"]


def test_two_series_of_one_folder(tmp_path):
    first = write_series(tmp_path, 4, start="a")
    second = write_series(tmp_path, 3, start="b")
    one, other = group(below(tmp_path))
    assert paths(one) == list(map(str, first))
    assert paths(other) == list(map(str, second))
    assert one.series_hash != other.series_hash


def test_one_series_in_two_folders_and_copies(tmp_path):
    series = uid()
    first = write_series(tmp_path / "a", 3, series=series)
    (tmp_path / "copies").mkdir()
    for path in first:
        (tmp_path / "copies" / path.name).write_bytes(path.read_bytes())
    (found,) = group(below(tmp_path))
    assert paths(found) == list(map(str, first))
    assert "3 files are copies" in found.remarks[0]


def test_slices_that_are_numbered_alike_all_count(tmp_path):
    """By the number alone a tumor would be left out unseen."""
    series = uid()
    write_series(tmp_path, 2, series=series, SOPInstanceUID="1.2.3", start="a")
    (other,) = write_series(tmp_path, 1, 90, series=series, SOPInstanceUID="1.2.3", start="b")
    (found,) = group(below(tmp_path))
    assert len(found.slices) == 2
    assert str(other) in paths(found)
    assert found.remarks[0] == "1 file is a copy of a slice that is there already; left out"
    assert found.remarks[1] == (
        "1 file states the number (SOPInstanceUID) of another slice and shows another picture; "
        "all count"
    )


def test_a_corrected_header_makes_no_other_picture(tmp_path):
    series = uid()
    write_series(tmp_path, 1, series=series, SOPInstanceUID="1.2.3", start="a")
    write_series(
        tmp_path, 1, series=series, SOPInstanceUID="1.2.3", start="b", WindowCenter=1, WindowWidth=9
    )
    (found,) = group(below(tmp_path))
    assert len(found.slices) == 1
    assert found.remarks == ("1 file is a copy of a slice that is there already; left out",)


@pytest.mark.parametrize("damaged", ["a", "b"])
def test_a_copy_that_was_cut_short_hides_no_whole_one(tmp_path, damaged):
    series, kept = uid(), "b" if damaged == "a" else "a"
    written = {
        start: write_series(tmp_path, 1, series=series, SOPInstanceUID="1.2.3", start=start)[0]
        for start in "ab"
    }
    written[damaged].write_bytes(written[damaged].read_bytes()[:-9])
    (found,) = group(below(tmp_path))
    assert paths(found) == [str(written[kept])]


def test_a_localizer_of_three_planes(tmp_path):
    series = uid()
    for name, axes in (("x", AXIAL), ("y", SAGITTAL), ("z", CORONAL)):
        for at in range(3):
            write_dicom(
                tmp_path / f"{at}{name}.dcm", picture(), SeriesInstanceUID=series,
                ImageOrientationPatient=axes, ImagePositionPatient=[10.0 * at] * 3,
            )  # fmt: skip
    (found,) = group(below(tmp_path))
    assert [Path(path).stem[1] for path in paths(found)] == list("xxxyyyzzz")
    assert found.remarks == ("its slices lie in 3 planes",)


@pytest.mark.parametrize(("skip", "said"), [((2,), "1 slice seems"), ((2, 3), "2 slices seem")])
def test_missing_slices_are_said(tmp_path, skip, said):
    write_series(tmp_path / "a", 9, skip=skip)
    (found,) = group(below(tmp_path))
    assert said in found.remarks[0]


def test_pictures_by_folder_in_natural_order(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for at in (10, 9, 1):
            Image.fromarray(picture().astype(np.uint8)).save(tmp_path / folder / f"IM{at}.png")
    one, other = group(below(tmp_path))
    assert [Path(path).stem for path in paths(one)] == ["IM1", "IM9", "IM10"]
    assert other.name == str(tmp_path / "b")


def test_pages_of_a_tiff_and_frames_of_dicom(tmp_path):
    pytest.importorskip("pydicom")
    pages = [Image.fromarray(picture(80 + 10 * at).astype(np.uint8)) for at in range(4)]
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    frames = np.stack([picture(100 + at) for at in range(5)])
    write_dicom(tmp_path / "frames.dcm", frames)
    Image.fromarray(picture().astype(np.uint8)).save(tmp_path / "one.png")
    found = {Path(one.name).name: one for one in group(below(tmp_path))}
    assert [str(one) for one in found["frames.dcm"].slices] == [
        f"{tmp_path / 'frames.dcm'}#{at}" for at in range(1, 6)
    ]
    assert len(found["pages.tif"].slices) == 4
    assert paths(found[tmp_path.name]) == [str(tmp_path / "one.png")]


def test_enhanced_frames_are_ordered_by_their_positions(tmp_path):
    pytest.importorskip("pydicom")
    from pydicom.dataset import Dataset

    def frame(height):
        group_, position, axes = Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = [0, 0, height]
        axes.ImageOrientationPatient = AXIAL
        group_.PlanePositionSequence, group_.PlaneOrientationSequence = [position], [axes]
        return group_

    write_dicom(
        tmp_path / "e.dcm",
        np.stack([picture()] * 3),
        SeriesInstanceUID=uid(),
        PerFrameFunctionalGroupsSequence=[frame(20), frame(0), frame(10)],
    )
    (found,) = group(below(tmp_path))
    assert [one.frame for one in found.slices] == [2, 3, 1]


def classified(model, *files):
    slices, series = [], []
    for one in classify_series(Classifier(model), inputs(*files)):
        (series if isinstance(one, SeriesResult) else slices).append(one)
    return slices, series


def test_slices_are_classified_as_by_themselves(any_model, tmp_path):
    written = write_series(tmp_path / "a", 3, mean=180)
    slices, (series,) = classified(any_model, *written)
    alone = [Classifier(any_model).classify(path) for path in written]
    assert [one.prediction.probability for one in slices] == [one.probability for one in alone]
    assert series.verdict == "tumor"
    assert series.slices == 3
    text = json.dumps(series.to_dict()) + str(slices)
    assert SECRET not in text
    assert "1.2.826" not in text


def test_frames_are_classified_each(any_model, tmp_path):
    pytest.importorskip("pydicom")
    frames = np.stack([picture(60 + 40 * at).astype(np.uint8) for at in range(4)])
    path = write_dicom(tmp_path / "f.dcm", frames, WindowCenter=128, WindowWidth=256)
    slices, (series,) = classified(any_model, path)
    assert [one.path for one in slices] == [f"{path}#{at}" for at in range(1, 5)]
    found = [one.prediction.probability for one in slices]
    assert found == sorted(found)
    assert found[0] < 0.5 < found[-1]
    assert series.strongest[0].path == f"{path}#4"


@pytest.mark.parametrize("damage", ["cut", "noise", "empty"])
def test_a_damaged_slice(any_model, tmp_path, damage):
    written = write_series(tmp_path / "a", 5, mean=180)
    data = written[1].read_bytes()
    written[1].write_bytes({"cut": data[:-100], "noise": b"\xff" * 999, "empty": b""}[damage])
    slices, (series,) = classified(any_model, *written)
    assert sum(one.error is not None for one in slices) == series.unread == 1
    assert (series.verdict, series.slices, series.counted) == ("tumor", 5, 4)
    assert all(isinstance(one, Outcome) for one in slices)


def test_no_slice_with_a_brain(any_model, tmp_path):
    files = []
    for at in range(3):
        files.append(tmp_path / f"{at}.png")
        Image.fromarray(np.full((64, 64), 90, np.uint8)).save(files[-1])
    _, (series,) = classified(any_model, *files)
    assert series.verdict == "rejected"
    assert series.reason.startswith("no slice shows a brain; of all 3: the image is uniform")


def test_another_modality_is_rejected(any_model, tmp_path):
    _, (series,) = classified(any_model, *write_series(tmp_path / "a", 3, Modality="CT"))
    assert series.verdict == "rejected"
    assert "CT" in series.reason


def test_without_pydicom_the_extra_is_named(any_model, tmp_path, monkeypatch):
    import sys

    written = write_series(tmp_path / "a", 2)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    slices, (series,) = classified(any_model, *written)
    assert all("mri-edge[dicom]" in one.error for one in slices)
    assert series.unread == 2

"""docs/sources: what is said of the project's data folders is so, where these folders are there."""

from pathlib import Path

import pytest

from tests.conftest import ROOT, SHARED_DATA
from train.data.apply_source_facts import (
    boxes_of,
    check,
    classes_of,
    is_person,
    no_brain_of,
    patients_of,
)
from train.data.class_folders import find_files
from train.data.scans import Scan
from train.source_facts.find import find_facts
from train.source_facts.read import read_facts
from train.splitting.source_families import relations

SOURCES = ROOT / "docs" / "sources"
NAMES = sorted(file.stem for file in SOURCES.glob("*.toml"))
KNOWN = {
    # With a tumor, without, patients, blocks, boxes, without a brain.
    "br35h": (701, 1500, 0, 0, 700, 13),
    "brain_tumor_dataset": (155, 98, 0, 0, 0, 2),
    "brain_tumor_mri_dataset": (5023, 1996, 0, 16, 4545, 83),
    "brainlesion_brats": (128, 0, 2, 0, 128, 0),
    "brats2013_2d": (32, 0, 8, 0, 32, 0),
    "brats2013_deepmedic": (384, 238, 6, 0, 384, 0),
    "brats2023": (36, 0, 13, 0, 36, 0),
    "dwv_bbmri": (0, 6, 1, 0, 0, 0),
    "fets2021": (34, 0, 26, 0, 34, 0),
    "fullhead_stroke": (0, 36, 2, 0, 0, 12),
    "healthy": (0, 1651, 82, 0, 0, 12),
    "lgg": (839, 421, 110, 0, 839, 65),
    "ms_ljubljana": (0, 620, 10, 0, 0, 0),
    "rsna_t1ce": (1101, 0, 118, 0, 1101, 0),
    "serebrum7t": (0, 53, 3, 0, 0, 6),
    "wmh_challenge": (0, 47, 2, 0, 0, 7),
}


def folder_of(name: str) -> Path:
    found = [SHARED_DATA / name, SHARED_DATA / "more" / name]
    there = [folder for folder in found if folder.is_dir()]
    if not there:
        pytest.skip(f"needs {found[0]} or {found[1]}, which are not part of the repository")
    return there[0]


def scans_of(folder: Path, facts) -> list[Scan]:
    root = str(folder.resolve())
    return [
        Scan(root, path.relative_to(folder).as_posix(), positive, "")
        for path, positive in find_files(folder, classes_of(folder, facts))
    ]


@pytest.mark.parametrize("name", NAMES)
def test_each_file_can_be_read(name):
    facts = read_facts(SOURCES / f"{name}.toml")
    assert facts.positive or facts.negative
    assert set(facts.duplicates) < set(NAMES)
    assert facts.non_commercial or "NC" not in facts.licence
    assert name in KNOWN


@pytest.mark.parametrize("name", NAMES)
def test_each_fits_its_folder(name):
    folder = folder_of(name)
    facts = find_facts([folder], SOURCES)
    scans = scans_of(folder, facts)
    check(facts, scans)
    known = {one for one in patients_of(facts, scans) if one}
    people = sum(map(is_person, known))
    assert KNOWN[name] == (
        sum(scan.positive for scan in scans),
        sum(not scan.positive for scan in scans),
        people,
        len(known) - people,
        len(boxes_of(facts, scans).of),
        no_brain_of(facts, scans).sum(),
    )


def test_all_that_come_from_brats_or_tcga_are_related():
    brats = ["brainlesion_brats", "brats2023", "fets2021", "rsna_t1ce"]
    older = ["brats2013_2d", "brats2013_deepmedic"]
    folders = [folder_of(name) for name in NAMES]
    facts = find_facts(folders, SOURCES)
    scans = [scan for folder in folders for scan in scans_of(folder, facts)]
    found = {
        Path(root).name: {Path(other).name for other in others}
        for root, others in relations(facts, scans, patients_of(facts, scans)).of.items()
    }
    assert set(found) == {*brats, *older, "lgg"}
    assert found["lgg"] == set(brats)
    for name in brats:
        assert found[name] - {name} == {*brats, *older, "lgg"} - {name}
    for name in older:
        assert found[name] == set(brats), "the two number their patients alike"

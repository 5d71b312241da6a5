"""No duplicate and no patient crosses the parts, and the same command gives the same parts."""

import warnings
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from train.data.appearance import Appearance
from train.data.scans import Scan, ScanSet
from train.errors import TrainError
from train.splitting.leak_guard import Grouping, group_scans
from train.splitting.split import (
    DROPPED,
    FOLDS,
    PARTS,
    counts,
    cross_validation,
    indices,
    split,
    strata,
)


def scans(negative, positive, copies=3, root="/data", start=0):
    """Scans of which every fifth has `copies` byte-identical copies."""
    found = []
    for label, number in ((False, negative), (True, positive)):
        for i in range(start, start + number):
            for copy in range(copies if i % 5 == 0 else 1):
                digest = f"{label}-{i}"
                found.append(Scan(root, f"{digest}-{copy}.png", label, digest))
    return found


def together(found, patients=None) -> Grouping:
    """Grouping of scans that have no pixels: random looks, of which no two are alike."""
    random = np.random.default_rng(0)
    hashes = random.integers(0, 256, (len(found), 8), np.uint8)
    thumbnails = random.integers(0, 256, (len(found), 1024), np.uint8)
    pixels, parts = np.zeros((len(found), 1, 1, 1), np.uint8), np.zeros((len(found), 4))
    return group_scans(
        ScanSet(tuple(found), pixels, parts, (), Appearance(hashes, thumbnails)), patients
    )


def parts_of(found, seed=0, **more):
    return split(found, together(found), seed, **more)


def test_copies_never_cross():
    for seed in range(20):
        parts = defaultdict(set)
        for scan in parts_of(scans(40, 60), seed):
            parts[scan.sha256].add(scan.part)
        assert all(len(found) == 1 for found in parts.values())


def test_every_scan_has_one_part_and_parts_are_stratified():
    given = scans(100, 150)
    found = parts_of(given)
    assert [s.path for s in found] == [s.path for s in given]
    by_part = counts(found, ("no", "yes"))
    assert sum(sum(c.values()) for c in by_part.values()) == len(given)
    for part, share in zip(PARTS, (0.64, 0.16, 0.20), strict=True):
        n = by_part[part]
        assert sum(n.values()) / len(given) == pytest.approx(share, abs=0.04)
        assert n["yes"] / sum(n.values()) == pytest.approx(0.6, abs=0.08)
    joined = np.concatenate([indices(found, part) for part in PARTS])
    assert sorted(joined) == list(range(len(given)))


def test_deterministic_by_seed():
    given = scans(40, 60)
    assert parts_of(given, 7) == parts_of(given, 7)
    assert parts_of(given, 7) != parts_of(given, 8)


def test_patients_never_cross_and_join_their_duplicates():
    given = scans(60, 60)
    # Three slices a patient, of either class; every fourth scan is of no known patient.
    patients = [None if i % 4 == 3 else f"p{i // 6}" for i in range(len(given))]
    grouping = together(given, patients)
    assert grouping.without_patient == sum(patient is None for patient in patients)
    assert grouping.patients == len(set(patients) - {None})
    parts = defaultdict(set)
    for scan, patient in zip(split(given, grouping, 3), patients, strict=True):
        parts[scan.sha256].add(scan.part)
        if patient:
            parts[patient].add(scan.part)
    assert all(len(found) == 1 for found in parts.values())


def test_a_label_conflict_is_dropped_with_its_reason_and_nothing_else_is():
    given = [*scans(9, 9), Scan("/data", "yes/x.png", True, "False-1")]
    found = parts_of(given)
    dropped = [scan for scan in found if scan.part == DROPPED]
    assert [scan.sha256 for scan in dropped] == ["False-1", "False-1"]
    assert all(
        scan.reason == "label conflict: /data/False-1-0.png (no tumor) = /data/yes/x.png (tumor)"
        for scan in dropped
    )
    assert all(not scan.reason for scan in found if scan.part != DROPPED)


def test_nothing_but_conflicts():
    given = [Scan("/data", f"{label}{i}", label, str(i)) for i in range(9) for label in (0, 1)]
    given = [Scan(s.root, s.path, bool(s.positive), s.sha256) for s in given]
    with pytest.raises(TrainError, match="all 18 scans have copies in the other class"):
        parts_of(given)


@pytest.mark.parametrize(("negative", "positive"), [(4, 50), (50, 4)])
def test_too_few_different_scans(negative, positive):
    with pytest.raises(TrainError, match=r"too few different scans with.* a tumor: 4 of 6"):
        parts_of(scans(negative, positive))


def test_fewer_clusters_than_folds():
    with pytest.raises(TrainError, match=r"without a tumor: 9 of .* one of 10 folds"):
        parts_of(scans(9, 50), folds=10)
    assert {scan.part for scan in parts_of(scans(9, 50), folds=9)} == set(PARTS)


def test_all_one_cluster():
    same = [Scan("/data", f"{i}.png", True, "x") for i in range(20)]
    with pytest.raises(TrainError, match=r"all 20 scans are copies of one picture"):
        split(same, together(same), 0)
    one_patient = scans(20, 20)
    with pytest.raises(TrainError, match="one patient's"):
        split(one_patient, together(one_patient, ["p"] * len(one_patient)), 0)


def test_every_scan_is_tested_once_and_no_fold_leaks():
    given = scans(40, 60)
    groups = together(given).groups
    truth = np.array([scan.positive for scan in given])
    folds = cross_validation(np.arange(len(given)), strata(truth), groups, 5, 0)
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(len(given)))
    for fold in folds:
        held = [set(groups[part]) for part in (fold.train, fold.validation, fold.test)]
        assert not held[0] & held[1]
        assert not held[0] & held[2]
        assert not held[1] & held[2]
        assert sum(map(len, held)) == len(set(groups))


def test_the_runs_own_split_is_the_first_fold():
    given = scans(40, 60)
    grouping = together(given)
    truth = np.array([scan.positive for scan in given])
    first = cross_validation(np.arange(len(given)), strata(truth), grouping.groups, FOLDS, 4)[0]
    found = split(given, grouping, 4)
    for part in PARTS:
        np.testing.assert_array_equal(indices(found, part), np.sort(getattr(first, part)))


# --- types of tumor


def typed(few: int):
    """Scans, of which those with a tumor are of two types, "rare" in `few` groups of copies."""
    given = scans(60, 60 + few)
    number = [int(scan.sha256.rpartition("-")[2]) for scan in given]
    pairs = zip(given, number, strict=True)
    types = [("rare" if n >= 60 else "common") if scan.positive else "" for scan, n in pairs]
    return given, np.array(types, object)


@pytest.mark.parametrize("few", [5, 6, 9])
@pytest.mark.parametrize("seed", range(8))
def test_a_type_of_few_scans_is_in_each_part(few, seed):
    given, types = typed(few)
    grouping = together(given)
    parts = np.array([scan.part for scan in split(given, grouping, seed, types=types)])
    for part in PARTS:
        assert set(types[parts == part]) == {"", "common", "rare"}
    for group in set(grouping.groups.tolist()):
        assert len(set(parts[grouping.groups == group])) == 1


def test_a_type_of_few_scans_is_in_each_fold():
    given, types = typed(5)
    truth = np.array([scan.positive for scan in given])
    for folds in (2, 3, 5):
        pool = np.arange(len(given))
        for fold in cross_validation(pool, strata(truth, types), together(given).groups, folds, 1):
            for own in (fold.train, fold.validation, fold.test):
                assert set(types[own]) == {"", "common", "rare"}


def test_a_type_beside_an_external_test_set_is_in_both_parts():
    given, types = typed(5)
    others = [replace(scan, root="/test", sha256=f"t{scan.sha256}") for scan in given]
    everything, both = [*given, *others], np.concatenate([types, types])
    external = np.arange(len(everything)) >= len(given)
    found = split(everything, together(everything), 3, external=external, types=both)
    for part in ("train", "validation"):
        assert "rare" in both[indices(found, part)]


def test_without_types_the_split_is_by_class_alone():
    given = scans(40, 60)
    groups = together(given).groups
    truth, pool = np.array([scan.positive for scan in given]), np.arange(len(given))
    wanted = StratifiedGroupKFold(5, shuffle=True, random_state=0).split(pool, truth, groups)
    found = cross_validation(pool, strata(truth), groups, 5, 0)
    for fold, (_, test) in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(fold.test, test)


def test_tumors_of_unknown_type_are_no_type():
    given, types = typed(6)
    types[np.flatnonzero(types == "common")[:2]] = ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = split(given, together(given), 0, types=types)
    assert all("rare" in types[indices(found, part)] for part in PARTS)


# --- a test set from elsewhere


def elsewhere(negative, positive, start):
    own = scans(40, 40)
    tests = scans(negative, positive, root="/test", start=start)
    external = np.array([False] * len(own) + [True] * len(tests))
    return [*own, *tests], external


def test_training_scans_that_duplicate_a_test_scan_are_dropped_and_say_of_which():
    given, external = elsewhere(12, 12, start=32)
    found = parts_of(given, external=external)
    assert {s.part for s in found if s.root == "/test"} == {"test"}
    dropped = [s for s in found if s.part == DROPPED]
    in_test = {s.sha256 for s in found if s.root == "/test"}
    assert {s.sha256 for s in dropped} == {s.sha256 for s in found if s.root == "/data"} & in_test
    assert len(dropped) == 20  # numbers 32..39 of each class, of which 35 has three copies
    assert dropped[0].reason == "duplicates the test scan /test/False-32-0.png"
    assert not in_test & {s.sha256 for s in found if s.part in ("train", "validation")}


def test_scans_of_a_test_patient_are_dropped():
    given, external = elsewhere(6, 6, start=100)
    patients = [None] * len(given)
    patients[0], patients[-1] = "p", "p"
    found = split(given, together(given, patients), 0, external=external)
    assert [s.part for s in found[:3]] == [DROPPED] * 3  # its three copies are of the patient too
    assert "same patient" in found[1].reason
    assert sum(s.part == DROPPED for s in found) == 3


def test_a_folder_that_duplicates_its_test_set():
    given, external = elsewhere(40, 40, start=0)
    with pytest.raises(TrainError, match=r"nothing is left to train with: 112 of 112 .*elsewhere"):
        parts_of(given, external=external)


def test_a_class_that_the_leak_guard_empties():
    given, external = elsewhere(40, 2, start=0)
    with pytest.raises(
        TrainError, match=r"too few different scans without a tumor: 0 .* 60 scans were"
    ):
        parts_of(given, external=external)


# --- real scans


def test_the_real_duplicates(real_scans):
    from edge.model_file.manifest import InputSpec
    from train.data.class_folders import find_files
    from train.data.read_folders import read_scans
    from train.data.scans import Classes
    from train.splitting.near_duplicates import byte_identical

    files = find_files(real_scans, Classes())
    found = read_scans(real_scans, files, InputSpec(8, 8, "grey"))
    sizes = np.bincount(byte_identical(found.scans))
    assert (sizes > 1).sum() == 22  # as ../shared/data/README.md says
    assert (sizes - 1).sum() == 25
    grouping = group_scans(found)
    assert grouping.conflicts == ()
    group = {scan.path: g for scan, g in zip(found.scans, grouping.groups.tolist(), strict=True)}
    # Different scans within 4 bits of each other, by the same README.
    for yes, no in (("Y52.jpg", "N11.jpg"), ("Y6.jpg", "N11.jpg"), ("Y9.jpg", "No22.jpg")):
        assert group[f"yes/{yes}"] != group[f"no/{no}"]


def test_a_fifth_of_a_folder_joins_a_test_set_from_elsewhere():
    given = scans(40, 60) + scans(30, 30, root="/other", start=500)
    elsewhere = scans(20, 20, copies=1, root="/test", start=30)  # ten of each are in /data
    found = [*given, *elsewhere]
    external = np.array([scan.root == "/test" for scan in found])
    held_out = np.array([scan.root == "/data" for scan in found])
    parts = parts_of(found, external=external, held_out=held_out)
    tested = [scan for scan in parts if scan.part == "test"]
    assert {scan.root for scan in tested} == {"/data", "/test"}
    own = {scan.group for scan in tested if scan.root == "/data"}
    every = {scan.group for scan in parts if scan.root == "/data" and scan.part != DROPPED}
    assert 0.1 < len(own) / len(every) < 0.3
    groups = {scan.group for scan in tested}
    assert not any(scan.group in groups for scan in parts if scan.part in ("train", "validation"))


def test_what_cannot_be_held_out_is_named():
    """A folder of one class, as of healthy heads, has no fifth with both."""
    healthy = scans(30, 0, root="/d/healthy", start=100)
    given = [*scans(30, 30), *healthy, *scans(6, 6, root="/d/test", start=200)]
    held_out = np.array([scan.root == "/d/healthy" for scan in given])
    external = np.array([scan.root == "/d/test" for scan in given])
    with pytest.raises(TrainError, match=r"--hold-out: of /d/healthy no fifth .* too few"):
        parts_of(given, external=external, held_out=held_out)
    held_out |= np.array([scan.root == "/data" for scan in given])
    found = parts_of(given, external=external, held_out=held_out)
    tested = sum(scan.part == "test" and not own for scan, own in zip(found, external, strict=True))
    assert tested == pytest.approx(held_out.sum() / 5, abs=4), "drawn from both together"


def test_nothing_may_be_left_to_hold_out():
    given = [*scans(30, 30), Scan("/d/copies", "no/x.png", False, "False-200")]
    given += scans(6, 6, root="/d/test", start=200)
    held_out = np.array([scan.root == "/d/copies" for scan in given])
    external = np.array([scan.root == "/d/test" for scan in given])
    with pytest.raises(TrainError, match=r"--hold-out: of the folders .* duplicate test scans"):
        parts_of(given, external=external, held_out=held_out)

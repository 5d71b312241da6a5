"""No duplicate crosses the parts, and the same command gives the same parts."""

from collections import defaultdict

import numpy as np
import pytest

from train.data import Scan
from train.errors import TrainError
from train.split import PARTS, counts, duplicate_groups, indices, split


def scans(negative, positive, copies=3):
    """Scans of which every fifth has `copies` byte-identical copies."""
    found = []
    for label, number in ((False, negative), (True, positive)):
        for i in range(number):
            for copy in range(copies if i % 5 == 0 else 1):
                digest = f"{label}-{i}"
                found.append(Scan("/data", f"{digest}-{copy}.png", label, digest))
    return found


def test_copies_never_cross():
    for seed in range(20):
        parts = defaultdict(set)
        for scan in split(scans(40, 60), seed):
            parts[scan.sha256].add(scan.part)
        assert all(len(found) == 1 for found in parts.values())


def test_every_scan_has_one_part_and_parts_are_stratified():
    given = scans(100, 150)
    found = split(given, 0)
    assert [s.path for s in found] == [s.path for s in given]
    by_part = counts(found, ("no", "yes"))
    assert sum(sum(c.values()) for c in by_part.values()) == len(given)
    for part, share in zip(PARTS, (0.64, 0.16, 0.20), strict=True):
        n = by_part[part]
        assert sum(n.values()) / len(given) == pytest.approx(share, abs=0.04)
        assert n["yes"] / sum(n.values()) == pytest.approx(0.6, abs=0.08)
    together = np.concatenate([indices(found, part) for part in PARTS])
    assert sorted(together) == list(range(len(given)))


def test_deterministic_by_seed():
    given = scans(40, 60)
    assert split(given, 7) == split(given, 7)
    assert split(given, 7) != split(given, 8)


def test_groups_are_byte_identical_files():
    given = scans(6, 6)
    groups = duplicate_groups(given)
    for i, a in enumerate(given):
        for j, b in enumerate(given):
            assert (groups[i] == groups[j]) == (a.sha256 == b.sha256)


def test_a_file_in_both_classes_is_a_conflict():
    given = [*scans(9, 9), Scan("/data", "yes/x.png", True, "False-1")]
    with pytest.raises(TrainError, match=r"1 files stand in both classes: .*yes/x\.png"):
        split(given, 0)


@pytest.mark.parametrize(("negative", "positive"), [(4, 50), (50, 4)])
def test_too_few_different_scans(negative, positive):
    with pytest.raises(TrainError, match="only 4 different scans"):
        split(scans(negative, positive), 0)


def test_the_real_duplicates(real_scans):
    from edge.manifest import InputSpec
    from train.data import Classes, find_files, read_scans

    files = find_files(real_scans, Classes())
    groups = duplicate_groups(read_scans(real_scans, files, InputSpec(8, 8, "grey")).scans)
    sizes = np.bincount(groups)
    assert (sizes > 1).sum() == 22  # as ../shared/data/README.md says
    assert (sizes - 1).sum() == 25

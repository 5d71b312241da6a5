"""Which scans set the ranges of an int8 model."""

from dataclasses import replace

import pytest

from export.errors import ExportError
from export.quantize.representative_dataset import choose, most
from train.data.scans import SplitScan


def scans(part, positive, count, prefix="", copies=1):
    digests = [f"{prefix}{part}-{positive}-{i}" for i in range(count)]
    return [
        SplitScan("/d", f"{digest}-{copy}.png", digest, positive, i, part)
        for i, digest in enumerate(digests)
        for copy in range(copies)
    ]


SPLIT = [
    *scans("train", True, 90, copies=2),
    *scans("train", False, 30),
    *scans("validation", True, 20),
    *scans("test", True, 20),
    *scans("test", False, 20),
]


def test_balanced_and_from_the_training_part_only():
    chosen = choose(SPLIT, 40, seed=0)
    assert len(chosen) == 40
    assert sum(scan.positive for scan in chosen) == 20
    assert {scan.part for scan in chosen} == {"train"}


def test_the_smaller_class_sets_the_number():
    chosen = choose(SPLIT, 100, seed=0)
    assert sum(scan.positive for scan in chosen) == len(chosen) / 2 == 30


def test_duplicates_are_taken_once():
    chosen = choose(SPLIT, 60, seed=0)
    assert len({scan.sha256 for scan in chosen}) == len(chosen)


def test_deterministic_and_independent_of_the_order():
    assert choose(SPLIT, 40, seed=3) == choose(SPLIT, 40, seed=3)
    assert choose(SPLIT, 40, seed=3) != choose(SPLIT, 40, seed=4)
    shuffled = choose(SPLIT[::-1], 40, seed=3)
    assert {s.sha256 for s in shuffled} == {s.sha256 for s in choose(SPLIT, 40, seed=3)}


def test_what_shows_no_brain_sets_no_range():
    before = choose(SPLIT, 40, seed=3)
    marked = [replace(scan, no_brain=scan in before[:5]) for scan in SPLIT]
    chosen = choose(marked, 40, seed=3)
    assert len(chosen) == 40
    assert not any(scan.no_brain for scan in chosen)
    # The others are the same as before: a run in which none was chosen exports the same files.
    assert {scan.path for scan in before[5:]} <= {scan.path for scan in chosen}


def test_a_class_without_a_scan_to_choose_is_told():
    for left in (
        [replace(scan, no_brain=scan.positive) for scan in SPLIT],
        [scan for scan in SPLIT if scan.positive or scan.part != "train"],
    ):
        with pytest.raises(ExportError, match="no training scan of each class"):
            choose(left, 40, seed=3)
        assert most(left) == 0


def test_how_many_there_are_is_how_many_can_be_chosen():
    assert most(SPLIT) == len(choose(SPLIT, 10**6, seed=3)) == 60
    assert most(()) == 0


def test_a_held_out_scan_is_refused():
    leaky = [SplitScan("/d", "copy.png", s.sha256, True, 0, "test") for s in SPLIT[:180]]
    with pytest.raises(ExportError, match="also held out"):
        choose([*SPLIT, *leaky], 40, seed=0)


def test_too_few():
    with pytest.raises(ExportError, match="at least one of each class"):
        choose(SPLIT, 1, seed=0)

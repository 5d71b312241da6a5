"""Whoever goes on from a run's weights is judged on nothing that these have seen."""

from pathlib import Path

import numpy as np
import pytest

from train.data.scans import SplitScan
from train.errors import TrainError
from train.run.run_folder import Run
from train.splitting.split import DROPPED
from train.warm_start.seen_scans import only_trained_on, seen_by


def scan(name: str, part: str, positive: bool = False, reason: str = "") -> SplitScan:
    return SplitScan("/data/a", f"{name}.png", name, positive, 0, part, reason)


def run(*scans: SplitScan) -> Run:
    return Run(Path("runs/before"), None, scans)


def test_training_and_validation_scans_and_their_groups_are_seen():
    before = run(scan("x", "train"), scan("y", "validation"), scan("z", "test"))
    now = [scan(name, "train") for name in ("x", "copy", "y", "z", "new")]
    groups = np.array([7, 7, 8, 9, 10])
    assert seen_by(before, now, groups).tolist() == [True, True, True, False, False]


def test_what_it_saw_must_be_here_for_copies_of_it_to_be_known():
    before = run(scan("x", "train"), scan("gone", "validation"), scan("z", "test"))
    with pytest.raises(TrainError, match=r"1 of the 2 scans that it has seen .*\(/data/a\)"):
        seen_by(before, [scan("x", "train"), scan("z", "test")], np.arange(2))


def parts(*found: str) -> list[SplitScan]:
    """Of each part two scans, one of them with a tumor, and besides these `found`."""
    every = [scan(f"{p}{y}", p, bool(y)) for p in ("train", "validation", "test") for y in (0, 1)]
    return every + [scan(f"more{i}", part) for i, part in enumerate(found)]


def test_what_was_seen_is_trained_on_and_test_folders_lose_it():
    now = parts("validation", "test", "test", DROPPED)
    seen = np.array([False] * 6 + [True] * 4)
    given = np.array([False] * 8 + [True, False])
    found = only_trained_on(now, seen, given, "before")
    assert [one.part for one in found[6:]] == ["train", "train", DROPPED, DROPPED]
    assert found[8].reason == "before was trained on it or a copy"
    assert found[:6] == now[:6]


def test_a_part_of_one_class_is_refused():
    seen = np.array([False] * 5 + [True])
    with pytest.raises(TrainError, match="without what before has seen, the test part"):
        only_trained_on(parts(), seen, np.zeros(6, bool), "before")

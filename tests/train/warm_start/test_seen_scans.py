"""Whoever goes on from a run's weights is judged on nothing that these have seen."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from train.data.scans import SplitScan
from train.errors import TrainError
from train.run.run_folder import Run
from train.splitting.source_families import FAMILY_LEAK
from train.splitting.split import DROPPED
from train.warm_start.seen_scans import Seen, seen_by, without_seen_tests


def scan(name: str, part: str, positive: bool = False, reason: str = "", group: int = -1):
    own = sum(map(ord, name)) * 1000 + len(name) if group < 0 else group
    return SplitScan("/data/a", f"{name}.png", name, positive, own, part, reason)


def run(*scans: SplitScan, **options) -> Run:
    return Run(Path("runs/before"), SimpleNamespace(options=options), scans)


def test_training_and_validation_scans_and_their_groups_are_seen():
    before = run(scan("x", "train"), scan("y", "validation"), scan("z", "test"))
    now = [scan(name, "train") for name in ("x", "copy", "y", "z", "new")]
    seen = seen_by(before, now, np.array([7, 7, 8, 9, 10]))
    assert seen.trained.tolist() == [True, True, False, False, False]
    assert seen.validated.tolist() == [False, False, True, False, False]
    assert seen.tested.tolist() == [False, False, False, True, False]
    assert seen.any.tolist() == [True, True, True, False, False]
    assert seen.told.startswith("the weights of the run before, which was trained on 2 of these")


def test_what_was_trained_on_counts_so_though_copies_were_validated_on():
    before = run(scan("x", "train"), scan("y", "validation"))
    seen = seen_by(before, [scan("x", "test"), scan("y", "test")], np.array([7, 7]))
    assert seen.trained.tolist() == [True, True]
    assert not seen.validated.any()


def test_what_it_saw_must_be_here_for_copies_of_it_to_be_known():
    before = run(scan("x", "train"), scan("gone", "validation"), scan("z", "test"))
    with pytest.raises(TrainError, match=r"1 of the 2 scans that it has seen .*\(/data/a\)"):
        seen_by(before, [scan("x", "train"), scan("z", "test")], np.arange(2))


def test_its_test_folder_is_free_to_be_trained_on():
    rows = scan("x", "train"), scan("z", "test")
    now = [scan("x", "train"), scan("z", "train")]
    assert seen_by(run(*rows, test_data="b"), now, np.arange(2)).tested.tolist() == [False, True]
    assert not seen_by(run(*rows, test_data="elsewhere/a"), now, np.arange(2)).tested.any()


def test_a_folder_that_is_only_called_like_the_test_folder_is_another(tmp_path):
    here, there = str(tmp_path / "here" / "scans"), str(tmp_path / "there" / "scans")
    rows = scan("x", "train"), *(replace(scan(r, "test"), root=r) for r in (here, there))
    now = [scan("x", "train"), scan(here, "train"), scan(there, "train")]
    seen = seen_by(run(*rows, test_data=there), now, np.arange(3))
    assert seen.tested.tolist() == [False, True, False]


def test_a_damaged_option_is_no_test_folder():
    rows, now = (scan("x", "train"), scan("z", "test")), [scan("x", "train"), scan("z", "train")]
    assert seen_by(run(*rows, test_data=5), now, np.arange(2)).tested.tolist() == [False, True]


def test_what_a_run_in_a_chain_left_out_counts_as_seen():
    rows = scan("x", "train"), scan("out", DROPPED)
    now, groups = [scan("x", "train"), scan("out", "test")], np.arange(2)
    assert seen_by(run(*rows, warm_start="runs/first"), now, groups).trained.tolist() == [1, 1]
    assert seen_by(run(*rows), now, groups).trained.tolist() == [1, 0]


def parts(*found: str) -> list[SplitScan]:
    """Of each part two scans, one of them with a tumor, and besides these `found`."""
    every = [scan(f"{p}{y}", p, bool(y)) for p in ("train", "validation", "test") for y in (0, 1)]
    return every + [scan(f"more{i}", part) for i, part in enumerate(found)]


def where(count: int, *positions: int) -> np.ndarray:
    return np.isin(np.arange(count), positions)


def result(now, seen, given=(), drawn=None, whole=()):
    count = len(now)
    drawn = range(count) if drawn is None else drawn
    given, drawn, whole = (where(count, *own) for own in (given, drawn, whole))
    return without_seen_tests(now, seen, given, drawn, whole)


def test_nothing_seen_is_tested_and_nothing_trained_on_is_validated():
    now = parts("validation", "test", "test", DROPPED, "test", "test", "train")
    seen = Seen("before", where(13, 6, 7, 8, 9), where(13, 10, 11, 12), where(13))
    found = result(now, seen, given=[8], whole=[11])
    assert [one.part for one in found[6:]] == [
        *("train", "train", DROPPED, DROPPED),
        *("validation", "train", "validation"),
    ]
    assert found[8].reason == "before has seen it or a copy"
    assert found[:6] == now[:6]


def test_what_was_tested_on_is_tested_on_again_where_tests_are_drawn():
    now = parts("train", "validation", "train", DROPPED, "train")
    seen = Seen("before", where(11), where(11), where(11, 6, 7, 8, 9, 10))
    found = result(now, seen, drawn=[6, 7, 8, 9], whole=[8])
    assert [one.part for one in found[6:]] == ["test", "test", "train", DROPPED, "train"]


def test_a_copy_of_what_is_tested_on_again_is_not_trained_on():
    now = [*parts(), scan("own", "train", group=5), scan("copy", "train", group=5)]
    found = result(now, Seen("before", where(8), where(8), where(8, 6, 7)), drawn=[6])
    assert [one.part for one in found[6:]] == ["test", DROPPED]
    assert found[7].reason.endswith("own.png")


def test_a_part_of_one_class_is_refused():
    seen = Seen("before", where(6, 5), where(6), where(6))
    with pytest.raises(TrainError, match="without what before has seen, the test part"):
        result(parts(), seen)


def test_what_may_share_patients_with_the_tests_is_refused():
    now = parts(DROPPED)
    now[6] = scan("related", DROPPED, reason=f"{FAMILY_LEAK} T (family brats)")
    none = where(7)
    with pytest.raises(TrainError, match="before has seen 1 scans of which one may share patients"):
        result(now, Seen("before", where(7, 6), none, none))
    assert result(now, Seen("before", none, none, none)) == now

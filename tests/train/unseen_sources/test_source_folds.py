"""Whom a fit may see: no copy, no patient and no relative of the source that it judges."""

from types import SimpleNamespace

import numpy as np

from train.splitting.source_families import Relations
from train.splitting.split import Fold
from train.unseen_sources.source_folds import source_folds


def folds(roots, truth=None, groups=None, related=None, seen=None):
    count = len(roots)
    truth = np.arange(count) % 2 if truth is None else np.array(truth)
    groups = np.arange(count) if groups is None else np.array(groups)
    # Of four scans of each source two train, one validates and one is tested.
    part = np.arange(count) // 2 % 4
    parts = Fold(*(np.flatnonzero(np.isin(part, own)) for own in ([0, 1], [2], [3])))
    scans = [SimpleNamespace(root=f"/data/{root}") for root in roots]
    near = {}
    for a, b in related or ():
        near.setdefault(f"/data/{a}", {})[f"/data/{b}"] = "family"
    return source_folds(scans, truth, groups, groups, parts, Relations(near), seen)


def test_none_of_a_source_is_trained_on_and_none_of_the_test_part_judged():
    found, notes = folds("a" * 8 + "b" * 8)
    assert not notes
    assert [list(fold.sources) for fold in found] == [["/data/a"], ["/data/b"]]
    first = found[0]
    assert first.sources["/data/a"].tolist() == list(range(6))  # two are tested by the run
    assert set(first.train) | set(first.validation) == set(range(8, 14))
    assert first.fold.test.tolist() == list(range(6))
    assert first.names == "a"


def test_copies_and_patients_of_it_are_not_trained_on_either():
    groups = np.arange(16)
    groups[8] = groups[0]
    found, _ = folds("a" * 8 + "b" * 8, groups=groups)
    assert 8 not in found[0].train
    assert 0 not in found[1].train
    # One of each cluster is judged.
    groups[1] = groups[0]
    found, _ = folds("a" * 8 + "b" * 8, groups=groups)
    assert found[0].sources["/data/a"].tolist() == [0, *range(2, 6)]


def test_relatives_go_with_it_and_share_the_fit():
    found, _ = folds("a" * 8 + "b" * 8 + "c" * 8, related=[("a", "b"), ("b", "a")])
    assert [fold.names for fold in found] == ["a, b", "c"]
    together = found[0]
    assert set(together.train) <= set(range(16, 24))
    assert together.fold.test.tolist() == [*range(6), *range(8, 14)]


def test_one_is_left_out_with_a_relative_that_another_does_not_have():
    related = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")]
    found, _ = folds("a" * 8 + "b" * 8 + "c" * 8 + "d" * 8, related=related)
    by_name = {fold.names: set(fold.train.tolist()) for fold in found}
    assert set(by_name) == {"a", "b", "c", "d"}
    assert by_name["a"] <= set(range(16, 32))
    assert by_name["b"] <= set(range(24, 32))


def test_small_sources_share_a_fit():
    found, _ = folds("a" * 400 + "b" * 400 + "c" * 8 + "d" * 8)
    assert [fold.names for fold in found] == ["a", "b", "c, d"]
    assert list(map(len, found[2].sources.values())) == [6, 6]


def test_what_leaves_one_class_is_told():
    truth = [0, 1] * 4 + [0] * 8
    found, notes = folds("a" * 8 + "b" * 8, truth=truth)
    assert [fold.names for fold in found] == ["b"]
    assert notes == ["a: cannot be judged as unseen, for without it scans of one class are left"]


def test_what_the_run_before_has_seen_is_not_judged_as_unseen():
    seen = np.zeros(24, bool)
    seen[3] = True
    found, notes = folds("a" * 8 + "b" * 8 + "c" * 8, related=[("a", "c"), ("c", "a")], seen=seen)
    assert [fold.names for fold in found] == ["b", "c"]
    assert notes == [
        "a: the run that this one goes on from has seen it",
        "c: judged as unseen, though it may share patients with a, which the run that this one "
        "goes on from has seen",
    ]


def test_a_source_is_known_of_which_all_that_was_seen_takes_no_part():
    seen = np.zeros(16, bool)
    seen[6] = True  # of the test part, which none of these fits is given
    found, _ = folds("a" * 8 + "b" * 8, seen=seen)
    assert [fold.names for fold in found] == ["b"]

"""The head's fit, its temperature and limit, and its figures, on made-up features."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from train.data.scans import Classes, FileFacts
from train.errors import TrainError
from train.evaluation.keras_predictions import softmax
from train.splitting.split import Fold
from train.tumor_types.choose_limit import choose_limit
from train.tumor_types.evaluate_types import (
    TypePredictions,
    device_table,
    evaluate_types,
    types_floor,
)
from train.tumor_types.fit_head import even, fit_head
from train.tumor_types.session_types import check_types_in_parts

LABELS = ("a", "b", "c")


def made(count: int, seed: int = 0, noise: float = 0.7):
    """Features of three types that lie in three places."""
    random = np.random.default_rng(seed)
    types = np.arange(count) % 3
    centres = np.random.default_rng(9).normal(size=(3, 12)) * 2
    features = centres[types] + noise * random.normal(size=(count, 12))
    features[:, 11] = 5.0  # never changes
    return features.astype(np.float32), types


def test_what_can_be_told_apart_is():
    features, types = made(150)
    held_out, held_types = made(90, 1)
    head, _ = fit_head(features, types, 3, held_out, held_types)
    assert np.isfinite(head.kernel).all()
    assert (head.logits(held_out).argmax(axis=1) == held_types).mean() > 0.95


def test_what_hardly_changes_gets_no_large_weight():
    features, types = made(150)
    features[:, 10] = 1e-5 * (types == 0)  # betrays a type, by next to nothing
    head, _ = fit_head(features, types, 3, features, types)
    assert np.abs(head.kernel[10]).max() <= np.abs(head.kernel[:10]).max()


def test_each_type_weighs_alike():
    weights = even(np.array([0, 0, 0, 1]), 2)
    assert weights.sum() == pytest.approx(1)
    assert weights[3] == pytest.approx(weights[:3].sum())


def test_the_limit_names_the_share_asked_for():
    features, types = made(300, noise=2.5)
    head, _ = fit_head(features[:150], types[:150], 3, features[150:], types[150:])
    logits = head.logits(features[150:])
    spec = choose_limit(LABELS, logits, types[150:], np.arange(150), 0.9)
    surest = softmax(logits / spec.temperature).max(axis=1)
    assert (surest >= spec.limit).mean() == pytest.approx(0.9, abs=0.01)
    assert choose_limit(LABELS, logits, types[150:], np.arange(150), 1.0).limit == 0


def test_too_sure_logits_are_softened_and_few_scans_never_sharpen():
    random = np.random.default_rng(0)
    types = np.arange(300) % 3
    right = np.where(random.random(300) < 0.7, types, (types + 1) % 3)
    sure = 20.0 * np.eye(3)[right]
    assert choose_limit(LABELS, sure, types, np.arange(300), 0.9).temperature > 5
    unsure = 0.5 * np.eye(3)[types]
    few = slice(0, 30)
    assert choose_limit(LABELS, unsure[few], types[few], np.arange(30), 0.9).temperature == 1
    assert choose_limit(LABELS, unsure, types, np.arange(300), 0.9).temperature < 1


def test_figures_are_those_of_the_table():
    shares = np.array([[0.8, 0.1, 0.1], [0.5, 0.4, 0.1], [0.1, 0.8, 0.1], [0.7, 0.1, 0.2]])
    named = shares.max(axis=1) >= 0.6
    scans = ("a", "a", "b", "c"), ("a", "uncertain", "b", "a")
    told = TypePredictions(LABELS, shares, np.array([0, 0, 1, 2]), named, np.arange(4), *scans)
    found = evaluate_types(told)
    assert found.confusion == ((2, 0, 0), (0, 1, 0), (1, 0, 0))
    assert (found.accuracy.hits, found.accuracy.n) == (3, 4)
    assert (found.scores["a"].sensitivity.hits, found.scores["a"].specificity.hits) == (2, 1)
    assert (found.scores["c"].sensitivity.hits, found.scores["c"].specificity.n) == (0, 3)
    assert (found.named.hits, found.right_if_named.hits) == (3, 2)
    assert found.estimates["macro_auc"].value == pytest.approx((0.75 + 1 + 1) / 3)
    assert found.to_dict()["types"]["b"]["sensitivity"]["value"] == 1
    assert found.device["a"] == {"a": 1, "uncertain": 1}
    folds = TypePredictions.pooled([told, told])
    assert evaluate_types(folds).confusion == ((4, 0, 0), (0, 2, 0), (2, 0, 0))
    assert evaluate_types(folds).named.n == 8


def test_what_the_device_says_of_what():
    table = device_table(["a", "none", "a"], ["a", "no_tumor", "uncertain"])
    assert table == {"a": {"a": 1, "uncertain": 1}, "none": {"no_tumor": 1}}


def test_the_floor_finds_types_that_files_betray_and_no_others():
    types = np.arange(90) % 3
    betrayed = [FileFacts(100 + 50 * t, 100, "L", "PNG", 1000) for t in types]
    floor = types_floor(betrayed, types, 3, np.arange(90))
    assert floor.accuracy.value == 1
    alike = [FileFacts(100, 100, "L", "PNG", 1000) for _ in types]
    assert types_floor(alike, types, 3, np.arange(90)).estimates["macro_auc"].value < 0.7
    assert types_floor(alike, types, 3, types) is None


def test_a_part_without_a_type_is_found_before_anything_is_fitted():
    types = np.array(["a", "b", "", "a", "b", "a", "b", "a"], object)
    data = SimpleNamespace(types=types, classes=Classes(("a", "b"), ("none",)))
    whole = Fold(np.array([0, 1, 2]), np.array([3, 4]), np.array([5, 6]))
    check_types_in_parts(data, [whole])
    lacking = Fold(np.array([0, 1]), np.array([3, 4]), np.array([5, 7]))
    with pytest.raises(TrainError, match="the test part has no scan of type b"):
        check_types_in_parts(data, [lacking])
    with pytest.raises(TrainError, match=r"of a fold has no scan of type b.*fewer --folds"):
        check_types_in_parts(data, [whole, lacking])

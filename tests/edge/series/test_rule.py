"""From slices to a series."""

from dataclasses import replace

import pytest

from edge.inference.prediction import Prediction
from edge.model_file.bundled import bundled_model
from edge.model_file.container import read_model
from edge.model_file.manifest import Decision
from edge.parallel.pipeline import Outcome
from edge.series.result import judge
from edge.series.rule import (
    CHOSEN_FOR,
    SeriesRule,
    log_odds,
    mean_of_strongest,
    rule_for,
    series_probability,
    study_verdict,
)

RULE = SeriesRule(2, Decision("sigmoid", 1.0, 0.5, (0.3, 0.7)), True)


def slice_(probability, name="s.png", doubtful=False, reason=None):
    word = "rejected" if probability is None else "tumor" if probability > 0.5 else "no_tumor"
    prediction = Prediction(
        word, probability, reason, "m int8", "00", False, 1.0, 1.0, 1.0, doubtful=doubtful
    )
    return Outcome(name, prediction, None)


def result(*outcomes, rule=RULE):
    return judge("folder", None, outcomes, rule)


def test_the_mean_of_the_strongest():
    assert mean_of_strongest([1, 5, 3, -9], [], 2) == 4
    assert mean_of_strongest([1], [], 2) == 1
    assert mean_of_strongest([], [], 2) is None


@pytest.mark.parametrize(
    ("sure", "doubtful", "mean"),
    [
        ([1, 5], [9], 7),
        ([1, 5], [-9], 3),
        ([5], [-9], 5),
        ([5], [9], 7),
        ([], [9, 1], 5),
    ],
)
def test_doubtful_slices_count_upwards_only(sure, doubtful, mean):
    assert mean_of_strongest(sure, doubtful, 2) == mean


@pytest.mark.parametrize("probability", [0.0, 1e-30, 0.25, 0.5, 0.999, 1.0])
def test_log_odds_and_back(probability):
    assert abs(log_odds(probability)) <= 40
    assert series_probability(log_odds(probability)) == pytest.approx(probability, abs=1e-15)


def test_three_strongest_and_the_counts():
    found = result(
        slice_(0.1, "a"), slice_(0.9, "b"), slice_(0.8, "c"), slice_(0.85, "d"),
        slice_(None, "e", reason="no head"),
    )  # fmt: skip
    assert found.verdict == "tumor"
    assert [one.path for one in found.strongest] == ["b", "d", "c"]
    assert (found.slices, found.counted, found.rejected, found.unread) == (5, 4, 1, 0)
    assert found.tumor == 3
    assert found.reason is None


def test_one_strong_slice_of_many_is_not_enough():
    assert result(slice_(0.9), *[slice_(0.01)] * 20).verdict == "no_tumor"


def test_slices_without_a_brain_do_not_count():
    refused = [slice_(None, reason="no head")] * 9
    assert result(slice_(0.9), slice_(0.8), *refused).verdict == "tumor"
    found = result(*refused, slice_(None, reason="too dark"))
    assert found.verdict == "rejected"
    assert found.reason == "no slice shows a brain; of 9 of 10: no head"
    assert found.score is None
    assert found.strongest == ()


@pytest.mark.parametrize("doubtful", [0, 1, 2, 9])
def test_doubtful_slices_clear_nothing(doubtful):
    found = result(*[slice_(0.01, doubtful=True)] * doubtful, slice_(0.01))
    assert found.verdict == "uncertain"
    assert "too little to clear" in found.reason
    found = result(*[slice_(0.01, doubtful=True)] * doubtful, slice_(0.01), slice_(0.02))
    assert (found.verdict, found.reason) == ("no_tumor", None)


def test_what_was_not_read_clears_nothing_and_hides_nothing():
    lost = Outcome("x.dcm", None, "x.dcm: is truncated")
    found = result(lost, slice_(0.01), slice_(0.02))
    assert found.verdict == "uncertain"
    assert "1 slice could not be read" in found.reason
    assert result(lost, slice_(0.9), slice_(0.95)).verdict == "tumor"
    assert result(lost, lost).reason == "none of its 2 slices could be read"


def test_json():
    found = result(slice_(0.9), slice_(0.8)).to_dict()
    assert "not a medical device" in found["notice"]
    assert found["rule"]["strongest"] == 2
    assert found["series_hash"] is None


@pytest.mark.parametrize("engine", ["litert", "onnxruntime"])
def test_only_a_model_that_it_was_chosen_for_has_a_rule_of_its_own(engine):
    manifest = read_model(bundled_model(engine)).manifest
    assert rule_for(replace(manifest, payload_sha256=CHOSEN_FOR[0])).chosen
    rule = rule_for(manifest)
    assert not rule.chosen
    assert rule.decision.threshold == manifest.decision.threshold
    assert rule.decision.uncertain == manifest.decision.uncertain
    assert "single slices" in result(slice_(0.9), rule=rule).remarks[0]


@pytest.mark.parametrize(
    ("series", "unread", "study"),
    [
        (["no_tumor", "tumor", "uncertain"], False, "tumor"),
        (["no_tumor", "uncertain", "rejected"], False, "uncertain"),
        (["no_tumor", "rejected"], False, "no_tumor"),
        (["no_tumor", "rejected"], True, "uncertain"),
        (["rejected", "rejected"], True, "rejected"),
        (["tumor"], True, "tumor"),
        ([], False, "rejected"),
    ],
)
def test_a_study_has_the_verdict_of_its_most_serious_series(series, unread, study):
    assert study_verdict(series, unread) == study

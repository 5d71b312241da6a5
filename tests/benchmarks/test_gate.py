"""What is out of line."""

import pytest

from benchmarks.accuracy import Judged, Share
from benchmarks.gate import check, limits
from tests.benchmarks.reports import agreement, group, model


def failures(*models, **given):
    return [finding.what for finding in check(group(*models, **given)) if not finding.passed]


def judged(**given):
    return Judged(20, Share.of(0, 20), Share.of(0, 20), None, agreement(**given))


def test_in_line():
    assert failures() == []
    assert {finding.what for finding in check(group())} == {
        "decisions",
        "probabilities",
        "sensitivity",
        "latency ratio",
    }


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"changed": 2}, "decisions"),
        ({"max_difference": 0.2}, "probabilities"),
        ({"sensitivity": Share.of(8, 10)}, "sensitivity"),
    ],
)
def test_strays_from_keras(given, what):
    assert failures(model(judged=judged(**given))) == [what]


def test_one_verdict_and_one_tumor_may_change_in_int8_but_not_in_fp32():
    given = {"judged": judged(changed=1, sensitivity=Share.of(9, 10))}
    assert failures(model(**given)) == []
    assert failures(model(**given, precision="fp32")) == ["decisions", "sensitivity"]


def test_too_slow_only_if_the_whole_interval_is():
    assert failures(model(times=56.0)) == []  # up to 61.6
    assert failures(model(times=50.0)) == ["latency ratio"]
    assert failures(model(times=50.0), architecture="other") == []
    assert failures(model(times=0.5), architecture="other") == ["latency ratio"]


def test_nothing_to_compare_with_is_no_finding():
    assert check(group(model(judged=None, rows=()))) == []


def test_the_limits_are_told():
    for part in ("int8 tflite 1%", "cnn int8 litert 60", "vgg16 int8 litert 4"):
        assert part in limits()

"""What is out of line."""

import pytest

from benchmarks.accuracy.agreement import Accuracy, Evaluation, Share
from benchmarks.hardware.roofline import Floor
from benchmarks.limits.pass_or_fail import UNTIMED, check, limits
from benchmarks.report.sentences import verdicts
from benchmarks.results.benchmark_report import Row
from benchmarks.timing.single_stream import Ratio
from tests.benchmarks.reports import ALL_RIGHT, agreement, group, latency, model, report


def failures(*models, **given):
    return [finding.what for finding in check(group(*models, **given), True) if not finding.passed]


def judged(**given):
    return Evaluation(20, Share.of(0, 20), Share.of(0, 20), None, agreement(**given))


def test_in_line():
    assert failures() == []
    assert {finding.what for finding in check(group(), True)} == {
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


def on_another_processor(of_floor: float, ms: float, compiled: float) -> list:
    """The int8 model at 40 times predict; fp32 takes 10 ms."""
    faster = {"predict": Ratio(40, 39, 41), "tf.function": Ratio(compiled, compiled, compiled)}
    own = model(rows=(Row(1, latency(ms), faster, Floor(0.3, 0.1, of_floor)),))
    plain = model(10.0, precision="fp32", file="cnn.tflite")
    found = check(group(own, plain), True)
    return [f for f in found if f.what == "latency ratio" and f.model.startswith("cnn-int8")]


@pytest.mark.parametrize(
    ("of_floor", "ms", "compiled", "passed"),
    [
        (4.5, 2.0, 3.0, True),
        (5.5, 2.0, 3.0, False),  # far from what the machine can do
        (4.5, 6.0, 3.0, False),  # quantizing gained little
        (4.5, 2.0, 1.5, False),  # so did leaving Keras
    ],
)
def test_a_processor_that_allows_less_is_no_failure(of_floor, ms, compiled, passed):
    (finding,) = on_another_processor(of_floor, ms, compiled)
    assert finding.passed is passed
    assert f"{of_floor} times its floor (at most 5)" in finding.words
    assert "40.00 [39.00-41.00] times faster than predict, at least 60 wanted" in finding.words


def test_what_is_not_known_of_the_processor_excuses_nothing():
    (finding,) = [f for f in check(group(model(times=50.0)), True) if f.what == "latency ratio"]
    assert not finding.passed
    assert "fp32 in its engine, tf.function not measured" in finding.words


def test_slower_than_predict_is_excused_by_nothing_and_the_floor_is_told():
    """A float file of a large network on one thread: it is near its floor, and Keras has more."""
    faster = {"predict": Ratio(0.65, 0.63, 0.88), "tf.function": Ratio(3, 3, 3)}
    own = model(rows=(Row(1, latency(300.0), faster, Floor(285, 0.1, 1.1)),))
    found = check(group(own, model(3000.0, precision="fp32", file="cnn.tflite")), True)
    (finding,) = [f for f in found if f.what == "latency ratio" and f.model.startswith("cnn-int8")]
    assert not finding.passed
    assert "This has one thread, predict as many as it likes" in finding.words
    assert finding.words.endswith("; it takes 1.1 times its floor")
    assert "not measured" not in finding.words


def test_nothing_to_compare_with_is_no_finding():
    assert check(group(model(judged=None, rows=())), False) == []


def test_the_limits_are_told():
    text = "\n".join(limits())
    for part in ("int8 tflite 1%", "cnn int8 litert 60", "vgg16 int8 litert 4"):
        assert part in text


NO_LABELS = {"only_model_right": None, "only_keras_right": None, "mcnemar_p": None}
NO_LABELS |= {"sensitivity": None, "keras_sensitivity": None, "scans": 1}
SCORED = Accuracy(ALL_RIGHT, ALL_RIGHT, ALL_RIGHT, None, 0.01)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (None, "interrupted"),
        (Evaluation(20, Share.of(20, 20), Share.of(0, 0), None, None), "refused every scan"),
        (Evaluation(1, Share.of(0, 1), Share.of(0, 1), None, None), "no labelled scans (the test"),
        (judged(**NO_LABELS), "no labelled scans (the test part); name some with --data"),
        (Evaluation(20, Share.of(0, 20), Share.of(0, 20), SCORED, None), "Keras cannot load it"),
    ],
)
def test_what_could_be_compared_and_was_not_fails(found, why):
    given = {"keras": (), "keras_absent": "model.keras: Keras cannot load it"}
    bad = [f for f in check(group(model(judged=found), **given), True) if not f.passed]
    assert [(f.model, f.what) for f in bad] == [("cnn-int8.tflite (litert)", "comparison")]
    assert why in bad[0].words


def test_a_comparison_of_few_of_the_scans_fails():
    """A reference file that names one scan of twenty proves next to nothing."""
    assert failures(model(judged=judged(scans=10))) == []
    (bad,) = [f for f in check(group(model(judged=judged(scans=9))), True) if not f.passed]
    assert (bad.what, bad.words[:32]) == ("comparison", "only 9 of 20 verdicts compared w")


def rows(**times):
    """Of so many threads, so many times as fast as Keras."""
    return tuple(
        Row(int(n[1:]), latency(1.0), {"predict": Ratio(x, x, x)}, None) for n, x in times.items()
    )


def test_latency_is_held_to_its_limit_with_one_thread_only():
    assert failures(model(rows=rows(t4=50.0, t1=80.0))) == []
    assert failures(model(rows=rows(t4=80.0, t1=50.0))) == ["latency ratio"]
    found = check(group(model(rows=rows(t4=50.0))), True)
    assert [f.words for f in found if f.what == "latency ratio"] == [UNTIMED]
    text = "\n".join(verdicts(report(gate=tuple(found))))
    assert "3 of 3 checks" in text
    assert "unchecked cnn-int8.tflite (litert): latency ratio: not measured with one" in text


def test_a_precision_without_limits_fails():
    (bad,) = [f for f in check(group(model(precision="int4")), True) if not f.passed]
    assert bad.what == "decisions"
    assert "no limits for int4 tflite" in bad.words

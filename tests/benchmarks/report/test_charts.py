"""Pictures of a report: every series can be told from every other, without colours too."""

from dataclasses import replace
from itertools import pairwise

import pytest

pytest.importorskip("matplotlib")

import matplotlib.pyplot as plt
from matplotlib.colors import to_rgb

from benchmarks.report import charts
from benchmarks.results.benchmark_report import KerasRow
from tests.benchmarks.reports import group, latency, model, report
from train.reporting import palette

KINDS = [
    {"precision": precision, "format": format, "engine": engine}
    for precision in ("fp32", "fp16", "dynamic", "int8")
    for format, engine in (
        ("onnx", "onnxruntime"),
        ("tflite", "litert"),
        ("tflite", "tflite-runtime"),
    )
]
"""Twelve series, beside Keras' three."""


@pytest.fixture
def twelve():
    calls = ("predict", "model(x)", "tf.function")
    keras = tuple(KerasRow(name, latency(80.0)) for name in calls)
    models = [model(file=f"cnn-{i}", **kind) for i, kind in enumerate(KINDS)]
    one = group(*models, keras=keras)
    other = group(*models, run="compact", keras=keras, scans="other scans", scan_count=821)
    yield report(one, other)
    plt.close("all")


def brightness(color):
    return sum(a * b for a, b in zip(to_rgb(color), (0.2126, 0.7152, 0.0722), strict=True))


def test_every_line_of_a_panel_is_unlike_every_other_in_grey_too(twelve):
    for axis in charts.percentiles(twelve).axes:
        styles = set()
        for line in axis.get_lines():
            hollow = line.get_markerfacecolor() == "white"
            shade = round(brightness(line.get_color()), 1)
            styles.add((line.get_linestyle(), line.get_marker(), hollow, shade))
        assert len(styles) == len(axis.get_lines()) == 15


def test_a_kind_of_model_looks_the_same_for_every_run(twelve):
    first, second = charts.percentiles(twelve).axes
    assert (first.get_title(), second.get_title()) == ("cnn", "compact")
    for a, b in zip(first.get_lines(), second.get_lines(), strict=True):
        assert (a.get_label(), a.get_color()) == (b.get_label(), b.get_color())


def test_sets_of_scans_have_panels_of_their_own(twelve):
    panels = charts.accuracy(twelve).axes
    titles = [axis.get_title() for axis in panels]
    assert titles == ["20 scans: the test part", "821 scans: other scans"]


def test_runs_on_the_same_scans_share_a_panel():
    runs = [
        group(model(), run=run, scans=f"held-out test part of run {run} (scans)")
        for run in ("cnn", "vgg16")
    ]
    (panel,) = charts.accuracy(report(*runs)).axes
    assert panel.get_title() == "20 scans: held-out test part (scans)"
    colors = {
        tuple(found.get_edgecolor()[0][:3])
        for found in panel.collections
        if len(found.get_offsets())
    }
    assert len(colors) == 2
    plt.close("all")


def test_neighbours_of_the_palette_differ_in_brightness():
    found = [brightness(color) for color in palette.SERIES]
    for a, b in pairwise(found):
        assert abs(a - b) > 0.1


def test_a_report_of_one_model_is_drawn(tmp_path):
    one = report(group(replace(model(), precision="int4", engine="new")))
    assert len(charts.draw(one, tmp_path)) == 4

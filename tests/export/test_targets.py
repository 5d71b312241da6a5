"""The table of formats and precisions, and what the command makes of it."""

import pytest

from export.cli import parser
from export.errors import ExportError
from export.targets import FORMATS, PRECISIONS, TARGETS, select


def names(targets):
    return [(target.format, target.precision) for target in targets]


def test_the_default_set():
    assert names(select([], [])) == [
        ("tflite", "fp32"),
        ("tflite", "int8"),
        ("onnx", "fp32"),
        ("onnx", "int8"),
    ]


def test_int8_alone_is_both_formats():
    assert names(select([], ["int8"])) == [("tflite", "int8"), ("onnx", "int8")]


def test_a_format_alone_is_all_its_precisions():
    assert names(select(["onnx"], [])) == [("onnx", p) for p in ("fp32", "fp16", "int8")]


def test_a_precision_that_one_format_lacks_is_that_of_the_other():
    assert names(select([], ["dynamic"])) == [("tflite", "dynamic")]


def test_every_legal_combination_can_be_asked_for():
    for target in TARGETS:
        assert select([target.format], [target.precision]) == [target]


def test_an_illegal_combination_lists_the_legal_ones():
    with pytest.raises(ExportError, match=r"no dynamic for onnx; there is .*tflite dynamic.*onnx"):
        select(["onnx"], ["dynamic"])


@pytest.mark.parametrize(
    ("formats", "precisions", "words"),
    [
        (["tflight"], [], "unknown format 'tflight'; did you mean tflite"),
        (["ONX"], [], "did you mean onnx"),
        ([], ["int9"], "unknown precision 'int9'; did you mean int8"),
        ([], ["zzz"], r"unknown precision 'zzz' .known: fp32"),
    ],
)
def test_a_near_miss_is_suggested(formats, precisions, words):
    with pytest.raises(ExportError, match=words):
        select(formats, precisions)


def test_the_limits():
    target = select(["tflite"], ["int8"])[0]
    assert [target.max_changed(n) for n in (1, 51, 199, 250, 1000)] == [1, 1, 1, 2, 10]
    assert select(["onnx"], ["fp32"])[0].max_changed(1000) == 0


def test_help_shows_the_table():
    text = parser().format_help()
    for name in (*FORMATS, *PRECISIONS):
        assert name in text
    for target in TARGETS:
        assert target.summary in text

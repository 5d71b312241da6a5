"""Types of tumor: what is told, when, and in which form."""

import json
import math
import shutil
from dataclasses import replace

import numpy as np
import pytest

from edge import Classifier, EngineError, ModelError
from edge.inference.engines import installed
from edge.inference.tumor_type import type_logits, type_probabilities, type_word
from edge.model_file.container import open_model
from edge.model_file.dataclass_json import to_json
from edge.model_file.manifest import TypeSpec
from edge.model_file.manifest_json import dumps, loads
from tests.edge.conftest import MODELS

NAMES = ("dim", "bright")


@pytest.fixture(params=["tflite", "onnx"])
def typed(request, tmp_path):
    """A copy of the tiny model that tells two types: tumors below a mean of 130, and others."""
    if not installed(request.param):
        pytest.skip(f"no engine for {request.param} is installed")
    return Classifier(shutil.copy(MODELS / f"tiny-types.{request.param}", tmp_path))


@pytest.mark.parametrize(
    ("mean", "word", "type"),
    [(60, "no_tumor", None), (115, "tumor", "dim"), (170, "tumor", "bright")],
)
def test_a_tumor_has_a_type_and_nothing_else_has(typed, scan, mean, word, type):
    found = typed.classify(scan(mean))
    assert (found.verdict, found.type) == (word, type)
    if type is None:
        assert found.type_probabilities is None
    else:
        assert sum(found.type_probabilities.values()) == pytest.approx(1)
        assert max(found.type_probabilities, key=found.type_probabilities.get) == type


def test_a_type_below_the_limit_is_uncertain(typed, scan):
    found = typed.classify(scan(130))
    assert found.verdict == "tumor"
    assert found.type == "uncertain"
    assert max(found.type_probabilities.values()) < typed.manifest.types.limit


def test_what_is_uncertain_or_rejected_has_no_type(typed, scan):
    assert (typed.classify(scan(100)).verdict, typed.classify(scan(100)).type) == (
        "uncertain",
        None,
    )
    small = typed.classify(np.zeros((8, 8), np.uint8))
    assert (small.verdict, small.type, small.type_probabilities) == ("rejected", None, None)


def test_the_verdict_knows_nothing_of_types(typed, scan):
    plain = Classifier(MODELS / f"tiny.{typed.manifest.format}")
    for mean in (60, 100, 115, 130, 170):
        file = scan(mean)
        one, other = typed.classify(file), plain.classify(file)
        assert one.verdict == other.verdict
        # Another output may have an engine add in another order.
        assert one.probability == pytest.approx(other.probability, abs=1e-5)


def test_the_two_formats_agree(tmp_path, scan):
    if not (installed("tflite") and installed("onnx")):
        pytest.skip("needs an engine for each format")
    one, other = (Classifier(MODELS / f"tiny-types.{kind}") for kind in ("tflite", "onnx"))
    pixels = one.pixels(scan(125))
    assert one.type_map(pixels) == pytest.approx(other.type_map(pixels), abs=1e-5)


def test_types_are_in_json_of_models_that_tell_them_only(typed, scan, any_model):
    said = typed.classify(scan(60)).to_dict()
    assert said["type"] is None
    assert said["type_probabilities"] is None
    plain = Classifier(any_model).classify(scan(170)).to_dict()
    assert not {"type", "type_probabilities"} & set(plain)


def test_the_logits_are_the_sum_over_the_parts():
    found = np.array([[[1.0, 2.0], [3.0, 5.0]]], np.float32)
    assert type_logits(found).tolist() == [4.0, 7.0]
    spec = TypeSpec(NAMES, temperature=3.0, rows=1, columns=2)
    assert type_probabilities(found, spec)["bright"] == pytest.approx(1 / (1 + math.exp(-1)))


@pytest.mark.parametrize("wrong", [[[[math.nan, 0.0]]], [[[1e300 * 1e300, 0.0]]], [[[0.0] * 3]]])
def test_types_that_are_no_numbers_or_too_many_are_an_error(wrong):
    with pytest.raises(EngineError, match="types"):
        type_probabilities(np.array(wrong, np.float64), TypeSpec(NAMES))


def test_a_type_on_the_limit_is_named():
    assert type_word({"dim": 0.6, "bright": 0.4}, 0.6) == "dim"
    assert type_word({"dim": 0.6, "bright": 0.4}, math.nextafter(0.6, 1)) == "uncertain"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"labels": ("dim",)}, "must be 2"),
        ({"labels": ("dim", "DIM")}, "the same"),
        ({"labels": ("dim", "uncertain")}, "may be called"),
        ({"labels": ("dim", "b\n")}, "printable"),
        ({"temperature": 0.0}, "temperature"),
        ({"limit": 1.5}, "limit"),
        ({"rows": 0}, "rows"),
    ],
)
def test_types_that_cannot_be_are_refused(change, says):
    with pytest.raises(ValueError, match=says):
        replace(TypeSpec(NAMES), **change)


def test_a_manifest_with_types_survives_the_way_and_one_without_has_none():
    typed = open_model(MODELS / "tiny-types.tflite").manifest
    assert to_json(loads(dumps(typed), "x").types) == to_json(typed.types)
    plain = open_model(MODELS / "tiny.tflite").manifest
    assert plain.types is None


def test_a_file_whose_types_are_others_than_its_manifest_says_is_refused(tmp_path):
    if not installed("tflite"):
        pytest.skip("no engine for tflite is installed")
    from export.package.write_container import pack

    data = (MODELS / "tiny-types.tflite").read_bytes()
    manifest = open_model(MODELS / "tiny-types.tflite").manifest
    three = replace(manifest, types=TypeSpec((*NAMES, "third")))
    path = tmp_path / "three.tflite"
    path.write_bytes(pack(data[: data.index(b"PK\3\4")], three))
    with pytest.raises(ModelError, match="types of tumor"):
        Classifier(path)


def test_reading_types_back_from_json(typed, scan):
    said = json.loads(json.dumps(typed.classify(scan(170)).to_dict()))
    assert (said["type"], set(said["type_probabilities"])) == ("bright", set(NAMES))

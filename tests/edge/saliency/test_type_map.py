"""What speaks for a type: its map, and its panel in the picture."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from edge import Classifier
from edge.inference.engines import installed
from edge.model_file.manifest import TypeSpec
from edge.saliency.heat_map import HeatMap
from edge.saliency.overlay import draw
from edge.saliency.type_map import type_map
from tests.edge.conftest import MODELS


@pytest.fixture
def typed():
    if not installed("onnx"):
        pytest.skip("no engine for onnx is installed")
    return Classifier(MODELS / "tiny-types.onnx")


def test_a_map_of_one_part_is_none(typed, scan):
    _, seen, prediction = typed.examine(scan(170))
    assert type_map(typed, seen, prediction) is None


def test_the_map_is_that_of_the_likeliest_type_beside_the_others(typed, scan, monkeypatch):
    spec = TypeSpec(("dim", "bright"), temperature=2.0, rows=2, columns=2)
    monkeypatch.setattr(typed, "manifest", replace(typed.manifest, types=spec))
    found = np.zeros((2, 2, 2), np.float32)
    found[1, 0] = (1.0, 5.0)
    monkeypatch.setattr(typed, "type_map", lambda pixels: found)
    _, seen, prediction = Classifier(MODELS / "tiny-types.onnx").examine(scan(170))
    shown = type_map(typed, seen, prediction)
    assert shown.values.tolist() == [[0, 0], [2, 0]]
    assert shown.method == "type bright, 2x2 cells"
    none = replace(prediction, type=None, type_probabilities=None)
    assert type_map(typed, seen, none) is None


def test_the_picture_has_a_panel_and_a_line_more(typed, scan):
    image, _, prediction = typed.examine(scan(170))
    heat = HeatMap(np.eye(2), "evidence, 2x2 cells", 1)
    without = draw(image, heat, "scan.png", replace(prediction, type=None))
    with_type = draw(image, heat, "scan.png", prediction)
    three = draw(image, heat, "scan.png", prediction, HeatMap(np.eye(2), "type bright, 2x2", 1))
    assert with_type.height > without.height
    assert three.width > with_type.width == without.width
    assert isinstance(three, Image.Image)

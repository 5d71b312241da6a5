"""Verdicts that pages show of the samples are those of the bundled model."""

import re
from pathlib import Path

import PIL
import pytest
from PIL import Image, ImageChops

from edge import Classifier, EngineError
from edge.cli import main
from edge.results.words import WORDS

ROOT = Path(__file__).parents[2]
LINE = re.compile(r"(phantom-[\w-]+\.png): (\w[\w ]*?)  probability of tumor ([\d.]+)  \(compact")
CAPTION = 655
"""The row from which on a picture of `--explain` says what drew it."""
ROW = re.compile(r"(phantom-[\w-]+\.png),(\w+),([\d.]+)")
PAGES = [
    page
    for page in sorted(ROOT.glob("docs/**/*.md"))
    if LINE.search(page.read_text()) or ROW.search(page.read_text())
]


@pytest.fixture(scope="module")
def classifier():
    try:
        return Classifier()
    except EngineError as error:
        pytest.skip(f"no engine for the bundled model ({error})")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_verdicts_of_the_samples(classifier, page):
    text = page.read_text()
    shown = [one.groups() for pattern in (LINE, ROW) for one in pattern.finditer(text)]
    for name, verdict, probability in shown:
        found = classifier.classify(ROOT / "samples" / name)
        assert verdict in (found.verdict, WORDS[found.verdict])
        # Processors round differently in the last places.
        assert found.probability == pytest.approx(float(probability), abs=0.01)


def test_the_first_picture_is_of_the_bundled_model(classifier, tmp_path):
    """Its caption names the file. The colours may differ a little from processor to processor."""
    if not classifier.path.endswith(".tflite"):
        pytest.skip("LiteRT, by which it was drawn, is not installed")
    if tuple(map(int, PIL.__version__.split(".")[:2])) < (12, 3):
        pytest.skip("this Pillow draws letters otherwise")
    assert main([str(ROOT / "samples/phantom-tumor-1.png"), "--explain", str(tmp_path)]) == 0
    (drawn,) = tmp_path.iterdir()
    captions = []
    for path in (drawn, ROOT / "docs/explained.png"):
        picture = Image.open(path).convert("RGB")
        captions.append(picture.crop((0, CAPTION, *picture.size)))
    assert captions[0].getcolors(1) is None
    assert ImageChops.difference(*captions).getbbox() is None


def test_some_pages_show_them():
    assert len(PAGES) >= 2

"""Verdicts that pages show of the samples are those of the bundled model."""

import re
from pathlib import Path

import pytest

from edge import Classifier, EngineError
from edge.results.words import WORDS

ROOT = Path(__file__).parents[2]
LINE = re.compile(r"(phantom-[\w-]+\.png): (\w[\w ]*?)  probability of tumor ([\d.]+)  \(compact")
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


def test_some_pages_show_them():
    assert len(PAGES) >= 2

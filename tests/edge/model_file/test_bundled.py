"""The model that comes with the package: small, whole, and used when none is named."""

from pathlib import Path

import pytest

from edge import Classifier
from edge.inference.engines import ENGINES, installed
from edge.model_file.bundled import bundled_model
from tests.edge.test_cli import run

SAMPLES = sorted((Path(__file__).parents[3] / "samples").glob("*.png"))
LARGEST = 300_000
"""Bytes, of the file with its manifest."""


def test_it_is_there_for_every_engine_and_small():
    for name, (formats, _, _) in ENGINES.items():
        path = Path(bundled_model(name))
        assert path.suffix[1:] in formats
        assert path.stat().st_size <= LARGEST


@pytest.mark.parametrize("engine", installed())
def test_it_classifies_without_being_named(engine):
    classifier = Classifier(engine=engine)
    assert classifier.manifest.name == "compact"
    assert not classifier.manifest.provenance["training"]["synthetic"]
    assert classifier.manifest.reject.learned
    assert classifier.manifest.heat_map.method == "evidence"
    found = classifier.classify(SAMPLES[0])
    assert found.verdict in ("tumor", "no_tumor", "uncertain")
    assert found.model == "compact int8"


def test_the_command_needs_no_model():
    status, out, _ = run(SAMPLES[0])
    assert status == 0
    assert "compact int8" in out


def test_its_golden_sample_holds():
    status, out, _ = run("--self-test")
    assert status == 0, out

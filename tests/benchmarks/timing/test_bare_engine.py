"""The engines without `edge`, which what we add is measured against."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from benchmarks.timing import minimal_process
from benchmarks.timing.bare_engine import bare
from edge import Classifier
from edge.inference.engines import ENGINES, installed
from tests.edge.conftest import MODELS

each_engine = pytest.mark.parametrize(
    ("engine", "kind"), [(name, kind) for name, (kinds, *_) in ENGINES.items() for kind in kinds]
)


@each_engine
def test_the_engine_alone_answers_what_ours_does(engine, kind):
    if engine not in installed():
        pytest.skip(f"{engine} is not installed")
    model = MODELS / f"tiny.{kind}"
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    found = bare(engine, str(model), 1)(pixels)
    np.testing.assert_allclose(found[0], Classifier(model, engine=engine).logits(pixels), atol=1e-5)


@each_engine
def test_the_least_process_runs_and_writes_nothing(engine, kind, tmp_path):
    if engine not in installed():
        pytest.skip(f"{engine} is not installed")
    Image.new("L", (16, 16), 120).save(tmp_path / "scan.png")
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, minimal_process.__file__, engine, MODELS / f"tiny.{kind}", "scan.png"],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout.strip(" []\n")) == pytest.approx(2.0, abs=0.01)
    assert list(home.iterdir()) == []

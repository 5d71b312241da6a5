"""docs/scripts/refit_gate.py: a finished run gets another gate; its network stays."""

import importlib.util
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("tensorflow")

from train.cli import main
from train.data.scans import fingerprint
from train.evaluation.keras_predictions import likenesses, load_gate_head, load_keras
from train.gate import gate_examples, session_gate
from train.run import run_folder

SCRIPT = Path(__file__).parents[3] / "docs/scripts/refit_gate.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("refit_gate", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_network_stays_and_the_gate_is_named(script, tmp_path, phantoms, monkeypatch):
    few = partial(gate_examples.gate_examples, views=200)
    monkeypatch.setattr(session_gate, "gate_examples", few)
    other = tmp_path / "other" / "page"
    other.mkdir(parents=True)
    page = np.tile(np.linspace(0, 255, 90).astype(np.uint8), (90, 1))
    for i in range(3):
        Image.fromarray(np.roll(page, 9 * i, axis=1)).save(other / f"{i}.png")
    data = ["--data", str(phantoms), "--seed", "3"]
    run, new = tmp_path / "compact", tmp_path / "again"
    options = ["--model", "compact", *data, "--epochs", "1", "--workers", "0", "--out", str(run)]
    assert main(options) == 0
    script.refit(run, new, [*data, "--not-brain", str(other.parent)])
    before, after = run_folder.read_run(run), run_folder.read_run(new)
    assert before.model_file.read_bytes() == after.model_file.read_bytes()
    assert after.manifest.later_gate.not_brain == {"page": 3}
    assert after.manifest.later_gate.seed == 3
    trained = fingerprint(one.sha256 for one in after.split if one.part == "train")
    assert after.manifest.later_gate.data_sha256 == trained
    assert before.manifest.later_gate is None
    assert after.manifest.gate_sha256 != before.manifest.gate_sha256
    model, pixels = load_keras(after), np.zeros((1, 128, 128, 1), np.uint8)
    values = [likenesses(model, load_gate_head(one), pixels) for one in (before, after)]
    assert np.isfinite(values).all()
    assert [row["name"] for row in json.loads((new / "gate.json").read_text())["kinds"]] == ["page"]
    with pytest.raises(SystemExit, match="trained on other scans"):
        script.refit(run, tmp_path / "third", [*data[:2], "--not-brain", str(other.parent)])

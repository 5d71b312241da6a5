"""From class folders of types to proven files that tell them."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("tensorflow")

from edge import Classifier
from edge.inference.check_model import check_model
from edge.inference.decision_replay import replay_types
from edge.inference.self_test import self_test
from edge.model_file.container import read_model
from edge.model_file.manifest import TypeSpec
from edge.model_file.provenance import TypeMatch, provenance
from export.cli import main
from export.prove.match_types import compare_types
from tests.export import shape_arithmetic
from tests.train.small import narrow_networks
from train.cli import main as train

FILES = ("typed-fp32.tflite", "typed-int8.tflite", "typed-fp32.onnx", "typed-int8.onnx")


def scans(folder, each: int = 24):
    """A bright square, left or right; or none."""
    random = np.random.default_rng(1)
    for name in ("left", "right", "none"):
        (folder / name).mkdir(parents=True)
        for number in range(each):
            coarse = Image.fromarray(random.integers(0, 110, (8, 8), np.uint8))
            pixels = np.array(coarse.resize((64, 64), Image.Resampling.BICUBIC), np.int64)
            pixels += random.integers(0, 20, (64, 64))
            if name != "none":
                start = 8 if name == "left" else 40
                pixels[20:40, start : start + 16] += 120
            image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
            image.save(folder / name / f"{name}{number}.png")
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small network that tells left tumors from right ones."""
    folder = tmp_path_factory.mktemp("typed")
    command = ["--data", str(scans(folder / "data")), "--negative", "none", "--types"]
    command += ["--epochs", "12", "--no-augment", "--folds", "3", "--out", str(folder / "typed")]
    with narrow_networks(0.2):
        assert train(command) == 0
    return folder / "typed"


@pytest.fixture(scope="module")
def exported(run):
    """Every default file of it."""
    out = run.parent / "dist"
    assert main([str(run), "--out", str(out)]) == 0
    return out


def test_the_run_says_how_good_types_are(run):
    report = json.loads((run / "report.json").read_text())["types"]
    assert report["test"]["labels"] == ["left", "right"]
    assert report["test"]["accuracy"]["value"] > 0.8
    assert set(report["test"]["bootstrap"]) >= {"macro_auc", "sensitivity left"}
    assert report["shortcut_floor"]["accuracy"]["n"] == 48
    pooled = report["cross_validation"]
    assert pooled["folds"] == 3
    assert pooled["accuracy"]["n"] == 48
    assert sum(map(sum, pooled["confusion"])) == 48
    assert sum(sum(row.values()) for row in pooled["device"].values()) == 72
    assert report["test"]["accuracy"]["n"] == sum(report["counts"]["test"].values()) < 48
    text = (run / "report.md").read_text()
    assert "## Types of tumor" in text
    assert "Shortcut floor of types" in text
    assert "Tumors of 3 folds, pooled: 48 scans" in text
    split = json.loads((run / "split.json").read_text())
    assert {(one["path"].split("/")[0], one["type"]) for one in split} == {
        ("left", "left"),
        ("right", "right"),
        ("none", ""),
    }


@pytest.mark.parametrize("name", FILES)
def test_a_file_tells_them_and_is_proven(exported, run, name):
    file = exported / name
    classifier = Classifier(file)
    told = {"left": 0, "right": 0}
    for kind in told:
        for scan in sorted((run.parent / "data" / kind).iterdir()):
            told[kind] += classifier.classify(scan).type == kind
    assert min(told.values()) > 12
    assert shape_arithmetic.of(file) == []
    proofs = provenance(classifier.manifest).parity
    assert proofs
    assert all(proof.types.scans > 0 for proof in proofs)
    assert self_test(classifier).passed
    assert check_model(read_model(file, trust=None)).passed


def test_a_refusal_tells_how_far_types_are_off(run, tmp_path, capsys):
    command = [str(run), "--out", str(tmp_path), "--format", "onnx", "--int8", "--max-growth", "0"]
    assert main([*command, "--max-difference", "0.00001"]) == 1
    said = capsys.readouterr()
    assert ", those of types by 0." in said.err
    assert "the probability of a type is off by" in said.out
    assert " changed; a probability is off by 0." in said.out.partition("    types: ")[2]
    assert "Allow a probability of " in said.out


def test_a_device_that_tells_other_types_is_found_out(exported):
    manifest = Classifier(exported / FILES[0]).manifest
    golden = provenance(manifest).golden
    assert replay_types(manifest.types, golden)[0]
    moved = replace(manifest.types, limit=0.9 if manifest.types.limit < 0.7 else 0.6)
    assert not replay_types(moved, golden)[0]
    assert not replay_types(manifest.types, replace(golden, type_decisions=()))[0]


def test_a_changed_type_is_a_change():
    keras = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1]])
    found = [({"l": 0.9, "r": 0.1}, "l"), ({"l": 0.3, "r": 0.7}, "r"), None]
    said = [("tumor", "tumor"), ("tumor", "tumor"), ("tumor", "uncertain")]
    match, changes = compare_types(found, said, keras, TypeSpec(("l", "r"), limit=0.6))
    assert changes == {"type l to type r": 1}
    assert match == TypeMatch(2, 1, pytest.approx(0.6))


def test_a_changed_head_is_refused(run, tmp_path, capsys):
    copy = shutil.copytree(run, tmp_path / "typed")
    (copy / "types.npz").write_bytes(b"changed")
    assert main([str(copy), "--out", str(tmp_path / "dist")]) == 2
    assert "changed since the run" in capsys.readouterr().err

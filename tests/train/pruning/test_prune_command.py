"""`python -m train --prune`, from a finished run to a smaller one."""

import json
import shutil

import pytest

pytest.importorskip("tensorflow")

from edge.model_file.dataclass_json import to_json
from tests.train.small import full_input, narrow_networks
from train.cli import main
from train.evaluation.keras_predictions import load_keras
from train.evaluation.metrics import Proportion
from train.networks.cost import cost
from train.run.run_folder import read_run


@pytest.fixture(scope="module")
def pruned(finished_run, tmp_path_factory):
    out = tmp_path_factory.mktemp("pruned") / "small-0.5x"
    command = ["--prune", finished_run, "--prune-to", "0.5x", "--prune-epochs", 2, "--out", out]
    assert main([str(word) for word in command]) == 0
    return out


def test_it_is_a_run_of_half_the_size_that_names_its_parent(pruned, finished_run):
    parent, run = read_run(finished_run), read_run(pruned)
    before, after = (cost(load_keras(one)) for one in (parent, run))
    assert after.multiply_adds <= 0.5 * before.multiply_adds
    assert after.trained_parameters <= 0.65 * before.trained_parameters
    assert run.manifest.pruned_from.run == "small"
    assert run.manifest.pruned_from.model_sha256 == parent.manifest.training.model_sha256
    assert to_json(run.manifest.decision) == to_json(parent.manifest.decision)
    assert to_json(run.split) == to_json(parent.split)


def test_its_report_compares_it_with_its_parent(pruned):
    found = json.loads((pruned / "report.json").read_text())["pruned"]
    assert found["parent"] == "small"
    assert found["test"]["verdicts_changed"]["n"] == 16
    assert found["test"]["auc_difference"]["low"] <= found["test"]["auc_difference"]["value"]
    text = (pruned / "report.md").read_text()
    assert "Channels of the run small" in text
    assert "validation part, limit 2%" in text


def test_it_exports_as_any_run_does(pruned, tmp_path):
    from export.cli import main as export

    out = tmp_path / "dist"
    assert export([str(pruned), "--out", str(out), "--format", "tflite", "--int8"]) == 0
    assert list(out.glob("*int8.tflite"))


def test_one_that_changes_too_many_verdicts_is_not_kept(
    finished_run, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("train.session.changed_verdicts", lambda *_: Proportion(3, 16))
    out = tmp_path / "run"
    command = ["--prune", finished_run, "--prune-to", "0.3", "--prune-epochs", 0, "--out", out]
    words = [str(word) for word in command]
    assert main([*words, "--prune-max-changed", "0.1"]) == 2
    assert (
        "changes 3 of 16 verdicts on the validation part; at most 1 may, so it is not kept"
        in capsys.readouterr().err
    )
    assert not out.exists()
    assert main([*words, "--prune-max-changed", "1", "--resume"]) == 0
    assert out.exists()


def test_scans_that_are_others_now_are_refused(run, phantoms, tmp_path, capsys):
    data = shutil.copytree(phantoms, tmp_path / "phantoms")
    next((data / "yes").glob("*.png")).unlink()
    out = tmp_path / "run"
    assert main(["--prune", str(run), "--data", str(data), "--out", str(out)]) == 2
    assert "no longer what they were (1 new, gone or changed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "--data DIR is missing"),
        (["--prune", "x", "--epochs", "3"], "--epochs has no effect with --prune"),
        (["--data", "x", "--prune-to", "0.5"], "--prune-to has no effect without --prune"),
        (["--prune", "x", "--prune-to", "1"], "at most 0.99"),
    ],
)
def test_slips_are_told(words, says, capsys):
    assert main(words) == 2
    assert says in capsys.readouterr().err


def test_the_compact_network_is_refused(run, capsys):
    manifest = run / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"cnn"', '"compact"'))
    assert main(["--prune", str(run)]) == 2
    assert "--prune does not take --model compact" in capsys.readouterr().err


def test_folds_prune_a_teacher_of_their_own(run, phantoms, tmp_path):
    out = tmp_path / "run"
    command = ["--prune", run, "--prune-to", "0.5", "--prune-epochs", 1, "--folds", 5]
    command += ["--out", out, "--prune-max-changed", "1"]
    with narrow_networks(0.25, full_input("cnn")):
        assert main([str(word) for word in command]) == 0
    found = json.loads((out / "report.json").read_text())["pruned"]["cross_validation"]
    assert found["verdicts_changed"]["n"] == 80

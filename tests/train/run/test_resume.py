"""`python -m train --resume`: after a kill, after Ctrl-C, and when it must refuse."""

import json
import multiprocessing
import os
import random
import signal
import sys
import time
from dataclasses import replace
from multiprocessing import reduction
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from edge.model_file.manifest import InputSpec
from tests.edge.conftest import heed_ctrl_c
from tests.train.small import full_input, narrow_networks, options
from train.cli import main
from train.data.scans import SplitScan
from train.errors import TrainError
from train.phantom.files import write_phantoms
from train.prepare_data import Request
from train.run import run_folder
from train.run.resume import check_or_record

ROOT = Path(__file__).parents[3]
EPOCHS = 6


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """24 phantoms."""
    return write_phantoms(tmp_path_factory.mktemp("data") / "few", 24, seed=2)


def command(data, out, *more):
    return [
        *("--data", str(data), "--out", str(out), "--epochs", str(EPOCHS), "--seed", "3"),
        *("--batch-size", "8", *map(str, more)),
    ]


def small():
    """A tenth of the filters, here and in the processes that are killed."""
    return narrow_networks(spec=full_input("cnn"))


@pytest.fixture(autouse=True)
def _small():
    with small():
        yield


def _train(arguments, descriptor, environment):
    """In a child: `python -m train`, narrow, and leisurely enough to be killed before its end."""
    import runpy

    from train import session_fits

    class Leisurely(session_fits.EpochProgress):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            time.sleep(0.5)

    heed_ctrl_c()
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(descriptor.detach(), 2)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1) for number in (1, 2))
    session_fits.EpochProgress = Leisurely
    sys.argv = ["train", *arguments]
    with small():
        runpy.run_module("train", run_name="__main__", alter_sys=True)


class Started:
    """A training in a process of its own, forked from one that has loaded TensorFlow already."""

    def __init__(self, arguments, environment):
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        ours, theirs = os.pipe()
        given = arguments, reduction.DupFd(theirs), environment
        self._process = context.Process(target=_train, args=given)
        self._process.start()
        os.close(theirs)
        self.stderr = os.fdopen(ours)

    def send_signal(self, number):
        os.kill(self._process.pid, number)

    def kill(self):
        self._process.kill()

    def wait(self, seconds=60):
        self._process.join(seconds)
        self.stderr.close()
        return self._process.exitcode


def start(data, out, *more, **environment):
    """`python -m train`, to be killed."""
    return Started(command(data, out, *more), environment)


def until_epoch(process, number):
    """Read what the process says until it has done so many epochs; tells whether it came so far."""
    return any(f"epoch {number}/{EPOCHS}" in line for line in process.stderr)


@pytest.fixture(scope="module")
def interrupted(few, tmp_path_factory):
    """A run that Ctrl-C stopped after its second epoch: its folder, and what it said last."""
    out = tmp_path_factory.mktemp("runs") / "stopped"
    empty, temporary = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("temporary")
    process = start(few, out, HOME=str(empty), TMPDIR=str(temporary), XDG_CACHE_HOME=str(empty))
    assert until_epoch(process, 2)
    process.send_signal(signal.SIGINT)
    said = process.stderr.read()
    assert process.wait(60) == 130
    assert not list(temporary.iterdir()), "a cache of fonts stayed behind"
    return out, said


def test_killed_again_and_again_it_ends_as_if_it_never_was(few, tmp_path):
    assert main(command(few, tmp_path / "whole")) == 0
    chance = random.Random(0)
    for attempt, number in enumerate((1, 3, 5)):
        process = start(few, tmp_path / "killed", *["--resume"] * (attempt > 0))
        until_epoch(process, number)
        time.sleep(chance.uniform(0, 0.7))
        process.kill()
        process.wait()
        assert not (tmp_path / "killed").exists()
    assert main(command(few, tmp_path / "killed", "--resume")) == 0

    whole, killed = (tmp_path / name for name in ("whole", "killed"))
    rows = [(folder / run_folder.HISTORY).read_text().splitlines() for folder in (whole, killed)]
    assert rows[0] == rows[1]
    assert len(rows[0]) == EPOCHS + 1
    models = [keras.saving.load_model(folder / run_folder.MODEL) for folder in (whole, killed)]
    for one, two in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(one, two)
    reports = [
        json.loads((folder / run_folder.REPORT_JSON).read_text()) for folder in (whole, killed)
    ]
    assert reports[0] == reports[1]
    assert sorted(path.name for path in killed.iterdir()) == sorted(
        path.name for path in whole.iterdir()
    )
    assert not list(tmp_path.glob(".*"))


def test_ctrl_c_says_how_to_go_on(interrupted):
    out, said = interrupted
    assert said.strip().endswith(
        f"what it reached is kept: give the same command with --out {out} --resume"
    )
    assert not out.exists()
    assert run_folder.is_interrupted(out)
    with pytest.raises(TrainError, match="is no finished run"):
        run_folder.read_run(out.with_name(f".{out.name}.partial"))


@pytest.mark.parametrize(
    ("more", "difference"),
    [
        (["--learning-rate", "0.01"], "--learning-rate was 0.001 and is 0.01"),
        (["--no-augment"], "--no-augment was False and is True"),
        (["--target-sensitivity", "0.9"], "--target-sensitivity was 0.95 and is 0.9"),
    ],
)
def test_other_options_are_refused(interrupted, few, capsys, more, difference):
    out, _ = interrupted
    assert main(command(few, out, "--resume", *more)) == 2
    said = capsys.readouterr().err
    assert f"cannot resume: {difference}" in said
    assert run_folder.is_interrupted(out)  # still there


def test_other_scans_are_refused(interrupted, few, capsys):
    out, _ = interrupted
    scan = sorted((few / "yes").iterdir())[0]
    other = sorted((few / "yes").iterdir())[1]
    before = scan.read_bytes()
    scan.write_bytes(other.read_bytes()[:-1])
    (few / "no" / "new.png").write_bytes(before)
    try:
        assert main(command(few, out, "--resume")) == 2
    finally:
        scan.write_bytes(before)
        (few / "no" / "new.png").unlink()
    said = capsys.readouterr().err
    assert "cannot resume" in said
    assert scan.name in said
    assert "1 scans new" in said
    assert run_folder.is_interrupted(out)


def test_a_new_training_does_not_wipe_out_an_interrupted_one(interrupted, few, capsys):
    out, _ = interrupted
    assert main(command(few, out)) == 2
    assert "was interrupted; add --resume to go on, or --overwrite" in capsys.readouterr().err
    assert run_folder.free_name(out).name == "stopped-2"
    assert run_folder.interrupted_name(out) == out
    assert run_folder.is_interrupted(out)


def test_nothing_to_resume_is_said(few, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(command(few, tmp_path / "never", "--resume")) == 2
    assert "no interrupted run to resume" in capsys.readouterr().err
    assert main(["--data", str(few), "--resume"]) == 2
    assert "no interrupted run to resume" in capsys.readouterr().err
    assert os.listdir(tmp_path) == []


def test_a_finished_run_is_not_resumed(finished_run, few, capsys):
    assert main(command(few, finished_run, "--resume")) == 2
    assert "it is finished: leave --resume out" in capsys.readouterr().err


def request(**changes):
    return Request(
        folders=(),
        test_folder=None,
        positive=[],
        negative=[],
        patient_id=None,
        fit=options("vgg16"),
        folds=None,
        protocol="honest",
        target_sensitivity=0.95,
        coverage=0.9,
        **{"patient_csv": None, **changes},
    )


SPEC = InputSpec(128, 128, "grey", crop="head")


def test_a_session_whose_scans_were_seen_otherwise_is_not_gone_on_with(tmp_path):
    asked = request().asked
    check_or_record(tmp_path, asked, replace(SPEC, crop="none"), (), True)
    with pytest.raises(TrainError, match="cannot resume: crop was none and is head"):
        check_or_record(tmp_path, asked, SPEC, (), True)


def test_other_shares_for_the_band_are_gone_on_with(tmp_path):
    """They are needed when all fits are done, and fits take hours."""
    before = {"max_cleared": 0.1, "max_alarms": 0.1, "unseen_sources": 4}
    check_or_record(tmp_path, before, SPEC, (), True)
    check_or_record(tmp_path, before | {"max_cleared": 0.2, "max_alarms": 0.05}, SPEC, (), True)
    with pytest.raises(TrainError, match="cannot resume: --unseen-sources was 4 and is 5"):
        check_or_record(tmp_path, before | {"unseen_sources": 5}, SPEC, (), True)


def test_a_weights_file_that_changed_under_its_name_is_refused(tmp_path):
    before, now = (
        request(weights=f"w.npz (SHA-256 {digest})", options={"weights": "w.npz"})
        for digest in ("aaa", "bbb")
    )
    check_or_record(tmp_path, before.asked, SPEC, (), True)
    check_or_record(tmp_path, before.asked, SPEC, (), True)
    with pytest.raises(TrainError, match=r"--weights was w.npz \(SHA-256 aaa\) and is"):
        check_or_record(tmp_path, now.asked, SPEC, (), True)


@pytest.mark.parametrize(
    ("kind", "file"),
    [("boxes", "y1.txt"), ("teachers", "model.keras"), ("teachers", "manifest.json")],
)
def test_boxes_and_teachers_that_changed_under_their_names_are_refused(tmp_path, kind, file):
    folder, kept = tmp_path / "given", tmp_path / "kept"
    folder.mkdir()
    kept.mkdir()
    (folder / file).write_text("before")
    asked = request(**{kind: (folder,)})
    check_or_record(kept, asked.asked, SPEC, (), True)
    check_or_record(kept, asked.asked, SPEC, (), True)
    (folder / file).write_text("after")
    with pytest.raises(TrainError, match=rf"cannot resume: --.* was \['{folder} \(SHA"):
        check_or_record(kept, asked.asked, SPEC, (), True)


def test_a_table_of_patients_that_changed_under_its_name_is_refused(tmp_path):
    """Else scans that were tested on would be trained on, or the other way round."""
    table, kept = tmp_path / "patients.csv", tmp_path / "kept"
    kept.mkdir()
    table.write_text("file,patient\na.png,1\n")
    asked = request(patient_csv=table, options={"patient_csv": str(table)})
    check_or_record(kept, asked.asked, SPEC, (), True)
    check_or_record(kept, asked.asked, SPEC, (), True)
    table.write_text("file,patient\na.png,2\n")
    with pytest.raises(TrainError, match=r"cannot resume: --patient-csv was .* \(SHA-256"):
        check_or_record(kept, asked.asked, SPEC, (), True)


PARTS = [SplitScan("/d", f"{name}.png", name, True, i, "train") for i, name in enumerate("ab")]


@pytest.mark.parametrize("change", [{"part": "test"}, {"group": 0}])
def test_scans_that_are_in_other_parts_or_groups_are_refused(tmp_path, change):
    check_or_record(tmp_path, {}, SPEC, PARTS, True)
    check_or_record(tmp_path, {}, SPEC, PARTS, True)
    with pytest.raises(TrainError, match="cannot resume: the same scans are in other parts"):
        check_or_record(tmp_path, {}, SPEC, [PARTS[0], replace(PARTS[1], **change)], True)


def test_a_session_that_noted_less_is_gone_on_with(tmp_path):
    """Neither the parts nor a hash of the table of patients, as until 2026-11-26."""
    table = tmp_path / "patients.csv"
    table.write_text("file,patient\na.png,1\n")
    asked = request(patient_csv=table, options={"patient_csv": str(table)})
    check_or_record(tmp_path, asked.asked, SPEC, PARTS, True)
    noted = json.loads((tmp_path / "request.json").read_text())
    del noted["parts"]
    noted["options"]["patient_csv"] = str(table)
    (tmp_path / "request.json").write_text(json.dumps(noted))
    check_or_record(tmp_path, asked.asked, SPEC, PARTS, True)
    noted["options"]["patient_csv"] = "other.csv"
    (tmp_path / "request.json").write_text(json.dumps(noted))
    with pytest.raises(TrainError, match=r"--patient-csv was other\.csv"):
        check_or_record(tmp_path, asked.asked, SPEC, PARTS, True)

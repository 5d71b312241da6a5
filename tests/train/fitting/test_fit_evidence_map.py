"""`python -m train --model compact`: from masks, boxes, labels and teachers to a run."""

import json
import re
import shutil
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("tensorflow")

from tests.train.small import full_input, narrow_networks, options, samples
from train.cli import main
from train.data.boxes import Box
from train.data.samples import Samples
from train.errors import TrainError
from train.fitting import checkpoint, fit_evidence_map
from train.fitting.fit import fit
from train.fitting.fit_options import FitContext
from train.fitting.prefetch import PrefetchedBatches
from train.gate import gate_examples, session_gate
from train.hardware.devices import Devices
from train.phantom.make import make_phantom
from train.run.run_folder import read_run


@pytest.fixture(autouse=True, scope="module")
def _narrow():
    """A quarter of the filters."""
    with narrow_networks(0.25, full_input("compact")):
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Phantoms in two folders: one with boxes, one whose tumors are known by name alone."""
    from train.phantom.make import make_phantom

    root = tmp_path_factory.mktemp("scans")
    for seed in range(64):
        made = make_phantom(seed, seed % 2 == 1, size=128)
        where = root / ("boxed" if seed < 44 else "bare") / ("yes" if seed % 2 else "no")
        where.mkdir(parents=True, exist_ok=True)
        Image.fromarray(made.pixels).save(where / f"{seed}.png")
        if seed < 44 and seed % 2:
            (rows, cols), boxes = np.nonzero(made.lesion), root / "boxes"
            boxes.mkdir(exist_ok=True)
            middle, size = (cols.min() + cols.max()) / 256, (np.ptp(cols) + 1) / 128
            down, tall = (rows.min() + rows.max()) / 256, (np.ptp(rows) + 1) / 128
            text = f"0 {middle} {down} {size} {tall}"
            (boxes / f"{seed}.txt").write_text(text)
    for kind in ("page", "noise"):
        (root / "others" / kind).mkdir(parents=True)
        drawn = np.random.default_rng(0).integers(0, 255, (90, 120), np.uint8)
        Image.fromarray(drawn).save(root / "others" / kind / "0.png")
    return root


def train(folder, out, *arguments):
    data = [word for name in ("boxed", "bare") for word in ("--data", str(folder / name))]
    given = ["--model", "compact", *data, "--out", str(out), "--epochs", "3", "--overwrite"]
    return main([*given, *map(str, arguments)])


@pytest.fixture(scope="module")
def finished(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "compact"
    few = partial(gate_examples.gate_examples, views=60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session_gate, "gate_examples", few)
        more = ("--boxes", folder / "boxes", "--not-brain", folder / "others")
        assert train(folder, out, *more) == 0
    return out


def test_a_run_with_a_map_and_a_gate(finished):
    run = read_run(finished)
    assert run.manifest.architecture == "compact"
    assert run.manifest.input.shape == (128, 128, 1)
    assert run.manifest.reject.learned is not None
    history = (finished / "history.csv").read_text().splitlines()
    assert len(history) == 4
    report = json.loads((finished / "report.json").read_text())
    assert report["cost"]["multiply_adds"] < 60e6
    assert {row["name"] for row in report["gate"]["kinds"]} == {"page", "noise"}
    assert {row["name"].partition("/")[0] for row in report["gate"]["sources"]} == {"boxed", "bare"}
    assert "reject gate makes of what it never saw" in (finished / "report.md").read_text()


def test_a_run_taught_by_a_map_and_by_another_network(
    finished, folder, tmp_path, capsys, monkeypatch
):
    """The CNN takes colour scans of another size, read anew for it."""
    data = [word for name in ("boxed", "bare") for word in ("--data", str(folder / name))]
    with narrow_networks(spec=full_input("cnn")):
        assert main(["--model", "cnn", *data, "--out", str(tmp_path / "cnn"), "--epochs", "1"]) == 0
    monkeypatch.setattr(
        session_gate, "gate_examples", partial(gate_examples.gate_examples, views=60)
    )
    given = ["--boxes", folder / "boxes", "--teacher", finished, tmp_path / "cnn"]
    assert train(folder, tmp_path / "taught", *given) == 0
    placed = re.search(
        r"teachers place (\d+) of ([1-9]\d*) tumors without a box", capsys.readouterr().err
    )
    report = json.loads((tmp_path / "taught" / "report.json").read_text())
    assert report["left_out_by_teachers"] == int(placed[2]) - int(placed[1])
    assert read_run(tmp_path / "taught").manifest.options["teacher"] == [
        str(finished),
        str(tmp_path / "cnn"),
    ]


def test_a_teacher_must_tell_the_same_apart(finished, folder, tmp_path, capsys):
    for name in ("boxed", "bare"):
        shutil.copytree(folder / name / "yes", tmp_path / name / "no")
        shutil.copytree(folder / name / "no", tmp_path / name / "yes2")
    status = train(
        tmp_path, tmp_path / "out", "--teacher", finished, "--positive", "yes2", "--negative", "no"
    )
    assert status == 2
    assert "a teacher must tell the same apart" in capsys.readouterr().err


def test_a_teacher_that_knows_the_test_scans(finished, folder, tmp_path, capsys):
    assert train(folder, tmp_path / "out", "--teacher", finished, "--seed", 1) == 2
    assert "was trained on" in capsys.readouterr().err


def test_a_teacher_that_knows_copies_of_the_test_scans(finished, folder, tmp_path, capsys):
    """Of other bytes, as the same scan in another data set is: only their looks tell."""
    for file in folder.glob("bare/*/*.png"):
        copy = tmp_path / "copies" / file.parent.name / file.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        Image.open(file).save(copy, compress_level=1)
    given = ["--test-data", tmp_path / "copies", "--teacher", finished]
    assert train(folder, tmp_path / "out", *given) == 2
    assert "test scans or copies of them" in capsys.readouterr().err


def test_what_was_reached_before_a_helper_died_is_gone_on_with(folder, tmp_path, capsys):
    """As its message advises, whether the run was begun with --resume or not."""
    out = tmp_path / "run"
    given = ["--model", "compact", "--data", str(folder / "boxed"), "--out", str(out)]
    given += ["--epochs", "3"]

    def begin(prefetched, epoch, really=PrefetchedBatches.begin):
        really(prefetched, epoch)
        if epoch == 2:
            for helper in prefetched._helpers:
                helper._process.kill()
                helper._process.join()

    with narrow_networks(spec=full_input("compact")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(PrefetchedBatches, "begin", begin)
            assert main([*given, "--workers", "1"]) == 2
        said = capsys.readouterr().err
        assert "--resume, and --workers 0" in said
        assert f"what it reached is kept: give the same command with --out {out} --resume" in said
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                session_gate, "gate_examples", partial(gate_examples.gate_examples, views=60)
            )
            assert main([*given, "--workers", "0", "--resume"]) == 0
    assert "epoch 2/3" not in capsys.readouterr().err, "the first two were done"


def test_boxes_without_a_scan_are_named(folder, tmp_path, capsys):
    (tmp_path / "boxes").mkdir()
    (tmp_path / "boxes" / "999.txt").write_text("0 .5 .5 .1 .1")
    assert train(folder, tmp_path / "out", "--boxes", tmp_path / "boxes") == 2
    assert "none of its 1 files has the name of a scan" in capsys.readouterr().err


class _Stop(Exception):
    """In place of a kill."""


def test_a_stopped_fit_goes_on_as_if_it_never_stopped(tmp_path, monkeypatch):
    """Its random examples, its average of weights and the places that it had found."""
    import keras

    # So early it would find none.
    monkeypatch.setattr(fit_evidence_map, "agreed", lambda maps: Box(0.3, 0.3, 0.6, 0.5))
    monkeypatch.setattr(fit_evidence_map, "SURER", 0.0)
    monkeypatch.setattr(fit_evidence_map, "LOCATED_EVERY", 0.5)  # before epochs 2 and 5
    given = evidence_samples()
    asked = replace(options("compact", epochs=6), workers=1)

    class StopsAfter(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 4:
                raise _Stop

    whole = fit(asked, given, given, FitContext(checkpoint=tmp_path / "whole.npz"))
    stopped = FitContext(checkpoint=tmp_path / "s.npz", progress=lambda *_: StopsAfter())
    with pytest.raises(_Stop):
        fit(asked, given, given, stopped)
    state = checkpoint.load(tmp_path / "s.npz")
    assert state.epoch == 4
    assert len(state.located[0]), "no tumor was located: nothing is shown"
    resumed = fit(asked, given, given, FitContext(checkpoint=tmp_path / "s.npz"))
    for one, other in zip(whole.model.get_weights(), resumed.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert whole.history == resumed.history


def evidence_samples() -> Samples:
    """Phantoms; of every second tumor the box is known."""
    made = [make_phantom(seed, seed % 2 == 1, size=128) for seed in range(24)]
    boxes = np.empty(24, object)
    boxes[:] = [()] * 24
    for i in range(1, 24, 4):
        rows, cols = np.nonzero(made[i].lesion)
        boxes[i] = (Box(cols.min() / 128, rows.min() / 128, cols.max() / 128, rows.max() / 128),)
    pixels = np.stack([one.pixels for one in made])[..., None]
    return Samples(pixels, np.arange(24) % 2, np.arange(24), np.array(["a/x"] * 24), boxes)


def test_several_devices_are_refused():
    few = samples(4)
    with pytest.raises(TrainError, match="trains on one device"):
        fit(options("compact"), few, few, FitContext(Devices(count=2)))


def test_a_loss_that_is_no_number_is_told():
    given = evidence_samples()
    asked = replace(options("compact", epochs=2), learning_rate=1e30)
    with pytest.raises(TrainError, match="no longer a number"):
        fit(asked, given, given, FitContext())


def test_a_helper_that_dies_is_told_in_its_own_words(monkeypatch):
    import keras

    given, made = evidence_samples(), []
    monkeypatch.setattr(
        fit_evidence_map,
        "PrefetchedBatches",
        lambda *args: made.append(PrefetchedBatches(*args)) or made[-1],
    )

    class Kills(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            for helper in made[0]._helpers:
                helper._process.kill()
                helper._process.join()

    asked = replace(options("compact", epochs=3), workers=1, batch_size=2)
    with pytest.raises(TrainError, match="--workers 0"):
        fit(asked, given, given, FitContext(progress=lambda *_: Kills()))


def test_out_of_memory_names_the_batch_size_to_try(monkeypatch):
    def small_machine(*_):
        raise MemoryError

    few = samples(4)
    monkeypatch.setattr(fit_evidence_map, "fit_evidence", small_machine)
    with pytest.raises(TrainError, match=r"out of memory with 8 scans a step; try --batch-size 4$"):
        fit(options("compact"), few, few, FitContext())

"""The run folder is whole or not there."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from train.errors import TrainError
from train.run import lock
from train.run.run_folder import (
    free_name,
    interrupted_name,
    kept_folder,
    newest_run,
    read_run,
    writing,
)

ROOT = Path(__file__).parents[3]


def test_a_finished_block_becomes_the_folder(tmp_path):
    with writing(tmp_path / "runs" / "a", overwrite=False) as folder:
        (folder / "x").write_text("1")
        assert not (tmp_path / "runs" / "a").exists()
    assert [p.name for p in (tmp_path / "runs").iterdir()] == ["a"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_broken_block_leaves_nothing(tmp_path, error):
    def broken():
        with writing(tmp_path / "a", overwrite=False) as folder:
            (folder / "x").write_text("1")
            raise error

    with pytest.raises(error):
        broken()
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_not_overwritten_unasked(run):
    with pytest.raises(TrainError, match="--overwrite"), writing(run, overwrite=False):
        pass
    with writing(run, overwrite=True) as folder:
        (folder / "x").write_text("1")
    assert [p.name for p in run.iterdir()] == ["x"]


def test_a_failed_overwrite_keeps_the_old_run(run):
    with pytest.raises(RuntimeError), writing(run, overwrite=True):
        raise RuntimeError
    assert read_run(run).name == "small"


def test_what_is_no_run_is_never_overwritten(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years")
    with (
        pytest.raises(TrainError, match="is no run"),
        writing(tmp_path / "thesis", overwrite=True),
    ):
        pass
    assert (tmp_path / "thesis" / "chapter.tex").exists()


def test_an_unwritable_place(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(TrainError, match="cannot be written"),
        writing(tmp_path / "file" / "run", overwrite=False),
    ):
        pass


def test_free_names(tmp_path):
    assert free_name(tmp_path / "a").name == "a"
    (tmp_path / "a").mkdir()
    (tmp_path / "a-2").mkdir()
    assert free_name(tmp_path / "a").name == "a-3"


@pytest.mark.parametrize("resume", [False, True])
def test_states_are_kept_whatever_ended_the_block(tmp_path, resume):
    """A `TrainError` after hours of a fit is not that of wrong options."""
    out = tmp_path / "a"
    if resume:
        kept_folder(out).mkdir(parents=True)
        (kept_folder(out) / "run.npz").write_text("before")

    def broken():
        with writing(out, overwrite=False, resume=resume):
            (kept_folder(out) / "run.npz").write_text("epoch 3")
            raise TrainError("a process died")

    with pytest.raises(TrainError, match="a process died"):
        broken()
    assert interrupted_name(out) == out
    assert (kept_folder(out) / "run.npz").read_text() == "epoch 3"


def test_wrong_options_leave_nothing(tmp_path):
    with pytest.raises(TrainError), writing(tmp_path / "a", overwrite=False):
        raise TrainError("wrong")
    assert list(tmp_path.iterdir()) == []


@contextmanager
def another_process_at(out):
    """A process that writes a run and is not done; yields it."""
    code = (
        "import sys; from pathlib import Path; from train.run.run_folder import writing\n"
        f"with writing(Path({str(out)!r}), False): print('at it', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdout.readline() == "at it\n"
        yield process
    finally:
        process.kill()
        process.communicate()


needs_locks = pytest.mark.skipif(lock.fcntl is None, reason="nothing is locked on Windows")


@needs_locks
def test_a_run_that_another_process_is_at_is_left_alone(tmp_path):
    out = tmp_path / "a"
    with another_process_at(out) as process:
        assert free_name(out).name == "a-2"
        for overwrite in (False, True):
            with (
                pytest.raises(TrainError, match=rf"{out}: another process is at it"),
                writing(out, overwrite=overwrite),
            ):
                pass
        (kept_folder(out) / "run.npz").write_text("epoch 3")
        with pytest.raises(TrainError, match="no interrupted run"):
            interrupted_name(out)
        process.kill()
        process.wait()
        assert interrupted_name(out) == out, "the lock ends with its process"
    with writing(out, overwrite=False, resume=True) as folder:
        assert (folder / "resume" / "run.npz").read_text() == "epoch 3"
    assert list(tmp_path.iterdir()) == [out]
    assert list(out.iterdir()) == []


@needs_locks
def test_what_a_dead_process_left_before_its_first_epoch_is_in_nobodys_way(tmp_path):
    with another_process_at(tmp_path / "a"):
        pass
    assert free_name(tmp_path / "a").name == "a"
    with writing(tmp_path / "a", overwrite=False):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_without_locks_it_works_as_well(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "fcntl", None)
    with writing(tmp_path / "a", overwrite=False) as folder:
        assert [path.name for path in folder.iterdir()] == ["resume"]
        assert free_name(tmp_path / "a").name == "a"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_name_with_the_signs_of_patterns(tmp_path):
    (kept_folder(tmp_path / "a[1]")).mkdir(parents=True)
    (kept_folder(tmp_path / "a[1]") / "run.npz").write_text("")
    assert interrupted_name(tmp_path / "a[1]").name == "a[1]"


def test_reading_back(run):
    found = read_run(run)
    assert found.manifest.architecture == "cnn"
    assert found.manifest.training.synthetic
    assert len(found.split) == 80


def test_the_newest_run(run):
    assert newest_run(run.parent) == run
    with pytest.raises(TrainError, match="no run in"):
        newest_run(run)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda r: (r / "manifest.json").unlink(), "is no finished run"),
        (lambda r: (r / "manifest.json").write_text("{"), "is damaged"),
        (lambda r: (r / "split.json").unlink(), "is damaged"),
        (lambda r: (r / "split.json").write_text('[{"path": 3}]'), r"split\.json\[0\]"),
        (lambda r: (r / "model.keras").unlink(), r"has no model\.keras"),
        (lambda r: change(r / "manifest.json", run_version="9.0"), "run version 9.0"),
        (lambda r: change(r / "manifest.json", positive="maybe"), "'maybe' is none of"),
        (lambda r: change(r / "manifest.json", labels=["a"] * 999), "two different names"),
    ],
)
def test_damaged_runs_are_named(run, damage, words):
    damage(run)
    with pytest.raises(TrainError, match=words) as caught:
        read_run(run)
    assert str(run) in str(caught.value)
    assert len(str(caught.value)) < 1000


def change(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text()) | values))

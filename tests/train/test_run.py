"""The run folder is whole or not there."""

import json

import pytest

from train.errors import TrainError
from train.run import free_name, newest_run, read_run, writing


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
        (lambda r: newer(r / "manifest.json"), "run version 9.0"),
    ],
)
def test_damaged_runs_are_named(run, damage, words):
    damage(run)
    with pytest.raises(TrainError, match=words) as caught:
        read_run(run)
    assert str(run) in str(caught.value)


def newer(path):
    path.write_text(json.dumps({**json.loads(path.read_text()), "run_version": "9.0"}))

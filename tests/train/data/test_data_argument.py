"""From what stands after --data to a folder."""

import sys
import types

import pytest

from train.cli import main
from train.data.data_argument import name_of, resolve
from train.errors import TrainError

HANDLE = "navoneel/brain-mri-images-for-brain-tumor-detection"


def kagglehub(monkeypatch, download):
    module = types.ModuleType("kagglehub")
    module.dataset_download = download
    monkeypatch.setitem(sys.modules, "kagglehub", module)


def test_a_folder_is_itself(tmp_path):
    assert resolve(str(tmp_path), 0, 0) == tmp_path


def test_names_of_runs():
    assert name_of(["/data/a", "b/", f"kaggle:{HANDLE}"]) == f"a+b+{HANDLE.split('/')[1]}"


def test_where_phantoms_were_written_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data" / "phantom-4-seed7"
    said = []
    for _ in range(2):  # generated, and found there
        assert resolve("phantom", 4, 7, said.append).resolve() == folder
    assert said == [f"4 generated phantoms of seed 7 are in {folder}"] * 2
    options = ["--data", "phantom", "--phantoms", "4", "--seed", "7"]
    assert main([*options, "--inspect", "--out", str(tmp_path / "look")]) == 0
    assert f"are in {folder}\n" in capsys.readouterr().err


def test_a_link_that_leads_back_to_itself(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for more in ([], ["--inspect"], ["--out", "x"]):
        assert main(["--data", "loop", *more]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("train: loop: ")


@pytest.mark.parametrize("inner", [True, False])
def test_a_download_is_unwrapped(tmp_path, monkeypatch, inner):
    root = tmp_path / "only" if inner else tmp_path
    for name in ("yes", "no"):
        (root / name).mkdir(parents=True)
    kagglehub(monkeypatch, lambda handle: str(tmp_path))
    assert resolve(f"kaggle:{HANDLE}", 0, 0) == root


def test_without_the_package_it_says_how_to_get_it_or_do_without(monkeypatch):
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(TrainError, match=r"mri-edge\[kaggle\].*--data DIR"):
        resolve(f"kaggle:{HANDLE}", 0, 0)


@pytest.mark.parametrize("handle", ["", "navoneel", "a/b/c", "/x"])
def test_what_is_no_handle(handle):
    with pytest.raises(TrainError, match="is no data set; write kaggle:owner/name"):
        resolve(f"kaggle:{handle}", 0, 0)


def test_a_failed_download_is_one_line(tmp_path, monkeypatch, capsys):
    def fail(handle):
        raise ConnectionError("no route\nto host")

    kagglehub(monkeypatch, fail)
    monkeypatch.chdir(tmp_path)
    assert main(["--data", f"kaggle:{HANDLE}"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "cannot be downloaded (no route)" in line
    assert "--data DIR" in line
    assert not list(tmp_path.glob("runs/*"))


def test_the_real_kagglehub_without_a_network(tmp_path, monkeypatch, capsys):
    pytest.importorskip("kagglehub")
    # A proxy that nothing listens at: no network, whatever machine this is.
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "cache"))
    assert main(["--inspect", "--data", f"kaggle:{HANDLE}", "--out", str(tmp_path / "o")]) == 2
    err = capsys.readouterr().err
    assert "cannot be downloaded" in err
    assert "--data DIR" in err
    assert "Traceback" not in err

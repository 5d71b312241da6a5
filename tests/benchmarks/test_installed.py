"""Which optional packages are there."""

from benchmarks.installed import is_installed


def test_a_folder_is_no_package(tmp_path, monkeypatch):
    (tmp_path / "onnx_like").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert not is_installed("onnx_like")
    (tmp_path / "onnx_like" / "__init__.py").touch()
    assert is_installed("onnx_like")
    assert not is_installed("no_such_package")

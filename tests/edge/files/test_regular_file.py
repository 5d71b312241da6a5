"""Files are opened without waiting, and read no further than may be."""

import os
import socket

import pytest

from edge.files.regular_file import NotRegularError, open_regular, read_regular


def test_a_file(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    with open_regular(tmp_path / "a") as file:
        assert file.read() == b"abc"
    assert read_regular(tmp_path / "a", 3) == b"abc"
    with pytest.raises(ValueError, match="is larger than 2 bytes"):
        read_regular(tmp_path / "a", 2)


def test_a_sparse_file_is_not_read(tmp_path):
    with open(tmp_path / "a", "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ValueError, match="is larger than 1000 bytes"):
        read_regular(tmp_path / "a", 1000)


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for name in ("pipe", "link", "socket", "."):
            with pytest.raises(NotRegularError, match="is not a regular file"):
                open_regular(tmp_path / name)


def test_what_comes_to_the_name_between_two_looks(tmp_path, monkeypatch):
    """It was a file when it was asked, and is a pipe when it is opened."""
    (tmp_path / "a").write_bytes(b"abc")
    os.mkfifo(tmp_path / "pipe")
    asked = os.stat(tmp_path / "a")
    monkeypatch.setattr("edge.files.regular_file.os.stat", lambda path: asked)
    with pytest.raises(NotRegularError):
        open_regular(tmp_path / "pipe")

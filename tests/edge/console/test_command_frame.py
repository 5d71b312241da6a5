"""The frame around a command: what becomes of each way to end."""

import errno
import signal
import sys

import pytest

from edge.console import command_frame, exit_status, messages, signals
from edge.errors import EdgeError


class OwnError(Exception):
    """A family of errors of a command's."""


def run(command, **options):
    return command_frame.run("train", lambda closed: command(), errors=(OwnError,), **options)


def raising(error):
    def command():
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (OwnError("scan.png: is\nbroken"), 2, "train: scan.png: is\\nbroken"),
        (EdgeError("no model"), 2, "train: no model"),
        (OSError(errno.ENOENT, "No such file", "a.csv"), 2, "train: a.csv: No such file"),
        (OSError(errno.ENOENT, "No such file", b"\xff"), 2, "train: \\udcff: No such file"),
        (OSError(errno.EIO, "I/O error"), 2, "train: the system refuses: I/O error"),
        (KeyboardInterrupt(), 130, "train: interrupted"),
        (
            ModuleNotFoundError("No module named 'keras'", name="keras"),
            2,
            "train: needs keras; run: pip install 'mri-edge[train]'",
        ),
    ],
)
def test_an_error_is_a_line_and_a_status(error, status, words, capsys):
    assert run(raising(error), extra="train") == status
    assert capsys.readouterr().err == f"{words}\n"


def test_a_status_is_returned_and_an_end_of_the_parser_too(capsys):
    assert run(lambda: 1) == 1
    assert run(raising(SystemExit(2))) == 2
    assert run(raising(SystemExit(None))) == 0


def test_what_is_left_is_told(capsys):
    run(raising(KeyboardInterrupt()), interrupted=lambda: "interrupted; nothing was written")
    run(raising(OSError(errno.EIO, "I/O error", "x")), failed=lambda: "nothing was written")
    first, second = capsys.readouterr().err.splitlines()
    assert first == "train: interrupted; nothing was written"
    assert second == "train: x: I/O error; nothing was written"


@pytest.mark.parametrize("name", ["train.gone", None])
def test_a_fault_of_ours_is_not_called_a_missing_package(name):
    with pytest.raises(ModuleNotFoundError):
        run(raising(ModuleNotFoundError("gone", name=name)), extra="train")
    with pytest.raises(ZeroDivisionError):
        run(lambda: 1 // 0)


def test_the_streams_and_the_name_are_given_back():
    stdout = sys.stdout
    run(lambda: 0)
    assert sys.stdout is stdout
    assert messages._program == "edge-classify"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_signal_is_in_the_status(capsys, number):
    every = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {one: signal.getsignal(one) for one in every}
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # a runner under `nohup` ignores it

    def stopped():
        signals.stop_cleanly()
        signal.raise_signal(number)
        return 0

    try:
        assert run(stopped) == 128 + number
        assert signals.was_stopped()
    finally:
        signals._received.clear()
        for one, handler in handlers.items():
            signal.signal(one, handler)


def test_packages_are_asked_for_at_the_beginning(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "merely_a_folder").mkdir()
    command_frame.need(("os", "json"))
    for name in ("there_is_none", "merely_a_folder"):
        with pytest.raises(ModuleNotFoundError, match=name):
            command_frame.need(("os", name))


def test_a_limit_on_threads_is_one_line(capsys):
    def command(closed):
        raise RuntimeError("can't start new thread")

    assert command_frame.run("edge-classify", command) == exit_status.WRONG
    (line,) = capsys.readouterr().err.splitlines()
    assert "raise its limit (ulimit -u), or work with fewer jobs and threads" in line


def test_other_faults_are_not_hidden():
    def command(closed):
        raise RuntimeError("a fault of ours")

    with pytest.raises(RuntimeError, match="a fault of ours"):
        command_frame.run("edge-classify", command)

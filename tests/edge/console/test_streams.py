"""Standard streams that are closed or cannot be read, and errors that are none of writing."""

import errno
import json
import os
import subprocess
import sys

import pytest

from edge.console.streams import OutputError, ResultStream


def shell(redirections: str, *arguments) -> subprocess.CompletedProcess:
    """`edge-classify` with redirections of a shell, as `2>&-`."""
    command = [sys.executable, "-m", "edge", *map(str, arguments)]
    script = f'exec "$@" {redirections}'
    done = subprocess.run(
        ["bash", "-c", script, "-", *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return done


def test_without_standard_error(any_model, scan):
    done = shell("2>&-", scan(180), "--model", any_model, "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["results"][0]["verdict"] == "tumor"
    done = shell("2>&-", scan(180), "gone.png", "--model", any_model, "--format", "json")
    assert done.returncode == 1
    assert len(json.loads(done.stdout)["results"]) == 2
    assert shell("2>&-", "--modle").returncode == 2


@pytest.mark.parametrize("format", ["text", "json"])
def test_without_standard_output(any_model, scan, tmp_path, format):
    arguments = [scan(180), "--model", any_model, "--format", format]
    done = shell(">&-", *arguments)
    assert done.returncode == 2
    assert "there is no standard output" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    done = shell(">&- 2>&-", *arguments, "--out", tmp_path / "results")
    assert done.returncode == 0
    assert "tumor" in (tmp_path / "results").read_text().lower()


def test_without_standard_input(any_model, scan):
    done = shell("<&-", "-", "--model", any_model)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no standard input" in done.stderr
    assert shell("<&-", scan(180), scan(40, "b.png"), "--model", any_model).returncode == 0


def test_a_standard_input_that_cannot_be_read(any_model, scan, tmp_path):
    target = tmp_path / "write-only"
    done = shell(f"0>{target}", scan(180), "-", "--model", any_model)
    assert done.returncode == 1
    assert "TUMOR" in done.stdout
    assert "standard input cannot be read (Bad file descriptor)" in done.stderr
    assert "results cannot be written" not in done.stderr


def test_only_errors_of_writing_are_called_so(any_model, scan, monkeypatch, capsys):
    from edge import cli

    def fail(*_):
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr("edge.app.batch.run_batch", fail)
    monkeypatch.setattr("gc.freeze", lambda: None)
    assert cli.main([str(scan(180)), "--model", str(any_model)]) == 2
    err = capsys.readouterr().err
    assert "temporarily unavailable" in err
    assert "written" not in err
    assert "space" not in err


def test_a_worker_that_cannot_be_started(monkeypatch):
    from edge.errors import EngineError
    from edge.parallel.worker_process import Worker

    def fail():
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(os, "fork", fail)
    with pytest.raises(EngineError, match=r"no further worker process .* fewer --jobs"):
        Worker(print)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
@pytest.mark.parametrize("arguments", [["--doctor"], ["--self-test"]])
def test_reports_that_cannot_be_written(any_model, arguments):
    done = shell(">/dev/full", *arguments, "--model", any_model)
    assert done.returncode == 2
    assert done.stderr.startswith("edge-classify: the results cannot be written (No space left")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["--format", "json", "--help"]])
def test_help_that_cannot_be_written(arguments):
    done = shell(">/dev/full", *arguments)
    assert done.returncode == 2
    assert "cannot be written (No space left on device)" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_result_stream_tells_what_failed():
    class Broken:
        def write(self, text):
            raise OSError(errno.ENOSPC, "No space left on device")

        def flush(self):
            raise BrokenPipeError

        def isatty(self):
            return True

    stream = ResultStream(Broken(), "r.csv")
    with pytest.raises(OutputError, match=r"r.csv cannot be written \(No space .* free some space"):
        stream.write("x")
    with pytest.raises(BrokenPipeError):
        stream.flush()
    assert stream.isatty()


NOISY = """
import os, sys
from edge.app import batch
from edge.cli import main

run_batch = batch.run_batch

def noisy(*arguments):
    print("by print")
    os.write(1, b"by its descriptor\\n")
    os.system("echo by a child")
    return run_batch(*arguments)

batch.run_batch = noisy
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_libraries_print_is_not_among_the_results(any_model, scan, jobs):
    arguments = [scan(180), scan(40, "b.png"), "--model", any_model, "--jobs", jobs]
    done = subprocess.run(
        [sys.executable, "-c", NOISY, *map(str, arguments), "--format", "json"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["results"]) == 2
    said = done.stderr.splitlines()
    assert {"by print", "by its descriptor", "by a child"} <= {*said}


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1"])
def test_standard_output_by_another_name(any_model, scan, tmp_path, name):
    if not os.path.exists(name):
        pytest.skip(f"no {name} on this system")
    target = tmp_path / "results"
    target.write_text("before\n")
    done = shell(f">>{target}", scan(180), "--model", any_model, "--out", name)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert target.read_text().startswith("before\n")
    assert "TUMOR" in target.read_text()


def test_standard_output_is_as_before_when_a_command_has_run():
    code = (
        "import os, sys; from edge.cli import main; main(['--doctor']); "
        "print('after'); sys.stdout.flush(); os.write(1, b'and after that')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.endswith("not for diagnosis or treatment.\nafter\nand after that")

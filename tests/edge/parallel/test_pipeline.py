"""Many files: where they come from, in which order their results go, what they cost."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from edge import Classifier, Outcome, classify_many
from edge.app.inputs import Input, expand
from edge.console.progress import Progress
from edge.parallel.pipeline import in_order
from tests.edge.conftest import heed_ctrl_c
from tests.edge.test_cli import run


@pytest.fixture
def scans(tmp_path, scan):
    """Twelve scans, every second one bright, in folders."""
    for number in range(12):
        folder = tmp_path / "scans" / f"f{number // 4}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:02}.png").write_bytes(scan(180 if number % 2 else 40).read_bytes())
    return tmp_path / "scans"


def paths_of(out: str) -> list[str]:
    return [os.path.basename(json.loads(line)["path"]) for line in out.splitlines()]


NAMES = [f"{number:02}.png" for number in range(12)]


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_results_come_in_order_whatever_the_jobs(any_model, scans, jobs):
    status, out, err = run(scans, "--model", any_model, "--format", "ndjson", "--jobs", jobs)
    assert (status, err) == (0, "")
    assert paths_of(out) == NAMES
    verdicts = [json.loads(line)["verdict"] for line in out.splitlines()]
    assert verdicts == ["no_tumor", "tumor"] * 6


def test_patterns(any_model, scans):
    status, out, _ = run(f"{scans}/**/0*.png", "--model", any_model, "--format", "ndjson")
    assert (status, paths_of(out)) == (0, NAMES[:10])
    status, out, err = run(f"{scans}/*.tif", "--model", any_model)
    assert (status, out) == (1, "")
    assert "no file has such a name" in err


@pytest.mark.parametrize(("end", "more"), [("\n", []), ("\0", ["--null"])])
def test_names_on_standard_input(any_model, scans, end, more):
    names = [str(scans / "f0" / "03.png"), str(scans / "f1"), str(scans / "gone.png")]
    status, out, err = run(
        "-", "--model", any_model, "--format", "ndjson", *more, input=end.join(names)
    )
    assert status == 1
    assert paths_of(out) == ["03.png", *NAMES[4:8], "gone.png"]
    assert "gone.png: cannot be read" in err


def test_a_list_of_names_from_windows(any_model, scans):
    """A byte order mark before the first, and lines that end in CR LF."""
    names = [scans / "f0" / "03.png", scans / "f1" / "04.png"]
    listed = "\ufeff" + "\r\n".join(map(str, names))
    for end in ("", "\r\n"):
        status, out, err = run("-", "--model", any_model, "--format", "ndjson", input=listed + end)
        assert (status, paths_of(out), err) == (0, ["03.png", "04.png"], "")
    odd = scans / "odd\r"
    (scans / "f0" / "00.png").rename(odd)
    status, out, _ = run(
        "-", "--null", "--model", any_model, "--format", "ndjson", input=f"{odd}\0"
    )
    assert (status, len(out.splitlines())) == (0, 1), "NUL is for names of any bytes"


def test_a_result_comes_before_the_next_name(any_model, scans):
    command = [sys.executable, "-m", "edge", "-", "--model", any_model, "--format", "ndjson"]
    process = subprocess.Popen(
        list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    for name in NAMES[:3]:
        process.stdin.write(f"{scans}/f0/{name}\n")
        process.stdin.flush()
        assert paths_of(process.stdout.readline()) == [name]
    process.stdin.close()
    assert process.wait(timeout=20) == 0


def test_ctrl_c_keeps_what_is_done(any_model, scans, tmp_path):
    command = [sys.executable, "-m", "edge", "-", "--model", any_model, "--format", "json"]
    results = tmp_path / "results.json"
    with open(results, "w") as stream:
        process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.PIPE,
            stdout=stream,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=heed_ctrl_c,
        )
        process.stdin.write(f"{scans}/f0\n")
        process.stdin.flush()
        end = time.monotonic() + 20
        while results.read_text().count('"verdict"') < 4 and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "interrupted after 4 results" in err
    assert "Traceback" not in err
    assert len(json.loads(results.read_text())["results"]) == 4


def test_out_is_whole_or_not_there(any_model, scans, tmp_path):
    target = tmp_path / "results.csv"
    status, out, _ = run(scans, "--model", any_model, "--format", "csv", "--out", target)
    assert (status, out) == (0, "")
    assert len(target.read_text().splitlines()) == 13
    assert not list(tmp_path.glob("*.partial"))
    status, _, err = run(scans, "--model", any_model, "--out", tmp_path / "gone" / "x")
    assert status == 2
    assert "gone/x: cannot be written" in err


@pytest.mark.parametrize("processes", [False, True])
def test_classify_many(model, scans, processes):
    files = [*sorted(scans.rglob("*.png")), scans / "gone.png"]
    outcomes = list(classify_many(Classifier(model), iter(files), jobs=2, processes=processes))
    assert [outcome.path for outcome in outcomes] == list(map(str, files))
    assert all(isinstance(outcome, Outcome) for outcome in outcomes)
    assert [outcome.error is None for outcome in outcomes] == [True] * 12 + [False]
    single = Classifier(model).classify(files[3])
    assert outcomes[3].prediction.probability == single.probability


def test_fewer_than_one_job_is_refused(model, scans):
    for processes in (False, True):
        with pytest.raises(ValueError, match="jobs: 0 is less than 1"):
            classify_many(Classifier(model), [scans], jobs=0, processes=processes)


def test_workers_that_nobody_asked_leave_the_program_alone(any_model, scans, tmp_path):
    """Their pipes' numbers were closed twice in the next ones, which went on with the program."""
    script = tmp_path / "script.py"
    script.write_text(
        "import sys; from edge import Classifier, classify_many\n"
        "model, *scans = sys.argv[1:]; classifier = Classifier(model)\n"
        "for keep in (True, False, True):\n"
        "    waiting = classify_many(classifier, scans, processes=True)\n"
        "    if keep: kept = waiting\n"
        "done = [o.error for o in classify_many(classifier, scans, processes=True)]\n"
        "print('once', done)\n"
    )
    command = [sys.executable, script, any_model, *sorted(scans.rglob("*.png"))[:3]]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "once [None, None, None]\n"), done.stderr
    assert "Traceback" not in done.stderr


def test_one_classifier_in_many_threads(model, scans):
    classifier, files = Classifier(model), sorted(scans.rglob("*.png"))
    wanted = [classifier.classify(file).probability for file in files]
    wrong = []

    def work():
        for _ in range(5):
            found = [classifier.classify(file).probability for file in files]
            if found != wanted:
                wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_reading_stays_a_little_ahead():
    taken = []
    results = in_order(lambda item: item, (taken.append(i) or i for i in range(1000)), 2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    time.sleep(0.1)
    assert len(taken) < 20
    results.close()


def test_errors_of_work_and_of_items_come_in_their_place():
    def items():
        yield from (1, 2)
        raise OSError("no more")

    results = in_order(lambda item: 10 * item, items(), 2)
    assert [next(results), next(results)] == [10, 20]
    with pytest.raises(OSError, match="no more"):
        next(results)
    results = in_order(lambda item: 1 // item, [1, 0, 1], 2)
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_a_worker_that_dies_is_an_error():
    from edge.errors import EngineError
    from edge.parallel.worker_process import Worker

    worker = Worker(lambda item: os._exit(9))
    with pytest.raises(EngineError, match=r"ended while it worked on scan\.png .* fewer --jobs"):
        worker(Input("scan.png"))
    worker.close()


def test_the_folder_of_pictures_is_not_searched(scans, scan):
    pictures = scans / "f1"
    found = list(expand([str(scans)], print, skip=str(pictures)))
    assert [os.path.basename(one.path) for one in found] == NAMES[:4] + NAMES[8:]
    assert found[0] == Input(str(scans / "f0" / "00.png"))


def test_progress_tells_the_time_left():
    now = [0.0]
    stream = io.StringIO()
    progress = Progress(stream, None, clock=lambda: now[0])
    progress._count(range(100))
    for second in range(1, 26):
        now[0] = second
        progress.step()
    assert "25 of 100  25 %  1 scans/s  1:15 left" in stream.getvalue()
    progress.clear()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_progress_shows_on_a_terminal_only(any_model, scans):
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "edge", scans, "--model", any_model]
    done = subprocess.run(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=theirs, timeout=60
    )
    os.close(theirs)
    assert done.returncode == 0
    assert b"of 12" in os.read(ours, 1 << 16) or b"scans/s" in done.stdout
    os.close(ours)
    assert run(scans, "--model", any_model)[2] == ""

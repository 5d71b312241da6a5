"""Files that end their process, and a server that is told to end, or loses its processes."""

import json
import os
import signal
import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge import NOTICE
from tests.edge.serve.conftest import SAMPLE

psutil = pytest.importorskip("psutil")

POISON = """
import edge.scan.decode as decode, os, signal, time
whole = decode._decode_stream
def poisoned(file, name, *rest):
    file.seek(0)
    head = file.read(8)
    if head == b"KILL ME!": os.kill(os.getpid(), signal.SIGKILL)
    if head == b"SEGFAULT": os.kill(os.getpid(), signal.SIGSEGV)
    if head == b"FOR EVER": time.sleep(1000)
    if head == b"NO SENSE": raise ZeroDivisionError("Doe^Jane")
    if head == b"TWO SECS": time.sleep(2)
    return whole(file, name, *rest)
decode._decode_stream = poisoned
import edge.serve.limits as limits
limits.SCAN_SECONDS = 1.5
limits.QUEUE_SECONDS = 0.5
"""


def family(process):
    return psutil.Process(process.pid).children(recursive=True)


def whole_family(process, number):
    """The same, once they are all there."""
    last = time.monotonic() + 10
    while len(found := family(process)) < number and time.monotonic() < last:
        time.sleep(0.02)
    assert len(found) == number
    return found


def ends(processes, seconds=10):
    return not psutil.wait_procs(processes, timeout=seconds)[1]


@pytest.fixture
def poisoned(serve):
    return serve("--jobs", "1", code=POISON)


@pytest.mark.parametrize("poison", [b"KILL ME!", b"SEGFAULT", b"FOR EVER", b"NO SENSE"])
def test_a_file_that_ends_its_process_ends_nothing_else(poisoned, poison):
    start = time.monotonic()
    status, found = poisoned.json("POST", "/v1/classify?pictures=1", poison)
    assert status in (422, 500)
    assert "Doe" not in found["error"]
    assert time.monotonic() - start < 8
    status, found = poisoned.json("POST", "/v1/classify", SAMPLE.read_bytes())
    assert (status, found.get("verdict")) == (200, "tumor")
    assert poisoned.json("GET", "/healthz")[0] == 200
    _, said = poisoned.end()
    assert "Doe" not in said


@contextmanager
def occupied(serve, more: str = ""):
    """A server whose one process is at work for two seconds."""
    code = POISON.replace("SCAN_SECONDS = 1.5", f"SCAN_SECONDS = 9{more}")
    server = serve("--jobs", "1", code=code)
    slow = threading.Thread(target=server.json, args=("POST", "/v1/classify", b"TWO SECS"))
    slow.start()
    time.sleep(0.5)
    yield server
    slow.join()


def test_who_waits_too_long_is_told_to_come_again(serve):
    with occupied(serve) as busy:
        status, headers, _ = busy.ask("POST", "/v1/classify", SAMPLE.read_bytes())
    assert (status, headers["Retry-After"]) == (503, "5")
    assert 'kind="busy"} 1' in busy.ask("GET", "/metrics")[2].decode()


@pytest.mark.parametrize(
    ("number", "expected"), [(signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGINT, 130)]
)
def test_it_ends_when_told_and_leaves_no_process(serve, number, expected):
    one = serve("--jobs", "2")
    processes = whole_family(one.process, 3)
    status, said = one.end(number)
    assert (status, "stopped" in said) == (expected, True)
    assert ends(processes)


def test_under_nohup_the_terminal_may_go(serve):
    one = serve(code="import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)")
    one.process.send_signal(signal.SIGHUP)
    assert one.json("GET", "/healthz") == (200, {"status": "ok"})
    assert one.end()[0] == 0


def test_what_is_in_hand_is_finished(serve):
    code = POISON.replace("SCAN_SECONDS = 1.5", "SCAN_SECONDS = 9")
    one, found = serve("--jobs", "1", code=code), []
    asked = threading.Thread(
        target=lambda: found.append(one.json("POST", "/v1/classify", b"TWO SECS")[0])
    )
    asked.start()
    time.sleep(0.5)
    one.end()
    asked.join()
    assert found == [422]


def test_a_server_that_is_killed_leaves_no_process(serve):
    one = serve("--jobs", "2")
    processes = whole_family(one.process, 3)
    one.process.kill()
    assert ends(processes)


def test_without_its_processes_it_ends_to_be_started_anew(serve):
    one = serve("--jobs", "1")
    (fork_server,) = psutil.Process(one.process.pid).children()
    fork_server.kill()
    assert one.process.wait(timeout=10) == 1
    assert "gone" in one.said.read_text()


def test_it_says_that_an_address_is_taken(serve):
    from tests.edge.test_cli import run

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        status, _, err = run("--serve", f"127.0.0.1:{taken.getsockname()[1]}")
    assert (status, "cannot listen there" in err) == (2, True)


def test_it_says_what_a_low_port_takes(monkeypatch, capsys):
    from edge.cli import main
    from edge.serve import serve

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(serve, "BoundedServer", refused)
    assert main(["--serve", "127.0.0.1:80"]) == 2
    said = capsys.readouterr().err
    assert "127.0.0.1:80: cannot listen there (Permission denied)" in said
    assert "give a higher one" in said


def test_no_descriptor_and_no_memory_is_left_behind(server):
    body = SAMPLE.read_bytes()
    path = Path(f"/proc/{server.process.pid}/fd")
    for _ in range(20):
        server.ask("POST", "/v1/classify?pictures=1", body)
    time.sleep(0.3)
    before = len(os.listdir(path)), server_bytes(server)
    for number in range(200):
        data = body if number % 2 else body[:3000]
        server.ask("POST", "/v1/classify?pictures=1", data)
    time.sleep(0.3)
    after = len(os.listdir(path)), server_bytes(server)
    assert after[0] <= before[0] + 1
    assert after[1] < before[1] + 4_000_000


def server_bytes(server):
    """Of all its processes, what they share counted once."""
    processes = [psutil.Process(server.process.pid), *family(server.process)]
    return sum(one.memory_full_info().pss for one in processes)


def test_all_together_take_less_than_90_mb(server):
    """Two processes that classify, the server and their fork server, after each kind of work."""
    pytest.importorskip("ai_edge_litert")
    server.json("POST", "/v1/classify?pictures=0", SAMPLE.read_bytes())
    assert server_bytes(server) < 90_000_000
    assert json.loads(server.ask("GET", "/v1/model")[2])["jobs"] == 2


def test_what_a_process_answers_is_read_within_limits():
    from edge.serve.scan_pool import DiedError, ScanPool

    deep: list = []
    for _ in range(100):
        deep = [deep]
    pool = ScanPool(lambda file, order, emit: emit({"result": deep}), 1)
    try:
        with (
            open("/dev/null", "rb") as file,
            pool.ask(file.fileno(), {}) as answers,
            pytest.raises(DiedError),
        ):
            next(answers)
    finally:
        pool.close()


def test_one_connection_too_many_is_told_so(serve):
    with occupied(serve, "; limits.CONNECTIONS = 1") as one:
        status, headers, text = one.ask("GET", "/healthz")
    assert (status, headers["Retry-After"]) == (503, "5")
    assert json.loads(text) == {"error": "too many connections", "notice": NOTICE}
    assert text.endswith(b"\n")

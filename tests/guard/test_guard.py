"""Nothing leaves the device, and nothing is written that was not named: each command, traced."""

import re
import sys
from importlib.util import find_spec

import pytest

from tests.guard.paths import PAGE, PATHS, Place
from tests.guard.system_calls import trace, why_not

if problem := why_not():
    pytest.skip(problem, allow_module_level=True)

DEVICE = [path for path in PATHS if not path.slow]
WORKSTATION = [path for path in PATHS if path.slow]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Place(tmp_path_factory.mktemp("guard"))


def check(place, path):
    asked = place.run(path)
    assert path.ended_well(asked.status), asked.said[-2000:]
    assert asked.sockets == ()
    assert asked.stray(place.allowed(path)) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", DEVICE, ids=lambda path: path.name)
def test_no_socket_and_no_stray_file(place, path):
    if missing := [name for name in path.needs if not find_spec(name)]:
        pytest.skip(f"{', '.join(missing)} is not installed")
    check(place, path)


@pytest.mark.slow
def test_none_on_the_workstation(place):
    """One after the other: each takes what the one before made."""
    for name in {name for path in WORKSTATION for name in path.needs}:
        pytest.importorskip(name)
    place.write_phantoms()
    for path in WORKSTATION:
        check(place, path)


def python(folder, code):
    return trace(
        [sys.executable, "-c", code], folder / "log", folder, environment={"HOME": str(folder)}
    )


def test_it_sees_what_it_must(tmp_path):
    code = """
import os, socket, threading
a, b = socket.socketpair()
a.send(b"x"), b.recv(1)
open("made here", "w").close()
if not os.fork():
    threading.Thread(target=lambda: os.mkdir("by a thread of a child")).start()
else:
    os.wait()
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))
    socket.socket(socket.AF_UNIX).connect_ex("nobody")
"""
    asked = python(tmp_path, code)
    assert [call.split("(")[0] for call in asked.sockets] == [
        *("socket", "sendto", "socket", "connect"),
    ]
    made = {str(tmp_path / "made here"), str(tmp_path / "by a thread of a child")}
    assert made <= {*asked.written}
    assert asked.stray([tmp_path / "made here"]) == [str(tmp_path / "by a thread of a child")]
    assert asked.stray([tmp_path]) == []
    assert asked.processes >= 3


def test_the_page_lists_the_commands_with_nothing_found():
    rows = re.findall(r"^\| (.+?) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", PAGE.read_text(), re.M)
    assert [row[0] for row in rows] == [path.name for path in PATHS], (
        "run `python -m tests.guard.paths`"
    )
    assert {row[3:] for row in rows} == {("0", "0")}


@pytest.mark.slow
def test_a_url_is_asked_for_and_nobody_else(place, tmp_path):
    pytest.importorskip("aiohttp")
    pytest.importorskip("fsspec")
    from tests.edge.remote.servers import WebServer, png

    web = WebServer(tmp_path / "web")
    (web.folder / "a.png").write_bytes(png())
    asked = trace(
        [sys.executable, "-m", "edge", f"{web.url}/a.png", "--model", str(place.value("tflite"))],
        tmp_path / "log",
        tmp_path,
        environment=place.environment(),
    )
    web.close()
    assert asked.status == 0, asked.said
    reached = {call for call in asked.sockets if re.match(r"(connect|sendto|sendmsg)\(", call)}
    assert any(call.startswith("connect(") for call in reached)
    port = f"sin_port=htons({web.port})"
    assert all(port in call for call in reached if call.startswith("connect(")), reached
    assert asked.stray(place.allowed(PATHS[0])) == []

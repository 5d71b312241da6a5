"""A real server in a process of its own, and clients."""

import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.inference.engines import installed
from tests.edge.conftest import MODELS
from tests.edge.conftest import heed_ctrl_c as _heed_ctrl_c

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "samples"
SAMPLE = SAMPLES / "phantom-tumor-1.png"
TOKEN = "correct-horse-battery-staple"
_FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-sync"
_FLAGS += " --no-first-run --disable-background-networking --disable-component-update"


@dataclass
class Served:
    """A server that runs."""

    process: subprocess.Popen
    port: int
    said: Path

    def ask(self, method, path, body=None, headers=None, timeout=30):
        """(status, headers, body) of one request, by the standard library's own client."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def json(self, method, path, body=None, headers=None):
        """(status, document)."""
        status, _, text = self.ask(method, path, body, headers)
        return status, json.loads(text)

    def raw(self, data, timeout=20):
        """All that comes back for bytes that are no client's."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return drained(connection)

    def end(self, number=signal.SIGTERM):
        """Its exit status, and all that it has said."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(timeout=20)
        return status, self.said.read_text()


def head(*lines, first="GET /healthz HTTP/1.1", host="Host: localhost"):
    return "\r\n".join([first, *([host] if host else []), *lines, "", ""]).encode()


def drained(connection) -> bytes:
    parts = []
    try:
        while part := connection.recv(1 << 16):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def start(folder: Path, *options, address="127.0.0.1:0", code="") -> Served:
    """Start a server; `code` runs in its process first."""
    said = folder / "said"
    main = "from edge.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", f"import sys\n{code}\n{main}", "--serve", address]
    with open(said, "w") as file:
        process = subprocess.Popen(
            [*command, *map(str, options)],
            stdout=subprocess.DEVNULL,
            stderr=file,
            preexec_fn=_heed_ctrl_c,
        )
    last = time.monotonic() + 30
    while time.monotonic() < last:
        if found := re.search(r"serving http://\S+:(\d+)/", said.read_text()):
            return Served(process, int(found[1]), said)
        if process.poll() is not None:
            break
        time.sleep(0.02)
    process.kill()
    raise AssertionError(said.read_text())


@pytest.fixture
def serve(tmp_path):
    """Start servers that end with the test."""
    running = []

    def begin(*options, **more):
        running.append(start(tmp_path, *options, **more))
        return running[-1]

    yield begin
    for one in running:
        one.process.kill()
        one.process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of the bundled model, for all tests of a module that leave it as it is."""
    if not installed():
        pytest.skip("no engine is installed")
    one = start(tmp_path_factory.mktemp("server"), "--jobs", "2")
    yield one
    status, said = one.end()
    assert (status, "Traceback" in said) == (0, False), said


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The same of the tiny model, which has no heat map of its own."""
    kinds = [kind for kind in ("tflite", "onnx") if installed(kind)]
    if not kinds:
        pytest.skip("no engine is installed")
    model = MODELS / f"tiny.{kinds[0]}"
    one = start(tmp_path_factory.mktemp("tiny"), "--jobs", "1", "--model", model)
    yield one
    status, said = one.end()
    assert (status, "Traceback" in said) == (0, False), said


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium without a window."""
    pytest.importorskip("selenium.webdriver")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("no chromium (apt-get install chromium-driver)")
    one = open_browser(chromium, driver, tmp_path_factory.mktemp("downloads"))
    yield one
    one.quit()


def open_browser(chromium: str, driver: str, downloads: Path):
    """Chromium without a window, by the paths of both programs: Selenium fetches neither."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in _FLAGS.split():
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    one = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    one.downloads = downloads
    return one


@pytest.fixture
def page(browser, server):
    """The page of `server`; at the end neither its policy nor its scripts have complained."""
    from tests.edge.serve.page import Page

    browser.get_log("browser")
    yield Page(browser, server)
    troubles = [
        line for line in browser.get_log("browser") if "Failed to load" not in line["message"]
    ]
    assert troubles == []

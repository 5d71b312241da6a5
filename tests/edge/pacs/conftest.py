"""A node, and archives: Orthanc, a real one, and peers that answer as they are told."""

import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytest.importorskip("pydicom")

from pydicom import dcmread

from edge import Classifier
from edge.inference.engines import installed
from edge.pacs.report.derived_object import Made
from edge.pacs.send_queue import SendQueue
from tests.edge.conftest import MODELS
from tests.edge.pacs.network import Node, tool
from tests.edge.pacs.orthanc import orthanc, running_orthanc  # noqa: F401
from tests.edge.pacs.studies import gradients, write_study


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Path:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


@pytest.fixture
def node(tmp_path):
    """Make a node with some options; it is stopped at the end."""
    made = []

    def make(*options: str, **more) -> Node:
        folder = tmp_path / f"node{len(made)}"
        folder.mkdir()
        made.append(Node(folder, *options, **more))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def classifier(any_model) -> Classifier:
    return Classifier(any_model)


@pytest.fixture
def study(tmp_path):
    """Three slices, two of which the tiny model calls tumor."""
    return write_study(tmp_path / "in", gradients(60, 180, 190))


@pytest.fixture(scope="session")
def objects(tmp_path_factory) -> list[Made]:
    """A report and two heat maps."""
    from edge.pacs.report_studies import report_files

    engine = next((kind for kind in ("tflite", "onnx") if installed(kind)), None)
    if engine is None:
        pytest.skip("no engine is installed")
    folder = tmp_path_factory.mktemp("objects")
    study = write_study(folder / "in", gradients(60, 180, 190))
    queue = SendQueue(str(folder / "queue"), "A@h:104")
    inputs = [(str(path), None) for path in study.files]
    report_files(Classifier(MODELS / f"tiny.{engine}"), inputs, queue, print)
    return [
        Made(Path(path).stem, dcmread(path).SOPClassUID, Path(path).read_bytes())
        for path in queue.waiting()
    ]


@pytest.fixture
def paths(objects, tmp_path) -> list[Path]:
    """The same, as they wait in a queue."""
    queue = SendQueue(str(tmp_path / "queue"), "A@h:104")
    for one in objects:
        queue.add(one)
    return [Path(path) for path in queue.waiting()]


class Web:
    """A web service that answers as it is told, and keeps what it was sent."""

    def __init__(self, answers):
        self.requests: list[tuple[str, dict, bytes]] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                web.requests.append((self.path, dict(self.headers), body))
                status, headers, content = answers(body, len(web.requests))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/web"
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=(0.02,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def web():
    """Make a `Web` of a function from a body and a count to status, headers and content."""
    made = []

    def make(answers) -> Web:
        made.append(Web(answers))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def scp():
    """Start a C-STORE peer that answers with what a function makes of each object and its count."""
    pynetdicom = pytest.importorskip("pynetdicom")
    servers = []

    def start(answer=lambda data, count: 0x0000, *, port=0, title="ARCHIVE", classes=None):
        entity = pynetdicom.AE(title)
        entity.require_called_aet = True
        classes = classes or ["1.2.840.10008.5.1.4.1.1.88.33", "1.2.840.10008.5.1.4.1.1.7"]
        for uid in classes:
            entity.add_supported_context(uid, ["1.2.840.10008.1.2"])
        stored = []

        def store(event):
            stored.append(event.dataset)
            return answer(event.dataset, len(stored))

        handlers = [(pynetdicom.evt.EVT_C_STORE, store)]
        server = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=handlers)
        servers.append(server)
        return server.server_address[1], stored

    yield start
    for server in servers:
        server.shutdown()

"""Real servers on the loopback address: moto's S3, a proxy that fails, Python's web server."""

import http.client
import io
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.request import Request, urlopen

HOST = "127.0.0.1"


def png(value: int = 0, size: int = 64) -> bytes:
    """A small picture; each value another."""
    import numpy as np
    from PIL import Image

    row = np.linspace(20, 240 - value % 100, size).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(np.tile(row, (size, 1))).save(file, "PNG")
    return file.getvalue()


@contextmanager
def moto_server():
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address=HOST, port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]

    def reset():
        post(port, "/moto-api/reset")

    yield SimpleNamespace(port=port, reset=reset)
    server.stop()


def post(port: int, path: str, body: bytes = b"") -> None:
    with urlopen(Request(f"http://{HOST}:{port}{path}", data=body, method="POST")) as answer:
        assert answer.status == 200


class _Server:
    def __init__(self, handler):
        self._server = ThreadingHTTPServer((HOST, 0), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://{HOST}:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class FaultyProxy(_Server):
    """Passes requests on to S3, and spoils those of keys that are in its tables."""

    def __init__(self, port: int):
        self.fails: dict[str, int] = {}
        """Key: how many requests for it get status 500."""
        self.cuts: dict[str, int] = {}
        """Key: how many answers end in the middle."""
        self.asked: list[str] = []
        """"GET /bucket/key?query", each request."""
        self.at_once = self.most_at_once = 0
        self.to = port
        proxy, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def serve(self):
                with lock:
                    proxy.at_once += 1
                    proxy.most_at_once = max(proxy.at_once, proxy.most_at_once)
                try:
                    self.pass_on()
                finally:
                    with lock:
                        proxy.at_once -= 1

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                proxy.asked.append(f"{self.command} {self.path}")
                key = self.path.partition("?")[0].rpartition("/")[2]
                if self.command != "PUT" and proxy.spends(proxy.fails, key):
                    self.answer(500, {}, b"<Error><Code>InternalError</Code></Error>")
                    return
                connection = http.client.HTTPConnection(HOST, proxy.to)
                connection.request(self.command, self.path, body, dict(self.headers))
                answer = connection.getresponse()
                data = answer.read()
                headers = {
                    name: value
                    for name, value in answer.getheaders()
                    if name.lower() not in ("transfer-encoding", "connection", "content-length")
                }
                length = answer.getheader("Content-Length") or str(len(data))
                if self.command == "GET" and proxy.spends(proxy.cuts, key):
                    data = data[: len(data) // 2]
                    self.close_connection = True
                self.answer(answer.status, headers, data, length)
                connection.close()

            def answer(self, status, headers, data, length=None):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", length or str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = serve

        super().__init__(Handler)

    @staticmethod
    def spends(table: dict[str, int], key: str) -> bool:
        table[key] = table.get(key, 0) - 1
        return table[key] >= 0

    def put(self, bucket: str, **objects: bytes) -> None:
        """Make a bucket and put objects there; "__" in a name stands for "/", "_" for "."."""
        self.put_all(
            bucket,
            {key.replace("__", "/").replace("_", "."): data for key, data in objects.items()},
        )

    def put_all(self, bucket: str, objects: dict[str, bytes]) -> None:
        connection = http.client.HTTPConnection(HOST, self.to)
        for path, data in [("", b""), *((f"/{key}", data) for key, data in objects.items())]:
            headers = {"Authorization": _AUTHORIZATION}
            connection.request("PUT", f"/{bucket}{path}", data, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
        connection.close()


_AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


class WebServer(_Server):
    """Python's own web server, of one folder; some of its files are spoilt by their names."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder = folder
        self.tries: dict[str, int] = {}
        self.headers: list = []
        server = self

        class Handler(SimpleHTTPRequestHandler):
            def __init__(self, *args):
                super().__init__(*args, directory=str(folder))

            def log_message(self, *_):
                pass

            def do_GET(self):
                name = self.path.partition("?")[0].rpartition("/")[2]
                server.headers.append(self.headers)
                server.tries[name] = server.tries.get(name, 0) + 1
                if name.startswith("forbidden"):
                    self.send_error(403)
                elif name.startswith("secret") and "Authorization" not in self.headers:
                    self.send_error(401)
                elif name.startswith("fails") or (
                    name.startswith("flaky") and server.tries[name] < 3
                ):
                    self.send_error(503)
                elif name.startswith("cut"):
                    data = (folder / name).read_bytes()
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data[: len(data) // 2])
                elif name.startswith("endless"):
                    self.send_response(200)
                    self.end_headers()
                    try:
                        while True:
                            self.wfile.write(bytes(1 << 16))
                    except OSError:
                        pass
                elif name.startswith("vast"):
                    self.send_response(200)
                    self.send_header("Content-Length", str(1 << 40))
                    self.end_headers()
                else:
                    super().do_GET()

        super().__init__(Handler)

"""One connection: its requests read within limits, checked, and answered.

Everything that is wrong with a request is known before its body is read, and nothing of what was
asked is repeated in an answer.
"""

import json
import select
import socket
import time
from contextlib import suppress
from hmac import compare_digest
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import NamedTuple

from edge import NOTICE, __version__
from edge.serve.address import same_origin
from edge.serve.bounded_reading import DeadlineReader, MalformedError, StrictLines
from edge.serve.limits import (
    BODY_SECONDS,
    DRAIN_BYTES,
    DRAIN_SECONDS,
    HEAD_SECONDS,
    IDLE_SECONDS,
    LINE_BYTES,
    SEND_SECONDS,
)

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


_EMPTY = (b"\r\n", b"\n")


class Answer(NamedTuple):
    """What is sent back."""

    status: int
    body: bytes
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def json_answer(document: dict, status: int = 200, *headers: tuple[str, str]) -> Answer:
    """A document as one line: without its end a shell's prompt would stand behind it."""
    return Answer(status, json.dumps(document).encode() + b"\n", headers=headers)


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, error: str, *headers: tuple[str, str], **more):
        super().__init__(error)
        self.status, self.headers = status, headers
        self.document = {"error": error, **more, "notice": NOTICE}

    def answer(self) -> Answer:
        """As JSON."""
        return json_answer(self.document, self.status, *self.headers)


class HttpRequest(BaseHTTPRequestHandler):
    """The requests of one connection; `server.app` answers them."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = f"mri-edge/{__version__}", ""
    disable_nagle_algorithm = True
    rbufsize = 0

    def setup(self) -> None:
        """Put a deadline on all that is read."""
        super().setup()
        self.rfile.close()
        self._reader = DeadlineReader(self.connection)
        self.rfile = StrictLines(self._reader, 1 << 16)
        self._route, self._unread = "other", 0

    def handle_one_request(self) -> None:
        """Read one request, and answer it; `close_connection` says whether there may be more."""
        self.close_connection, self._route, self._unread = True, "other", 0
        self._sent, self.command, self.request_version = False, None, "HTTP/1.1"
        try:
            self.server.waits(self.connection, True)
            self._reader.until(IDLE_SECONDS)
            if not self.rfile.peek(1):
                return
            self._reader.until(HEAD_SECONDS)
            self.raw_requestline = self.rfile.readline(LINE_BYTES + 1)
            if self.raw_requestline in _EMPTY:  # some clients end a body so (RFC 9112, 2.2)
                self.raw_requestline = self.rfile.readline(LINE_BYTES + 1)
            if not self.raw_requestline:
                return
            if len(self.raw_requestline) > LINE_BYTES:
                raise Refused(414, "the first line is too long")
            if self.raw_requestline in _EMPTY:
                raise Refused(400, "this is no HTTP request")
            if not self.parse_request():
                return
            self.server.waits(self.connection, False)
            self._unread = self._length()
            self._check()
            self.server.app.answer(self)
            if self._unread:
                self.close_connection = True
        except Refused as refused:
            if self._unread or refused.status in (400, 408, 411, 414, 415, 431, 505):
                self.close_connection = True
            self.send(refused.answer())
        except MalformedError:
            self.close_connection = True
            self.send(Refused(400, "a line is malformed").answer())
        except TimeoutError:
            self.close_connection = True
            if not self._sent:
                self.send(Refused(408, "too slow").answer())
        finally:
            if self.close_connection:
                self._drain()

    @property
    def route(self) -> str:
        """The path, without what follows a question mark."""
        return self.path.partition("?")[0]

    @property
    def query(self) -> str:
        """What follows it."""
        return self.path.partition("?")[2]

    @property
    def length(self) -> int:
        """Bytes of the body that are still to be read."""
        return self._unread

    def counted_as(self, route: str) -> None:
        """Under which name this request is counted."""
        self._route = route

    def chunks(self):
        """The body, piece by piece.

        Raises:
            Refused: it ends before its time, or is too slow.
        """
        awaited = self.headers.get("Expect", "").lower() == "100-continue"
        if awaited and self.request_version == "HTTP/1.1":  # HTTP/1.0 knows no such answer
            self.connection.settimeout(SEND_SECONDS)
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._reader.until(BODY_SECONDS)
        while self._unread:
            try:
                part = self.rfile.read1(min(self._unread, 1 << 16))
            except TimeoutError:
                raise Refused(408, f"the file did not come within {BODY_SECONDS:g} s") from None
            if not part:
                raise Refused(400, "the connection ended before the file did")
            self._unread -= len(part)
            yield part

    def send(self, answer: Answer) -> None:
        """Send a whole answer."""
        body = b"" if self.command == "HEAD" else answer.body
        head = [("Content-Type", answer.kind), ("Content-Length", str(len(answer.body)))]
        self._send_head(answer.status, [*head, *answer.headers])
        self._flush(body)

    def goes_out_at_once(self) -> bool:
        """Whether the client has read enough for a little more to be sent without waiting."""
        ready = select.poll()
        ready.register(self.connection, select.POLLOUT)
        return bool(ready.poll(0))

    def begin_parts(self, kind: str) -> None:
        """Begin an answer of which not all is known yet; `send_part` its first, too."""
        self._chunked = self.request_version == "HTTP/1.1"
        if not self._chunked:
            self.close_connection = True
        coding = [("Transfer-Encoding", "chunked")] if self._chunked else []
        self._send_head(200, [("Content-Type", kind), *coding])

    def send_part(self, part: bytes) -> None:
        """Send a part of it."""
        self._flush(b"%x\r\n%b\r\n" % (len(part), part) if self._chunked else part)

    def end_parts(self) -> None:
        """There is no more."""
        if self._chunked:
            self._flush(b"0\r\n\r\n")

    def send_error(self, code, message=None, explain=None) -> None:
        """What `parse_request` calls; its message would repeat the request."""
        self.close_connection = True
        words = {
            431: "too many headers, or too long ones",
            505: "this version of HTTP is not known",
        }
        self.send(Refused(code, words.get(code, "this is no HTTP request")).answer())

    def handle_expect_100(self) -> bool:
        """Not yet: `chunks` says so once the request has passed."""
        return True

    def log_message(self, format, *args) -> None:
        """Nothing: a request's line may hold anything."""

    def _length(self) -> int:
        lengths = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers:
            raise Refused(411, "send the file with Content-Length, not in chunks")
        if len(set(lengths)) > 1:
            raise Refused(400, "two lengths")
        text = lengths[0].strip(" \t") if lengths else "0"
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Refused(400, "Content-Length is no number")
        return int(text)

    def _check(self) -> None:
        """Who asks, and by which name.

        Raises:
            Refused: it is not to be answered.
        """
        if self.request_version not in ("HTTP/1.0", "HTTP/1.1"):
            raise Refused(505, "this version of HTTP is not known")
        if self.headers.get_content_maintype() == "multipart":
            raise Refused(415, "send the file's bytes by themselves, not as a form")
        if self.headers.defects:
            raise Refused(400, "a header is malformed")
        hosts = self.headers.get_all("Host", [])
        if len(hosts) != 1:
            raise Refused(400, "one Host header is needed")
        app = self.server.app
        if not app.names.has(hosts[0]):
            raise Refused(
                403, "this server is not known by that name; see --server-name", ("Vary", "Host")
            )
        origins = self.headers.get_all("Origin", [])
        if any(not same_origin(one, hosts[0]) for one in origins):
            raise Refused(403, "a page from elsewhere may not ask")
        if self.headers.get("Sec-Fetch-Site") == "cross-site" and self.command != "GET":
            raise Refused(403, "a page from elsewhere may not ask")
        if self.command not in ("GET", "HEAD", "POST"):
            raise Refused(405, "this method is not known", ("Allow", "GET, HEAD, POST"))

    def check_token(self, token: str | None) -> None:
        """See that the caller knows the token; None: there is none.

        Raises:
            Refused: it does not.
        """
        if token is None:
            return
        scheme, _, given = self.headers.get("Authorization", "").partition(" ")
        given = given.strip().encode("utf-8", "replace")
        if scheme.lower() != "bearer" or not compare_digest(given, token.encode()):
            raise Refused(
                401, "this needs the token of --token-file", ("WWW-Authenticate", "Bearer")
            )

    def _send_head(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.server.app.metrics.request(self._route, status)
        self._sent = True
        lines = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            f"Server: {self.server_version}",
            f"Date: {self.date_time_string()}",
            *(f"{name}: {value}" for name, value in headers),
            *(f"{name}: {value}" for name, value in SECURITY.items()),
        ]
        if not any(name == "Cache-Control" for name, _ in headers):
            lines.append("Cache-Control: no-store")
        if self.close_connection:
            lines.append("Connection: close")
        elif self.request_version == "HTTP/1.0":
            lines.append("Connection: keep-alive")
        self._head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def _flush(self, body: bytes) -> None:
        self.connection.settimeout(SEND_SECONDS)
        try:
            self.connection.sendall(self._head + body)
        except OSError:
            self.close_connection = True
            self._unread = 0
            raise TimeoutError from None
        self._head = b""

    def _drain(self) -> None:
        """Read on for a while: closing at once would take the answer away from who still sends."""
        left, end = DRAIN_BYTES, time.monotonic() + DRAIN_SECONDS
        with suppress(OSError, ValueError):
            self.connection.shutdown(socket.SHUT_WR)
            self._reader.until(DRAIN_SECONDS)
            while left > 0 and time.monotonic() < end:
                part = self.rfile.read1(1 << 16)
                if not part:
                    return
                left -= len(part)

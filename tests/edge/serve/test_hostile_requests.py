"""Requests that no browser sends: refused, and nothing of them repeated."""

import contextlib
import http.client
import json
import re
import socket
import time

import pytest

from edge.serve import limits
from tests.edge.serve.conftest import SAMPLE, drained, head

MALFORMED = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", 400),
    "one word": (b"GET\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /healthz\r\n\r\n", 505),
    "HTTP/3.7": (head(first="GET /healthz HTTP/3.7"), 505),
    "a long line": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
    "two empty lines": (b"\r\n\r\n" + head(), 400),
    "a long header": (head("X: " + "a" * 70_000), 431),
    "many headers": (head(*[f"X-{n}: 1" for n in range(200)]), 431),
    "no colon": (head("Content-Length 5"), 400),
    "a bare CR": (head("X: a\rY: b"), 400),
    "a folded header": (head("X: a\r\n b"), 400),
    "a space before the colon": (head("Content-Length : 5"), 400),
    "a NUL": (head("X: a\0b"), 400),
    "a negative length": (head("Content-Length: -1"), 400),
    "two lengths": (head("Content-Length: 1", "Content-Length: 2"), 400),
    "a length with a form feed": (head("Content-Length: 1\x0c"), 400),
    "a form": (
        head(
            "Content-Type: multipart/form-data; boundary=x",
            "Content-Length: 1",
            first="POST /v1/classify HTTP/1.1",
        ),
        415,
    ),
    "a length of letters": (head("Content-Length: 0x10"), 400),
    "no Host": (head(host=None), 400),
    "two Hosts": (head("Host: localhost"), 400),
    "chunks": (head("Transfer-Encoding: chunked", first="POST /v1/classify HTTP/1.1"), 411),
    "chunks and a length": (
        head("Transfer-Encoding: chunked", "Content-Length: 3", first="POST /v1/classify HTTP/1.1"),
        411,
    ),
    "a method": (head(first="DELETE /healthz HTTP/1.1"), 405),
    "the other method": (head(first="GET /v1/classify HTTP/1.1"), 405),
    "a path": (head(first="GET /../../etc/passwd HTTP/1.1"), 404),
    "an address": (head(first="GET http://localhost/healthz HTTP/1.1"), 404),
    "no length": (head(first="POST /v1/classify HTTP/1.1"), 411),
    "too long": (head("Content-Length: 999999999999", first="POST /v1/classify HTTP/1.1"), 413),
    "a frame": (head("Content-Length: 1", first="POST /v1/classify?frame=0 HTTP/1.1"), 400),
    "another": (head("Content-Length: 1", first="POST /v1/classify?x=0 HTTP/1.1"), 400),
    "many": (head("Content-Length: 1", first=f"POST /v1/classify?{'frame=1&' * 99} HTTP/1.1"), 400),
    "a body for GET": (head("Content-Length: 1"), 400),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_refused_and_not_repeated(server, name):
    data, status = MALFORMED[name]
    found = server.raw(data)
    assert found.startswith(b"HTTP/1.1 %d " % status), found[:200]
    body = found.partition(b"\r\n\r\n")[2]
    document = json.loads(body[: body.rindex(b"}") + 1])
    assert set(document) == {"error", "notice"}
    assert b"etc/passwd" not in found
    assert server.json("GET", "/healthz") == (200, {"status": "ok"})


def test_every_answer_has_its_policy(server):
    for path in ("/", "/serve.js", "/results.css", "/healthz", "/nothing", "/openapi.json"):
        _, headers, _ = server.ask("GET", path)
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
    page = server.ask("GET", "/")[2].decode()
    assert not re.search(r"<style|<script(?! src=)|\s(?:style|on\w+)=|https?://", page)


def test_requests_in_one_packet_are_answered_in_turn(server):
    body = SAMPLE.read_bytes()
    first = head(f"Content-Length: {len(body)}", first="POST /v1/classify HTTP/1.1") + body
    found = server.raw(first + head() + head("Connection: close", first="GET /v1/model HTTP/1.1"))
    assert found.count(b"HTTP/1.1 200 OK") == 3
    order = [found.index(word) for word in (b'"verdict"', b'"status"', b'"threshold"')]
    assert order == sorted(order)


def test_an_empty_line_before_a_request_is_passed_over(server):
    body = SAMPLE.read_bytes()
    first = head(f"Content-Length: {len(body)}", first="POST /v1/classify HTTP/1.1") + body
    found = server.raw(b"\r\n" + first + b"\r\n" + head("Connection: close"))
    assert found.count(b"HTTP/1.1 200 OK") == 2


def test_a_client_of_http_1_0_is_not_told_to_continue(server):
    body = SAMPLE.read_bytes()
    lines = (f"Content-Length: {len(body)}", "Expect: 100-continue")
    found = server.raw(head(*lines, first="POST /v1/classify HTTP/1.0") + body)
    assert found.startswith(b"HTTP/1.1 200 OK")


def test_a_refused_body_ends_the_connection(server):
    """Else what is left of it would be taken for a request."""
    smuggled = head(first="GET /v1/model HTTP/1.1")
    found = server.raw(
        head(f"Content-Length: {len(smuggled)}", first="POST /nothing HTTP/1.1") + smuggled
    )
    assert found.count(b"HTTP/1.1") == 1


def test_a_large_body_is_refused_before_it_is_sent(server):
    first = "POST /v1/classify HTTP/1.1"
    start = time.perf_counter()
    found = server.raw(head("Content-Length: 900000000", "Expect: 100-continue", first=first))
    assert found.startswith(b"HTTP/1.1 413")
    assert b"100 Continue" not in found
    assert time.perf_counter() - start < 5
    body = SAMPLE.read_bytes()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        length = f"Content-Length: {len(body)}"
        connection.sendall(head(length, "Expect: 100-continue", "Connection: close", first=first))
        assert connection.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert drained(connection).startswith(b"HTTP/1.1 200")


def test_a_client_that_sends_too_much_reads_why(server):
    """The answer is not lost to a connection that is closed while it still sends."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with contextlib.suppress(BrokenPipeError):
        connection.request("POST", "/v1/series", bytes(limits.JSON_BYTES + 1))
    assert connection.getresponse().status == 413
    connection.close()

"""Requests that no browser sends, and clients that wish the server no good."""

import contextlib
import http.client
import json
import re
import socket
import threading
import time

import pytest

from edge.serve import limits
from edge.serve.address import Address, Names, ServeError, parse_address, same_origin
from tests.edge.serve.conftest import SAMPLE, drained
from tests.edge.test_cli import run

TOKEN = "correct-horse-battery-staple"


def head(*lines, first="GET /healthz HTTP/1.1", host="Host: localhost"):
    return "\r\n".join([first, *([host] if host else []), *lines, "", ""]).encode()


MALFORMED = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", 400),
    "one word": (b"GET\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /healthz\r\n\r\n", 505),
    "HTTP/3.7": (head(first="GET /healthz HTTP/3.7"), 505),
    "a long line": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
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


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:9", 200),
        ("127.0.0.1:1234", 200),
        ("[::1]:80", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("10.0.0.7", 403),
        ("localhost:x", 403),
        ("[::1", 403),
        ("", 403),
    ],
)
def test_another_name_is_refused(server, host, status):
    """A page of evil.example that has this name resolved to 127.0.0.1 is answered with nothing."""
    for path in ("/", "/healthz", "/v1/model"):
        found = server.raw(
            head("Connection: close", first=f"GET {path} HTTP/1.1", host=f"Host: {host}")
        )
        assert found.startswith(b"HTTP/1.1 %d " % status)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost:{port}", "Host": "localhost:{port}"}, 200),
        ({"Origin": "http://localhost:3000", "Host": "localhost:{port}"}, 403),
        ({"Origin": "http://127.0.0.1:{port}", "Host": "localhost:{port}"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "file://"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_a_page_from_elsewhere_may_not_ask(server, headers, status):
    headers = {name: value.format(port=server.port) for name, value in headers.items()}
    found, answered, _ = server.ask("POST", "/v1/classify", SAMPLE.read_bytes(), headers)
    assert found == status
    assert "Access-Control-Allow-Origin" not in answered


def test_origins():
    assert same_origin("https://mri.local", "mri.local:443")
    assert same_origin("http://[::1]:8080", "[::1]:8080")
    assert not same_origin("http://mri.local:81", "mri.local")
    assert not same_origin("mri.local", "mri.local")


def test_names_of_another_address():
    names = Names(Address("0.0.0.0", 80), ("mri.hospital.example",))
    assert names.has("10.1.2.3:80")  # to rebind takes a name
    assert names.has("mri.hospital.example")
    assert names.has("localhost:8080")  # as of a container's port
    assert names.has(socket.gethostname())
    assert not names.has("evil.example")


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


SLOW = """
from edge.serve import limits
limits.HEAD_SECONDS = limits.BODY_SECONDS = 1.0
limits.IDLE_SECONDS = 2.0
limits.CONNECTIONS = 8
"""


def test_slow_clients_are_bounded(serve):
    slow = serve("--jobs", "1", code=SLOW)
    began = time.monotonic()
    for data in (
        b"GET /healthz HTTP/1.1\r\nHost: local",
        head("Content-Length: 100", first="POST /v1/classify HTTP/1.1"),
    ):
        with socket.create_connection(("127.0.0.1", slow.port), timeout=20) as connection:
            connection.sendall(data)
            found = b""
            with contextlib.suppress(OSError):
                for _ in range(100):  # a byte now and then does not help
                    connection.sendall(b"x")
                    connection.settimeout(0.1)
                    try:
                        found += connection.recv(1 << 16)
                    except TimeoutError:
                        continue
                    break
            assert found.startswith(b"HTTP/1.1 408")
    assert time.monotonic() - began < 8


def test_connections_that_ask_nothing_make_room(serve):
    """More of them than there may be: who asks something is answered none the less."""
    slow = serve("--jobs", "1", code=SLOW.replace("= 1.0", "= 60.0").replace("= 2.0", "= 60.0"))
    idle = [socket.create_connection(("127.0.0.1", slow.port)) for _ in range(30)]
    for one in idle:
        with contextlib.suppress(OSError):
            one.sendall(b"GET /")
    assert slow.json("GET", "/healthz") == (200, {"status": "ok"})
    status, found = slow.json("POST", "/v1/classify", SAMPLE.read_bytes())
    assert (status, found["verdict"]) == (200, "tumor")
    for one in idle:
        one.close()


def test_who_does_not_read_holds_up_nobody(serve):
    """Each asks for pictures again and again, and reads nothing: the one process is soon free."""
    one = serve("--jobs", "1", code="from edge.serve import limits\nlimits.SEND_SECONDS = 3.0")
    body = SAMPLE.read_bytes()
    first = "POST /v1/classify?pictures=1 HTTP/1.1"
    request = head(f"Content-Length: {len(body)}", first=first) + body
    greedy = []
    for _ in range(4):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", one.port))
        connection.settimeout(1.5)
        greedy.append(connection)

    def ask_on(connection):
        with contextlib.suppress(OSError):
            for _ in range(200):
                connection.sendall(request)

    threads = [threading.Thread(target=ask_on, args=(connection,)) for connection in greedy]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    start = time.monotonic()
    status, found = one.json("POST", "/v1/classify", body)
    assert (status, found["verdict"]) == (200, "tumor")
    assert time.monotonic() - start < 2
    for connection in greedy:
        connection.close()


def test_what_is_promised_and_not_sent_takes_no_room(server):
    """Eight that announce as much as may be sent, and send a little."""
    first = "POST /v1/classify HTTP/1.1"
    slow = []
    for _ in range(8):
        slow.append(socket.create_connection(("127.0.0.1", server.port)))
        slow[-1].sendall(head(f"Content-Length: {limits.BODY_BYTES}", first=first) + bytes(1000))
    assert server.json("POST", "/v1/classify", SAMPLE.read_bytes())[0] == 200
    for one in slow:
        one.close()


def test_all_bodies_together_are_bounded(serve):
    code = "from edge.serve import limits\nlimits.ALL_BODIES_BYTES = 100_000"
    one = serve("--jobs", "1", code=code)
    first = "POST /v1/classify HTTP/1.1"
    with socket.create_connection(("127.0.0.1", one.port)) as connection:
        connection.sendall(head("Content-Length: 90000", first=first) + bytes(80_000))
        time.sleep(0.5)
        status, headers, _ = one.ask("POST", "/v1/classify", SAMPLE.read_bytes())
        assert (status, headers["Retry-After"]) == (503, "5")
    time.sleep(0.5)
    assert one.json("POST", "/v1/classify", SAMPLE.read_bytes())[0] == 200


def test_fifty_at_once(server):
    body, found = SAMPLE.read_bytes(), []

    def ask():
        found.append(server.json("POST", "/v1/classify?pictures=0", body))

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [status for status, _ in found] == [200] * 50
    assert {document["probability"] for _, document in found} == {found[0][1]["probability"]}


def test_a_client_that_goes_away_costs_nothing(server):
    body = SAMPLE.read_bytes()
    request = head(f"Content-Length: {len(body)}", first="POST /v1/classify?pictures=1 HTTP/1.1")
    for part in (request, request + body[:500], request + body):
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", server.port)) as connection:
                connection.sendall(part)
    assert server.json("POST", "/v1/classify", body)[1]["verdict"] == "tumor"


def test_the_token(serve, tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    guarded = serve("--jobs", "1", "--token-file", file)
    assert guarded.ask("GET", "/")[0] == 200  # the page asks for it
    assert guarded.ask("GET", "/healthz")[0] == 200
    for method, path, body in (
        ("GET", "/v1/model", None),
        ("GET", "/v1/page", None),
        ("GET", "/metrics", None),
        ("POST", "/v1/classify", SAMPLE.read_bytes()),
        ("POST", "/v1/series", b"{}"),
    ):
        for given in (None, "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \xfc"):
            headers = {} if given is None else {"Authorization": given}
            status, answered, _ = guarded.ask(method, path, body, headers)
            assert (status, answered["WWW-Authenticate"]) == (401, "Bearer")
        status, _, _ = guarded.ask(method, path, body, {"Authorization": f"Bearer {TOKEN}"})
        assert status in (200, 422)
    status, said = guarded.end()
    assert status == 0
    assert TOKEN not in said


def test_another_address_needs_a_token_and_says_what_it_exposes(serve, tmp_path):
    status, _, err = run("--serve", "0.0.0.0:0")
    assert (status, "--token-file" in err) == (2, True)
    file = tmp_path / "token"
    file.write_text("short")
    status, _, err = run("--serve", "0.0.0.0:0", "--token-file", file)
    assert (status, "20 characters" in err) == (2, True)
    file.write_text(TOKEN)
    file.chmod(0o644)
    open_one = serve("--jobs", "1", "--token-file", file, address="0.0.0.0:0")
    _, said = open_one.end()
    assert "EVERY machine" in said
    assert "not encrypted" in said
    assert "every user of this machine can read it" in said


@pytest.mark.parametrize(
    "text", ["8080", "localhost", "example.org:80", "127.0.0.1:99999", ":80", "[::1:80"]
)
def test_what_is_no_address(text):
    with pytest.raises(ServeError, match="HOST:PORT"):
        parse_address(text)


def test_addresses():
    assert str(parse_address("[::1]:80")) == "[::1]:80"
    assert parse_address("localhost:0") == Address("127.0.0.1", 0)
    assert not parse_address("10.0.0.1:80").loopback
